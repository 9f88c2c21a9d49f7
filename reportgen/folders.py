"""The folders of an office: what stands where. Nothing is read here but names and bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place

if TYPE_CHECKING:  # a look at the folders alone loads no YAML
    from reportgen.yamlfile import YamlFile

INSPECTIONS = "inspections"
TEMPLATES = "templates"
OUTPUT = "output"
SIGNED = "signed"  # in the output folder: copies of what was issued, with signatures
ISSUED = "issued"  # in the output folder: what was issued, never written to again
OFFICE_LIST = f"{TEMPLATES}/office.yaml"
ISSUE = "issue.json"  # in a folder that was given back of an issued PDF: its number and revision
SHARED_SHEET, LOCALE_SHEET = "minutes.css", "style.css"


@dataclass(frozen=True)
class Workspace:
    """An office's folder: it holds ``inspections/`` and ``templates/``; what is printed goes to ``output/``."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """Return the workspace that a folder is in: the nearest one upwards.

        Raises:
            InputError: where there is none.
        """
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / INSPECTIONS).is_dir() and (folder / TEMPLATES).is_dir():
                return cls(folder)
        raise InputError(Diagnostic("no-workspace", None, {"folder": str(start)}, "change"))

    def inspection_ids(self) -> tuple[str, ...]:
        """Return the ids of all inspections: their files' stems, sorted."""
        return tuple(sorted(path.stem for path in (self.root / INSPECTIONS).glob("[!.]*.yaml")))

    def inspection_id(self, asked: str) -> str:
        """Return the id for an id or a path as a user writes it.

        Raises:
            InputError: where there is no such inspection, with the nearest one.
        """
        identifier = Path(asked).name.removesuffix(".yaml")
        there = self.inspection_ids()
        if identifier in there:
            return identifier
        import difflib  # only for a slip

        near = difflib.get_close_matches(identifier, there, n=1)
        values = {"found": asked, "suggestion": near[0] if near else "", "allowed": ", ".join(there) or "—"}
        raise InputError(Diagnostic("no-such-inspection", None, values, "suggest" if near else "allowed"))

    def languages(self) -> tuple[str, ...]:
        """Return the languages that there are: the folders of ``templates/`` with a ``locale.yaml``."""
        return tuple(sorted(path.parent.name for path in (self.root / TEMPLATES).glob("*/locale.yaml")))

    def library_files(self) -> tuple[str, ...]:
        """Return the paths of all files that printing depends on and that inspections share, sorted."""
        return tuple(sorted(self._library_files()))

    def _library_files(self) -> Iterator[str]:
        shared = {SHARED_SHEET, "office.yaml"}
        for folder, names in (
            (TEMPLATES, shared),
            *((f"{TEMPLATES}/{each}", {LOCALE_SHEET, "locale.yaml", "wording.yaml"}) for each in self.languages()),
        ):
            with os.scandir(self.root / folder) as entries:
                found = [entry.name for entry in entries]
            yield from (f"{folder}/{name}" for name in found if name in names or name.endswith(".html"))
        if (self.root / ISSUE).is_file():
            yield ISSUE

    def read_yaml(self, path: str) -> YamlFile:
        """Return a YAML file of the workspace; the path is relative, with ``/``.

        Raises:
            InputError: where it is missing or not as the reader wants it.
        """
        from reportgen.yamlfile import read_yaml

        return read_yaml(self.read_bytes(path), path)

    def read_bytes(self, path: str) -> bytes:
        """Return the content of a file of the workspace.

        Raises:
            InputError: where it cannot be read.
        """
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            values = {"problem": of_system(error)}
            raise InputError(Diagnostic("file-unreadable", Place(path), values)) from None

    def read_text(self, path: str) -> str:
        """Return the text of a file of the workspace.

        Raises:
            InputError: where it cannot be read or is not UTF-8.
        """
        try:
            return self.read_bytes(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            byte = f"0x{error.object[error.start]:02X}"
            raise InputError(Diagnostic("file-not-utf8", Place(path), {"byte": byte}, "save")) from None


@dataclass(frozen=True)
class ReadOnce(Workspace):
    """A workspace of which each file is read once, however often it is asked for: what was parsed is what is hashed."""

    contents: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def read_bytes(self, path: str) -> bytes:
        """Return the content of a file of the workspace, as it was when it was first asked for.

        Raises:
            InputError: where it cannot be read.
        """
        if path not in self.contents:
            self.contents[path] = super().read_bytes(path)
        return self.contents[path]

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file that was read, by path."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(self.contents.items())}
