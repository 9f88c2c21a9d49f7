"""lines.py: lines that were broken before are known, and no byte of a document is different for that."""

from __future__ import annotations

PROGRAM = """
import json
from reportgen import loading
from weasyprint import CSS, HTML
from weasyprint.layout import inline
from weasyprint.text.fonts import FontConfiguration
from reportgen import lines
from reportgen.breaks import exact_breaks
from reportgen.justification import even_lines
from reportgen.shaping import kept_looks
CSS_TEXT = "body { font: 16pt 'TH SarabunPSK'; text-align: justify } b { font-weight: bold } .two { display: flex }"
CSS_TEXT += ".narrow { width: 40mm } i { letter-spacing: 1pt }"
CSS_TEXT += "u { text-decoration: underline } pre { white-space: pre }"
CSS_TEXT += ".hyphens { hyphens: auto } .any { overflow-wrap: anywhere; width: 20mm } .wide { word-spacing: 2mm }"
fonts = FontConfiguration()
sheet = CSS(string=CSS_TEXT, font_config=fonts)
THAI = "ที่นี้\\u200bปั้นน้ำ\\u200bเป็น\\u200bตัว ปู่ญ่าฏุ <b>ฟ้าผ่า</b>\\u200bซี่ๆ <i>กำลัง</i>น้ำ <u>ขีดเส้น</u> 1\\u00a0234 "
VIET = "<p lang=vi>Cộng hòa <b>xã hội</b> chủ nghĩa<br> Việt Nam <i>Độc lập</i> – Tự do "
TEXT = f"<p>{THAI * 9}<div class=two><p class=narrow>{THAI * 3}<p class=narrow>{THAI * 3}</div>{VIET * 20}"
TEXT += f"<div class=narrow>{THAI * 3}</div><div class=any>{THAI * 2}</div><div class=wide>{THAI * 5}</div>"
TEXT += "<p lang=en class=hyphens>" + "internationalisation unbelievable " * 20 + "<pre>a  b\\\\n c</pre>"
OTHER = TEXT.replace("1\\u00a0234", "9\\u00a0876").replace("40mm", "41mm")

def printed(text, fonts=fonts):
    return HTML(string=f"<html lang=th>{text}").write_pdf(stylesheets=[sheet], font_config=fonts)

original = inline.split_first_line
asked = []

def counted(*given, **named):
    asked[-1] += 1
    return original(*given, **named)

def again(text, keeping):
    asked.append(0)
    with kept_looks():
        inline.split_first_line = counted
        with exact_breaks():
            if not keeping:
                with even_lines():
                    return printed(text)
            with lines.kept_lines(fonts), even_lines():
                return printed(text)

stock = [again(text, False) for text in (TEXT, OTHER)]
ours = [again(text, True) for text in (TEXT, TEXT, OTHER)]
known = len(vars(fonts)[lines._KEPT])
lines._MOST = 10
vars(fonts)[lines._KEPT].clear()
bounded = again(OTHER + TEXT, True) == again(OTHER + TEXT, False)
left = inline.split_first_line is counted
print(json.dumps({
    "equal": [ours[0] == stock[0], ours[1] == stock[0], ours[2] == stock[1], bounded],
    "asked": asked[:5],
    "known": [known, len(vars(fonts)[lines._KEPT])],
    "restored": left,
}))
"""


def test_no_byte_is_different(answers: dict[str, list[int]]) -> None:
    assert answers["equal"] == [True] * 4


def test_a_line_is_broken_once(answers: dict[str, list[int]]) -> None:
    stock, other, first, again, changed = answers["asked"]
    assert first < stock
    assert again < first / 2
    assert again < changed < other


def test_lines_are_not_kept_for_ever(answers: dict[str, list[int]]) -> None:
    many, few = answers["known"]
    assert many > 100
    assert few == 10
    assert answers["restored"]
