"""What elements look like before any style sheet: as WeasyPrint's own sheet has it, but for columns."""

from __future__ import annotations

PROGRAM = """
import json, re, sys
from weasyprint import CSS, HTML
from weasyprint.css import get_all_computed_styles
from weasyprint.css.counters import CounterStyle
from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.layout.page import PageType, set_page_type_computed_styles
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher
from reportgen.markup import ELEMENTS, parse
from reportgen.sheets import PAGE_COUNTERS
from reportgen.user_agent import ParsedPage

BODY = "<h1>a</h1><h2>b</h2><h3>c</h3><hr/><p>d<span>e</span><br/>f</p><div>x<div>y</div></div>"
BODY += "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul><section><header><p>d</p></header></section>"
BODY += "<figure><img/><figcaption>c</figcaption></figure><a></a><table><colgroup><col/></colgroup>"
BODY += "<thead><tr><th>h</th></tr></thead><tbody><tr><td>d</td></tr></tbody></table>"
PAGE = f"<html><head><title>t</title><meta/></head><body>{BODY}</body></html>"
fonts = FontConfiguration()
sheet = CSS(string="@page { @top-center { content: counter(page) } } p { color: red }", font_config=fonts)

def styles(page):
    counters = CounterStyle()
    style_for = get_all_computed_styles(page, [sheet], font_config=fonts, counter_style=counters)
    first = PageType(side="right", blank=False, name="", index=0, groups=())
    set_page_type_computed_styles(first, page, style_for)
    asked = [(element, kind) for element in page.etree_element.iter() for kind in (None, "before", "after")]
    asked += [(element, "marker") for element in page.etree_element.iter("li")]
    asked += [(first, None), (first, "@top-center")]
    return counters, [(getattr(element, "tag", "page"), kind, style_for(element, kind)) for element, kind in asked]

ours = styles(ParsedPage(parse(PAGE), "https://x.invalid/", URLFetcher()))
stock = styles(HTML(string=PAGE))
different = set()
for (tag, kind, one), (other, _, two) in zip(ours[1], stock[1], strict=True):
    assert tag == other
    if (one is None) != (two is None):
        different.add(f"{tag} {kind}")
    elif one is not None:
        different |= {f"{tag} {kind} {name}" for name in INITIAL_VALUES if one[name] != two[name]}
elements = {element.tag for element in parse(PAGE).find("body").iter()} - {"body"}
print(json.dumps({
    "forgotten": sorted(set(ELEMENTS) ^ elements),
    "compared": len(ours[1]),
    "different": sorted(different),
    "counters": [name for name in PAGE_COUNTERS if ours[0].get(name) != stock[0][name]],
}))
"""


def test_every_element_of_a_page_is_compared(answers: dict[str, list[str]]) -> None:
    assert answers["forgotten"] == []
    assert answers["compared"] > 90


def test_elements_look_as_in_weasyprint_but_for_columns(answers: dict[str, list[str]]) -> None:
    columns = ("flex_shrink", "min_height", "min_width")
    assert answers["different"] == [f"div None {name}" for name in columns]


def test_all_counters_of_page_numbers_are_known(answers: dict[str, list[str]]) -> None:
    assert answers["counters"] == []
