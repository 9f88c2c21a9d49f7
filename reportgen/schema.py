"""JSON Schemas of the files that people write, for editors: what may stand where, what it means, which ids there are.

Draft-07, the newest draft that every YAML language server in use reads. A schema describes what may be *typed*: editors
read YAML 1.2, where ``21.995`` is a number, the reader takes every scalar as text. What the reader accepts a schema
accepts; what it cannot say (days that do not exist, texts in the languages of the file) is left to ``check``.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

from reportgen import __version__
from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, ReportgenError
from reportgen.folders import TEMPLATES, Workspace
from reportgen.glossary import (
    FILES,
    Choice,
    Either,
    Items,
    Key,
    Keys,
    Named,
    Reference,
    Shape,
    Simple,
    Words,
    keys,
    words,
)
from reportgen.glossary import entry_name as name_of
from reportgen.model import Record
from reportgen.numbers import HIGHEST_RATE

FOLDER = ".reportgen"  # in the workspace, ignored by version control: made anew by every command that finds it old
MODELINE = "# yaml-language-server: $schema={folder}/.reportgen/{file}.schema.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_ID = "^[a-z0-9]+(-[a-z0-9]+)*$"
_SECTIONS = {"person": ("people",), "title": ("titles",), "position": ("positions",), "unit": ("units",)}
_BODIES = ("agencies", "units")

Json = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What the office has: its languages, and by kind the ids of its entries, each with its name."""

    languages: tuple[str, ...]
    entries: Mapping[str, Mapping[str, str]]


def known_in(workspace: Workspace) -> Known | None:
    """Return what the office has; None while its list cannot be read."""
    try:
        data = workspace.read_yaml(f"{TEMPLATES}/office.yaml").data
    except ReportgenError:
        return None
    entries = {kind: _entries(data, _SECTIONS.get(kind, _BODIES)) for kind in (*_SECTIONS, "body")}
    return Known(workspace.languages(), entries)


def _entries(data: Any, sections: tuple[str, ...]) -> Mapping[str, str]:
    there = [data.get(section) for section in sections] if isinstance(data, dict) else []
    return {key: _name(entry) for section in there if isinstance(section, dict) for key, entry in section.items()}


def _name(entry: Any) -> str:
    """Return the name of an entry in all its languages; an entry is a text or has one."""
    name = entry.get("name", entry) if isinstance(entry, dict) else entry
    return " · ".join(map(str, name.values())) if isinstance(name, dict) else str(name)


def make_schema(file: str, said: Words, known: Known | None = None) -> Json:
    """Return the JSON Schema of a kind of file: ``inspection``, ``office`` or ``locale``.

    With what an office has, its ids and languages are completed; an inspection may name no others.
    """
    maker = _Maker(said, known, strict=file != "office")
    schema = maker.record(FILES[file])
    return {
        "$schema": _DRAFT,
        "title": said.file(file),
        **schema,
        "definitions": dict(sorted(maker.definitions.items())),
    }


class _Maker:
    """Makes the schemas of shapes; what occurs more than once is a definition."""

    def __init__(self, said: Words, known: Known | None, *, strict: bool) -> None:
        self.said = said
        self.known = known
        self.strict = strict  # a list that is being written refers to entries that it does not have yet
        self.definitions: dict[str, Json] = {}

    def record(self, record: type[Record]) -> Json:
        """Return the schema of a record's keys."""
        every = keys(record)
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [key.name for key in every if key.needed],
            "properties": {key.name: self._key(key) for key in every},
            **record.rules,
        }

    def _key(self, key: Key) -> Json:
        explained = self.said.key(key)
        schema = self._shape(key.shape)
        # Draft-07 ignores what stands beside a reference.
        schema = {"allOf": [schema]} if "$ref" in schema else schema
        examples = explained.examples or tuple(self._examples(key.shape))
        # Editors show one description: that of the key, with what is true of its values.
        told = "\n\n".join(dict.fromkeys((explained.about, *self._told(key.shape))))
        return {"description": told, **schema, **({"examples": list(examples)} if examples else {})}

    def _examples(self, shape: Shape) -> Iterator[str]:
        match shape:
            case Simple(kind) if kind not in ("text", "word"):
                yield from self.said.value(kind).examples
            case Either(options):
                for option in options:
                    yield from self._examples(option)

    def _told(self, shape: Shape) -> Iterator[str]:
        match shape:
            case Simple(kind) if kind != "word":
                yield self.said.value(kind).about
            case Keys(record):
                yield self.said.record(record)
            case Items(item):
                yield from self._told(item)
            case Either(options):
                for option in options:
                    yield from self._told(option)

    def _shape(self, shape: Shape) -> Json:
        match shape:
            case Simple(kind):
                return self._defined(kind, lambda: self._simple(kind))
            case Choice(allowed):
                return {"enum": list(allowed), "enumDescriptions": [self.said.choice(word) for word in allowed]}
            case Reference(kind):
                return self._defined(f"id-of-{kind}", lambda: self._reference(kind))
            case Items(item, least):
                return {"type": "array", "items": self._shape(item), **({"minItems": least} if least else {})}
            case Named(item, by_id):
                names = {"propertyNames": {"pattern": _ID}} if by_id else {}
                return {"type": "object", "additionalProperties": self._shape(item), **names}
            case Keys(record):
                return self._defined(name_of(record), lambda: self.record(record))
            case Either(options):
                return {"anyOf": list(self._options(options))}

    def _defined(self, name: str, make: Any) -> Json:
        if name not in self.definitions:
            self.definitions[name] = {}  # a record that held itself would never end
            self.definitions[name] = make()
        return {"$ref": f"#/definitions/{name}"}

    def _options(self, options: tuple[Shape, ...]) -> Iterator[Json]:
        """Yield the schemas of several shapes; beside ids, what has the form of an id is one."""
        by_id = any(isinstance(option, Reference) for option in options)
        problems = [self.said.problem(option.kind) for option in options if _has_problem(option)]
        for option in options:
            if isinstance(option, Choice) and problems:
                yield {**self._shape(option), "errorMessage": problems[0]}
            elif by_id and option == Simple("text"):
                yield self._defined("text-but-no-id", lambda: self._text(_no_id()))
            else:
                yield self._shape(option)

    def _simple(self, kind: str) -> Json:
        if kind == "text":
            return self._text({})
        made = {"texts": self._texts()} if kind == "texts" else _SCALARS()
        told = self.said.problem("text" if kind == "word" else kind)
        return {**made[kind], "errorMessage": told}

    def _text(self, limits: Json) -> Json:
        plain = {**_PLAIN, **limits, "errorMessage": self.said.problem("text")}
        return {"anyOf": [plain, self._texts()]}

    def _texts(self) -> Json:
        """Return the schema of a text in each language."""
        if self.known is None:
            return {"type": "object", "minProperties": 1, "additionalProperties": _PLAIN}
        languages = dict.fromkeys(self.known.languages, _PLAIN)
        others = False if self.strict else _PLAIN  # the list may know a language before its folder is there
        return {"type": "object", "minProperties": 1, "additionalProperties": others, "properties": languages}

    def _reference(self, kind: str) -> Json:
        if self.known is None:
            return _PLAIN if kind == "language" else {"type": ["string", "integer"], "pattern": _ID}
        if kind == "language":
            return {"enum": list(self.known.languages)}
        there = self.known.entries[kind]
        numbers = [int(entry) for entry in there if entry.isdecimal() and str(int(entry)) == entry]  # 611 is a number
        listed = {
            "enum": [*there, *numbers],
            "enumDescriptions": [*there.values(), *(there[str(number)] for number in numbers)],
        }
        return listed if self.strict and there else {"anyOf": [listed, {"type": ["string", "integer"], "pattern": _ID}]}


# ---- what may be typed for each kind of value -----------------------------------------------------------------------

# Not a list of types: editors would offer true and false wherever a text may stand.
_WORD: Json = {"not": {"type": ["object", "array", "null"]}}
_PLAIN: Json = {**_WORD, "pattern": r"\S"}


def _has_problem(shape: Shape) -> TypeGuard[Simple]:
    return isinstance(shape, Simple) and shape.kind not in ("text", "word")


def _no_id() -> Json:
    return {"not": {"anyOf": [_WORD["not"], {"type": "string", "pattern": _ID}, {"type": ["integer", "boolean"]}]}}


@cache
def _digit() -> str:
    """Return the characters of a class of all digits that the reader takes, of whatever script."""
    zeros = [chr(code) for code in range(0xFFFF) if unicodedata.decimal(chr(code), -1) == 0]
    return "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in zeros)


@cache
def _SCALARS() -> Mapping[str, Json]:  # noqa: N802 - a table, made when it is first asked for
    d, other = f"[{_digit()}]", f"[^{_digit()}]"
    space = r"[\s\u200b-\u200d\u2060\ufeff]*"
    # A day holds a number of four digits, its year, and before or behind that another of one or two.
    day = rf"(^|{other})({d}{{4}}{other}(.*{other})?{d}{{1,2}}|{d}{{1,2}}{other}(.*{other})?{d}{{4}})({other}|$)"
    count = rf"^{space}({d}+|{d}{{1,3}}([., ]{d}{{3}})+){space}$"
    rate = rf"^{space}{d}+([.,]{d}+)?{space}[%％]?{space}$"
    return {
        "word": _WORD,
        "id": {"type": ["string", "integer"], "pattern": _ID},
        "day": {"type": "string", "pattern": day},
        "time": {"type": ["string", "number"], "pattern": rf"^{other}*{d}{{1,2}}({other}+({d}{{1,2}}{other}*)?)$"},
        "count": {"type": ["string", "number"], "pattern": count, "minimum": 0},
        "rate": {"type": ["string", "number"], "pattern": rate, "minimum": 0, "maximum": HIGHEST_RATE},
        "number": {"type": "string", "pattern": rf"^\s*({d}{{1,9}}|…+|\.{{2,}}|unknown)?\s*/\s*[^\s/]\S*\s*$"},
        "integer": {"type": ["string", "integer"], "pattern": r"^\s*[+-]?\d+\s*$"},
        "decimal": {"type": ["string", "number"], "pattern": r"^\s*[+]?\d*\.?\d+\s*$"},
        "truth": {"type": ["boolean", "string", "integer"]},
    }  # fmt: skip


# ---- the local copies -----------------------------------------------------------------------------------------------


def schema_text(file: str, language: str, workspace: Workspace | None) -> str:
    """Return a schema as a file: in a language of the user interface, with the ids of an office where there is one."""
    known = known_in(workspace) if workspace else None
    schema = {**make_schema(file, words(language), known), "$comment": _mark(language, workspace)}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _mark(language: str, workspace: Workspace | None) -> str:
    """Return what a schema was made from: the language, the version, the office's list."""
    digest = hashlib.sha256()
    if workspace:
        digest.update(" ".join(workspace.languages()).encode())
        try:
            digest.update(workspace.read_bytes(f"{TEMPLATES}/office.yaml"))
        except ReportgenError:
            digest.update(b"?")
    return f"reportgen {__version__} {language} {digest.hexdigest()}"


def local_copies(workspace: Workspace) -> Mapping[str, Path]:
    """Return where the schema of each kind of file is kept; the first line of a file leads an editor there."""
    return {file: workspace.root / FOLDER / f"{file}.schema.json" for file in FILES}


def write_copies(workspace: Workspace, language: str) -> None:
    """Make the local copies anew, in a language of the user interface.

    Raises:
        InputError: where one cannot be written.
    """
    for file, path in local_copies(workspace).items():
        write_schema(path, schema_text(file, language, workspace))


def renew_copies(workspace: Workspace, language: str) -> None:
    """Make the local copies anew where they are missing or were made from another list; else leave their language.

    What cannot be written is left as it is: help while typing is no reason to stop a command.
    """
    mark = _old_mark(local_copies(workspace)["inspection"])
    if mark is None or mark != _mark(mark.split()[-2], workspace):
        try:
            write_copies(workspace, mark.split()[-2] if mark else language)
        except ReportgenError:
            return


def _old_mark(path: Path) -> str | None:
    try:
        mark = json.loads(path.read_bytes())["$comment"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return mark if isinstance(mark, str) and len(mark.split()) == 4 else None


def write_schema(path: Path, text: str) -> None:
    """Write a schema, whole or not at all.

    Raises:
        InputError: where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        values = {"problem": of_system(error)}
        raise InputError(Diagnostic("cannot-write", Place(str(path)), values, "free")) from None
