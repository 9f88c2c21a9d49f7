"""declarations.py: Pango's functions are read out of their declarations once, and are what cffi makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Office

# Loads WeasyPrint, and compares what it knows of Pango with what cffi reads now.
PROGRAM = """
import json, re, sys
import cffi
stock = cffi.FFI
from reportgen import loading
loaded = "pycparser" in sys.modules
from weasyprint import HTML
from weasyprint.text import ffi as module
from reportgen.declarations import OURS
printed = HTML(string="<p>x").write_pdf()

read = stock()
source = open(module.__file__, encoding="utf-8").read()
read.cdef(source.partition("ffi.cdef('''")[2].partition("''')")[0])
read.cdef(OURS, override=True)
ours = module.ffi
libraries = [each for each in vars(module).values() if type(each).__name__ == "Lib"]

def function(name):
    for library in libraries:
        try:
            return getattr(library, name)
        except ours.error:  # it is in another library, or in none that is here
            pass

def told(ffi, kind):
    size, fields = None, []
    if kind.kind in ("struct", "union"):
        try:
            size = ffi.sizeof(kind)
        except (ValueError, ours.error):  # nobody says what is in it
            return [kind.cname, kind.kind]
        fields = [(name, told(ffi, each.type), each.offset, each.bitsize) for name, each in kind.fields]
    return [kind.cname, kind.kind, size, fields, kind.elements if kind.kind == "enum" else None]

different, compared = [], {"functions": 0, "types": 0, "numbers": 0}
for key in read._parser._declarations:
    sort, name = key.split(" ", 1)
    if sort == "function":
        if function(name) is None:
            continue
        with read._lock:
            expected = read._get_cached_btype(read._parser._declarations[key][0]).cname
        found = ours.typeof(function(name)).cname
        compared["functions"] += 1
    elif sort in ("macro", "constant"):
        expected, found = read._parser._declarations[key][0], function(name)
        compared["numbers"] += 1
    elif sort in ("typedef", "anonymous", "struct", "enum"):
        name = key if sort in ("struct", "enum") else name
        expected, found = told(read, read.typeof(name)), told(ours, ours.typeof(name))
        compared["types"] += 1
    else:
        expected, found = "a sort that is known", sort
    # cffi's tables name a structure by its own name, not by that which a typedef gives to it.
    expected, found = (re.sub("(struct|enum) _?", "", str(each)) for each in (expected, found))
    if expected != found:
        different.append([key, expected, found])
print(json.dumps({
    "read": loaded,
    "restored": cffi.FFI is stock,
    "printed": printed.startswith(b"%PDF"),
    "different": different,
    "compared": compared,
    "ours": [function(name) is not None for name in ("pango_layout_get_width", "g_object_ref")],
}))
"""


@pytest.fixture(scope="module")
def runs(office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Two runs with one cache folder, empty before."""
    cache = str(tmp_path_factory.mktemp("cache"))
    return [json.loads(office.python(PROGRAM, XDG_CACHE_HOME=cache)) for _ in range(2)]


def test_only_the_first_run_reads_declarations(runs: list[dict[str, Any]]) -> None:
    assert [run["read"] for run in runs] == [True, False]


def test_functions_and_types_are_what_cffi_reads(runs: list[dict[str, Any]]) -> None:
    for run in runs:
        assert run["different"] == []
        assert run["compared"]["functions"] > 100
        assert run["compared"]["types"] > 50
        assert run["ours"] == [True, True]


def test_cffi_is_as_it_was_for_all_others(runs: list[dict[str, Any]]) -> None:
    assert all(run["restored"] and run["printed"] for run in runs)


def test_where_nothing_can_be_kept_all_is_read(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    run = json.loads(office.python(PROGRAM, XDG_CACHE_HOME=str(tmp_path / "file")))
    assert run["read"] is True
    assert run["printed"] is True
