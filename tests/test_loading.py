"""loading.py: WeasyPrint is loaded without a compiler, without models and templates, and is as it was before."""

from __future__ import annotations

from typing import Any

PROGRAM = """
import ctypes.util, json, sys
before = ctypes.util.find_library
started = []
sys.addaudithook(lambda event, given: started.append(str(given[:2])) if event in STARTS else None)
STARTS = ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "os.system")
import reportgen.render
later = {"pydantic", "jinja2", "fontTools.subset", "fontTools.varLib.instancer", "tinyhtml5"}
loaded = sorted(later & set(sys.modules))
restored = ctypes.util.find_library is before
from weasyprint.pdf import fonts
options = fonts.subset.Options(drop_tables=["post"])
real = sys.modules["fontTools.subset"].Options
import importlib.resources
from weasyprint import CSS, HTML
from weasyprint.css.counters import CounterStyle

def parsed(name, counters):
    text = (importlib.resources.files("weasyprint.css") / name).read_text("utf-8")
    return CSS(string=text, counter_style=counters)

counters = CounterStyle()
names = ("html5_ua.css", "html5_ua_form.css", "html5_ph.css")
stock = [parsed(name, counters) for name in names]
page = HTML(string="<p>")
ours = [*page._ua_stylesheets(forms=True), *page._ph_stylesheets()]
sizes = [[len(each.matcher.other_selectors), len(each.matcher.lower_local_name_selectors), len(each.page_rules)]
    for each in (*stock, *ours)]
print(json.dumps({
    "sheets": [sizes[:3], sizes[3:]],
    "printed": page.write_pdf().startswith(b"%PDF"),
    "counters": page._ua_counter_style()[0] == counters and len(counters) > 40,
    "started": started,
    "loaded": loaded,
    "restored": restored,
    "subset": isinstance(options, real) and options.drop_tables == ["post"],
    "instancer": fonts.instantiateVariableFont.__name__,
}))
"""


def test_no_process_is_started_to_look_for_libraries(answers: dict[str, Any]) -> None:
    assert answers["started"] == []


def test_a_printing_process_loads_no_models_no_templates_no_makers_of_subsets(answers: dict[str, Any]) -> None:
    assert answers["loaded"] == []


def test_the_search_for_libraries_is_as_it_was(answers: dict[str, Any]) -> None:
    assert answers["restored"] is True


def test_what_is_left_out_is_loaded_when_it_is_called(answers: dict[str, Any]) -> None:
    assert answers["subset"] is True
    assert answers["instancer"] == "load_and_call"


def test_the_sheets_for_all_of_html_are_there_for_who_asks(answers: dict[str, Any]) -> None:
    stock, ours = answers["sheets"]
    assert stock == ours
    assert answers["counters"] is True
    assert answers["printed"] is True
