"""Printing on a real Dask cluster: a scheduler and two workers, each with a home and a cache of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from computers import TESTS, Computers, command_of, computers, lives, wait_until
from conftest import PROJECT, Office
from desk import REAL, REAL_FILE, SMALLEST_FILE, Desk, has_files
from errands import PLACE, WHAT, Errand, do, item, nothing, quick_file
from fontTools.ttLib import TTFont

from reportgen import cluster
from reportgen.cluster import Cluster
from reportgen.diagnostics import ReportgenError, SetupError, one_line
from reportgen.equipment import Equipment, differences, equipment
from reportgen.folders import Workspace
from reportgen.fonts import FontSet
from reportgen.work import Limits, Steps, Work
from reportgen.workspace import read_library

COUNT = 2
MANY = 30


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computers]:
    with computers(tmp_path_factory.mktemp("cluster"), "alpha", "beta") as started:
        yield started


@pytest.fixture(scope="module")
def fonts(office: Office) -> FontSet:
    return read_library(Workspace(PROJECT)).find_fonts(office.cache / "reportgen")


def some(office: Office, root: Path) -> Desk:
    """Return a workspace with the real inspection and some small ones."""
    desk = Desk(office.copy_workspace(root), office.cache)
    text = desk.read(SMALLEST_FILE)
    desk.path(SMALLEST_FILE).unlink()
    for number in range(COUNT):
        desk.write(f"inspections/visit-{number}.yaml", text.replace("subject: ", f"subject: ({number}) ", 1))
    return desk


@pytest.fixture(scope="module")
def whole(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Some inspections, printed by one process."""
    desk = some(office, tmp_path_factory.mktemp("whole"))
    office.print(desk.root, "--jobs", "1")
    return desk


def contents(desk: Desk) -> dict[str, str]:
    """Return the digest of each printed file; what is unfinished has another name."""
    return {name: digest for name, (digest, _) in desk.outputs().items() if not name.endswith(".part")}


def record(desk: Desk) -> tuple[list[Any], list[Any]]:
    """Return what is recorded of each print, and all ingredients."""
    with sqlite3.connect(desk.path("output/.reportgen/state.sqlite")) as state:
        columns = "inspection, language, format, sources, surroundings, day, page, job, sha256, replaced"
        prints = state.execute(f"SELECT {columns} FROM prints ORDER BY inspection, language, format").fetchall()
        ingredients = state.execute("SELECT kind, name, version, digest, value FROM ingredients").fetchall()
    state.close()
    return prints, sorted(ingredients)


# ---- the real command ------------------------------------------------------------------------------------------------


def test_one_process_several_and_other_computers_make_the_same_files_and_the_same_record(
    office: Office, tmp_path: Path, whole: Desk, two: Computers
) -> None:
    pool = some(office, tmp_path / "pool")
    office.print(pool.root, "--jobs", "2")
    dask = some(office, tmp_path / "dask")
    office.print(dask.root, "--scheduler", two.address)
    assert len(contents(whole)) == 2 * (COUNT + 2)
    assert contents(whole) == contents(pool) == contents(dask)
    assert record(whole) == record(pool) == record(dask)


def test_one_computer_with_two_threads_makes_the_same_files_for_who_has_a_certificate(
    office: Office, tmp_path: Path, whole: Desk
) -> None:
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cluster"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = {"CA_FILE": certificate}
    tls |= {
        f"{who}__{what}": file
        for who in ("SCHEDULER", "WORKER", "CLIENT")
        for what, file in (("CERT", certificate), ("KEY", key))
    }
    environment = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": value for name, value in tls.items()}
    desk = some(office, tmp_path / "office")
    command = [sys.executable, "-m", "reportgen", "--ui", "en", "-C", str(desk.root), "build", REAL, "--scheduler"]
    with computers(tmp_path / "cluster", environment=environment, protocol="tls") as own:
        own.start("double", environment, "--nthreads", "2")
        assert own.address.startswith("tls://")
        stranger = subprocess.run(
            [*command, own.address], env=office.environment, capture_output=True, text=True, check=False
        )
        friend = {**office.environment, **environment}
        subprocess.run([*command, own.address], env=friend, capture_output=True, check=True)
    assert (stranger.returncode, "error[RG995]: no scheduler answers" in stranger.stderr) == (1, True)
    assert "Traceback" not in stranger.stderr
    assert contents(desk) == {name: digest for name, digest in contents(whole).items() if REAL in name}


def test_where_nothing_is_due_nobody_is_asked(whole: Desk) -> None:
    answer = whole.run("build", "--scheduler", "tcp://127.0.0.1:1")
    assert (answer.exit_code, answer.stdout) == (0, "")


# ---- broken off; with printers that are quick ------------------------------------------------------------------------


def many(office: Office, root: Path) -> Desk:
    """Return a workspace with many small inspections."""
    desk = Desk(office.copy_workspace(root), office.cache)
    text = desk.read(SMALLEST_FILE)
    for path in (root / "inspections").glob("*.yaml"):
        path.unlink()
    for number in range(MANY):
        desk.write(f"inspections/visit-{number}.yaml", text.replace("subject: ", f"subject: ({number}) ", 1))
    return desk


def begin(desk: Desk, office: Office, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "quick", "--ui", "en", "-C", str(desk.root), "build", *arguments]
    environment = {**office.environment, "PYTHONPATH": os.pathsep.join((str(PROJECT), str(TESTS)))}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def completed(begun: subprocess.Popen[str], desk: Desk, office: Office) -> str:
    """Return what was said when a build was broken off; the next one must print the rest, and nothing else."""
    _, said = begun.communicate(timeout=120)
    assert begun.returncode == 1
    assert "Traceback" not in said
    assert not [name for name in desk.outputs() if name.endswith(".part")]
    before = desk.outputs()
    assert 0 < len(before) < 2 * MANY
    _, then = begin(desk, office, "--jobs", "2").communicate(timeout=120)
    assert f"files printed: {2 * MANY - len(before)}; " in then
    after = desk.outputs()
    assert before.items() <= after.items()
    for number in range(MANY):
        html = desk.loaded(f"visit-{number}").pages["vi"].html
        for form in ("docx", "pdf"):
            digest = sha256(quick_file(html, form)).hexdigest()
            assert after[f"output/visit-{number}/visit-{number}.vi.{form}"][0] == digest
    return said


def test_ctrl_c_leaves_whole_files_only_and_the_next_build_completes_it(
    office: Office, tmp_path: Path, two: Computers
) -> None:
    desk = many(office, tmp_path)
    begun = begin(desk, office, "--scheduler", two.address)
    wait_until(lambda: has_files(desk))
    begun.send_signal(signal.SIGINT)
    completed(begun, desk, office)


def test_a_scheduler_that_is_gone_is_told_and_what_was_printed_stays(office: Office, tmp_path: Path) -> None:
    desk = many(office, tmp_path / "office")
    with computers(tmp_path / "cluster", "alpha") as own:
        begun = begin(desk, office, "--scheduler", own.address)
        wait_until(lambda: has_files(desk))
    assert f"error[RG996]: the scheduler at {own.address} does not answer any more" in completed(begun, desk, office)


# ---- the guide -------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def test_the_commands_of_the_guide_run_as_written(office: Office, tmp_path: Path, whole: Desk) -> None:
    guide = (PROJECT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```sh\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    desk = some(office, tmp_path / "office")
    desk.path(REAL_FILE).unlink()
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dask", "reportgen"):
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    environment = {**office.environment, "PATH": f"{folder}:{os.environ['PATH']}"}
    typed = subprocess.Popen(
        ["bash", "-euxc", script.replace("8786", str(free_port()))],
        cwd=desk.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        shown, _ = typed.communicate(timeout=120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(typed.pid, signal.SIGKILL)
    assert typed.returncode == 0, shown
    assert contents(desk) == {name: digest for name, digest in contents(whole).items() if REAL not in name}


# ---- what cannot be --------------------------------------------------------------------------------------------------


def test_without_the_extra_it_is_said_what_to_install(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = some(office, tmp_path)
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    answer = desk.run("build", "--scheduler", "tcp://127.0.0.1:8786")
    (told,) = answer.errors
    assert told.startswith("error[RG993]: to print on other computers, reportgen needs a part that is not installed; ")
    assert told.endswith('; install it: pip install "reportgen[dask]"')


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://", "tcp://a", "tcp://a:b"])
def test_what_is_no_address_is_told(office: Office, tmp_path: Path, address: str) -> None:
    answer = some(office, tmp_path).run("build", "--scheduler", address)
    assert [line.partition(";")[0] for line in answer.errors] == [
        f"error[RG994]: “{address}” is not the address of a scheduler"
    ]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tls://127.0.0.1:9"])
def test_where_no_scheduler_answers_it_is_told(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 0.5)
    desk = some(office, tmp_path)
    answer = desk.run("build", "--scheduler", address)
    (told,) = answer.errors
    assert told.startswith(f"error[RG995]: no scheduler answers at {address}: ")
    assert desk.outputs() == {}


# ---- who may print ---------------------------------------------------------------------------------------------------


def works(*jobs: Errand) -> Iterator[Steps[tuple[str, Any]]]:
    for index, job in enumerate(jobs):
        yield item(f"item {index}", Work(job, index, PLACE, WHAT))


@contextmanager
def cluster_of(where: Computers, fonts: FontSet, limits: Limits | None = None) -> Iterator[Cluster]:
    with Cluster(where.address, do, nothing, limits) as workers:
        workers.start()
        workers.print_with(fonts)
        yield workers


def done(where: Computers, fonts: FontSet, *jobs: Errand, limits: Limits | None = None) -> dict[str, Any]:
    with cluster_of(where, fonts, limits) as workers:
        return dict(workers.results(works(*jobs)))


def codes(error: ReportgenError) -> list[str]:
    return [finding.code for finding in error.diagnostics]


def other_fonts(folder: Path, fonts: FontSet) -> dict[str, str]:
    """Return the environment of a computer with fewer fonts, one of them another edition."""
    folder.mkdir()
    first, *_, last = fonts.families
    for family in (first, last):
        for file in family.files:
            shutil.copy(file.source, folder)
    with TTFont(folder / last.files[0].source.name) as font:
        font["name"].setName("another edition", 5, 3, 1, 0x409)
        font.save(folder / last.files[0].source.name)
    configuration = folder / "fonts.conf"
    configuration.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{folder}/c</cachedir></fontconfig>")
    return {"FONTCONFIG_FILE": str(configuration)}


def other_version(folder: Path) -> dict[str, str]:
    """Return the environment of a computer with another reportgen."""
    shutil.copytree(PROJECT / "reportgen", folder / "reportgen", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "reportgen" / "__init__.py").write_text('"""Other."""\n__version__ = "9.9"\n', encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def no_version(folder: Path) -> dict[str, str]:
    """Return the environment of a computer on which reportgen cannot be imported."""
    (folder / "reportgen").mkdir(parents=True)
    (folder / "reportgen" / "__init__.py").write_text("", encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def test_a_computer_that_is_set_up_otherwise_is_refused_by_name_and_gets_no_job(
    office: Office, fonts: FontSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = some(office, tmp_path / "office")
    with computers(tmp_path / "cluster") as mixed:
        mixed.start("font-less", other_fonts(tmp_path / "fonts", fonts))
        answer = desk.run("build", "--scheduler", mixed.address)
        monkeypatch.setattr(cluster, "_OTHERS", 60.0)  # those that follow are just being started
        mixed.start("alpha")
        mixed.start("newer", other_version(tmp_path / "other"))
        mixed.start("empty", no_version(tmp_path / "none"))
        with cluster_of(mixed, fonts) as workers:
            told, who = [], set()
            for _, done_by in workers.results(works(*(Errand("wait", 0.2) for _ in range(400)))):
                told += workers.news()
                assert isinstance(done_by, tuple), done_by
                who.add(done_by[0])
                if len(told) == 3:
                    break
    (error,) = answer.errors
    assert error.startswith(f"error[RG998]: the scheduler at {mixed.address} has no computer that can print (of 1)")
    assert "warning[RG997]: the computer font-less (tcp://127.0.0.1:" in answer.stderr
    assert (answer.exit_code, contents(desk)) == (1, {})
    assert {finding.code for finding in told} == {"RG997"}
    sentences = {str(finding.values["computer"]).split()[0]: finding.sentence("en") for finding in told}
    assert set(sentences) == {"font-less", "newer", "empty"}
    assert len(who) == 1
    assert f"the font of {fonts.families[-1].typeface.family} is another one there" in sentences["font-less"]
    for family in fonts.families[1:-1]:
        assert f"the font of {family.typeface.family} is not there" in sentences["font-less"]
    assert fonts.families[0].typeface.family not in sentences["font-less"]
    assert "reportgen is 9.9 (" in sentences["newer"]
    assert "this version of reportgen is not installed there" in sentences["empty"]
    assert all(one_line(finding, ui) for finding in told for ui in ("vi", "th"))


def test_whatever_changes_bytes_makes_a_difference() -> None:
    here = Equipment("here", {"Python": "3.11.2", "Pango": "1.50"}, {"A": ("1", "2"), "B": ("3",)}, None)
    there = Equipment("there", {"Python": "3.12.0", "Pango": "1.50"}, {"A": ("1", "9")}, None)
    assert [word.text() for word in differences(there, here)] == [
        "Python is 3.12.0 there and 3.11.2 here",
        "the font of A is another one there",
        "the font of B is not there",
    ]
    assert differences(here, here) == ()
    examined = {
        "reportgen",
        "Python",
        "WeasyPrint",
        "Pango",
        "HarfBuzz",
        "HarfBuzz subset",
        "ICU",
        "fontconfig",
        "zlib",
    }
    own = equipment(None)
    assert examined | {"CPU", "icu4py", "fontTools", "lxml", "pydyf"} <= set(own.versions)
    assert "?" not in own.versions.values()


def test_computers_come_and_go(fonts: FontSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is told; one that comes later helps; of one that is shut down no process is left."""
    monkeypatch.setattr(cluster, "_FIRST", 1.0)
    with computers(tmp_path) as growing:
        with pytest.raises(SetupError) as caught:
            done(growing, fonts, Errand("a"))
        assert codes(caught.value) == ["RG998"]
        assert "has no computer that can print (of 0)" in str(caught.value)
        monkeypatch.undo()
        started = [growing.start("early")]
        processes: list[int] = []
        with cluster_of(growing, fonts) as workers:
            for _, answer in workers.results(works(*(Errand("wait", 0.3) for _ in range(400)))):
                processes += {answer[0]} - set(processes)
                if len(started) == 1:
                    started.append(growing.start("late"))
                if len(processes) == 2:
                    break
        assert ["reportgen.serving" in command_of(process) for process in processes] == [True, True]
        for worker in started:
            worker.nanny.terminate()
            worker.nanny.wait(60)
        wait_until(lambda: not any(map(command_of, processes)))
        assert not any(lives(worker.nanny.pid) for worker in started)


# ---- who fails -------------------------------------------------------------------------------------------------------


def told(answer: Any) -> str:
    assert isinstance(answer, ReportgenError)
    (finding,) = answer.diagnostics
    assert (finding.place, finding.values["what"]) == (PLACE, WHAT)
    return finding.code


def test_what_cannot_be_done_is_named_as_at_home_and_all_else_is_done(fonts: FontSet, two: Computers) -> None:
    names = ("a", "loop", "b", "eat", "die", "wrong", "c")
    limits = Limits(seconds=4, megabytes=600)
    found = list(done(two, fonts, *map(Errand, names), limits=limits).items())
    answers = {names[int(item.split()[1])]: answer for item, answer in found}
    assert {told(answers[name]) for name in ("loop",)} == {"RG990"}
    assert told(answers["eat"]) == "RG991"
    assert told(answers["die"]) == "RG992"
    assert codes(answers["wrong"]) == [answers["wrong"].diagnostics[0].code]
    assert [answers[name][1] for name in "abc"] == [(name, None) for name in "abc"]


def test_a_bug_comes_back_with_its_trace(fonts: FontSet, two: Computers) -> None:
    with pytest.raises(RuntimeError, match="what nobody thought of"):
        done(two, fonts, Errand("bug"))


def test_a_computer_that_is_lost_costs_no_job(fonts: FontSet, two: Computers, tmp_path: Path) -> None:
    jobs = [Errand("kill-parent-once", str(tmp_path / "mark")), *(Errand("wait", 0.1) for _ in range(20))]
    found = done(two, fonts, *jobs)
    assert len(found) == 21
    assert [answer for answer in found.values() if isinstance(answer, ReportgenError)] == []


def test_a_job_whose_computers_are_lost_again_and_again_is_named(
    fonts: FontSet, two: Computers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_LOSSES", 2)
    (answer,) = done(two, fonts, Errand("kill-parent")).values()
    assert told(answer) == "RG999"
    assert answer.diagnostics[0].values["tries"] == 2


def test_the_memory_of_who_gives_the_work_is_flat(fonts: FontSet, two: Computers) -> None:
    """200 MB go to other computers and come back."""

    def source() -> Iterator[Steps[tuple[int, Any]]]:
        for number in range(200):
            yield item(number, Work(Errand("a", os.urandom(1_000_000)), 1, PLACE, WHAT))

    tracemalloc.start()
    with cluster_of(two, fonts) as workers:
        count = sum(1 for _ in workers.results(source()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200
    assert most < 80_000_000
