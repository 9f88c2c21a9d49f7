"""Some findings, as the command shows them to a clerk in each language, are word for word what a person has read.

``make golden`` writes the texts in ``tests/golden/findings/`` anew: read them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import PROJECT
from corpus import Bench, cases

from reportgen.diagnostics import ui_languages
from reportgen.terminal import Settings

FINDINGS = PROJECT / "tests" / "golden" / "findings"
REWRITE = "REPORTGEN_REWRITE_GOLDEN" in os.environ

COLUMNS = "100"  # longer source lines are cut, as on a terminal
# One or two of each kind; none that lists what there is in templates, which grows.
CHOSEN = (
    "notepad-unicode",  # no line to show
    "a-zero-width-space",
    "a-colon-in-running-text",
    "a-key-typed-twice",
    "a-line-that-fits-no-level",
    "nikhahit-and-sara-aa-for-sara-am",  # carets under Thai
    "a-number-sign-in-a-text",
    "a-key-misspelt",
    "a-year-of-two-digits-in-thai",  # two days that it may be
    "a-wrong-weekday-in-thai",
    "a-rate-that-is-a-group-or-three-decimals",  # two numbers that it may be
    "a-unit-of-a-later-day",
    "a-unit-within-itself",  # the other places are shown
    "due-in-a-wrong-buddhist-year",
    "figures-in-another-order",
    "a-name-with-another-thai-mark",
    "clauses-that-use-different-names",
    "a-name-misspelt-in-an-include",
    "a-value-nobody-obeys",
    "a-file-that-is-no-photograph",
)


def golden_file(name: str, language: str) -> Path:
    return FINDINGS / f"{name}.{language}.txt"


@pytest.mark.parametrize("name", CHOSEN)
def test_a_finding_is_shown_in_each_language_as_it_was_seen(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", COLUMNS)
    case = next(case for case in cases() if case.name == name)
    found = bench.findings(case, "wrong")
    shown = {}
    with bench.version(case, "wrong"):
        for language in ui_languages():
            Settings(bench.root, "full", language).report(found)
            shown[language] = capsys.readouterr().err
    if REWRITE:
        rewrite(name, shown)
    assert shown == {language: golden_file(name, language).read_text(encoding="utf-8") for language in shown}


def rewrite(name: str, shown: dict[str, str]) -> None:
    FINDINGS.mkdir(parents=True, exist_ok=True)
    for language, text in shown.items():
        golden_file(name, language).write_text(text, encoding="utf-8")


def test_no_stored_text_is_unused_and_none_names_a_folder_of_a_computer(bench: Bench) -> None:
    used = {golden_file(name, language) for name in CHOSEN for language in ui_languages()}
    assert set(FINDINGS.iterdir()) == used
    assert len(used) == 60
    for file in used:
        assert str(bench.root.parent) not in file.read_text(encoding="utf-8"), file.name
