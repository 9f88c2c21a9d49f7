"""textlayer.py: what PDF readers copy and search is what stands on the page, and no pixel is different."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
from reading import READERS

from reportgen import textlayer
from reportgen.fonts import Candidate, Typeface, find_fonts

TIMES = Typeface("Times New Roman", (Candidate("Liberation Serif"),))
SARABAN = Typeface("TH SarabunPSK", (Candidate("Laksaman", twin="RG Saraban", units_per_em=1503, line_gap=44),))

# A child process prints, since fontconfig reads its file when WeasyPrint is imported.
PRINT = """
import json, sys, weasyprint
from pathlib import Path
from reportgen.textlayer import exact_glyphs, true_text
folder, options = Path(sys.argv[1]), {"pdf_variant": "pdf/a-3a"}
for name, html in json.load(sys.stdin).items():
    weasyprint.HTML(string=html).write_pdf(folder / f"{name}.stock.pdf", **options)
    with exact_glyphs():
        weasyprint.HTML(string=html).write_pdf(folder / f"{name}.pdf", finisher=true_text, **options)
        weasyprint.HTML(string=html).write_pdf(
            folder / f"{name}.open.pdf", finisher=true_text, uncompressed_pdf=True, **options)
"""
PAGE = """<html lang=th><meta charset=utf-8><title>t</title><style>
@page {{ size: A4; margin: 20mm }} body {{ font: 16pt/1.4 "TH SarabunPSK", "Times New Roman"; }}
.vi {{ font-family: "Times New Roman", "TH SarabunPSK"; font-size: 13pt }} {css}
</style><h1>ก</h1>{body}</html>"""


def syllables(count: int) -> list[str]:
    """Return different Thai syllables: each kind of vowel, tone and final mark over letters with and without stems."""
    consonants = [chr(code) for code in range(0x0E01, 0x0E2F) if code not in (0x0E24, 0x0E26)]
    patterns = "_T _Tา _Tำ _ัTน _ิT _ีT _ึT _ืTอ _ุT _ูT เ_T แ_Tม โ_T ไ_T ใ_T เ_ีTย เ_ืTอ เ_Tา _ัTว _็ก _ิ์ _์ _ุ์ _ฺ".split()  # noqa: SIM905 - a table to read
    tones = ["", "\u0e48", "\u0e49", "\u0e4a", "\u0e4b"]
    every = sorted({p.replace("_", c).replace("T", t) for c in consonants for p in patterns for t in tones})
    return random.Random(611).sample(every, count)


WORDS = syllables(2500)
REAL = (
    "สำนักงาน น้ำ ค่ำ ปู่ ญู ฐาน ใช้ ที่ ผู้ เปี๊ยก ฤดู ภาษี ศรี ร่ำรวย สิทธิ์ ประสิทธิ์ปรีดิ์ ศักดิ์ศรี กรรมสิทธิ์ที่ดิน พินทุ์ "
    "ปั๊ม ปั๊ ซ้ำ ฟ้ำ ป้ำ ฝ่ำ กฺ เสร็จ จำเป็น เจ้าหน้าที่ ฎุ ฏู ญิ้ ฐิ์ กี๊ ต่าง ๆ ๑๒๓ พ.ศ. ๒๕๖๖"
)
PLAIN = "สำนักงาน น้ำ ค่ำ ปู่ ญู ฐาน ใช้ ที่ ผู้ เปี๊ยก ฤดู"
PARAGRAPHS = [
    (
        "วันที่ ๑๘ สิงหาคม ๒๕๖๖ คณะผู้ตรวจ ๖๑๑ นำโดยนายฮหว่าง หมั่ญ หุ่ง (Hoàng Mạnh Hùng) ได้ตรวจการปฏิรูประบบราชการ ณ ที่ทำการ"
        "คณะกรรมการประชาชนอำเภอลัก จังหวัดดั๊กลัก (UBND huyện Lắk, tỉnh Đắk Lắk) และตำบลนามกา (xã Nam Ka) ตำบลดั๊กเนว "
        "(xã Đắk Nuê) "
        "โดยมีสิทธิ์ตรวจเอกสารทั้งหมดตามคำสั่งและแผนที่กำหนดไว้ พบว่าขั้นตอนการให้บริการครบถ้วน ร้อยละ ๙๖.๗ "
    ),
    (
        "<span class=vi>Êa Čư̆ M’gar, ê ê̆ ê Ê Ê̆ Ê, ô ô̆ ô, ơ ơ̆ ơ, ư ư̆ ư, Y Bhŏ, Krông Ƀuk, ƀuôn Đ Ð Đ Ð; "
        "nghị quyết 76/NQ-CP</span> กับ "
        "<b>ประสิทธิภาพ</b>และสิทธิ์ <i>น้ำ</i>ใช้ <u>ปู่</u> <span style='font-size:30pt'>ผู้ใช้สิทธิ์นี้</span>"
    ),
]
DOCUMENTS = {
    "words": ("", "<p>" + " ".join(WORDS) + "<p>" + REAL),
    "paragraphs": ("p { text-align: justify }", "".join(f"<p>{text * 4}" for text in PARAGRAPHS)),
    "groups": ("", f"<p>{REAL}<p style='opacity:.5'>{PLAIN}<p style='transform:rotate(2deg)'>{PLAIN}"),
    "latin": ("", "<p class=vi>Không có chữ Thái: ngày 18 tháng 8 năm 2023."),
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    fonts = find_fonts([TIMES, SARABAN], tmp_path_factory.mktemp("cache"), {})
    root = str(Path(__file__).parents[1])
    return {**os.environ, "FONTCONFIG_FILE": str(fonts.fontconfig()), "PYTHONPATH": root}


def print_all(folder: Path, environment: dict[str, str]) -> Path:
    pages = {name: PAGE.format(css=css, body=body) for name, (css, body) in DOCUMENTS.items()}
    command = [sys.executable, "-c", PRINT, str(folder)]
    subprocess.run(command, input=json.dumps(pages), env=environment, text=True, check=True)
    return folder


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    return print_all(tmp_path_factory.mktemp("pdf"), environment)


def canon(text: str) -> str:
    """Return what must be equal: no white space, nothing invisible, NFC, and sara am whole."""
    text = re.sub(r"[\s\u200b\u00ad\u2060\ufeff]", "", text)
    return unicodedata.normalize("NFC", re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text))


def wanted(name: str) -> str:
    return canon("ก" + re.sub(r"<[^>]+>", "", DOCUMENTS[name][1]))


def streams(pdf: Path) -> list[bytes]:
    return re.findall(rb"stream\n(.*?)\nendstream", pdf.read_bytes(), re.DOTALL)


def pixels(pdf: Path, folder: Path) -> list[bytes]:
    subprocess.run(["pdftoppm", "-r", "80", pdf, folder / pdf.stem], check=True)
    return [page.read_bytes() for page in sorted(folder.glob(f"{pdf.stem}-*.ppm"))]


def test_the_sample_is_large_and_varied() -> None:
    assert len(set(WORDS)) >= 2000
    assert {mark for word in WORDS for mark in word if unicodedata.category(mark) == "Mn"} == {
        *"\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c"
    }
    assert sum("\u0e33" in word for word in WORDS) > 50


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_character_is_read_back(printed: Path, name: str, reader: str) -> None:
    assert canon(READERS[reader](printed / f"{name}.pdf")) == wanted(name)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["words", "paragraphs", "groups"])
def test_weasyprint_alone_does_not_read_back(printed: Path, name: str, reader: str) -> None:
    assert canon(READERS[reader](printed / f"{name}.stock.pdf")) != wanted(name)


def test_words_can_be_searched(printed: Path) -> None:
    document = pypdfium2.PdfDocument(printed / "paragraphs.pdf")
    page = document[0].get_textpage()
    words = ("กำหนด", "คำสั่ง", "สิทธิ์", "น้ำใช้", "ปู่", "Đắk Nuê", "Êa Čư̆")
    assert [word for word in words if not page.search(word).get_next()] == []
    document.close()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_pixel_is_different(printed: Path, name: str, tmp_path: Path) -> None:
    mine, stock = (pixels(printed / f"{name}{kind}.pdf", tmp_path) for kind in ("", ".stock"))
    assert len(mine) > 0
    assert mine == stock


def test_the_file_grows_little(printed: Path) -> None:
    mine, stock = ((printed / f"paragraphs{kind}.pdf").stat().st_size for kind in ("", ".stock"))
    assert mine < stock * 1.05


def test_the_same_bytes_come_out_of_another_process(printed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    again = print_all(tmp_path, {**environment, "PYTHONHASHSEED": "7"})
    for name in DOCUMENTS:
        assert (again / f"{name}.pdf").read_bytes() == (printed / f"{name}.pdf").read_bytes()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_marked_content_ends_in_the_text_object_where_it_begins(printed: Path, name: str) -> None:
    pages = [stream for stream in streams(printed / f"{name}.open.pdf") if b"] TJ" in stream]
    texts = [text for page in pages for text in re.findall(rb"^BT$(.*?)^ET$", page, re.DOTALL | re.MULTILINE)]
    assert texts
    spans = 0
    for text in texts:
        operators = re.findall(rb"\b(BDC|BMC|EMC)$", text, re.MULTILINE)
        assert operators == [b"BDC", b"EMC"] * (len(operators) // 2)
        spans += len(operators) // 2
    assert bool(spans) == (name != "latin")


def test_each_further_code_leads_to_its_glyph(printed: Path) -> None:
    pdf = (printed / "words.open.pdf").read_bytes()
    tables = [
        re.search(rb"\n%s 0 obj\n.*?stream\n(.*?)\nendstream" % number, pdf, re.DOTALL)
        for number in re.findall(rb"/CIDToGIDMap (\d+) 0 R", pdf)
    ]
    assert tables
    for found in tables:
        assert found is not None
        glyphs = [int.from_bytes(found[1][place : place + 2], "big") for place in range(0, len(found[1]), 2)]
        count = next(code for code, glyph in enumerate(glyphs) if code != glyph)
        assert glyphs[:count] == list(range(count))
        assert max(glyphs) < count < len(glyphs)
        assert re.search(rb"/W \[.*? %d \[[\d ]+\]\]" % count, pdf), "the further codes have widths"


# ---- the contract with WeasyPrint


@pytest.fixture
def document() -> Any:
    import weasyprint

    return weasyprint.HTML(string="<p>abc").render()


def test_weasyprint_is_left_as_it_was(document: Any) -> None:
    from weasyprint.pdf.stream import Stream

    before = Stream.add_font
    with textlayer.exact_glyphs():
        document.write_pdf(finisher=textlayer.true_text)
        assert Stream.add_font is not before
    assert Stream.add_font is before


def test_weasyprint_is_left_as_it_was_after_an_error() -> None:
    from weasyprint.pdf.stream import Stream

    before = Stream.add_font
    with pytest.raises(LookupError), textlayer.exact_glyphs():
        raise LookupError
    assert Stream.add_font is before


def test_a_pdf_that_was_not_watched_is_refused(document: Any) -> None:
    with pytest.raises(RuntimeError, match="other glyphs were noted than drawn; was it drawn inside exact_glyphs"):
        document.write_pdf(finisher=textlayer.true_text)


def test_it_is_noticed_when_weasyprint_asks_for_new_glyphs_only(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textlayer.Notes, "__contains__", dict.__contains__)
    import weasyprint

    repeating = weasyprint.HTML(string="<p>aaa").render()
    with pytest.raises(RuntimeError, match="other glyphs were noted"), textlayer.exact_glyphs():
        repeating.write_pdf(finisher=textlayer.true_text)


def test_it_is_noticed_when_a_page_draws_less_than_was_noted() -> None:
    noted = textlayer._Drawn([("F", (7,), "a"), ("F", (8,), "b")])
    fonts = {"F": textlayer._Codes(SimpleNamespace(glyph_count=9, missing={}, widths={}))}
    assert textlayer._rewrite([b"[<0007><0008>] TJ"], noted, fonts) == [b"[<00070008>] TJ"]
    with pytest.raises(RuntimeError, match="more glyphs were noted than drawn"):
        textlayer._rewrite([b"[<0007>] TJ"], noted, fonts)
    with pytest.raises(RuntimeError, match="other glyphs were noted than drawn"):
        textlayer._rewrite([b"[<0008><0007>] TJ"], noted, fonts)


def test_it_is_noticed_when_a_cluster_has_no_text() -> None:
    fonts = {"F": textlayer._Codes(SimpleNamespace(glyph_count=9, missing={}))}
    with pytest.raises(RuntimeError, match="a cluster without a text"):
        textlayer._rewrite([b"[<0007>] TJ"], textlayer._Drawn([], [7]), fonts)


def test_moves_between_glyphs_stay_apart() -> None:
    noted = textlayer._Drawn([("F", (7,), "a"), ("F", (8,), "b")])
    fonts = {"F": textlayer._Codes(SimpleNamespace(glyph_count=9, missing={}, widths={}))}
    (shown,) = textlayer._rewrite([b"[<0007>-12<>-3.5<0008> 4 ] TJ"], noted, fonts)
    assert re.findall(rb"<[^>]*>|[^<>\s\[\]]+", shown) == [b"<0007>", b"-12", b"-3.5", b"<0008>", b"4", b"TJ"]


def test_moves_by_nothing_are_left_out() -> None:
    noted = textlayer._Drawn([("F", (7,), "a"), ("F", (8,), "b")])
    fonts = {"F": textlayer._Codes(SimpleNamespace(glyph_count=9, missing={}, widths={}))}
    assert textlayer._rewrite([b"[ 0.0 <0007> 0 <0008> -0 ] TJ"], noted, fonts) == [b"[<00070008>] TJ"]


THAI = textlayer._Drawn([("F", (glyph,), text) for glyph, text in enumerate("กิข")])


def marked(*operators: bytes) -> list[bytes]:
    """Return the operators with marked content for the glyphs of ก, a mark without a width, and ข."""
    fonts = {"F": textlayer._Codes(SimpleNamespace(glyph_count=9, missing={}, widths={0: 600, 1: 0, 2: 600}))}
    rewritten = textlayer._rewrite([b"1 0 0 -1 20 90 Tm", b"/F 10 Tf", *operators], THAI, fonts)
    return b"\n".join(rewritten).split(b"\n")[2:]


RAISED = (b"[<0000>] TJ", b"1 Ts", b"[ -50 <0001>] TJ", b"0 Ts")


def span(text: str) -> bytes:
    return b"/Span <</ActualText <feff%s>>> BDC" % textlayer._hexadecimal(text)


def test_a_raised_mark_moved_to_the_right_is_told_with_the_next_letter() -> None:
    assert marked(*RAISED, b"[<0002>] TJ") == [span("กิข"), *RAISED[:-1], b"0 Ts", b"[<0002>] TJ", b"EMC"]
    assert marked(*RAISED, b"1 0 0 -1 26.5 90 Tm", b"[<0002>] TJ")[-2:] == [b"[<0002>] TJ", b"EMC"]


@pytest.mark.parametrize("place", [b"1 0 0 -1 20 110 Tm", b"1 0 0 -1 60 90 Tm"])
def test_what_is_drawn_elsewhere_is_not_told_with_the_letter_before(place: bytes) -> None:
    assert marked(*RAISED, place, b"[<0002>] TJ") == [span("กิ"), *RAISED[:3], b"EMC", b"0 Ts", place, b"[<0002>] TJ"]


def test_a_mark_moved_far_to_the_left_is_told_with_its_letter() -> None:
    assert marked(b"[<0000> 99 <0001> -99 <0002>] TJ") == [b"[<0000> 99 <0001> -99 <0002>] TJ"]
    assert marked(b"[<0000> 206.8 <0001> -206 <0002>] TJ") == [
        span("กิ"),
        b"[<0000> 206.8 <0001>] TJ",
        b"EMC",
        b"[ -206 <0002>] TJ",
    ]


def test_a_glyph_of_two_letters_has_two_codes() -> None:
    codes = textlayer._Codes(SimpleNamespace(glyph_count=100, missing={}))
    answers = [codes.code(7, "Đ"), codes.code(7, "Ð"), codes.code(7, "Đ"), codes.code(8, "a"), codes.code(8, "ạ")]
    assert answers == [7, 100, 7, 8, 101]
    assert codes.texts == {7: "Đ", 100: "Ð", 8: "a", 101: "ạ"}


@pytest.mark.parametrize(
    ("text", "count", "parts", "is_exact"),
    [
        ("ก", 1, ["ก"], True),
        ("\u0e49\u0e39", 2, ["\u0e49", "\u0e39"], True),
        ("ffi", 1, ["ffi"], True),
        ("abc", 2, ["a", "bc"], True),
        ("\u0e33", 2, ["\u0e4d", "\u0e32"], False),
        ("\u0e49\u0e33", 3, ["\u0e49", "\u0e4d", "\u0e32"], False),
        ("a", 2, ["a", ""], False),
    ],
)
def test_a_text_is_spread_over_its_glyphs(text: str, count: int, parts: list[str], is_exact: bool) -> None:
    assert textlayer._spread(text, count) == (parts, is_exact)
