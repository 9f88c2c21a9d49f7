"""The place of each element of a page in its author's template, through includes and macros."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from reportgen.diagnostics import Diagnostic, Place
from reportgen.markup import Key, key_of
from reportgen.origins import Origins, mark
from reportgen.template_errors import MAIN, TemplateSource


def origins(page: str, **others: str) -> Origins:
    sources = {MAIN: page} | {f"{name}.html": text for name, text in others.items()}
    marked = mark({name: TemplateSource(text, f"templates/{name}") for name, text in sources.items()})
    return Origins(marked, "".join(source.text for source in marked.templates.values()))


def test_a_mark_changes_neither_lines_nor_expressions() -> None:
    text = '{# <p> #}<p class="a">{{ "<b>" }}\n</p>{% if a < b %}<br/>{% endif %}<!-- <i> -->'
    marked = mark({MAIN: TemplateSource(text, "x.html")})
    assert [start for _, start in marked.starts] == [text.index("<p "), text.index("<br")]
    assert marked.templates[MAIN].text.count("\n") == 1


def test_a_word_of_a_tag_is_found_in_it() -> None:
    page = origins('<div>\n <p class="a">x</p>\n <p class="a" style="b">y</p></div>')
    assert page.place(Key("p", "a", 1, "style")) == Place("templates/minutes.html", 3, 15)
    assert page.place(Key("p", "a", 1)) == Place("templates/minutes.html", 3, 2)
    assert page.place(Key("p", "a", 2)) is None


def test_the_last_element_that_is_open_is_told() -> None:
    assert origins("<div>\n<p>x\n</div>").not_closed() == ("p", Place("templates/minutes.html", 2, 1))
    assert origins("<div><p>x</p>\n<br></div>").not_closed() == ("br", Place("templates/minutes.html", 2, 1))
    assert origins("<div>\n<p>x</p>").not_closed() == ("div", Place("templates/minutes.html", 1, 1))
    assert origins("<div><p>x</p></b></div>").not_closed() is None
    assert origins("<div><p>x</p></div>").not_closed() is None


def test_only_findings_of_elements_are_moved() -> None:
    page = origins('<div>\n<p class="a">x</p></div>')
    here = Place("x", 9)
    found = [
        Diagnostic("element-unknown", here, {"element_key": Key("p", "a")}),
        Diagnostic("element-unknown", here, {"element_key": Key("i", "")}),
        Diagnostic("element-unknown", here),
    ]
    assert [each.place for each in page.relocated(found)] == [Place("templates/minutes.html", 2, 1), here, here]


@given(st.lists(st.sampled_from(["<p>", '<p class="a">', "<br/>", "</p>"]), max_size=12))
def test_the_key_of_an_element_leads_to_it(tags: list[str]) -> None:
    text = "<div>" + "\n".join(tags) + "</div>"
    try:
        root = etree.fromstring(text)
    except etree.XMLSyntaxError:
        return
    page = origins(text)
    lines = [page.place(key_of(element, root.iter())) for element in root.iter()]
    assert [place and place.line for place in lines] == [element.sourceline for element in root.iter()]
