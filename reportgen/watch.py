"""Watching: which saved files of an office matter to its papers, told when the disk is quiet again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from threading import Event

from watchfiles import Change, watch

from reportgen.folders import INSPECTIONS, TEMPLATES, ReadOnce, Workspace
from reportgen.fonts import FontSet
from reportgen.workspace import Library, read_library

_QUIET_MS = 300  # without a change, until files count as saved: editors write, rename and touch within a tenth of that
_LONGEST_MS = 5_000  # after which changes are told though more follow
_TICK_MS = 250  # how soon it is seen that watching is to end
_LIBRARY = ("office.yaml", "locale.yaml", "wording.yaml")
_LIBRARY_ENDINGS = (".html", ".css")


@dataclass(frozen=True)
class Watched:
    """What is watched: an office's folder, and in it some inspections (none: all), also those that are new."""

    workspace: Workspace
    ids: tuple[str, ...] = ()

    def inspections(self) -> tuple[str, ...]:
        """Return the inspections that are watched, as they are there now."""
        return self.ids or self.workspace.inspection_ids()

    def matters(self, path: str) -> bool:
        """Whether papers may depend on a file, by its path in the workspace; what editors put beside it never does.

        A folder matters too: of the files that come with it, those that are there first are not told.
        """
        folder, *folders, name = PurePosixPath(path).parts
        if name.startswith(".") or name.endswith("~") or len(folders) > 1:
            return False
        if folder == TEMPLATES:
            is_folder = not folders and "." not in name
            return is_folder or name in _LIBRARY or name.endswith(_LIBRARY_ENDINGS)
        owner = folders[0] if folders else name.removesuffix(".yaml")
        if self.ids:
            return owner in self.ids
        return bool(folders) or name.endswith(".yaml") or owner in self.workspace.inspection_ids()


def saved_files(watched: Watched, stop: Event) -> Iterator[tuple[str, ...]]:
    """Yield the files that were saved, by path in the workspace, when no more follow; until ``stop`` is set.

    Nothing is yielded once at the beginning, when every change from then on is seen, and again and again while nothing
    happens.
    """
    root = watched.workspace.root

    def matters(_: Change, path: str) -> bool:
        relative = Path(path).relative_to(root)
        return len(relative.parts) > 1 and watched.matters(relative.as_posix())

    for found in watch(
        root / INSPECTIONS,
        root / TEMPLATES,
        watch_filter=matters,
        debounce=_LONGEST_MS,
        step=_QUIET_MS,
        stop_event=stop,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        yield tuple(sorted({Path(path).relative_to(root).as_posix() for _, path in found}))


class FontsChangedError(Exception):
    """Other fonts are declared than those that this process has loaded: only another process can print with them."""


class WarmLibrary:
    """Reads what inspections share, and keeps it as long as no byte of it changes."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._digests: dict[str, str] = {}
        self._library: Library | None = None
        self._fontconfig: Path | None = None

    def read(self, workspace: ReadOnce) -> Library:
        """Return the library as it is now.

        Raises:
            ReportgenError: as ``read_library`` does.
            FontsChangedError: where this process cannot print with its fonts.
        """
        digests = {path: sha256(workspace.read_bytes(path)).hexdigest() for path in workspace.library_files()}
        if self._library is None or digests != self._digests:
            self._library, self._digests = read_library(workspace), digests
        fonts: FontSet = self._library.find_fonts(self._cache)
        self._fontconfig = self._fontconfig or fonts.fontconfig()
        if fonts.fontconfig() != self._fontconfig:
            raise FontsChangedError
        return self._library
