"""Editors are told what ``check`` would say: the schemas, and what the YAML language server makes of them."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import PROJECT, REAL, Office
from desk import REAL_FILE, SMALLEST_FILE, Desk
from generated import Author, WithoutAliases
from hypothesis import given, settings
from hypothesis import strategies as st
from lsp import Editor

from reportgen.calendars import format_date, format_time
from reportgen.diagnostics import InputError
from reportgen.folders import Workspace
from reportgen.glossary import FILES, words
from reportgen.inspection import read_inspection
from reportgen.model import validate
from reportgen.schema import known_in, make_schema
from reportgen.workspace import Library, read_library
from reportgen.yamlfile import read_yaml

LANGUAGES = ("en", "vi", "th")
SAMPLES = {
    "inspection": sorted((PROJECT / "inspections").glob("*.yaml")),
    "office": [PROJECT / "templates" / "office.yaml"],
    "locale": sorted((PROJECT / "templates").glob("*/locale.yaml")),
}
BOTH = {"vi": "Một", "th": "หนึ่ง"}
INSPECTION: dict[str, Any] = {
    "number": "5/BB-ĐKT", "languages": ["vi", "th"], "subject": BOTH, "date": "18/08/2023", "started": "08:00",
    "ended": "16:30", "place": "lak-dpc", "units": ["nam-ka"], "copies": "3", "signatures": ["lead"],
    "team": {"name": BOTH, "agency": "dak-lak-ppc", "lead": "hoang-manh-hung", "secretary": "unknown"},
}  # fmt: skip


@cache
def validator(file: str, *, with_ids: bool = True) -> jsonschema.Draft7Validator:
    known = known_in(Workspace(PROJECT)) if with_ids else None
    schema = make_schema(file, words("en"), known)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@cache
def library() -> Library:
    return read_library(Workspace(PROJECT))


def problems(file: str, data: Any, **options: bool) -> list[str]:
    return [error.json_path for error in validator(file, **options).iter_errors(data)]


def is_read(data: Any) -> bool:
    """Whether the reader accepts an inspection."""
    text = yaml.dump(data, Dumper=WithoutAliases, allow_unicode=True, sort_keys=False)
    try:
        read_inspection(read_yaml(text.encode(), "x.yaml"), library().date_forms)
    except InputError:
        return False
    return True


# ---- what is good is accepted


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.parametrize("file", FILES)
def test_every_sample_is_accepted(file: str, with_ids: bool) -> None:
    for path in SAMPLES[file]:
        assert problems(file, read_yaml(path.read_bytes(), path.name).data, with_ids=with_ids) == [], path


def test_inspections_that_nobody_wrote_are_accepted() -> None:
    real = yaml.load((PROJECT / REAL_FILE).read_text(encoding="utf-8"), yaml.BaseLoader)
    for seed in range(40):
        data = json.loads(json.dumps(Author(random.Random(seed), real).inspection()))
        assert is_read(data), seed
        assert problems("inspection", data) == [], seed


DAYS = st.dates(datetime.date(1941, 1, 1), datetime.date(2156, 12, 31))
DIGITS = st.sampled_from(["0123456789", "๐๑๒๓๔๕๖๗๘๙", "០១២៣៤៥៦៧៨៩", "０１２３４５６７８９"])


@settings(deadline=None)  # the first example reads the templates
@given(DAYS, DIGITS, st.integers(0, 20))
def test_a_day_in_every_form_that_is_read_is_accepted(day: datetime.date, digits: str, number: int) -> None:
    written = [f"{day:%d/%m/%Y}", f"{day.day}.{day.month}.{day.year + 543}", f"{day:%Y-%m-%d}", f"{day:%d-%m-%Y}"]
    for forms in library().date_forms:
        written += [format_date(day, name, forms) for name in forms.patterns if name != "month"]
    text = written[number % len(written)].translate(str.maketrans("0123456789", digits))
    if is_read({**INSPECTION, "date": text}):
        assert problems("inspection", {**INSPECTION, "date": text}) == []


@settings(deadline=None)
@given(st.times(), DIGITS, st.integers(0, 9))
def test_a_time_in_every_form_that_is_read_is_accepted(time: datetime.time, digits: str, number: int) -> None:
    written = [f"{time:%H:%M}", f"{time:%H.%M}", f"{time.hour}h{time:%M}", f"{time.hour}h", f"{time:%H.%M น.}"]
    written += [format_time(time, forms) for forms in library().date_forms]
    text = written[number % len(written)].translate(str.maketrans("0123456789", digits))
    data = {**INSPECTION, "started": text, "ended": "unknown"}
    assert is_read(data)
    assert problems("inspection", data) == []


@pytest.mark.parametrize(
    "figure",
    [
        *({"done": "1", "total": total} for total in ("21995", "21.995", "21,995", "21 995", "๒๑,๙๙๕", "1.234.567")),
        *({"rate": rate} for rate in ("96.7", "96,7", "96.7%", "96,7 %", "๙๖.๗", "100", "1000")),
    ],
    ids=str,
)
def test_numbers_in_every_form_are_accepted(figure: dict[str, str]) -> None:
    data = {**INSPECTION, "results": [{"area": "direction", "figures": [{"what": BOTH, **figure}]}]}
    assert is_read(data)
    assert problems("inspection", data) == []


# ---- what is wrong is refused


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a key misspelt": ({"subjekt": "x"}, "$"),
    "a number without its symbol": ({"number": "12"}, "$.number"),
    "a language that is not there": ({"languages": ["vi", "lo"]}, "$.languages[1]"),
    "no language": ({"languages": []}, "$.languages"),
    "an empty text": ({"subject": {"vi": " ", "th": "x"}}, "$.subject"),
    "a list for a text": ({"subject": ["x"]}, "$.subject"),
    "a text in no language": ({"subject": {}}, "$.subject"),
    "a year of two digits": ({"date": "18/08/66"}, "$.date"),
    "a day without a year": ({"date": "18/08"}, "$.date"),
    "a span without its end": ({"date": {"from": "18/08/2023"}}, "$.date"),
    "a time in words": ({"started": "soon"}, "$.started"),
    "an unknown agency": ({"place": "lak-dpcc"}, "$.place"),
    "an unknown unit": ({"units": ["nam-kaa"]}, "$.units[0]"),
    "no unit": ({"units": []}, "$.units"),
    "a count with decimals": ({"copies": "2,5"}, "$.copies"),
    "a count below zero": ({"copies": "-2"}, "$.copies"),
    "a role without a person": ({"signatures": ["unit-head"]}, "$.signatures[0]"),
    "a key of a team misspelt": ({"team": {**INSPECTION["team"], "leed": "x"}}, "$.team"),
    "an agency that is a person": ({"team": {**INSPECTION["team"], "agency": "hoang-manh-hung"}}, "$.team.agency"),
    "a person that is an agency": ({"team": {**INSPECTION["team"], "lead": "lak-dpc"}}, "$.team.lead"),
    "an area that is none": ({"results": [{"area": "general", "text": BOTH}]}, "$.results[0].area"),
    "a result that says nothing": ({"results": [{"area": "direction"}]}, "$.results[0]"),
    "a photograph without a caption": ({"photos": [{"file": "a.jpg"}]}, "$.photos[0]"),
    "digits of no kind": ({"digits": "roman"}, "$.digits"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_in_its_place(name: str) -> None:
    change, place = WRONG[name]
    assert problems("inspection", {**INSPECTION, **change}) == [place]


@pytest.mark.parametrize("key", sorted(INSPECTION))
def test_a_key_that_is_missing_is_told(key: str) -> None:
    data = {name: value for name, value in INSPECTION.items() if name != key}
    assert not is_read(data)
    assert problems("inspection", data) == ["$"]


def subsets(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(len(values) + 1):
        for names in itertools.combinations(values, number):
            yield {name: values[name] for name in names}


FIGURES = list(subsets({"done": "1", "total": "2", "rate": "50"}))
RESULTS = [*subsets({"text": BOTH, "figures": [{"what": BOTH, "rate": "1"}]}), {"figures": []}]
SIGNATORIES = [
    {"role": role, **rest}
    for role in ("secretary", "lead", "member", "unit-head", "witness")
    for rest in ({}, {"person": "vo-thanh-hue"}, {"person": "unknown"})
]


@pytest.mark.parametrize(
    "change",
    [
        *({"results": [{"area": "direction", "figures": [{"what": BOTH, **figure}]}]} for figure in FIGURES),
        *({"results": [{"area": "direction", **result}]} for result in RESULTS),
        *({"signatures": [signatory]} for signatory in SIGNATORIES),
    ],
    ids=str,
)
def test_what_keys_ask_of_one_another_is_asked_by_both(change: dict[str, Any]) -> None:
    data = {**INSPECTION, **change}
    assert (problems("inspection", data) == []) == is_read(data)


def test_the_list_may_name_entries_that_it_does_not_have_yet() -> None:
    data = {"language": "vi", "agencies": {"new": {"name": {"vi": "Mới", "lo": "x"}, "unit": "not-yet"}}}
    assert problems("office", data) == []
    assert problems("office", {"language": "vi", "agencies": {"Bad Id": {"name": BOTH}}}) == ["$.agencies"]


def test_an_id_of_digits_is_a_number_for_editors(office: Office, tmp_path: Path) -> None:
    desk = Desk(office.copy_workspace(tmp_path), office.cache)
    desk.edit("templates/office.yaml", ("  hoang-manh-hung:", "  611:"))
    schema = make_schema("inspection", words("en"), known_in(Workspace(desk.root)))
    assert {"611", 611} <= set(schema["definitions"]["id-of-person"]["enum"])


def test_the_reader_of_the_other_files_agrees_on_their_keys() -> None:
    for file in ("office", "locale"):
        data = read_yaml(SAMPLES[file][0].read_bytes(), "x.yaml").data
        assert isinstance(data, dict)
        for key in data:
            less = {name: value for name, value in data.items() if name != key}
            text = yaml.dump(less, Dumper=WithoutAliases, allow_unicode=True)
            try:
                validate(FILES[file], read_yaml(text.encode(), "x.yaml"), library().date_forms)
                needed = []
            except InputError as error:
                needed = [finding.values["key"] for finding in error.diagnostics if finding.name == "missing-key"]
            assert (problems(file, less) == ["$"]) == (needed == [key]), key


@pytest.mark.parametrize("file", FILES)
def test_a_schema_says_the_same_in_every_language_but_for_the_words(file: str) -> None:
    def bare(schema: Any) -> Any:
        told = ("description", "examples", "enumDescriptions", "errorMessage", "title")
        if isinstance(schema, dict):
            return {key: bare(value) for key, value in schema.items() if key not in told or not _is_told(value)}
        return [bare(value) for value in schema] if isinstance(schema, list) else schema

    english, *others = (make_schema(file, words(language)) for language in LANGUAGES)
    assert all(bare(other) == bare(english) for other in others)
    assert len({json.dumps(schema) for schema in (english, *others)}) == 3


def _is_told(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


# ---- the command


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


def copy_of(desk: Desk, file: str = "inspection") -> dict[str, Any]:
    return json.loads(desk.read(f".reportgen/{file}.schema.json"))


def test_the_command_makes_the_copies_that_the_samples_point_to(desk: Desk) -> None:
    answer = desk.run("schema")
    assert answer.exit_code == 0
    assert answer.stdout.split() == [f".reportgen/{file}.schema.json" for file in FILES]
    for file, paths in SAMPLES.items():
        for path in paths:
            line = path.read_text(encoding="utf-8").partition("\n")[0]
            prefix, _, target = line.partition("$schema=")
            assert prefix == "# yaml-language-server: "
            folder = desk.root / path.parent.relative_to(PROJECT)
            assert (folder / target).resolve() == desk.path(f".reportgen/{file}.schema.json").resolve()


def test_a_schema_is_printed_or_written_elsewhere(desk: Desk, tmp_path: Path) -> None:
    printed = json.loads(desk.run("schema", "inspection").stdout)
    assert printed["properties"]["team"]["description"].startswith("who inspected")
    target = tmp_path / "a" / "b.json"
    desk.run("schema", "office", "--output", str(target))
    assert set(json.loads(target.read_text(encoding="utf-8"))["properties"]) >= {"people", "units"}
    assert not desk.path(".reportgen").exists()


def test_without_a_workspace_a_schema_knows_no_ids(office: Office, tmp_path: Path) -> None:
    answer = Desk(tmp_path, office.cache).run("schema", "inspection")
    assert answer.exit_code == 0
    assert "enum" not in json.loads(answer.stdout)["definitions"]["id-of-person"]
    assert Desk(tmp_path, office.cache).run("schema").errors


def test_where_a_schema_cannot_be_written_it_is_told(desk: Desk) -> None:
    desk.write(".reportgen", "a file")
    (error,) = desk.run("schema").errors
    assert "RG" in error
    assert desk.run("new", "611-2026-01-02").exit_code == 0  # help while typing is no reason to stop


def test_a_list_that_cannot_be_read_gives_a_schema_without_ids(desk: Desk) -> None:
    desk.write("templates/office.yaml", "people: [\n")
    assert desk.run("schema").exit_code == 0
    assert "enum" not in copy_of(desk)["definitions"]["id-of-person"]


def test_copies_are_made_anew_when_the_list_has_changed_and_keep_their_language(desk: Desk) -> None:
    desk.run("--ui", "th", "schema")
    before = desk.path(".reportgen/inspection.schema.json").stat().st_mtime_ns
    desk.run("new", "611-2026-01-02")
    assert desk.path(".reportgen/inspection.schema.json").stat().st_mtime_ns == before
    desk.edit("templates/office.yaml", ("people:\n", "people:\n  new-clerk: {name: {vi: Mới, th: ใหม่}}\n"))
    desk.run("new", "611-2026-01-03")
    copy = copy_of(desk)
    assert "new-clerk" in copy["definitions"]["id-of-person"]["enum"]
    assert copy["title"] == words("th").file("inspection")


# ---- the YAML language server


@pytest.fixture(scope="module")
def opened(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Editor]]:
    desk = Desk(office.copy_workspace(tmp_path_factory.mktemp("editor")), office.cache)
    desk.run("--ui", "vi", "schema")
    with Editor(desk.root) as editor:
        yield desk, editor


def test_an_editor_finds_nothing_in_the_samples(opened: tuple[Desk, Editor]) -> None:
    _, editor = opened
    for path in (path.relative_to(PROJECT).as_posix() for paths in SAMPLES.values() for path in paths):
        assert editor.problems(path) == [], path


def test_an_editor_shows_every_mistake_on_its_line(opened: tuple[Desk, Editor]) -> None:
    desk, editor = opened
    lines = desk.read(REAL_FILE).splitlines()
    mistakes = {
        "number: …/BB-ĐKT": "number: 12",
        "languages: [vi, th]": "languages: [vi, lo]",
        "date: 18/08/2566": "date: 18/08/66",
        "started: unknown": "started: soon",
        "place: lak-dpc": "place: lak-dpcc",
        "  lead: hoang-manh-hung": "  lead: {name: x, titel: mr}",
        "  secretary: unknown": "  secretary:",
        "attendees: [vo-thanh-hue]": "atendees: [vo-thanh-hue]",
        "  - area: procedures": "  - area: procedure",
        "        rate: 96.7": "        rate: many",
        "        done: 21995": "        don: 21995",
        "copies: unknown": "copies: few",
        "  - secretary": "  - witness",
    }
    wrong: set[int] = set()
    for good, bad in mistakes.items():
        number = next(number for number, line in enumerate(lines) if line.startswith(good))
        lines[number] = bad
        wrong.add(number + 1)
    desk.write("inspections/wrong.yaml", "\n".join(lines) + "\n")
    found = editor.problems("inspections/wrong.yaml")
    what = lines.index("        don: 21995") - 2  # a key that is missing is told where its figure begins
    assert {line for line, _ in found} - {what} == wrong
    messages = dict(found)
    assert words("vi").problem("day") in messages.values()
    assert words("vi").problem("time") in messages.values()


def test_an_editor_tells_what_a_key_means(opened: tuple[Desk, Editor]) -> None:
    desk, editor = opened
    for words_of, column in (("copies:", 2), ("rate: 96.7", 2), ("lead: hoang", 2)):
        _, line, start = desk.place(REAL_FILE, words_of).split(":")
        told = editor.hover(REAL_FILE, int(line), int(start) + column)
        key = {"copies:": ("inspection", "copies"), "rate: 96.7": ("figure", "rate"), "lead: hoang": ("team", "lead")}
        record, name = key[words_of]
        entry = words("vi").data["records"][record]["fields"][name]
        assert (entry if isinstance(entry, str) else entry["about"]) in told


def test_an_editor_offers_keys_ids_and_words_with_what_they_are(opened: tuple[Desk, Editor]) -> None:
    desk, editor = opened

    number = itertools.count()

    def offered(line: str, text: str) -> dict[str, str]:
        name = f"inspections/typing-{next(number)}.yaml"
        desk.write(name, text)
        _, row, start = desk.place(name, line).split(":")
        return editor.completions(name, int(row), int(start) + len(line))

    head = desk.read(REAL_FILE).partition("\n")[0] + "\n"
    people = offered("  lead: ", f"{head}team:\n  lead: \n")
    assert "Hoàng Mạnh Hùng" in people["hoang-manh-hung"]
    assert not {"true", "false"} & set(people)
    assert "huyện Lắk" in offered("  - ", f"{head}units:\n  - \n")["lak"]
    assert set(offered("  - area: ", f"{head}results:\n  - area: \n")) >= {"direction", "digital-government"}
    assert "unknown" in offered("copies: ", f"{head}copies: \n")
    assert set(offered("sub", f"{head}sub\n")) >= {"subject", "team", "units"}


def test_an_editor_finds_only_what_is_to_be_filled_in_in_a_new_file(opened: tuple[Desk, Editor]) -> None:
    desk, editor = opened
    assert desk.run("--ui", "vi", "new", "611-2026-01-02").exit_code == 0
    found = editor.problems("inspections/611-2026-01-02.yaml")
    lines = desk.read("inspections/611-2026-01-02.yaml").splitlines()
    assert {lines[line - 1].partition(":")[0] for line, _ in found} == {"subject", "place", "units"}


def test_the_first_line_does_not_disturb_the_reader(desk: Desk) -> None:
    before = desk.check()
    for name in (REAL_FILE, SMALLEST_FILE, "templates/office.yaml"):
        desk.write(name, "#\n" + desk.read(name).partition("\n")[2])
    after = desk.check()
    assert (before.exit_code, before.stderr) == (after.exit_code, after.stderr)
    assert REAL in REAL_FILE


def test_the_server_is_pinned_by_hash_and_its_lock_names_no_registry() -> None:
    asked, lock = (
        json.loads((PROJECT / "tests" / "editor" / name).read_text()) for name in ("package.json", "package-lock.json")
    )
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert lock["packages"][""]["dependencies"] == asked["dependencies"]
    assert packages
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())
