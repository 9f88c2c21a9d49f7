"""``kill -9`` at random moments, of who prints, of who gave the work, of another computer: nothing is lost or half.

``REPORTGEN_KILLS`` says how many times; docs/design.md tells what many times showed. With it, the computers print in
earnest; a stand-in prints else, which tells what it was given.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from computers import TESTS, children_of, command_of, computers, lives, wait_until
from conftest import PROJECT, Office
from desk import SMALLEST, SMALLEST_FILE, Desk, has_files, wait_for_work
from errands import quick_file

KILLS = int(os.environ.get("REPORTGEN_KILLS", "2"))
IN_EARNEST = "REPORTGEN_KILLS" in os.environ
COUNT = 6


def quick_office(office: Office, root: Path) -> Desk:
    """Return a workspace of small inspections alone."""
    desk = Desk(office.copy_workspace(root), office.cache)
    text = desk.read(SMALLEST_FILE)
    for path in (root / "inspections").glob("*.yaml"):
        path.unlink()
    for number in range(COUNT):
        desk.write(f"inspections/{SMALLEST}-{number}.yaml", text)
    return desk


def change(desk: Desk, turn: int) -> None:
    """Make all pages stale."""
    for number in range(COUNT):
        name = f"inspections/{SMALLEST}-{number}.yaml"
        desk.write(name, re.sub(r"^copies: .*$", f"copies: {turn + 2}", desk.read(name), flags=re.MULTILINE))


def expected(desk: Desk) -> dict[str, bytes]:
    """Return the files that the quick printers make of what stands in the workspace."""
    names = [f"{SMALLEST}-{number}" for number in range(COUNT)]
    pages = {name: desk.loaded(name).pages["vi"].html for name in names}
    return {
        f"output/{name}/{name}.vi.{form}": quick_file(pages[name], form) for name in names for form in ("docx", "pdf")
    }


def there(desk: Desk) -> dict[str, bytes]:
    return {name: desk.path(name).read_bytes() for name in desk.outputs() if not name.endswith(".part")}


def begin(desk: Desk, office: Office, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin to print; return when it has begun in earnest."""
    command = [sys.executable, "-m", module, "-C", str(desk.root), "--output-format", "concise", "build", *arguments]
    environment = {**office.environment, "PYTHONPATH": os.pathsep.join((str(PROJECT), str(TESTS)))}
    begun = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_for_work(desk, begun)
    return begun


def kill_again_and_again(
    desk: Desk, office: Office, kill: Callable[[subprocess.Popen[bytes]], bool], check: Callable[[int, bytes], None]
) -> int:
    """Print with two processes, kill at a random moment of a run's own length; return how often somebody was killed."""
    chance = random.Random(7)
    length, killed = 0.0, 0
    for turn in range(KILLS + 1):
        before = there(desk)
        change(desk, turn)
        begun = begin(desk, office, "quick", "--jobs", "2")
        started = time.monotonic()
        if turn:
            time.sleep(chance.uniform(0, length))
            killed += kill(begun)
        _, said = begun.communicate(timeout=60)
        length = length or time.monotonic() - started
        new = expected(desk)
        assert all(content in (before.get(name), new[name]) for name, content in there(desk).items())
        check(begun.returncode, said)
        wait_until(lambda group=begun.pid: not lives(group))
    return killed


def test_a_printing_process_that_is_killed_costs_no_file(office: Office, tmp_path: Path) -> None:
    desk = quick_office(office, tmp_path)

    def kill_a_printer(begun: subprocess.Popen[bytes]) -> bool:
        printing = [child for child in children_of(begun.pid) if "reportgen.serving" in command_of(child)]
        for victim in printing[-1:]:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        return bool(printing)

    def is_complete(code: int, said: bytes) -> None:
        assert (code, said.count(b"error[")) == (0, 0), said
        assert there(desk) == expected(desk)

    killed = kill_again_and_again(desk, office, kill_a_printer, is_complete)
    print(f"killed a printing process {killed} times")
    assert killed >= KILLS // 2


def test_a_batch_whose_parent_is_killed_leaves_whole_files_and_no_process(office: Office, tmp_path: Path) -> None:
    desk = quick_office(office, tmp_path)

    def kill_it(begun: subprocess.Popen[bytes]) -> bool:
        begun.kill()
        return begun.wait() == -signal.SIGKILL

    def next_one_completes(code: int, said: bytes) -> None:
        assert code in (0, -signal.SIGKILL), said
        last = begin(desk, office, "quick", "--jobs", "2")
        _, said = last.communicate(timeout=60)
        assert last.returncode == 0, said
        assert there(desk) == expected(desk)

    killed = kill_again_and_again(desk, office, kill_it, next_one_completes)
    print(f"killed the parent {killed} times")
    assert killed >= KILLS // 2


def test_computers_that_are_killed_cost_no_file(office: Office, tmp_path: Path) -> None:
    """Two computers; one or the other is killed, at random moments of one batch."""
    module = "reportgen" if IN_EARNEST else "quick"
    desk, own = (quick_office(office, tmp_path / name) for name in ("cluster", "own"))
    count = COUNT + (40 if IN_EARNEST else 12) * KILLS  # enough that the batch outlasts all kills
    for number in range(COUNT, count):
        for each in (desk, own):
            shutil.copy(each.path(f"inspections/{SMALLEST}-0.yaml"), each.path(f"inspections/more-{number}.yaml"))
    chance, killed = random.Random(11), 0
    with computers(tmp_path / "computers") as two:
        workers = [two.start(name) for name in ("alpha", "beta")]
        begun = begin(desk, office, module, "--scheduler", two.address)
        wait_until(lambda: has_files(desk))
        while begun.poll() is None and killed < KILLS:
            killed += chance.choice(workers).kill()
            time.sleep(chance.uniform(0.5, 3 if IN_EARNEST else 1))
        _, said = begun.communicate(timeout=600)
    assert (begun.returncode, said.count(b"error[")) == (0, 0), said
    last = begin(own, office, module, "--jobs", "2")
    assert last.communicate(timeout=600)[1].count(b"error[") == 0
    assert there(desk) == there(own)
    assert len(there(own)) == 2 * count
    print(f"killed a computer {killed} times")
    assert killed >= KILLS / 2
