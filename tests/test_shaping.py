"""shaping.py: what Pango knows of a look is made once, and no byte of a document is different for that."""

from __future__ import annotations

PROGRAM = """
import json, sys
from reportgen import loading
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.text.line_break import Layout
from reportgen import shaping
CSS_TEXT = "body { font: 14pt serif; text-align: justify } b { font-kerning: none } "
CSS_TEXT += "u { font-size: 20pt } i { color: red } pre { white-space: pre-wrap } .least { width: 5mm }"
CSS_TEXT += ".long { width: 20mm; overflow-wrap: anywhere } .kept { white-space: nowrap } .hyphens { hyphens: auto }"
WORDS = "một <b>hai</b> <u>ba</u> <i>bốn</i> năm<br>  <u>sáu <b>bảy</b></u> <span class=kept>tám chín </span> "
OTHERS = "<pre>a\\n\\n b\\r\\n c </pre><p class=least>nghiêng nghiêng mười<p class=long>" + "dài" * 40
OTHERS += "<p class=hyphens lang=en>" + "internationalisation un\\u00adbelievable " * 20
fonts = FontConfiguration()
sheet = CSS(string=CSS_TEXT, font_config=fonts)

def printed(words):
    html = HTML(string="<html lang=vi><p>" + words * 60 + "<p lang=th>" + words * 60 + OTHERS)
    return html.write_pdf(stylesheets=[sheet], font_config=fonts)

def drawn_anew():
    asked = []
    set_text = Layout.set_text
    Layout.set_text = lambda layout, text, justify=False: (asked.append(justify), set_text(layout, text, justify))[1]
    try:
        printed(WORDS)
    finally:
        Layout.set_text = set_text
    return sum(asked)

def looks():
    return len(vars(fonts).get(shaping._KEPT, {}))

def original():
    return Layout.setup, Layout.set_text, Layout.reactivate, Layout.deactivate

before = original()
stock = printed(WORDS)
anew = [drawn_anew()]
with shaping.kept_looks():
    anew.append(drawn_anew())
    kept = printed(WORDS)
    first = looks()
    again = printed(WORDS)
    second = looks()
    shaping._MOST = 2
    vars(fonts)[shaping._KEPT].clear()
    bounded = printed(WORDS)
    third = looks()
print(json.dumps({
    "equal": [each == stock for each in (kept, again, bounded, printed(WORDS))],
    "anew": anew,
    "looks": [first, second, third],
    "restored": original() == before,
}))
"""


def test_no_byte_is_different(answers: dict[str, list[int]]) -> None:
    assert answers["equal"] == [True] * 4


def test_a_line_is_drawn_as_it_was_measured(answers: dict[str, list[int]]) -> None:
    stock, kept = answers["anew"]
    assert stock > 100
    assert kept < stock / 2


def test_a_look_is_kept_once_and_not_for_ever(answers: dict[str, list[int]]) -> None:
    first, second, third = answers["looks"]
    assert 2 < first == second
    assert third <= 2


def test_weasyprint_is_as_it_was_afterwards(answers: dict[str, list[int]]) -> None:
    assert answers["restored"]
