"""The sources that a PDF carries, put to use: loaded as the office's own files are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.folders import INSPECTIONS, Workspace
from reportgen.issuing import Desk
from reportgen.sources import unpack
from reportgen.workspace import LoadedInspection
from reportgen.writing import write_files


@contextmanager
def attached_sources(content: bytes, path: str, cache: Path) -> Iterator[tuple[Desk, LoadedInspection]]:
    """Yield the inspection of a PDF, loaded from what is attached to it, while its files are there.

    Raises:
        ReportgenError: where the PDF carries no sources, or they are not whole.
    """
    files = unpack(content, path)
    (identifier,) = (Path(name).stem for name in files if name.startswith(f"{INSPECTIONS}/") and name.endswith(".yaml"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_files(root, {Path(name): each for name, each in files.items()})
        desk = Desk.open(Workspace(root), cache)
        yield desk, desk.load(identifier)
