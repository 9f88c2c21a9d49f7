"""Work shared by processes: what loops, eats memory or dies is named, and all the rest is done."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import Office
from desk import SMALLEST_FILE, Desk, has_files
from errands import PLACE, WHAT, die, do, item, nothing, with_printer

from reportgen import build, photographs, pool, terminal
from reportgen.build import Order
from reportgen.diagnostics import Diagnostic, ReportgenError, SetupError
from reportgen.folders import Workspace
from reportgen.job import Job, PictureJob
from reportgen.kept import cache_folder
from reportgen.pool import Pool
from reportgen.work import Limits, Myself, Steps, Work, Workers, one_job

SHORT = Limits(seconds=3, megabytes=600)


def works(*jobs: tuple[str, Any]) -> Iterator[Steps[tuple[str, Any]]]:
    for index, job in enumerate(jobs):
        yield item(f"item {index}", Work(job, index, PLACE, WHAT))


def again(job: Any) -> Any:
    return os.getpid(), job


def done(workers: Pool, *jobs: tuple[str, Any]) -> dict[str, Any]:
    with workers:
        return dict(workers.results(works(*jobs)))


def told(answer: Any) -> str:
    assert isinstance(answer, ReportgenError)
    (finding,) = answer.diagnostics
    assert (finding.place, finding.values["what"]) == (PLACE, WHAT)
    return finding.name


@pytest.mark.parametrize("processes", [1, 2])
def test_every_job_is_done_whoever_does_it(processes: int) -> None:
    found = done(Pool(processes, do, nothing), *((str(number), number) for number in range(20)))
    assert {item: answer[1] for item, answer in found.items()} == {
        f"item {number}": (str(number), number) for number in range(20)
    }
    assert len({answer[0] for answer in found.values()}) <= processes


@pytest.mark.parametrize(("job", "name"), [("loop", "job-too-long"), ("eat", "job-too-large"), ("die", "printer-died")])
def test_a_job_that_cannot_end_is_named_and_all_others_are_done(job: str, name: str) -> None:
    found = done(Pool(2, do, nothing, SHORT), ("a", 1), (job, 0), *((str(number), 1) for number in range(5)))
    assert told(found.pop("item 1")) == name
    assert len(found) == 6
    assert all(isinstance(answer, tuple) for answer in found.values())


def test_a_process_that_dies_once_is_replaced_and_its_job_done(tmp_path: Path) -> None:
    found = done(Pool(1, do, nothing), ("die-once", tmp_path / "mark"), ("a", 1))
    assert [answer[1][0] for answer in (found["item 0"], found["item 1"])] == ["die-once", "a"]


def test_where_no_process_can_start_each_job_is_told_so() -> None:
    found = done(Pool(2, do, die), ("a", 1), ("b", 2))
    assert {told(answer) for answer in found.values()} == {"printer-died"}


def test_what_a_clerk_can_mend_comes_back_as_such_and_a_bug_with_its_trace() -> None:
    (answer,) = done(Pool(1, do, nothing), ("wrong", 0)).values()
    assert [finding.name for finding in answer.diagnostics] == ["no-inspection"]
    with pytest.raises(RuntimeError, match="what nobody thought of"):
        done(Pool(1, do, nothing), ("bug", 0))


def test_a_process_that_did_many_jobs_makes_room_for_a_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_JOBS", 3)
    found = done(Pool(1, do, nothing), *((str(number), number) for number in range(7)))
    assert len({answer[0] for answer in found.values()}) == 3


def test_a_process_that_has_grown_makes_room_for_a_fresh_one() -> None:
    found = done(Pool(1, do, nothing), *(("grow", 120_000_000) for _ in range(5)))
    processes = [answer[0] for answer in found.values()]
    assert sorted(processes.count(process) for process in set(processes)) == [1, 2, 2]


def test_a_process_that_has_nothing_to_do_ends_and_another_takes_its_place() -> None:
    with Pool(1, do, nothing, idle=0.2) as workers:
        (first,) = workers.results([one_job(Work(("a", 1), 1, PLACE, WHAT))])
        wait_until(lambda: workers._workers[0].process.poll() is not None, 10)
        (second,) = workers.results([one_job(Work(("a", 1), 1, PLACE, WHAT))])
    assert first[0] != second[0]


def test_processes_begin_before_there_is_a_job() -> None:
    workers = Pool(2, do, nothing)
    with workers:
        workers.start()
        begun = {each.process.pid for each in workers._workers}
        assert len(begun) == 2
        assert {answer[0] for answer in done(workers, *[("ok", number) for number in range(8)]).values()} <= begun
    assert workers._workers == []


def test_they_begin_early_only_where_several_will_print(tmp_path: Path, office: Office) -> None:
    workspace = Workspace(office.copy_workspace(tmp_path))
    orders = {
        "two languages": Order(("a",), jobs=2),
        "one language": Order(("a",), ("vi",), jobs=2),
        "one process": Order(("a", "b"), jobs=1),
        "none": Order((), jobs=2),
    }
    begun = {}
    for name, order in orders.items():
        with build._early_workers(workspace, order) as workers:
            begun[name] = len(workers._workers) if workers else 0
    assert begun == {"two languages": 2, "one language": 0, "one process": 0, "none": 0}


def test_results_stream_and_the_memory_of_who_gives_the_work_is_flat() -> None:
    """400 MB go there and come back."""

    def source() -> Iterator[Steps[tuple[int, Any]]]:
        for number in range(400):
            yield item(number, Work(("a", os.urandom(1_000_000)), 1, PLACE, WHAT))

    tracemalloc.start()
    with Pool(2, do, nothing) as workers:
        count = sum(1 for _ in workers.results(source()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 400
    assert most < 20_000_000


def test_few_items_are_asked_for_ahead() -> None:
    asked: list[int] = []

    def source() -> Iterator[Steps[tuple[int, Any]]]:
        for number in range(30):
            asked.append(number)
            yield item(number, Work(("a", number), 1, PLACE, WHAT))

    with Pool(1, do, nothing) as workers:
        for count, _ in enumerate(workers.results(source()), 1):
            assert len(asked) <= count + 3
    assert len(asked) == 30


def in_two_steps(name: str) -> Steps[tuple[str, list[Any]]]:
    """Ask for two jobs, then for one job more for each answer."""
    first = yield {number: Work((name, number), 1, PLACE, WHAT) for number in range(2)}
    second = yield {key: Work((*answer[1], "again"), 1, PLACE, WHAT) for key, answer in first.items()}
    return name, [answer[1] for _, answer in sorted(second.items())]


@pytest.mark.parametrize("workers", [Pool(2, again, nothing), Myself(again)], ids=["processes", "this process"])
def test_an_item_has_further_jobs_when_the_first_are_answered(workers: Workers) -> None:
    with workers:
        found = dict(workers.results(in_two_steps(name) for name in "abc"))
    assert found == {name: [(name, number, "again") for number in range(2)] for name in "abc"}


def test_an_item_without_jobs_is_done_at_once_and_one_that_goes_wrong_ends_the_work() -> None:
    def without() -> Steps[str]:
        assert (yield {}) == {}
        return "nothing to do"

    def wrong() -> Steps[str]:
        yield from one_job(Work(("a", 1), 1, PLACE, WHAT))
        raise SetupError(Diagnostic("no-inspection", PLACE, {}, "new"))

    with Pool(1, do, nothing) as workers:
        assert list(workers.results([without(), without()])) == ["nothing to do"] * 2
        with pytest.raises(SetupError):
            list(workers.results([wrong()]))


def test_no_process_is_left_when_the_work_is_broken_off() -> None:
    with Pool(2, do, nothing) as workers:
        first, _ = next(workers.results(works(("loop", 0), ("a", 1), ("b", 2))))
        processes = [worker.process for worker in workers._workers]
    assert (first in ("item 1", "item 2"), len(processes)) == (True, 2)
    assert all(process.poll() is not None for process in processes)


# ---- a whole build


def printed(job: Any) -> Any:
    return with_printer(printed_files, job)


def printed_files(job: Job) -> list[build.PrintedFile]:
    """A printer that is quick, and never done with one inspection; another one's process is killed the first time."""
    source = job.page.html
    if "LOOP" in source:
        do(("loop", 0))
    if "EAT" in source:
        do(("eat", 0))
    if "KILLED" in source:
        do(("die-once", os.environ["REPORTGEN_TEST_MARK"]))
    return [build.PrintedFile(form, f"{form} {len(source)} {source}".encode(), ()) for form in job.formats]


def test_what_cannot_be_printed_is_named_the_rest_is_printed_and_the_next_build_completes(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(office.copy_workspace(tmp_path), office.cache)
    monkeypatch.setattr(build, "do_job", printed)
    monkeypatch.setattr(build, "warm_up", nothing)
    monkeypatch.setenv("XDG_CACHE_HOME", str(desk.cache))
    monkeypatch.setenv("REPORTGEN_TEST_MARK", str(tmp_path / "mark"))
    small, ids = desk.read(SMALLEST_FILE), ("one", "loop", "eat", "killed", "two")
    for name in ids:
        desk.write(f"inspections/{name}.yaml", small.replace("subject: ", f"subject: {name.upper()} ", 1))
    workspace = Workspace(desk.root)
    order = Order(ids, jobs=2, limits=Limits(seconds=6, megabytes=900))
    outcomes = {each.id: each for each in build.build(workspace, order, cache_folder())}
    wrong = {name: [finding.name for finding in outcomes[name].errors] for name in ids if outcomes[name].errors}
    assert wrong == {"loop": ["job-too-long"], "eat": ["job-too-large"]}
    assert all(len(outcomes[name].files) == 2 for name in ("one", "killed", "two"))
    for name in ("loop", "eat"):
        desk.edit(f"inspections/{name}.yaml", (f"subject: {name.upper()} ", "subject: "))
    again = {each.id: each for each in build.build(workspace, order, cache_folder())}
    assert {name for name in ids if again[name].files} == {"loop", "eat"}
    assert not any(again[name].errors for name in ids)


# ---- the real command


COUNT = 6


@pytest.fixture(scope="module")
def whole(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Six small inspections, printed by one process."""
    desk = six(office, tmp_path_factory.mktemp("whole"))
    office.print(desk.root, "--jobs", "1")
    return desk


def six(office: Office, root: Path) -> Desk:
    desk = Desk(office.copy_workspace(root), office.cache)
    text = desk.read(SMALLEST_FILE)
    for path in (root / "inspections").glob("*.yaml"):
        path.unlink()
    for number in range(COUNT):
        desk.write(f"inspections/visit-{number}.yaml", text.replace("subject: ", f"subject: ({number}) ", 1))
    return desk


def contents(desk: Desk) -> dict[str, str]:
    """Return the digest of each printed file; what is unfinished has another name."""
    return {name: digest for name, (digest, _) in desk.outputs().items() if not name.endswith(".part")}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_that_is_broken_off_leaves_whole_files_only_and_the_next_one_completes_it(
    office: Office, tmp_path: Path, whole: Desk, ending: signal.Signals
) -> None:
    desk = six(office, tmp_path)
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "build", "--jobs", "2"]
    run = subprocess.Popen(
        command, env=office.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until(lambda: has_files(desk), 60)
    if ending == signal.SIGINT:
        os.killpg(run.pid, ending)  # as a terminal does
    else:
        run.kill()
    _, said = run.communicate(timeout=60)
    assert b"Traceback" not in said
    wait_until(lambda: not lives(run.pid), 60)
    broken_off = contents(desk)
    assert broken_off.items() <= contents(whole).items()
    assert 0 < len(broken_off) < 2 * COUNT
    office.print(desk.root, "--jobs", "2")
    assert contents(desk) == contents(whole)


def lives(group: int) -> bool:
    """Whether a process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_terminal_is_told_how_far_it_is_and_left_clean(office: Office, tmp_path: Path) -> None:
    desk = six(office, tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reportgen", "--ui", "en", "-C", str(desk.root), "build", "--jobs", "2"]
    with subprocess.Popen(command, env=office.environment, stdout=subprocess.DEVNULL, stderr=theirs) as run:
        os.close(theirs)
        said = b""
        with suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 10_000):
                said += piece
    os.close(ours)
    assert run.returncode == 0
    text = said.decode()
    assert re.search(rf"{COUNT}/{COUNT}  \d+/min  0:00  visit-\d", text)
    assert text.endswith("files printed: 12; inspections printed: 6; up to date: 0; failed: 0\r\n")
    assert "\x1b[2K" in text.rpartition("/min ")[2]


def test_a_file_is_told_from_time_to_time(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Desk
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_A_LINE", 0.0)
    desk = Desk(Path(shutil.copytree(whole.root, tmp_path / "copy")), office.cache)
    said = desk.run("build").stderr
    assert [line.partition(";")[0] for line in said.splitlines() if "a minute" in line] == [
        f"{number} of {COUNT}" for number in range(1, COUNT)
    ]


# ---- photographs of a build


def photographs_only(job: Any) -> Any:
    """Prepare photographs; one is never done, one is too large for the computer."""
    if isinstance(job, PictureJob):
        do((os.environ.get(job.name, "a"), 0))
    return with_printer(printed_files, job)


def with_photographs(office: Office, root: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return an office with the real inspection, none of whose photographs was printed before."""
    desk = Desk(office.copy_workspace(root / "office"), root / "cache")
    desk.path(SMALLEST_FILE).unlink()
    monkeypatch.setattr(build, "do_job", photographs_only)
    monkeypatch.setattr(build, "warm_up", nothing)
    monkeypatch.setenv("XDG_CACHE_HOME", str(desk.cache))
    return desk


def test_photographs_are_made_ready_by_the_processes_that_print_and_kept_by_the_one_that_asks(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = with_photographs(office, tmp_path, monkeypatch)
    monkeypatch.setattr(photographs, "prepare_picture", None)  # in this process
    answer = desk.run("build", "--jobs", "2")
    assert (answer.exit_code, len(desk.outputs())) == (0, 4), answer.stderr
    assert len(list((cache_folder() / "pictures").iterdir())) == 4


def test_what_is_wrong_with_photographs_is_told_of_all_and_nothing_is_printed(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = with_photographs(office, tmp_path, monkeypatch)
    folder = desk.path("inspections/611-2023-08-18")
    (folder / "at-work.jpg").write_bytes(b"no picture")
    (folder / "explanation.jpg").write_bytes((folder / "explanation.jpg").read_bytes()[:40_000])
    monkeypatch.setenv("closing-remarks.jpg", "loop")
    monkeypatch.setenv("posted-procedures.jpg", "eat")
    answer = desk.run("build", "--jobs", "2", "--time-limit", "6", "--memory-limit", "600")
    assert desk.outputs() == {}
    told = {re.search(r"“([a-z-]+\.jpg)”", line)[1]: line for line in answer.errors}
    assert {name: re.search("RG[0-9]+", line)[0] for name, line in told.items()} == {
        "at-work.jpg": "RG732",
        "explanation.jpg": "RG732",
        "closing-remarks.jpg": "RG990",
        "posted-procedures.jpg": "RG991",
    }
    assert "preparing the photograph “closing-remarks.jpg” took more than 6 seconds" in told["closing-remarks.jpg"]
