"""What a clerk types stands on paper as typed: signs of HTML, of XML and of templates are only letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REAL, SMALLEST, Office, PrintedEdition, change_yaml
from reading import poppler_text

from reportgen.parity import canon, page_leaves, squeeze

LANGUAGES = ("vi", "th")
SUFFIXES = {
    "markup": ' A & B <Co> "x"',
    "entities": " &amp; &#60;b&#62; <b>đậm</b> <!-- x --> ]]> 'y'",
    "template": " {{ 7*7 }} {% if %} {# x #} {{ inspection }}",
    "format": " %s {0} $x \\n #{x} \\u0041 ${y}",
}


def texts_of(data: Any) -> Iterator[dict[str, str]]:
    """Yield every text in languages that a file holds: mappings of languages to strings."""
    match data:
        case dict() if data and set(data) <= set(LANGUAGES):
            yield data
        case dict():
            for item in data.values():
                yield from texts_of(item)
        case list():
            for item in data:
                yield from texts_of(item)


class Suffixed:
    """A workspace in which every text of the real inspection and of the office ends in the same signs."""

    def __init__(self, office: Office, root: Path, suffix: str) -> None:
        self.suffix = suffix
        self.root = office.copy_workspace(root)
        (root / "inspections" / f"{SMALLEST}.yaml").unlink()
        for path in (self.inspection, root / "templates" / "office.yaml"):
            change_yaml(path, self.append)
        office.print(root)

    @property
    def inspection(self) -> Path:
        return self.root / "inspections" / f"{REAL}.yaml"

    def append(self, data: Any) -> None:
        for text in texts_of(data):
            for language in text:
                text[language] += self.suffix

    def texts(self, language: str) -> list[str]:
        """Return the texts of the inspection, as they were typed."""
        data = yaml.load(self.inspection.read_text(encoding="utf-8"), yaml.BaseLoader)
        return [text[language] for text in texts_of(data)]

    def edition(self, language: str) -> PrintedEdition:
        return PrintedEdition(self.root, REAL, language)


@pytest.fixture(scope="module", params=SUFFIXES)
def suffixed(request: pytest.FixtureRequest, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Suffixed:
    return Suffixed(office, tmp_path_factory.mktemp("literal"), SUFFIXES[request.param])


def comparable(text: str) -> str:
    """Return a text without white space, in one case (heads are in capitals) and with one kind of digits."""
    digits = {ord(thai): str(value) for value, thai in enumerate("๐๑๒๓๔๕๖๗๘๙")}
    return squeeze(text).translate(digits).casefold()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", ["docx", "poppler", "pdfium"])
def test_every_text_is_printed_as_typed(suffixed: Suffixed, language: str, reader: str) -> None:
    edition = suffixed.edition(language)
    printed = {
        "docx": lambda: edition.docx.text,
        "poppler": lambda: poppler_text(edition.pdf_path),
        "pdfium": lambda: edition.pdf.stream,
    }[reader]()
    typed = suffixed.texts(language)
    assert len(typed) > 30
    assert all(text.endswith(suffixed.suffix) for text in typed)
    assert [text for text in typed if comparable(text) not in comparable(printed)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_signs_are_as_typed_to_the_letter(suffixed: Suffixed, language: str) -> None:
    """No digit of theirs is changed, no quotation mark is bent, no blank is lost."""
    blocks = suffixed.edition(language).docx.blocks
    exact = sum(canon(suffixed.suffix) in block for block in blocks)
    assert exact > 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_files_say_the_signs_equally_often(suffixed: Suffixed, language: str) -> None:
    edition = suffixed.edition(language)
    signs = comparable(suffixed.suffix)
    page = sum(comparable(leaf.text).count(signs) for leaf in edition.leaves)
    assert page > 40
    assert comparable(edition.docx.text).count(signs) == page
    heads = sum(comparable(leaf.text).count(signs) for leaf in edition.leaves if leaf.name == "column-head")
    assert heads == 0
    assert comparable(poppler_text(edition.pdf_path)).count(signs) == page
    assert comparable(edition.pdf.stream).count(signs) == page


@pytest.mark.parametrize("language", LANGUAGES)
def test_docx_still_is_the_page_block_by_block(suffixed: Suffixed, language: str) -> None:
    edition = suffixed.edition(language)
    assert edition.docx.blocks == [leaf.text for leaf in edition.leaves if leaf.text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_of_pictures_are_as_typed(suffixed: Suffixed, language: str) -> None:
    docx = suffixed.edition(language).docx
    pictures = [element for element in docx.body.iter() if element.tag.endswith("}docPr")]
    assert len(pictures) == 4
    assert all(comparable(picture.get("descr")).endswith(comparable(suffixed.suffix)) for picture in pictures)


def test_page_leaves_read_entities_as_letters() -> None:
    assert page_leaves("<p class=x>A &amp; B &lt;Co&gt; &quot;x&quot;</p>")[0].text == 'A & B <Co> "x"'
