"""What a careful colleague notices in the facts of an inspection: days, units, limitations, signatures, coverage."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

from reportgen.diagnostics import Diagnostic
from reportgen.inspection import BodyReference, Inspection, PersonReference, Role
from reportgen.model import Path, Text, Unknown
from reportgen.names import Spelling
from reportgen.office import Agency, Body, Office, Person, Unit
from reportgen.prose import Passage
from reportgen.yamlfile import YamlFile

# Whoever signs in one of these roles is present by it: no other part of the file names witnesses.
_PRESENT_BY_ROLE = frozenset({Role.WITNESS})


def check_facts(
    inspection: Inspection,
    file: YamlFile,
    office: Office,
    passages: Mapping[str, list[Passage]],
    spellings: Mapping[str, Spelling],
    today: datetime.date | None,
) -> list[Diagnostic]:
    """Return what is doubtful in the facts; ``today`` is None where the day is not known."""
    return [
        *_check_days(inspection, file, today),
        *_check_units(inspection, file, office, passages, spellings),
        *_check_limitations(inspection, file, office),
        *_check_signatures(inspection, file),
    ]


# ---- days


def _check_days(inspection: Inspection, file: YamlFile, today: datetime.date | None) -> Iterator[Diagnostic]:
    first, last = inspection.date.first, inspection.date.last
    if today is not None and last > today:
        values = {"day": last, "today": today}
        yield Diagnostic("visit-in-future", file.place(("date",)), values, "check")
    if inspection.period and inspection.period.last > last:
        values = {"end": inspection.period.last, "day": last}
        yield Diagnostic("period-after-visit", file.place(("period", "to")), values, "check")
    decision = inspection.team.decision
    if decision and isinstance(decision.date, datetime.date) and decision.date > first:
        values = {"day": decision.date, "first": first}
        yield Diagnostic("decision-after-visit", file.place(("team", "decision", "date")), values, "check")
    for index, conclusion in enumerate(inspection.conclusions):
        if conclusion.due and conclusion.due < last:
            values = {"day": conclusion.due, "last": last}
            yield Diagnostic("due-before-visit", file.place(("conclusions", index, "due")), values, "check")


# ---- units


def _check_units(
    inspection: Inspection,
    file: YamlFile,
    office: Office,
    passages: Mapping[str, list[Passage]],
    spellings: Mapping[str, Spelling],
) -> Iterator[Diagnostic]:
    """Yield a finding for each unit of which nothing is said, where something is said of another.

    What names no unit is of all: where nothing is said of any unit by itself, nothing is missing.
    """
    spoken_of = [_is_spoken_of(unit, inspection, office, passages, spellings) for unit in inspection.units]
    if any(spoken_of):
        for index, (unit, spoken) in enumerate(zip(inspection.units, spoken_of, strict=True)):
            if not spoken and _is_known(unit, inspection, office):
                values = {"unit": _name_of(unit, office)}
                length = len(unit) if isinstance(unit, str) else 1
                yield Diagnostic("unit-not-spoken-of", file.place(("units", index)), values, "write", length=length)


def _is_known(unit: BodyReference, inspection: Inspection, office: Office) -> bool:
    """Whether a unit existed on the day: one that did not is an error already."""
    return not isinstance(unit, str) or office.existed_on(unit, inspection.date.last)


def _is_spoken_of(
    unit: BodyReference,
    inspection: Inspection,
    office: Office,
    passages: Mapping[str, list[Passage]],
    spellings: Mapping[str, Spelling],
) -> bool:
    parts = (inspection.results, inspection.limitations, inspection.conclusions)
    units = [item.unit for part in parts for item in part if item.unit is not None]
    if unit in units or _name_of(unit, office) in [_name_of(each, office) for each in units]:
        return True
    names = list(_names_for(_body(unit, office), office))
    for language, own in passages.items():
        told = [spellings[language].fold(name.in_language(language)) for name in names if language in name]
        if any(name in passage.folded for passage in own if passage.key[0] in _TELLING for name in told):
            return True
    return False


_TELLING = frozenset({"results", "limitations", "conclusions", "photos", "response"})


def _names_for(body: Body | None, office: Office) -> Iterator[Text]:
    """Yield the names by which texts speak of a body; those of the territory that it serves too."""
    serves = office.units.get(body.unit) if isinstance(body, Agency) and body.unit else None
    for each in (body, serves):
        if each is not None:
            yield from (name for name in (each.proper, each.name, each.short) if name is not None)


def _body(reference: BodyReference, office: Office) -> Body | None:
    return office.body(reference) if isinstance(reference, str) else reference


def _name_of(reference: BodyReference, office: Office) -> str:
    body = _body(reference, office)
    return next(iter(body.name.root.values())) if body else str(reference)


# ---- limitations


def _check_limitations(inspection: Inspection, file: YamlFile, office: Office) -> Iterator[Diagnostic]:
    """Yield a finding for each limitation that no conclusion answers.

    One is answered by a conclusion to its unit, to a body above that unit, or to no unit in particular; one of no unit
    in particular by any conclusion.
    """
    addressed = [conclusion.unit for conclusion in inspection.conclusions]
    if None in addressed:
        return
    for index, limitation in enumerate(inspection.limitations):
        if limitation.unit is None:
            answered = bool(addressed)
        else:
            above = _with_those_above(limitation.unit, office)
            answered = any(unit in above for unit in addressed)
        if not answered:
            hint = "address" if limitation.unit else "conclude"
            values = {"unit": _name_of(limitation.unit, office) if limitation.unit else ""}
            yield Diagnostic("limitation-not-answered", file.place(("limitations", index)), values, hint)


def _with_those_above(reference: BodyReference, office: Office) -> list[BodyReference]:
    """Return a body and all bodies above it: its territory, those around that, and the agencies that serve them."""
    found: list[BodyReference] = [reference]
    body = _body(reference, office)
    if not isinstance(reference, str) or body is None:
        return found
    while isinstance(body, Agency) and body.parent and body.parent not in found:
        found.append(body.parent)
        body = office.body(body.parent)
    body = office.body(reference)
    start = body.unit if isinstance(body, Agency) else reference if isinstance(body, Unit) else None
    territories = office.units_above(start)
    serving = (agency for agency, each in office.agencies.items() if each.unit in territories)
    return [*found, *territories, *serving]


# ---- signatures


def _check_signatures(inspection: Inspection, file: YamlFile) -> Iterator[Diagnostic]:
    """Yield a finding for each signatory whom the file does not name among those present."""
    team = inspection.team
    lists = (team.members, inspection.attendees)
    unknown = {
        Role.SECRETARY: team.secretary,
        Role.MEMBER: team.members,
        Role.UNIT_HEAD: inspection.attendees,
    }
    not_judged = _PRESENT_BY_ROLE | {role for role, people in unknown.items() if isinstance(people, Unknown)}
    present = [_person_key(person) for person in (team.lead, team.deputy, team.secretary) if _is_named(person)]
    present += [_person_key(person) for people in lists if isinstance(people, tuple) for person in people]
    for index, signatory in enumerate(inspection.signatures):
        person = signatory.person
        if person is None or isinstance(person, Unknown) or signatory.role in not_judged:
            continue
        if _person_key(person) not in present:
            place = file.place(("signatures", index, "person"))
            values = {"person": person if isinstance(person, str) else next(iter(person.name.root.values()))}
            length = len(person) if isinstance(person, str) else 1
            yield Diagnostic("signatory-not-present", place, values, "add", length=length)


def _is_named(person: object) -> bool:
    return isinstance(person, str | Person)


def _person_key(person: PersonReference | Unknown | None) -> object:
    """Return what two mentions of a person have in common: the id, or the name."""
    return person.name if isinstance(person, Person) else person


# ---- coverage


def check_coverage(
    texts: Iterable[tuple[Path, Text]], asked: Iterable[str], known: Iterable[str], file: YamlFile
) -> Iterator[Diagnostic]:
    """Yield a finding for each known language that is asked for in which not all texts are written: how many are."""
    written = [text for _, text in texts if not text.is_plain]
    for index, language in enumerate(asked):
        there = sum(language in text for text in written)
        if language in known and there < len(written):
            values = {"language": language, "written": there, "total": len(written)}
            place = file.place(("languages", index))
            yield Diagnostic("language-incomplete", place, values, "write", length=len(language))
