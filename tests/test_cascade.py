"""cascade.py: styles are kept from page to page, and no byte of a document is different for that."""

from __future__ import annotations

PROGRAM = """
import json
from reportgen import loading
from weasyprint import CSS, HTML
from weasyprint.css import StyleFor, declaration_precedence
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration
from reportgen import cascade
CSS_TEXT = "@page { margin: 20mm; @top-center { content: counter(page) } } @page :first { margin: 30mm }"
CSS_TEXT += "body { font: 14pt serif } b { font-size: 1.5em } td { border: 1pt solid; padding: 1mm }"
fonts = FontConfiguration()
sheet = CSS(string=CSS_TEXT, font_config=fonts)
other = CSS(string="body { font: 9pt serif; color: red }", font_config=fonts)

def page(words, lang="vi", style="padding: 1mm", name="here"):
    text = f"<p>một <b>{words}</b> <i style='{style}'>hai<u>ba</u></i> <a id='{name}' href='#{name}'>bốn</a></p>"
    table = f"<table><td>{words}<td lang='th'>x</table>"
    return f"<html lang='{lang}'><body>{text * 3}{table}</body></html>"

PAGES = [page("a"), page("b"), page("a", "th"), page("a", style="padding: 2mm"), page("a", name="there"), page("a")]

def printed(text, sheets):
    return HTML(string=text).write_pdf(stylesheets=sheets, font_config=fonts, pdf_tags=True)

def both(text):
    return printed(text, [sheet]), printed(text, [sheet, other])

def kept():
    return len(vars(fonts).get(cascade._KEPT, {}))

original = StyleFor.set_computed_styles
stock = [both(text) for text in PAGES]
ours, sizes = [], []
for text in PAGES:
    with cascade.kept_styles(fonts):
        ours.append(both(text))
    sizes.append(kept())
with cascade.kept_styles(FontConfiguration()):
    elsewhere = both(PAGES[0]) == stock[0] and kept() == sizes[-1]
try:
    with cascade.kept_styles(fonts):
        raise ValueError
except ValueError:
    refused = kept()
cascade._MOST = 10
with cascade.kept_styles(fonts):
    both(PAGES[0])
with cascade.kept_styles(fonts):
    bounded = kept()
print(json.dumps({
    "equal": [one == two for one, two in zip(stock, ours, strict=True)],
    "sizes": sizes,
    "elsewhere": elsewhere,
    "refused": refused,
    "bounded": bounded,
    "precedence": [declaration_precedence("author", important) for important in (False, True)],
    "known": cascade._OF_PAGE,
    "restored": StyleFor.set_computed_styles is original,
}))
"""


def test_no_byte_is_different(answers: dict[str, list[int]]) -> None:
    assert answers["equal"] == [True] * 6
    assert answers["elsewhere"]


def test_a_style_is_kept_once_and_other_words_need_no_other(answers: dict[str, list[int]]) -> None:
    first, other_words, *others, again = answers["sizes"]
    assert 10 < first == other_words
    assert others == sorted(set(others))
    assert others[0] > first
    assert others[-1] == again


def test_nothing_is_kept_for_ever_nor_of_a_page_that_is_refused(answers: dict[str, list[int]]) -> None:
    assert answers["refused"] == 0
    assert answers["bounded"] == 0


def test_what_a_page_declares_of_itself_is_known(answers: dict[str, list[int]]) -> None:
    assert answers["precedence"] == answers["known"]


def test_weasyprint_is_as_it_was_afterwards(answers: dict[str, list[int]]) -> None:
    assert answers["restored"]
