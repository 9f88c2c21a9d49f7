"""What the catalogues say of keys is complete in every language, and the guide is what is made from them."""

from __future__ import annotations

import inspect
import runpy
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from reportgen import inspection, locales, office
from reportgen.cli import SCHEMA_FILES
from reportgen.glossary import FILES, Choice, Key, Reference, Simple, entry_name, keys, parts, records, words
from reportgen.model import Record
from reportgen.texts import forbidden_characters, normalize_text

ROOT = Path(__file__).parent.parent
LANGUAGES = ("en", "vi", "th")
EVERY: list[tuple[type[Record], Key]] = [
    (record, key) for file in FILES for record in records(file) for key in keys(record)
]
WRITER = runpy.run_path(str(ROOT / "docs" / "write_fields.py"))


def names(data: Any, path: str = "") -> list[str]:
    """Return the paths of all entries of a catalogue, in order; whether an entry has examples too."""
    if isinstance(data, dict):
        return [name for key, value in data.items() for name in (f"{path}/{key}", *names(value, f"{path}/{key}"))]
    return []


def test_every_record_of_the_files_is_explained() -> None:
    modules = (inspection, office, locales)
    own = {value for module in modules for _, value in inspect.getmembers(module, inspect.isclass)}
    defined = {value for value in own if issubclass(value, Record) and value is not Record}
    met = {record for file in FILES for record in records(file)}
    assert defined - met == {inspection.Number, office.Entry}  # one text; what other records are made of
    assert tuple(FILES) == SCHEMA_FILES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_value_and_word_is_explained(language: str) -> None:
    said = words(language)
    for record, key in EVERY:
        assert said.record(record)
        assert said.key(key).about, (record, key.name)
        for shape in parts(key.shape):
            match shape:
                case Simple(kind):
                    assert said.value(kind).about
                    assert said.name(kind)
                    assert kind == "word" or said.problem(kind)
                case Reference(kind):
                    assert said.kind(kind)
                case Choice(allowed):
                    assert all(said.choice(word) for word in allowed)


def test_nothing_is_explained_that_there_is_not() -> None:
    data = words("en").data
    owners = {(key.owner, key.name) for _, key in EVERY}
    told = {(owner, name) for owner, entry in data["records"].items() for name in entry["fields"]}
    assert told == owners
    assert set(data["records"]) == {entry_name(record) for record, _ in EVERY} | {"entry"}
    shapes = [shape for _, key in EVERY for shape in parts(key.shape)]
    assert set(data["values"]) == {shape.kind for shape in shapes if isinstance(shape, Simple)} | {"id", "unknown"}
    assert set(data["kinds"]) == {shape.kind for shape in shapes if isinstance(shape, Reference)}
    assert set(data["choices"]) == {word for shape in shapes if isinstance(shape, Choice) for word in shape.words}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_entries_of_the_english_catalogue_in_its_order(language: str) -> None:
    assert names(words(language).data) == names(words("en").data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_typed_without_slips(language: str) -> None:
    text = (ROOT / "reportgen" / "glossary" / f"{language}.yaml").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert normalize_text(text) == text
    assert list(forbidden_characters(text)) == []


@pytest.mark.parametrize("language", ["vi", "th"])
def test_a_translation_is_no_copy(language: str) -> None:
    def sentences(data: Any) -> list[str]:
        if isinstance(data, dict):
            return [text for name, value in data.items() if name != "examples" for text in sentences(value)]
        return [data] if isinstance(data, str) else []

    pairs = zip(sentences(words("en").data), sentences(words(language).data), strict=True)
    same = [english for english, other in pairs if english == other]
    assert set(same) <= {"[keys]({anchor})", "`unknown`"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_each_key_once(language: str) -> None:
    text = (ROOT / "reportgen" / "glossary" / f"{language}.yaml").read_text(encoding="utf-8")

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            assert len(set(keys)) == len(keys), keys
            return super().construct_mapping(node, deep)

    assert yaml.load(text, Strict)


# ---- the guide


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_tells_every_key_once_for_each_record(language: str) -> None:
    text = (ROOT / "docs" / WRITER["GUIDES"][language]).read_text(encoding="utf-8")
    said = words(language)
    for record, key in set(EVERY):
        section = text.partition(f"### {entry_name(record)}\n")[2] or text.partition(f"## {_file(record, said)}\n")[2]
        table = section.partition("\n#")[0]
        assert table.count(f"\n| `{key.name}` | ") == 1, (record, key.name)


def _file(record: type[Record], said: Any) -> str:
    return next((said.file(file) for file, model in FILES.items() if model is record), "")
