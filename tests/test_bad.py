"""Each wrong file of ``tests/bad/`` is told as its case says, and the file mended as the hint says is right."""

import re

import pytest
from corpus import Bench, Case, cases

from reportgen.diagnostics import catalogue

ALL = tuple(cases())


def each(chosen: tuple[Case, ...] = ALL) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=lambda case: f"{case.group}-{case.name}")


def said(bench: Bench, case: Case) -> list[tuple[str, tuple[str, int, int] | None, str]]:
    """Return what is said of the wrong file: code, place, hint."""
    return [
        (d.code, (d.place.path, d.place.line, d.place.column) if d.place else None, d.advice())
        for d in bench.findings(case, "wrong")
    ]


@each()
def test_the_wrong_file_is_told_with_code_line_column_and_hint(bench, case):
    found = said(bench, case)
    assert bench.expected(case) in found
    assert sorted({code for code, *_ in found}) == sorted({case.code, *case.also})


ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@each()
def test_a_day_in_a_finding_is_a_day_and_no_text_so_that_each_language_writes_it(bench, case):
    for finding in bench.findings(case, "wrong"):
        typed = str(finding.values.get("found"))
        texts = [value for name, value in finding.values.items() if isinstance(value, str) and name != "examples"]
        assert ISO_DAY.search(typed) or not [text for text in texts if ISO_DAY.search(text)]


@each()
def test_the_file_mended_by_the_hint_is_right(bench, case):
    assert {d.code for d in bench.findings(case, "mended")} == set(case.data.get("left", []))


def test_the_right_file_has_no_finding(bench):
    assert not bench.check(build=True)


def test_no_case_stands_twice():
    names = [case.name for case in ALL]
    assert len(set(names)) == len(names)


# Codes that no file of a clerk or a template author causes in the workspace of the corpus, and what does.
EXEMPT = {
    "bad-value": "what pydantic may refuse beyond what has a sentence of its own",
    "date-span-reversed": "the model refuses such days before a form writes them",
    "percentage-without-total": "the model refuses such a figure before a template computes it",
    "no-such-code": "a command typed wrong",
    "no-inspection": "a command typed in an empty folder",
    "letters-not-checked": "a computer without the fonts",
} | {name: "a computer without the fonts" for name in catalogue("en") if name.startswith("font")}
# RG80x, RG824 to RG859 and RG9xx: the computer, commands, files that reportgen wrote itself, and the register.
OTHERS = re.compile("RG80|RG82[4-9]|RG85|RG9")


def codes_without_a_case() -> set[str]:
    there = {case.code for case in ALL}
    codes = {name: entry["code"] for name, entry in catalogue("en").items() if "code" in entry}
    return (
        {name for name, code in codes.items() if not OTHERS.match(code)}
        - EXEMPT.keys()
        - {name for name, code in codes.items() if code in there}
    )


def test_each_code_that_a_file_can_cause_has_a_case():
    assert not codes_without_a_case()


def test_no_code_is_exempt_that_has_a_case():
    assert not {catalogue("en")[name]["code"] for name in EXEMPT} & {case.code for case in ALL}
