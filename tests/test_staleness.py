"""What is stale, and why: every kind of input changed, and changed in nothing; exactly what uses it is printed again.

Most tests print with a stand-in, which writes the digest of what the printer is given: all else is what `build` does.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT, Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk, full_disk, read_only, wait_for_work

from reportgen import __version__, build, clauses, photographs, printing, tools
from reportgen.folders import ReadOnce, Workspace
from reportgen.redline import pieces, redline
from reportgen.staleness import Issued, IssuedSources, Standing, take_stock
from reportgen.state import STATE, Contents, FileKey, State
from reportgen.workspace import read_library

MANY = int(os.environ.get("REPORTGEN_MANY", "60"))  # inspections of which 37 in 1,000 use one clause
KILLS = int(os.environ.get("REPORTGEN_KILLS", "10"))
FILES = [FileKey(REAL, "vi", "docx"), FileKey(REAL, "vi", "pdf"), FileKey(REAL, "th", "docx")]
FILES += [FileKey(REAL, "th", "pdf"), FileKey(SMALLEST, "vi", "docx"), FileKey(SMALLEST, "vi", "pdf")]
REAL_VI, REAL_TH, SMALL = (REAL, "vi"), (REAL, "th"), (SMALLEST, "vi")
ALL = {REAL_VI, REAL_TH, SMALL}

STAND_IN = """
import sys, time
from hashlib import sha256
from reportgen import build, printing
def render_files(job):
    time.sleep({pause})
    digest = build.job_digest(job, ()).encode()
    return [build.PrintedFile(form, sha256(form.encode() + digest).digest() * 20_000, ()) for form in job.formats]
printing.render_files = render_files
from reportgen.cli import main
main(sys.argv[1:])
"""


def stand_in(job: Any) -> list[Any]:
    digest = build.job_digest(job, ()).encode()
    return [build.PrintedFile(form, sha256(form.encode() + digest).digest() * 100, ()) for form in job.formats]


@pytest.fixture(scope="module")
def built(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's inspections, printed by the stand-in."""
    desk = Desk(office.copy_workspace(tmp_path_factory.mktemp("built")), office.cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "render_files", stand_in)
        answer = desk.run("build")
    assert answer.exit_code == 0, answer.stderr
    return desk.root


@pytest.fixture
def desk(built: Path, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(printing, "render_files", stand_in)
    shutil.copytree(built, tmp_path / "office")
    return Desk(tmp_path / "office", office.cache)


def statuses(desk: Desk, *arguments: str) -> list[dict[str, Any]]:
    return json.loads(desk.run("status", *arguments, form="json").stdout)["statuses"]


def stale(desk: Desk) -> dict[tuple[str, str], list[str]]:
    """Return the editions that are not up to date, with the reasons in words; both formats must agree."""
    found: dict[tuple[str, str], list[list[str]]] = {}
    for each in statuses(desk):
        if each["state"] != "fresh":
            found.setdefault((each["inspection"], each["language"]), []).append([r["text"] for r in each["reasons"]])
    assert all(first == second for first, second in found.values())
    return {edition: reasons[0] for edition, reasons in found.items()}


def test_all_is_fresh_after_a_build_and_the_next_one_touches_nothing(desk: Desk) -> None:
    before = desk.outputs()
    assert set(before) == {key.name for key in FILES}
    assert [each["state"] for each in statuses(desk)] == ["fresh"] * 6
    answer = desk.run("build")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr == "files printed: 0; inspections printed: 0; up to date: 2; failed: 0\n"
    assert desk.outputs() == before


LOADED = """
import sys
from reportgen.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sorted({"weasyprint", "docx", "PIL"} & set(sys.modules)))
"""


@pytest.mark.parametrize("name", ["status", "build"])
def test_where_nothing_changed_nothing_that_prints_is_loaded(desk: Desk, office: Office, name: str) -> None:
    asked = [sys.executable, "-c", LOADED, "-C", str(desk.root), name]
    done = subprocess.run(asked, env=office.environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == ""


# ---- every kind of input, changed -----------------------------------------------------------------------------------

Change = Callable[[Desk], None]


def edit(file: str, there: str, instead: str) -> Change:
    return lambda desk: desk.edit(file, (there, instead))


def append(file: str, content: bytes) -> Change:
    def change(desk: Desk) -> None:
        with desk.path(file).open("ab") as written:
            written.write(content)

    return change


def turn_round(file: str) -> Change:
    """Write the keys of a file in the opposite order; every value stays."""

    def change(desk: Desk) -> None:
        data = yaml.load(desk.read(file), yaml.BaseLoader)
        turned = dict(reversed(data.items()))
        desk.write(file, yaml.safe_dump(turned, allow_unicode=True, sort_keys=False, default_style='"'))

    return change


def add_version(since: str, text: str) -> Change:
    """Give the Thai clause closing.copies a second text, in force since a day; an empty one repeats the first."""

    def change(desk: Desk) -> None:
        file = "templates/th/wording.yaml"
        (first,) = re.findall(r"^  copies: (.*)$", desk.read(file), re.MULTILINE)
        versions = f"  copies:\n    - text: {first}\n    - from: {since}\n      text: {text or first}"
        desk.edit(file, (f"  copies: {first}", versions))

    return change


def touch(file: str) -> Change:
    return lambda desk: os.utime(desk.path(file), (1, 1))


PHOTO = f"inspections/{REAL}/at-work.jpg"
COPIES = "มีข้อความถูกต้องตรงกัน"
CHANGES: dict[str, tuple[Change, set[tuple[str, str]], str]] = {
    "a value": (
        edit(REAL_FILE, "18/08/2566", "17/08/2566"),
        {REAL_VI, REAL_TH},
        "“date” in the inspection's file changed",
    ),
    "digits that the file chooses": (
        append(REAL_FILE, b"\ndigits: latin\n"),
        {REAL_VI, REAL_TH},
        "“digits” in the inspection's file is new",
    ),
    "the day of the wording": (
        append(REAL_FILE, b"\nwording_as_of: 01/01/2566\n"),
        {REAL_VI, REAL_TH},
        "“wording_as_of” in the inspection's file is new",
    ),
    "digits of a locale": (
        edit("templates/th/locale.yaml", "digits: native", "digits: latin"),
        {REAL_TH},
        "“digits” in locale.yaml changed (th)",
    ),
    "a photograph": (append(PHOTO, b"\0"), {REAL_VI, REAL_TH}, "photograph at-work.jpg changed"),
    "a clause": (
        edit("templates/th/wording.yaml", COPIES, COPIES + "x"),
        {REAL_TH},
        "clause closing.copies changed (th)",
    ),
    "a version in force": (
        add_version("01/01/2020", "ทำขึ้น {{ inspection.copies | copies }} ฉบับ"),
        {REAL_TH},
        "clause closing.copies changed (th)",
    ),
    "an office entry": (
        edit("templates/office.yaml", "Vo Thanh Hue", "Vo Thanh Hueeee"),
        {REAL_VI, REAL_TH},
        "office entry people.vo-thanh-hue changed",
    ),
    "a template of one language": (
        edit("templates/th/letterhead.html", '<p class="head-end">', '<p class="head-end">x '),
        {REAL_TH},
        "template templates/th/letterhead.html changed",
    ),
    "a template of all": (
        edit("templates/signatures.html", "{{", "{{ '' }}{{"),
        {REAL_VI, SMALL},
        "template templates/signatures.html changed",
    ),
    "a locale": (
        edit("templates/vi/locale.yaml", "HH 'giờ' mm", "HH 'g' mm"),
        {REAL_VI, SMALL},
        "“time” in locale.yaml changed (vi)",
    ),
    "a sheet of one language": (
        append("templates/th/style.css", b"\n.x { color: red }"),
        {REAL_TH},
        "style sheet templates/th/style.css changed",
    ),
    "a sheet of all": (
        append("templates/minutes.css", b"\n.x { color: red }"),
        ALL,
        "style sheet templates/minutes.css changed",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_exactly_what_uses_an_input_is_stale_and_printed_again(desk: Desk, name: str) -> None:
    change, editions, reason = CHANGES[name]
    before = desk.outputs()
    change(desk)
    found = stale(desk)
    assert set(found) == editions
    for reasons in found.values():
        assert any(each.startswith(reason) for each in reasons), reasons
    answer = desk.run("build")
    assert answer.exit_code == 0, answer.stderr
    changed = {name for name, look in desk.outputs().items() if look != before[name]}
    assert changed <= {key.name for key in FILES if key[:2] in editions}
    assert stale(desk) == {}
    assert contents(desk) == printed_anew(desk)


def contents(desk: Desk) -> dict[str, str]:
    return {name: digest for name, (digest, _) in desk.outputs().items()}


def printed_anew(desk: Desk) -> dict[str, str]:
    """Return what all files are where nothing was printed before."""
    shutil.rmtree(desk.path("output"))
    assert desk.run("build").exit_code == 0
    return contents(desk)


def test_words_of_one_language_change_the_files_of_that_language(desk: Desk) -> None:
    before = contents(desk)
    desk.edit(REAL_FILE, ("ban hành kịp thời", "ban hành rất kịp thời"))
    assert set(stale(desk)) == {REAL_VI, REAL_TH}
    assert desk.run("build").exit_code == 0
    after = contents(desk)
    assert {name for name in after if after[name] != before[name]} == {key.name for key in FILES if key[:2] == REAL_VI}
    assert after == printed_anew(desk)


def test_a_width_of_one_language_leaves_the_pictures_of_the_other(desk: Desk) -> None:
    desk.edit("templates/vi/style.css", (".picture { width: 68mm }", ".picture { width: 80mm }"))
    assert set(stale(desk)) == {REAL_VI, SMALL}
    assert desk.run("build").exit_code == 0
    assert contents(desk) == printed_anew(desk)


NOTHING: dict[str, Change] = {
    "a comment in the file": append(REAL_FILE, b"\n# no value\n"),
    "another order of keys": turn_round(SMALLEST_FILE),
    "the time of the file": touch(REAL_FILE),
    "the time of a photograph": touch(PHOTO),
    "the time of a printed file": touch(FILES[0].name),
    "a comment in the wording": append("templates/th/wording.yaml", b"\n# no clause\n"),
    "another order of clauses": turn_round("templates/vi/wording.yaml"),
    "a version of a later day": add_version("01/07/2025", "ทำขึ้น {{ inspection.copies | copies }} ฉบับ"),
    "a version of the same words": add_version("01/01/2020", ""),
    "a comment in a template": edit("templates/signatures.html", "{{", "{# no word #}{{"),
    "a comment in the office's facts": append("templates/office.yaml", b"\n# nobody\n"),
    "an entry that nobody uses": edit("templates/office.yaml", "people:", "people:\n  nobody: {name: Nobody}"),
    "a photograph that is not printed": lambda desk: desk.write(f"inspections/{REAL}/other.jpg", "no picture"),
    "the form of new inspections": append("templates/vi/inspection.yaml", b"\n# more\n"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_changes_no_value_makes_nothing_stale_and_touches_no_file(desk: Desk, name: str) -> None:
    NOTHING[name](desk)
    before = desk.outputs()
    assert stale(desk) == {}
    answer = desk.run("build")
    assert (answer.exit_code, answer.stdout) == (0, ""), answer.stderr
    assert desk.outputs() == before
    assert stale(desk) == {}
    assert contents(desk) == printed_anew(desk)


def test_a_version_of_a_later_day_is_used_where_the_file_asks_for_that_day(desk: Desk) -> None:
    add_version("01/07/2025", "ทำไว้ {{ inspection.copies | copies }} ฉบับ")(desk)
    assert stale(desk) == {}
    append(REAL_FILE, b"\nwording_as_of: 02/07/2568\n")(desk)
    assert desk.run("build").exit_code == 0
    assert stale(desk) == {}
    edit("templates/th/wording.yaml", "ทำไว้ {{", "ได้ทำไว้ {{")(desk)
    assert stale(desk) == {REAL_TH: ["clause closing.copies changed (th)"]}


def test_a_font_that_changes_makes_stale_what_is_drawn_with_it(desk: Desk, office: Office, tmp_path: Path) -> None:
    """The computer has other copies of its fonts: the same ones, and then one with another content."""
    fonts = tmp_path / "fonts"
    (own, *_) = [Path(line) for line in installed("Liberation Serif") if line.endswith("-Regular.ttf")]
    shutil.copytree(own.parent, fonts)
    configuration = tmp_path / "fonts.conf"
    configuration.write_text(
        "<fontconfig><include>/etc/fonts/fonts.conf</include>"
        f"<selectfont><rejectfont><glob>{own.parent}/*</glob></rejectfont></selectfont><dir>{fonts}</dir></fontconfig>"
    )
    environment = {**office.environment, "FONTCONFIG_FILE": str(configuration)}
    assert stale_elsewhere(desk, environment) == {}  # another copy of the same fonts
    before = desk.outputs()
    with (fonts / own.name).open("ab") as font:
        font.write(b"\0\0\0\0")
    found = stale_elsewhere(desk, environment)
    assert set(found) == {REAL_VI, SMALL}  # Thai is drawn with other fonts
    for (_, language), reasons in found.items():
        assert len(reasons) == 1
        assert re.fullmatch(rf"font .* changed \({language}\)", reasons[0])
    done = subprocess.run(command(desk, "build"), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert stale_elsewhere(desk, environment) == {}
    assert set(desk.outputs()) == set(before)


def installed(family: str) -> list[str]:
    listed = subprocess.run(["fc-list", "--format", "%{file}\n", family], capture_output=True, check=True)
    return sorted(listed.stdout.decode().splitlines())


def stale_elsewhere(desk: Desk, environment: dict[str, str]) -> dict[tuple[str, str], list[str]]:
    """Return the editions that are not up to date, with the reasons, as a process in another environment tells it."""
    done = subprocess.run(
        [*command(desk)[:-2], "--output-format", "json", "status"], env=environment, capture_output=True, check=True
    )
    found = json.loads(done.stdout)["statuses"]
    return {
        (each["inspection"], each["language"]): [reason["text"] for reason in each["reasons"]]
        for each in found
        if each["state"] != "fresh"
    }


def test_another_version_of_a_library_makes_all_stale_and_the_same_bytes_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tools._libraries
    newer = [tools._tool("pydyf", "9.9") if each.name == "pydyf" else each for each in real()]
    monkeypatch.setattr(tools, "_libraries", lambda: iter(newer))
    (old,) = [each.version for each in real() if each.name == "pydyf"]
    assert stale(desk) == {edition: [f"pydyf {old} → 9.9"] for edition in ALL}
    before = desk.outputs()
    assert desk.run("build").exit_code == 0
    assert desk.outputs() == before  # the new library printed the same bytes
    assert stale(desk) == {}


def test_what_prints_counts_and_what_only_asks_does_not() -> None:
    modules = {path.stem for path in (PROJECT / "reportgen").glob("*.py")}
    assert modules >= tools.NOT_PRINTING
    assert {"render", "pdf", "docx", "page", "edition", "typography", "build"} <= modules - tools.NOT_PRINTING


def test_the_survey_looks_at_every_file_that_the_library_reads(desk: Desk) -> None:
    reading = ReadOnce(desk.root)
    read_library(reading)
    assert tuple(reading.digests()) == Workspace(desk.root).library_files()


def test_why_shows_old_and_new_words(desk: Desk) -> None:
    desk.edit("templates/vi/wording.yaml", ("Địa điểm", "Nơi kiểm tra"))
    told = desk.run("status", "--why", form="full").stdout
    assert "clause opening.place changed (vi):\n      [-Địa điểm-]{+Nơi kiểm tra+}" in told


def test_why_shows_nothing_below_a_reason_without_values(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_itself", lambda _: tools._tool("reportgen", __version__, "another program"))
    lines = desk.run("status", "--why", form="full").stdout.splitlines()
    assert [line.strip().endswith("reportgen changed") for line in lines] == [False, True, True, True]


def test_a_redline_parts_words_and_letters_of_scripts_without_spaces() -> None:
    assert redline("một hai ba", "một bốn ba") == "một [-hai-]{+bốn+} ba"
    assert list(pieces("น้ำ 12")) == ["น้", "ำ", " ", "12"]
    assert redline("a\nb\nc", "a\nB\nc") == "[-b-]{+B+}"


def test_the_wording_is_listed_from_the_record_and_only_other_pages_are_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(root: Path) -> tuple[str, list[str]]:
        made: list[str] = []
        with monkeypatch.context() as patch:
            load = clauses.load_inspection
            patch.setattr(clauses, "load_inspection", lambda *given: made.append(given[2]) or load(*given))
            told = Desk(root, desk.cache).run("wording", form="json").stdout
        return told, made

    def without_record() -> str:
        bare = desk.root.with_name("bare")
        shutil.rmtree(bare, ignore_errors=True)
        shutil.copytree(desk.root, bare, ignore=shutil.ignore_patterns("output"))
        told, made = listed(bare)
        assert made == [REAL, SMALLEST]
        return told

    assert listed(desk.root) == (without_record(), [])
    add_version("01/01/2020", "")(desk)  # the same words, in force since another day: nothing is stale
    assert listed(desk.root) == (without_record(), [])
    edit(SMALLEST_FILE, "\nsignatures:", "\nresponse: {text: Nhất trí.}\nsignatures:")(desk)
    assert listed(desk.root) == (without_record(), [SMALLEST])
    desk.path(FILES[0].name).unlink()  # a file that is gone changes no word
    assert listed(desk.root) == (without_record(), [SMALLEST])


# ---- files in output/ -----------------------------------------------------------------------------------------------


def test_a_missing_file_is_printed_alone(desk: Desk) -> None:
    desk.path(FILES[0].name).unlink()
    assert [each["state"] for each in statuses(desk, REAL)] == ["missing", "fresh", "fresh", "fresh"]
    before = desk.outputs()
    assert desk.run("build").stdout == FILES[0].name + "\n"
    assert {name: look for name, look in desk.outputs().items() if name != FILES[0].name} == before


def test_an_altered_file_is_kept_beside_the_one_that_is_printed_anew(desk: Desk) -> None:
    before = desk.path(FILES[0].name).read_bytes()
    desk.path(FILES[0].name).write_bytes(b"by hand")
    assert statuses(desk, REAL)[0]["state"] == "altered"
    answer = desk.run("build")
    assert answer.exit_code == 0
    assert "warning[RG912]" in answer.stderr
    assert desk.path(FILES[0].name).read_bytes() == before
    (kept,) = desk.path(f"output/{REAL}").glob("*altered*")
    assert kept.read_bytes() == b"by hand"
    assert str(kept.relative_to(desk.root)) not in desk.run("clean").stdout
    assert kept.exists()


def test_a_failure_is_told_until_it_is_mended(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("18/08/2566", "31/02/2566"))
    before = desk.outputs()
    assert desk.run("build").exit_code == 1
    assert desk.outputs() == before
    answer = desk.run("status")
    assert answer.exit_code == 1
    assert "error[RG215]" in answer.stdout
    assert {each["state"] for each in statuses(desk, REAL)} == {"failed"}
    assert {each["state"] for each in statuses(desk, SMALLEST)} == {"fresh"}
    desk.edit(REAL_FILE, ("31/02/2566", "18/08/2566"))
    assert desk.run("build").exit_code == 0
    assert stale(desk) == {}


def test_files_of_nothing_any_more_are_told_and_deleted_only_when_asked(desk: Desk) -> None:
    desk.path(SMALLEST_FILE).unlink()
    desk.edit(REAL_FILE, ("languages: [vi, th]", "languages: [vi]"))
    desk.write(f"output/{SMALLEST}/notes.txt", "of a person")
    desk.write(f"output/{REAL}/.{REAL}.vi.pdf.part", "half")
    desk.path(FILES[4].name).write_bytes(b"by hand")
    orphans = {FILES[2].name, FILES[3].name, FILES[5].name, f"output/{REAL}/.{REAL}.vi.pdf.part"}
    assert set(json.loads(desk.run("status", form="json").stdout)["orphans"]) == orphans
    assert "files in output/ that belong to no inspection any more: 4" in desk.run("build").stderr
    before = desk.outputs()
    assert set(desk.run("clean", "--dry-run").stdout.splitlines()) == orphans
    assert desk.outputs() == before
    answer = desk.run("clean")
    assert set(answer.stdout.splitlines()) == orphans
    assert f"kept: {FILES[4].name}" in answer.stderr
    assert set(desk.outputs()) == {FILES[0].name, FILES[1].name, FILES[4].name, f"output/{SMALLEST}/notes.txt"}
    assert desk.run("clean").stdout == ""


def test_what_was_issued_is_no_orphan(desk: Desk) -> None:
    desk.write("output/issued/2023/12/x.pdf", "issued")
    assert desk.run("clean").stdout == ""
    assert desk.read("output/issued/2023/12/x.pdf") == "issued"


def test_what_is_issued_is_never_printed_again_and_says_when_its_sources_changed(desk: Desk, office: Office) -> None:
    with State.reading(desk.root) as state:
        ingredients, printed = state.ingredients(), state.prints()[FILES[0]]
        used = tuple(ingredients[int(each)] for each in printed.recipe.split())
        words = state.words(printed)
    issued = {REAL_VI: Issued("12/BB-ĐKT", 1, "manifest", lambda: IssuedSources(used, printed.day, words))}
    assert standings(desk, office, issued) == [Standing.ISSUED] * 2
    desk.path(FILES[0].name).unlink()
    assert standings(desk, office, issued) == [Standing.ISSUED] * 2
    desk.edit("templates/th/wording.yaml", (COPIES, COPIES + "x"))
    assert standings(desk, office, issued) == [Standing.ISSUED] * 2
    desk.edit("templates/vi/wording.yaml", ("Địa điểm", "Nơi"))
    assert standings(desk, office, issued) == [Standing.ISSUED_CHANGED] * 2
    order = build.Order((REAL,), force=True)
    outcomes = list(build.build(Workspace(desk.root), order, office.cache / "reportgen", issued))
    assert {path.as_posix() for outcome in outcomes for path in outcome.files} == {FILES[2].name, FILES[3].name}


def standings(desk: Desk, office: Office, issued: dict[tuple[str, str], Issued]) -> list[Standing]:
    """Return how the Vietnamese files of the real inspection stand."""
    workspace = Workspace(desk.root)
    with State.reading(desk.root) as state:
        contents = Contents(desk.root, state.stats())
        examiner = take_stock(workspace, state, contents, office.cache / "reportgen", issued)
        return [each.standing for each in examiner.examine((REAL,)) if each.key[:2] == REAL_VI]


# ---- one process at a time, crashes, disks --------------------------------------------------------------------------


def command(desk: Desk, *arguments: str, pause: float = 0.0) -> list[str]:
    where = ["-C", str(desk.root), "--ui", "en", "--output-format", "concise"]
    return [sys.executable, "-c", STAND_IN.format(pause=pause), *where, *arguments]


def test_a_second_build_is_refused_and_says_who_prints(desk: Desk, office: Office) -> None:
    desk.edit(REAL_FILE, ("18/08/2566", "17/08/2566"))
    with State.writing(desk.root):
        answer = desk.run("build")
        assert statuses(desk)[0]["state"] == "stale"
    assert answer.exit_code == 1
    assert f"error[RG910]: another “reportgen build” is printing here: process {os.getpid()} on " in answer.stderr
    assert desk.run("build").exit_code == 0


def test_a_damaged_record_is_told_with_what_to_do(desk: Desk) -> None:
    desk.path(f"output/{STATE}/state.sqlite").write_bytes(b"no record" * 1000)
    answer = desk.run("status")
    assert answer.exit_code == 1
    assert "error[RG911]" in answer.stderr
    shutil.rmtree(desk.path(f"output/{STATE}"))
    before = desk.outputs()
    assert desk.run("build").exit_code == 0
    assert desk.outputs() == before


def test_a_build_that_is_killed_leaves_no_half_file_and_the_next_one_ends_it(desk: Desk, office: Office) -> None:
    for number in range(6):
        shutil.copy(desk.path(SMALLEST_FILE), desk.path(f"inspections/more-{number}.yaml"))
    chance = random.Random(5)
    length = 0.0  # seconds, of a build that is not killed
    killed = 0
    for turn in range(KILLS + 1):
        text = re.sub(r"^copies: .*$", f"copies: {turn + 2}", desk.read(SMALLEST_FILE), flags=re.MULTILINE)
        for file in (SMALLEST_FILE, *(f"inspections/more-{number}.yaml" for number in range(6))):
            desk.write(file, text)
        running = subprocess.Popen(
            command(desk, "build", pause=0.005),
            env=office.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        wait_for_work(desk, running)
        if not turn:
            begun = time.monotonic()
            assert running.communicate()[1]
            length = time.monotonic() - begun
        else:
            time.sleep(chance.uniform(0, length))
            running.send_signal(signal.SIGKILL)
            running.communicate()
            killed += running.returncode == -signal.SIGKILL
        for name in desk.outputs():
            if not name.endswith(".part") and REAL not in name:
                assert desk.path(name).stat().st_size in (32 * 20_000, 32 * 100), name
        assert "altered" not in {each["state"] for each in statuses(desk)}
        answer = desk.run("build")
        assert answer.exit_code == 0, answer.stderr
        assert stale(desk) == {}
        assert not [name for name in desk.outputs() if "altered" in name]
    print(f"killed {killed} times while it printed or wrote")
    assert killed >= KILLS / 2


def test_a_full_disk_leaves_the_old_files_and_is_told(desk: Desk, office: Office) -> None:
    desk.edit(REAL_FILE, ("18/08/2566", "17/08/2566"))
    with full_disk(desk.path("output")) as limited:
        before = desk.outputs()
        done = subprocess.run(
            [*limited, *command(desk, "build")], env=office.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "error[RG801]" in done.stderr
        assert desk.outputs() == before
    assert desk.run("build").exit_code == 0


def test_a_folder_that_is_read_only_leaves_the_old_files_and_is_told(desk: Desk, office: Office) -> None:
    before = desk.outputs()
    desk.edit(REAL_FILE, ("18/08/2566", "17/08/2566"))
    with read_only(desk.path("output")) as plain:
        told = [
            subprocess.run(
                [*plain, *command(desk, each)], env=office.environment, capture_output=True, text=True, check=False
            )
            for each in ("build", "status")
        ]
    assert [each.returncode for each in told] == [1, 0], told
    assert "error[RG801]" in told[0].stderr
    assert "Traceback" not in told[0].stderr + told[1].stderr
    assert "stale" in told[1].stdout
    assert desk.outputs() == before


def test_a_file_that_is_edited_while_it_is_printed_is_stale_afterwards(desk: Desk, office: Office) -> None:
    """What was printed is what was read; what was written meanwhile is printed by the next build."""
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 3"))
    running = subprocess.Popen(
        command(desk, "build", SMALLEST, pause=3.0),
        env=office.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for_work(desk, running)
    time.sleep(2)  # by now it has been read
    desk.edit(SMALLEST_FILE, ("copies: 3", "copies: 4"))
    _, told = running.communicate(timeout=300)
    assert running.returncode == 0, told
    (reasons,) = stale(desk).values()
    assert reasons == ["“copies” in the inspection's file changed"]
    before = desk.outputs()
    assert desk.run("build").exit_code == 0
    assert {name for name, look in desk.outputs().items() if look != before[name]} == {FILES[4].name, FILES[5].name}


# ---- many -----------------------------------------------------------------------------------------------------------


def test_a_clause_that_37_of_1000_use_makes_exactly_those_be_printed_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clause is that of a response; only some inspections have one."""
    monkeypatch.setattr(photographs, "prepare_picture", None)  # these have none
    plain = desk.read(SMALLEST_FILE)
    desk.path(REAL_FILE).unlink()
    desk.path(SMALLEST_FILE).unlink()
    shutil.rmtree(desk.path("output"))
    using = set(random.Random(37).sample(range(MANY), max(2, MANY * 37 // 1000)))
    for number in range(MANY):
        text = (
            plain.replace("\nsignatures:", "\nresponse: {text: Nhất trí.}\nsignatures:") if number in using else plain
        )
        desk.write(f"inspections/many-{number:04}.yaml", text)
    assert desk.run("build").exit_code == 0
    before = desk.outputs()
    with State.reading(desk.root) as state:
        ingredients, prints = state.ingredients(), state.prints()
    names = {
        key: {ingredients[int(each)].name for each in printed.recipe.split() if ingredients[int(each)].kind == "clause"}
        for key, printed in prints.items()
    }
    users = {key.name for key, used in names.items() if any("response" in name for name in used)}
    assert {name.split("/")[1] for name in users} == {f"many-{number:04}" for number in using}
    common = set.intersection(*names.values())
    (clause, *_) = sorted(set.union(*(names[key] for key in names if key.name in users)) - common)
    change_clause(desk, clause)
    assert {(each["inspection"]) for each in statuses(desk) if each["state"] != "fresh"} == {
        f"many-{number:04}" for number in using
    }
    answer = desk.run("build")
    assert answer.exit_code == 0
    assert {name for name, look in desk.outputs().items() if look[0] != before[name][0]} == users
    assert {name for name, look in desk.outputs().items() if look != before[name]} == users
    assert set(answer.stdout.splitlines()) == users


def change_clause(desk: Desk, clause: str) -> None:
    data = yaml.load(desk.read("templates/vi/wording.yaml"), yaml.BaseLoader)
    *groups, last = clause.split(".")
    group = data
    for name in groups:
        group = group[name]
    group[last] += " (x)"
    desk.write("templates/vi/wording.yaml", yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
