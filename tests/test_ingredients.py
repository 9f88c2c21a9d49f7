"""What a page used is written down: whatever changes its HTML changes an ingredient, and what it does not use is none.

What is attached to a PDF changes only where an ingredient does: else a clean build would print other files.

Each thing that a page may use is changed, one at a time, and the page is made again from the changed things.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from desk import REAL, SMALLEST
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError

from reportgen import excerpts
from reportgen.calendars import Calendar
from reportgen.compiled import CompiledTemplates
from reportgen.edition import Issuance, make_edition
from reportgen.ingredients import Ingredient, Ledger, digest_of
from reportgen.inspection import Inspection, read_inspection
from reportgen.locales import LocaleFile, read_locale
from reportgen.markup import Page
from reportgen.office import read_office
from reportgen.page import bare_template, template_ingredient, write_page
from reportgen.sheets import SheetSource
from reportgen.sources import CONTAINER, pack
from reportgen.template_errors import TemplateSource
from reportgen.workspace import Library, LoadedInspection, Workspace, read_library
from reportgen.yamlfile import YamlFile, read_yaml

FULL = "full"
EDITIONS = ((REAL, "vi"), (REAL, "th"), (SMALLEST, "vi"), (FULL, "vi"), (FULL, "th"))


def full(data: dict[str, Any]) -> dict[str, Any]:
    """Return the real inspection with whatever an inspection may have."""
    everyone = {"vi": "Nguyễn Văn A", "th": "เหงียน วัน เอ"}
    outsider = {"name": everyone, "title": "ms", "position": "chair", "agency": "dak-lak-ppc"}
    data["team"] |= {"deputy": "hoang-manh-hung", "secretary": outsider, "members": [outsider, "vo-thanh-hue"]}
    areas = ("direction", "institutions", "procedures", "organisation", "civil-service", "public-finance")
    text = {"vi": "Đạt. Ở xã Nam Ka.", "th": "ผ่าน ที่ตำบลนามกา"}
    figures = [{"what": text, "done": "1", "total": "3"}]
    data["results"] = [
        *(
            {"area": area, "unit": unit, "text": text, "figures": figures}
            for area in areas
            for unit in ("lak", "nam-ka")
        ),
        *data["results"],
    ]
    data["limitations"] = [{"text": text, "unit": "nam-ka", "cause": text}]
    data["conclusions"] = [{"text": text, "unit": "dak-nue", "due": "01/10/2023"}, {"text": text}]
    data["response"] = {"text": text, "by": "vo-thanh-hue"}
    data["legal_bases"] = [text, text]
    data |= {"started": "08:00", "ended": "11:30", "copies": "3", "recipients": ["dak-lak-home-affairs", text]}
    data["signatures"] = ["secretary", "lead", "deputy"] + [
        {"role": role, "person": "vo-thanh-hue"} for role in ("member", "unit-head", "witness")
    ]
    return data


def as_yaml(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True)
class Sources:
    """All that pages are made of, as it was read; a test changes one thing of it."""

    library: Library
    files: dict[str, YamlFile]
    inspections: dict[str, Inspection]
    office: dict[str, Any]
    compiled: CompiledTemplates = field(default_factory=CompiledTemplates)
    unchanged: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)  # what is attached, by edition

    def page(self, inspection: str, language: str) -> Page:
        return self.loaded(inspection, language).pages[language]

    def loaded(self, identifier: str, language: str) -> LoadedInspection:
        locale = self.library.locales[language]
        revised = Issuance(2023, 12, 2, {"vi": "sai tên", "th": "ชื่อไม่ถูกต้อง"}) if identifier == FULL else None
        inspection, file = self.inspections[identifier], self.files[identifier]
        edition = make_edition(identifier, inspection, self.library.office, locale, revised)
        written = write_page(edition, self.library.templates[language], self.compiled)
        editions, manuscripts = {language: edition}, {language: written}
        return LoadedInspection(identifier, file, inspection, editions, manuscripts, {}, {}, (), revised)

    def attached(self, loaded: LoadedInspection, language: str) -> dict[str, bytes]:
        return {each.name: each.content for each in pack(loaded, language, self.library, {})}

    def with_inspection(self, identifier: str, data: Any) -> Sources:
        file = read_yaml(as_yaml(data), f"inspections/{identifier}.yaml")
        inspection = read_inspection(file, self.library.date_forms)
        return replace(
            self,
            files={**self.files, identifier: file},
            inspections={**self.inspections, identifier: inspection},
        )

    def with_office(self, data: dict[str, Any]) -> Sources:
        forms = self.library.date_forms
        office = read_office(read_yaml(as_yaml(data), "office.yaml"), forms)
        return replace(self, library=replace(self.library, office=office), office=data)

    def with_clause(self, language: str, identifier: str, text: str) -> Sources:
        locale = self.library.locales[language]
        clause = replace(locale.clauses[identifier], text=text)
        return self._with_locale(language, replace(locale, clauses={**locale.clauses, identifier: clause}))

    def with_data(self, language: str, data: LocaleFile) -> Sources:
        return self._with_locale(language, replace(self.library.locales[language], data=data))

    def _with_locale(self, language: str, locale: Any) -> Sources:
        return replace(self, library=replace(self.library, locales={**self.library.locales, language: locale}))

    def with_template(self, language: str, name: str, source: TemplateSource) -> Sources:
        own = {**self.library.templates[language], name: source}
        return replace(self, library=replace(self.library, templates={**self.library.templates, language: own}))


@pytest.fixture(scope="module")
def sources(_quick_yaml: None) -> Sources:
    workspace = Workspace(PROJECT)
    library = read_library(workspace)
    files = {name: workspace.read_yaml(f"inspections/{name}.yaml") for name in (REAL, SMALLEST)}
    data = full(yaml.load((PROJECT / f"inspections/{REAL}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader))
    files[FULL] = read_yaml(as_yaml(data), f"inspections/{FULL}.yaml")
    inspections = {name: read_inspection(file, library.date_forms) for name, file in files.items()}
    office = yaml.load((PROJECT / "templates/office.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    found = Sources(library, files, inspections, office)
    return replace(found, unchanged={key: found.attached(found.loaded(*key), key[1]) for key in EDITIONS})


@pytest.fixture(scope="module", autouse=True)
def _quick_yaml() -> Iterator[None]:
    """Hundreds of changes are packed: here the values that are attached are enough, in place of their YAML."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpts, "canonical", lambda data: json.dumps(data, ensure_ascii=False).encode())
        yield


@pytest.fixture(scope="module")
def pages(sources: Sources) -> dict[tuple[str, str], Page]:
    return {key: sources.page(*key) for key in EDITIONS}


def compared(
    pages: dict[tuple[str, str], Page],
    changes: Iterator[tuple[str, Sources]],
    editions: Iterable[tuple[str, str]] = EDITIONS,
) -> dict[str, set[tuple[str, str]]]:
    """Return the editions that each change gave a new page; each has other ingredients, or the test fails.

    A change that altered ingredients alone is listed with ``(same page)`` behind its name.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for name, changed in changes:
        for key in editions:
            loaded = changed.loaded(*key)
            before, after = pages[key], loaded.pages[key[1]]
            if before.used == after.used:
                assert changed.attached(loaded, key[1]) == changed.unchanged[key], f"{name} is no ingredient of {key}"
            if before.html != after.html:
                assert before.used != after.used, f"{name} changed the page {key} and none of its ingredients"
                found.setdefault(name, set()).add(key)
            elif before.used != after.used:
                found.setdefault(f"{name} (same page)", set()).add(key)
    return found


def of(page: Page, kind: str) -> dict[str, Ingredient]:
    return {ingredient.name: ingredient for ingredient in page.used if ingredient.kind == kind}


# ---- each thing changed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "th"])
def test_exactly_the_pages_that_use_a_clause_change_with_it(
    sources: Sources, pages: dict[tuple[str, str], Page], language: str
) -> None:
    clauses = sources.library.locales[language].clauses
    changes = ((each.id, sources.with_clause(language, each.id, each.text + " X")) for each in clauses.values())
    found = compared(pages, changes, [key for key in EDITIONS if key[1] == language])
    assert not [name for name in found if "same page" in name]
    for identifier in clauses:
        using = {key for key in EDITIONS if key[1] == language and identifier in of(pages[key], "clause")}
        assert found.get(identifier, set()) == using
    unused = {identifier for identifier in clauses if identifier not in found}
    assert unused == UNUSED_CLAUSES[language]


MARK = ("check_mark.alt", "check_mark.caption")
UNUSED_CLAUSES = {
    "vi": {"when", "held", "participants.attendees_unknown", "signed.by", "signed.when", *MARK},
    "th": {
        *("letterhead.nation", "letterhead.motto", "signature.position", "participants.attendees_unknown"),
        *("signed.by", "signed.when", *MARK),
    },
}


def changed_values(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path of each scalar of an office, with another value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from changed_values(item, (*path, key))
    elif path[-1] in ("from", "to"):
        yield path, "02/01/2024"
    elif path[-1] in OTHER:
        yield path, next(other for other in OTHER[path[-1]] if other != value)
    else:
        yield path, value + "x"


OTHER = {
    "language": ("th", "vi"),
    "within": ("lak", "nam-ka-2025"),
    "unit": ("lak", "dak-nue"),
    "parent": ("lak-dpc", "dak-lak-ppc"),
    "title": ("mr", "ms"),
    "position": ("chair", "vice-chair"),
    "agency": ("lak-dpc", "dak-lak-ppc"),
}


def put(data: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return nested mappings with one value put in; None takes it out."""
    key, *rest = path
    if rest:
        return {**data, key: put(data.get(key, {}), tuple(rest), value)}
    return {**data, key: value} if value is not None else {name: item for name, item in data.items() if name != key}


def test_exactly_the_pages_that_use_an_office_entry_change_with_it(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    changes = (
        (".".join(path), sources.with_office(put(sources.office, path, value)))
        for path, value in changed_values(sources.office)
    )
    found = compared(pages, changes)
    # What an edition has and its page does not print: a shorter name, the original of a name that is not mentioned
    # in full; what a page is not printed from, and still depends on: whether a body existed on the day.
    same = {name.removesuffix(" (same page)") for name in found if "same page" in name}
    others = {name.rpartition(".")[2] for name in same if ".short." not in name and not name.endswith(".name.vi")}
    assert others == {"language", "to", "within", "unit"}
    for name, keys in found.items():
        language = name.partition(" ")[0].rpartition(".")[2]
        if language == "th" and name != "language":
            assert {key[1] for key in keys} == {"th"}
    assert "people.vo-thanh-hue.name.th" in found
    assert found["people.hoang-manh-hung.title"] == set(EDITIONS) - {(SMALLEST, "vi")}
    assert not [name for name in found if name.endswith(".unconfirmed") or name.startswith("units.nam-ka-2025")]


def test_a_name_that_is_confirmed_changes_the_pages_that_print_it(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    confirmed = sources.with_office(put(sources.office, ("people", "vo-thanh-hue", "unconfirmed"), None))
    found = compared(pages, iter([("unconfirmed", confirmed)]))
    assert found == {"unconfirmed": set(EDITIONS) - {(SMALLEST, "vi")}}


@pytest.mark.parametrize("language", ["vi", "th"])
def test_whatever_locale_data_a_page_is_made_with_is_an_ingredient(
    sources: Sources, pages: dict[tuple[str, str], Page], language: str
) -> None:
    data = sources.library.locales[language].data

    def changes() -> Iterator[tuple[str, Sources]]:
        for key in LocaleFile.model_fields:
            for number, other in enumerate(other_data(data, key)):
                yield f"{key}:{number}", sources.with_data(language, data.model_copy(update={key: other}))

    found = compared(pages, changes())
    changed = {name.partition(":")[0] for name in found if "same page" not in name}
    assert {"tag", "dates", "person", "position", "described", "keep_together", "numbering"} <= changed
    used = set(of(pages[FULL, language], "locale"))
    assert changed <= used
    assert not used & {"name", "prose"}, "no page depends on them"
    assert "fonts (same page)" in {re.sub(":.*? ", " ", name) for name in found}, "its size on paper does"
    assert {key[1] for keys in found.values() for key in keys} == {language}


def other_data(data: LocaleFile, key: str) -> Iterator[Any]:
    """Yield other values of a key of a locale, one for each of the values that it holds."""
    value = getattr(data, key)
    match value:
        case int():
            yield not value if isinstance(value, bool) else value + 1
        case dict():
            for name, item in value.items():
                others = [{**item, inner: item[inner] + "'x'"} for inner in item] if key == "spans" else [item + "'x'"]
                yield from ({**value, name: other} for other in others)
        case str():
            yield OTHER_DATA.get(key, {}).get(value, value + ("'x'" if key == "time" else "x"))
        case tuple() if key in ("keep_together", "latin_digits_in"):
            yield value[1:]
            yield (*value, "th" if key == "latin_digits_in" else "[a-zก-ฮ] [a-zก-ฮ]")
        case tuple():
            yield value * 2
        case _:
            for name, item in value:
                yield value.model_copy(update={name: item + "x" if isinstance(item, str) else type(item)()})


OTHER_DATA = {
    "language": {"vi": "th", "th": "vi"},
    "calendar": {"gregorian": Calendar.BUDDHIST, "buddhist": Calendar.GREGORIAN},
    "digits": {"native": "latin", "latin": "native"},
    "native_digits": {"0123456789": "๐๑๒๓๔๕๖๗๘๙", "๐๑๒๓๔๕๖๗๘๙": "໐໑໒໓໔໕໖໗໘໙"},
    "alphabet": {"abcdefghijklmnopqrstuvwxyz": "zyx"},
}


@pytest.mark.parametrize("language", ["vi", "th"])
def test_whatever_template_a_page_is_made_with_is_an_ingredient(
    sources: Sources, pages: dict[tuple[str, str], Page], language: str
) -> None:
    own = sources.library.templates[language]

    def changes() -> Iterator[tuple[str, Sources]]:
        for name, source in own.items():
            text = source.text.replace("</p>", "!</p>").replace("</li>", "!</li>")
            yield source.path, sources.with_template(language, name, replace(source, text=text))

    found = compared(pages, changes())
    assert set(found) == {source.path for source in own.values()}
    for key in EDITIONS:
        if key[1] == language:
            assert set(of(pages[key], "template")) == {source.path for source in own.values()}


# ---- what is no change ----------------------------------------------------------------------------------------------


def test_comments_order_and_quotes_change_no_ingredient(sources: Sources, pages: dict[tuple[str, str], Page]) -> None:
    forms = sources.library.date_forms
    library = sources.library
    office = read_office(read_yaml(turned(sources.office), "office.yaml"), forms)
    locales, templates = {}, {}
    for language in library.locales:
        files = [
            read_yaml(turned(yaml.load((PROJECT / f"templates/{language}/{name}").read_bytes(), yaml.BaseLoader)), name)
            for name in ("locale.yaml", "wording.yaml")
        ]
        locales[language] = read_locale(language, *files)
        templates[language] = {
            name: replace(source, text="{# another comment #}\n" + source.text.replace("{{ ", "{{  "))
            for name, source in library.templates[language].items()
        }
    changed = replace(sources, library=replace(library, office=office, locales=locales, templates=templates))
    for key in EDITIONS:
        loaded = changed.loaded(*key)
        page = loaded.pages[key[1]]
        assert page.used == pages[key].used
        assert page.html == pages[key].html
        assert changed.attached(loaded, key[1]) == changed.unchanged[key]


def test_a_comment_in_a_style_sheet_is_not_attached(sources: Sources) -> None:
    def commented(source: SheetSource) -> SheetSource:
        return replace(source, text="/* why */\n" + source.text.replace("}\n", "  /* so */\n}\n") + "/* end */\n")

    sheets = {language: tuple(map(commented, own)) for language, own in sources.library.sheets.items()}
    changed = replace(sources, library=replace(sources.library, sheets=sheets))
    for key in EDITIONS:
        assert changed.attached(changed.loaded(*key), key[1]) == sources.unchanged[key]


def test_of_an_inspection_an_edition_is_attached_its_own_words_in_one_form(sources: Sources) -> None:
    data = yaml.load((PROJECT / f"inspections/{REAL}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    data = {key: data[key] for key in reversed(data)}
    data["subject"]["vi"] += " x"
    data["date"] = "ngày 18 tháng 8 năm 2023"
    data["team"]["lead"] = lead = {"name": {"vi": "Nguyễn Văn A", "th": "เหงียน วัน เอ"}, "unconfirmed": "why"}
    other = sources.with_inspection(REAL, data)
    data = {**data, "team": {**data["team"], "lead": {**lead, "unconfirmed": "another reason"}}, "date": "18/08/2566"}
    data["subject"] = {**data["subject"], "vi": "y"}
    again = other.with_inspection(REAL, data)
    for language, same in (("vi", False), ("th", True)):
        before, after = (each.attached(each.loaded(REAL, language), language) for each in (other, again))
        assert (before == after) is same
        assert not [content for content in before.values() if b"why" in content]
    name = json.loads(before[f"{REAL}.yaml"])["team"]["lead"]["name"]
    assert name == {"th": "เหงียน วัน เอ", "vi": "Nguyễn Văn A"}, "it is printed in the office's own language too"


# ---- what is attached of it -----------------------------------------------------------------------------------------


def test_what_a_page_does_not_use_and_the_locale_must_say_is_known(sources: Sources) -> None:
    main = TemplateSource('<html lang="x"><head><title>x</title></head><body></body></html>', "templates/minutes.html")
    bare = sources.with_template("vi", "minutes.html", main)
    used = set(of(bare.page(SMALLEST, "vi"), "locale"))
    required = {name for name, field in LocaleFile.model_fields.items() if field.is_required()}
    assert required - used <= excerpts.UNUSED.keys() <= required
    given = bare.attached(bare.loaded(SMALLEST, "vi"), "vi")[CONTAINER]
    with zipfile.ZipFile(io.BytesIO(given)) as opened:
        locale = read_yaml(opened.read("templates/vi/locale.yaml"), "locale.yaml")
        assert read_locale("vi", locale, read_yaml(b"{}", "wording.yaml")).data.tag == "vi-VN"


BLANKS = st.sampled_from(["", " ", "\n", "\n\n", "  \n ", "\t"])
PIECES = st.sampled_from(
    [
        "x",
        "<p>",
        "{{ a.b['c'](1.5, -d)|f(g = 'h') }}",
        "{{- a -}}",
        "{{-1}}",
        "{%if(a and not b)or c%}",
        "{%- endif -%}",
        "{%+ set x = {'a': [1, (2,)]} +%}",
        "{% endset %}",
        "{# c #}",
        "{#- c -#}",
        "{#+ c +#}",
        "{% raw %}",
        "{%- raw -%}",
        "{{ x",
        "{% endraw %}",
        "{%- endraw -%}",
        "a ~ b",
        "{{ 'it''s' ~ \"-%}\" }}",
        "{{ a // b ** -1 if c is d else 1_0 }}",
    ]
)


@given(st.lists(st.one_of(PIECES, BLANKS), max_size=12).map("".join))
@example("{% if a %}{# c #}\n\nx{% endif %}")
@example("x\n{# c #}  {% if a %}y{% endif %}")
@example("{{ a -}}{# c #} x {#- c #}{{- b }}")
@example("{% if a -%}{# c #}\nx\n\n")
@example("{# c #}{% raw %}{% endraw %}")
@example("{%- raw -%}{% endraw %}")
def test_a_template_without_comments_is_the_same_ingredient(text: str) -> None:
    try:
        digest = template_ingredient("x", TemplateSource(text, "x"))
    except TemplateSyntaxError:
        return
    bare = bare_template(text)
    assert template_ingredient("x", TemplateSource(bare, "x")) == digest
    assert bare_template(bare) == bare
    assert "{# c" not in bare or "raw" in text  # what stands in a raw block is printed
    assert bare_template("{# other #}" + text) == bare or text[:1].isspace()


def turned(value: Any) -> bytes:
    """Return a YAML file of the same values: keys in the opposite order, each text in quotes, and a comment."""

    def backwards(item: Any) -> Any:
        return {key: backwards(item[key]) for key in reversed(item)} if isinstance(item, dict) else item

    return b"# comment\n" + as_yaml(backwards(value))


# ---- the office's names in running text -----------------------------------------------------------------------------


def test_a_new_name_that_stands_in_the_page_is_noticed_and_any_other_is_not(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    def added(identifier: str, name: dict[str, str]) -> Sources:
        return sources.with_office(put(sources.office, ("people", identifier), {"name": name}))

    found = compared(
        pages,
        iter(
            [
                ("elsewhere", added("elsewhere", {"vi": "Y-Bham Niê", "th": "อี บาม เนีย"})),
                ("here", added("here", {"vi": "Vừ A-Páo", "th": "คำสั่งด้าน"})),
            ]
        ),
    )
    assert found == {"here": {(REAL, "th"), (FULL, "th")}}
    assert "คำสั่งด้าน" not in of(pages[REAL, "th"], "office")["names"].value
    assert "ดั๊กลัก" in of(pages[REAL, "th"], "office")["names"].value


def test_a_name_that_moves_from_a_person_to_a_place_makes_its_editions_stale(sources: Sources) -> None:
    """Of a place all stays on one line, of a person each word: the page changes though no name came or went."""

    def named(section: str, identifier: str) -> Sources:
        name = {"vi": "Vừ A-Páo", "th": "คำสั่งด้าน"}
        entry = {"name": name} if section == "people" else {"name": name, "proper": name}
        return sources.with_office(put(sources.office, (section, identifier), entry))

    person, place = named("people", "here"), named("units", "here")
    found = compared({key: person.page(*key) for key in EDITIONS}, iter([("moved", place)]))
    assert set().union(*found.values()) == {(REAL, "th"), (FULL, "th")}
    for key in found.get("moved", ()):
        assert of(person.page(*key), "office")["names"] != of(place.page(*key), "office")["names"]


def test_a_changed_name_makes_exactly_the_editions_stale_that_it_stands_in(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    renamed = put(sources.office, ("people", "vo-thanh-hue", "name", "th"), "หวอ ทานห์ เหว")
    found = compared(pages, iter([("renamed", sources.with_office(renamed))]))
    assert {key[1] for keys in found.values() for key in keys} == {"th"}


def test_whether_papers_have_a_mark_to_scan_is_an_ingredient_of_all(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    """Of those that are issued, the page changes."""
    marked = sources.with_office({**sources.office, "check_mark": "true"})
    changed = {key for key in EDITIONS if key[0] == FULL}
    assert compared(pages, iter([("mark", marked)])) == {"mark": changed, "mark (same page)": set(EDITIONS) - changed}
    for key in EDITIONS:
        page = marked.page(*key)
        assert set(MARK) & set(of(page, "clause")) == (set(MARK) if key in changed else set())
        assert set(of(page, "tool")) == ({"segno"} if key in changed else set())


def test_the_name_of_a_former_unit_may_go_if_another_of_the_same_name_stays(
    sources: Sources, pages: dict[tuple[str, str], Page]
) -> None:
    without = sources.with_office(put(sources.office, ("units", "nam-ka-2025"), None))
    assert compared(pages, iter([("gone", without)])) == {}


# ---- the record -----------------------------------------------------------------------------------------------------


def test_ingredients_are_sorted_and_stand_once(pages: dict[tuple[str, str], Page]) -> None:
    for (inspection, _), page in pages.items():
        issued = {"register"} if inspection == FULL else set()
        assert page.used == tuple(sorted(set(page.used)))
        assert len({(each.kind, each.name) for each in page.used}) == len(page.used)
        assert {each.kind for each in page.used} == {"clause", "locale", "office", "template"} | issued


def test_a_clause_is_told_by_its_text_and_an_entry_by_the_facts_of_its_language(
    pages: dict[tuple[str, str], Page],
) -> None:
    thai = pages[REAL, "th"]
    assert of(thai, "clause")["title"].value == "บันทึกผลการตรวจ"
    assert of(thai, "clause")["title"].digest == digest_of("บันทึกผลการตรวจ")
    person = of(thai, "office")["people.vo-thanh-hue"].value.splitlines()
    assert person[:2] == ["name: หวอ ทานห์ เว้", "name.vi: Vo Thanh Hue"]
    assert "agency: lak-dpc" in person
    assert {"agencies.lak-dpc", "positions.vice-chair", "titles.mr"} <= set(of(thai, "office"))
    assert "to: 2025-06-30" in of(thai, "office")["agencies.lak-dpc"].value, "as long as the district existed"


def test_a_template_is_an_ingredient_where_it_would_be_looked_for(sources: Sources) -> None:
    main = sources.library.templates["vi"]["minutes.html"]
    text = main.text.replace("</body>", '{% include "annex.html" ignore missing %}</body>')
    changed = sources.with_template("vi", "minutes.html", replace(main, text=text))
    before = changed.page(REAL, "vi")
    assert of(before, "template")["annex.html"].digest == ""
    annex = TemplateSource('<p class="body">X</p>', "templates/vi/annex.html")
    after = changed.with_template("vi", "annex.html", annex).page(REAL, "vi")
    assert after.html != before.html
    assert template_ingredient("annex.html", annex) in after.used


def test_mappings_of_equal_entries_have_one_digest() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": "1"}) != digest_of({"a": 1})
    ledger = Ledger()
    for name in "bab":
        ledger.add(Ingredient("clause", name, "", digest_of(name), name))
    assert [each.name for each in ledger.used] == ["a", "b"]
