"""Each wrong file of ``tests/bad/`` is told as its case says, and the file mended as the hint says is right."""

import pytest
from corpus import Bench, Case, cases

ALL = tuple(cases())


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bad"), tmp_path_factory.mktemp("fonts"))


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


@each()
def test_the_file_mended_by_the_hint_is_right(bench, case):
    assert {d.code for d in bench.findings(case, "mended")} == set(case.data.get("left", []))


def test_the_right_file_has_no_finding(bench):
    assert not bench.check(build=True)


def test_no_case_stands_twice():
    names = [case.name for case in ALL]
    assert len(set(names)) == len(names)
