"""Printing: jobs of the inspections asked for, rendered, and written so that no half file ever has a final name."""

from __future__ import annotations

import datetime
import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError, SetupError, sort_diagnostics
from reportgen.folders import OUTPUT, Workspace
from reportgen.fonts import FontSet
from reportgen.pictures import LARGEST_WIDTH, Picture, prepare_picture
from reportgen.sheets import largest_width
from reportgen.workspace import Library, LoadedInspection, load_inspection

if TYPE_CHECKING:  # WeasyPrint is imported only after FONTCONFIG_FILE is set
    from reportgen.render import Job

FORMATS = ("docx", "pdf")
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Order:
    """What is asked for: inspections, languages (none: all of each inspection), formats, processes, fonts in DOCX.

    ``today`` is for warnings only; nothing that is printed depends on it.
    """

    ids: tuple[str, ...]
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = FORMATS
    jobs: int = 1
    embed_fonts: bool = False
    today: datetime.date | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one inspection: the files written, or what was wrong; warnings in either case."""

    id: str
    files: tuple[Path, ...]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]


def build(workspace: Workspace, library: Library, order: Order, cache: Path) -> Iterator[Outcome]:
    """Print the inspections asked for, one after another; a bad one never stops the rest.

    An inspection's files are written when all of them are rendered, so that no error leaves some new and some old.

    Raises:
        SetupError: where this computer lacks a font.
    """
    fonts = library.find_fonts(cache)
    # Read by fontconfig when WeasyPrint is imported, here and in each worker: no font but the declared ones is seen.
    os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
    with _renderer(order.jobs) as submit:
        prepared = (_prepare(workspace, library, fonts, order, identifier) for identifier in order.ids)
        pending: Iterable[tuple[_Prepared, dict[str, Callable[[], Files]]]]
        pending = ((item, _submit(submit, item)) for item in prepared)
        if order.jobs > 1:
            pending = list(pending)  # work for all from the first moment; else one inspection is held at a time
        for item, futures in pending:
            yield _finish(workspace, item, futures)


@dataclass(frozen=True)
class _Prepared:
    """An inspection that is ready to be rendered, or what is wrong with it."""

    id: str
    jobs: Mapping[str, Job]
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def _prepare(workspace: Workspace, library: Library, fonts: FontSet, order: Order, identifier: str) -> _Prepared:
    try:
        loaded = load_inspection(workspace, library, identifier, fonts, today=order.today)
        jobs = make_jobs(loaded, library, fonts, order)
    except ReportgenError as error:
        return _Prepared(identifier, {}, error.diagnostics)
    return _Prepared(identifier, jobs, warnings=loaded.warnings)


def make_jobs(loaded: LoadedInspection, library: Library, fonts: FontSet, order: Order) -> dict[str, Job]:
    """Return what is to be rendered of an inspection, by language.

    Raises:
        InputError: for photographs that cannot be read.
    """
    pictures = _pictures(loaded, _picture_width(loaded, library))
    from reportgen.render import Job  # WeasyPrint comes along: not where there is nothing to print

    return {
        language: Job(page, library.sheets[language], pictures, fonts, order.formats, order.embed_fonts)
        for language, page in loaded.pages.items()
        if not order.languages or language in order.languages
    }


def _picture_width(loaded: LoadedInspection, library: Library) -> float:
    """Return the width in millimetres at which pictures are printed: the largest of all languages, printed or not."""
    widths = (
        largest_width(library.sheets[language], [name for element, name in page.vocabulary if element == "img"])
        for language, page in loaded.pages.items()
    )
    return max((width for width in widths if width), default=LARGEST_WIDTH)


def _pictures(loaded: LoadedInspection, width: float) -> dict[str, Picture]:
    found: list[Diagnostic] = []
    pictures: dict[str, Picture] = {}
    for name, path in loaded.photos.items():
        try:
            pictures[name] = prepare_picture(path.read_bytes(), name, loaded.photo_places[name], width)
        except OSError as error:
            values = {"picture": name, "problem": error.strerror or str(error)}
            found.append(Diagnostic("picture-unreadable", loaded.photo_places[name], values, "save"))
        except ReportgenError as error:
            found += error.diagnostics
    if found:
        raise InputError(found)
    return pictures


# ---- rendering ------------------------------------------------------------------------------------------------------


class _renderer:  # noqa: N801 - used as a with-statement
    """Renders jobs in this process, or in a pool of fresh ones (a fork of a process with Pango loaded is unsafe)."""

    def __init__(self, jobs: int) -> None:
        self._pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) if jobs > 1 else None

    def __enter__(self) -> Callable[[Job], Callable[[], Files]]:
        return self._submit

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _submit(self, job: Job) -> Callable[[], Files]:
        if self._pool is None:
            return lambda: _render_files(job)
        future: Future[Files] = self._pool.submit(_render_files, job)
        return future.result


def _render_files(job: Job) -> Files:
    from reportgen.render import render

    return render(job).files


def _submit(submit: Callable[[Job], Callable[[], Files]], item: _Prepared) -> dict[str, Callable[[], Files]]:
    return {language: submit(job) for language, job in item.jobs.items()}


def _finish(workspace: Workspace, item: _Prepared, futures: Mapping[str, Callable[[], Files]]) -> Outcome:
    files: dict[Path, bytes] = {}
    errors = list(item.errors)
    for language, result in futures.items():
        try:
            rendered = result()
        except ReportgenError as error:
            errors += error.diagnostics
            continue
        for form, content in rendered.items():
            files[Path(OUTPUT, item.id, f"{item.id}.{language}.{form}")] = content
    if not errors:
        try:
            write_files(workspace.root, files)
        except ReportgenError as error:
            errors += error.diagnostics
    written = () if errors else tuple(sorted(files))
    return Outcome(item.id, written, tuple(sort_diagnostics(errors)), item.warnings)


# ---- writing --------------------------------------------------------------------------------------------------------


def write_files(root: Path, files: Mapping[Path, bytes]) -> None:
    """Write files under their final names only when all of them are complete on the disk.

    Raises:
        SetupError: where the folder cannot be written to or the disk is full; the old files stay.
    """
    temporary: dict[Path, Path] = {}
    try:
        _refuse_folders(root / name for name in files)
        for name, content in files.items():
            temporary[name] = _write_temporary(root / name, content)
        for name, path in temporary.items():
            path.replace(root / name)
        _sync_folders({(root / name).parent for name in files})
    except OSError as error:
        wrong = Path(error.filename or next(iter(files)))
        shown = wrong.relative_to(root) if wrong.is_relative_to(root) else wrong
        problem = {"problem": error.strerror or str(error)}
        raise SetupError(Diagnostic("cannot-write", Place(shown.as_posix()), problem, "free")) from None
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)


def _refuse_folders(targets: Iterable[Path]) -> None:
    """Raise IsADirectoryError where a folder has a file's name: found out too late, some files would be new already."""
    for target in targets:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))


def _write_temporary(target: Path, content: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _sync_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
