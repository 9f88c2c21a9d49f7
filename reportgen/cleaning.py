"""Files in ``output/`` that belong to nothing any more: deleted only when asked, and only what reportgen wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, Place, SetupError
from reportgen.folders import ISSUED, OUTPUT, SIGNED, Workspace
from reportgen.staleness import Examiner
from reportgen.state import STATE, UNREADABLE, Contents, FileKey, Print, State
from reportgen.writing import UNFINISHED


@dataclass(frozen=True)
class Orphans:
    """Files of inspections, languages or formats that are no longer there, and files that a crash left unfinished.

    Attributes:
        ours: written by reportgen and unchanged since, by path in the workspace
        others: put there by a person, or changed since reportgen wrote them; they always stay
    """

    ours: tuple[Path, ...]
    others: tuple[Path, ...]


def find_orphans(workspace: Workspace, examiner: Examiner, contents: Contents) -> Orphans:
    """Return the files in ``output/`` that belong to no inspection, language or format; not what was issued."""
    expected = {key.name for key in examiner.expected(workspace.inspection_ids())}
    printed = {key.name: each for key, each in examiner.prints.items()}
    ours: list[Path] = []
    others: list[Path] = []
    for path in _files(workspace.root):
        if path in expected:
            continue
        own = _is_unfinished(path) or _is_untouched(printed.get(path), contents.digest(path))
        (ours if own else others).append(Path(path))
    return Orphans(tuple(sorted(ours)), tuple(sorted(others)))


def _files(root: Path) -> Iterator[str]:
    """Yield every file in ``output/``, by path in the workspace; neither the record nor what was issued or signed."""
    pending = [OUTPUT]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root / folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if folder == OUTPUT and entry.name in (STATE, ISSUED, SIGNED):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                yield path


def _is_unfinished(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(".") and name.endswith(UNFINISHED)


def _is_untouched(printed: Print | None, there: str) -> bool:
    return printed is not None and there != UNREADABLE and there in (printed.sha256, printed.replaced)


def clean(workspace: Workspace, *, dry_run: bool = False) -> Orphans:
    """Delete the orphans that reportgen wrote, and folders that are empty then; return what was found.

    Raises:
        SetupError: where something prints at the moment, or a file cannot be deleted.
    """
    if dry_run:
        with State.reading(workspace.root) as state:
            return _look(workspace, state)[0]
    with State.writing(workspace.root) as state:
        orphans, prints = _look(workspace, state)
        for path in orphans.ours:
            _delete(workspace.root, path)
        state.forget(key for key in prints if not (workspace.root / key.path).exists())
        state.tidy()
    return orphans


def _look(workspace: Workspace, state: State) -> tuple[Orphans, Mapping[FileKey, Print]]:
    contents = Contents(workspace.root, state.stats())
    examiner = Examiner(workspace, state, contents)
    return find_orphans(workspace, examiner, contents), examiner.prints


def _delete(root: Path, path: Path) -> None:
    try:
        (root / path).unlink(missing_ok=True)
        folder = root / path.parent
        if folder != root / OUTPUT and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        problem = {"problem": of_system(error)}
        raise SetupError(Diagnostic("cannot-delete", Place(path.as_posix()), problem, "allow")) from None
