"""Comments that switch a cross-check off: ``# RG321: the reason``, at the end of a line or directly above it.

A waiver holds for what begins on its line: that line, and all that belongs to what begins there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reportgen.diagnostics import Diagnostic, Place, catalogue
from reportgen.yamlfile import Span, YamlFile

_WAIVER = re.compile(
    r"#+[ \t]*(?P<codes>RG[ \t]?\d+(?:[ \t]*,[ \t]*RG[ \t]?\d+)*)[ \t]*(?P<reason>[^\n]*)",
    re.IGNORECASE,
)
_COMMENT_LINE = re.compile(r"\s*#")
_CODE = re.compile(r"RG[ \t]?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Waiver:
    """One code of a comment, with its place, its reason, and what it covers: from ``start`` up to ``end``."""

    code: str
    place: Place
    length: int
    reason: str
    start: int
    end: int


def apply_waivers(found: Iterable[Diagnostic], file: YamlFile, names: Iterable[str]) -> list[Diagnostic]:
    """Return the findings that no comment of the file switches off, and what is wrong with such comments.

    ``names`` are those findings that can be switched off.
    """
    waivers = list(find_waivers(file))
    if not waivers:
        return list(found)
    switches = {str(catalogue("en")[name]["code"]): name for name in names}
    used: set[Waiver] = set()
    left = []
    for finding in found:
        covering = [waiver for waiver in waivers if waiver.reason and _covers(waiver, finding, switches, file)]
        used.update(covering)
        if not covering:
            left.append(finding)
    return left + [problem for waiver in waivers if (problem := _problem(waiver, waiver in used, switches))]


def _covers(waiver: Waiver, finding: Diagnostic, switches: Mapping[str, str], file: YamlFile) -> bool:
    if finding.name != switches.get(waiver.code) or finding.place is None or finding.place.path != file.path:
        return False
    return waiver.start <= file.index_at(finding.place) < waiver.end


def _problem(waiver: Waiver, is_used: bool, switches: Mapping[str, str]) -> Diagnostic | None:
    """Return what is wrong with a waiver."""
    if waiver.code not in switches:
        known = any(entry.get("code") == waiver.code for entry in catalogue("en").values())
        values = {"code": waiver.code, "allowed": ", ".join(sorted(switches))}
        return Diagnostic("waiver-of-unknown", waiver.place, values, "always" if known else "allowed", waiver.length)
    if not waiver.reason:
        return Diagnostic("waiver-without-reason", waiver.place, {"code": waiver.code}, "write", waiver.length)
    if not is_used:
        return Diagnostic("waiver-useless", waiver.place, {"code": waiver.code}, "delete", waiver.length)
    return None


def find_waivers(file: YamlFile) -> Iterator[Waiver]:
    """Yield the waivers that the comments of a file hold, in its order. A ``#`` inside a text is no comment."""
    every = list(_WAIVER.finditer(file.text))
    if not every:
        return
    scalars = (span for span in (*file.spans.values(), *file.keys.values()) if span.raw is not None)
    texts = sorted(_text_range(file.text, span) for span in scalars)
    lines = _Lines(file)
    for found in every:
        if _is_inside(found.start(), texts) or file.text[found.start() - 1 : found.start()].strip():
            continue
        start, end = lines.covered(found.start())
        reason = found["reason"]
        separated = reason[:1] in (":", "：")
        for code in _CODE.finditer(file.text, found.start("codes"), found.end("codes")):
            yield Waiver(
                code=f"RG{code[1]}",
                place=file.place_at(code.start()),
                length=len(code[0]),
                reason=reason[1:].strip() if separated else "",
                start=start,
                end=end,
            )


def _text_range(text: str, span: Span) -> tuple[int, int]:
    """Return where the characters of a scalar begin and end; a block of text begins after its header."""
    start = text.find("\n", span.start, span.end) + 1 if span.style in ("|", ">") else span.start
    return (start or span.end), span.end


def _is_inside(index: int, texts: list[tuple[int, int]]) -> bool:
    before = bisect_right(texts, index, key=lambda text: text[0]) - 1
    return before >= 0 and index < texts[before][1]


class _Lines:
    """What begins on each line of a file, and which line the comments above it speak of."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self._targets = list(range(len(file.lines) + 1))
        for line in reversed(range(len(file.lines))):
            if _COMMENT_LINE.match(file.lines[line]):
                self._targets[line] = self._targets[line + 1]
        self._ends: dict[int, int] = {}
        keys = ((key.start, file.spans[path].end) for path, key in file.keys.items() if path in file.spans)
        items = ((span.start, span.end) for path, span in file.spans.items() if path and isinstance(path[-1], int))
        for start, end in (*keys, *items):
            line = file.place_at(start).line - 1
            self._ends[line] = max(end, self._ends.get(line, 0))

    def covered(self, index: int) -> tuple[int, int]:
        """Return what a comment covers: all that begins on its line, or below the comments it stands among."""
        line = self._targets[self._file.place_at(index).line - 1]
        if line == len(self._file.lines) or not self._file.lines[line].strip():
            return index, index
        first = self._file.index_at(Place(self._file.path, line + 1, 1))
        return first, max(first + len(self._file.lines[line]), self._ends.get(line, 0))
