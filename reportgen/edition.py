"""One inspection in one language: every text chosen, every reference resolved. What a template sees.

The names in these classes are the names that templates and clauses use; docs/templates.md lists them.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import partial
from itertools import groupby

from reportgen.checks import used_entries
from reportgen.ingredients import Ingredient, Ledger, digest_of
from reportgen.inspection import Area, BodyReference, Inspection, PersonReference, Result, Role, Signatory
from reportgen.locales import Locale, clause
from reportgen.model import Text, Unknown
from reportgen.numbers import percentage
from reportgen.office import CHECK_MARK, Body, Office, Person, entry_ingredient, original
from reportgen.register import issued_identifier
from reportgen.tools import drawing_tool

# ---- what a template sees -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A person, an agency or a unit on paper.

    ``original`` is the name in the office's own language, None where that is the language of the edition;
    ``unconfirmed`` tells that the name still has to be confirmed.
    """

    name: str
    original: str | None = None
    short: str | None = None
    unconfirmed: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class NamedPerson(Named):
    """A person with the form of address, the position and the agency."""

    title: str = ""
    position: str = ""
    agency: str = ""


@dataclass(frozen=True, slots=True)
class NumberView:
    """The number of the minutes; ``value`` is unknown while it is left open."""

    value: int | Unknown
    series: str


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A later issue of the same minutes: which one it is, which one it replaces, and why."""

    number: int
    replaced: int
    reason: str


@dataclass(frozen=True, slots=True)
class DaysView:
    """The first and the last day of a visit or of a period."""

    first: datetime.date
    last: datetime.date


@dataclass(frozen=True, slots=True)
class DecisionView:
    """The decision that set up the team."""

    number: str | Unknown
    date: datetime.date | Unknown
    subject: str


@dataclass(frozen=True, slots=True)
class TeamView:
    """The inspection team. A person is unknown, or None where there is none."""

    name: str
    agency: Named
    decision: DecisionView | None
    lead: NamedPerson
    deputy: NamedPerson | None
    secretary: NamedPerson | Unknown
    members: tuple[NamedPerson, ...] | Unknown


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure: a count of a total with its percentage, or a rate alone."""

    what: str
    done: int | None
    total: int | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class ResultView:
    """What was found in one area, of all units (unit None) or of one."""

    unit: Named | None
    text: str
    figures: tuple[FigureView, ...]


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area of the inspection with all that was found in it."""

    title: str
    results: tuple[ResultView, ...]


@dataclass(frozen=True, slots=True)
class LimitationView:
    """A shortcoming; ``cause`` is empty where it is not known."""

    text: str
    unit: Named | None
    cause: str


@dataclass(frozen=True, slots=True)
class ConclusionView:
    """A conclusion or a request."""

    text: str
    due: datetime.date | None


@dataclass(frozen=True, slots=True)
class AddressedView:
    """The conclusions that go to one unit, or to none in particular."""

    unit: Named | None
    conclusions: tuple[ConclusionView, ...]


@dataclass(frozen=True, slots=True)
class ResponseView:
    """The opinion of the inspected unit."""

    text: str
    by: NamedPerson | None


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photograph: its file's name in the inspection's folder, and its caption."""

    file: str
    caption: str


@dataclass(frozen=True, slots=True)
class SignatoryView:
    """Who signs: the role's id, the person, unknown where the office does not know yet, and the field to sign in.

    A field has the name of its role; a second one of the same role ends in ``-2``.
    """

    role: str
    person: NamedPerson | Unknown
    field: str


@dataclass(frozen=True, slots=True)
class InspectionView:
    """The facts of the inspection, in the language of the edition."""

    number: NumberView
    subject: str
    days: DaysView
    first_day: datetime.date
    last_day: datetime.date
    started: datetime.time | Unknown
    ended: datetime.time | Unknown
    place: Named | str
    legal_bases: tuple[str, ...]
    team: TeamView
    period: DaysView | None
    method: str
    units: tuple[Named, ...]
    attendees: tuple[NamedPerson, ...] | Unknown
    areas: tuple[AreaView, ...]
    limitations: tuple[LimitationView, ...]
    addressed: tuple[AddressedView, ...]
    response: ResponseView | None
    photos: tuple[PhotoView, ...]
    copies: int | Unknown
    recipients: tuple[Named | str, ...] | Unknown
    signatories: tuple[SignatoryView, ...]
    revision: RevisionView | None
    identifier: str


@dataclass(frozen=True, slots=True)
class Issuance:
    """What issuing adds to the facts of a file: year, number, revision; by language why it was revised."""

    year: int
    number: int
    revision: int = 1
    reason: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: object) -> Issuance:
        """Return what ``dataclasses.asdict`` said, from JSON.

        Raises:
            ValueError: where something else was said.
        """
        match data:
            case {"year": int(year), "number": int(number), "revision": int(revision), "reason": dict(reason)}:
                if all(isinstance(text, str) for text in reason.values()):
                    return cls(year, number, revision, reason)
        raise ValueError("year, number, revision, reason")

    @property
    def ingredient(self) -> Ingredient:
        """What a page that tells it used."""
        facts = asdict(self)
        return Ingredient("register", "issue", "", digest_of(facts), f"{self.number}, {self.revision}")


@dataclass(frozen=True, slots=True)
class Edition:
    """One inspection in one language: the unit that is printed, stale or issued.

    ``check_mark`` tells whether its page ends with a mark to scan: only what is issued has what it would say.
    ``people`` and ``places`` are names, in its language, that lines do not break as they like; ``office_people``
    and ``office_places`` are those of the office file among them. ``ledger`` tells what it was made of.
    """

    id: str
    locale: Locale
    inspection: InspectionView
    native_digits: bool
    is_draft: bool
    check_mark: bool = False
    people: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    office_people: frozenset[str] = frozenset()
    office_places: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger, repr=False, compare=False)

    @property
    def language(self) -> str:
        """The name of the language's folder."""
        return self.locale.language


# ---- how it is made -------------------------------------------------------------------------------------------------


def make_edition(
    identifier: str, inspection: Inspection, office: Office, locale: Locale, issuance: Issuance | None = None
) -> Edition:
    """Return the inspection in the language of a locale. The inspection has been checked (``check_inspection``).

    ``issuance`` is None while the minutes are not issued.

    Raises:
        TemplateError: where a clause that is needed is missing, or not yet in force on the inspection's day.
    """
    locale = locale.on(inspection.wording_day)
    ledger = Ledger()
    translator = _Translator(identifier, office, locale.recorded(ledger), ledger, issuance)
    ledger.add_later(partial(entry_ingredient, office, CHECK_MARK, locale.language))
    marked = office.check_mark and issuance is not None
    if issuance:
        ledger.add(issuance.ingredient)
    if marked:
        ledger.add_later(drawing_tool)
    facts = translator.inspection(inspection)
    digits = inspection.digits or translator.locale.data.digits
    people, places = names_in(office, locale.language)
    own_people, own_places = names_in(inspection, locale.language)
    return Edition(
        id=identifier,
        locale=locale,
        inspection=facts,
        native_digits=digits == "native",
        is_draft=any(entry.unconfirmed for _, entry in used_entries(inspection, office)),
        check_mark=marked,
        people=people | own_people,
        places=places | own_places,
        office_people=people,
        office_places=places,
        ledger=ledger,
    )


def names_in(records: Office | Inspection, language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of people, and what names of places have of their own, in a language."""
    entries = records.entries() if isinstance(records, Office) else [entry for _, entry in records.parts]
    people = _in_language((entry.name for entry in entries if isinstance(entry, Person)), language)
    return people, _in_language((entry.proper for entry in entries if isinstance(entry, Body)), language)


def _in_language(texts: Iterable[Text | None], language: str) -> frozenset[str]:
    return frozenset(text.in_language(language) for text in texts if text is not None and language in text)


@dataclass(frozen=True)
class _Translator:
    """Turns records into what a template sees, in one language; writes down which office entries it takes."""

    id: str
    office: Office
    locale: Locale
    ledger: Ledger
    issuance: Issuance | None

    def take(self, section: str, identifier: str) -> None:
        self.ledger.add_later(partial(entry_ingredient, self.office, f"{section}.{identifier}", self.locale.language))

    def text(self, text: Text | None) -> str:
        return text.in_language(self.locale.language) if text else ""

    def body(self, reference: BodyReference | str) -> Named:
        body = reference if isinstance(reference, Body) else self.office.body(reference)
        if body is None:
            raise KeyError(reference)
        if isinstance(reference, str):
            self.take("agencies" if reference in self.office.agencies else "units", reference)
        short = self.text(body.short) or None
        return Named(self.text(body.name), self._original(body.name), short, bool(body.unconfirmed))

    def body_or_text(self, reference: str | Text) -> Named | str:
        return self.text(reference) if isinstance(reference, Text) else self.body(reference)

    def maybe_body(self, reference: BodyReference | None) -> Named | None:
        return None if reference is None else self.body(reference)

    def person(self, reference: PersonReference) -> NamedPerson:
        person = self.office.people[reference] if isinstance(reference, str) else reference
        if isinstance(reference, str):
            self.take("people", reference)
        return NamedPerson(
            name=self.text(person.name),
            original=self._original(person.name),
            unconfirmed=bool(person.unconfirmed),
            title=self._entry(person.title, "titles", self.office.titles),
            position=self._entry(person.position, "positions", self.office.positions),
            agency=self._agency(person.agency),
        )

    def person_or_unknown(self, reference: PersonReference | Unknown) -> NamedPerson | Unknown:
        return reference if isinstance(reference, Unknown) else self.person(reference)

    def people(self, references: tuple[PersonReference, ...] | Unknown) -> tuple[NamedPerson, ...] | Unknown:
        return references if isinstance(references, Unknown) else tuple(map(self.person, references))

    def _original(self, name: Text) -> str | None:
        return original(name, self.office.language, self.locale.language)

    def _entry(self, value: str | Text | None, section: str, entries: Mapping[str, Text]) -> str:
        if not isinstance(value, str):
            return self.text(value)
        self.take(section, value)
        return self.text(entries[value])

    def _agency(self, value: str | Text | None) -> str:
        return str(self.body(value)) if isinstance(value, str) else self.text(value)

    def inspection(self, found: Inspection) -> InspectionView:
        recipients = found.recipients
        return InspectionView(
            number=self.number(found),
            subject=self.text(found.subject),
            days=DaysView(found.date.first, found.date.last),
            first_day=found.date.first,
            last_day=found.date.last,
            started=found.started,
            ended=found.ended,
            place=self.body_or_text(found.place),
            legal_bases=tuple(map(self.text, found.legal_bases)),
            team=self.team(found),
            period=DaysView(found.period.first, found.period.last) if found.period else None,
            method=self.text(found.method),
            units=tuple(map(self.body, found.units)),
            attendees=self.people(found.attendees),
            areas=tuple(self.areas(found.results)),
            limitations=tuple(
                LimitationView(self.text(item.text), self.maybe_body(item.unit), self.text(item.cause))
                for item in found.limitations
            ),
            addressed=tuple(self.addressed(found)),
            response=self.response(found),
            photos=tuple(PhotoView(photo.file, self.text(photo.caption)) for photo in found.photos),
            copies=found.copies,
            recipients=recipients if isinstance(recipients, Unknown) else tuple(map(self.body_or_text, recipients)),
            signatories=tuple(self.signatories(found)),
            revision=self.revision(),
            identifier=self.identifier(found),
        )

    def number(self, found: Inspection) -> NumberView:
        value = self.issuance.number if self.issuance else found.number.value
        return NumberView(Unknown() if value is None else value, found.number.series)

    def identifier(self, found: Inspection) -> str:
        issuance = self.issuance
        if issuance is None:
            return ""
        return issued_identifier(
            issuance.year, issuance.number, found.number.series, issuance.revision, self.id, self.locale.language
        )

    def revision(self) -> RevisionView | None:
        issuance = self.issuance
        if issuance is None or issuance.revision == 1:
            return None
        return RevisionView(issuance.revision, issuance.revision - 1, issuance.reason[self.locale.language])

    def team(self, found: Inspection) -> TeamView:
        team = found.team
        decision = team.decision
        return TeamView(
            name=self.text(team.name),
            agency=self.body(team.agency),
            decision=DecisionView(decision.number, decision.date, self.text(decision.subject)) if decision else None,
            lead=self.person(team.lead),
            deputy=self.person(team.deputy) if team.deputy else None,
            secretary=self.person_or_unknown(team.secretary),
            members=self.people(team.members),
        )

    def areas(self, results: tuple[Result, ...]) -> Iterator[AreaView]:
        """Yield the areas: the office's own titles where they stand, the seven in the order of the resolution."""
        titled = [(self.area_title(result), result) for result in _in_order(results)]
        for title, group in groupby(titled, key=lambda item: item[0]):
            yield AreaView(title, tuple(self.result(result) for _, result in group))

    def area_title(self, result: Result) -> str:
        if isinstance(result.area, Area):
            return clause(self.locale, f"area.{result.area}").text
        return self.text(result.area)

    def result(self, result: Result) -> ResultView:
        figures = tuple(
            FigureView(self.text(figure.what), figure.done, figure.total, _rate(figure.done, figure.total, figure.rate))
            for figure in result.figures
        )
        return ResultView(self.maybe_body(result.unit), self.text(result.text), figures)

    def addressed(self, found: Inspection) -> Iterator[AddressedView]:
        for unit, group in groupby(found.conclusions, key=lambda conclusion: conclusion.unit):
            conclusions = tuple(ConclusionView(self.text(item.text), item.due) for item in group)
            yield AddressedView(self.maybe_body(unit), conclusions)

    def response(self, found: Inspection) -> ResponseView | None:
        response = found.response
        if response is None:
            return None
        return ResponseView(self.text(response.text), self.person(response.by) if response.by else None)

    def signatories(self, found: Inspection) -> Iterator[SignatoryView]:
        """Yield who signs, each with a field of its own."""
        counts: Counter[str] = Counter()
        for signatory in found.signatures:
            role = signatory.role.value
            counts[role] += 1
            name = role if counts[role] == 1 else f"{role}-{counts[role]}"
            yield SignatoryView(role, self.person_or_unknown(signer(signatory, found)), name)


def _rate(done: int | None, total: int | None, rate: Decimal | None) -> Decimal:
    if rate is not None:
        return rate
    if done is None or total is None:
        raise ValueError("a figure has a count of a total, or a rate")
    return percentage(done, total)


def _in_order(results: tuple[Result, ...]) -> list[Result]:
    """Return the results with the seven areas in their order; an own title stays after the area before it.

    What was found in one area stands together, also where the file tells it in several places.
    """
    order = list(Area)
    keyed: list[tuple[tuple[int, bool, int], Result]] = []
    rank = -1
    for index, result in enumerate(results):
        if isinstance(result.area, Area):
            rank = order.index(result.area)
        keyed.append(((rank, not isinstance(result.area, Area), index), result))
    return [result for _, result in sorted(keyed, key=lambda item: item[0])]


def signer(signatory: Signatory, inspection: Inspection) -> PersonReference | Unknown:
    """Return who signs; the team's own roles need no name in the list of signatures."""
    if signatory.person is not None:
        return signatory.person
    team = inspection.team
    of_team = {Role.LEAD: team.lead, Role.DEPUTY: team.deputy, Role.SECRETARY: team.secretary}
    person = of_team[signatory.role]
    return Unknown() if person is None else person
