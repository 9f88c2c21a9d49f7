"""The strict reader and the style sheets: what both printers can do is read, all else is refused.

WeasyPrint must be imported with the private fonts.conf, so these tests run in a process of their own, started once.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import Office

# Reads each page of the cases given on stdin and prints what came of it.
PROGRAM = """
import json, os, re, sys
from pathlib import Path
from reportgen.folders import Workspace
from reportgen.workspace import read_library
library = read_library(Workspace(Path(sys.argv[1])))
fonts = library.find_fonts(Path(sys.argv[2]))
os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
from reportgen.diagnostics import Place, ReportgenError
from reportgen.pdf import parse_page
from reportgen.reader import read_page
from reportgen.sheets import SheetSource
from reportgen.stylesheet import StyleSheet
HEAD = '<head><title>T</title><meta name="dcterms.created" content="2023-08-18"></head>'
CSS = '@page { size: 210mm 297mm; margin: 20mm 15mm 20mm 30mm } '
CSS += 'body { font-family: "Times New Roman"; font-size: 14pt; '
CSS += 'line-height: 1.5 } body, p, h2, figure, ul, li { margin: 0; padding: 0 } '
CSS += '.a { margin-bottom: 6pt; text-indent: 10mm } '
CSS += '.b { font-style: italic; text-align: center } .box { width: 50mm } .row { display: flex } .rule { width: 40% } '
CSS += '.room { display: block; height: 30mm } '
CSS += '.next { break-before: avoid } .pic { width: 40mm } .order { width: 20mm } .gap { height: 30mm } '
answers = {}
for name, (css, body) in json.load(sys.stdin).items():
    try:
        sheet = StyleSheet((SheetSource(CSS + css, "style.css"),))
        head = HEAD.replace("<title>T</title>", "") if name == "no title" else HEAD
        text = f'<html lang="vi-VN">{head}<body>{body}</body></html>'
        page = parse_page(re.sub("<((br|col|hr|img|meta)(| [^>]*))>", "<\\g<1>/>", text), {})
        read = read_page(sheet.compute(page), sheet.classes, {"p.jpg": (400, 300)}, fonts, Place("minutes.html"))
        answers[name] = [repr(block) for block in read.document.blocks] + [repr(read.document.setup)]
    except ReportgenError as error:
        answers[name] = str(error).splitlines()
print(json.dumps(answers))
"""

TABLE = '<table class="t" title="T"><colgroup><col class="order"></colgroup>{}</table>'
ROOM = '<a class="room" {}></a>'
REFUSED = {
    "an element": (
        "",
        '<article class="a">x</article>',
        "minutes.html:1:1: error[RG610]: the element <article> is not known",
    ),
    "an inline element": ("", '<p class="a"><b>x</b></p>', "the element <b> is not known"),
    "a script": ("", "<script>x</script>", "the element <script> is not known"),
    "a link": ("", '<p class="a"><a>x</a></p>', "the element <a> is not known"),
    "an address": ("", ROOM.format('id="x" title="t" href="http://x.example"'), "the attribute “href” of <a>"),
    "a class without a rule": ("", '<p class="zzz">x</p>', "the class “zzz” has no rule"),
    "no class": ("", "<p>x</p>", "the class “p” has no rule"),
    "an inline style": (
        "",
        '<p class="b" style="color: red">x</p>',
        "minutes.html:1:1: error[RG619]: the attribute “style” of <p>",
    ),
    "an id": ("", '<p class="a" id="x">x</p>', "the attribute “id” of <p>"),
    "text without a paragraph": ("", '<div class="box">words</div>', "“words” stands outside any paragraph"),
    "text between paragraphs": (
        "",
        '<p class="a">x</p> words <p class="a">x</p>',
        "“words” stands outside any paragraph",
    ),
    "a column without a width": ("", '<div class="row"><div class="a"></div></div>', "a column (“a”) has no width"),
    "a width in per cent": (".a { width: 50% }", '<p class="a">x</p>', "“width: 50%” cannot be obeyed"),
    "a row without a part": (
        "",
        TABLE.format("<tfoot><tr><td class='a'>x</td></tr></tfoot>"),
        "the element <tfoot> is not known",
    ),
    "a ragged row": (
        "",
        TABLE.format("<tbody><tr><td class='a'>x</td><td class='a'>y</td></tr></tbody>"),
        "has 2 cells; the table has 1",
    ),
    "a spanning cell": (
        "",
        TABLE.format("<tbody><tr><td class='a' colspan='1'>x</td></tr></tbody>"),
        "the attribute “colspan” of <td>",
    ),
    "a head without scope": (
        "",
        TABLE.format("<thead><tr><th class='a'>x</th></tr></thead>"),
        "the head cell “x” has no scope",
    ),
    "a figure without caption": (
        "",
        '<figure class="a"><img class="pic" src="p.jpg" alt="x"></figure>',
        "a figure lacks",
    ),
    "a picture of nobody": (
        "",
        '<figure class="a"><img class="pic" src="q.jpg" alt="x"><figcaption class="b">c</figcaption></figure>',
        "“q.jpg” has no width",
    ),
    "a class with two looks": (
        ".box .b { color: #ff0000 }",
        '<p class="b">x</p><div class="box"><p class="b">x</p></div>',
        "minutes.html:1:1: error[RG612]: the class “b” looks different in two places",
    ),
    "a class of a phrase and a paragraph": (
        "",
        '<p class="b">x</p><p class="a"><span class="b">x</span></p>',
        "looks different in two places",
    ),
    "a field without a name": ("", ROOM.format('id="Lead x" title="t"'), "the name “Lead x” of the room to sign"),
    "a field without words": ("", ROOM.format('id="lead"'), "the name “lead” of the room to sign"),
    "two fields of one name": ("", 2 * ROOM.format('id="lead" title="t"'), "the name “lead” of the room to sign"),
    "a field with a text": ("", '<a class="room" id="x" title="t">x</a>', "the room to sign (“room”) is not empty"),
    "a field without height": ("", '<a class="b" id="x" title="t"></a>', "the room to sign (“b”) is not empty"),
    "no title": ("", '<p class="a">x</p>', "minutes.html:1:1: error[RG820]: the page has no <title>"),
    "a heading that skips a level": (
        "",
        '<h1 class="a">x</h1><h3 class="b">y</h3>',
        "minutes.html:1:1: error[RG821]: the heading “y” is an <h3> where <h2> is the deepest",
    ),
    "a value that the printer does not know": (".a { font-size: 14quux }", '<p class="a">x</p>', "style.css:1:"),
}
READ = {
    "a paragraph": ("", '<p class="a">one<br>two <span lang="th">สาม</span></p>'),
    "kept with the next": ("", '<p class="a">x</p><p class="next">y</p>'),
    "a rule": ("", '<p class="b">words</p><hr class="rule">'),
    "columns": ("", '<div class="row"><div class="box"><p class="a">x</p></div></div>'),
    "a gap": ("", '<div class="gap"></div>'),
    "a field": ("", ROOM.format('id="witness-2" title="Ô ký" data-role="r" data-signer="s"')),
    "a figure": (
        "",
        '<figure class="a"><img class="pic" src="p.jpg" alt="x"><figcaption class="b">c</figcaption></figure>',
    ),
    "a table": ("", TABLE.format("<tbody><tr><td class='a'>x</td></tr></tbody>")),
    "headings": ("", '<h1 class="a">x</h1><h2 class="b">x</h2><h2 class="b">x</h2>'),
    "a page number": (
        "@page { @top-center { content: '- ' counter(page) ' -'; padding-top: 10mm } }",
        '<p class="a">x</p>',
    ),
}


@pytest.fixture(scope="module")
def answers(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    root = office.copy_workspace(tmp_path_factory.mktemp("reader"))
    cases = {name: case[:2] for name, case in (*REFUSED.items(), *READ.items())}
    command = [sys.executable, "-c", PROGRAM, str(root), str(office.cache / "reportgen")]
    done = subprocess.run(
        command, env=office.environment, input=json.dumps(cases), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_outside_the_vocabulary_is_refused(answers: dict[str, list[str]], name: str) -> None:
    assert REFUSED[name][2] in answers[name][0], answers[name]


@pytest.mark.parametrize("name", READ)
def test_what_is_in_the_vocabulary_is_read(answers: dict[str, list[str]], name: str) -> None:
    assert not [line for line in answers[name] if "error[" in line]


def test_runs_have_their_language_and_breaks(answers: dict[str, list[str]]) -> None:
    (block, _) = answers["a paragraph"]
    assert "Run(text='one', language='vi-VN'" in block
    assert "LineBreak()" in block
    assert "Run(text='สาม', language='th'" in block


def test_lengths_are_in_points(answers: dict[str, list[str]]) -> None:
    (block, setup) = answers["a paragraph"]
    assert "first_line=28.3465" in block
    assert "line_height=21.0" in block
    assert "bottom=6.0" in block
    assert "width=595.2756, height=841.8898" in setup
    assert "left=85.0394" in setup


def test_a_block_before_one_that_avoids_a_break_is_kept_with_it(answers: dict[str, list[str]]) -> None:
    first, second, _ = answers["kept with the next"]
    assert "keep_with_next=True" in first
    assert "keep_with_next=True" not in second


def test_a_rule_is_as_long_as_a_part_of_the_text_above(answers: dict[str, list[str]]) -> None:
    _, rule, _ = answers["a rule"]
    length = float(rule.split("length=")[1].split(",")[0].rstrip(")"))
    assert 10 < length < 20  # 40 % of one word of five letters


def test_a_picture_keeps_its_shape(answers: dict[str, list[str]]) -> None:
    figure, _ = answers["a figure"]
    assert "width=113.3858, height=85.04" in figure


def test_the_page_number_has_its_words_and_its_distance(answers: dict[str, list[str]]) -> None:
    setup = answers["a page number"][-1]
    assert "before='- ', after=' -', counter='decimal', on_first_page=True" in setup
