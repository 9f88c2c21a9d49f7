"""What all records read from YAML share: frozen, no unknown keys, every mistake told with its place."""

from __future__ import annotations

import datetime
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, Self, TypeVar, Union, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    RootModel,
    Tag,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from reportgen.calendars import DateForms, parse_date, parse_time
from reportgen.diagnostics import Diagnostic, InputError, Place, Related, Word, sort_diagnostics
from reportgen.numbers import ValueProblem, parse_count, parse_rate, shorten
from reportgen.vocabulary import meant
from reportgen.yamlfile import YamlFile

Path = tuple[str | int, ...]

# Marks that pydantic puts into the path of a choice; a file may have keys of these names too.
_CHOICES = frozenset({"by-id", "in-place", "unknown", "known", "seven", "own-title"})
_KEY = "[key]"  # pydantic's mark for the key of a mapping

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ByLanguage:
    """The mark of a text that must name its languages: one plain text would be taken for a word of a choice."""


class _Parts(tuple[tuple[Path, Any], ...]):
    """What a record holds. Records are compared by their keys alone: for that, no two of these are the same."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Record(BaseModel):
    """A mapping in a YAML file: frozen, and a key it does not know is an error.

    ``short_form`` is what may be written in place of the keys, as a type; ``rules`` says in JSON Schema (draft-07) what
    the record's own validators ask of its keys together. Both are for editors and the guide: the validators decide.
    """

    # Validators are built for what is read as a whole, and not once more for each record in it.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=False, arbitrary_types_allowed=True, defer_build=True
    )

    short_form: ClassVar[Any] = None
    rules: ClassVar[Mapping[str, Any]] = {}

    @cached_property
    def parts(self) -> Sequence[tuple[Path, Any]]:
        """The record itself and every record, text and value below it with its path, found once: it never changes."""
        found: list[tuple[Path, Any]] = []
        _gather(self, (), found)
        return _Parts(found)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values; its parts are its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("parts", None)
        return copied


@dataclass(frozen=True, slots=True)
class Refers:
    """The mark of an id that must be an entry of the office: a ``person``, ``body``, ``title``, ``position``, ``unit``.

    ``language`` marks the name of a folder of templates.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that the office does not know: the file says ``unknown``, the paper shows a line to write on.

    It has no attributes, so that a template cannot print one by mistake.
    """


def _choose_known(value: Any) -> str:
    return "unknown" if value == "unknown" or isinstance(value, Unknown) else "known"


T = TypeVar("T")
OrUnknown = Annotated[
    Union[  # noqa: UP007 - a generic alias
        Annotated[Unknown, BeforeValidator(lambda value: Unknown()), Tag("unknown")],
        Annotated[T, Tag("known")],
    ],
    Discriminator(_choose_known),
]


def _written(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty-text", "refused", {"values": {}, "hint": "write"})
    return value


class Text(RootModel[dict[str, Annotated[str, BeforeValidator(_written)]]]):
    """A text in each language of the inspection; one plain text where the inspection has one language."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {PLAIN: value}
        if isinstance(value, dict) and not value:
            raise PydanticCustomError("empty-text", "refused", {"values": {}, "hint": "write"})
        return value

    def __contains__(self, language: str) -> bool:
        return language in self.root or PLAIN in self.root

    def in_language(self, language: str) -> str:
        """Return the text in a language; KeyError where there is none."""
        return self.root[PLAIN] if PLAIN in self.root else self.root[language]

    @property
    def languages(self) -> frozenset[str]:
        """The languages that are written; empty for a plain text."""
        return frozenset(self.root) - {PLAIN}

    @property
    def is_plain(self) -> bool:
        """Whether the file gives one text without naming a language."""
        return PLAIN in self.root


PLAIN = "*"


def as_problem(problem: ValueProblem) -> PydanticCustomError:
    """Return a refusal of a value as pydantic carries it; ``diagnose`` turns it into a diagnostic."""
    return PydanticCustomError(problem.name, "refused", {"values": dict(problem.values), "hint": problem.hint})


def scalar(value: Any) -> str:
    """Return the text of a scalar; refuse a list, a mapping and an empty value as pydantic refuses what is no text."""
    if isinstance(value, str):
        return value
    raise PydanticCustomError("string_type", "refused")


def _date(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, datetime.date):
        return value
    try:
        return parse_date(scalar(value), date_forms(info))
    except ValueProblem as problem:
        raise as_problem(problem) from None


def _time(value: Any, info: ValidationInfo) -> Any:
    try:
        return parse_time(scalar(value), date_forms(info))
    except ValueProblem as problem:
        raise as_problem(problem) from None


def _count(value: Any) -> Any:
    try:
        return parse_count(scalar(value))
    except ValueProblem as problem:
        raise as_problem(problem) from None


def _rate(value: Any) -> Any:
    try:
        return parse_rate(scalar(value))
    except ValueProblem as problem:
        raise as_problem(problem) from None


def _id(value: Any) -> Any:
    if isinstance(_written(value), str) and not _ID.fullmatch(value):
        raise PydanticCustomError("bad-id", "refused", {"values": {"found": value}, "hint": "form"})
    return value


Date = Annotated[datetime.date, BeforeValidator(_date)]
Time = Annotated[datetime.time, BeforeValidator(_time)]
Count = Annotated[int, BeforeValidator(_count)]
Rate = Annotated[Decimal, BeforeValidator(_rate)]
Id = Annotated[str, BeforeValidator(_id)]


def is_id(value: Any) -> bool:
    """Whether a value of a YAML file has the form of an id: small letters a-z, digits and hyphens."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


IdOrText = Annotated[
    Annotated[Id, Tag("by-id")] | Annotated[Text, Tag("in-place")],
    Discriminator(lambda value: "by-id" if is_id(value) else "in-place"),
]
"""An office entry by id, or a text: what has not the form of an id is a text."""


def choose_reference(value: Any) -> str:
    """Tell pydantic whether a value refers to an office entry or is written in place."""
    return "in-place" if isinstance(value, dict | BaseModel) else "by-id"


def date_forms(info: ValidationInfo) -> tuple[DateForms, ...]:
    """Return the date forms that the reader accepts; ``validate`` hands them to pydantic as its context."""
    return tuple(info.context["date_forms"]) if info.context else ()


R = TypeVar("R", bound=BaseModel)


def validate(model: type[R], file: YamlFile, forms: Iterable[DateForms] = ()) -> R:
    """Return the record that a file holds.

    Raises:
        InputError: with every key and value that is not as the model says.
    """
    data = file.data if file.data is not None else {}
    found = list(_empty_values(data, file))
    try:
        record = model.model_validate(data, context={"date_forms": tuple(forms)})
    except ValidationError as errors:
        raise InputError(sort_diagnostics([*found, *_diagnose_all(errors.errors(), model, file)])) from None
    if found:
        raise InputError(found)
    return record


def _empty_values(value: Any, file: YamlFile, path: Path = ()) -> Iterator[Diagnostic]:
    """Yield a finding for each key without a value: whoever leaves a fact out deletes its line."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _empty_values(item, file, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from _empty_values(item, file, (*path, index))
        case None:
            yield Diagnostic("empty-value", file.place(path), {"key": _key_of(path, file)}, "write")


def _diagnose_all(errors: Iterable[ErrorDetails], model: type[BaseModel], file: YamlFile) -> list[Diagnostic]:
    """Return the findings; a key that is missing only because it is misspelt is told once, as misspelt."""
    # Pydantic counts only the good items: a list whose items are wrong is not too short as well.
    real = [error for error in errors if error["type"] != "too_short" or not error["input"]]
    found = [(_file_path(error["loc"], file), diagnose(error, model, file)) for error in real]
    unknown = [(path, finding) for path, finding in found if finding.name == "unknown-key"]
    misspelt = {(*path[:-1], finding.values.get("suggestion")) for path, finding in unknown}
    return [finding for path, finding in found if finding.name != "missing-key" or path not in misspelt]


def diagnose(error: ErrorDetails, model: type[BaseModel], file: YamlFile) -> Diagnostic:
    """Return pydantic's finding with its place in the file and a sentence of our own."""
    context: Mapping[str, Any] = error.get("ctx", {})
    path = _file_path((*error["loc"], *([context["at"]] if "at" in context else [])), file)
    place = file.place(path)
    key = _key_of(path, file)
    match error["type"]:
        case "missing":
            return Diagnostic("missing-key", file.place(path[:-1]), {"key": key}, "add")
        case "extra_forbidden":
            return _unknown_key(path, model, file)
        case _ if error["input"] is None:
            return Diagnostic("empty-value", place, {"key": key}, "write")
        case "string_type" | "dict_type" | "model_type" | "model_attributes_type" | "tuple_type" | "list_type" as kind:
            return _wrong_shape(kind, error["input"], place, key)
        case "enum" | "literal_error" if not isinstance(error["input"], str):
            return _wrong_shape("string_type", error["input"], place, key)
        case "enum" | "literal_error":
            allowed = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return _not_one_of(error["input"], allowed, place)
        case "too_short":
            return Diagnostic("empty-list", place, {"key": key}, "add")
        case name if context and "values" in context:
            return _refused(name, path, context, error["input"], file)
        case _:
            return _wrong_setting(error, place)


def _not_one_of(found: str, allowed: str, place: Place) -> Diagnostic:
    near = meant(found, allowed.split(", "))
    values = {"found": shorten(found), "allowed": allowed, "suggestion": near.word if near else ""}
    hint = ("called" if near.called else "suggest") if near else "allowed"
    return Diagnostic("not-one-of", place, values, hint, length=len(found))


def _wrong_setting(error: ErrorDetails, place: Place) -> Diagnostic:
    """Return the finding of a number or a choice that pydantic itself reads: the settings of ``locale.yaml``."""
    context: Mapping[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "int_parsing" | "int_from_float" | "decimal_parsing":
            return Diagnostic("not-a-number", place, {"found": shorten(str(error["input"]))}, "digits")
        case "bool_parsing":
            return Diagnostic("not-yes-or-no", place, {"found": shorten(str(error["input"]))}, "write")
        case "greater_than" | "greater_than_equal":
            least = next(str(context[kind]) for kind in ("ge", "gt") if kind in context)
            hint = "from" if "ge" in context else "above"
            return Diagnostic("number-too-small", place, {"found": str(error["input"]), "least": least}, hint)
        case _:
            return Diagnostic("bad-value", place, {"found": shorten(str(error["input"]))}, "guide")


def _refused(name: str, path: Path, context: Mapping[str, Any], found: Any, file: YamlFile) -> Diagnostic:
    """Return the finding of one of our own refusals; ``related`` of its context are other keys and what they are."""
    place = file.key_place(path[:-1]) if path and path[-1] == _KEY else file.place(path)
    parent = path[:-1] if "at" in context else path
    related = tuple(
        Related(file.place((*parent, key)), says, file.length((*parent, key)))
        for key, says in context.get("related", {}).items()
    )
    length = len(found) if isinstance(found, str) and found else file.length(path)
    return Diagnostic(name, place, context["values"], context.get("hint"), length, related)


def _file_path(location: Path, file: YamlFile) -> Path:
    """Return pydantic's path without its marks of choices: the path in the file."""
    path: Path = ()
    for part in location:
        if part not in _CHOICES or (*path, part) in file.spans:
            path = (*path, part)
    return path


def _key_of(path: Path, file: YamlFile) -> str:
    """Return the key that a path stands for: an item of a list is called by its list, the whole by its file."""
    return next((part for part in reversed(path) if isinstance(part, str) and part != _KEY), file.path)


_SHAPES = {"string_type": "text", "tuple_type": "list", "list_type": "list"}


def _wrong_shape(kind: str, found: Any, place: Place, key: str) -> Diagnostic:
    shape = _SHAPES.get(kind, "mapping")
    return Diagnostic("wrong-shape", place, {"key": key, "expected": Word(shape), "found": _shape_of(found)}, shape)


def _shape_of(found: Any) -> Word:
    match found:
        case Mapping():
            return Word("mapping")
        case list():
            return Word("list")
        case _:
            return Word("this-text", {"text": shorten(str(found))})


def _unknown_key(path: Path, model: type[BaseModel], file: YamlFile) -> Diagnostic:
    key = str(path[-1])
    allowed = list(_keys_at(model, path[:-1]))
    place = file.key_place(path)
    near = meant(key, allowed)
    values = {"key": key, "allowed": ", ".join(allowed), "suggestion": near.word if near else ""}
    hint = ("called" if near.called else "suggest") if near else "allowed"
    return Diagnostic("unknown-key", place, values, hint, length=len(key))


def _keys_at(model: type[BaseModel], path: Path) -> Iterator[str]:
    """Yield the keys that the model allows at a path."""
    models: set[type[BaseModel]] = {model}
    for part in path:
        if isinstance(part, int):
            continue
        fields = [field for m in models for name, field in m.model_fields.items() if part in (name, field.alias)]
        models = {found for field in fields for found in _models_in(field.annotation)} or models
    for found in sorted(models, key=lambda m: m.__name__):
        for name, field in found.model_fields.items():
            yield field.alias or name


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel) and not issubclass(annotation, RootModel):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from _models_in(argument)


def texts_in(record: Record) -> Iterator[tuple[Path, Text]]:
    """Yield every text of a record with its path in the file, in the order of the model."""
    for path, found in record.parts:
        if isinstance(found, Text):
            yield path, found


# Most of what a file holds, told before it is asked of the slower abstract classes.
_LEAVES = (str, types.NoneType, int, Decimal, datetime.date, datetime.time, Text)


def _gather(value: Any, path: Path, found: list[tuple[Path, Any]]) -> None:
    found.append((path, value))
    if isinstance(value, _LEAVES):
        return
    if isinstance(value, BaseModel):
        for name, key in _fields_of(type(value)):
            _gather(getattr(value, name), (*path, key), found)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _gather(item, (*path, key), found)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _gather(item, (*path, index), found)


@cache
def _fields_of(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a record, each with its key in the file."""
    return tuple((name, field.alias or name) for name, field in model.model_fields.items())
