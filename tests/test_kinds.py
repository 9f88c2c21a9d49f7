"""Elements of one kind look alike: what WeasyPrint says of one is what it says of all, in every page."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from conftest import Office

from reportgen.kinds import Kind, Kinds, sample
from reportgen.sheets import SheetSource, asked_attributes, asks_for_siblings

# Asks for the looks of random pages in random sheets: one page after another by their kinds, and each page as a whole.
PROGRAM = """
import json, random
from reportgen import stylesheet
from reportgen.pdf import parse_page
from reportgen.sheets import SheetSource
from reportgen.stylesheet import StyleSheet

asked = []
real = stylesheet.get_all_computed_styles
def ask(page, **given):
    asked.append(sum(1 for _ in page.etree_element.iter()))
    return real(page, **given)
stylesheet.get_all_computed_styles = ask

draw = random.Random(7)
TAGS, CLASSES = ("div", "p", "span", "ul", "table", "td", "h1"), ("a", "b", "c")
BODY = "@page { size: 210mm 297mm; margin: 20mm } body { font-family: 'Times New Roman'; font-size: 14pt }"
DECLARATIONS = ("color: #123456", "width: 40%", "display: flex", "font-size: 1.5em", "margin-top: 3mm", "margin: 0",
    "text-align: center", "break-before: avoid", "background-color: #ffe08a", "border-top: 1pt solid #000000",
    "white-space: nowrap", "font-weight: bold", "text-decoration: underline", "page: other", "padding-left: 2em",
    "border-collapse: collapse", "line-height: 1.5", "height: 3mm", "font-style: italic", "text-indent: 1em")

def compound():
    return draw.choice(TAGS + ("",) * 4) + draw.choice([f".{draw.choice(CLASSES)}"] * 4 + [
        "[title]", "[title=x]", "[title~=x]", f"#{draw.choice('xyz')}", '[id="y"]', "[scope|=row]"])

def selector():
    return draw.choice((" ", " > ")).join(compound() for _ in range(draw.choice((1, 1, 2, 3))))

def css():
    both = [(f"{selector()}, {selector()}", "; ".join(draw.sample(DECLARATIONS, 2))) for _ in range(25)]
    return BODY + " ".join(f"{selectors} {{ {declarations} }}" for selectors, declarations in both)

def element(depth=0):
    tag, given = draw.choice(TAGS), {}
    for name, values, often in (("class", CLASSES, 0.7), ("title", ("x", "y", "x y"), 0.1), ("id", "xyz", 0.1),
                                ("scope", ("row", "row-1", "col"), 0.1), ("style", ("color: #654321",), 0.03)):
        if draw.random() < often:
            given[name] = draw.choice(values)
    inside = "".join(element(depth + 1) for _ in range(draw.randrange(4))) if depth < 4 else "x"
    return f"<{tag}" + "".join(f' {name}="{value}"' for name, value in given.items()) + f">{inside}</{tag}>"

def page(known):
    language, body = draw.choice(("vi-VN", "th-TH")), draw.choice(("", ' class="a"'))
    content = "".join((*draw.sample(known, 3), element()))
    return f'<html lang="{language}"><head><title>t</title></head><body{body}>{content}</body></html>'

def looks(sheet, text):
    styles = sheet.compute(parse_page(text, {}))
    root = styles.html.etree_element
    found = [(styles.look(each), styles.display(each), styles.percent_width(each), styles.break_before(each))
             for each in root.iter()]
    return found, styles.page_setup(root.find("body"))

answers = {"compared": 0, "looks": 0, "different": [], "as a whole": 0, "asked": 0}
for _ in range(12):
    text = css()
    ours, stock = (StyleSheet((SheetSource(text + more, "style.css"),)) for more in ("", " x + y { color: #000000 }"))
    seen, known = set(), [element() for _ in range(5)]
    for _ in range(8):
        html = page(known)
        asked.clear()
        one = looks(ours, html)
        answers["asked"] += sum(asked)
        asked.clear()
        two = looks(stock, html)
        answers["as a whole"] += asked == [len(two[0])]
        answers["compared"] += len(two[0])
        seen |= {repr(each) for each in two[0]}
        answers["different"] += [html] if one != two else []
    answers["looks"] += len(seen)

# the same page again, and a page with other words
sheet = StyleSheet((SheetSource(BODY + " .a { color: #123456 }", "style.css"),))
asked.clear()
for words in ("one", "two", "three"):
    looks(sheet, f'<html><head/><body><p class="a">{words}</p></body></html>')
answers["three pages"] = len(asked)

# what stands before an element, and a sheet of the page's own
sheet = StyleSheet((SheetSource(BODY + " .a + .b { color: #123456 }", "style.css"),))
found, _ = looks(sheet, '<html><head/><body><p class="b"/><p class="a"/><p class="b"/></body></html>')
answers["siblings"] = [look.color for look, *_ in found[-3:]]
sheet = StyleSheet((SheetSource(BODY + " .a { margin: 0 }", "style.css"),))
plain = '<html><head>{}</head><body><p class="a"/></body></html>'
own = "<style>.a { color: #123456 }</style>"
answers["own sheet"] = [looks(sheet, plain.format(head))[0][-1][0].color for head in ("", own, "")]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(office.python(PROGRAM, FONTCONFIG_FILE=str(office.fontconfig)))
    return found


def test_each_element_looks_as_weasyprint_has_it_in_the_whole_page(answers: dict[str, Any]) -> None:
    assert answers["different"] == []
    assert answers["compared"] > 3_000, "too few elements"
    assert answers["looks"] > 500, "too few looks"
    assert answers["as a whole"] == 12 * 8, "what it is compared with was not asked for"


def test_weasyprint_is_asked_once_of_each_kind(answers: dict[str, Any]) -> None:
    assert answers["three pages"] == 1
    assert 0.3 < answers["asked"] / answers["compared"] < 0.8, "some kinds are known, some are new"


def test_where_a_rule_asks_for_siblings_each_element_is_looked_at(answers: dict[str, Any]) -> None:
    assert answers["siblings"] == ["000000", "000000", "123456"]


def test_a_sheet_in_a_page_is_obeyed_in_that_page_only(answers: dict[str, Any]) -> None:
    assert answers["own sheet"] == ["000000", "123456", "000000"]


@pytest.mark.parametrize(
    ("selector", "attributes", "siblings"),
    [
        ("p.a, div > .b ul", set(), False),
        ("[title]", {"title"}, False),
        ("p[title='+'] [lang|=vi]", {"title", "lang"}, False),
        ("[title~=x]", {"title"}, False),
        ("#x .a", {"id"}, False),
        (".a + p", set(), True),
        (".a ~ p[id]", {"id"}, True),
    ],
)
def test_selectors_tell_what_they_ask_for(selector: str, attributes: set[str], siblings: bool) -> None:
    source = SheetSource(f"{selector} {{ color: #000000 }} @page {{ margin: 2mm }}", "style.css")
    assert asked_attributes(source) >= attributes
    assert bool(asked_attributes(source)) == bool(attributes)
    assert asks_for_siblings(source) is siblings


def test_a_sample_has_one_element_of_each_kind_in_its_place() -> None:
    root = fromstring('<r><p class="a"><i x="1"/><i x="2"/></p><p class="a"><i/><b id="7"/></p><b id="8"/></r>')
    kinds: Kinds[str] = Kinds(("id",))
    found = kinds.of_page(root)
    assert len(set(found.values())) == 5
    made = sample(set(found.values()))
    first = next(iter(made.values()))
    assert sorted((each.tag, *each.attrib.values()) for each in first.iter()) == [
        ("b", "7"), ("b", "8"), ("i",), ("p", "a"), ("r",),
    ]  # fmt: skip
    assert {child.tag for child in first.find("p") or ()} == {"i", "b"}


def test_what_is_kept_has_a_bound() -> None:
    kinds: Kinds[str] = Kinds(("title",))
    same = fromstring("<r><p/></r>")
    before: set[Kind[str]] = set(kinds.of_page(same).values())
    assert set(kinds.of_page(same).values()) == before
    for page in range(60):
        kinds.of_page(fromstring("<r>" + "".join(f'<p title="{page}-{each}"/>' for each in range(100)) + "</r>"))
    assert not set(kinds.of_page(same).values()) & before
