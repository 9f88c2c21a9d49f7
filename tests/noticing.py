"""What the cross-checks notice in the right inspection of ``tests/bad/``, changed by a test."""

from __future__ import annotations

import datetime
from functools import cache

from conftest import PROJECT

from reportgen.crosschecks import cross_check
from reportgen.diagnostics import Diagnostic, sort_diagnostics
from reportgen.inspection import read_inspection
from reportgen.workspace import Library, Workspace, read_library
from reportgen.yamlfile import read_yaml

VISIT = (PROJECT / "tests" / "bad" / "visit.yaml").read_text(encoding="utf-8")
TODAY = datetime.date(2023, 9, 1)
VI = "Thủ tục hành chính được niêm yết đầy đủ."
TH = "มีการเปิดเผยขั้นตอนอย่างครบถ้วน"


@cache
def library() -> Library:
    """Return the project's library, read once."""
    return read_library(Workspace(PROJECT))


def changed(*changes: tuple[str, str], of: str = VISIT) -> str:
    """Return the right inspection with some pieces replaced, each at its first place."""
    for old, new in changes:
        assert old in of, old
        of = of.replace(old, new, 1)
    return of


def notice(text: str, today: datetime.date | None = TODAY) -> list[Diagnostic]:
    """Return what the cross-checks say of an inspection file."""
    file = read_yaml(text.encode(), "visit.yaml")
    inspection = read_inspection(file, library().date_forms)
    return sort_diagnostics(cross_check(inspection, file, library().office, library().prose_rules, today))


def names(*changes: tuple[str, str]) -> list[str]:
    """Return the names of what is noticed in the right inspection with some pieces replaced."""
    return [finding.name for finding in notice(changed(*changes))]


def written(vi: str, th: str) -> str:
    """Return the right inspection with these texts of its first result, each quoted."""
    return changed((VI, quoted(vi)), (TH, quoted(th)))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def said(vi: str, th: str = "ก") -> list[tuple[str, str, str]]:
    """Return what is noticed in a pair of texts: the finding, the words it is about, what to write."""
    return [
        (finding.name, str(finding.values.get("found")), str(finding.values.get("right", "")))
        for finding in notice(written(vi, th))
    ]


def words_at(finding: Diagnostic, text: str) -> str:
    """Return the words of a file that a finding points to."""
    assert finding.place
    line = text.split("\n")[finding.place.line - 1]
    return line[finding.place.column - 1 :][: finding.length]
