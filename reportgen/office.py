"""The office's facts: agencies, units, people, positions, each once, in every language, referred to by id."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from reportgen.calendars import DateForms
from reportgen.ingredients import Ingredient, digest_of
from reportgen.model import Date, Id, IdOrText, Record, Refers, Text, validate
from reportgen.yamlfile import YamlFile

CHECK_MARK = "check_mark"  # the setting, as an ingredient


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


class Agency(Body):
    """A body that acts: a people's committee, a department. ``unit`` is the territory it serves."""

    parent: Annotated[Id, Refers("body")] | None = None
    unit: Annotated[Id, Refers("unit")] | None = None


class Unit(Body):
    """An administrative unit: a province, a district, a commune; ``within`` is the next larger one."""

    within: Annotated[Id, Refers("unit")] | None = None


class Person(Entry):
    """A person with the form of address, the position and the agency that go on paper."""

    name: Text
    title: Annotated[IdOrText, Refers("title")] | None = None
    position: Annotated[IdOrText, Refers("position")] | None = None
    agency: Annotated[IdOrText, Refers("body")] | None = None


class Signing(Record):
    """How the office signs: its time-stamp server (RFC 3161), the roots that it trusts: files in ``templates/``."""

    time_stamps: str | None = None
    roots: tuple[str, ...] = ()


class Office(Record):
    """The whole of ``office.yaml``. ``language`` is the office's own, in which names are first given.

    ``check_mark``: whether issued minutes end with a mark to scan.
    """

    language: Annotated[str, Refers("language")]
    titles: Mapping[Id, Text] = {}
    positions: Mapping[Id, Text] = {}
    units: Mapping[Id, Unit] = {}
    agencies: Mapping[Id, Agency] = {}
    people: Mapping[Id, Person] = {}
    signing: Signing | None = None
    check_mark: bool = False

    def body(self, identifier: str) -> Agency | Unit | None:
        """Return the agency or the unit of an id."""
        return self.agencies.get(identifier) or self.units.get(identifier)

    def entries(self) -> tuple[Entry, ...]:
        """Return all people, agencies and units."""
        return (*self.people.values(), *self.agencies.values(), *self.units.values())

    def bodies(self) -> tuple[str, ...]:
        """Return the ids of all agencies and units."""
        return (*self.agencies, *self.units)

    def existed_on(self, identifier: str, day: datetime.date) -> bool:
        """Whether a body, and the territory it serves or lies in, existed on a day."""
        body = self.body(identifier)
        if body is None:
            return False
        first, last = self.existence(body)
        return (first is None or first <= day) and (last is None or day <= last)

    def units_above(self, identifier: str | None) -> tuple[str, ...]:
        """Return the ids of a unit and of those it lies in, the largest last; it ends where it would come round."""
        chain: list[str] = []
        while identifier is not None and identifier in self.units and identifier not in chain:
            chain.append(identifier)
            identifier = self.units[identifier].within
        return tuple(chain)

    def entry(self, name: str) -> Text | Body | Person | None:
        """Return the entry of a name with its section, ``people.vo-thanh-hue``."""
        section, _, identifier = name.partition(".")
        sections: Mapping[str, Mapping[str, Text | Body | Person]] = {
            "titles": self.titles,
            "positions": self.positions,
            "units": self.units,
            "agencies": self.agencies,
            "people": self.people,
        }
        return sections.get(section, {}).get(identifier)

    def existence(self, body: Body) -> tuple[datetime.date | None, datetime.date | None]:
        """Return the first and the last day on which a body, and the territory it serves or lies in, existed."""
        above = body.unit if isinstance(body, Agency) else body.within if isinstance(body, Unit) else None
        every = (body, *(self.units[unit] for unit in self.units_above(above)))
        first = max((each.first_day for each in every if each.first_day), default=None)
        return first, min((each.last_day for each in every if each.last_day), default=None)


def entry_ingredient(office: Office, name: str, language: str) -> Ingredient | None:
    """Return an entry as an ingredient of an edition in a language, None where the office has none of this name.

    Its content is what such an edition is made of: no other language's names, no reason why it is unconfirmed; of a
    body, the days on which it existed with all that it lies in: the checks of an inspection depend on them. The setting
    ``check_mark`` has a name of its own.
    """
    if name == CHECK_MARK:
        return Ingredient("office", name, "", digest_of(office.check_mark), str(office.check_mark).lower())
    entry = office.entry(name)
    if entry is None:
        return None
    facts = {key: value for key, value in _facts(office, entry, language).items() if value}
    return Ingredient("office", name, "", digest_of(facts), "\n".join(f"{key}: {facts[key]}" for key in facts))


def _facts(office: Office, entry: Text | Body | Person, language: str) -> dict[str, str]:
    """Return what an edition in a language is made of, by the keys of the file."""
    if isinstance(entry, Text):
        return {"name": _text(entry, language)}
    named = {
        "name": _text(entry.name, language),
        f"name.{office.language}": original(entry.name, office.language, language) or "",
        "unconfirmed": "true" if entry.unconfirmed else "",
    }
    if isinstance(entry, Body):
        first, last = office.existence(entry)
        days = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
        return {**named, "short": _text(entry.short, language), **days}
    ids = {"title": entry.title, "position": entry.position, "agency": entry.agency}
    return {**named, **{key: value if isinstance(value, str) else _text(value, language) for key, value in ids.items()}}


def _text(text: Text | None, language: str) -> str:
    return text.in_language(language) if text is not None and language in text else ""


def original(name: Text, own: str, language: str) -> str | None:
    """Return a name in the office's own language; None where that is the language asked for, or it is not written."""
    if own == language or name.is_plain or own not in name:
        return None
    return name.in_language(own)


def read_office(file: YamlFile, forms: Iterable[DateForms]) -> Office:
    """Return the office's facts.

    Raises:
        InputError: with every entry that is not as the model says.
    """
    return validate(Office, file, forms)
