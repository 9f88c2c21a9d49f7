"""What each key of a file means and which values it takes: read from the models, explained in the catalogues.

The catalogues ``glossary/<language>.yaml`` hold words only. Keys, values and which keys must be there come from the
models that read the files, so that neither an editor nor the guide can say anything else than ``check`` does.
"""

from __future__ import annotations

import datetime
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from reportgen.inspection import Inspection, Number
from reportgen.locales import LocaleFile
from reportgen.model import ByLanguage, Count, Id, Rate, Record, Refers, Text, Unknown
from reportgen.office import Office

FILES: Mapping[str, type[Record]] = {"inspection": Inspection, "office": Office, "locale": LocaleFile}


@dataclass(frozen=True)
class Simple:
    """A value written as one scalar, or a text in each language; ``kind`` is an entry of the catalogues' ``values``."""

    kind: str


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """The id of an entry of the office; ``kind`` is an entry of the catalogues' ``kinds``."""

    kind: str


@dataclass(frozen=True)
class Items:
    """A list of values, at least so many."""

    item: Shape
    least: int = 0


@dataclass(frozen=True)
class Named:
    """Values by name; the names have the form of an id where ``by_id`` says so."""

    item: Shape
    by_id: bool


@dataclass(frozen=True)
class Keys:
    """The keys of a record."""

    record: type[Record]


@dataclass(frozen=True)
class Either:
    """One of several shapes."""

    options: tuple[Shape, ...]


Shape: TypeAlias = Simple | Choice | Reference | Items | Named | Keys | Either


@dataclass(frozen=True)
class Key:
    """A key of a record as its file has it, with the shape of its value; ``owner`` is the entry that explains it."""

    name: str
    shape: Shape
    needed: bool
    owner: str


def keys(record: type[Record]) -> tuple[Key, ...]:
    """Return the keys of a record in the order of the model."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(
        Key(field.alias or name, _shape(hints[name]), field.is_required(), _owner(record, name))
        for name, field in record.model_fields.items()
    )


def records(file: str) -> tuple[type[Record], ...]:
    """Return the records of a kind of file, each once, in the order in which the file meets them."""
    found: dict[type[Record], None] = {FILES[file]: None}
    pending = [FILES[file]]
    while pending:
        inner = [shape.record for key in keys(pending.pop(0)) for shape in parts(key.shape) if isinstance(shape, Keys)]
        pending += [record for record in dict.fromkeys(inner) if record not in found]
        found |= dict.fromkeys(inner)
    return tuple(found)


def parts(shape: Shape) -> Iterator[Shape]:
    """Yield a shape and all shapes that it is made of."""
    yield shape
    match shape:
        case Items(item) | Named(item):
            yield from parts(item)
        case Either(options):
            for option in options:
                yield from parts(option)


def entry_name(record: type[Record]) -> str:
    """Return the name under which the catalogues explain a record: ``locale-file``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", record.__name__.strip("_")).lower()


def _owner(record: type[Record], name: str) -> str:
    """Return the entry of the record that brings a field in: itself or what it is a kind of."""
    owner = next(base for base in record.__mro__ if name in vars(base).get("__annotations__", {}))
    return entry_name(owner)


# ---- shapes ---------------------------------------------------------------------------------------------------------

_READ = {Id: "id", Count: "count", Rate: "rate"}  # types that our own validators read
_SIMPLE = {
    Text: "text", Number: "number", str: "word", bool: "truth", int: "integer", Decimal: "decimal",
    datetime.date: "day", datetime.time: "time",
}  # fmt: skip


def _shape(hint: Any) -> Shape:
    """Return the shape of a field's annotation; None in it says only that the key may be left out."""
    if get_origin(hint) is Annotated:
        return _annotated(hint)
    if hint in _SIMPLE:
        return Simple(_SIMPLE[hint])
    if hint is Unknown:
        return Choice(("unknown",))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _either([_shape(option) for option in arguments if option is not type(None)])
    if origin is Literal:
        return Choice(tuple(str(word.value if isinstance(word, Enum) else word) for word in arguments))
    if origin is tuple:
        return Items(_shape(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Named(_shape(arguments[1]), by_id=arguments[0] == Id)
    return _class(hint)


def _class(kind: Any) -> Shape:
    if issubclass(kind, Enum):
        return Choice(tuple(str(word.value) for word in kind))
    if issubclass(kind, BaseModel) and issubclass(kind, Record):
        own = Keys(kind)
        return _either([_shape(kind.short_form), own]) if kind.short_form is not None else own
    raise TypeError(f"no shape is known for {kind}")


def _annotated(hint: Any) -> Shape:
    """Return the shape of a type with marks: those that name the office's entries, and our own validators."""
    base, *marks = get_args(hint)
    if ByLanguage() in marks:
        return Simple("texts")
    refers = next((mark.kind for mark in marks if isinstance(mark, Refers)), None)
    for known, kind in _READ.items():
        known_base, validator = get_args(known)
        if base is known_base and validator in marks:
            return Reference(refers) if refers else Simple(kind)
    shape = _shape(base)
    if refers:
        shape = _referring(shape, refers)
    least = max((getattr(item, "min_length", 0) or 0 for mark in marks for item in _limits(mark)), default=0)
    return Items(shape.item, least) if isinstance(shape, Items) else shape


def _limits(mark: Any) -> tuple[Any, ...]:
    return (mark, *getattr(mark, "metadata", ()))


def _referring(shape: Shape, kind: str) -> Shape:
    """Return a shape whose ids, or whose word, are entries of a kind."""
    match shape:
        case Either(options):
            return Either(tuple(Reference(kind) if option == Simple("id") else option for option in options))
        case _:
            return Reference(kind)


def _either(options: list[Shape]) -> Shape:
    flat = [part for option in options for part in (option.options if isinstance(option, Either) else (option,))]
    return flat[0] if len(flat) == 1 else Either(tuple(dict.fromkeys(flat)))


# ---- words ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    """What a catalogue says of a value, a record or a key."""

    about: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """One catalogue."""

    language: str
    data: Mapping[str, Any]

    def value(self, kind: str) -> Explanation:
        """Return the explanation of a kind of value."""
        return _explanation(self.data["values"][kind])

    def name(self, kind: str) -> str:
        """Return what a kind of value is called."""
        return str(self.data["values"][kind]["name"])

    def kind(self, kind: str) -> str:
        """Return what an entry of the office is called."""
        return str(self.data["kinds"][kind])

    def problem(self, kind: str) -> str:
        """Return what to write where a value of a kind cannot be read."""
        return str(self.data["problems"][kind])

    def record(self, record: type[Record]) -> str:
        """Return what is said of a record as a whole."""
        return str(self.data["records"][entry_name(record)]["about"])

    def key(self, key: Key) -> Explanation:
        """Return the explanation of a key."""
        return _explanation(self.data["records"][key.owner]["fields"][key.name])

    def choice(self, word: str) -> str:
        """Return what a word of a choice stands for."""
        return str(self.data["choices"][word])

    def guide(self, name: str, **values: str) -> str:
        """Return a sentence of the guide."""
        return str(self.data["guide"][name]).format(**values)

    def file(self, file: str) -> str:
        """Return what a kind of file is called."""
        return str(self.data["guide"]["files"][file])


def _explanation(entry: Any) -> Explanation:
    return Explanation(entry) if isinstance(entry, str) else Explanation(entry["about"], tuple(entry["examples"]))


@cache
def words(language: str) -> Words:
    """Return the catalogue of a language of the user interface."""
    import yaml  # not at the start: only an editor's file and the guide need it

    text = resources.files("reportgen").joinpath(f"glossary/{language}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # 2023-08-18 is an example, not a date
    return Words(language, yaml.load(text, Loader=loader))  # noqa: S506 - texts only
