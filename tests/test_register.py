"""The register: numbers without a gap, frozen files, and everything that was changed afterwards is found and named."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from reportgen.diagnostics import ReportgenError, SetupError
from reportgen.register import DATABASE, MANIFEST, Register, RegisterEntry, read_manifest, verify_register

PROJECT = Path(__file__).parents[1]
FILES = {"a.vi.pdf": b"%PDF words", "a.vi.docx": b"PK words"}


def entry(number: int, revision: int = 1, **others: object) -> RegisterEntry:
    facts = {
        "year": 2023,
        "series": "BB-ĐKT",
        "number": number,
        "revision": revision,
        "inspection": f"inspection-{number}",
        "day": "2023-08-18",
        "recorded": "2023-08-20T01:02:03Z",
        "languages": ("vi", "th"),
        "units": ("lak-dpc",),
        "reason": {},
    }
    return RegisterEntry(**{**facts, **others})


def issue(register: Register, year: int = 2023, series: str = "BB-ĐKT") -> RegisterEntry:
    with register.issuing() as turn:
        number = turn.next_number(year, series)
        return turn.freeze(entry(number, year=year, series=series), FILES, {"tools": {"reportgen": "1"}})


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "output" / "issued")


def names_of(found: list) -> list[str]:
    return [diagnostic.name for diagnostic in found]


# ---- issuing


def test_numbers_begin_at_one_in_each_year_and_series(register: Register) -> None:
    given = [
        issue(register, year, series).number
        for year, series in [(2023, "BB"), (2023, "BB"), (2024, "BB"), (2023, "KL")]
    ]
    assert given == [1, 2, 1, 1]


def test_what_is_issued_lies_under_year_number_and_revision_and_cannot_be_written(register: Register) -> None:
    made = issue(register)
    folder = register.folder / "2023" / "1-BB-ĐKT" / "r1"
    assert made.folder == "2023/1-BB-ĐKT/r1"
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST} == FILES
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    assert folder.stat().st_mode & 0o777 == 0o555


def test_a_revision_lies_beside_the_one_before(register: Register) -> None:
    issue(register)
    with register.issuing() as turn:
        turn.freeze(entry(1, revision=2, reason={"vi": "sai tên"}), FILES, {})
    assert [found.revision for found in register.entries()] == [1, 2]
    assert sorted(path.name for path in (register.folder / "2023/1-BB-ĐKT").iterdir()) == ["r1", "r2"]
    assert register.entry_of("inspection-1").reason == {"vi": "sai tên"}
    assert verify_register(register) == []


def test_a_number_is_not_given_twice(register: Register) -> None:
    issue(register)
    with pytest.raises(ReportgenError), register.issuing() as turn:
        turn.freeze(entry(1), FILES, {})
    assert len(register.entries()) == 1
    assert verify_register(register) == []


def test_each_row_names_the_digest_of_the_row_before(register: Register) -> None:
    for _ in range(3):
        issue(register)
    rows = register.entries()
    assert [row.previous for row in rows[1:]] == [row.digest for row in rows[:-1]]
    assert all(row.bound() == row for row in rows)


def test_a_row_can_neither_be_changed_nor_deleted_through_sql(register: Register) -> None:
    issue(register)
    with sqlite3.connect(register.folder / DATABASE) as connection:
        for statement in ("UPDATE entries SET number = 9", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)


def test_a_register_that_was_only_begun_is_empty(register: Register) -> None:
    register.folder.mkdir(parents=True)
    sqlite3.connect(register.folder / DATABASE).execute("PRAGMA journal_mode = WAL")
    assert register.entries() == ()
    assert issue(register).number == 1


def test_an_empty_folder_is_an_empty_register(register: Register) -> None:
    assert register.entries() == ()
    assert verify_register(register) == []
    assert not register.folder.exists()


# ---- two clerks at once, and computers that stop

ISSUER = """
import sys, time
sys.path[:0] = [{project!r}, {tests!r}]
from pathlib import Path
from reportgen.register import Register
from test_register import issue
register = Register(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    issue(register)
"""


def issuer(register: Register, count: int) -> subprocess.Popen[bytes]:
    program = ISSUER.format(project=str(PROJECT), tests=str(PROJECT / "tests"))
    return subprocess.Popen([sys.executable, "-c", program, str(register.folder), str(count)])


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_that_issue_at_once_get_each_number_once(register: Register, processes: int) -> None:
    running = [issuer(register, 5) for _ in range(processes)]
    assert [process.wait(120) for process in running] == [0] * processes
    assert sorted(found.number for found in register.entries()) == list(range(1, 5 * processes + 1))
    assert verify_register(register) == []


def test_a_process_killed_at_any_moment_loses_no_number_and_doubles_none(register: Register) -> None:
    rounds = int(os.environ.get("REPORTGEN_KILLS", "12"))
    for turn in range(rounds):
        process = issuer(register, 1000)
        time.sleep(0.25 + 0.013 * (turn % 17))
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = issue(register)
    numbers = Counter(found.number for found in register.entries())
    assert numbers == Counter(range(1, last.number + 1))
    assert verify_register(register) == []
    assert list(register.folder.glob(".unfinished-*")) == []


class Stop(BaseException):
    """The computer stops here."""


@pytest.mark.parametrize("moment", ["rename", "chmod", "mkdir"])
def test_what_was_begun_is_finished_or_was_never_issued(
    register: Register, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(register)

    def stop(*_: object, **__: object) -> None:
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Path, moment, stop)
        with pytest.raises(Stop):
            issue(register)
    following = issue(register)
    issued_before = moment == "chmod"  # the folder had its name already
    assert following.number == (3 if issued_before else 2)
    assert [found.number for found in register.entries()] == list(range(1, following.number + 1))
    assert verify_register(register) == []


def test_a_lost_register_is_written_anew_from_the_manifests(register: Register) -> None:
    before = [issue(register) for _ in range(3)]
    for path in register.folder.glob(f"{DATABASE}*"):
        path.unlink()
    assert names_of(verify_register(register)) == ["issued-without-row"] * 3
    assert issue(register).number == 4
    assert register.entries()[:3] == tuple(before)
    assert verify_register(register) == []


def test_a_folder_that_was_not_issued_stops_the_next_issue(register: Register) -> None:
    issue(register)
    strange = register.folder / "2023" / "7-BB-ĐKT" / "r1"
    strange.mkdir(parents=True)
    (strange / MANIFEST).write_text("{}")
    with pytest.raises(SetupError) as error:
        issue(register)
    assert names_of(list(error.value.diagnostics)) == ["issued-without-row"]
    assert len(register.entries()) == 1


# ---- what was changed afterwards is found


def flip(path: Path, position: int = 3) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def change_row(register: Register, statement: str) -> None:
    with sqlite3.connect(register.folder / DATABASE) as connection:
        connection.executescript(f"DROP TRIGGER entries_stay; DROP TRIGGER entries_remain; {statement}")


def remove(path: Path) -> None:
    path.parent.chmod(0o755)
    path.unlink()


def add(path: Path) -> None:
    path.parent.chmod(0o755)
    path.write_text("more")


def forge_row(register: Register) -> None:
    """Change a row and give it a digest that fits: the row after it, or the manifest, still tells."""
    row = register.entries()[0]
    forged = entry(1, inspection="another", row=1, previous=row.previous, manifest=row.manifest).bound()
    change_row(register, f"UPDATE entries SET inspection = 'another', digest = '{forged.digest}' WHERE row = 1")


CHANGES: dict[str, tuple[Callable[[Register, Path], None], str, str]] = {
    "a bit of a PDF": (lambda r, f: flip(f / "a.vi.pdf"), "issued-file-changed", "a.vi.pdf"),
    "a bit of a DOCX": (lambda r, f: flip(f / "a.vi.docx"), "issued-file-changed", "a.vi.docx"),
    "a bit of a manifest": (lambda r, f: flip(f / MANIFEST, 40), "issued-file-changed", MANIFEST),
    "a file removed": (lambda r, f: remove(f / "a.vi.pdf"), "issued-file-missing", "a.vi.pdf"),
    "a manifest removed": (lambda r, f: remove(f / MANIFEST), "issued-file-missing", MANIFEST),
    "a file added": (lambda r, f: add(f / "b.pdf"), "issued-file-added", "b.pdf"),
    "a row changed": (
        lambda r, f: change_row(r, "UPDATE entries SET day = '2023-08-19' WHERE row = 1"),
        "register-row-changed",
        DATABASE,
    ),
    "a row forged": (lambda r, f: forge_row(r), "register-chain-broken", DATABASE),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found_and_named(register: Register, what: str) -> None:
    change, name, file = CHANGES[what]
    first = issue(register)
    issue(register)
    assert verify_register(register) == []
    change(register, register.folder / first.folder)
    found = verify_register(register)
    assert names_of(found) == [name]
    assert found[0].place.path.endswith(file)


@pytest.mark.parametrize(("row", "name"), [(1, "register-row-missing"), (3, "issued-without-row")])
def test_a_row_that_was_deleted_is_missed(register: Register, row: int, name: str) -> None:
    for _ in range(3):
        issue(register)
    change_row(register, f"DELETE FROM entries WHERE row = {row}")
    assert name in names_of(verify_register(register))


def test_a_file_that_is_no_register_is_said_to_be_unreadable(register: Register) -> None:
    register.folder.mkdir(parents=True)
    (register.folder / DATABASE).write_bytes(b"not a database" * 100)
    with pytest.raises(SetupError) as error:
        register.entries()
    assert names_of(list(error.value.diagnostics)) == ["register-unreadable"]


def test_the_manifest_tells_files_and_what_was_given_besides(register: Register) -> None:
    made = issue(register)
    manifest = read_manifest(register.folder, made)
    assert manifest["files"].keys() == FILES.keys()
    assert manifest["tools"] == {"reportgen": "1"}
    assert manifest["row"]["inspection"] == "inspection-1"
    assert json.loads((register.folder / made.folder / MANIFEST).read_text("utf-8")) == manifest
