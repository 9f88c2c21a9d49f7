"""The benchmark suite: its modules load, its tables say what its figures say, its document is whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
BENCH = ROOT / "bench"
MODULES = sorted(path.stem for path in BENCH.glob("*.py"))
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DOCUMENT = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the suite's modules find one another, and forget them afterwards."""
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name in MODULES:
            del sys.modules[name]


def loaded(name: str) -> ModuleType:
    return __import__(name)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_of_the_suite_loads(name: str) -> None:
    assert loaded(name).__doc__


def figures(**changed: list[float]) -> object:
    """Return figures of three rounds: our PDF takes 0.2 s, Typst's 0.1 s; a change names another series."""
    report, timing = loaded("report"), loaded("timing")
    seconds = {"th reportgen-pdf": [0.2, 0.4, 0.21], "th typst": [0.1, 0.2, 0.1], **changed}
    series = {name: [timing.Cost(wall, wall / 2, 50) for wall in values] for name, values in seconds.items()}
    soak = {1: 80.0, 50: 100.0, 500: 104.0, 2000: 104.5}
    return report.Figures(series, {report.DASK: "the extra `dask` is not installed"}, {"day": "today"}, soak)


def line(table: str, words: str) -> str:
    (found,) = [each for each in table.splitlines() if words in each]
    return found


def test_a_target_tells_the_median_of_the_ratios_of_the_rounds_and_whether_it_is_met() -> None:
    table = loaded("report").targets(figures())
    assert line(table, "against Typst").endswith("| 2.00 × (2.00–2.05), of CPU 2.00 × | yes |")
    table = loaded("report").targets(figures(**{"th typst": [0.1, 0.1, 0.1]}))
    assert line(table, "against Typst").endswith("| 2.10 × (2.05–3.05), of CPU 2.10 × | no |")


def test_more_is_better_where_inspections_a_second_are_compared() -> None:
    given = figures(**{"batch 1": [10.0], "batch 2": [5.0], "batch peer": [14.0]})
    table = loaded("report").targets(given)
    assert line(table, "2 processes against 1").endswith("| 2.00 ×, of CPU 2.00 × | yes |")
    assert line(table, "against docxtpl + LibreOffice, 20").endswith("| 2.80 ×, of CPU 2.80 × | no |")


def test_the_memory_is_that_of_the_soak() -> None:
    table = loaded("report").targets(figures())
    assert line(table, "after 500 editions").endswith("| 104 MiB | yes |")
    assert line(table, "after 2,000 editions").endswith("| 1.04 × | yes |")
    assert "     500   104.0  ▪▪▪▪" in loaded("report").curve({500: 104.0})


def test_what_was_not_measured_is_told_with_the_reason() -> None:
    table = loaded("report").targets(figures())
    assert line(table, "Dask").endswith("| not measured: the extra `dask` is not installed | |")
    assert line(table, "`check`, one file").endswith("| not measured | |")
    assert "not measured: the extra `dask` is not installed" in loaded("report").all_tables(figures())["batch"]


def test_a_table_of_costs_compares_ours_with_each_row() -> None:
    warm = loaded("report").all_tables(figures())["warm-th"]
    assert line(warm, "| Typst").endswith("| 100 | 50.0 | 50 | 2.00 × (2.00–2.05) |")


def test_tables_are_written_between_their_marks_and_nothing_else_changes() -> None:
    report = loaded("report")
    written = report.with_tables("before <!-- bench:a -->old<!-- /bench:a --> after", {"a": "new \\1"})
    assert written == "before <!-- bench:a -->\nnew \\1\n<!-- /bench:a --> after"
    with pytest.raises(ValueError, match="needs once"):
        report.with_tables("nothing", {"a": "new"})


def test_the_document_has_a_place_for_every_table() -> None:
    report = loaded("report")
    names = re.findall(r"<!-- bench:(\S+) -->", DOCUMENT)
    assert sorted(names) == sorted([*report.all_tables(figures()), "rerun", "soak", "large-batch"])
    assert report.with_tables(DOCUMENT, report.all_tables(figures())) != DOCUMENT


def test_the_document_tells_every_target() -> None:
    wanted = [(target.what, target.wanted) for target in loaded("report").TARGETS]
    told = re.findall(r"^\| (.+?) \| (.+?) \| .+ \|.*\|$", DOCUMENT.partition("<!-- /bench:targets")[0], re.MULTILINE)
    assert told[1:] == wanted


def test_two_runs_are_compared_figure_by_figure() -> None:
    report = loaded("report")
    assert report.agreement({"a": 1.0, "b": 2.0}, {"a": 1.1, "c": 3.0}) == {"a": pytest.approx(0.1)}


def docx(path: Path, *paragraphs: str, pictures: int = 0) -> Path:
    """Write what of a DOCX is read when it is compared."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')
        for number in range(pictures):
            package.writestr(f"word/media/image{number}.jpg", b"")
    return path


def test_a_page_that_lacks_words_or_pictures_is_no_peer(tmp_path: Path) -> None:
    edition = loaded("editions").Edition(tmp_path / "visit.th")
    edition.folder.mkdir()
    caption = {"kind": "paragraph", "style": "Caption", "level": 0, "text": "ภาพที่ ๑"}
    text = {**caption, "text": "ผู้ตรวจตรวจการปฏิบัติราชการ"}
    cells = [[{"kind": "figure", "picture": "one.jpg", "caption": caption}]]
    words = {"fonts": ["RG Saraban"], "blocks": [text, {"kind": "columns", "cells": cells}]}
    (edition.folder / "words.json").write_text(json.dumps(words), encoding="utf-8")
    faults = loaded("facts").faults
    assert faults(edition, docx(tmp_path / "whole.docx", text["text"], caption["text"], pictures=1)) == []
    assert faults(edition, docx(tmp_path / "bare.docx", text["text"], caption["text"])) == ["0 pictures instead of 1"]
    (fault,) = faults(edition, docx(tmp_path / "other.docx", caption["text"], pictures=1))
    assert fault.startswith("2 of 3 pieces of text are not there")


def test_make_bench_installs_the_peers_and_runs_the_suite() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--dry-run", "--always-make", "bench"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ".venv/bin/python bench/suite.py"
    assert ".venv/bench/bin/python -m pip" in done.stdout
    assert "chromium" in done.stdout


def test_the_suite_meters_a_command_and_what_it_leaves_behind(tmp_path: Path) -> None:
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {spin!r}]).wait()"
    cost = loaded("timing").run([sys.executable, "-c", code], tmp_path, memory=True)
    assert 0.3 <= cost.cpu < 3
    assert cost.wall >= 0.3
    assert 5 < cost.memory < 200


def test_a_command_that_fails_ends_the_suite_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        loaded("timing").run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


def test_the_lock_of_the_peers_pins_what_they_ask_for_and_names_no_address() -> None:
    lock = (BENCH / "requirements.lock").read_text(encoding="utf-8")
    asked = [name for name in (BENCH / "requirements.in").read_text(encoding="utf-8").split("\n") if name[:1].isalpha()]
    pinned = re.findall(r"^([\w.-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    assert set(asked) <= set(pinned)
    assert len(pinned) == len(re.findall(r"^\w", lock, re.MULTILINE))
    assert "://" not in lock
