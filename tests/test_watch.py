"""``reportgen watch``: a real process that sees files saved, prints what is stale, and ends when it is asked to."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Office
from desk import REAL_FILE, SMALLEST, SMALLEST_FILE, Desk

from reportgen.folders import ReadOnce, Workspace
from reportgen.state import STATE, State
from reportgen.watch import FontsChangedError, WarmLibrary, Watched

PATIENCE = 120  # seconds, on a computer that does much else
BUILT = "files printed: "
WORDING = "templates/vi/wording.yaml"
SMALL_DOCX = f"output/{SMALLEST}/{SMALLEST}.vi.docx"


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


@dataclass(frozen=True)
class Watcher:
    """A watching process, and the file that it writes what it says to."""

    process: subprocess.Popen[bytes]
    path: Path

    @property
    def said(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def builds(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.startswith(BUILT)]

    def wait(self, builds: int) -> str:
        """Wait until so many printings are told, and until no other follows; return what was said since the last."""
        until = time.monotonic() + PATIENCE
        while len(self.builds) < builds:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)
        time.sleep(1)
        assert len(self.builds) == builds, self.said
        return self.said.split(BUILT)[-2]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def watching(desk: Desk, office: Office, *arguments: str) -> Iterator[Watcher]:
    path = desk.root.parent / f"{desk.root.name}.said"
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "--ui", "en", "--output-format", "concise"]
    with path.open("wb") as said:
        process = subprocess.Popen(
            [*command, "watch", *arguments], env=office.environment, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            yield Watcher(process, path)
        finally:
            process.kill()
            process.wait()


def unfinished(desk: Desk) -> list[str]:
    return [path.name for path in desk.path("output").rglob(".*") if path.name != STATE]


def save_over(desk: Desk, name: str, text: str) -> None:
    """Save a file as editors do: written beside, then renamed over it."""
    beside = desk.path(f"{name}~")
    beside.write_text(text, encoding="utf-8")
    beside.replace(desk.path(name))


def test_what_is_saved_is_printed_once_and_mistakes_do_not_end_it(desk: Desk, office: Office) -> None:
    photos = desk.path(f"inspections/{SMALLEST}")
    photos.mkdir()
    desk.path(REAL_FILE).unlink()
    with watching(desk, office, "--format", "docx") as watcher:
        started = watcher.wait(1)
        assert "watching inspections/ (1 inspections, with photographs) and templates/" in started
        assert SMALL_DOCX in started
        # renamed over: one file, one printing
        first = desk.path(SMALL_DOCX).read_bytes()
        save_over(desk, WORDING, desk.read(WORDING).replace("Địa điểm", "Nơi kiểm tra"))
        said = watcher.wait(2)
        assert f"changed: {WORDING}\n{SMALL_DOCX}" in said
        assert desk.path(SMALL_DOCX).read_bytes() != first
        # fifty files at once: one printing, and nothing that is not stale
        for number in range(50):
            (photos / f"{number:02}.jpg").write_bytes(b"a picture that nobody prints")
        said = watcher.wait(3)
        assert f"changed: inspections/{SMALLEST}/00.jpg, " in said
        assert " and 42 more\n" in said
        assert watcher.builds[-1].startswith(f"{BUILT}0; inspections printed: 0; up to date: 1;")
        # a comment changes nothing; what editors keep beside a file is not even seen
        desk.write(f"inspections/.{SMALLEST}.yaml.swp", "x")
        desk.write("inspections/notes.txt", "x")
        desk.write(SMALLEST_FILE, desk.read(SMALLEST_FILE) + "# nothing\n")
        assert f"changed: {SMALLEST_FILE}\n" in watcher.wait(4)
        assert watcher.builds[-1].startswith(f"{BUILT}0;")
        # a broken file is told, and the old paper stays
        good, kept = desk.read(SMALLEST_FILE), desk.path(SMALL_DOCX).read_bytes()
        desk.write(SMALLEST_FILE, good.replace("copies:", "copeis:"))
        assert f"{SMALLEST_FILE}:" in watcher.wait(5)
        assert watcher.builds[-1].endswith("failed: 1")
        assert desk.path(SMALL_DOCX).read_bytes() == kept
        # a broken template is told too, and both are mended
        text = desk.read(WORDING)
        desk.write(WORDING, "{")
        until = time.monotonic() + PATIENCE
        while f"{WORDING}:" not in watcher.said:
            assert time.monotonic() < until, watcher.said
            time.sleep(0.05)
        desk.write(WORDING, text)
        watcher.wait(6)
        desk.write(SMALLEST_FILE, good.replace("copies:", "copies:  "))
        watcher.wait(7)
        assert watcher.builds[-1].endswith("failed: 0")
        # a new inspection is printed without being named, and its folder is seen with all that is in it
        shutil.copy(desk.path(SMALLEST_FILE), desk.path("inspections/new.yaml"))
        assert "output/new/new.vi.docx" in watcher.wait(8)
        shutil.copytree(photos, desk.path("inspections/new"))
        assert "changed: inspections/new" in watcher.wait(9)
        assert watcher.end() == 0
        assert watcher.said.endswith("watching has ended\n")
    assert unfinished(desk) == []


@pytest.mark.parametrize("pause", [0, 0.7])
def test_ended_while_it_prints_it_finishes_the_inspection_and_leaves_neither_half_a_file_nor_a_lock(
    desk: Desk, office: Office, pause: float
) -> None:
    with watching(desk, office) as watcher:
        until = time.monotonic() + PATIENCE
        while not desk.path(f"output/{STATE}").is_dir():  # printing has begun
            assert time.monotonic() < until, watcher.said
            time.sleep(0.02)
        time.sleep(pause)
        assert watcher.end() == 0
        (built,) = watcher.builds
    assert unfinished(desk) == []
    printed = sorted(path.name for path in desk.path("output").glob("*/*.*") if STATE not in path.parts)
    assert len(printed) in (0, 4, 6)  # none yet, all of the first inspection, or all of both
    assert built == f"{BUILT}{len(printed)}; inspections printed: {len(printed) // 4}; up to date: 0; failed: 0"
    assert desk.run("build", SMALLEST, "--format", "docx").exit_code == 0  # nothing is locked


def test_only_the_inspections_that_are_named_are_watched_and_sigterm_ends_too(desk: Desk, office: Office) -> None:
    with watching(desk, office, SMALLEST, "--format", "docx") as watcher:
        assert f"watching {SMALLEST} (1 inspections" in watcher.wait(1)
        desk.write(REAL_FILE, desk.read(REAL_FILE) + "# nothing\n")
        desk.write(SMALLEST_FILE, desk.read(SMALLEST_FILE) + "# nothing\n")
        assert f"changed: {SMALLEST_FILE}\n" in watcher.wait(2)
        assert watcher.end(signal.SIGTERM) == 0
    assert sorted(path.name for path in desk.path("output").iterdir()) == [STATE, SMALLEST]


def test_an_inspection_that_is_not_there_is_told_at_once(desk: Desk) -> None:
    answer = desk.run("watch", "mau-toi-thieuu")
    assert (answer.exit_code, "RG902" in answer.stderr) == (1, True)


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("inspections/a.yaml", True),
        ("inspections/b.yaml", False),
        ("inspections/a/photo.jpg", True),
        ("inspections/a/.photo.jpg.part", False),
        ("inspections/a/album/photo.jpg", False),
        ("inspections/b/photo.jpg", False),
        ("inspections/a.yaml~", False),
        ("inspections/.a.yaml.swp", False),
        ("inspections/4913", False),
        ("inspections/a", True),
        ("templates/th", True),
        ("templates/office.yaml", True),
        ("templates/minutes.html", True),
        ("templates/minutes.css", True),
        ("templates/vi/wording.yaml", True),
        ("templates/vi/letterhead.html", True),
        ("templates/vi/notes.txt", False),
        ("templates/vi/old/wording.yaml", False),
    ],
)
def test_only_files_that_papers_depend_on_matter(tmp_path: Path, path: str, matters: bool) -> None:
    (tmp_path / "inspections").mkdir()
    (tmp_path / "inspections" / "a.yaml").touch()
    assert Watched(Workspace(tmp_path), ("a",)).matters(path) == matters
    assert Watched(Workspace(tmp_path)).matters(path) == (matters or path.startswith("inspections/b"))


def test_the_library_is_read_again_only_when_a_byte_of_it_changed(desk: Desk) -> None:
    library = WarmLibrary(desk.cache / "reportgen")
    first = library.read(ReadOnce(desk.root))
    desk.write(SMALLEST_FILE, desk.read(SMALLEST_FILE) + "# nothing\n")
    assert library.read(ReadOnce(desk.root)) is first
    desk.write(WORDING, desk.read(WORDING) + "# nothing\n")
    assert library.read(ReadOnce(desk.root)) is not first


def test_other_fonts_need_another_process(desk: Desk) -> None:
    library = WarmLibrary(desk.cache / "reportgen")
    library.read(ReadOnce(desk.root))
    shutil.rmtree(desk.path("templates/th"))
    with pytest.raises(FontsChangedError):
        library.read(ReadOnce(desk.root))


def test_with_other_fonts_it_begins_again_and_goes_on(desk: Desk, office: Office) -> None:
    desk.path(REAL_FILE).unlink()
    with watching(desk, office, "--format", "docx") as watcher:
        watcher.wait(1)
        shutil.rmtree(desk.path("templates/th"))
        until = time.monotonic() + PATIENCE
        while watcher.said.count("watching inspections/") < 2:
            assert watcher.process.poll() is None, watcher.said
            assert time.monotonic() < until, watcher.said
            time.sleep(0.05)
        assert watcher.end() == 0


def test_while_another_process_prints_it_says_so_once_and_tries_again(desk: Desk, office: Office) -> None:
    with ExitStack() as stack:
        with State.writing(desk.root):
            watcher = stack.enter_context(watching(desk, office, SMALLEST, "--format", "docx"))
            until = time.monotonic() + PATIENCE
            while "RG910" not in watcher.said:
                assert time.monotonic() < until, watcher.said
                time.sleep(0.05)
            time.sleep(1)
            assert (watcher.said.count("RG910"), watcher.builds) == (1, [])
        watcher.wait(1)
        assert desk.path(SMALL_DOCX).is_file()
