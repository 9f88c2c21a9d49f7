"""The command line: what is wrong is told in one clear line, and nothing that was printed before is touched."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT, Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportgen.diagnostics import Diagnostic, ReportgenError, one_line
from reportgen.folders import Workspace
from reportgen.fonts import FontSet
from reportgen.workspace import Library, load_inspection, read_library

VI, TH, OFFICE = "templates/vi/wording.yaml", "templates/th/wording.yaml", "templates/office.yaml"
OLD = {
    f"output/{REAL}/{REAL}.{language}.{form}": b"printed before"
    for language in ("vi", "th")
    for form in ("pdf", "docx")
}


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


# ---- one mistake: one line with its place, exit code 1, old files untouched

# file, what is there, what is written instead, the words whose place is told, what the line says
MISTAKES = {
    "a fact in the wording of one language only": (
        VI,
        "motto: Độc lập - Tự do - Hạnh phúc",
        'motto: "{{ inspection.method }}"',
        "inspection.method }}",
        "the clause “letterhead.motto” uses “inspection.method” in “vi” but not in “th”",
    ),
    "a clause in one language only": (
        TH,
        "draft: ",
        "greeting: สวัสดี\ndraft: ",
        "สวัสดี",
        "the clause “greeting” is missing in “vi”",
    ),
    "a misspelt fact in the page": (
        "templates/minutes.html",
        "{% if inspection.period %}",
        "{% if inspection.peroid %}",
        "peroid",
        "“peroid” is not a name that templates know; did you mean “period”?",
    ),
    "a misspelt fact in an included template": (
        "templates/vi/letterhead.html",
        "team.name | upper",
        "team.nmae | upper",
        "nmae",
        "did you mean “name”?",
    ),
    "a misspelt variable in a macro": (
        "templates/macros.html",
        "{{ row.what }}",
        "{{ row.waht }}",
        "waht",
        "did you mean “what”?",
    ),
    "a misspelt fact in a clause": (
        VI,
        "tại {{ inspection.place }}",
        "tại {{ inspection.plaec }}",
        "plaec",
        "did you mean “place”?",
    ),
    "a misspelt variable in a clause": (VI, 'lead: "{{ person', 'lead: "{{ persn', "persn", "did you mean “person”?"),
    "a misspelt macro": (
        "templates/minutes.html",
        "part.photo_row(",
        "part.photo_rwo(",
        "photo_rwo",
        "“photo_rwo” is not a name",
    ),
    "a wrong filter in a clause": (
        VI,
        "inspection.started | time",
        "inspection.started | tiem",
        "tiem",
        "no filter or test “tiem”; did you mean “time”?",
    ),
    "a wrong filter in a template": ("templates/minutes.html", "| upper", "| uper", "uper", "did you mean “upper”?"),
    "a wrong test in a template": ("templates/minutes.html", "is known", "is knwon", "knwon", "did you mean “known”?"),
    "a template that cannot be read": (
        "templates/minutes.html",
        "{% endif %}",
        "{% endfi %}",
        "endfi %}",
        "there is no command “endfi” here",
    ),
    "a clause that cannot be read": (
        VI,
        "tại {{ inspection.place }}",
        "tại {{ inspection..place }}",
        "{{ inspection..",
        "the template cannot be read",
    ),
    "a clause that is not there": (
        "templates/minutes.html",
        "clause('closing.ended')",
        "clause('closing.endde')",
        "closing.endde",
        "no clause “closing.endde”; did you mean “closing.ended”?",
    ),
    "a template that is not there": (
        "templates/minutes.html",
        '"recipients.html"',
        '"recipient.html"',
        "recipient.html",
        "no template “recipient.html”",
    ),
    "a day without its form": (
        VI,
        "{{ inspection.last_day | date }}",
        "{{ inspection.last_day }}",
        "inspection.last_day }}",
        "of the kind “date”",
    ),
    "an element that is not closed": (
        "templates/vi/letterhead.html",
        '"motto-rule"/>',
        '"motto-rule">',
        '<hr class="motto-rule">',
        "not well formed",
    ),
    "an unknown class": (
        "templates/vi/letterhead.html",
        'class="nation"',
        'class="natoin"',
        "natoin",
        "the class “natoin” has no rule",
    ),
    "an unknown element": (
        "templates/vi/letterhead.html",
        '<p class="motto">',
        '<p class="motto"><b class="bold"/>',
        "<b class=",
        "<b> is not known",
    ),
    "a property that Word cannot obey": (
        "templates/vi/style.css",
        "{ text-align: center; font-weight: bold }",
        "{ letter-spacing: 1pt }",
        "letter-spacing",
        "the property “letter-spacing” cannot be obeyed by both printers",
    ),
    "a value that Word cannot obey": (
        "templates/th/style.css",
        ".number { text-align: center }",
        ".number { display: none }",
        "display: none",
        "“display: none” cannot be obeyed by both printers",
    ),
    "words made by the style sheet": (
        "templates/th/style.css",
        ".number { text-align: center }",
        ".number::before { content: 'x' }",
        ".number::before",
        "would make words or letters that are not on the page",
    ),
    "a photograph that is not there": (
        REAL_FILE,
        "file: at-work.jpg",
        "file: at-wrok.jpg",
        "at-wrok.jpg",
        "did you mean “at-work.jpg”?",
    ),
    "a photograph of the folder above": (
        REAL_FILE,
        "file: at-work.jpg",
        "file: ../x.jpg",
        "../x.jpg",
        "is not the name of a file in inspections/",
    ),
    "a photograph anywhere": (
        REAL_FILE,
        "file: at-work.jpg",
        "file: /etc/hosts",
        "/etc/hosts",
        "is not the name of a file in inspections/",
    ),
    "a photograph with a name longer than any": (
        REAL_FILE,
        "file: at-work.jpg",
        "file: " + 300 * "a",
        300 * "a",
        "is not the name of a file in inspections/",
    ),
    "an unknown key": (REAL_FILE, "attendees:", "atendees:", "atendees", "did you mean “attendees”?"),
    "a misspelt key that must be there": (REAL_FILE, "  lead: hoang", "  leed: hoang", "leed", "did you mean “lead”?"),
    "a leap day of a year without one": (
        REAL_FILE,
        "18/08/2566",
        "29/02/2566",
        "29/02/2566",
        "that month has the days 1 to 28",
    ),
    "a thirty-first of April": (REAL_FILE, "18/08/2566", "31/04/2023", "31/04/2023", "that month has the days 1 to 30"),
    "an id that office.yaml lacks": (
        REAL_FILE,
        "lead: hoang-manh-hung",
        "lead: hoang-manh-hong",
        "hoang-manh-hong",
        "did you mean “hoang-manh-hung”?",
    ),
    "a text missing in one language": (
        REAL_FILE,
        "\n    th: ชี้แจงเนื้อหาที่เกี่ยวข้องบางส่วน",
        "",
        "vi: Giải trình một số",
        "is missing in “th”",
    ),
    "an empty text": (
        REAL_FILE,
        "vi: Giải trình một số nội dung liên quan.",
        'vi: ""',
        ('vi: ""', '""'),
        "the text is empty here",
    ),
    "a sign that no font has": (
        REAL_FILE,
        "vi: Giải trình",
        "vi: Giải 😀 trình",
        "😀",
        "“😀” (U+1F600) is in none of the fonts of “vi”",
    ),
    "a Chinese letter": (
        REAL_FILE,
        "th: ชี้แจงเนื้อหา",
        "th: ชี้แจง中เนื้อหา",
        "中",
        "(U+4E2D) is in none of the fonts of “th”",
    ),
    "a letter of the other language": (
        REAL_FILE,
        "vi: Giải trình",
        "vi: Giải ก trình",
        ("Giải ก trình", "ก"),
        "(U+0E01) is in none of the fonts of “vi”",
    ),
    "more done than there is": (
        REAL_FILE,
        "done: 12\n",
        "done: 181\n",
        ("done: 181", "181"),
        "done (181) is more",
    ),
    "a ring of units": (
        OFFICE,
        "  dak-lak: {name:",
        "  dak-lak: {within: lak, name:",
        ("within: lak, name", "lak, name"),
        "dak-lak → lak → dak-lak",
    ),
    "a position without a language": (
        OFFICE,
        "{vi: Phó Giám đốc, th: รองผู้อำนวยการ}",
        "{vi: Phó Giám đốc}",
        "",
        "“Phó Giám đốc” is used here but has no name in “th”",
    ),
    "a locale's pattern": (
        "templates/th/locale.yaml",
        'plain: "d MMMM y"',
        'plain: "d QQ y"',
        '"d QQ y"',
        "“QQ” is not allowed here",
    ),
    "a locale's form": (
        "templates/th/locale.yaml",
        'person: "{title}{name}"',
        'person: "{titel}{name}"',
        '"{titel}',
        "{title}, {name}",
    ),
    "a locale's digits": (
        "templates/th/locale.yaml",
        "๐๑๒๓๔๕๖๗๘๙",
        "๐๑๒๓๔",
        "๐๑๒๓๔",
        "write the ten digits of one script",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_its_place_and_no_file_changes(desk: Desk, name: str) -> None:
    file, there, instead, at, says = MISTAKES[name]
    for path, content in OLD.items():
        desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        desk.path(path).write_bytes(content)
    before = desk.outputs()
    desk.edit(file, (there, instead))

    for command in ("check", "build"):
        answer = desk.run(command, REAL)
        assert answer.exit_code == 1
        (line,) = answer.errors if at else answer.errors[:1]
        assert says in line
        assert not at or line.startswith(desk.place(file, *([at] if isinstance(at, str) else at)) + ": error[RG")
    assert desk.outputs() == before


def test_a_photograph_that_a_link_brings_in_is_outside(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.jpg"
    elsewhere.write_bytes(b"secret")
    desk.path(f"inspections/{REAL}/at-work.jpg").unlink()
    desk.path(f"inspections/{REAL}/at-work.jpg").symlink_to(elsewhere)
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place(REAL_FILE, "at-work.jpg"))
    assert "is not the name of a file in" in line


def test_a_ring_of_links_is_no_photograph(desk: Desk) -> None:
    desk.path(f"inspections/{REAL}/at-work.jpg").unlink()
    desk.path(f"inspections/{REAL}/at-work.jpg").symlink_to("at-work.jpg")
    (line,) = desk.check(REAL).errors
    assert line.startswith(desk.place(REAL_FILE, "at-work.jpg"))


def test_units_that_did_not_exist_are_told_where_they_are_used(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("18/08/2566", "18/08/2026"))
    answer = desk.check(REAL)
    assert answer.exit_code == 1
    first = desk.place(REAL_FILE, "place: lak-dpc", "lak-dpc")
    assert answer.errors[0].startswith(
        f"{first}: error[RG302]: “lak-dpc” (Ủy ban nhân dân huyện Lắk) did not exist on 2026-08-18"
    )
    assert "dak-lak-ppc" in answer.errors[0]
    assert all("error[RG302]" in line for line in answer.errors)


# ---- how findings are shown


def test_all_mistakes_are_told_at_once_sorted_and_once(desk: Desk) -> None:
    desk.edit(
        REAL_FILE,
        ("18/08/2566", "31/04/2023"),
        ("done: 12\n", "done: x\n"),
        ("period:", "perod:"),
        ("file: at-work.jpg", "fil: x"),
    )
    answer = desk.check()
    places = [finding["line"] for finding in desk.check(form="json").findings]
    assert len(answer.errors) == len(set(answer.errors)) == 4
    assert places == sorted(places)


def test_warnings_do_not_fail(desk: Desk) -> None:
    answer = desk.check(REAL)
    assert answer.exit_code == 0
    assert answer.stdout == ""
    assert "warning[RG304]" in answer.stderr
    assert answer.stderr.endswith("inspections checked: 1; errors: 0; warnings: 11; notes: 0\n")


def test_the_full_form_shows_the_line_with_carets(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("2026-03-05", "2026-02-30"))
    shown = desk.check(SMALLEST, form="full").stderr.splitlines()
    number = shown[1].index("|") - 1
    assert shown[0].startswith(f"{SMALLEST_FILE}:7:7: error[RG215]: ")
    assert shown[2].endswith("| date: 2026-02-30")
    assert shown[3][number + 3 :] == "      " + "^" * 10


def test_json_on_stdout_is_one_object_with_stable_names(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("attendees:", "atendees:"))
    answer = desk.check(form="json")
    (error,) = [finding for finding in answer.findings if finding["severity"] == "error"]
    assert error == {
        "code": "RG202",
        "name": "unknown-key",
        "severity": "error",
        "file": REAL_FILE,
        "line": 33,
        "column": 1,
        "message": "the key “atendees” is not known here",
        "hint": "did you mean “attendees”?",
        "related": [],
    }
    assert json.loads(answer.stdout)["files"] == []


def test_github_reads_commands_with_file_line_and_column(desk: Desk) -> None:
    desk.edit(REAL_FILE, ("attendees:", "atendees:"))
    answer = desk.check(REAL, form="github")
    line = desk.place(REAL_FILE, "atendees:").split(":")[1]
    where = f"file={REAL_FILE},line={line},col=1"
    command = f"::error {where},title=RG202 unknown-key::the key “atendees” is not known here%0A"
    assert f"{command}did you mean “attendees”?" in answer.stdout.splitlines()
    assert answer.stderr.startswith("inspections checked: 1; errors: 1")


def test_json_is_there_also_where_nothing_is_found(desk: Desk) -> None:
    assert desk.check(SMALLEST, form="json").findings == []


def test_json_is_there_also_where_the_workspace_is_not(tmp_path: Path, office: Office) -> None:
    (finding,) = Desk(tmp_path, office.cache).check(form="json").findings
    assert (finding["name"], finding["file"]) == ("no-workspace", None)


@pytest.mark.parametrize("language", ["vi", "th"])
def test_messages_are_in_the_language_of_the_user(desk: Desk, language: str) -> None:
    desk.edit(SMALLEST_FILE, ("copies: 2", "copys: 2"))
    english = desk.check(SMALLEST)
    other = desk.run("--ui", language, "check", SMALLEST)
    assert other.exit_code == english.exit_code == 1
    assert "copys" in other.stderr
    assert other.stderr.split("error", 1)[0] != english.stderr or "did you mean" not in other.stderr


# ---- where it works, what it takes


def test_it_works_from_a_folder_in_the_workspace(desk: Desk) -> None:
    assert desk.run("check", folder=f"inspections/{REAL}").exit_code == 0


@pytest.mark.parametrize("asked", [SMALLEST, f"{SMALLEST}.yaml", SMALLEST_FILE, f"somewhere/{SMALLEST}.yaml"])
def test_an_inspection_is_named_by_its_id_or_its_file(desk: Desk, asked: str) -> None:
    assert "inspections checked: 1;" in desk.check(asked).stderr


def test_an_inspection_that_is_not_there_is_told_with_the_nearest(desk: Desk) -> None:
    answer = desk.check("611-2023-08-19", "nothing")
    assert answer.exit_code == 1
    assert answer.errors == [
        "error[RG902]: there is no inspection “611-2023-08-19”; did you mean “611-2023-08-18”?",
        "error[RG902]: there is no inspection “nothing”; there are: 611-2023-08-18, mau-toi-thieu",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"],
        ["check", "--what"],
        ["build", "--format", "odt"],
        ["build", "--jobs", "0"],
        ["build", "--language", "xx"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(desk: Desk, arguments: list[str]) -> None:
    assert desk.run(*arguments).exit_code == 2


def test_the_program_says_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reportgen", "--version"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("reportgen, version ")


def test_messages_reach_a_pipe_of_another_code_page(desk: Desk) -> None:
    desk.edit(SMALLEST_FILE, ("2026-03-05", "2026-02-30"))
    command = [sys.executable, "-m", "reportgen", "-C", str(desk.root), "--output-format", "json", "check"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "PYTHONIOENCODING": "ascii",
        "XDG_CACHE_HOME": str(desk.cache),
    }
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert json.loads(done.stdout.decode())["findings"]


# ---- never a stack trace

DATA = yaml.load((PROJECT / REAL_FILE).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return (
        [path, *(found for key, item in items for found in _paths(item, (*path, key)))]
        if path
        else [found for key, item in items for found in _paths(item, (key,))]
    )


PATHS = _paths(DATA)
ODD = st.sampled_from(
    [
        None,
        "",
        " ",
        "x",
        "unknown",
        "5",
        "-1",
        "1.5",
        "[a]",
        [],
        [[]],
        ["a", "a"],
        {},
        {"a": "b"},
        {"vi": "x"},
        {"vi": "a", "th": None},
        {"vi": ["a"], "th": "b"},
        {"*": "x"},
        {"unknown": "x"},
        "9" * 50,
        "18/08/2566",
        "99/99/9999",
        "08:00",
        "lak",
        "vi",
        ["vi"],
        {"name": "x"},
        {"name": {}},
        [{"role": "lead"}],
        {"from": "1", "to": "2"},
        "{{ 7 * 7 }}",
        "<b>&amp;</b>",
        "a\n\n\nb",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=ODD, delete=st.booleans())
def test_a_damaged_inspection_never_gives_a_stack_trace(
    spoiled: Desk, library: Library, fonts: FontSet, path: tuple[str | int, ...], value: object, delete: bool
) -> None:
    data = copy.deepcopy(DATA)
    holder = data
    for part in path[:-1]:
        holder = holder[part]
    if delete:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    spoiled.write(REAL_FILE, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    load_or_tell(spoiled, library, fonts)


LINES = (PROJECT / REAL_FILE).read_text(encoding="utf-8").splitlines(keepends=True)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.integers(0, len(LINES) - 1),
    second=st.integers(0, len(LINES) - 1),
    how=st.sampled_from(["double", "swap", "cut", "indent", "tab", "break"]),
)
def test_a_damaged_text_never_gives_a_stack_trace(
    spoiled: Desk, library: Library, fonts: FontSet, first: int, second: int, how: str
) -> None:
    lines = list(LINES)
    match how:
        case "double":
            lines.insert(second, lines[first])
        case "swap":
            lines[first], lines[second] = lines[second], lines[first]
        case "cut":
            del lines[min(first, second) : max(first, second)]
        case "indent":
            lines[first] = "  " + lines[first]
        case "tab":
            lines[first] = "\t" + lines[first]
        case "break":
            lines[first] = lines[first][: len(lines[first]) // 2] + "\n"
    spoiled.write(REAL_FILE, "".join(lines))
    load_or_tell(spoiled, library, fonts)


def load_or_tell(desk: Desk, library: Library, fonts: FontSet) -> None:
    """Load the inspection as ``check`` does; what is wrong must be told with its place in some file."""
    found: tuple[Diagnostic, ...] = ()
    try:
        load_inspection(Workspace(desk.root), library, REAL, fonts)
    except ReportgenError as error:
        found = error.diagnostics
    assert all(finding.place and one_line(finding) for finding in found)


@pytest.fixture(scope="module")
def spoiled(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One workspace for many damages of one file."""
    return Desk(office.copy_workspace(tmp_path_factory.mktemp("spoiled")), office.cache)


@pytest.fixture(scope="module")
def library(spoiled: Desk) -> Library:
    """The office's templates, as they are before anything is spoiled."""
    return read_library(Workspace(spoiled.root))


@pytest.fixture(scope="module")
def fonts(spoiled: Desk, library: Library) -> FontSet:
    """The fonts of the office, found once."""
    return library.find_fonts(spoiled.cache / "reportgen")


@pytest.mark.parametrize("name", ["templates/office.yaml", "templates/vi/locale.yaml", "templates/vi/wording.yaml"])
@pytest.mark.parametrize("content", ["", "- a\n", "x\n", "a: [\n", "a: b\n", "\xff\xfe", "[]", "{}"], ids=repr)
def test_a_file_of_the_office_that_is_something_else_gives_no_stack_trace(
    spoiled: Desk, name: str, content: str
) -> None:
    before = spoiled.read(name)
    try:
        spoiled.path(name).write_text(content, encoding="latin-1")
        answer = spoiled.check(SMALLEST)
        assert answer.exit_code == 1
        assert name in answer.stderr or content == "{}"
    finally:
        spoiled.write(name, before)
