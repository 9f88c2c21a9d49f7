"""boxes.py: styles are asked once for what their boxes need, and no byte of a document is different for that."""

from __future__ import annotations

PROGRAM = """
import json, sys
from reportgen import loading
from weasyprint import CSS, HTML
from weasyprint.formatting_structure.boxes import Box, ParentBox
from weasyprint.layout import background, block, flex, inline, percent, table
from weasyprint.text.fonts import FontConfiguration
from reportgen import boxes
CSS_TEXT = "body { font: 14pt serif } .part { width: 40%; padding: 5%; margin: 1em auto; text-indent: 10% }"
CSS_TEXT += ".boxed { box-sizing: border-box; padding: 5mm; width: 80mm; height: 30mm } .flex { display: flex }"
CSS_TEXT += ".least { min-width: 30mm; min-height: 20%; max-width: 50mm } .tall { height: 50% } .outer { height: 99mm }"
CSS_TEXT += ".one { border-collapse: collapse } td { border: 2pt solid red; padding: 2% } .thin td { border: none }"
CSS_TEXT += ".left { float: left; width: 20mm } .off { position: absolute; top: 10%; left: 9mm } i { padding: 0 1mm }"
CSS_TEXT += ".math { width: calc(50% - 3mm); margin-left: max(1mm, 2mm) } .big { line-height: 3em } "
CSS_TEXT += ".named { page: wide } .wide { page: wide; background: linear-gradient(red, blue) } "
CSS_TEXT += ".boxed { box-shadow: 1mm 1mm red } "
CSS_TEXT += ".hidden { visibility: hidden; background: red } .right { direction: rtl } .tall { text-align: justify } "
CSS_TEXT += "@page wide { size: 200mm 100mm } .math i { background: #ff08 } "
CSS_TEXT += ".big, .two td { border-radius: 3mm 10%; background: yellow } .norm { line-height: normal }"
CELLS = "<tr><td>một<td class=part>hai</tr><tr class=thin><td>ba<td>bốn</tr>"
WORDS = "năm <i>sáu</i> bảy <b>tám</b> " * 9
CLASSES = ("part", "boxed", "least", "left", "off", "math", "big", "norm", "flex", "wide", "hidden", "right")
PAGE = "".join(f"<div class=outer><div class='{name} tall'>{WORDS}</div>{WORDS}</div>" for name in CLASSES)
PAGE += "".join(f"<div class=flex><div class={name}>{WORDS}</div><div>{WORDS}</div></div>" for name in CLASSES)
PAGE += f"<div><p>{WORDS}<div><p class=named>{WORDS}<p>{WORDS}</div></div><div><div class=left>{WORDS}</div></div>"
PAGE += "".join(f"<table class='{name}'>{CELLS * 9}</table>" for name in ("one", "two", "one part"))
fonts = FontConfiguration()
sheet = CSS(string=CSS_TEXT, font_config=fonts)

def printed():
    return HTML(string=PAGE).write_pdf(stylesheets=[sheet], font_config=fonts)

def functions():
    modules = (block, flex, inline, percent, table)
    found = [Box.is_in_normal_flow, ParentBox.page_values, inline.strut, inline.avoid_collisions]
    found.append(background.layout_box_backgrounds)
    return found + [getattr(each, "resolve_percentages", None) for each in modules]

before = functions()
stock = printed()
with boxes.quick_boxes():
    inside = functions()
    quick = printed()
print(json.dumps({
    "equal": [each == stock for each in (quick, printed())],
    "same": [one is two for one, two in zip(before, inside) if one],
    "restored": functions() == before,
}))
"""


def test_no_byte_is_different(answers: dict[str, list[bool]]) -> None:
    assert answers["equal"] == [True, True]


def test_all_of_weasyprint_asks_here(answers: dict[str, list[bool]]) -> None:
    assert not any(answers["same"])
    assert answers["restored"]
