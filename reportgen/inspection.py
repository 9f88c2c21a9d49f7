"""The checked facts of one inspection: frozen, in every language it is printed in, none chosen yet."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from reportgen.calendars import DateForms
from reportgen.diagnostics import Word
from reportgen.model import (
    ByLanguage,
    Count,
    Date,
    Id,
    IdOrText,
    OrUnknown,
    Rate,
    Record,
    Refers,
    Text,
    Time,
    Unknown,
    choose_reference,
    scalar,
    validate,
)
from reportgen.numbers import shorten
from reportgen.office import Body, Person
from reportgen.yamlfile import YamlFile


class Area(StrEnum):
    """The areas of an inspection of administrative reform, in the order of the paper.

    The first is direction and management; the others are the six contents of the master programme of
    Resolution 76/NQ-CP of 15 July 2021.
    """

    DIRECTION = "direction"
    INSTITUTIONS = "institutions"
    PROCEDURES = "procedures"
    ORGANISATION = "organisation"
    CIVIL_SERVICE = "civil-service"
    PUBLIC_FINANCE = "public-finance"
    DIGITAL_GOVERNMENT = "digital-government"


class Role(StrEnum):
    """In which role somebody signs."""

    SECRETARY = "secretary"
    LEAD = "lead"
    DEPUTY = "deputy"
    MEMBER = "member"
    UNIT_HEAD = "unit-head"
    WITNESS = "witness"


class Number(Record):
    """The number and symbol of the minutes: ``12/BB-ĐKT``; the number may be left open: ``…/BB-ĐKT``.

    Decree 30/2020/NĐ-CP, Annex I, II.3: number, ``/``, symbol.
    """

    value: int | None
    series: str


_NUMBER = re.compile(r"(?P<value>\d{1,9}|…+|\.{2,}|unknown)?\s*/\s*(?P<series>[^\s/][^\s]*)")


def _number(value: Any) -> Any:
    found = _NUMBER.fullmatch(scalar(value).strip())
    if not found:
        raise PydanticCustomError("bad-number", "refused", {"values": {"found": shorten(value)}, "hint": "form"})
    digits = found["value"] or ""
    return {"value": int(digits) if digits.isdecimal() else None, "series": found["series"]}


class Days(Record):
    """The day of a visit, or its first and last day; also the period that was inspected."""

    short_form: ClassVar[Any] = Date

    first: Date = Field(alias="from")
    last: Date = Field(alias="to")

    @model_validator(mode="before")
    @classmethod
    def _one_day(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Days) else {"from": scalar(value), "to": value}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            values = {"first": self.first, "last": self.last}
            context = {"values": values, "hint": "swap", "at": "to", "related": {"from": Word("first-day")}}
            raise PydanticCustomError("days-out-of-order", "refused", context)
        return self


def _languages(value: Any) -> Any:
    if isinstance(value, list) and len(set(map(str, value))) < len(value):
        second, first = next((i, value.index(one)) for i, one in enumerate(value) if value.index(one) < i)
        values = {"found": str(value[second])}
        context = {"values": values, "hint": "once", "at": second, "related": {first: Word("first-given")}}
        raise PydanticCustomError("language-twice", "refused", context)
    return value


PersonReference = Annotated[
    Annotated[Id, Refers("person"), Tag("by-id")] | Annotated[Person, Tag("in-place")],
    Discriminator(choose_reference),
]
"""A person of office.yaml by id, or a one-off person written in place."""

BodyReference = Annotated[
    Annotated[Id, Refers("body"), Tag("by-id")] | Annotated[Body, Tag("in-place")],
    Discriminator(choose_reference),
]
"""An agency or a unit of office.yaml by id, or a one-off one written in place."""


class Decision(Record):
    """The decision that set up the team: number and symbol, day, and what it decides."""

    number: OrUnknown[str]
    date: OrUnknown[Date]
    subject: Text | None = None


class Team(Record):
    """The inspection team and the agency that set it up."""

    name: Text
    agency: Annotated[Id, Refers("body")]
    decision: Decision | None = None
    lead: PersonReference
    deputy: PersonReference | None = None
    secretary: OrUnknown[PersonReference]
    members: OrUnknown[tuple[PersonReference, ...]] = ()


class Figure(Record):
    """A count ``done`` of ``total``, or a ``rate`` in per cent that stands alone."""

    rules: ClassVar[Mapping[str, Any]] = {
        "if": {"required": ["rate"]},
        "then": {"properties": {"done": False, "total": False}},
        "else": {"required": ["done", "total"]},
    }

    what: Text
    done: Count | None = None
    total: Count | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _count_or_rate(self) -> Self:
        counted = self.done is not None and self.total is not None
        if (self.rate is None) != counted or (self.done is None) != (self.total is None):
            raise PydanticCustomError("count-or-rate", "refused", {"values": {}, "hint": "form"})
        if self.done is not None and self.total is not None:
            self._check_count(self.done, self.total)
        return self

    @staticmethod
    def _check_count(done: int, total: int) -> None:
        if total == 0:
            raise PydanticCustomError("total-zero", "refused", {"values": {}, "hint": "drop", "at": "total"})
        if done > total:
            values = {"done": done, "total": total}
            context = {"values": values, "hint": "check", "at": "done", "related": {"total": Word("total")}}
            raise PydanticCustomError("done-over-total", "refused", context)


class Result(Record):
    """What was found in an area, of all units or of one: a text, figures, or both."""

    rules: ClassVar[Mapping[str, Any]] = {
        "if": {"not": {"required": ["figures"], "properties": {"figures": {"minItems": 1}}}},
        "then": {"required": ["text"]},
    }

    area: Annotated[
        Annotated[Area, Tag("seven")] | Annotated[Text, ByLanguage(), Tag("own-title")],
        Discriminator(lambda value: "own-title" if isinstance(value, dict | Text) else "seven"),
    ]
    unit: BodyReference | None = None
    text: Text | None = None
    figures: tuple[Figure, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and not self.figures:
            raise PydanticCustomError("empty-result", "refused", {"values": {}, "hint": "write"})
        return self


class Photo(Record):
    """A photograph in the inspection's folder, with its caption."""

    file: str
    caption: Text


class Limitation(Record):
    """A shortcoming, of all units or of one, with its cause where it is known."""

    text: Text
    unit: BodyReference | None = None
    cause: Text | None = None


class Conclusion(Record):
    """A conclusion or a request: what, to whom, by when."""

    text: Text
    unit: BodyReference | None = None
    due: Date | None = None


class Response(Record):
    """The opinion of the inspected unit, and who gave it."""

    text: Text
    by: PersonReference | None = None


class Signatory(Record):
    """Who signs, in which role. The team's lead, deputy and secretary need no name here."""

    short_form: ClassVar[Any] = Literal[Role.SECRETARY, Role.LEAD, Role.DEPUTY]
    rules: ClassVar[Mapping[str, Any]] = {
        "if": {"properties": {"role": {"enum": [Role.SECRETARY.value, Role.LEAD.value, Role.DEPUTY.value]}}},
        "else": {"required": ["person"]},
    }

    role: Role
    person: OrUnknown[PersonReference] | None = None

    @model_validator(mode="before")
    @classmethod
    def _role_alone(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Signatory) else {"role": scalar(value)}

    @model_validator(mode="after")
    def _has_person(self) -> Self:
        if self.person is None and self.role not in (Role.SECRETARY, Role.LEAD, Role.DEPUTY):
            values = {"role": self.role}
            raise PydanticCustomError("signatory-without-person", "refused", {"values": values, "hint": "add"})
        return self


class Inspection(Record):
    """One inspection, as its file tells it."""

    number: Annotated[Number, BeforeValidator(_number)]
    languages: Annotated[
        tuple[Annotated[str, Refers("language")], ...], Field(min_length=1), BeforeValidator(_languages)
    ]
    digits: Literal["native", "latin"] | None = None
    subject: Text
    date: Days
    wording_as_of: Date | None = None
    started: OrUnknown[Time]
    ended: OrUnknown[Time]
    place: Annotated[IdOrText, Refers("body")]
    legal_bases: tuple[Text, ...] = ()
    team: Team
    period: Days | None = None
    method: Text | None = None
    units: Annotated[tuple[BodyReference, ...], Field(min_length=1)]
    attendees: OrUnknown[tuple[PersonReference, ...]] = ()
    results: tuple[Result, ...] = ()
    photos: tuple[Photo, ...] = ()
    limitations: tuple[Limitation, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    response: Response | None = None
    copies: OrUnknown[Annotated[Count, Field(ge=1)]]
    recipients: OrUnknown[tuple[Annotated[IdOrText, Refers("body")], ...]] = ()
    signatures: Annotated[tuple[Signatory, ...], Field(min_length=1)]

    @property
    def wording_day(self) -> datetime.date:
        """The day whose wording is printed: that of the visit's first day, if the file does not say otherwise."""
        return self.wording_as_of or self.date.first

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        times = (self.started, self.ended)
        if any(isinstance(time, Unknown) for time in times) or self.date.first != self.date.last:
            return self
        started, ended = times
        if isinstance(started, datetime.time) and isinstance(ended, datetime.time) and ended <= started:
            values = {"started": f"{started:%H:%M}", "ended": f"{ended:%H:%M}"}
            context = {"values": values, "hint": "check", "at": "ended", "related": {"started": Word("start")}}
            raise PydanticCustomError("ends-before-start", "refused", context)
        return self


def read_inspection(file: YamlFile, forms: Iterable[DateForms]) -> Inspection:
    """Return the facts that an inspection file tells.

    Raises:
        InputError: with every key and value that is not as the model says.
    """
    return validate(Inspection, file, forms)
