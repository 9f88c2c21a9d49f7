"""Languages are data: a third one is a folder of templates and texts, printed by the real command without new code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from conftest import Office
from desk import SMALLEST, SMALLEST_FILE, Desk
from reading import poppler_text

LOCALE = """
name: English
language: en
tag: en-GB
calendar: gregorian
era: ""
dates: {long: "d MMMM y", short: "dd/MM/y"}
spans:
  long: {days: "d – d MMMM y", months: "d MMMM – d MMMM y", years: "d MMMM y – d MMMM y"}
time: "HH:mm"
percent: "{}%"
percent_in_table: "{}%"
alphabet: abcdefghijklmnopqrstuvwxyz
numbering: {section: "{roman}.", item: "{decimal}.", point: "{letter})"}
"""

# The English words of the clauses whose words are not those of the page; every id comes from the other languages.
WORDS = {
    "letterhead.number": "No. {{ inspection.number }}",
    "title": "MINUTES",
    "opening.started": "Started: {{ inspection.started | time }}, {{ inspection.first_day | date }}.",
    "closing.ended": "Ended: {{ inspection.ended | time }}, {{ inspection.last_day | date }}.",
    "results.heading": "FINDINGS",
    "results.done": "Done",
    "results.total": "Total",
    "results.rate": "Rate",
    "area.digital-government": "Building and developing e-government and digital government",
    "signature.lead": "HEAD OF THE TEAM",
}


def add_english(desk: Desk) -> None:
    """Add the folder templates/en: data and words, and the look of another language."""
    source = desk.path("templates/vi")
    shutil.copytree(source, desk.path("templates/en"))
    other = yaml.load(desk.read("templates/vi/locale.yaml"), Loader=yaml.BaseLoader)
    english = yaml.load(LOCALE, Loader=yaml.BaseLoader)
    kept = {
        key: other[key] for key in other.keys() - english.keys() - {"pad_day_below", "pad_month_below", "pad_counts"}
    }
    data = {**kept, **english, "blanks": dict.fromkeys(other["blanks"], "______")}
    for key in ("line_break_sample",):
        data.pop(key, None)
    desk.write("templates/en/locale.yaml", yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    wording = yaml.load(desk.read("templates/vi/wording.yaml"), Loader=yaml.BaseLoader)
    desk.write("templates/en/wording.yaml", yaml.safe_dump(_translated(wording), allow_unicode=True, sort_keys=False))


def _translated(clauses: object, path: str = "") -> object:
    if isinstance(clauses, dict):
        return {key: _translated(value, f"{path}.{key}" if path else key) for key, value in clauses.items()}
    expressions = " ".join(re.findall(r"\{\{.*?\}\}", str(clauses)))
    return WORDS.get(path, f"{path.rpartition('.')[2].replace('_', ' ')} {expressions}".strip())


def add_english_texts(desk: Desk) -> None:
    """Print the smallest inspection in two languages, with a table of figures and a unit of the office."""
    data = yaml.load(desk.read(SMALLEST_FILE), Loader=yaml.BaseLoader)

    def both(value: object) -> object:
        if isinstance(value, str):
            return {"vi": value, "en": "Translated"}
        return value

    data |= {
        "languages": ["vi", "en"],
        "date": "18/08/2023",
        "subject": {"vi": data["subject"], "en": "Inspection of Đắk Lắk"},
    }
    data["place"] = "lak"
    data["team"]["name"] = both(data["team"]["name"])
    for person in (data["team"]["lead"], data["team"]["secretary"]):
        person.update({key: both(person[key]) for key in ("name", "agency")})
        person.pop("title")
        person["position"] = {"vi": "Chuyên viên", "en": "Officer"}
    data["units"] = ["lak"]
    for conclusion in data["conclusions"]:
        conclusion["text"] = both(conclusion["text"])
    data["results"] = [
        {
            "area": "digital-government",
            "figures": [{"what": {"vi": "hồ sơ", "en": "files"}, "done": "12", "total": "180"}],
        },
    ]
    desk.write(SMALLEST_FILE, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    office = desk.read("templates/office.yaml")
    office = office.replace("th: อำเภอลัก}", "th: อำเภอลัก, en: Lắk District}")
    office = office.replace(
        "th: คณะกรรมการประชาชนจังหวัดดั๊กลัก}", "th: คณะกรรมการประชาชนจังหวัดดั๊กลัก, en: People's Committee}"
    )
    desk.write("templates/office.yaml", office)


@pytest.fixture(scope="module")
def desk(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(office.copy_workspace(tmp_path_factory.mktemp("english")), office.cache)
    add_english(desk)
    add_english_texts(desk)
    return desk


@pytest.fixture(scope="module")
def english(desk: Desk, office: Office) -> Path:
    """The stem of the English files, printed by the real command."""
    office.print(desk.root, SMALLEST)
    return desk.path(f"output/{SMALLEST}/{SMALLEST}.en")


def test_the_new_language_passes_all_checks(desk: Desk) -> None:
    answer = desk.check()
    assert answer.exit_code == 0, answer.errors


def test_the_pdf_has_english_dates_times_and_percentages(english: Path) -> None:
    text = " ".join(poppler_text(english.with_suffix(".en.pdf")).split())
    assert "No. 5/BB-ĐKT" in text
    assert "Started: 08:00, 18 August 2023." in text
    assert "Ended: 11:30, 18 August 2023." in text
    assert "6.67%" in text
    assert "Lắk District" in text
    assert "HEAD OF THE TEAM" in text


def test_the_docx_says_the_same_in_english(english: Path) -> None:
    with zipfile.ZipFile(english.with_suffix(".en.docx")) as package:
        document = package.read("word/document.xml").decode()
        styles = package.read("word/styles.xml").decode()
    text = re.sub(r"<[^>]+>", "", document)
    assert "Started: 08:00, 18 August 2023." in text
    assert "6.67%" in text
    assert 'w:val="en-GB"' in styles + document


def test_the_other_language_is_printed_beside_it(english: Path) -> None:
    text = " ".join(poppler_text(english.with_suffix(".vi.pdf")).split())
    assert "ngày 18 tháng 8 năm 2023" in text
    assert "6,67%" in text
    assert "huyện Lắk" in text


def test_a_clause_that_the_new_language_lacks_is_told(desk: Desk) -> None:
    before = desk.read("templates/en/wording.yaml")
    desk.edit("templates/en/wording.yaml", ("title: MINUTES\n", ""))
    try:
        (line,) = desk.check().errors
    finally:
        desk.write("templates/en/wording.yaml", before)
    assert "the clause “title” is missing in “en”" in line


def test_a_name_that_only_the_new_language_uses_is_told_once(desk: Desk) -> None:
    before = desk.read("templates/en/wording.yaml")
    desk.edit("templates/en/wording.yaml", ("title: MINUTES\n", "title: 'MINUTES {{ inspection.copies }}'\n"))
    try:
        (line,) = desk.check().errors
    finally:
        desk.write("templates/en/wording.yaml", before)
    assert "uses “inspection.copies” in “en” but not in “th, vi”" in line


def test_dates_may_be_typed_in_the_new_language(desk: Desk) -> None:
    before = desk.read(SMALLEST_FILE)
    desk.edit(SMALLEST_FILE, ("date: 18/08/2023", "date: 18 August 2023"))
    try:
        assert desk.check(SMALLEST).exit_code == 0
    finally:
        desk.write(SMALLEST_FILE, before)


def test_no_python_knows_the_new_language() -> None:
    sources = Path(sys.modules["reportgen"].__file__ or "").parent.glob("*.py")
    assert not [path.name for path in sources if '"en-GB"' in path.read_text(encoding="utf-8")]


def test_the_command_prints_one_language_where_asked(desk: Desk, office: Office, english: Path) -> None:
    asked = ("--language", "en", "--format", "docx", "--force")
    done: subprocess.CompletedProcess[str] = office.print(desk.root, SMALLEST, *asked)
    assert done.stdout.splitlines() == [f"output/{SMALLEST}/{SMALLEST}.en.docx"]
