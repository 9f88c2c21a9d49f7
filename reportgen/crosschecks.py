"""The cross-checks of an inspection file: what a careful colleague would notice, less what its comments switch off."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from reportgen.agreement import check_languages, check_rates
from reportgen.diagnostics import Diagnostic
from reportgen.inspection import Inspection
from reportgen.locales import Locale
from reportgen.model import Text
from reportgen.office import Body, Office
from reportgen.plausibility import check_coverage, check_facts
from reportgen.prose import ProseRules, check_prose, names_in_place, passages
from reportgen.waivers import apply_waivers
from reportgen.yamlfile import YamlFile

CROSS_CHECKS = (
    "visit-in-future",
    "period-after-visit",
    "decision-after-visit",
    "due-before-visit",
    "unit-not-spoken-of",
    "limitation-not-answered",
    "signatory-not-present",
    "language-incomplete",
    "number-differs",
    "number-in-one-language",
    "year-of-other-era",
    "digits-mixed",
    "rate-contradicts",
    "name-nearly-known",
    "name-spelt-twice",
    "tone-mark-moved",
    "word-misspelt",
    "word-impossible",
    "sign-repeated",
    "words-repeated",
    "end-sign-repeated",
    "sign-doubled",
    "bracket-alone",
)
"""The findings that a comment in the file can switch off. All are warnings."""


def make_rules(locales: Mapping[str, Locale], office: Office) -> dict[str, ProseRules]:
    """Return what is known of each language, made once for all inspections."""
    return {language: ProseRules.of(locale, _names(office, language)) for language, locale in locales.items()}


def _names(office: Office, language: str) -> Iterable[str]:
    """Yield the names that the office has in a language: of people, of bodies, and what is proper to these."""
    bodies: list[Body] = [*office.units.values(), *office.agencies.values()]
    people = (person.name for person in office.people.values())
    texts: list[Text | None] = [*people, *(text for body in bodies for text in (body.name, body.short, body.proper))]
    return (text.in_language(language) for text in texts if text is not None and language in text)


def cross_check(
    inspection: Inspection,
    file: YamlFile,
    office: Office,
    rules: Mapping[str, ProseRules],
    today: datetime.date | None,
) -> list[Diagnostic]:
    """Return what is doubtful in an inspection and not switched off, and what is wrong with comments that should.

    ``today`` is the day on which this is asked, None where it is of no matter.
    """
    values = inspection.parts
    texts = [(path, value) for path, value in values if isinstance(value, Text)]
    named = list(names_in_place(values))
    languages = [language for language in inspection.languages if language in rules]
    own = {language: passages(texts, rules[language]) for language in languages}
    found: list[Diagnostic] = list(check_coverage(texts, inspection.languages, languages, file))
    for language in languages:
        found += check_prose(own[language], named, file, rules[language])
        found += check_rates(inspection, own[language], file, rules[language])
    for language in languages[1:]:
        first = languages[0]
        found += check_languages(own[first], own[language], file, rules[first], rules[language])
    spellings = {language: rules[language].names.spelling for language in languages}
    found += check_facts(inspection, file, office, own, spellings, today)
    return apply_waivers(found, file, CROSS_CHECKS)
