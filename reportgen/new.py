"""A new inspection file: the office's commented form, with what stays taken from the team's last inspection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reportgen.calendars import parse_date
from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError
from reportgen.folders import INSPECTIONS, TEMPLATES, Workspace
from reportgen.inspection import Inspection, read_inspection
from reportgen.numbers import ValueProblem
from reportgen.schema import MODELINE
from reportgen.workspace import read_library
from reportgen.yamlfile import YamlFile, read_yaml

_FORM = "inspection.yaml"
_ID = re.compile(r"\w[\w.-]*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# What one visit of a team has in common with the next; all else are facts of the visit.
_STAYS = ("digits", "legal_bases", "team", "method", "recipients", "signatures")


@dataclass(frozen=True)
class Written:
    """A new inspection file, and the id of the inspection that it was begun from; None if from the form alone."""

    path: Path
    source: str | None


@dataclass(frozen=True)
class _Earlier:
    """An inspection that was written before."""

    id: str
    file: YamlFile
    inspection: Inspection


def new_inspection(workspace: Workspace, identifier: str, language: str, source: str | None = None) -> Written:
    """Write a commented inspection file.

    The form is ``templates/<language>/inspection.yaml``; where that language has none, the office's own language's.
    The team and what stays with it come from ``source``, else from the last inspection whose id has the same beginning,
    ``611`` of ``611-2023-08-18``.

    Raises:
        ReportgenError: where the id cannot be a file's name, the source cannot be read, or the file is there already;
            it is never overwritten.
    """
    identifier = identifier.removesuffix(".yaml")
    if not _ID.fullmatch(identifier):
        raise InputError(Diagnostic("bad-inspection-id", None, {"found": identifier}, "form"))
    path = Path(INSPECTIONS, f"{identifier}.yaml")
    if (workspace.root / path).exists():
        raise _exists(path)
    earlier = _chosen(workspace, source) if source else _last(workspace, identifier)
    text = _filled(workspace, identifier, language, earlier)
    read_yaml(text.encode(), path.as_posix())  # a form that the reader would refuse is not written
    try:
        with (workspace.root / path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        values = {"problem": of_system(error)}
        raise InputError(Diagnostic("cannot-write", Place(path.as_posix()), values, "free")) from None
    return Written(path, earlier.id if earlier else None)


def _exists(path: Path) -> InputError:
    return InputError(Diagnostic("inspection-exists", Place(path.as_posix()), {}, "other"))


# ---- what was written before ----------------------------------------------------------------------------------------


def _chosen(workspace: Workspace, source: str) -> _Earlier:
    identifier = workspace.inspection_id(source)
    file = workspace.read_yaml(f"{INSPECTIONS}/{identifier}.yaml")
    return _Earlier(identifier, file, read_inspection(file, read_library(workspace).date_forms))


def _last(workspace: Workspace, identifier: str) -> _Earlier | None:
    """Return the last inspection of the same team; what cannot be read is passed over, ``check`` tells about it."""
    team = _team(identifier)
    same = [other for other in workspace.inspection_ids() if team is not None and _team(other) == team]
    return max(_readable(workspace, same), key=lambda earlier: earlier.inspection.date.last, default=None)


def _team(identifier: str) -> str | None:
    """Return what stands before the day in an id; None where it names no day."""
    found = _DAY.search(identifier)
    return identifier[: found.start()].rstrip("-._") if found else None


def _readable(workspace: Workspace, identifiers: list[str]) -> Iterator[_Earlier]:
    for identifier in identifiers:
        try:
            yield _chosen(workspace, identifier)
        except ReportgenError:
            continue


# ---- the text -------------------------------------------------------------------------------------------------------


def _filled(workspace: Workspace, identifier: str, language: str, earlier: _Earlier | None) -> str:
    """Return the form for an inspection, with the parts of an earlier one in the place of its own."""
    own = _own_language(workspace)
    there = sorted(workspace.languages(), key=lambda name: (name != own, name))
    languages = earlier.inspection.languages if earlier else tuple(there)
    text = _form(workspace, language, own).format(
        id=identifier,
        date=_day(identifier),
        languages=f"[{', '.join(languages)}]",
        text=_in_each(languages, '""'),
        sample=_in_each(languages, "…"),
    )
    if earlier:
        text = _take_over(text, earlier)
    return f"{MODELINE.format(folder='..', file='inspection')}\n{text}"


def _in_each(languages: tuple[str, ...], text: str) -> str:
    """Return the place of a text: one, or one in each language."""
    return text if len(languages) == 1 else f"{{{', '.join(f'{language}: {text}' for language in languages)}}}"


def _take_over(text: str, earlier: _Earlier) -> str:
    text = re.sub(
        r"^(number: …/)\S+", lambda found: found[1] + earlier.inspection.number.series, text, flags=re.MULTILINE
    )
    for key in _STAYS:
        block = _signatures(earlier) if key == "signatures" else _block(earlier.file, key)
        if block:
            text = _replace(text, key, f"# ← {earlier.id}\n{block}")
    return text


def _block(file: YamlFile, key: str) -> str:
    """Return the lines of a key as they stand in a file; nothing where it has none, or not on lines of its own."""
    starts = {path[0]: file.key_place(path) for path in file.keys if len(path) == 1}
    if key not in starts or starts[key].column != 1:
        return ""
    first = starts[key].line - 1
    after = min((place.line - 1 for place in starts.values() if place.line - 1 > first), default=len(file.lines))
    lines = file.lines[first:after]
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines = lines[:-1]
    return "".join(f"{line}\n" for line in lines)


def _signatures(earlier: _Earlier) -> str:
    """Return the signatures without those who sign for the inspected unit: they are another visit's."""
    roles = [signatory.role.value for signatory in earlier.inspection.signatures if signatory.person is None]
    return f"signatures: [{', '.join(roles)}]\n" if roles else ""


def _replace(text: str, key: str, block: str) -> str:
    """Return the form with the block of a key replaced, be it a remark or not; at the end where it has none."""
    own = re.compile(rf"^{key}:.*\n(?: .*\n)*|^# {key}:.*\n(?:#  .*\n)*", re.MULTILINE)

    def explained(found: re.Match[str]) -> str:
        """Return the block with the form's explanation, where it is one line without a remark of its own."""
        remark = re.search(r"\s+#\s.*", found[0].partition("\n")[0].removeprefix("# "))
        *_, last = block.splitlines()
        one_line = last.startswith(f"{key}:") and " #" not in last
        return f"{block.rstrip()}{remark[0]}\n" if remark and one_line else block

    replaced, times = own.subn(explained, text, count=1)
    return replaced if times else f"{text}\n{block}"


def _own_language(workspace: Workspace) -> str:
    data = workspace.read_yaml(f"{TEMPLATES}/office.yaml").data
    return str(data.get("language")) if isinstance(data, dict) else ""


def _form(workspace: Workspace, language: str, own: str) -> str:
    for candidate in (language, own):
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
