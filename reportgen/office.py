"""The office's facts: agencies, units, people, positions, each once, in every language, referred to by id."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from pydantic import Field

from reportgen.calendars import DateForms
from reportgen.model import Date, Id, IdOrText, Record, Text, validate
from reportgen.yamlfile import YamlFile


class Entry(Record):
    """What every office entry may say: the reason why it still has to be confirmed."""

    unconfirmed: str | None = None


class Body(Entry):
    """An agency or an administrative unit, with the first and the last day on which it existed.

    ``proper`` is what its name has of its own, ``Nam Ka`` of ``xã Nam Ka``: no line breaks inside.
    """

    name: Text
    short: Text | None = None
    proper: Text | None = None
    first_day: Date | None = Field(None, alias="from")
    last_day: Date | None = Field(None, alias="to")

    def existed_on(self, day: datetime.date) -> bool:
        """Whether the body existed on a day; a missing end is open."""
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


class Agency(Body):
    """A body that acts: a people's committee, a department. ``unit`` is the territory it serves."""

    parent: Id | None = None
    unit: Id | None = None


class Unit(Body):
    """An administrative unit: a province, a district, a commune; ``within`` is the next larger one."""

    within: Id | None = None


class Person(Entry):
    """A person with the form of address, the position and the agency that go on paper."""

    name: Text
    title: IdOrText | None = None
    position: IdOrText | None = None
    agency: IdOrText | None = None


class Office(Record):
    """The whole of ``office.yaml``. ``language`` is the office's own, in which names are first given."""

    language: str
    titles: Mapping[Id, Text] = {}
    positions: Mapping[Id, Text] = {}
    units: Mapping[Id, Unit] = {}
    agencies: Mapping[Id, Agency] = {}
    people: Mapping[Id, Person] = {}

    def body(self, identifier: str) -> Agency | Unit | None:
        """Return the agency or the unit of an id."""
        return self.agencies.get(identifier) or self.units.get(identifier)

    def bodies(self) -> tuple[str, ...]:
        """Return the ids of all agencies and units."""
        return (*self.agencies, *self.units)

    def existed_on(self, identifier: str, day: datetime.date) -> bool:
        """Whether a body, and the territory it serves or lies in, existed on a day."""
        body = self.body(identifier)
        chain = self.units_above(body.unit if isinstance(body, Agency) else body.within) if body else ()
        return body is not None and body.existed_on(day) and all(self.units[unit].existed_on(day) for unit in chain)

    def units_above(self, identifier: str | None) -> tuple[str, ...]:
        """Return the ids of a unit and of those it lies in, the largest last; it ends where it would come round."""
        chain: list[str] = []
        while identifier is not None and identifier in self.units and identifier not in chain:
            chain.append(identifier)
            identifier = self.units[identifier].within
        return tuple(chain)


def read_office(file: YamlFile, forms: Iterable[DateForms]) -> Office:
    """Return the office's facts.

    Raises:
        InputError: with every entry that is not as the model says.
    """
    return validate(Office, file, forms)
