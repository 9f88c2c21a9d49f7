"""Writing: files get their final names only when all of them are complete on the disk."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, Place, SetupError

UNFINISHED = ".part"  # behind a dot and the final name: a file that is being written


def write_files(root: Path, files: Mapping[Path, bytes], commit: Callable[[], None] = lambda: None) -> None:
    """Write files under their final names, in their order, only when all of them are complete on the disk.

    Args:
        root: the workspace
        files: contents by path in the workspace; nobody else writes them meanwhile
        commit: called when all is complete and nothing has its final name yet; where it raises, nothing gets one

    Raises:
        SetupError: where the folder cannot be written to or the disk is full; the old files stay.
    """
    temporary: dict[Path, Path] = {}
    try:
        _refuse_folders(root / name for name in files)
        for name, content in files.items():
            temporary[name] = _unfinished(root / name)
            _write_printed(temporary[name], content)
        commit()
        for name, path in temporary.items():
            path.replace(root / name)
        sync_folders({(root / name).parent for name in files})
    except OSError as error:
        wrong = Path(error.filename or next(iter(files)))
        shown = wrong.relative_to(root) if wrong.is_relative_to(root) else wrong
        problem = {"problem": of_system(error)}
        raise SetupError(Diagnostic("cannot-write", Place(shown.as_posix()), problem, "free")) from None
    finally:
        for path in temporary.values():
            with suppress(OSError):  # what went wrong has been told already
                path.unlink(missing_ok=True)


def write_at_once(path: Path, content: bytes) -> None:
    """Write a file of a cache: another process sees all of it or nothing; many may write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, down to the disk.

    Raises:
        FileExistsError: where it is there
    """
    _write(path, content, "xb")


def sync_folders(folders: Iterable[Path]) -> None:
    """Bring the names in folders down to the disk."""
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_folders(targets: Iterable[Path]) -> None:
    """Raise IsADirectoryError where a folder has a file's name: found out too late, some files would be new already."""
    for target in targets:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))


def _unfinished(target: Path) -> Path:
    return target.with_name(f".{target.name}{UNFINISHED}")


def _write_printed(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(path, content, "wb")  # over what a crash may have left
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    path.chmod(0o644)


def _write(path: Path, content: bytes, mode: str) -> None:
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
