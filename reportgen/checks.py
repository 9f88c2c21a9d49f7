"""What holds between the files: references to the office, languages, what existed on the day, what is not confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reportgen.diagnostics import Diagnostic, Place, Related, Severity, Word
from reportgen.inspection import Inspection, Role
from reportgen.model import PLAIN, Path, Text, Unknown, is_id, texts_in
from reportgen.office import Body, Entry, Office, Person
from reportgen.register import RegisterEntry, next_number
from reportgen.texts import folded, nearest
from reportgen.yamlfile import YamlFile

_QUOTES = "“”‘’„‚«»"  # put in place of straight ones by word processors


def check_inspection(
    inspection: Inspection, file: YamlFile, office: Office, languages: Iterable[str], office_file: YamlFile
) -> list[Diagnostic]:
    """Return all that is wrong between an inspection, the office and the languages there are."""
    found = _check_languages(inspection, file, tuple(languages), office.language)
    found += _check_references(inspection, file, office)
    found += _check_deputy(inspection, file)
    found += _check_proper(inspection, file)
    if not any(diagnostic.severity is Severity.ERROR for diagnostic in found):
        found += _check_entries(inspection, file, office, office_file)
    return found


def _check_languages(inspection: Inspection, file: YamlFile, there: tuple[str, ...], own: str) -> list[Diagnostic]:
    asked = inspection.languages
    found = [
        unknown_language(file.place(("languages", index)), language, there)
        for index, language in enumerate(asked)
        if language not in there
    ]
    if found:
        return found  # each text would be said to lack, or to be in, the wrong language
    names = {id(entry.name) for _, entry in inspection.parts if isinstance(entry, Body | Person)}
    for path, text in texts_in(inspection):
        if text.is_plain and len(asked) > 1:
            bare = text.root[PLAIN].strip(_QUOTES)
            hint = "quotes" if bare != text.root[PLAIN] and is_id(bare) else "write"
            values = {"languages": ", ".join(asked), "id": bare}
            found.append(Diagnostic("text-needs-languages", file.place(path), values, hint))
            continue
        found.extend(
            Diagnostic("text-missing-in-language", file.place(path), {"language": language, "key": path[-1]}, "add")
            for language in asked
            if language not in text
        )
        found.extend(
            Diagnostic("text-in-other-language", file.key_place((*path, language)), {"language": language}, "add")
            for language in sorted(text.languages - set(asked))
            if not (language == own and id(text) in names)  # a name is printed in the office's own language too
        )
    return found


def check_number(
    inspection: Inspection, identifier: str, place: Place, entries: Iterable[RegisterEntry]
) -> list[Diagnostic]:
    """Return the finding that other minutes of the year were issued under the number that a file gives."""
    number, year = inspection.number, inspection.date.last.year
    every = tuple(entries)
    for entry in every:
        same = (entry.year, entry.series, entry.number) == (year, number.series, number.value)
        if same and entry.inspection != identifier:
            values = {
                "number": entry.symbol,
                "year": year,
                "inspection": entry.inspection,
                "next": f"{next_number(every, year, number.series)}/{number.series}",
            }
            return [Diagnostic("number-taken", place, values, "next")]
    return []


def unknown_language(place: Place, language: str, there: Iterable[str]) -> Diagnostic:
    """Return the finding that a language has no folder of templates."""
    values = {"found": language, "allowed": ", ".join(there)}
    return Diagnostic("no-such-language", place, values, "allowed", length=len(language))


def references(inspection: Inspection) -> Iterator[tuple[Path, str, str]]:
    """Yield every reference to the office: its path in the file, its kind (``person`` or ``body``), its id."""
    team = inspection.team
    yield ("team", "agency"), "body", team.agency
    people: list[tuple[Path, object]] = [
        (("team", "lead"), team.lead),
        (("team", "deputy"), team.deputy),
        (("team", "secretary"), team.secretary),
        *((("team", "members", i), person) for i, person in _items(team.members)),
        *((("attendees", i), person) for i, person in _items(inspection.attendees)),
        *((("signatures", i, "person"), signatory.person) for i, signatory in enumerate(inspection.signatures)),
    ]
    if inspection.response:
        people.append((("response", "by"), inspection.response.by))
    bodies: list[tuple[Path, object]] = [
        (("place",), inspection.place),
        *((("units", i), unit) for i, unit in enumerate(inspection.units)),
        *((("results", i, "unit"), item.unit) for i, item in enumerate(inspection.results)),
        *((("limitations", i, "unit"), item.unit) for i, item in enumerate(inspection.limitations)),
        *((("conclusions", i, "unit"), item.unit) for i, item in enumerate(inspection.conclusions)),
        *((("recipients", i), body) for i, body in _items(inspection.recipients)),
    ]
    for path, person in people:
        if isinstance(person, str):
            yield path, "person", person
        elif isinstance(person, Person):
            yield from _person_references(path, person)
    yield from ((path, "body", body) for path, body in bodies if isinstance(body, str))


def _items(values: object) -> Iterator[tuple[int, object]]:
    if isinstance(values, tuple):
        yield from enumerate(values)


def _person_references(path: Path, person: Person) -> Iterator[tuple[Path, str, str]]:
    for key, kind in (("title", "title"), ("position", "position"), ("agency", "body")):
        value = getattr(person, key)
        if isinstance(value, str):
            yield (*path, key), kind, value


def _entries_of(office: Office, kind: str) -> tuple[str, ...]:
    match kind:
        case "person":
            return tuple(office.people)
        case "title":
            return tuple(office.titles)
        case "position":
            return tuple(office.positions)
        case _:
            return office.bodies()


def _check_references(inspection: Inspection, file: YamlFile, office: Office) -> list[Diagnostic]:
    found = []
    for path, kind, identifier in references(inspection):
        there = _entries_of(office, kind)
        if identifier not in there:
            found.append(unknown_entry(file.place(path), kind, identifier, there))
        elif kind == "body" and not _existed(office, identifier, inspection):
            found.append(_not_existing(file.place(path), office, identifier, inspection))
    return found


def unknown_entry(place: Place, kind: str, identifier: str, there: Iterable[str]) -> Diagnostic:
    """Return the finding that an id stands for no office entry, with the nearest one."""
    allowed = tuple(there)
    values = {"kind": Word(kind), "found": identifier, "allowed": ", ".join(allowed)}
    if near := nearest(identifier, allowed):
        values["suggestion"] = near
    return Diagnostic("unknown-entry", place, values, "suggest" if near else "allowed", length=len(identifier))


def suggest_entries(findings: Iterable[Diagnostic], office: Office) -> list[Diagnostic]:
    """Return findings; a value that is no id is told with the office's entry that was meant: “Nam Ca” is ``nam-ka``."""
    found = list(findings)
    wrong = {str(finding.values["found"]) for finding in found if finding.name == "bad-id"}
    meant = _by_name(office) if wrong else {}
    near = {value: meant[name] for value in wrong if (name := nearest(value, meant, cutoff=0.75))}
    return [_suggested(each, near) if each.name == "bad-id" else each for each in found]


def _by_name(office: Office) -> dict[str, str]:
    """Return the office's ids by themselves and by their entries' names, as ``nearest`` folds them."""
    meant = {identifier: identifier for identifier in (*office.bodies(), *office.people)}
    for identifier, entry in (*office.units.items(), *office.agencies.items(), *office.people.items()):
        names = (name for _, text in texts_in(entry) for name in text.root.values())
        meant = {folded(name): identifier for name in names} | meant  # the first entry of a name is the likelier one
    return meant


def _suggested(finding: Diagnostic, near: Mapping[str, str]) -> Diagnostic:
    found = str(finding.values["found"])
    if found not in near:
        return finding
    values = {"found": found, "suggestion": near[found]}
    return Diagnostic("bad-id", finding.place, values, "suggest", finding.length)


def _existed(office: Office, identifier: str, inspection: Inspection) -> bool:
    return office.existed_on(identifier, inspection.date.first) and office.existed_on(identifier, inspection.date.last)


def _not_existing(place: Place, office: Office, identifier: str, inspection: Inspection) -> Diagnostic:
    body = office.body(identifier)
    name = next(iter(body.name.root.values())) if body else identifier
    there = [other for other in office.bodies() if _existed(office, other, inspection)]
    values = {
        "found": identifier,
        "name": name,
        "day": inspection.date.last,
        "allowed": ", ".join(there) or "—",
    }
    return Diagnostic("not-existing-then", place, values, "allowed", length=len(identifier))


def _check_deputy(inspection: Inspection, file: YamlFile) -> list[Diagnostic]:
    return [
        Diagnostic("no-deputy", file.place(("signatures", index)), {}, "add")
        for index, signatory in enumerate(inspection.signatures)
        if signatory.role == Role.DEPUTY and signatory.person is None and inspection.team.deputy is None
    ]


def _check_proper(records: Inspection | Office, file: YamlFile) -> list[Diagnostic]:
    """Return a finding for each proper name that the whole name does not hold: nothing would be kept together."""
    bodies = ((path, value) for path, value in records.parts if isinstance(value, Body) and value.proper)
    return [
        Diagnostic("proper-not-in-name", file.place((*path, "proper")), {"found": proper, "name": name}, "part")
        for path, body in bodies
        for language, name in body.name.root.items()
        if body.proper and language in body.proper and (proper := body.proper.in_language(language)) not in name
    ]


def used_entries(inspection: Inspection, office: Office) -> Iterator[tuple[Path, Entry]]:
    """Yield every office entry and every entry written in place that an inspection uses, with the path of the use."""
    for path, value in inspection.parts:
        if isinstance(value, Entry):
            yield path, value
    for path, kind, identifier in references(inspection):
        if kind == "person":
            yield path, office.people[identifier]
            yield from ((path, entry) for entry in _of_person(office.people[identifier], office))
        elif kind == "body" and (body := office.body(identifier)):
            yield path, body


def _of_person(person: Person, office: Office) -> Iterator[Entry]:
    if isinstance(person.agency, str) and (body := office.body(person.agency)):
        yield body


def _used_texts(inspection: Inspection, office: Office) -> Iterator[tuple[Path, Text]]:
    """Yield every text of the office that an inspection uses, with the path of the use."""
    for path, entry in used_entries(inspection, office):
        yield from ((path, text) for _, text in texts_in(entry))
        if isinstance(entry, Person):
            for _, kind, identifier in _person_references((), entry):
                if kind in ("title", "position"):
                    yield path, (office.titles if kind == "title" else office.positions)[identifier]


def _check_entries(inspection: Inspection, file: YamlFile, office: Office, office_file: YamlFile) -> list[Diagnostic]:
    """Return what the used entries lack, and a warning for each that is not confirmed or unknown."""
    found: list[Diagnostic] = []
    seen: set[int] = set()
    for path, entry in used_entries(inspection, office):
        if entry.unconfirmed and id(entry) not in seen:
            seen.add(id(entry))
            values = {"name": _display_name(entry), "reason": entry.unconfirmed.rstrip(". ")}
            found.append(Diagnostic("unconfirmed-entry", file.place(path), values, "confirm"))
    lacking = [
        (path, text)
        for path, text in _used_texts(inspection, office)
        if any(language not in text for language in inspection.languages)
    ]
    in_office = {id(text): path for path, text in texts_in(office)} if lacking else {}
    for path, text in lacking:
        entry_path = in_office.get(id(text))
        related = () if entry_path is None else (Related(office_file.place(entry_path), Word("entry")),)
        found.extend(_missing_in(file.place(path), text, inspection.languages, related))
    found.extend(
        Diagnostic("unknown-fact", file.place(path), {"key": str(path[-1])}, "write")
        for path, value in inspection.parts
        if isinstance(value, Unknown)
    )
    if inspection.number.value is None:
        found.append(Diagnostic("open-number", file.place(("number",)), {}, "write"))
    return found


def _display_name(entry: Entry) -> str:
    name = entry.name if isinstance(entry, Body | Person) else None
    return next(iter(name.root.values())) if name else ""


def _missing_in(
    place: Place, text: Text, languages: Iterable[str], related: tuple[Related, ...]
) -> Iterator[Diagnostic]:
    for language in languages:
        if language not in text:
            name = next(iter(text.root.values()))
            values = {"name": name, "language": language}
            yield Diagnostic("entry-missing-in-language", place, values, "add", related=related)


def check_office(office: Office, file: YamlFile, languages: Iterable[str]) -> list[Diagnostic]:
    """Return all that is wrong inside the office file: ids used twice, references to nothing or round in a ring."""
    there = tuple(languages)
    found: list[Diagnostic] = []
    if office.language not in there and not any(office.language in text.languages for _, text in texts_in(office)):
        found.append(unknown_language(file.place(("language",)), office.language, there))
    found += _check_proper(office, file)
    found += [*_rings(file, "units", "within", office.units), *_rings(file, "agencies", "parent", office.agencies)]
    found += [
        Diagnostic(
            "id-twice",
            file.key_place(("agencies", identifier)),
            {"found": identifier},
            "rename",
            len(identifier),
            (Related(file.key_place(("units", identifier)), Word("first-given"), len(identifier)),),
        )
        for identifier in office.agencies
        if identifier in office.units
    ]
    for path, kind, identifier in _office_references(office):
        entries = tuple(office.units) if kind == "unit" else _entries_of(office, kind)
        if identifier not in entries:
            found.append(unknown_entry(file.place(path), kind, identifier, entries))
    return found


def _rings(file: YamlFile, section: str, key: str, entries: Mapping[str, Body]) -> Iterator[Diagnostic]:
    """Yield a finding for each ring of entries that lie within one another."""
    told: set[str] = set()
    for start in entries:
        chain: list[str] = []
        identifier: str | None = start
        while identifier is not None and identifier in entries and identifier not in chain:
            chain.append(identifier)
            identifier = getattr(entries[identifier], key)
        if identifier == start and start not in told:
            told.update(chain)
            values = {"found": start, "chain": " → ".join((*chain, start))}
            paths = [(section, link, key) for link in chain]
            related = (Related(file.place(path), Word("next-in-ring"), file.length(path)) for path in paths[1:])
            yield Diagnostic(
                "inside-itself", file.place(paths[0]), values, "check", file.length(paths[0]), tuple(related)
            )


def _office_references(office: Office) -> Iterator[tuple[Path, str, str]]:
    for identifier, unit in office.units.items():
        if unit.within:
            yield ("units", identifier, "within"), "unit", unit.within
    for identifier, agency in office.agencies.items():
        if agency.unit:
            yield ("agencies", identifier, "unit"), "unit", agency.unit
        if agency.parent:
            yield ("agencies", identifier, "parent"), "body", agency.parent
    for identifier, person in office.people.items():
        yield from _person_references(("people", identifier), person)
