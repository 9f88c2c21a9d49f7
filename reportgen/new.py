"""A new inspection file: the office's commented form, with the id and the day put in."""

from __future__ import annotations

import re
from pathlib import Path

from reportgen.calendars import parse_date
from reportgen.diagnostics import Diagnostic, InputError, Place
from reportgen.folders import INSPECTIONS, TEMPLATES, Workspace
from reportgen.numbers import ValueProblem
from reportgen.yamlfile import read_yaml

_FORM = "inspection.yaml"
_ID = re.compile(r"\w[\w.-]*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def new_inspection(workspace: Workspace, identifier: str, language: str) -> Path:
    """Write a commented inspection file and return its path in the workspace.

    The form is ``templates/<language>/inspection.yaml``; where that language has none, the office's own language's.

    Raises:
        InputError: where the id cannot be a file's name, or the file is there already; it is never overwritten.
    """
    identifier = identifier.removesuffix(".yaml")
    if not _ID.fullmatch(identifier):
        raise InputError(Diagnostic("bad-inspection-id", None, {"found": identifier}, "form"))
    text = _form(workspace, language).format(id=identifier, date=_day(identifier))
    path = Path(INSPECTIONS, f"{identifier}.yaml")
    read_yaml(text.encode(), path.as_posix())  # a form that the reader would refuse is not written
    try:
        with (workspace.root / path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(Diagnostic("inspection-exists", Place(path.as_posix()), {}, "other")) from None
    except OSError as error:
        values = {"problem": error.strerror or str(error)}
        raise InputError(Diagnostic("cannot-write", Place(path.as_posix()), values, "free")) from None
    return path


def _form(workspace: Workspace, language: str) -> str:
    own = workspace.read_yaml(f"{TEMPLATES}/office.yaml").data
    fallback = own.get("language") if isinstance(own, dict) else None
    for candidate in (language, str(fallback)):
        path = f"{TEMPLATES}/{candidate}/{_FORM}"
        if (workspace.root / path).is_file():
            return workspace.read_text(path)
    return workspace.read_text(f"{TEMPLATES}/{language}/{_FORM}")


def _day(identifier: str) -> str:
    """Return the day that an id names (``611-2023-08-18``), or nothing, so that it is asked for."""
    found = _DAY.search(identifier)
    try:
        return parse_date(found[0], ()).isoformat() if found else '""'
    except ValueProblem:
        return '""'
