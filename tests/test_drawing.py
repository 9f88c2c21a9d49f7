"""drawing.py: lines are drawn a run at a time, and no byte of a document is different for that."""

from __future__ import annotations

PROGRAM = """
import json
from contextlib import ExitStack
from reportgen import loading
from weasyprint import CSS, HTML
from weasyprint.draw import text
from weasyprint.text.fonts import FontConfiguration
from reportgen.drawing import quick_lines
from reportgen.justification import even_lines
from reportgen.textlayer import exact_glyphs, true_text
CSS_TEXT = "body { font: 16pt 'TH SarabunPSK'; text-align: justify } i { font-size: 0 }"
CSS_TEXT += "b { font: 12pt 'Times New Roman' } .wide { letter-spacing: 2pt; word-spacing: 1mm }"
CSS_TEXT += ".cut { text-overflow: ellipsis; overflow: hidden; white-space: nowrap; width: 30mm }"
CSS_TEXT += ".clamp { max-lines: 2; block-ellipsis: auto; continue: discard }"
CSS_TEXT += "s { text-decoration: underline line-through } .kerned { font-kerning: normal }"
fonts = FontConfiguration()
sheet = CSS(string=CSS_TEXT, font_config=fonts)
THAI = "ที่นี้\\u200bปั้นน้ำ\\u200bเป็น\\u200bตัว ปู่ญ่าฏุ ฟ้าผ่า\\u200bซี่ๆ กำลังน้ำ <s>ขีดเส้น</s> <b>Đắk Lắk ểỗ</b> 1\\u00a0234 <i>x</i> "
TEXTS = {
    "thai": THAI * 9,
    "spaces": " \\u00a0\\u200b <br> \\u2007",
    "from the right": f"<span dir=rtl style='direction: rtl'>ab \\u05d0\\u05d1\\u05d2 12</span> {THAI}",
    "missing": f"{THAI} \\u4e2d\\u6587 \\u2610 \\U0001f600 {THAI * 3}",
    "cut": f"<div class=cut>{THAI * 3}</div>",
    "clamped": f"<div class=clamp>{THAI * 9}</div>",
    "wide": f"<div class=wide>{THAI * 4}</div>",
    "kerned": "<b class=kerned>AVAT Tự. fi ffl</b> " * 20,
}

def printed(words, *contexts):
    with ExitStack() as stack:
        for context in contexts:
            stack.enter_context(context())
        finisher = true_text if exact_glyphs in contexts else None
        return HTML(string=f"<html lang=th><p>{words}").write_pdf(
            stylesheets=[sheet], font_config=fonts, finisher=finisher, uncompressed_pdf=True, pdf_tags=True
        )

original = text.draw_first_line
print(json.dumps({
    "equal": {
        name: printed(words, exact_glyphs, even_lines) == printed(words, exact_glyphs, even_lines, quick_lines)
        for name, words in TEXTS.items()
    },
    "alone": printed(THAI) == printed(THAI, quick_lines),
    "restored": text.draw_first_line is original,
}))
"""


def test_no_byte_is_different(answers: dict[str, dict[str, bool]]) -> None:
    assert [name for name, is_equal in answers["equal"].items() if not is_equal] == []


def test_what_is_drawn_without_notes_is_left_to_weasyprint(answers: dict[str, bool]) -> None:
    assert answers["alone"]
    assert answers["restored"]
