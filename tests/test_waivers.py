"""A cross-check is switched off by a comment that gives a reason; such a comment is itself checked."""

from __future__ import annotations

import pytest
from noticing import TH, VI, changed, notice

PAIR = f"      vi: {VI}\n      th: {TH}\n"


def text(vi: str, th: str) -> str:
    """Return the right inspection whose first result has these lines for its texts."""
    return changed((PAIR, f"      vi: {vi}\n      th: {th}\n"))


def told(source: str) -> list[str]:
    return [finding.name for finding in notice(source)]


OFF = [
    "      vi: Năm 2023.\n      th: ปี 2567  # RG320: ปีงบประมาณ\n",
    "      vi: Năm 2023.\n      # RG320: ปีงบประมาณ\n      th: ปี 2567\n",
    "      vi: Năm 2023.\n      # rg320 : ปีงบประมาณ\n      # a remark\n      th: ปี 2567\n",
    "      vi: Năm 2023.\n      #RG321, RG320: ปีงบประมาณ\n      th: ปี 2567\n",
    f"      vi: Năm 2023.\n      th: >-  # RG320: ปีงบประมาณ\n        {TH}\n        ปี 2567\n",
    f"      vi: Năm 2023.\n      # RG320: ปีงบประมาณ\n      th: >-\n        {TH}\n        ปี 2567\n",
    "      vi: Năm 2023.\n      th: |\n        ปี 2567\n",
]


@pytest.mark.parametrize("pair", OFF[:-1])
def test_a_comment_at_the_line_or_directly_above_switches_a_check_off(pair: str) -> None:
    left = told(changed((PAIR, pair)))
    assert left == (["waiver-useless"] if "RG321" in pair else [])


@pytest.mark.parametrize(
    "pair",
    [
        OFF[-1],
        "      vi: Năm 2023.\n      # RG320: too far above\n\n      th: ปี 2567\n",
        "      vi: Năm 2023.  # RG320: another line\n      th: ปี 2567\n",
        "      vi: Năm 2023.\n      th: 'ปี 2567 # RG320: no comment'\n",
        "      vi: Năm 2023.\n      th: >-\n        ปี 2567\n        # RG320: no comment\n",
    ],
)
def test_what_is_no_comment_of_that_line_switches_nothing_off(pair: str) -> None:
    assert "number-differs" in told(changed((PAIR, pair))) or "number-in-one-language" in told(changed((PAIR, pair)))


def test_a_comment_above_an_entry_holds_for_all_that_belongs_to_it_and_no_more() -> None:
    spoilt = ((VI, "Năm 2023"), (TH, "ปี 2567"))
    above = ("  - area: procedures", "  # RG320: the years differ\n  - area: procedures")
    assert told(changed(*spoilt, above)) == []
    below = ("  - area: digital-government", "  # RG320: the years differ\n  - area: digital-government")
    assert sorted(told(changed(*spoilt, below))) == ["number-differs", "waiver-useless"]


@pytest.mark.parametrize(
    ("comment", "name", "hint"),
    [
        ("# RG320", "waiver-without-reason", "write"),
        ("# RG320:", "waiver-without-reason", "write"),
        ("# RG320 the years differ", "waiver-without-reason", "write"),
        ("# RG909: a reason", "waiver-of-unknown", "allowed"),
        ("# RG201: a reason", "waiver-of-unknown", "always"),
        ("# RG321: a reason", "waiver-useless", "delete"),
    ],
)
def test_a_comment_that_cannot_do_its_work_is_told(comment: str, name: str, hint: str) -> None:
    source = text("Năm 2023", f"ปี 2567  {comment}")
    found = {finding.name: finding for finding in notice(source)}
    assert set(found) == {"number-differs", name}
    place = found[name].place
    assert source.split("\n")[place.line - 1][place.column - 1 :].startswith("RG")
    assert found[name].hint == hint


@pytest.mark.parametrize("remark", ["# see RG320 in the manual", "# the years: RG320: x", "# RGB", "# năm"])
def test_other_remarks_are_left_alone(remark: str) -> None:
    assert told(text("Năm 2023", f"ปี 2566  {remark}")) == []


def test_an_error_cannot_be_switched_off() -> None:
    found = told(changed(("  - nam-ka\n", "  - nam-ka  # RG301: as they said\n")))
    assert found == ["waiver-of-unknown"]
