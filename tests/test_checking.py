"""Many inspections are checked by several processes: what is said is the same, in the same order."""

from __future__ import annotations

import datetime
import os

import pytest
from conftest import Office
from desk import REAL_FILE, Desk

from reportgen import checking
from reportgen.checking import MANY, Checker
from reportgen.diagnostics import one_line
from reportgen.folders import Workspace
from reportgen.workspace import read_library

TODAY = datetime.date(2026, 1, 1)


@pytest.fixture(scope="module")
def checker(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """An office with seven inspections, of which some are wrong."""
    desk = Desk(office.copy_workspace(tmp_path_factory.mktemp("many")), office.cache)
    text = desk.read(REAL_FILE).partition("photos:")[0] + "copies: unknown\nsignatures: [lead]\n"
    for number in range(5):
        desk.write(f"inspections/visit-{number}.yaml", text.replace("place:", "plase:" if number % 2 else "place:"))
    workspace = Workspace(desk.root)
    return Checker(workspace, read_library(workspace), None, TODAY)


def said(checker: Checker, processes: int) -> list[str]:
    return [one_line(finding) for finding in checker.check_all(checker.workspace.inspection_ids(), processes)]


@pytest.mark.parametrize("processes", [2, 3, 7, 9])
def test_several_processes_say_what_one_says_in_the_same_order(checker: Checker, processes: int) -> None:
    alone = said(checker, 1)
    assert sum("unknown-key" in line or "RG202" in line for line in alone) == 2
    assert said(checker, processes) == alone


def test_where_a_process_is_ended_its_share_is_checked_all_the_same(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, here = said(checker, 1), os.getpid()
    check = Checker.check

    def end(self: Checker, identifier: str) -> checking.Findings:
        if os.getpid() != here:
            os._exit(9)
        return check(self, identifier)

    monkeypatch.setattr(Checker, "check", end)
    assert said(checker, 3) == alone


def test_few_inspections_are_checked_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking.threading, "active_count", lambda: 1)
    monkeypatch.setattr(checking.os, "sched_getaffinity", lambda _: range(4))
    assert [checking._processes(number) for number in (0, 1, MANY - 1)] == [1, 1, 1]
    assert checking._processes(MANY) == 2
    assert checking._processes(1000) == 4


def test_where_threads_run_there_is_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking.threading, "active_count", lambda: 2)
    assert checking._processes(1000) == 1


def test_no_inspection_says_nothing(checker: Checker) -> None:
    assert list(checker.check_all(())) == []
