"""``render`` is pure: the same job gives the same bytes, in every process and on every day."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Office
from desk import REAL, SMALLEST, Desk

# Prepares the jobs of a workspace in one process, as build does.
MAKE_JOBS = """
import pickle, sys
from pathlib import Path
from reportgen.build import Order, make_jobs
from reportgen.folders import Workspace
from reportgen.workspace import load_inspection, read_library
import os
workspace, cache = Workspace(Path(sys.argv[1])), Path(sys.argv[2])
library = read_library(workspace)
fonts = library.find_fonts(cache)
os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
jobs = make_jobs(load_inspection(workspace, library, sys.argv[3], fonts), library, fonts, Order((sys.argv[3],)))
sys.stdout.buffer.write(pickle.dumps((str(fonts.fontconfig()), jobs)))
"""

# The same where WeasyPrint has drawn with the fonts of this computer before.
RENDER_LATER = """
import os, weasyprint
os.environ.pop("FONTCONFIG_FILE", None)
weasyprint.HTML(string="<p>ก").write_pdf()
"""

# Renders pickled jobs in another process, without the workspace.
RENDER = """
import hashlib, json, os, pickle, sys
configuration = sys.argv[1]
os.environ["FONTCONFIG_FILE"] = configuration
from reportgen.render import render
_, jobs = pickle.loads(sys.stdin.buffer.read())
assert pickle.loads(pickle.dumps(jobs)) == jobs
found = {}
for turn in range(2):
    for language, job in jobs.items():
        for form, content in render(job).files.items():
            found.setdefault(f"{language}.{form}", []).append(hashlib.sha256(content).hexdigest())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def desk(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(office.copy_workspace(tmp_path_factory.mktemp("pure")), office.cache)


@pytest.fixture(scope="module")
def jobs(desk: Desk, office: Office) -> bytes:
    """The jobs of the real inspection, pickled."""
    return office.python(MAKE_JOBS, str(desk.root), str(office.cache / "reportgen"), REAL)


def test_a_job_is_complete_and_gives_the_same_bytes_in_every_process(
    jobs: bytes, office: Office, tmp_path: Path
) -> None:
    configuration = jobs.partition(b".conf")[0].rpartition(b"/")[2].decode() + ".conf"
    path = str(office.cache / "reportgen" / configuration)
    worlds = (
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Bangkok", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LANG": "th_TH.UTF-8"},
    )
    found = [json.loads(office.python(RENDER, path, given=jobs, **world)) for world in worlds]
    found.append(json.loads(office.python(RENDER_LATER + RENDER, path, given=jobs)))
    assert found[0].keys() == {"vi.pdf", "vi.docx", "th.pdf", "th.docx"}
    assert found[0] == found[1] == found[2]
    assert all(first == second for first, second in found[0].values())


WORLDS = (
    ("an office", {"PYTHONHASHSEED": "1", "TZ": "Asia/Bangkok"}, ("--jobs", "1")),
    ("another folder", {"PYTHONHASHSEED": "2", "TZ": "UTC"}, ("--jobs", "2")),
    ("an office", {"PYTHONHASHSEED": "3", "TZ": "UTC"}, ("--jobs", "1", "--force")),
)


def test_all_files_are_the_same_bytes_in_every_run_folder_zone_and_number_of_processes(
    office: Office, tmp_path: Path
) -> None:
    printed = []
    for folder, world, arguments in WORLDS:
        root = tmp_path / folder
        if not root.exists():
            office.copy_workspace(root)
        before = Desk(root, office.cache).outputs()
        command = [sys.executable, "-m", "reportgen", "-C", str(root), "build", *arguments]
        subprocess.run(command, env={**office.environment, **world}, capture_output=True, check=True)
        after = Desk(root, office.cache).outputs()
        assert all(after[name] != look for name, look in before.items())  # each was printed again
        printed.append({name: digest for name, (digest, _) in after.items()})
    assert printed[0] == printed[1] == printed[2]
    assert len(printed[0]) == 6


LAST_RULE = ".recipient {"


@pytest.mark.parametrize(
    ("file", "there", "instead", "told_in", "says"),
    [
        (
            "templates/vi/letterhead.html",
            '<p class="motto">',
            '<p class="motto" style="color: red">',
            "",
            "the attribute “style” of <p>",
        ),
        (
            "templates/vi/letterhead.html",
            '"motto-rule"/>',
            '"motto-rule" onclick="x"/>',
            "",
            "the attribute “onclick” of <hr>",
        ),
        (
            "templates/vi/style.css",
            LAST_RULE,
            ".letterhead-agency { width: 40% }\n" + LAST_RULE,
            "templates/vi/letterhead.html",
            "“width: 40%”",
        ),
        (
            "templates/vi/style.css",
            LAST_RULE,
            ".letterhead-agency { width: auto }\n" + LAST_RULE,
            "templates/vi/letterhead.html",
            "has no width",
        ),
        (
            "templates/vi/style.css",
            ".nation { font-size: 13pt",
            ".nation { font-size: 13quux",
            "",
            "the PDF printer says",
        ),
        (
            "templates/vi/letterhead.html",
            "<header",
            "lost words <header",
            "templates/minutes.html",
            "outside any paragraph",
        ),
    ],
)
def test_what_one_printer_would_do_otherwise_is_refused(
    office: Office, tmp_path: Path, file: str, there: str, instead: str, told_in: str, says: str
) -> None:
    desk = Desk(office.copy_workspace(tmp_path), office.cache)
    desk.edit(file, (there, instead))
    (line,) = build_errors(desk, office)
    assert says in line
    assert line.startswith(told_in or file)


def build_errors(desk: Desk, office: Office) -> list[str]:
    """Build the smallest inspection, which must fail and write nothing, in a process of its own."""
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "--ui", "en", "--output-format", "concise"]
    done = subprocess.run(
        [*command, "build", SMALLEST], env=office.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert desk.outputs() == {}
    return [line for line in done.stderr.splitlines() if "error[" in line]


def test_one_class_with_two_looks_is_refused(office: Office, tmp_path: Path) -> None:
    desk = Desk(office.copy_workspace(tmp_path), office.cache)
    desk.edit("templates/vi/style.css", (".nation {", ".letterhead-agency .number { color: #ff0000 }\n.nation {"))
    desk.edit("templates/vi/letterhead.html", ('<h1 class="title">', '<p class="number">x</p>\n<h1 class="title">'))
    (line,) = build_errors(desk, office)
    assert "the class “number” looks different in two places; in Word it is the one style “Number”" in line
    assert line.startswith("templates/vi/letterhead.html:")
