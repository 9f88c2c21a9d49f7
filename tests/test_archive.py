"""Every PDF is PDF/A-3a and PDF/UA-1: veraPDF finds nothing, and the tags say what the page says.

``REPORTGEN_GENERATED=30`` judges so many generated inspections, in place of a few; docs/archive.md tells the figures.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from conftest import EDITIONS, PROJECT, REAL, Office, PrintedEdition
from generated import LANGUAGES, write_inspections
from lxml import html
from reading import POINTS_PER_MM, Box
from tagged import FLAVOURS, Tag, Tagged, read_tags, validate

from reportgen.parity import page_leaves, squeeze

GENERATED = int(os.environ.get("REPORTGEN_GENERATED", "3"))
KINDS = {"p": "P", "h1": "H1", "h2": "H2", "h3": "H3", "li": "LBody", "th": "TH", "td": "TD", "figcaption": "Caption"}


@dataclass(frozen=True)
class Archived:
    """An edition: its page, and its PDF's structure."""

    edition: PrintedEdition

    @cached_property
    def page(self) -> html.HtmlElement:
        return html.fromstring(self.edition.page)

    @cached_property
    def tagged(self) -> Tagged:
        return read_tags(self.edition.pdf_path)

    def meta(self, name: str) -> str:
        (content,) = self.page.xpath("head/meta[@name=$name]/@content", name=name)
        return str(content)


@pytest.fixture(scope="module")
def generated(office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[PrintedEdition]:
    """Inspections that nobody wrote."""
    root = office.copy_workspace(tmp_path_factory.mktemp("generated"))
    write_inspections(root / "inspections", GENERATED)
    office.print(root, "--format", "pdf", "--jobs", "2")
    return [PrintedEdition(root, f"generated-{seed}", language) for seed in range(GENERATED) for language in LANGUAGES]


@pytest.fixture(scope="module")
def editions(
    printed: dict[tuple[str, str], PrintedEdition],
    large: dict[tuple[str, str], PrintedEdition],
    generated: list[PrintedEdition],
) -> list[Archived]:
    """All that is printed here: of the project, larger, and generated."""
    return [Archived(edition) for edition in (*printed.values(), *large.values(), *generated)]


# ---- the validator --------------------------------------------------------------------------------------------------

DAMAGE = {
    "no language": ("ua1", lambda pdf: pdf.Root.__delitem__("/Lang")),
    "no tags": ("3a", lambda pdf: pdf.Root.__delitem__("/StructTreeRoot")),
    "a picture without words": ("ua1", lambda pdf: figure(pdf).__delitem__("/Alt")),
    "no colours": ("3a", lambda pdf: pdf.Root.__delitem__("/OutputIntents")),
}


def figure(pdf: pikepdf.Pdf) -> Any:
    return next(
        each for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and each.get("/S", "") == "/Figure"
    )


@pytest.fixture(scope="module")
def verdicts(editions: list[Archived], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Path, str], list[str]]:
    """What veraPDF finds in every PDF, and in damaged ones."""
    folder = tmp_path_factory.mktemp("damaged")
    files = [each.edition.pdf_path for each in editions]
    for name, (_, change) in DAMAGE.items():
        with pikepdf.open(files[0]) as pdf:
            change(pdf)
            pdf.save(folder / f"{name}.pdf")
    return validate([*files, *sorted(folder.iterdir())])


def test_every_pdf_is_for_the_archive_and_for_everyone(
    editions: list[Archived], verdicts: dict[tuple[Path, str], list[str]]
) -> None:
    files = [each.edition.pdf_path for each in editions]
    assert len(files) == len(EDITIONS) + len(LANGUAGES) * (1 + GENERATED)
    assert {(file.name, flavour): verdicts[file, flavour] for file in files for flavour in FLAVOURS} == {
        (file.name, flavour): [] for file in files for flavour in FLAVOURS
    }


@pytest.mark.parametrize("name", DAMAGE)
def test_the_validator_finds_a_mistake(verdicts: dict[tuple[Path, str], list[str]], name: str) -> None:
    found = {(file.stem, flavour): rules for (file, flavour), rules in verdicts.items()}
    assert found[name, DAMAGE[name][0]]


# ---- what the file says of itself -----------------------------------------------------------------------------------


def test_the_file_says_in_its_language_what_it_is(editions: list[Archived]) -> None:
    for each in editions:
        title = each.page.findtext("head/title").strip()
        with pikepdf.open(each.edition.pdf_path) as pdf, pdf.open_metadata() as packet:
            info = {name[1:]: str(value) for name, value in pdf.docinfo.items()}
            day = each.meta("dcterms.created")
            assert info == {
                "Title": title,
                "Author": each.meta("author"),
                "Subject": each.meta("description"),
                "Keywords": each.meta("keywords"),
                "Creator": "reportgen",
                "Producer": info["Producer"],
                "CreationDate": f"D:{day.replace('-', '')}",
                "ModDate": f"D:{day.replace('-', '')}",
            }
            assert packet["dc:title"] == title
            assert packet["dc:description"] == each.meta("description")
            assert packet["xmp:CreateDate"] == packet["xmp:ModifyDate"] == day
            assert (packet["pdfaid:part"], packet["pdfaid:conformance"]) == ("3", "A")
            assert packet["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
            assert pdf.Root.Lang == each.page.get("lang")
            assert all(page.obj.Tabs == "/S" for page in pdf.pages)
            (intent,) = pdf.Root.OutputIntents
            assert "sRGB" in str(intent.OutputConditionIdentifier)


# ---- what the tags say ----------------------------------------------------------------------------------------------


def blocks(tag: Tag) -> Iterator[tuple[str, str]]:
    """Yield the blocks of text below a tag, with their kinds; the head of a table that goes on is read once."""
    before: Tag | None = None
    for child in tag.children:
        if child.kind in KINDS.values():
            yield child.kind, squeeze(child.text)
        elif not (child.kind == "THead" and before is None and tag.attributes.get("goes on")):
            yield from blocks(mark_next(before, child))
        before = child


def mark_next(before: Tag | None, tag: Tag) -> Tag:
    """Return a table as one that goes on, where it is the next part of the one before."""
    if before is not None and before.kind == tag.kind == "Table":
        tag.attributes["goes on"] = heads(before) == heads(tag)
    return tag


def heads(table: Tag) -> list[str]:
    return [cell.text for head in table.children if head.kind == "THead" for cell in head.of("TH")]


def test_the_tags_say_the_blocks_of_the_page_in_its_order(editions: list[Archived]) -> None:
    for each in editions:
        expected = [(KINDS[leaf.tag], squeeze(leaf.text)) for leaf in page_leaves(each.edition.page)]
        assert list(blocks(each.tagged.document)) == expected, each.edition.pdf_path.name


def test_a_table_goes_on_with_its_head_on_the_next_page(editions: list[Archived]) -> None:
    tables = [each.tagged.document.of("Table") for each in editions]
    assert any(
        heads(one) == heads(other) and one.attributes["A"] == other.attributes["A"]
        for own in tables
        for one, other in pairwise(own)
    )


def test_what_no_tag_says_is_the_number_of_the_page(editions: list[Archived]) -> None:
    for each in editions:
        numbers = {"".join(letter.char for letter in number) for number in each.edition.pdf.numbers}
        assert {squeeze(text) for text in each.tagged.unowned.values()} <= numbers


def test_phrases_in_another_language_say_so(editions: list[Archived]) -> None:
    for each in editions:
        expected = [
            (span.get("lang"), squeeze(span.text_content())) for span in each.page.iterfind("body//span[@lang]")
        ]
        tags = [tag for tag in each.tagged.document.walk() if "Lang" in tag.attributes]
        assert [(str(tag.attributes["Lang"]), squeeze(tag.text)) for tag in tags] == expected
    assert any("Lang" in tag.attributes for each in editions for tag in each.tagged.document.walk())


def test_every_cell_knows_its_heads(editions: list[Archived]) -> None:
    cells = 0
    for each in editions:
        named = each.tagged.names
        identifiers = [str(tag.attributes["ID"]) for tag in each.tagged.document.of("TH")]
        assert sorted(identifiers) == sorted(named), "each name once, and each in the index"
        for table in each.tagged.document.of("Table"):
            texts = {str(tag.attributes["ID"]): tag.text for tag in table.of("TH")}
            assert all(tag.attributes["A"].Scope in ("/Column", "/Row") for tag in table.of("TH"))
            for row in (row for body in table.of("TBody") for row in body.children):
                across = [cell.text for cell in row.children if cell.kind == "TH"]
                for column, cell in enumerate(row.children):
                    if cell.kind == "TD":
                        told = [texts[str(name)] for name in cell.attributes["A"].Headers]
                        assert told == [*across, heads(table)[column]]
                        cells += 1
    assert cells > 50


def test_every_picture_has_its_words_and_its_place(editions: list[Archived]) -> None:
    assert sum(len(each.tagged.document.of("Figure")) for each in editions) > 8
    for each in editions:
        figures = each.tagged.document.of("Figure")
        alternatives = [image.get("alt") for image in each.page.iterfind("body//img")]
        assert [str(tag.attributes["Alt"]) for tag in figures] == alternatives
        for tag, box in zip(figures, each.edition.pdf.pictures, strict=True):
            edges = [float(edge) for edge in tag.attributes["A"].BBox]
            assert edges == pytest.approx([box.left, box.bottom, box.right, box.top], abs=0.1)


def test_both_files_hold_the_same_bytes_of_each_picture(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    pictures = 0
    for edition in printed.values():
        with pikepdf.open(edition.pdf_path) as pdf, zipfile.ZipFile(edition.docx.path) as package:
            images = [
                each
                for each in pdf.objects
                if isinstance(each, pikepdf.Stream) and each.get("/Subtype", "") == "/Image"
            ]
            media = [package.read(name) for name in package.namelist() if name.endswith(".jpg")]
            assert sorted(each.read_raw_bytes() for each in images) == sorted(media)
            assert all(each.ColorSpace == "/DeviceRGB" and not each.Interpolate for each in images)
            pictures += len(media)
    assert pictures == 8


def test_tables_say_what_they_are_about(editions: list[Archived]) -> None:
    for each in editions:
        titles = [table.get("title") for table in each.page.iterfind("body//table")]
        told = [str(tag.attributes["A"].Summary) for tag in each.tagged.document.of("Table")]
        assert list(dict.fromkeys(told)) == list(dict.fromkeys(titles))


# ---- fields to sign in ----------------------------------------------------------------------------------------------


def fields(each: Archived) -> list[Any]:
    """Return the signature fields of a PDF, in the order of its form."""
    return list(each.tagged.file.Root.AcroForm.Fields)


def test_each_signatory_has_a_field_that_is_empty_and_called_by_its_role(editions: list[Archived]) -> None:
    for each in editions:
        rooms = each.page.xpath("//a")
        found = fields(each)
        assert [(str(field.T), str(field.TU)) for field in found] == [
            (room.get("id"), room.get("title")) for room in rooms
        ]
        assert all(field.FT == "/Sig" and "/V" not in field for field in found)
        assert each.tagged.file.Root.AcroForm.SigFlags == 0
        for name, room in zip((str(field.T) for field in found), rooms, strict=True):
            assert name.isascii()
            (role,) = room.xpath("@data-role")
            assert role in room.get("title")


def test_a_signatory_who_is_not_known_has_a_field(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    for language, called in (("vi", "Ô ký số: THƯ KÝ"), ("th", "ช่องลายมือชื่อดิจิทัล: ผู้จดบันทึก")):
        edition = Archived(printed[REAL, language])
        first, *_ = fields(edition)
        assert (str(first.T), str(first.TU)) == ("secretary", called)


def test_a_field_asks_for_what_the_law_asks_and_the_last_locks_all(editions: list[Archived]) -> None:
    for each in editions:
        for field in fields(each):
            assert [str(form) for form in field.SV.SubFilter] == ["/ETSI.CAdES.detached"]
            assert [str(digest) for digest in field.SV.DigestMethod] == ["SHA256", "SHA384", "SHA512"]
            assert field.SV.Ff == 0b1000010  # Table 234: bit 2 SubFilter, bit 7 DigestMethod
        *others, last = fields(each)
        assert last.Lock.Action == "/All"
        assert not any("/Lock" in field for field in others)


def test_fields_are_in_the_tags_in_the_order_of_the_page(editions: list[Archived]) -> None:
    for each in editions:
        forms = each.tagged.document.of("Form")
        assert [tag.annotations[0].T for tag in forms] == [field.T for field in fields(each)]
        assert [str(tag.attributes["Alt"]) for tag in forms] == [str(field.TU) for field in fields(each)]
        pdf = each.tagged.file
        on_pages = [annotation for page in pdf.pages for annotation in page.obj.get("/Annots", [])]
        assert [annotation.T for annotation in on_pages] == [field.T for field in fields(each)]
        assert all(annotation.Subtype == "/Widget" for annotation in on_pages)
        assert "/Dests" not in pdf.Root.get("/Names", {})


def test_a_field_shows_nothing(editions: list[Archived]) -> None:
    for each in editions:
        for field in fields(each):
            assert field.AP.N.read_bytes() == b""
            assert not {"/MK", "/BS", "/Border", "/C"} & set(field.keys())


def test_fields_are_where_the_signatures_are(editions: list[Archived]) -> None:
    """Each is 30 mm high, in its column, over the middle of its signatory's name, and nothing is drawn in it."""
    turned = 0
    for each in editions:
        pdf = each.edition.pdf
        names = [passage.box for leaf, passage in pdf.find_leaves(each.edition.leaves) if leaf.name == "signatory-name"]
        boxes = [
            Box(number, *(float(edge) for edge in annotation.Rect))
            for number, page in enumerate(each.tagged.file.pages)
            for annotation in page.obj.get("/Annots", [])
        ]
        assert len(boxes) == len(names)
        for box, name in zip(boxes, names, strict=True):
            assert box.page == name.page
            assert box.middle == pytest.approx(name.middle, abs=1)
            assert box.top - box.bottom == pytest.approx(30 * POINTS_PER_MM, abs=0.01)
            assert 0 <= box.bottom - name.top + 2 < 30  # Thai: the dotted line stands between them
        widths = [float(edge) for edge in columns(each)]
        for box, width in zip(boxes, widths, strict=True):
            assert box.width == pytest.approx(width, abs=0.1)
            assert min(letter.left for letter in pdf.letters) - 1 <= box.left, "it leaves the text at the left"
            assert box.right <= max(letter.right for letter in pdf.letters) + 1, "it leaves the text at the right"
        inked = [Box(letter.page, letter.left, letter.bottom, letter.right, letter.top) for letter in pdf.letters]
        for box in boxes:
            own = [
                other
                for other in (*inked, *pdf.pictures, *(room for room in boxes if room is not box))
                if other.page == box.page
            ]
            assert not [other for other in own if overlaps(box, other)], each.edition.pdf_path.name
        turned += boxes[0].page > 0 and boxes[0].top > 600
    assert turned, "no signatures were pushed to a new page"


def columns(each: Archived) -> Iterator[float]:
    """Yield the width of the column that each room to sign stands in, in points, as the style sheet says it."""
    sheet = (PROJECT / f"templates/{each.edition.language}/style.css").read_text(encoding="utf-8")
    for room in each.page.xpath("//a"):
        (width,) = re.findall(rf"\.{room.getparent().get('class')} {{ width: ([\d.]+)mm }}", sheet)
        yield float(width) * POINTS_PER_MM


def overlaps(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than a point: the boxes of letters are those of the font."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.top, other.top) - max(one.bottom, other.bottom)
    return width > 1 and height > 1


# ---- as fast as it can be

ONCE = """
import json
from reportgen import loading
import pydyf, zlib
from weasyprint import HTML
from reportgen.archive import objects_once

deflate = zlib.compressobj
deflated = []

def compressobj(**named):
    deflated.append(named)
    return deflate(**named)

zlib.compressobj = compressobj
before = pydyf.PDF.write, pydyf.Stream.data, pydyf.Dictionary.data
pages = ["<p>một<p>hai", "<p>ba" * 200]

def printed():
    deflated.clear()
    return [HTML(string=page).write_pdf(pdf_variant="pdf/a-3a") for page in pages], len(deflated)

stock, twice = printed()
with objects_once():
    ours, once = printed()
after = pydyf.PDF.write, pydyf.Stream.data, pydyf.Dictionary.data
print(json.dumps({"equal": stock == ours, "deflated": [once, twice], "restored": before == after}))
"""


def test_each_object_is_made_and_deflated_once_and_no_byte_is_different(office: Office) -> None:
    answers = json.loads(office.python(ONCE))
    once, twice = answers["deflated"]
    assert answers["equal"]
    assert once < 0.6 * twice
    assert answers["restored"]
