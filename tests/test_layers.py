"""The layers of docs/design.md hold; no language is named in Python; checking stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
MODULES = {path.stem: path for path in sorted((ROOT / "reportgen").glob("*.py")) if path.stem != "__init__"}
LANGUAGES = {path.parent.name: path for path in sorted((ROOT / "templates").glob("*/locale.yaml"))}
PRINTING = "render"  # the first line of the layers that print; four more follow it


def layers() -> list[list[str]]:
    """Return the lines of the list in docs/design.md, the top one first."""
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    found = re.search(r"^## Layers\n.*?```text\n(.*?)```", design, re.DOTALL | re.MULTILINE)
    assert found, "docs/design.md has no list under the heading Layers"
    return [re.split(r"\s{2,}", line)[0].split(" · ") for line in found[1].splitlines()]


def imported(source: str) -> Iterator[str]:
    """Yield the modules of reportgen that a source imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="reportgen", names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module)) if module.startswith("reportgen."):
                yield module.split(".")[1]
            case ast.ImportFrom(level=level):
                assert level == 0, "a relative import hides from this test"
            case ast.Import(names=names):
                yield from (name.name.split(".")[1] for name in names if name.name.startswith("reportgen."))


IMPORTS = {
    name: {module for module in imported(path.read_text(encoding="utf-8")) if module in MODULES}
    for name, path in MODULES.items()
}


def test_imports_are_seen_wherever_they_stand() -> None:
    source = """
import reportgen.one
from reportgen import two
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from reportgen.three import Three
def function():
    from reportgen.four import four as three
"""
    assert list(imported(source)) == ["one", "two", "three", "four"]
    assert len(MODULES) > 20
    assert "diagnostics" in IMPORTS["yamlfile"]


def test_every_module_stands_once_in_the_list() -> None:
    assert sorted(name for line in layers() for name in line) == sorted(MODULES)


def test_modules_import_from_lower_lines_only() -> None:
    height = {name: number for number, line in enumerate(reversed(layers())) for name in line}
    wrong = [(name, other) for name, used in IMPORTS.items() for other in used if height[other] >= height[name]]
    assert wrong == []


def test_what_prints_takes_only_finished_things() -> None:
    lines = layers()
    start = lines.index([PRINTING])
    printing = {name for line in lines[start : start + 13] for name in line}
    assert {"docx", "pdf", "reader", "stylesheet", "blocks", "archive", "textlayer", "breaks"} < printing
    used = {other for name in printing for other in IMPORTS[name]} - printing
    assert used == {"markup", "loading", "declarations", "sheets", "fonts", "pictures", "checkmark", "diagnostics"}


def test_no_language_is_named_in_python() -> None:
    locales = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in LANGUAGES.values()]
    known = set(LANGUAGES).union(*({locale["language"], locale["tag"]} for locale in locales))
    assert {"vi", "th", "vi-VN", "th-TH"} <= known
    named = {name: sorted(known & set(texts(path.read_text(encoding="utf-8")))) for name, path in MODULES.items()}
    # Messages have languages of their own, which need no templates: the command line offers them.
    assert {name: found for name, found in named.items() if found} == {"terminal": ["th", "vi"]}


def test_the_element_th_is_told_from_the_language() -> None:
    assert list(texts('CELLS = ("th", "td")\nif cell.tag == "th": pass')) == ["td"]
    assert list(texts('if language == "th": pass\nNAMES = ("th", "vi")')) == ["th", "th", "vi"]


def texts(source: str) -> Iterator[str]:
    """Yield all texts written in a source, without HTML's element ``th`` (beside ``td``, or compared with a tag)."""
    tree = ast.parse(source)
    elements = {node for group in ast.walk(tree) if _is_of_elements(group) for node in ast.walk(group)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value="th") if node in elements:
                pass
            case ast.Constant(value=str(text)):
                yield text


def _is_of_elements(node: ast.AST) -> bool:
    match node:
        case ast.Compare(left=ast.Attribute(attr="tag")):
            return True
        case ast.Tuple(elts=items) | ast.Set(elts=items) | ast.List(elts=items):
            return any(isinstance(item, ast.Constant) and item.value == "td" for item in items)
        case _:
            return False


LOADED = """
import sys
{statement}
print(*sorted({{"weasyprint", "docx", "PIL", "ctypes", "email", "multiprocessing", "xml"}} & set(sys.modules)))
"""
CHECK = """
from reportgen.cli import main
try:
    main(["-C", {root!r}, "--output-format", "concise", "check"], standalone_mode=False)
except SystemExit as end:
    assert end.code == 0, end.code
"""


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import reportgen.render", ["PIL", "ctypes", "email", "weasyprint", "xml"]),
        (CHECK.format(root=str(ROOT)), []),
    ],
    ids=["printing loads its libraries", "checking loads none of them"],
)
def test_only_printing_loads_the_printers_libraries(statement: str, loaded: list[str]) -> None:
    command = [sys.executable, "-c", LOADED.format(statement=statement)]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[-1].split() == loaded
