"""Each case of the corpus needs its check: with the check switched off, the case goes red."""

import json
import subprocess
import sys

import pytest
from conftest import PROJECT
from corpus import cases

from reportgen.diagnostics import catalogue


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What became of each check: killed (a case went red), missed, or not reached by any case."""
    command = [sys.executable, str(PROJECT / "tests" / "mutants.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_check_that_a_case_reaches_can_be_taken_away(answers):
    assert {check: answer for check, answer in answers.items() if answer == "missed"} == {}


def test_each_code_with_a_case_has_a_check_that_the_case_needs(answers):
    names = {check.split()[0] for check, answer in answers.items() if answer == "killed"}
    killed = {entry["code"] for name, entry in catalogue("en").items() if name in names}
    assert {case.code for case in cases()} - killed == set()
