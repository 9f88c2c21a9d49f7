"""YAML with places: a file read strictly, every scalar a string, every value with its line and column."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import yaml

from reportgen.diagnostics import Diagnostic, InputError, Place, Related, Word
from reportgen.texts import (
    character_name,
    first_apart,
    forbidden_characters,
    forbidden_kind,
    normalize_text,
    repairs,
    replace_forbidden,
)
from reportgen.yaml_faults import (
    ESCAPE,
    ESCAPES,
    Fault,
    Source,
    impossible_escape,
    loose_key,
    marked_item,
    name_of,
    shown,
    with_quotes,
)

Path: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "dict[str, Value] | list[Value] | str | None"

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_CHARACTER_FINDINGS = 100  # a file that is no text at all would give one finding a byte
MAX_FINDINGS = 1000  # nobody reads more; what follows is told when these are mended

# The C parser is about eighty times faster; both tell the same story.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BLANK = " \t\n"
# YAML 1.1, section 5.6 "Escape sequences".
_NAMED_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
# What stands for one character of the value, by the style of the scalar.
_PIECES = {
    '"': re.compile(rf"{ESCAPE}|[^ \t\n]"),
    "'": re.compile(r"''|[^ \t\n]"),
}
_PLAIN_PIECE = re.compile(r"[^ \t\n]")
_COMMENT_LIKE_TEXT = re.compile(r"[ \t]+(#\w[^\n]*)")  # a number, a tag: nobody begins a remark so
_BAD_INDENT = re.compile(r"^ *([\t\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000])[^\S\n]*(?=\S)", re.MULTILINE)
_FAULTS_OF_LEVEL = ("yaml-list-and-keys", "yaml-indent-deeper", "yaml-indent")
_DASH_IN_TEXT = re.compile(r"\n *(?=- )")


class Span(NamedTuple):  # a tuple is made in a third of the time of a data class, and a file has hundreds
    """Where a value stands in the text, from ``start`` up to ``end``; a collection has no ``raw`` and no ``value``."""

    start: int
    end: int
    style: str = ""  # "" plain, ' or " quoted, | literal, > folded
    raw: str | None = None  # as the parser gave it
    value: str | None = None  # normalised; None for an empty value


@dataclass(frozen=True)
class YamlFile(Source):
    """One file, read strictly.

    ``data`` is made of dicts, lists and strings; None stands for an empty value (``key:``) only: ``null``, ``~``,
    ``no`` and ``16:30`` are strings as typed. Text is normalised (NFC, Thai typing). A path is a tuple of keys and
    list indexes from the root, e.g. ``("team", "members", 0, "name")``.
    """

    data: Value
    spans: Mapping[Path, Span] = field(repr=False)
    keys: Mapping[Path, Span] = field(repr=False)
    notes: tuple[Diagnostic, ...] = ()  # what was repaired or may be a slip; no errors

    def place(self, path: Path) -> Place:
        """Return the place of the value at the path, or of its nearest parent that exists.

        The place is the value's first character, its opening quote, or the ``|`` or ``>`` of a block of text.
        """
        while path not in self.spans:
            path = path[:-1]
        return self.place_at(self.spans[path].start)

    def length(self, path: Path) -> int:
        """Return how many characters of its first line the scalar at the path takes; 1 for what is no scalar."""
        span = self.spans.get(path)
        if span is None or span.raw is None:
            return 1
        return max(1, len(self.text[span.start : span.end].partition("\n")[0].rstrip()))

    def key_place(self, path: Path) -> Place:
        """Return the place of the key at the end of the path; of the value when it is in a list or absent."""
        key = self.keys.get(path)
        return self.place_at(key.start) if key else self.place(path)

    def scalars(self) -> Iterator[tuple[Path, str]]:
        """Yield the path and the text of each scalar value that is not empty, in the order of the file."""
        for path, span in self.spans.items():
            if span.value is not None:
                yield path, span.value

    def locate(self, path: Path, offset: int) -> Place:
        """Return the place of a character of the scalar at the path, counted from 0 in its value.

        Exact for every character that is not white space; white space that folding or indentation changed
        gives the nearest place before it.
        """
        span = self.spans.get(path)
        if span is None or span.raw is None or span.value is None:
            return self.place(path)
        if span.raw != span.value:
            offset = _raw_offset(span.raw, offset)
        return self.place_at(_source_index(self.text, span, max(0, min(offset, len(span.raw)))))


def read_yaml(source: bytes, path: str) -> YamlFile:
    """Read one YAML file; ``path`` is its name for messages only.

    Raises:
        InputError: with all that is wrong in the file; only a fault of YAML's own grammar, a second document,
            too deep nesting or ``MAX_FINDINGS`` hides what follows it.
    """
    text = Source(path, _decode(source, path))
    findings = list(_forbidden_findings(text))
    # The parser would stop at the first character it refuses; we have reported them all.
    composer = _Composer(Source(path, replace_forbidden(text.text)) if findings else text)
    composer.compose()
    findings += composer.findings
    if not findings and composer.is_empty:
        findings.append(Diagnostic("file-empty", Place(path), hint="write"))
    if findings:
        raise InputError(sorted(findings, key=lambda finding: finding.place or Place(path)))
    notes = tuple(_notes(text, composer))
    return YamlFile(path, text.text, composer.data, composer.spans, composer.keys, notes)


# ---- bytes to text

# Files of other programs that got another ending to their name.
_OTHER_PROGRAMS = {
    b"PK\x03\x04": "kind-office",
    b"\xd0\xcf\x11\xe0": "kind-office",
    b"{\\rtf": "kind-office",
    b"%PDF": "kind-pdf",
    b"\xff\xd8\xff": "kind-picture",
    b"\x89PNG": "kind-picture",
}
_OTHER_PROGRAMS_BEGIN = re.compile(b"|".join(map(re.escape, _OTHER_PROGRAMS)))


def _decode(source: bytes, path: str) -> str:
    if len(source) > MAX_BYTES:
        values = {"size": f"{len(source) / 1_000_000:.1f}", "limit": f"{MAX_BYTES / 1_000_000:.0f}"}
        raise InputError(Diagnostic("file-too-large", Place(path), values, "split"))
    if found := _OTHER_PROGRAMS_BEGIN.match(source):
        kind = Word(_OTHER_PROGRAMS[found[0]])
        raise InputError(Diagnostic("file-not-text", Place(path), {"kind": kind}, "text"))
    if source.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or b"\0" in source[:2]:
        raise InputError(Diagnostic("file-utf16", Place(path), {}, "save"))
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Source(path, _plain_lines(source[: error.start].decode("utf-8").removeprefix("\ufeff")))
        values = {"byte": f"0x{source[error.start]:02X}"}
        raise InputError(Diagnostic("file-not-utf8", before.place_at(len(before.text)), values, "save")) from error
    # Notepad writes the byte order mark; it says nothing that UTF-8 needs.
    return _plain_lines(text.removeprefix("\ufeff"))


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _forbidden_findings(source: Source) -> Iterator[Diagnostic]:
    found = list(forbidden_characters(source.text))
    for index, run in found[:MAX_CHARACTER_FINDINGS]:
        yield _forbidden_finding(source.place_at(index), run, len(run))
    if len(found) > MAX_CHARACTER_FINDINGS:
        index, _ = found[MAX_CHARACTER_FINDINGS]
        values = {"count": len(found) - MAX_CHARACTER_FINDINGS}
        yield Diagnostic("forbidden-characters-more", source.place_at(index), values, "program")


def _forbidden_finding(place: Place, run: str, length: int) -> Diagnostic:
    values = {"character": character_name(run[0])}
    return Diagnostic("forbidden-character", place, values, forbidden_kind(run[0]), length)


# ---- what is no error


def _notes(source: Source, composer: _Composer) -> Iterator[Diagnostic]:
    """Yield what was repaired in the texts of a file, and comments that may have been meant as text."""
    apart: list[tuple[Span, int]] = []
    spans = [span for span in (*composer.keys.values(), *composer.spans.values()) if span.raw is not None]
    for span in spans:
        raw = span.raw or ""
        if raw != span.value and not raw.isascii():
            if not unicodedata.is_normalized("NFC", raw):
                apart.append((span, first_apart(raw)))
            yield from _repairs(source, span, raw)
        if not span.style and (found := _COMMENT_LIKE_TEXT.match(source.text, span.end)):
            place = source.place_at(found.start(1))
            line = with_quotes(source.lines[place.line - 1], source.place_at(span.start).column - 1, comment=True)
            hint = "quotes" if line and source.place_at(span.start).line == place.line else "plain"
            yield Diagnostic("comment-like-text", place, {"found": shown(found[1]), "line": line}, hint, len(found[1]))
    if apart:
        span, offset = min(apart, key=lambda pair: pair[0].start)
        place = source.place_at(_source_index(source.text, span, offset))
        yield Diagnostic("marks-apart", place, {"count": len(apart)}, length=2)


def _repairs(source: Source, span: Span, raw: str) -> Iterator[Diagnostic]:
    for offset, typed, repaired in repairs(raw):
        place = source.place_at(_source_index(source.text, span, offset))
        yield Diagnostic("text-repaired", place, {"found": typed, "repaired": repaired}, length=len(typed))


# ---- text to values and places


@dataclass(slots=True)
class _Frame:
    """A collection whose end has not come yet; ``key`` is the key that waits for its value."""

    path: Path
    container: dict[str, Value] | list[Value]
    key: str | None = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.container, dict) and self.key is None


class _Composer:
    """Makes values and places from the parser's events, without recursion, and gathers what is wrong."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Diagnostic] = []
        self.data: Value = None
        self.spans: dict[Path, Span] = {}
        self.keys: dict[Path, Span] = {}
        self._stack: list[_Frame] = []
        self._documents = 0
        self._last: Any = None  # the last event

    @property
    def is_empty(self) -> bool:
        """Whether the file holds no value at all."""
        return self.data is None

    def compose(self) -> None:
        """Read the events up to the end or to the first fault that hides the rest."""
        last_line = len(self.source.lines)
        faults: list[Diagnostic] = []
        try:
            events: Iterable[Any] = yaml.parse(self.source.text, Loader=LOADER)
            for event in events:
                if not self._take(event) or len(self.findings) >= MAX_FINDINGS:
                    last_line = int(event.start_mark.line)
                    break
                self._last = event
        except yaml.MarkedYAMLError as error:
            fault = Fault(self.source, error, self._last)
            last_line = fault.line
            faults += self._explained(fault)
        except (ValueError, OverflowError):  # the Python parser's answer to "\U00110000"
            faults.append(impossible_escape(self.source))
        indents = self._bad_indents(last_line)
        # A line that begins with a tab is what the parser stumbled over, there or on the next line.
        if not any(indent.place and last_line <= indent.place.line <= last_line + 1 for indent in indents):
            self.findings += faults
        self.findings += indents

    def _explained(self, fault: Fault) -> list[Diagnostic]:
        """Return what a fault says; where items have wrong marks, the levels of lines after them are a consequence."""
        said = fault.explain()
        marked = [each.place for each in self.findings if each.name == "yaml-no-dash"]
        is_known = said.place in marked or (marked and said.name in _FAULTS_OF_LEVEL)
        return [] if is_known else [said]

    def _take(self, event: Any) -> bool:
        """Take one event; return whether to go on."""
        match event:
            case yaml.ScalarEvent():
                if event.anchor is not None or event.tag is not None:
                    self._check_node(event)
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._check_node(event)
                return self._start(event)
            case yaml.CollectionEndEvent():
                self._end(event)
            case yaml.AliasEvent():
                self._find("yaml-alias", event, {"name": event.anchor, "line": self._quoted_line(event)}, "text")
                self._skip()
            case yaml.DocumentStartEvent():
                return self._document(event)
        return True

    def _document(self, event: Any) -> bool:
        self._documents += 1
        if self._documents > 1:
            self._find("yaml-several-documents", event, {"found": "---"}, "split")
        return self._documents == 1

    def _start(self, event: Any) -> bool:
        container: dict[str, Value] | list[Value] = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._stack and self._stack[-1].wants_key:
            self._find("yaml-key-not-text", event, {}, "quote")
            path = self._skip()
        else:
            path = self._put(container)
        self.spans[path] = Span(event.start_mark.index, event.end_mark.index)
        self._stack.append(_Frame(path, container))
        if len(self._stack) <= MAX_DEPTH:
            return True
        self._find("yaml-too-deep", event, {"limit": MAX_DEPTH}, "flat")
        return False

    def _end(self, event: Any) -> None:
        path = self._stack.pop().path
        self.spans[path] = Span(self.spans[path].start, event.end_mark.index)

    def _scalar(self, event: Any) -> None:
        style = event.style or ""
        empty = event.value == "" and not style
        value = None if empty else normalize_text(event.value)
        span = Span(event.start_mark.index, event.end_mark.index, style, event.value, value)
        self._check_text(span)
        if self._stack and self._stack[-1].wants_key:
            self._key(event, span)
        else:
            if empty:
                self._check_loose_key()
            self.spans[self._put(value)] = span

    def _key(self, event: Any, span: Span) -> None:
        frame = self._stack[-1]
        key = span.value
        if key is None:
            self._find("yaml-key-missing", event, {}, "write")
            key = ""
        elif not span.style and (item := marked_item(self.source, span.start)):
            self.findings.append(item)
            key = f"{span.start} {key}"  # an item of its own, however many begin with the same key
        elif key == "<<" and not span.style:
            self._find("yaml-merge-key", event, {}, "write", 2)
        elif (*frame.path, key) in self.keys:
            first = self.source.place_at(self.keys[(*frame.path, key)].start)
            related = (Related(first, Word("first-given"), len(key)),)
            place = self.source.place_at(span.start)
            values = {"key": shown(key), "first": first.line}
            self.findings.append(Diagnostic("yaml-duplicate-key", place, values, "remove", len(key), related))
        frame.key = key
        self.keys.setdefault((*frame.path, key), span)

    def _put(self, value: Value) -> Path:
        """Put the value where the file has it and return its path."""
        if not self._stack:
            self.data = value
            return ()
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
            return (*frame.path, len(frame.container) - 1)
        key = frame.key or ""
        frame.container[key] = value
        frame.key = None
        return (*frame.path, key)

    def _skip(self) -> Path:
        """Note that something we refuse stands here as a key or a value, and return a path for it."""
        if self._stack and self._stack[-1].wants_key:
            frame = self._stack[-1]
            frame.key = "?"
            return (*frame.path, "?")
        return self._put(None)

    def _check_loose_key(self) -> None:
        """Note a key in braces that has no colon: it is a text, or the rest of one."""
        frame = self._stack[-1] if self._stack else None
        key = self.keys.get((*frame.path, frame.key)) if frame and frame.key else None
        if key and self.source.text[key.end :].lstrip()[:1] in (",", "}"):
            finding = loose_key(self.source, key.start, key.end)
            self.findings += [finding] if finding else []

    def _check_node(self, event: Any) -> None:
        if event.anchor is None and event.tag is None:
            return
        values = {"line": self._quoted_line(event)}
        if event.anchor is not None:
            self._find("yaml-anchor", event, {"name": event.anchor, **values}, "text")
        if event.tag is not None:
            self._find("yaml-tag", event, values, "text")

    def _check_text(self, span: Span) -> None:
        if span.style in ("'", "|", ">"):
            return
        source = self.source.text[span.start : span.end]
        if span.style == '"' and "\\" in source:
            for match in ESCAPES.finditer(source):
                for _, run in forbidden_characters(_unescape(match.group())):
                    place = self.source.place_at(span.start + match.start())
                    self.findings.append(_forbidden_finding(place, run, len(match.group())))
        if not span.style and "\n" in source:
            self._check_dashes(span, source)

    def _check_dashes(self, span: Span, source: str) -> None:
        """Note dashes that begin no item, for the line above is a text."""
        # A program that folds text breaks long lines only; a dash after a short line was meant as a list.
        ends = [
            each.end()
            for each in _DASH_IN_TEXT.finditer(source)
            if self.source.place_at(span.start + each.start()).column <= 81
        ]
        if ends and (item := marked_item(self.source, span.start)):
            self.findings.append(item)
            return
        for end in ends:
            self.findings.append(Diagnostic("yaml-dash-in-text", self.source.place_at(span.start + end), {}, "align"))

    def _bad_indents(self, last_line: int) -> list[Diagnostic]:
        """Return the lines, up to ``last_line`` counted from 0, that another character than a space indents."""
        if not _BAD_INDENT.search(self.source.text):
            return []
        findings = []
        scalars = [span for span in (*self.spans.values(), *self.keys.values()) if span.raw is not None]
        texts = [span for span in scalars if "\n" in self.source.text[span.start : span.end]]
        texts.sort(key=lambda span: span.start)
        starts = [span.start for span in texts]
        for match in _BAD_INDENT.finditer(self.source.text):
            index, character = match.start(1), match.group(1)
            place = self.source.place_at(index)
            if place.line > last_line + 1:
                break
            inside = texts[bisect_right(starts, index) - 1] if starts and starts[0] <= index else None
            if inside and index < inside.end and (character != "\t" or inside.style in ("|", ">")):
                continue  # it is part of the text
            values = {"character": name_of(character)}
            findings.append(Diagnostic("yaml-indent-character", place, values, "spaces", match.end() - index))
        return findings

    def _quoted_line(self, event: Any) -> str:
        line = self.source.lines[event.start_mark.line]
        return with_quotes(line, event.start_mark.column)

    def _find(self, name: str, event: Any, values: Mapping[str, Any], hint: str, length: int = 1) -> None:
        place = Place(self.source.path, event.start_mark.line + 1, event.start_mark.column + 1)
        self.findings.append(Diagnostic(name, place, values, hint, length))


def _unescape(escape: str) -> str:
    """Return the character that an escape of a double-quoted scalar stands for; none for a folded line."""
    kind = escape[1]
    if kind in "xuU":
        return chr(int(escape[2:], 16))  # noqa: FURB166 - the prefix is YAML's, not Python's
    return "" if kind == "\n" else _NAMED_ESCAPES.get(kind, kind)


# ---- places inside a scalar


def _raw_offset(raw: str, offset: int) -> int:
    """Return the offset in the text as typed of a character of the normalised text."""
    return bisect_right(range(len(raw) + 1), offset, key=lambda end: len(normalize_text(raw[:end]))) - 1


def _source_index(text: str, span: Span, offset: int) -> int:
    """Return the index in the file of a character of a scalar as typed.

    Whatever folding, indentation and escapes do, they change white space only: the n-th other character of
    the value is the n-th other character of the source.
    """
    raw = span.raw or ""
    before, after = raw[:offset], raw[offset:]
    solid = len(before) - sum(map(before.count, _BLANK))
    blanks_before = len(before) - len(before.rstrip(_BLANK))
    blanks_after = len(after) - len(after.lstrip(_BLANK))
    previous_end, next_start = _neighbours(text, span, solid)
    if after and not blanks_after:
        return next_start
    if "\n" not in before[len(before) - blanks_before :] and solid:
        return previous_end + blanks_before
    if "\n" not in after[:blanks_after] and blanks_after < len(after):
        return next_start - blanks_after
    return previous_end


def _neighbours(text: str, span: Span, number: int) -> tuple[int, int]:
    """Return the index after solid piece ``number - 1`` of a scalar and the index of solid piece ``number``."""
    matches = list(islice(_solid_pieces(text, span), max(0, number - 1), number + 1))
    previous = matches.pop(0).end() if number and matches else span.start
    return previous, matches[0].start() if matches else previous


def _solid_pieces(text: str, span: Span) -> Iterator[re.Match[str]]:
    start, end = span.start, span.end
    if span.style in ("|", ">"):
        start = text.find("\n", start, end) + 1 or end  # after the header and its comment
    elif span.style:
        start, end = start + 1, end - 1
    for match in _PIECES.get(span.style, _PLAIN_PIECE).finditer(text, start, end):
        piece = match.group()
        if span.style != '"' or piece[0] != "\\" or _unescape(piece) not in ("", " ", "\t", "\n"):
            yield match
