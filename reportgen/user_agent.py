"""What elements look like before any style sheet speaks: WeasyPrint's own sheet, cut down to the elements of a page.

WeasyPrint 70 looks at each element with a sheet for all of HTML, whose rules for footnotes alone make six styles of
each. Here are its rules for the elements that a page may have (``markup.ELEMENTS``), word for word; the strict reader
refuses all others. ``tests/test_user_agent.py`` compares the computed styles of both.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import cssselect2
from weasyprint import CSS, HTML
from weasyprint.css.counters import CounterStyle
from weasyprint.urls import URLFetcher

RULES = """
head, meta, title { display: none }
body, div, figure, figcaption, h1, h2, h3, header, hr, html, p, section, ul { display: block }
li { display: list-item }
table { display: table }
colgroup { display: table-column-group }
col { display: table-column }
thead { display: table-header-group }
tbody { display: table-row-group }
tr { display: table-row }
td, th { display: table-cell }

figure, p, ul { margin-top: 1em; margin-bottom: 1em }
ul ul { margin-top: 0; margin-bottom: 0 }
body { margin: 8px }
h1 { margin-top: .67em; margin-bottom: .67em }
h2 { margin-top: .83em; margin-bottom: .83em }
h3 { margin-top: 1em; margin-bottom: 1em }
figure { margin-left: 40px; margin-right: 40px }
ul { padding-left: 40px }
table { border-spacing: 2px; border-collapse: separate }
td, th { padding: 1px }

thead, tbody { vertical-align: middle }
tr, td, th { vertical-align: inherit }

html { color-scheme: light }
th { font-weight: bold }
h1 { font-size: 2em; font-weight: bold }
h2 { font-size: 1.5em; font-weight: bold }
h3 { font-size: 1.17em; font-weight: bold }
table, td, th { border-color: gray }
thead, tbody, tr { border-color: inherit }

br::before { content: "\\A"; white-space: pre-line }
hr { border-style: inset; border-width: 1px; color: gray; margin: .5em auto }
ul { list-style-type: disc }
ul ul { list-style-type: circle }
ul ul ul { list-style-type: square }
li::marker { font-variant-numeric: tabular-nums; white-space: pre; text-transform: none }
table { text-indent: initial; box-sizing: border-box }
img { overflow: hidden }

ul { counter-reset: list-item; break-before: avoid }
h1 { bookmark-level: 1 }
h2 { bookmark-level: 2 }
h3 { bookmark-level: 3 }
h1, h2, h3 { bookmark-label: content(text); hyphens: manual; break-after: avoid; break-inside: avoid }

@page { margin: 75px; @top-center { text-align: center; vertical-align: middle } }

@counter-style disc { system: cyclic; symbols: •; suffix: " " }
@counter-style circle { system: cyclic; symbols: ◦; suffix: " " }
@counter-style square { system: cyclic; symbols: ▪; suffix: " " }
@counter-style decimal { system: numeric; symbols: "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" }
@counter-style decimal-leading-zero { system: extends decimal; pad: 2 "0" }
@counter-style lower-roman { system: additive; range: 1 3999; additive-symbols: 1000 m, 900 cm, 500 d, 400 cd, 100 c,\
 90 xc, 50 l, 40 xl, 10 x, 9 ix, 5 v, 4 iv, 1 i }
@counter-style upper-roman { system: additive; range: 1 3999; additive-symbols: 1000 M, 900 CM, 500 D, 400 CD, 100 C,\
 90 XC, 50 L, 40 XL, 10 X, 9 IX, 5 V, 4 IV, 1 I }
@counter-style lower-alpha { system: alphabetic; symbols: a b c d e f g h i j k l m n o p q r s t u v w x y z }
@counter-style upper-alpha { system: alphabetic; symbols: A B C D E F G H I J K L M N O P Q R S T U V W X Y Z }
@counter-style lower-latin { system: extends lower-alpha }
@counter-style upper-latin { system: extends upper-alpha }
@counter-style thai { system: numeric; symbols: ๐ ๑ ๒ ๓ ๔ ๕ ๖ ๗ ๘ ๙ }
@counter-style devanagari { system: numeric; symbols: ० १ २ ३ ४ ५ ६ ७ ८ ९ }
"""
# Columns are as wide as the sheet says, as in Word. CSS would also look how narrow and how low each may become, and
# WeasyPrint lays out all that stands in it once more for that (CSS Flexible Box Layout 1, 4.5).
COLUMNS = "div { min-width: 0; min-height: 0; flex-shrink: 0 }"


class ParsedPage(HTML):  # type: ignore[misc]
    """A page as WeasyPrint takes it: parsed already, and with these rules instead of those for all of HTML.

    Args:
        root: its elements
        base_url: of the addresses in it
        fetcher: fetches what they lead to
    """

    def __init__(self, root: Element, base_url: str, fetcher: URLFetcher) -> None:
        self.base_url = base_url
        self.url_fetcher = fetcher
        self.media_type = "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = root

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        return [_parsed()[0]]

    def _ua_counter_style(self) -> list[CounterStyle]:
        return [_parsed()[1].copy()]


@cache
def _parsed() -> tuple[CSS, Any]:
    counters = CounterStyle()
    return CSS(string=RULES + COLUMNS, counter_style=counters), counters
