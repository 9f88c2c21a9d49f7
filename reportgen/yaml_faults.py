"""Faults of YAML's grammar in a clerk's words, with the corrected line where it can be made."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from reportgen.diagnostics import Diagnostic, Place, Word
from reportgen.texts import character_name

ESCAPE = r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])"
ESCAPES = re.compile(ESCAPE)
MAX_SHOWN = 160  # a corrected line longer than this helps nobody


@dataclass(frozen=True)
class Source:
    """The text of a file under the name shown to the user; lines end with a line feed."""

    path: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        return tuple(self.text.split("\n"))

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in re.finditer("\n", self.text)))

    def place_at(self, index: int) -> Place:
        """Return the place of a character of the text, counted from 0."""
        line = bisect_right(self._line_starts, index)
        return Place(self.path, line, index - self._line_starts[line - 1] + 1)

    def index_at(self, place: Place) -> int:
        """Return which character of the text, counted from 0, stands at a place."""
        return self._line_starts[place.line - 1] + place.column - 1


_RESERVED = "@`%*&!|>?,]}"  # YAML 1.1, section 5.3 "Indicator characters"
_TOKEN_CONTEXT = re.compile(r"alias|anchor|tag|block scalar|directive|parsing a node|block node|next token")
# Indentation, dashes, and the first "key: " of a line; then its value.
_ENTRY = re.compile(r"""^(?P<head>\s*(?:-\s+)*(?:(?:"[^"]*"|'[^']*'|[^\s:"'\[{#][^:]*?)\s*:\s+)?)(?P<value>\S.*)$""")
_HAS_KEY = re.compile(r":(?:\s|$)")
_NO_COLON = re.compile(r"^(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)(?:\s*[:：=]\s*|\s+)(?P<value>\S.*)$")
_GLUED = re.compile(r"^(?P<key>[A-Za-z_][A-Za-z0-9_-]*)[:：](?P<value>[^\s/].*)$")  # not a web address
_BULLETS = "-–—•·▪*+ "
# What Word and clerks put before an item: a long dash, a bullet, a number; or a dash without its space.
_MARKED_ITEM = re.compile(r"(?:[–—•·▪●○*+]\s+|\d{1,3}[.)]\s+|-(?=[^\W\d]))(?=\S)")
_KEY_BEFORE = re.compile(r"[ ;，]+(?P<key>[a-z][a-z_-]*)$")
_NEXT_KEY = re.compile(r",\s*[\w-]+:(?:\s|$)|\}")
_COMMENT = re.compile(r"\s#")
_IN_FLOW = re.compile(r"(?:^|\s)[\[{][^\]}]*$")
_FLOW_END = re.compile(r"[,\]}]|\s#")
_NESTING_DASH = re.compile(r"(?:^\s*|(?<=-\s))-\s+(?=-\s|[^\s\"'][^:]*:(?:\s|$))")  # a level begins after it


class Fault:
    """One error of the parser, with the lines around it; ``explain`` says what a clerk most likely did."""

    def __init__(self, source: Source, error: yaml.MarkedYAMLError, last_event: Any) -> None:
        self.source = source
        self.problem = error.problem or ""
        self.context = error.context or ""
        mark = error.problem_mark or error.context_mark
        self.index: int = mark.index if mark else 0
        self.line: int = mark.line if mark else 0
        self.column: int = mark.column if mark else 0
        start = error.context_mark or mark
        self.context_index: int = start.index if start else 0
        self.context_line: int = start.line if start else 0
        self.context_column: int = start.column if start else 0
        self.last_event = last_event

    def explain(self) -> Diagnostic:
        """Return the first explanation that fits; where none does, the place alone."""
        causes = (
            self._tab, self._document_end, self._open_quote, self._escape, self._after_value, self._start_character,
            self._colon, self._bracket, self._no_colon, self._level,
        )  # fmt: skip
        for cause in causes:
            if finding := cause():
                return finding
        return self._finding("yaml-syntax", self.index, {}, "check")

    def _finding(self, name: str, index: int, values: Mapping[str, Any], hint: str) -> Diagnostic:
        """Return a finding; a hint that shows a corrected line needs one, else the hint ``plain`` is given."""
        if values.get("line") == "":
            hint = "plain"
        return Diagnostic(name, self.source.place_at(min(index, len(self.source.text))), values, hint)

    def _text_line(self, number: int) -> str:
        return self.source.lines[number] if number < len(self.source.lines) else ""

    def _index_of(self, line: int, column: int) -> int:
        return sum(len(text) + 1 for text in self.source.lines[:line]) + column

    def _line_above(self, number: int) -> int | None:
        """Return the number of the nearest line above that is neither blank nor a comment."""
        for above in range(number - 1, -1, -1):
            if self.source.lines[above].strip() and not self.source.lines[above].lstrip().startswith("#"):
                return above
        return None

    def _tab(self) -> Diagnostic | None:
        if self.source.text[self.index : self.index + 1] != "\t":
            return None
        return self._finding("yaml-indent-character", self.index, {"character": name_of("\t")}, "spaces")

    def _document_end(self) -> Diagnostic | None:
        if "document start" not in self.problem:
            return None
        ends = [number for number, line in enumerate(self.source.lines[: self.line]) if line.rstrip() == "..."]
        if not ends:
            return None
        return self._finding("yaml-several-documents", self._index_of(ends[-1], 0), {"found": "..."}, "split")

    def _open_quote(self) -> Diagnostic | None:
        if "quoted scalar" not in self.context or not re.search("end of stream|document (?:indic|separ)", self.problem):
            return None
        return self._quote_finding(self.context_index, self.context_line, self.context_column)

    def _quote_finding(self, index: int, line: int, column: int) -> Diagnostic:
        text = self._text_line(line).rstrip()
        quote = text[column]
        return self._finding("yaml-quote-open", index, {"quote": quote, "line": _shown_line(text + quote)}, "close")

    def _escape(self) -> Diagnostic | None:
        if "quoted scalar" not in self.context:
            return None
        backslash = self.source.text.rfind("\\", 0, self.index + 1)
        if backslash < self.context_index:
            return None
        line = with_quotes(self._text_line(self.context_line), self.context_column, "'")
        return self._finding("yaml-escape", backslash, {"line": line}, "single")

    def _after_value(self) -> Diagnostic | None:
        """Return a finding when text follows a closing quote or bracket."""
        last = self.last_event
        if last is None or self.source.text[last.end_mark.index : self.index].strip(" ") or self.column == 0:
            return None
        start = last.start_mark
        if getattr(last, "style", None) in ("'", '"') and last.end_mark.index <= self.index:
            if start.line != last.end_mark.line:
                return self._quote_finding(start.index, start.line, start.column)
            line = with_quotes(self._text_line(start.line), start.column)
            return self._finding("yaml-quote-inside", self.index, {"quote": last.style, "line": line}, "quotes")
        return self._after_bracket(last)

    def _after_bracket(self, last: Any) -> Diagnostic | None:
        entry = _ENTRY.match(self._text_line(self.line))
        if not entry or entry["value"][0] not in "[{" or last.end_mark.line != self.line:
            return None
        if not self.source.text[: last.end_mark.index].endswith(("]", "}")):
            return None
        column = entry.start("value")
        values = {"character": entry["value"][0], "line": with_quotes(entry.string, column)}
        return self._finding("yaml-start-character", self._index_of(self.line, column), values, "quotes")

    def _start_character(self) -> Diagnostic | None:
        at_context = bool(_TOKEN_CONTEXT.search(self.context))
        number, column = (self.context_line, self.context_column) if at_context else (self.line, self.column)
        line = self._text_line(number)
        character = line[column : column + 1]
        index = self.context_index if at_context else self.index
        values = {"character": character, "line": with_quotes(line, column)}
        if character in ("]", "}") and "flow" in self.context:
            return self._bracket()
        if character and character in _RESERVED:
            return self._finding("yaml-start-character", index, values, "quotes")
        if character == "-" and line[:column].strip():
            return self._finding("yaml-list-on-key-line", index, values, "below")
        return None

    def _colon(self) -> Diagnostic | None:
        if self.source.text[self.index : self.index + 1] not in (":", "："):
            return None
        line = self._text_line(self.line)
        if line[: self.column].rstrip().endswith(("{", ",")) or not line[: self.column].strip():
            return self._finding("yaml-key-missing", self.index, {}, "write")
        if "flow" in self.context:
            if self.context_line != self.line:
                return None
            if with_comma := self._with_comma(line):
                return self._finding("yaml-colon", self.index, {"line": with_comma}, "comma")
            return self._finding("yaml-colon", self.index, {"line": _with_quotes_in_flow(line, self.column)}, "flow")
        entry = _ENTRY.match(line)
        if entry and entry.start("value") < self.column and _HAS_KEY.search(entry["head"]):
            return self._finding("yaml-colon", self.index, {"line": with_quotes(line, entry.start("value"))}, "quotes")
        return self._first_colon(line)

    def _with_comma(self, line: str) -> str:
        """Return the line with a comma before the word at the colon, where that word is a key elsewhere in the file."""
        found = _KEY_BEFORE.search(line[: self.column])
        if not found:
            return ""
        others = "\n".join(text for number, text in enumerate(self.source.lines) if number != self.line)
        if not re.search(rf"(?:^\s*(?:- +)*|[{{,] *){re.escape(found['key'])}:\s", others, re.MULTILINE):
            return ""
        return _shown_line(f"{line[: found.start()]}, {line[found.start('key') :]}")

    def _first_colon(self, line: str) -> Diagnostic | None:
        """Return a finding for a line that the parser took for the rest of the text above."""
        above = self._line_above(self.line)
        if above is None:
            return None
        text = self._text_line(above)
        if not _HAS_KEY.search(text) and not text.lstrip().startswith("- "):
            return self._missing_colon(above)
        content = len(text) - len(re.sub(r"^\s*(?:-\s+)*", "", text))
        if re.match(r"\s*-[^\s-]", text):
            return self._missing_colon(above)
        if glued := _GLUED.match(text[content:]):
            corrected = _shown_line(f"{text[:content]}{glued['key']}: {glued['value']}")
            told = {"text": shown(text[content:]), "line": corrected}
            return self._finding("yaml-no-colon", self._index_of(above, content), told, "colon")
        first = len(line) - len(line.lstrip())
        corrected = _shown_line(" " * content + line.strip(), strip=False)
        values = {"found": first, "wanted": content, "line": corrected}
        return self._finding("yaml-indent-deeper", self._index_of(self.line, first), values, "align")

    def _bracket(self) -> Diagnostic | None:
        if "flow" not in self.context:
            return None
        opening = self.source.text[self.context_index : self.context_index + 1]
        values = {"opening": opening, "closing": "]" if opening == "[" else "}"}
        return self._finding("yaml-bracket-open", self.context_index, values, "close")

    def _no_colon(self) -> Diagnostic | None:
        if "could not find expected ':'" not in self.problem:
            return None
        return self._missing_colon(self.context_line)

    def _missing_colon(self, number: int) -> Diagnostic:
        line = self._text_line(number)
        indent = len(line) - len(line.lstrip())
        text = line.strip()
        index = self._index_of(number, indent)
        above = self._line_above(number)
        above_text = "" if above is None else self._text_line(above)
        if above_text.startswith(" " * indent + "- ") or re.match(r"-[^\s-]", text):
            item = text.lstrip(_BULLETS)
            return self._finding("yaml-no-dash", index, {"line": _shown_line(f"- {item}")}, "dash")
        if "\t" in text:
            return self._finding("yaml-no-colon", index, {"text": shown(text)}, "cells")
        match = _NO_COLON.match(text)
        corrected = _shown_line(f"{match['key']}: {match['value']}") if match else ""
        return self._finding("yaml-no-colon", index, {"text": shown(text), "line": corrected}, "colon")

    def _level(self) -> Diagnostic | None:
        """Return a finding for a line that begins at a level where nothing like it can stand."""
        line = self._text_line(self.line)
        above = self._line_above(self.line)
        if not line.strip() or line[: self.column].strip() or above is None:
            return None
        if line.startswith(("...", "---")) or self._text_line(above).startswith(("...", "---", "%")):
            return None
        levels = self._open_levels()
        if line[self.column] == ":":
            return self._finding("yaml-key-missing", self.index, {}, "write")
        if self.column in levels:
            return marked_item(self.source, self.index) or self._finding("yaml-list-and-keys", self.index, {}, "one")
        allowed = ", ".join(str(level) for level in sorted(levels))
        return self._finding("yaml-indent", self.index, {"found": self.column, "allowed": allowed}, "align")

    def _open_levels(self) -> set[int]:
        """Return the columns at which the lines above begin a level that is still open here."""
        levels: set[int] = set()
        above = self._line_above(self.line)
        while above is not None:
            text = self._text_line(above)
            indent = len(text) - len(text.lstrip())
            if not levels or indent < min(levels):
                levels |= {indent, *(match.end() for match in _NESTING_DASH.finditer(text))}
            above = None if indent == 0 else self._line_above(above)
        return levels


def impossible_escape(source: Source) -> Diagnostic:
    """Return the finding of an escape that is beyond Unicode."""
    long = (match for match in ESCAPES.finditer(source.text) if len(match.group()) == 10)
    index = next((match.start() for match in long if match.group()[2:].upper() > "0010FFFF"), 0)
    return Diagnostic("yaml-escape", source.place_at(index), {"line": ""}, "plain")


def marked_item(source: Source, start: int) -> Diagnostic | None:
    """Return the finding of a list item that begins with another sign than a dash and a space; None for what does not.

    Args:
        source: the file
        start: which character of its text begins the item
    """
    if not _MARKED_ITEM.match(source.text, start):
        return None  # each key is asked: nearly none needs its line
    place = source.place_at(start)
    line = source.lines[place.line - 1]
    mark = _MARKED_ITEM.match(line, place.column - 1)
    if not mark or line[: mark.start()].strip(" -"):
        return None
    corrected = _shown_line(f"- {line[mark.end() :]}")
    return Diagnostic(
        "yaml-no-dash", place, {"line": corrected}, "dash" if corrected else "plain", len(mark[0].rstrip())
    )


def with_quotes(line: str, column: int, quote: str = "", *, comment: bool = False) -> str:
    """Return the line with quotes round the text from the column on, without the quotes that failed; or nothing.

    The text ends at a comment, or goes on with what looked like one; in braces and brackets it ends at the next comma.
    """
    head, text = line[:column], line[column:].rstrip()
    end = None if comment else (_FLOW_END if _IN_FLOW.search(head) else _COMMENT).search(text)
    text, tail = (text[: end.start()], text[end.start() :]) if end else (text, "")
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    if not text or (quote == "'" and "'" in text):
        return ""
    return _shown_line(head + _quoted(text, quote) + tail)


def loose_key(source: Source, start: int, end: int) -> Diagnostic | None:
    """Return the finding of what stands in braces like a key but without a colon; None for what was told before.

    A comma in a text without quotes ends the text there; or the space after a key's colon is missing.
    """
    place = source.place_at(start)
    line, column = source.lines[place.line - 1], place.column - 1
    key = source.text[start:end]
    if glued := _GLUED.match(key):
        corrected = _shown_line(f"{line[:column]}{glued['key']}: {line[column + glued.start('value') :]}")
        return Diagnostic("yaml-no-colon", place, {"text": shown(key), "line": corrected}, "colon", len(key))
    begin = line.rfind(": ", 0, column) + 2
    if begin == 1 or "{" in line[begin:column] or line[begin:column].count(",") != 1:
        return None  # an empty value is told by the model, the second comma of a text with the first one
    after = _NEXT_KEY.search(line, column, column + MAX_SHOWN)  # what ends later is too long to be shown
    stop = after.start() if after else len(line)
    text = line[begin:stop].strip()
    corrected = _shown_line(line[:begin] + _quoted(text, "") + line[stop:]) if text[:1] not in "'\"" else ""
    hint = "quotes" if corrected else "plain"
    return Diagnostic("yaml-comma", place, {"found": shown(key), "line": corrected}, hint, len(key))


def _with_quotes_in_flow(line: str, column: int) -> str:
    """Return the line with quotes round the text in braces that holds a colon at the column."""
    start = max(line.rfind(",", 0, column), line.rfind("{", 0, column)) + 1
    end = min((index for index in (line.find(",", column), line.find("}", column)) if index >= 0), default=len(line))
    key, colon, text = line[start:end].partition(": ")
    if not colon or "'" in text or '"' in text:
        return ""
    return _shown_line(line[:start] + key + colon + _quoted(text.strip(), "") + line[end:])


def _quoted(text: str, quote: str) -> str:
    if not quote:
        quote = "'" if '"' in text or "\\" in text else '"'
    return quote + (text.replace("'", "''") if quote == "'" else text) + quote


def _shown_line(line: str, strip: bool = True) -> str:
    """Return a corrected line as a hint shows it, or nothing when it is too long to be of help."""
    line = line.strip() if strip else line.rstrip()
    return line if len(line) <= MAX_SHOWN else ""


def shown(text: str) -> str:
    """Return a text on one line, cut where it would be too long for a message."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def name_of(character: str) -> Word | str:
    """Return how a message names a character."""
    return Word("tab") if character == "\t" else character_name(character)
