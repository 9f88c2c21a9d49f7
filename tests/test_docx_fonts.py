"""``build --embed-fonts``: a computer without the fonts shows the letters and lines that the DOCX was made with."""

from __future__ import annotations

import datetime
import io
import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import EDITIONS, REAL, Office, PrintedEdition
from fontTools.ttLib import TTFont
from reading import NAMESPACES, PrintedDocx, read_pdf, w
from test_ooxml import VERSIONS, validate_all

from reportgen.blocks import Document, Look, NamedStyle, PageSetup, Paragraph, Run, Sides
from reportgen.diagnostics import SetupError
from reportgen.docx import print_docx
from reportgen.docx_fonts import embed_fonts
from reportgen.docx_styles import WordLooks
from reportgen.fonts import Candidate, FontSet, Typeface, find_fonts
from reportgen.parity import Programs

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DRAWN = {"vi": ("Liberation Serif", "Times New Roman"), "th": ("RG Saraban", "TH SarabunPSK")}


@dataclass(frozen=True)
class Embedded:
    """All inspections of the project, with fonts in their DOCX, and how they were printed without."""

    root: Path
    plain: dict[tuple[str, str], PrintedEdition]

    def docx(self, inspection: str, language: str) -> PrintedDocx:
        return PrintedDocx(self.root / "output" / inspection / f"{inspection}.{language}.docx")

    @property
    def all(self) -> list[PrintedDocx]:
        return [self.docx(*key) for key in EDITIONS]


@pytest.fixture(scope="module")
def embedded(
    office: Office, printed: dict[tuple[str, str], PrintedEdition], tmp_path_factory: pytest.TempPathFactory
) -> Embedded:
    root = office.copy_workspace(tmp_path_factory.mktemp("embedded"))
    office.print(root, "--format", "docx", "--embed-fonts")
    return Embedded(root, printed)


def test_without_the_option_no_font_is_embedded(edition: PrintedEdition) -> None:
    assert not [name for name in edition.docx.parts if "font" in name and name != "word/fontTable.xml"]
    assert b"embed" not in edition.docx.parts["word/settings.xml"] + edition.docx.parts["word/fontTable.xml"]


@pytest.mark.parametrize("language", ["vi", "th"])
def test_the_four_faces_of_what_is_used_are_embedded_under_their_own_name(
    embedded: Embedded, office: Office, language: str
) -> None:
    docx = embedded.docx(REAL, language)
    drawn, declared = DRAWN[language]
    entries = docx.part("word/fontTable.xml").findall("w:font", NAMESPACES)
    own = [entry for entry in entries if entry.find("w:embedRegular", NAMESPACES) is not None]
    assert [entry.get(w("name")) for entry in own] == [drawn]
    (alternative, *faces) = own[0]
    assert (alternative.tag, alternative.get(w("val"))) == (w("altName"), declared)
    assert [face.tag for face in faces] == [w(f"embed{name}") for name in ("Regular", "Bold", "Italic", "BoldItalic")]
    targets = {relation.get("Id"): relation.get("Target") for relation in docx.part("word/_rels/fontTable.xml.rels")}
    cached = {path.read_bytes() for path in (office.cache / "reportgen").glob("*.ttf")}
    for face in faces:
        content = docx.parts[f"word/{targets[face.get(RELATION)]}"]
        assert content not in cached
        assert clear(content, face.get(w("fontKey"))) in cached
    assert len({face.get(w("fontKey")) for face in faces}) == 4


def clear(content: bytes, key: str) -> bytes:
    """Return an embedded font as it was, its 32 first bytes changed back (ECMA-376 Part 1, 17.8.1)."""
    mask = uuid.UUID(key).bytes[::-1]
    return bytes(byte ^ mask[index % 16] for index, byte in enumerate(content[:32])) + content[32:]


def test_the_text_names_the_embedded_font_and_says_the_same(embedded: Embedded) -> None:
    for (inspection, language), edition in embedded.plain.items():
        docx = embedded.docx(inspection, language)
        assert docx.blocks == edition.docx.blocks
        trees = [docx.part(name) for name in docx.parts if name.startswith("word/") and name.endswith(".xml")]
        named = {name for tree in trees for fonts in tree.iter(w("rFonts")) for name in fonts.attrib.values()}
        assert DRAWN[language][0] in named
        assert DRAWN[language][1] not in named


def test_a_docx_with_fonts_is_valid(embedded: Embedded) -> None:
    assert validate_all([docx.path for docx in embedded.all], VERSIONS) == {}


def test_a_docx_with_fonts_has_the_same_bytes_again(embedded: Embedded, office: Office, tmp_path: Path) -> None:
    office.print(office.copy_workspace(tmp_path), "--format", "docx", "--embed-fonts", "--jobs", "2")
    for docx in embedded.all:
        assert (tmp_path / docx.path.relative_to(embedded.root)).read_bytes() == docx.path.read_bytes()


def test_a_computer_without_the_fonts_shows_the_embedded_ones_and_the_lines_of_the_pdf(
    embedded: Embedded, by_libreoffice: dict[str, Path], tmp_path: Path
) -> None:
    """LibreOffice sees one other font, which has neither the shape nor the width of ours."""
    other = Path("/usr/share/fonts/truetype/tlwg/Waree.ttf")
    (tmp_path / "fonts").mkdir()
    shutil.copy(other, tmp_path / "fonts")
    conf = tmp_path / "fonts.conf"
    conf.write_text(f"<fontconfig><dir>{tmp_path}/fonts</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    plain, with_fonts = (tmp_path / name for name in ("plain", "with_fonts"))
    keys = [(REAL, "vi"), (REAL, "th")]
    for folder, documents in (
        (plain, [embedded.plain[key].docx.path for key in keys]),
        (with_fonts, [embedded.docx(*key).path for key in keys]),
    ):
        folder.mkdir()
        Programs.find().print_docx(documents, folder, conf)
    for key in keys:
        stem = embedded.docx(*key).path.stem
        drawn = DRAWN[key[1]][0].replace(" ", "")
        fonts = {letter.font for letter in read_pdf(with_fonts / f"{stem}.pdf").letters}
        assert fonts
        assert all(font.startswith(drawn) for font in fonts), fonts
        assert not any(letter.font.startswith(drawn) for letter in read_pdf(plain / f"{stem}.pdf").letters)
        here, there = (embedded.plain[key].compare(path) for path in (by_libreoffice[stem], with_fonts / f"{stem}.pdf"))
        assert there.faults == {}
        assert there.same_pages
        assert there.docx.blocks == here.docx.blocks


# ---- documents made by hand -----------------------------------------------------------------------------------------

FACES = [
    Typeface("TH SarabunPSK", (Candidate("Laksaman", twin="RG Saraban", units_per_em=1503, line_gap=44),)),
    Typeface("Tahoma", (Candidate("Andika", twin="RG Andika", units_per_em=3120),)),
    Typeface("Waree", (Candidate("Waree"),)),
]


@pytest.fixture
def fonts(tmp_path: Path) -> FontSet:
    return find_fonts(FACES, tmp_path / "fonts", {})


def make_docx(text: str, fonts: FontSet) -> bytes:
    look = Look(("TH SarabunPSK", "Tahoma"), 16, line_height=20)
    setup = PageSetup(595, 842, Sides(72, 72, 72, 72), None)
    paragraph = Paragraph("text", look, (Run(text, "th-TH", "", look),))
    styles = {"text": NamedStyle("Text", "paragraph", look)}
    day = datetime.datetime(2023, 8, 18, tzinfo=datetime.UTC)
    return print_docx(
        Document("T", "A", "S", "th-TH", "", day, setup, look, styles, (paragraph,)), {}, WordLooks(fonts)
    )


@pytest.mark.parametrize(("text", "families"), [("อี บัม", ["RG Saraban"]), ("อี บัม Bŏ", ["RG Saraban", "RG Andika"])])
def test_a_second_font_is_embedded_only_where_a_letter_needs_it(
    fonts: FontSet, tmp_path: Path, text: str, families: list[str]
) -> None:
    path = tmp_path / "made.docx"
    path.write_bytes(embed_fonts(make_docx(text, fonts), fonts.families))
    table = PrintedDocx(path).part("word/fontTable.xml")
    assert [entry.get(w("name")) for entry in table if entry.find("w:embedBold", NAMESPACES) is not None] == families
    assert validate_all([path], VERSIONS) == {}


@pytest.mark.parametrize(("rights", "allowed"), [(0, True), (8, True), (0x108, True), (2, False), (4, False)])
def test_a_font_is_embedded_only_where_its_maker_allows_it(
    fonts: FontSet, tmp_path: Path, rights: int, allowed: bool
) -> None:
    family = fonts.families[0]
    font = TTFont(io.BytesIO(family.files[0].path.read_bytes()))
    font["OS/2"].fsType = rights
    font.save(tmp_path / "font.ttf")
    files = (replace(family.files[0], path=tmp_path / "font.ttf"), *family.files[1:])
    families = [replace(family, files=files), *fonts.families[1:]]
    package = make_docx("อี บัม", fonts)
    if allowed:
        assert len(embed_fonts(package, families)) > len(package)
        return
    with pytest.raises(SetupError) as raised:
        embed_fonts(package, families)
    assert [finding.code for finding in raised.value.diagnostics] == ["RG852"]
    assert "RG Saraban" in raised.value.diagnostics[0].sentence()
