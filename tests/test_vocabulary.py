"""Keys and words named in a clerk's own language are told as the files have them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Office

from reportgen.cli import main
from reportgen.glossary import Choice, entry_name, keys, parts, records, words
from reportgen.texts import compact
from reportgen.vocabulary import Meant, meant

LANGUAGES = ("en", "vi", "th")
FILES = ("inspection", "office")  # what clerks write
KEYS = [(record, key.name) for file in FILES for record in records(file) for key in keys(record)]
CHOICES = [
    shape.words
    for file in FILES
    for record in records(file)
    for key in keys(record)
    for shape in parts(key.shape)
    if isinstance(shape, Choice)
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_key_and_word_of_a_clerks_files_has_names_in_every_language(language: str) -> None:
    assert set(words(language).data["called"]) == {key for _, key in KEYS} | set(itertools.chain(*CHOICES))
    assert all(words(language).data["called"].values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES)
def test_each_name_of_a_key_leads_to_it_in_every_record(file: str, language: str) -> None:
    called = words(language).data["called"]
    for record in records(file):
        there = [key.name for key in keys(record)]
        for key in there:
            for typed in (typed for name in called[key] for typed in spellings(name)):
                assert meant(typed, there) == Meant(key, called=True), (entry_name(record), typed)


def spellings(name: str) -> set[str]:
    """Return how a hasty clerk types a name: with underscores, without spaces, in capitals, without marks."""
    return {name, name.replace(" ", "_"), name.replace(" ", ""), name.title(), name.upper(), compact(name)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_guide_says_of_a_key_leads_to_it(language: str) -> None:
    said = words(language)
    for file in FILES:
        for record in records(file):
            for key in keys(record):
                head = re.split(r"[,;:.(“`]", said.key(key).about)[0].strip()
                found = meant(head, [other.name for other in keys(record)])
                assert found is not None, (entry_name(record), head)
                assert found.word == key.name, (entry_name(record), head)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_name_of_a_word_leads_to_it(language: str) -> None:
    called = words(language).data["called"]
    for choice in CHOICES:
        for word in choice:
            for name in called[word]:
                assert meant(name, choice) == Meant(word, called=True), name


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ket_luan", "conclusions"),
        ("kết luận", "conclusions"),
        ("Kết Luận", "conclusions"),
        ("kết lụân", "conclusions"),
        ("ข้อสรุป", "conclusions"),
        ("ขอสรุป", "conclusions"),
        ("gio bat dau", "started"),
        ("หน่วยรับตรวจ", "units"),
        ("conclutions", "conclusions"),
    ],
)
def test_slips_of_marks_and_letters_do_not_hide_a_name(typed: str, key: str) -> None:
    found = meant(typed, [name.name for name in keys(records("inspection")[0])])
    assert found is not None
    assert found.word == key


def test_what_is_no_name_leads_nowhere() -> None:
    assert meant("xyz", ["conclusions", "units"]) is None


def test_a_thousand_unknown_words_ask_for_the_same_names_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """File 111345 of ``fuzzing.py`` has three thousand; it took a second."""
    there = tuple(key.name for key in keys(records("inspection")[0]))
    meant("once", there)
    asked: list[str] = []
    monkeypatch.setattr("reportgen.vocabulary.compact", lambda text: asked.append(text) or compact(text))
    for number in range(1000):
        meant(f"zzzz{number}", there)
    assert len(asked) == 1000


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("vi", "ket_luan", "hãy viết “conclusions:”"),
        ("th", "ข้อสรุป", "โปรดเขียน “conclusions:”"),
        ("en", "recommendations", "write “conclusions:”"),
    ],
)
def test_a_clerk_is_told_the_key_behind_a_native_name(
    office: Office, tmp_path: Path, language: str, typed: str, said: str
) -> None:
    workspace = office.copy_workspace(tmp_path)
    path = next((workspace / "inspections").glob("*.yaml"))
    path.write_text(path.read_text("utf-8").replace("\nconclusions:", f"\n{typed}:"), "utf-8")
    told = CliRunner().invoke(main, ["-C", str(workspace), "--ui", language, "--output-format", "concise", "check"])
    assert said in told.output
    assert "RG201" not in told.output  # the key is not missing as well
