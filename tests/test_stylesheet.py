"""WeasyPrint's semi-private interface for computed styles is as stylesheet.py knows it: this fails when it moves."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import Office

CONTRACT = """
import inspect, json, os, sys
from pathlib import Path
from reportgen.folders import Workspace
from reportgen.workspace import read_library
fonts = read_library(Workspace(Path(sys.argv[1]))).find_fonts(Path(sys.argv[2]))
os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
import weasyprint
from weasyprint import CSS, HTML
from weasyprint.css import get_all_computed_styles
from weasyprint.layout.page import PageType, set_page_type_computed_styles
from weasyprint.logger import LOGGER
rule = "p { font-size: 14pt; text-indent: 10mm; line-height: 1.5; color: #123456 }"
css = CSS(string="@page x:first { margin: 10mm } " + rule)
html = HTML(string="<p>x</p>")
rules = []
style_for = get_all_computed_styles(html, user_stylesheets=[css], page_rules=rules)
p = style_for(html.etree_element.find("body/p"))
height = p["line_height"]
page = PageType(side="right", blank=False, name="x", index=0, groups=())
set_page_type_computed_styles(page, html, style_for)
answers = {
    "version": weasyprint.__version__,
    "get_all_computed_styles": list(inspect.signature(get_all_computed_styles).parameters),
    "set_page_type_computed_styles": list(inspect.signature(set_page_type_computed_styles).parameters),
    "PageType": list(inspect.signature(PageType).parameters),
    "font_size": p["font_size"],
    "text_indent": [p["text_indent"].value, p["text_indent"].unit],
    "line_height": [height.value, height.unit] if hasattr(height, "unit") else height,
    "color": [round(channel * 255) for channel in p["color"].coordinates],
    "margin": [style_for(page)["margin_left"].value, style_for(page)["margin_left"].unit],
    "page_rules": len(rules),
}

# warnings become errors, of their own thread only
import threading
from reportgen.diagnostics import TemplateError
from reportgen.sheets import SheetSource
from reportgen.stylesheet import StyleSheet, no_warnings
try:
    with no_warnings("a.css"):
        with no_warnings("b.css"):
            LOGGER.warning("Ignored `x` at 3:7, unknown")
except TemplateError as error:
    answers["nested"] = str(error)
with no_warnings("c.css"):
    other = threading.Thread(target=LOGGER.warning, args=("elsewhere",))
    other.start()
    other.join()
answers["thread"] = "nothing"
try:
    StyleSheet((SheetSource("p { color: #000 }", "one.css"), SheetSource("p { color: nocolor }", "two.css")))
except TemplateError as error:
    answers["second"] = str(error)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    root = office.copy_workspace(tmp_path_factory.mktemp("contract"))
    command = [sys.executable, "-c", CONTRACT, str(root), str(office.cache / "reportgen")]
    done = subprocess.run(command, env=office.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_version_is_the_pinned_one(answers: dict[str, object]) -> None:
    assert answers["version"] == "70.0"


def test_the_functions_take_what_is_given_to_them(answers: dict[str, object]) -> None:
    styles, page = answers["get_all_computed_styles"], answers["set_page_type_computed_styles"]
    assert isinstance(styles, list)
    assert {"html", "user_stylesheets", "font_config", "page_rules"} <= set(styles)
    assert page == ["page_type", "html", "style_for"]
    assert answers["PageType"] == ["side", "blank", "name", "index", "groups"]


def test_computed_values_are_pixels_as_they_were(answers: dict[str, object]) -> None:
    assert answers["font_size"] == pytest.approx(14 / 0.75)
    assert answers["text_indent"] == [pytest.approx(10 / 25.4 * 96), "px"]
    assert answers["line_height"] == pytest.approx(1.5) or answers["line_height"] == [1.5, None]
    assert answers["color"] == [0x12, 0x34, 0x56]
    assert answers["margin"] == [pytest.approx(10 / 25.4 * 96), "px"]


def test_a_warning_is_told_once_with_its_place(answers: dict[str, object]) -> None:
    assert answers["nested"] == "b.css:3:7: error[RG604]: the PDF printer says: Ignored `x` at 3:7, unknown"


def test_a_warning_of_another_thread_is_not_ours(answers: dict[str, object]) -> None:
    assert answers["thread"] == "nothing"


def test_a_warning_names_the_sheet_it_comes_from(answers: dict[str, object]) -> None:
    assert str(answers["second"]).startswith("two.css:1:5: error[RG604]")
