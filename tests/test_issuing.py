"""Issuing by the real commands: numbers, frozen files, revisions; and a file in hand told from others."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT, Office
from desk import REAL, SMALLEST, SMALLEST_FILE, Desk, full_disk, read_only
from pypdf import PdfReader, PdfWriter

from reportgen import staleness
from reportgen.register import Register, read_manifest, verify_register

OTHER = "mau-thu-hai"
OTHER_FILE = f"inspections/{OTHER}.yaml"
KILLS = int(os.environ.get("REPORTGEN_KILLS", "4"))

STAND_IN = """
import sys
from hashlib import sha256
from reportgen import build, issuing, register
def render_files(job):
    digest = build.job_digest(job, ()).encode()
    return [build.PrintedFile(form, sha256(form.encode() + digest).digest() * 20_000, ()) for form in job.formats]
freeze = register.Issuing.freeze
def told(*arguments):
    print("writing", flush=True)
    made = freeze(*arguments)
    print("written", flush=True)
    return made
issuing.render_files, register.Issuing.freeze = render_files, told
from reportgen.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return open_desk(office, tmp_path)


def open_desk(office: Office, root: Path) -> Desk:
    """Return a workspace whose smallest inspection leaves its number open."""
    desk = Desk(office.copy_workspace(root), office.cache)
    desk.edit(SMALLEST_FILE, ("number: 5/BB-ĐKT", "number: …/BB-ĐKT"))
    return desk


@pytest.fixture(scope="module")
def issued(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An office where one inspection is issued; tests only read it."""
    desk = open_desk(office, tmp_path_factory.mktemp("issued"))
    answer = desk.run("issue", SMALLEST)
    assert answer.exit_code == 0, answer.stderr
    return desk


def folder(desk: Desk, revision: int = 1, number: int = 1) -> Path:
    return desk.path(f"output/issued/2026/{number}-BB-ĐKT/r{revision}")


def file(desk: Desk, form: str = "pdf", revision: int = 1) -> Path:
    return folder(desk, revision) / f"{SMALLEST}.vi.{form}"


def words_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def register_of(desk: Desk) -> Register:
    return Register(desk.path("output/issued"))


def codes(desk: Desk, *arguments: str) -> list[str]:
    answer = desk.run(*arguments, form="json")
    assert answer.exit_code == 1
    return [finding["code"] for finding in answer.findings if finding["severity"] == "error"]


# ---- issuing


def test_open_minutes_get_the_next_number_and_all_their_files(issued: Desk) -> None:
    names = {path.name for path in folder(issued).iterdir()}
    assert names == {f"{SMALLEST}.vi.pdf", f"{SMALLEST}.vi.docx", "manifest.json"}
    assert "Số: 01/BB-ĐKT" in words_of(file(issued))
    assert verify_register(register_of(issued)) == []


def test_a_number_that_was_given_is_no_longer_said_to_be_open(desk: Desk) -> None:
    assert "RG264" in desk.run("check", SMALLEST).stderr + desk.run("check", SMALLEST).stdout
    answer = desk.run("issue", SMALLEST)
    assert "RG264" not in answer.stdout + answer.stderr


def test_the_manifest_tells_files_sources_clause_versions_and_tools(issued: Desk) -> None:
    manifest = json.loads((folder(issued) / "manifest.json").read_text("utf-8"))
    used = {(each["kind"], each["name"]) for each in manifest["editions"]["vi"]["used"]}
    assert {("clause", "closing.copies"), ("inspection", "date"), ("tool", "WeasyPrint"), ("register", "issue")} <= used
    assert {"template", "sheet", "font", "office", "locale"} <= {kind for kind, _ in used}
    assert set(manifest["files"]) == {f"{SMALLEST}.vi.pdf", f"{SMALLEST}.vi.docx"}
    assert manifest["tools"]["WeasyPrint"]
    assert ["Number", "Số: 01/BB-ĐKT"] in manifest["editions"]["vi"]["blocks"]


def test_issued_minutes_are_not_printed_again_by_build(issued: Desk) -> None:
    before = issued.outputs()
    answer = issued.run("build", SMALLEST, "--force")
    assert answer.exit_code == 0
    assert issued.outputs() == before


def test_status_says_issued_and_after_a_change_that_the_sources_changed(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    assert "issued" in desk.run("status", SMALLEST).stdout
    before = desk.outputs()
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    answer = desk.run("status", SMALLEST)
    assert "issued; sources changed" in answer.stdout
    assert "copies" in answer.stdout
    assert "to print: 0; " in answer.stderr
    assert "issued files whose sources changed: 2; " in answer.stderr
    assert desk.run("build", SMALLEST).exit_code == 0
    assert desk.outputs() == before


def test_what_is_known_to_be_as_it_was_issued_is_not_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An office that has issued a thousand minutes looks at them whenever it builds."""
    desk.run("issue", SMALLEST)
    desk.run("build", "--format", "docx")
    assert desk.run("status", SMALLEST).exit_code == 0
    read: list[str] = []
    monkeypatch.setattr(
        staleness, "read_manifest", lambda folder, entry: read.append(entry) or read_manifest(folder, entry)
    )
    for command in ("status", "build"):
        assert desk.run(command, SMALLEST).exit_code == 0
    assert read == []
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    assert "issued; sources changed" in desk.run("status", SMALLEST).stdout
    assert len(read) == 1
    desk.edit(SMALLEST_FILE, ("copies: 4", "copies: 2"))
    assert "sources changed" not in desk.run("status", SMALLEST).stdout
    desk.edit("templates/vi/wording.yaml", ("Địa điểm", "Nơi"))
    assert "issued; sources changed" in desk.run("status", SMALLEST).stdout


def test_minutes_are_issued_once(issued: Desk) -> None:
    before = issued.outputs()
    assert codes(issued, "issue", SMALLEST) == ["RG951"]
    assert issued.outputs() == before


def test_nothing_unconfirmed_is_issued(desk: Desk) -> None:
    answer = desk.run("issue", REAL)
    assert answer.exit_code == 1
    assert "RG950" in answer.stderr
    assert not desk.path("output/issued").exists()


def test_nothing_with_an_error_is_issued(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: none"))
    assert desk.run("issue", SMALLEST).exit_code == 1
    assert not desk.path("output/issued").exists()


def test_a_number_that_was_given_is_refused_by_check_build_and_issue(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    text = desk.read(SMALLEST_FILE)
    desk.write(OTHER_FILE, text.replace("number: …/BB-ĐKT", "number: 1/BB-ĐKT"))
    for command in ("check", "build", "issue"):
        assert codes(desk, command, OTHER) == ["RG949"]
    hint = desk.check(OTHER, form="json").findings
    assert "2/BB-ĐKT" in next(each["hint"] for each in hint if each["code"] == "RG949")
    desk.write(OTHER_FILE, text.replace("number: …/BB-ĐKT", "number: 2/BB-ĐKT"))
    assert desk.run("issue", OTHER).exit_code == 0
    assert [entry.number for entry in register_of(desk).entries()] == [1, 2]


# ---- revisions


def test_a_revision_stands_beside_the_first_issue_with_its_reason(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    first = file(desk).read_bytes()
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    answer = desk.run("issue", SMALLEST, "--revise", "--reason", "ghi sai số bản.")
    assert answer.exit_code == 0, answer.stderr
    assert file(desk).read_bytes() == first
    words = words_of(file(desk, revision=2))
    assert "thay thế Biên bản số 01/BB-ĐKT đã phát hành lần 1. Lý do thay thế: ghi sai số bản." in words
    assert "Số: 01/BB-ĐKT" in words
    assert "issued" in desk.run("status", SMALLEST).stdout
    assert "sources changed" not in desk.run("status", SMALLEST).stdout
    states = [row["state"] for row in json.loads(desk.run("register", form="json").stdout)["entries"]]
    assert states == ["replaced", "issued"]


def test_a_revision_needs_an_issue_and_a_reason(desk: Desk) -> None:
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "x") == ["RG952"]
    desk.run("issue", SMALLEST)
    assert codes(desk, "issue", SMALLEST, "--revise") == ["RG954"]
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "  ") == ["RG954"]
    desk.edit(SMALLEST_FILE, ("number: …/BB-ĐKT", "number: 7/BB-ĐKT"))
    assert codes(desk, "issue", SMALLEST, "--revise", "--reason", "x") == ["RG953"]
    assert len(register_of(desk).entries()) == 1


# ---- the register


def test_the_register_is_listed_filtered_and_written_as_csv(issued: Desk) -> None:
    assert "1/BB-ĐKT" in issued.run("register", form="full").stdout
    for arguments, count in [
        (("--year", "2026"), 1),
        (("--year", "2025"), 0),
        (("--language", "th"), 0),
        (("--state", "replaced"), 0),
        (("--state", "issued"), 1),
    ]:
        listed = json.loads(issued.run("register", *arguments, form="json").stdout)["entries"]
        assert len(listed) == count, arguments
    rows = list(csv.DictReader(io.StringIO(issued.run("register", "--csv", form="full").stdout)))
    assert [(row["symbol"], row["inspection"]) for row in rows] == [("1/BB-ĐKT", SMALLEST)]


def test_the_register_is_proven_whole_or_what_changed_is_named(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    assert desk.run("register", "--verify").exit_code == 0
    path = file(desk, "docx")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    answer = desk.run("register", "--verify")
    assert answer.exit_code == 1
    assert f"{SMALLEST}.vi.docx" in answer.stderr


# ---- a file in hand


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_an_issued_file_is_known_under_any_name_and_its_sources_make_it(
    issued: Desk, tmp_path: Path, form: str
) -> None:
    mailed = tmp_path / f"scan (2).{form}"
    shutil.copy(file(issued, form), mailed)
    answer = issued.run("verify", str(mailed), form="json")
    assert answer.exit_code == 0
    data = json.loads(answer.stdout)
    assert (data["verdict"], data["entry"]["number"], data["reproduced"]) == ("unchanged", 1, True)


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_changed_file_is_told_with_the_number_that_it_claims(issued: Desk, tmp_path: Path, form: str) -> None:
    content = bytearray(file(issued, form).read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / f"changed.{form}"
    changed.write_bytes(content)
    answer = issued.run("verify", str(changed), form="json")
    assert answer.exit_code == 1
    data = json.loads(answer.stdout)
    assert (data["verdict"], data["entry"]["number"]) == ("changed", 1)


@pytest.mark.parametrize(("what", "code"), [("manifest.json", "RG947"), ("register.sqlite", "RG944")])
def test_a_bit_of_a_manifest_or_a_row_is_missed_by_whoever_asks_for_a_file(
    issued: Desk, tmp_path: Path, what: str, code: str
) -> None:
    shutil.copytree(issued.root, tmp_path / "office")
    desk = Desk(tmp_path / "office", issued.cache)
    if what == "manifest.json":
        path = folder(desk) / what
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b'"revision": 1', b'"revision": 3', 1))
    else:
        with closing(sqlite3.connect(desk.path(f"output/issued/{what}"))) as register, register:
            register.executescript("DROP TRIGGER entries_stay; UPDATE entries SET number = 3 WHERE row = 1")
    answer = desk.run("verify", str(file(desk)))
    assert answer.exit_code == 1
    assert f"{what}:1:1: error[{code}]" in answer.stderr
    assert code in codes(desk, "register", "--verify")


def test_a_pdf_with_something_behind_it_is_told_from_a_changed_one(issued: Desk, tmp_path: Path) -> None:
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(file(issued).read_bytes() + b"\n%more\n")
    assert json.loads(issued.run("verify", str(signed), form="json").stdout)["verdict"] == "extended"


def verified(desk: Desk, path: Path) -> dict[str, Any]:
    return json.loads(desk.run("verify", str(path), form="json").stdout)


def test_a_docx_that_a_program_saved_again_has_the_same_words(issued: Desk, tmp_path: Path) -> None:
    saved = save_with_libreoffice(file(issued, "docx"), tmp_path)
    data = verified(issued, saved)
    assert (data["verdict"], data["entry"]["number"]) == ("changed", 1)
    assert (data["same_words"], data["differences"]) == (True, [])
    assert "its words are those that were issued" in issued.run("verify", str(saved), form="full").stdout


def save_with_libreoffice(document: Path, folder: Path) -> Path:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder)]
    subprocess.run([*command, str(document)], check=True, capture_output=True, timeout=300)
    return folder / document.name


def rewritten(path: Path, target: Path, part: str, change: Callable[[str], str]) -> Path:
    """Write a DOCX with one part changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                assert change(content.decode()) != content.decode()
                content = change(content.decode()).encode()
            new.writestr(name, content)
    return target


def drop_mark(properties: str) -> str:
    return re.sub("<dc:identifier>.*?</dc:identifier>", "", properties)


def test_a_docx_without_its_mark_is_known_by_its_words(issued: Desk, tmp_path: Path) -> None:
    saved = rewritten(file(issued, "docx"), tmp_path / "any name.docx", "docProps/core.xml", drop_mark)
    data = verified(issued, saved)
    assert (data["verdict"], data["entry"]["number"], data["same_words"]) == ("changed", 1, True)
    other = rewritten(saved, tmp_path / "other.docx", "word/document.xml", lambda xml: xml.replace("Địa điểm", "Nơi"))
    assert verified(issued, other)["verdict"] == "unknown"


def test_the_blocks_that_somebody_changed_in_a_docx_are_shown(issued: Desk, tmp_path: Path) -> None:
    change = partial(re.sub, "Địa điểm", "Nơi")
    saved = rewritten(file(issued, "docx"), tmp_path / "x.docx", "word/document.xml", change)
    data = verified(issued, saved)
    assert (data["verdict"], data["same_words"], len(data["differences"])) == ("changed", False, 1)
    answer = issued.run("verify", str(saved), form="full")
    assert answer.exit_code == 1
    assert "  [-Địa điểm-]{+Nơi+}" in answer.stdout
    assert "blocks whose words are not those that were issued: 1; that are: " in answer.stdout


def test_words_added_beside_the_text_of_a_docx_are_shown(issued: Desk, tmp_path: Path) -> None:
    words = "<w:p><w:r><w:t>không chính thức</w:t></w:r></w:p></w:hdr>"
    for number in (1, 2):
        part = f"word/header{number}.xml"
        saved = rewritten(
            file(issued, "docx"), tmp_path / f"{number}.docx", part, lambda xml: xml.replace("</w:hdr>", words)
        )
        (difference,) = verified(issued, saved)["differences"]
        assert difference["parts"] == [{"kind": "in", "text": "không chính thức"}]


def test_a_pdf_that_a_program_saved_again_has_the_same_words(issued: Desk, tmp_path: Path) -> None:
    """Also where that program compresses the metadata with the mark."""
    for compressed in (False, True):
        writer = PdfWriter(clone_from=PdfReader(file(issued)))
        if compressed:
            metadata = writer._root_object.raw_get("/Metadata")
            writer._replace_object(metadata, metadata.get_object().flate_encode())
        saved = tmp_path / f"saved-{compressed}.pdf"
        writer.write(saved)
        assert (b"<dc:identifier>" in saved.read_bytes()) is not compressed
        data = verified(issued, saved)
        assert (data["verdict"], data["entry"]["number"], data["same_words"]) == ("changed", 1, True)


def test_a_pdf_that_was_printed_to_a_pdf_is_unknown(issued: Desk, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    subprocess.run(["pdftocairo", "-pdf", str(file(issued)), str(again)], check=True)
    assert verified(issued, again)["verdict"] == "unknown"


def test_what_is_attached_still_makes_a_file_whose_sources_changed(desk: Desk) -> None:
    desk.run("issue", SMALLEST)
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    for form in ("pdf", "docx"):
        data = verified(desk, file(desk, form))
        assert (data["reproduced"], data["reproduced_from_attached"]) == (False, True)
    desk.edit(SMALLEST_FILE, ("copies: 4", "copies: none"))
    data = verified(desk, file(desk))
    assert (data["verdict"], data["reproduced"], data["reproduced_from_attached"]) == ("unchanged", None, True)
    said = desk.run("verify", str(file(desk)), form="full").stdout
    assert "the sources attached to the issued PDF make it, byte for byte" in said
    assert "the office's files, as they are now, cannot be printed" in said


def test_a_file_from_elsewhere_is_unknown(issued: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 something else")
    answer = issued.run("verify", str(tmp_path / "a.pdf"), form="full")
    assert answer.exit_code == 1
    assert "not issued here" in answer.stdout


def test_a_replaced_file_and_changed_sources_are_told(desk: Desk, tmp_path: Path) -> None:
    desk.run("issue", SMALLEST)
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    data = json.loads(desk.run("verify", str(file(desk)), form="json").stdout)
    assert (data["verdict"], data["reproduced"], len(data["changed_since"])) == ("unchanged", False, 1)
    desk.run("issue", SMALLEST, "--reason", "x")
    data = json.loads(desk.run("verify", str(file(desk)), form="json").stdout)
    assert (data["verdict"], data["replaced_by"]) == ("unchanged", 2)


# ---- disks


def test_on_a_full_disk_nothing_is_issued_and_no_number_is_used(desk: Desk, office: Office) -> None:
    desk.run("issue", add_inspections(desk, 1)[0])
    with full_disk(desk.path("output")) as limited:
        check_that_nothing_is_issued(desk, office, limited)
    answer = desk.run("issue", SMALLEST)
    assert answer.exit_code == 0, answer.stderr
    assert [entry.number for entry in register_of(desk).entries()] == [1, 2]
    assert verify_register(register_of(desk)) == []


def test_in_a_folder_that_is_read_only_nothing_is_issued_and_no_number_is_used(desk: Desk, office: Office) -> None:
    desk.run("issue", add_inspections(desk, 1)[0])
    with read_only(desk.path("output")) as plain:
        check_that_nothing_is_issued(desk, office, plain)
        for asked in (("status",), ("register",), ("register", "--verify")):
            command = [*plain, sys.executable, "-m", "reportgen", "-C", str(desk.root), *asked]
            done = subprocess.run(command, env=office.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    assert desk.run("issue", SMALLEST).exit_code == 0
    assert [entry.number for entry in register_of(desk).entries()] == [1, 2]
    assert verify_register(register_of(desk)) == []


def check_that_nothing_is_issued(desk: Desk, office: Office, limited: list[str]) -> None:
    before = {name: look for name, look in desk.outputs().items() if "register" not in name}
    command = [*limited, sys.executable, "-m", "reportgen", "-C", str(desk.root), "--ui", "en", "issue", SMALLEST]
    done = subprocess.run(command, env=office.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "error[RG801]" in done.stderr, done.stderr
    assert [entry.number for entry in register_of(desk).entries()] == [1]
    assert verify_register(register_of(desk)) == []
    after = {name: look for name, look in desk.outputs().items() if "register" not in name}
    assert {name: look for name, look in after.items() if "unfinished" not in name} == before


# ---- computers that stop


def issue_command(desk: Desk, office: Office, identifier: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "issue", identifier]
    return subprocess.Popen(
        command, env=office.environment, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def add_inspections(desk: Desk, count: int) -> list[str]:
    names = [f"cuoc-kiem-tra-{number}" for number in range(count)]
    for name in names:
        desk.write(f"inspections/{name}.yaml", desk.read(SMALLEST_FILE))
    return names


def test_commands_that_issue_at_once_get_each_number_once(desk: Desk, office: Office) -> None:
    running = [issue_command(desk, office, name) for name in add_inspections(desk, 4)]
    assert [process.wait(300) for process in running] == [0] * 4
    assert sorted(entry.number for entry in register_of(desk).entries()) == [1, 2, 3, 4]
    assert verify_register(register_of(desk)) == []


@dataclass
class Moments:
    """When to kill: half of the times at any moment of the command, half while it writes what it issues."""

    chance: random.Random
    whole: float = 0.0
    writing: float = 0.0

    def measure(self, running: subprocess.Popen[str]) -> None:
        """Let a command end, and keep how long it took, in seconds."""
        begun = time.monotonic()
        assert running.stdout
        assert running.stdout.readline() == "writing\n"
        at = time.monotonic()
        assert running.stdout.readline() == "written\n"
        self.writing = time.monotonic() - at
        assert running.wait(300) == 0
        running.stdout.close()
        self.whole = time.monotonic() - begun

    def kill(self, running: subprocess.Popen[str], *, writing: bool) -> None:
        assert running.stdout
        if writing:
            running.stdout.readline()
            time.sleep(self.chance.uniform(0, self.writing))
        else:
            time.sleep(self.chance.uniform(0, self.whole))
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()


def quick_issue(desk: Desk, office: Office, identifier: str) -> subprocess.Popen[str]:
    """Issue by the command, with the stand-in for the printers."""
    command = [sys.executable, "-c", STAND_IN, "-C", str(desk.root), "issue", identifier]
    return subprocess.Popen(
        command, env=office.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def whole_folders(register: Register) -> int:
    """Return the number of folders that have their final name; each holds what its manifest says."""
    found = list(register.folder.glob("*/*/r*"))
    for issued_folder in found:
        files = json.loads((issued_folder / "manifest.json").read_bytes())["files"]
        there = {path.name: sha256(path.read_bytes()).hexdigest() for path in issued_folder.iterdir()}
        assert {name: digest for name, digest in there.items() if name != "manifest.json"} == files
    return len(found)


def test_a_command_killed_at_any_moment_leaves_the_register_whole(desk: Desk, office: Office) -> None:
    names = add_inspections(desk, KILLS + 2)
    moments = Moments(random.Random(611))
    moments.measure(quick_issue(desk, office, names[0]))
    register = register_of(desk)
    begun = complete = 0
    folders = 1
    for turn in range(KILLS):
        moments.kill(quick_issue(desk, office, names[folders]), writing=turn % 2 == 0)
        before, folders = folders, whole_folders(register)
        rows = [entry.number for entry in register.entries()]
        assert rows == list(range(1, len(rows) + 1))
        assert folders - len(rows) in (0, 1)
        begun += bool(list(register.folder.glob(".unfinished-*")))
        complete += folders > before
    answer = desk.run("issue", names[folders])
    assert answer.exit_code == 0, answer.stderr
    assert [entry.inspection for entry in register.entries()] == names[: folders + 1]
    assert [entry.number for entry in register.entries()] == list(range(1, folders + 2))
    assert list(register.folder.glob(".unfinished-*")) == []
    assert verify_register(register) == []
    print(f"killed {KILLS} times: {begun} with half of the files written, {complete} when they had their name")
    assert begun + complete >= KILLS // 10


def test_two_who_issue_the_same_minutes_at_once_issue_them_once(desk: Desk, office: Office) -> None:
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "--output-format", "json", "issue", SMALLEST]
    running = [
        subprocess.Popen(command, env=office.environment, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [(*process.communicate(timeout=300), process.returncode) for process in running]
    assert sorted(code for _, _, code in answers) == [0, 1]
    (refused,) = [json.loads(out) for out, _, code in answers if code == 1]
    assert [finding["code"] for finding in refused["findings"] if finding["severity"] == "error"] == ["RG951"]
    assert [entry.number for entry in register_of(desk).entries()] == [1]
    assert verify_register(register_of(desk)) == []


def test_minutes_are_issued_while_a_build_prints(desk: Desk, office: Office) -> None:
    """Whichever ends first, the build never touches what is issued, and what was built is not half there."""
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "build"]
    built = subprocess.Popen(command, env=office.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    issued_now = issue_command(desk, office, SMALLEST)
    assert issued_now.wait(300) == 0
    before = {path: path.read_bytes() for path in folder(desk).iterdir()}
    out, told = built.communicate(timeout=300)
    assert built.returncode == 0, (out, told)
    assert {path: path.read_bytes() for path in folder(desk).iterdir()} == before
    assert verify_register(register_of(desk)) == []
    states = {each["state"] for each in json.loads(desk.run("status", form="json").stdout)["statuses"]}
    assert states == {"fresh", "issued"}
