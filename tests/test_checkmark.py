"""The check mark of issued minutes: what a scanner reads on both papers, and what ``verify --qr`` says of it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from conftest import Office, PrintedEdition
from desk import REAL, SMALLEST, SMALLEST_FILE, Desk
from PIL import Image
from tagged import FLAVOURS, read_tags, validate
from test_ooxml import validate_all

from reportgen.checkmark import Mark, content_digest
from reportgen.diagnostics import InputError
from reportgen.parity import docx_blocks

LANGUAGES = ("vi", "th")
ISSUED = "output/issued/2023/1-BB-ĐKT/r1"
OFFICE = "templates/office.yaml"


def with_marks(office: Office, root: Path) -> Desk:
    desk = Desk(office.copy_workspace(root), office.cache)
    desk.confirm()
    desk.edit(OFFICE, ("language: vi\n", "language: vi\ncheck_mark: true\n"))
    return desk


@pytest.fixture(scope="module")
def marked(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An office that prints check marks: the real minutes are issued in both languages."""
    desk = with_marks(office, tmp_path_factory.mktemp("marked"))
    office.run(desk.root, "issue", REAL)
    return desk


def issued(desk: Desk, language: str, form: str = "pdf", folder: str = ISSUED) -> Path:
    return desk.path(f"{folder}/{REAL}.{language}.{form}")


@pytest.fixture(scope="module")
def again(marked: Desk, office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[PrintedEdition]:
    """The same editions, printed from what their PDF gives back."""
    found = []
    for language in LANGUAGES:
        folder = tmp_path_factory.mktemp("again") / language
        assert marked.run("extract", str(issued(marked, language)), "--to", str(folder)).exit_code == 0
        office.print(folder)
        found.append(PrintedEdition(folder, REAL, language))
    return found


@pytest.fixture(scope="module")
def converted(again: list[PrintedEdition], office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The PDFs that LibreOffice prints of the DOCX."""
    return office.convert([each.docx.path for each in again], tmp_path_factory.mktemp("libreoffice"))


def manifest(desk: Desk, folder: str = ISSUED) -> dict[str, Any]:
    return json.loads(desk.read(f"{folder}/manifest.json"))


def scanned(pdf: Path, dots: int = 200) -> list[str]:
    """Return what a scanner reads on the last page of a print."""
    with pypdfium2.PdfDocument(pdf) as opened:
        page = opened[len(opened) - 1].render(scale=dots / 72).to_pil().convert("L")
    return [found.text for found in zxingcpp.read_barcodes(page)]


def ask(desk: Desk, text: str, code: int = 0) -> dict[str, Any]:
    answer = desk.run("verify", "--qr", text, form="json")
    assert answer.exit_code == code, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def mark_of(desk: Desk, language: str, folder: str = ISSUED) -> Mark:
    (text,) = scanned(issued(desk, language, folder=folder))
    return Mark.read(text)


# ---- on paper -------------------------------------------------------------------------------------------------------


def test_a_scanner_reads_on_both_papers_which_file_was_printed_with_which_words(
    marked: Desk, converted: dict[str, Path]
) -> None:
    for language in LANGUAGES:
        blocks = docx_blocks(issued(marked, language, "docx").read_bytes())
        identifier = f"2023/1/BB-ĐKT/r1/{REAL}.{language}"
        wanted = Mark.of(identifier, blocks).text
        assert wanted.isascii()
        assert scanned(issued(marked, language)) == [wanted]
        assert scanned(converted[f"{REAL}.{language}"]) == [wanted]
        content = manifest(marked)["editions"][language]["content"]
        assert content.startswith(wanted.rpartition(" ")[2])


def test_a_coarse_scan_of_a_stained_paper_is_read(marked: Desk) -> None:
    with pypdfium2.PdfDocument(issued(marked, "vi")) as opened:
        page = opened[len(opened) - 1].render(scale=150 / 72).to_pil().convert("L")
    box = mark_box(issued(marked, "vi"))
    left, top = round(box[0] / 72 * 150), round(page.height - box[3] / 72 * 150)
    page.paste(255, (left + 55, top + 55, left + 65, top + 65))  # a hundredth of the mark
    assert len(zxingcpp.read_barcodes(page)) == 1


def mark_box(pdf: Path) -> tuple[float, float, float, float]:
    """Return the place of the last picture: left, bottom, right, top in points."""
    with pypdfium2.PdfDocument(pdf) as opened:
        page = opened[len(opened) - 1]
        *_, last = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
        return last.get_bounds()


def test_the_mark_is_as_large_as_it_should_be_and_touches_nothing(marked: Desk) -> None:
    for language in LANGUAGES:
        left, bottom, right, top = mark_box(issued(marked, language))
        assert right - left == pytest.approx(top - bottom) == pytest.approx(18 / 25.4 * 72, abs=0.1)
        tagged = read_tags(issued(marked, language))
        page = len(tagged.file.pages) - 1
        for room in tagged.file.pages[page].Annots:
            x1, y1, x2, y2 = map(float, room.Rect)
            assert x2 <= left or right <= x1 or y2 <= bottom or top <= y1, "a room to sign"
        with pypdfium2.PdfDocument(issued(marked, language)) as opened:
            assert opened[page].get_textpage().get_text_bounded(left, bottom, right, top).strip() == ""


def test_both_files_hold_the_same_mark(marked: Desk, again: list[PrintedEdition]) -> None:
    for language, edition in zip(LANGUAGES, again, strict=True):
        drawn = Image.open(io.BytesIO(Mark.read(scanned(issued(marked, language))[0]).draw())).convert("L")
        inside = [content for name, content in edition.docx.parts.items() if name.endswith(".png")]
        assert drawn.tobytes() in [Image.open(io.BytesIO(each)).convert("L").tobytes() for each in inside]
        with pypdfium2.PdfDocument(edition.pdf_path) as opened:
            *_, last = opened[len(opened) - 1].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
            printed = last.get_bitmap().to_pil().convert("L")
        assert printed.tobytes() == drawn.tobytes()


def test_it_is_told_to_the_blind_in_the_language_of_the_paper(marked: Desk, again: list[PrintedEdition]) -> None:
    begins = {"vi": "Mã QR để đối chiếu", "th": "คิวอาร์โค้ด"}
    for language, edition in zip(LANGUAGES, again, strict=True):
        *_, figure = read_tags(issued(marked, language)).document.of("Figure")
        assert str(figure.attributes["Alt"]).startswith(begins[language])
        edges = [float(edge) for edge in figure.attributes["A"].BBox]
        assert edges == pytest.approx(mark_box(issued(marked, language)), abs=0.1)
        *_, drawing = edition.docx.body.iter("{*}docPr")
        assert drawing.get("descr") == str(figure.attributes["Alt"])


def test_with_a_mark_a_pdf_is_for_the_archive_and_a_docx_is_valid(marked: Desk) -> None:
    files = [issued(marked, language) for language in LANGUAGES]
    assert validate(files) == {(file, flavour): [] for file in files for flavour in FLAVOURS}
    documents = [issued(marked, language, "docx") for language in LANGUAGES]
    assert validate_all(documents, ("Office2013", "Microsoft365")) == {}


def test_with_a_mark_both_papers_are_still_one(again: list[PrintedEdition], converted: dict[str, Path]) -> None:
    for edition in again:
        compared = edition.compare(converted[edition.docx.path.stem])
        assert compared.faults == {}
        assert compared.same_pages


def test_with_a_mark_what_a_pdf_gives_back_prints_the_same_bytes(marked: Desk, again: list[PrintedEdition]) -> None:
    for language, edition in zip(LANGUAGES, again, strict=True):
        assert edition.pdf_path.read_bytes() == issued(marked, language).read_bytes()
        assert edition.docx.path.read_bytes() == issued(marked, language, "docx").read_bytes()


def test_a_draft_has_no_mark_nor_has_an_office_that_asks_for_none(office: Office, tmp_path: Path) -> None:
    desk = with_marks(office, tmp_path)
    assert "check-mark" not in desk.loaded(SMALLEST).pages["vi"].html
    desk.edit(OFFICE, ("check_mark: true", "check_mark: false"))
    desk.edit(SMALLEST_FILE, ("number: 5/BB-ĐKT", "number: …/BB-ĐKT"))
    assert desk.run("issue", SMALLEST).exit_code == 0
    (pdf,) = desk.path("output/issued").rglob("*.pdf")
    assert scanned(pdf) == []
    content = manifest(desk, str(pdf.parent.relative_to(desk.root)))["editions"]["vi"]["content"]
    assert content == content_digest(docx_blocks(pdf.with_suffix(".docx").read_bytes()))


def test_switching_marks_on_changes_what_papers_are_made_of(office: Office, tmp_path: Path) -> None:
    desk = with_marks(office, tmp_path)
    assert desk.run("build", SMALLEST).exit_code == 0
    desk.edit(OFFICE, ("check_mark: true", "check_mark: false"))
    statuses = json.loads(desk.run("status", SMALLEST, form="json").stdout)["statuses"]
    assert {each["state"] for each in statuses} == {"stale"}
    assert "check_mark" in statuses[0]["reasons"][0]["text"]


# ---- what is said of it ---------------------------------------------------------------------------------------------


def test_a_mark_leads_to_the_issued_file(marked: Desk) -> None:
    for language in LANGUAGES:
        found = ask(marked, mark_of(marked, language).text)
        assert (found["verdict"], found["language"], found["replaced_by"]) == ("genuine", language, None)
        assert (found["entry"]["number"], found["entry"]["revision"]) == (1, 1)
        assert marked.path(found["file"]) == issued(marked, language)


def test_capitals_line_ends_and_unquoted_letters_do_not_matter(marked: Desk) -> None:
    mark = mark_of(marked, "vi")
    assert ask(marked, f" {mark.text}\r\n")["verdict"] == "genuine"
    assert ask(marked, f"reportgen {mark.identifier} {mark.digest.upper()}")["verdict"] == "genuine"


def test_a_mark_of_other_words_is_told(marked: Desk) -> None:
    mark = mark_of(marked, "vi")
    others = mark._replace(digest=mark_of(marked, "th").digest)
    assert ask(marked, others.text, 1)["verdict"] == "other-words"
    said = marked.run("verify", "--qr", others.text).stdout
    assert "was printed with other words" in said


def test_a_mark_of_what_was_not_issued_here_is_told(marked: Desk) -> None:
    mark = mark_of(marked, "vi")
    for identifier in (mark.identifier.replace("/r1/", "/r2/"), mark.identifier.replace(".vi", ".en"), "x"):
        found = ask(marked, mark._replace(identifier=identifier).text, 1)
        assert (found["verdict"], found["entry"], found["file"]) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: "https://example.vn/12", "RG854"),
        (lambda text: "", "RG854"),
        (lambda text: text[:-1], "RG855"),
        (lambda text: text.replace("reportgen ", "reportgen"), "RG855"),
        (lambda text: text[:-1] + "x", "RG855"),
    ],
)
def test_a_foreign_or_a_damaged_text_is_refused(marked: Desk, change: Any, code: str) -> None:
    found = ask(marked, change(mark_of(marked, "vi").text), 1)
    assert [each["code"] for each in found["findings"]] == [code]


def test_the_words_are_those_of_each_language(marked: Desk) -> None:
    text = mark_of(marked, "vi").text
    for language, words in (("vi", "đặt tờ giấy cạnh"), ("th", "นำกระดาษมาเทียบ"), ("en", "lay the paper beside")):
        answer = marked.run("--ui", language, "verify", "--qr", text)
        assert words in answer.stdout
        assert str(issued(marked, "vi").relative_to(marked.root)) in answer.stdout


def test_a_file_or_a_mark_is_asked_for_not_both_and_not_neither(marked: Desk) -> None:
    assert marked.run("verify").exit_code == 2
    assert marked.run("verify", str(issued(marked, "vi")), "--qr", "x").exit_code == 2


def test_a_mark_of_a_replaced_revision_says_so(office: Office, tmp_path: Path) -> None:
    desk = with_marks(office, tmp_path)
    desk.edit(SMALLEST_FILE, ("number: 5/BB-ĐKT", "number: …/BB-ĐKT"))
    assert desk.run("issue", SMALLEST).exit_code == 0
    (first,) = desk.path("output/issued").rglob("*.pdf")
    assert desk.run("issue", SMALLEST, "--revise", "--reason", "sai ngày").exit_code == 0
    (text,) = scanned(first)
    found = ask(desk, text)
    assert (found["verdict"], found["entry"]["revision"], found["replaced_by"]) == ("genuine", 1, 2)
    (last,) = scanned(next(path for path in desk.path("output/issued").rglob("*.pdf") if path != first))
    assert ask(desk, last)["replaced_by"] is None
    assert last.split()[2] != text.split()[2], "the revision says that it replaces another"


# ---- without the library --------------------------------------------------------------------------------------------


def test_without_what_draws_it_all_else_works_and_issuing_says_what_to_install(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = with_marks(office, tmp_path)
    monkeypatch.setitem(sys.modules, "segno", None)
    assert desk.run("build", SMALLEST).exit_code == 0
    answer = desk.run("issue", SMALLEST)
    assert answer.exit_code == 1
    assert "RG853" in answer.stderr + answer.stdout
    assert 'pip install "reportgen[qr]"' in answer.stderr + answer.stdout
    assert not list(desk.path("output/issued").rglob("*.pdf"))
    desk.edit(OFFICE, ("check_mark: true", "check_mark: false"))
    assert desk.run("issue", SMALLEST).exit_code == 0


# ---- the words ------------------------------------------------------------------------------------------------------


def test_the_digest_is_of_words_in_their_order_not_of_how_they_are_spaced_or_composed() -> None:
    assert content_digest(["a  b\n", "é"]) == content_digest(["a\N{NO-BREAK SPACE}b", "e\u0301"])
    assert len({content_digest(words) for words in (["a", "b"], ["b", "a"], ["a b"], ["a", "B"])}) == 4
    assert content_digest(["a"]) == "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"


def test_what_a_mark_says_is_read_back() -> None:
    mark = Mark.of("2023/12/BB-ĐKT/r1/x.vi", ["ก"])
    assert Mark.read(mark.text) == mark
    with pytest.raises(InputError):
        Mark.read("reportgen")
