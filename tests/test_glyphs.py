"""glyphs.py: what Pango says of a line is read once, and each letter is one object."""

from __future__ import annotations

import pytest

from reportgen.glyphs import EMPTY, Cluster, PlacedFont, Run

WIDE = 600


def font() -> PlacedFont:
    return PlacedFont(None, is_usual=True)


def run(own: PlacedFont, *clusters: tuple[str, tuple[int, int, int, int]]) -> Run:
    return Run(own, 0, tuple(own.cluster(text.encode(), glyph) for text, glyph in clusters))


KO, SARA_I, MAI_EK, SPACE = "ก", "ิ", "่", "\u200b"


def test_a_letter_is_taken_with_its_marks() -> None:
    own = font()
    letters = run(
        own, (KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, 0, 0)), (MAI_EK, (3, 0, 0, 0)), (KO, (1, WIDE, 0, 0))
    ).letters
    assert letters is not None
    assert [letter.form.said for letter in letters] == [(((1,), KO), ((2,), SARA_I), ((3,), MAI_EK)), (((1,), KO),)]


def test_the_same_letter_is_one_object_whatever_line_it_stands_in() -> None:
    own = font()
    one = run(own, (KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, 0, 0))).letters
    other = run(own, ("ข", (4, WIDE, 0, 0)), (KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, 0, 0))).letters
    wider = run(own, (KO, (1, WIDE + 1, 0, 0))).letters
    assert one is not None
    assert other is not None
    assert wider is not None
    assert one[0] is other[1]
    assert wider[0] is not one[0]
    assert run(own, (KO, (1, WIDE, 0, 0))).letters[0].form is wider[0].form  # type: ignore[index]


@pytest.mark.parametrize(
    "clusters",
    [
        ((SARA_I, (2, 0, 0, 0)), (KO, (1, WIDE, 0, 0))),
        ((SPACE, (EMPTY, 0, 0, 0)), (SARA_I, (2, 0, 0, 0))),
        ((KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, 0, -5))),
    ],
    ids=["a mark without a letter", "a mark after an invisible glyph", "a raised mark"],
)
def test_what_is_more_than_letters_is_told_by_none(clusters: tuple[tuple[str, tuple[int, int, int, int]], ...]) -> None:
    assert run(font(), *clusters).letters is None


def test_an_invisible_glyph_stands_for_no_text() -> None:
    letters = run(font(), (KO, (1, WIDE, 0, 0)), (SPACE, (EMPTY, 0, 0, 0))).letters
    assert letters is not None
    assert [letter.form.said for letter in letters] == [(((1,), KO),), ()]


def test_the_glyph_before_a_gap_is_widened_and_no_other() -> None:
    asked: list[float] = []

    def widen(gap: float) -> int:
        asked.append(gap)
        return 7

    own = font()
    line = run(own, (KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, 0, 0)), ("ข", (4, WIDE, 0, 0)))
    wide = line.widened({6: 1.5, 99: 4.0}, widen)
    assert asked == [1.5]
    assert [cluster.glyphs for cluster in wide.clusters] == [((1, WIDE, 0, 0),), ((2, 7, 0, 0),), ((4, WIDE, 0, 0),)]
    assert line.clusters[1].glyphs == ((2, 0, 0, 0),)
    assert line.widened({6: 1.5}, widen).clusters[1] is wide.clusters[1]


def test_moved_marks_are_found() -> None:
    line = run(font(), (KO, (1, WIDE, 0, 0)), (SARA_I, (2, 0, -9, 0)), ("ข", (4, WIDE, 0, 0)))
    assert list(line.moved()) == [(3, 6)]


def test_clusters_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.glyphs._MOST", 3)
    own = font()
    for number in range(10):
        assert isinstance(own.cluster(KO.encode(), (number, WIDE, 0, 0)), Cluster)
    assert len(own.clusters) <= 3
