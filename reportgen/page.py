"""The page: one semantic HTML text per edition, made by Jinja from the templates and the clauses.

Templates see a fixed list of names, filters and tests; clerks' text is data and is never compiled.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, StrictUndefined, Template, Undefined, meta
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from lxml import etree
from markupsafe import Markup, escape

from reportgen import edition as edition_module
from reportgen.causes import of_markup
from reportgen.compiled import CompiledTemplates, PageLoader, PrintingGenerator
from reportgen.diagnostics import Diagnostic, Place, TemplateError, Word
from reportgen.edition import Edition
from reportgen.filters import filters, final_words
from reportgen.ingredients import Ingredient, Ledger, digest_of
from reportgen.locales import Locale, locale_ingredient
from reportgen.markup import ELEMENTS, Key, Page
from reportgen.model import Unknown
from reportgen.numbers import letter, roman
from reportgen.origins import Origins, mark
from reportgen.template_errors import CLAUSE, MAIN, TemplateSource, author_places
from reportgen.typography import Together, Typography, collapse, possible_letters, typeset

_MARKUP_SIGN = re.compile(r"""[&<>"']""")
_SET_INSIDE = ("_loop_vars", "_block_vars")  # Jinja's names for what a loop or a block sets, mostly nothing
_VOID = frozenset({"br", "col", "hr", "img", "meta"})  # of the elements that a page may have, those that never end
_BUILTIN_FILTERS = ("batch", "first", "last", "length", "list")
_BUILTIN_TESTS = ("defined", "none", "odd", "even", "string")


@dataclass(frozen=True)
class Manuscript:
    """A page as the templates and clauses made it: all its words in order; digits and lines are not set yet.

    Whoever only checks needs no more of a page. Its attributes are those of ``Page``.
    """

    language: str
    template: Place
    vocabulary: frozenset[tuple[str, str]]
    words: str
    filled: Mapping[str, tuple[str, ...]]
    _ledger: Ledger = field(repr=False)
    _root: etree._Element = field(repr=False)
    _typography: Typography = field(repr=False)

    def typeset(self) -> Page:
        """Return the page as it is printed."""
        root = deepcopy(self._root)
        typeset(root, self._typography)
        for element in root.iter():
            if not len(element) and element.text is None and element.tag not in _VOID:
                element.text = ""  # <div/> would be open in HTML
        html = etree.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")
        return Page(html, self.language, self.template, self.vocabulary, self._ledger.used, self.words, self.filled)

    def possible_letters(self) -> frozenset[str]:
        """Return all characters that the typeset page may have: its own, and others that its digits may become."""
        return possible_letters(self._root, self._typography)


class Numbering:
    """Counts the numbered parts of a page: sections, items in a section, points in an item.

    Decree 30/2020/NĐ-CP, Annex I, II.6.đ: I. → 1. → a). The forms are the locale's.
    """

    def __init__(self, locale: Locale) -> None:
        self._forms = locale.data.numbering
        self._alphabet = locale.data.alphabet
        self._counts = [0, 0, 0]

    def section(self) -> str:
        """Return the number of the next section; items and points begin anew."""
        return self._next(0, self._forms.section)

    def item(self) -> str:
        """Return the number of the next item of the section; points begin anew."""
        return self._next(1, self._forms.item)

    def point(self) -> str:
        """Return the number of the next point of the item."""
        return self._next(2, self._forms.point)

    def _next(self, level: int, form: str) -> str:
        self._counts[level] += 1
        self._counts[level + 1 :] = [0] * (2 - level)
        count = self._counts[level]
        values = {"decimal": str(count), "section": str(self._counts[0])}
        if "{roman}" in form:
            values["roman"] = roman(count)
        if "{letter}" in form:
            values["letter"] = letter(count, self._alphabet)
        return form.format(**values)


# ---- making a page --------------------------------------------------------------------------------------------------


def compiled_templates(cache: Path) -> CompiledTemplates:
    """Return what templates compile to, kept in the cache folder: it depends on how this module sets up Jinja."""
    return CompiledTemplates(cache, Path(__file__).read_bytes())


def make_page(
    edition: Edition, templates: Mapping[str, TemplateSource], compiled: CompiledTemplates | None = None
) -> Page:
    """Return the page of an edition; see ``write_page``."""
    return write_page(edition, templates, compiled).typeset()


def write_page(
    edition: Edition, templates: Mapping[str, TemplateSource], compiled: CompiledTemplates | None = None
) -> Manuscript:
    """Return the words of an edition's page.

    Args:
        edition: what is printed
        templates: those of the edition's language, by name (``minutes.html``)
        compiled: where compiled templates are kept for the next page

    Raises:
        TemplateError: where a template or a clause cannot be filled, with its author's own line.
    """
    ledger = edition.ledger.copy()
    # Not always in the HTML: which language the locale writes dates and numbers in; how large a second font is set.
    for key in ("language", "fonts"):
        ledger.add_later(partial(locale_ingredient, edition.locale.data, key))
    edition = replace(edition, locale=edition.locale.recorded(ledger))
    uses = _Uses()
    with _environment_of(compiled) as environment, author_places(environment, templates, edition.locale):
        environment.begin_page(edition.locale, templates, uses)
        text = environment.get_template(MAIN).render(**_names(edition)).strip()
    for name, source in uses.templates.items():
        ledger.add_later(partial(template_ingredient, name, source))
    root = _parse(text, lambda: find_origins(edition, templates))
    typography = Typography.of(edition)
    words = collapse(root)
    ledger.add_later(lambda: names_ingredient(Together.of_office(edition), words))
    vocabulary = frozenset((str(element.tag), element.get("class", "")) for element in root.iterfind("body//*"))
    main = Place(templates[MAIN].path)
    return Manuscript(edition.language, main, vocabulary, words, uses.filled, ledger, root, typography)


def kept_names(edition: Edition, words: str) -> frozenset[str]:
    """Return the office's names that a page of these texts keeps on one line."""
    return Together.of_office(edition).names_in(words)


def names_ingredient(office: Together, words: str) -> Ingredient:
    """Return the office's names that a page of these texts keeps on one line as an ingredient.

    All of them are one ingredient: a name that the office adds later, and that stands in the page, changes it. Of a
    place all stays on one line, of a person each word: a name that goes from one to the other changes the page too.
    """
    found = office.names_in(words)
    kinds = {"places": sorted(found & office.places), "people": sorted(found & office.people)}
    return Ingredient("office", "names", "", digest_of(kinds), ", ".join(sorted(found)))


def template_ingredient(name: str, source: TemplateSource | None) -> Ingredient:
    """Return a template as an ingredient, without its comments; without a digest where it was asked for in vain."""
    if source is None:
        return Ingredient("template", name, "", "", "")
    return Ingredient("template", source.path, "", _template_digest(source.text), "")


@cache
def _template_digest(text: str) -> str:
    return digest_of(_said(text))


@cache
def bare_template(text: str) -> str:
    """Return a template that says the same without comments; equal for all templates that are equal as ingredients."""
    said = _said(text)
    bare = "".join(_spaced(said)) + "\n"  # Jinja does not read the last line's end
    return bare if _said(bare) == said else text


_NOTHING = "{#++#}"  # a comment that takes no white space with it
_END_TAKES = re.compile(r"-[%}]\}\s*")
_CLOSE_BEFORE = frozenset(".,:)[]")
_CLOSE_AFTER = frozenset(".([")
_APART = frozenset({"if", "else", "elif", "in", "is", "and", "or", "not"})


def _spaced(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the parts of a template; where Jinja would now take white space that it kept, something in between."""
    kind, last, line_starts = "", "", True
    for new_kind, value in said:
        if new_kind == "data":
            ends_line = kind in ("block_end", "raw_end") and last.endswith("%}") and not last.endswith("+%}")
            if (ends_line and value.startswith("\n")) or (_END_TAKES.search(last) and value[:1].isspace()):
                yield _NOTHING
            line_starts = not kind or last.endswith("\n") or "\n" in value
        elif kind == "data" and new_kind != "raw_end":
            line = last.rpartition("\n")[2]
            indents = line_starts and line.isspace() and value.startswith(("{%", "{#")) and value[2:3] != "+"
            if indents or (value[2:3] == "-" and last[-1:].isspace()):
                yield _NOTHING
        elif kind not in ("", "data", "raw_begin") and not kind.endswith("_end") and not _is_close(kind, last, value):
            yield " "
        yield value
        kind, last = new_kind, value


def _is_close(kind: str, last: str, value: str) -> bool:
    """Whether no blank stands between two parts of an expression."""
    is_call = value == "(" and kind == "name" and last not in _APART
    return is_call or value in _CLOSE_BEFORE or last in _CLOSE_AFTER


@cache
def _said(text: str) -> tuple[tuple[str, str], ...]:
    """Return what a template says: its words and expressions, however they are spaced and commented."""
    said: list[tuple[str, str]] = []
    for _, kind, value in _lexer().lex(text):
        if kind in ("whitespace", "linecomment") or kind.startswith("comment"):
            continue
        before = said.pop()[1] if kind == "data" and said and said[-1][0] == kind else ""
        said.append((kind, before + value))
    return tuple(said)


@cache
def _lexer() -> Environment:
    return Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - it reads and prints nothing


@dataclass(frozen=True)
class _Uses:
    """What was asked for while a page was made: templates by name, the forms that each clause took, in order."""

    templates: dict[str, TemplateSource | None] = field(default_factory=dict)
    forms: dict[str, dict[str, None]] = field(default_factory=dict)

    @property
    def filled(self) -> Mapping[str, tuple[str, ...]]:
        return {identifier: tuple(forms) for identifier, forms in self.forms.items()}


def _names(edition: Edition) -> dict[str, Any]:
    """Return all names that a template sees; docs/templates.md tells them."""
    return {
        "inspection": edition.inspection,
        "team": edition.inspection.team,
        "is_draft": edition.is_draft,
        "check_mark": edition.check_mark,
        "native_digits": edition.native_digits,
        "language_tag": edition.locale.data.tag,
        "signatures_in_a_row": edition.locale.data.signatures_in_a_row,
        "numbering": Numbering(edition.locale),
    }


def _parse(text: str, find: Callable[[], Origins]) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, remove_blank_text=False
    )
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        # Lines of the page mean nothing to the author.
        origins = find()
        open_one = origins.not_closed()
        place = open_one[1] if open_one else origins.near(*error.position)
        told = Word("element-open", {"element": open_one[0]}) if open_one else of_markup(error.msg or "")
        found = Diagnostic("page-not-well-formed", place, {"problem": told}, "close")
        raise TemplateError(found) from None


def find_origins(edition: Edition, templates: Mapping[str, TemplateSource]) -> Origins:
    """Return where each element of a page is written; the page has been made once without an error."""
    marked = mark(templates)
    environment = _Environment().begin_page(edition.locale, marked.templates)
    return Origins(marked, environment.get_template(MAIN).render(**_names(edition)).strip())


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, made narrower: only what a page needs may be called, and no value is multiplied without end."""

    intercepted_binops = frozenset({"*", "**", "%"})
    code_generator_class = PrintingGenerator

    def __init__(self, compiled: CompiledTemplates | None = None) -> None:
        self._pages = PageLoader()
        super().__init__(
            autoescape=True,
            undefined=StrictUndefined,
            loader=self._pages,
            optimized=False,  # a constant must not be put into words while compiling: the code serves every language
            bytecode_cache=compiled,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,  # the loader keeps what is loaded
        )
        self.globals.clear()
        self._builtin = {name: self.filters[name] for name in _BUILTIN_FILTERS}
        self.tests = {name: self.tests[name] for name in _BUILTIN_TESTS} | {
            "known": lambda value: not isinstance(value, Unknown),
            "unknown": lambda value: isinstance(value, Unknown),
        }

    def begin_page(
        self, locale: Locale, templates: Mapping[str, TemplateSource], uses: _Uses | None = None
    ) -> _Environment:
        """Return the environment, ready for one page; all that another page gave it is gone."""
        used = uses or _Uses()

        def find(name: str) -> str | None:
            if name.startswith(CLAUSE):
                clause = locale.clauses.get(name.removeprefix(CLAUSE))
                return clause.text if clause else None
            source = used.templates[name] = templates.get(name)
            return source.text if source else None

        self._pages.begin_page(find)
        self.clause = _clause_of(locale, used, self)
        self.globals["clause"] = self.clause  # of the templates that have been loaded too: the mapping is the same
        self.filters = self._builtin | filters(locale)
        self.finalize = _finalize_of(locale)
        self.printed = partial(_printed, locale)
        return self

    def clause_template(self, identifier: str) -> Template:
        """Return a clause as a template, as ``get_template`` does, with fewer questions: a page has many clauses."""
        return self._pages.load(self, CLAUSE + identifier, self.globals)

    def call(self, context: Context, obj: Any, /, *given: Any, **named: Any) -> Any:
        """Return what a template calls: mostly a clause or a number, of which Jinja need not find out what they are."""
        if named:
            if any(map(named.get, _SET_INSIDE)):
                return super().call(context, obj, *given, **named)
            named = {name: value for name, value in named.items() if name not in _SET_INSIDE}
        if obj is self.clause:
            return obj(context, *given, **named)
        if type(getattr(obj, "__self__", None)) is Numbering:
            return obj(*given, **named)
        return super().call(context, obj, *given, **named)

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether a template may call this: a macro, ``clause``, the numbering, a loop, ``isoformat``."""
        owner = getattr(obj, "__self__", None)
        if isinstance(obj, Macro | Undefined) or isinstance(owner, Numbering | LoopContext):
            return True  # an undefined one tells its name
        if obj is self.clause:
            return True
        return isinstance(owner, datetime.date) and getattr(obj, "__name__", "") == "isoformat"

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: those that all templates share, which need no layer of their own."""
        return self.globals if d is None else super().make_globals(d)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; what is a field of an edition's own records is safe, and need not be looked at again."""
        if attribute in _safe_attributes(obj.__class__):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Return a product or a remainder of whole numbers.

        Raises:
            SecurityError: for powers, and for texts, which could fill the memory.
        """
        if operator == "**" or not (isinstance(left, int) and isinstance(right, int)):
            raise SecurityError(f"“{operator}” is for whole numbers only")
        return super().call_binop(context, operator, left, right)


@cache
def _safe_attributes(kind: type[Any]) -> frozenset[str]:
    """Return the attributes that templates may ask for, of records, loops and numbers; none of all else they see."""
    if kind in (LoopContext, Numbering):
        return frozenset(name for name in dir(kind) if not name.startswith("_"))
    own = kind.__module__ == edition_module.__name__ and is_dataclass(kind)
    return frozenset(each.name for each in fields(kind)) if own else frozenset()


@contextmanager
def _environment_of(compiled: CompiledTemplates | None) -> Iterator[_Environment]:
    """Yield an environment for one page; who makes the next one gets it with all that it has loaded."""
    idle = [] if compiled is None else compiled.idle
    environment = idle.pop() if idle else _Environment(compiled)
    try:
        yield cast("_Environment", environment)
    finally:
        idle.append(environment)


def _finalize_of(locale: Locale) -> Callable[[Context, Any], Any]:
    @pass_context  # so Jinja asks for each value as it is printed, constants too
    def finalize(_: Context, value: Any) -> Any:
        return value if isinstance(value, str) else final_words(locale, value)  # nearly all values are texts

    return finalize


def _printed(locale: Locale, value: Any) -> str:
    """Return a value in words, with the signs of markup escaped; most are texts without any."""
    if not isinstance(value, str):
        value = final_words(locale, value)
    if isinstance(value, Markup) or (type(value) is str and not _MARKUP_SIGN.search(value)):
        return value
    return escape(value)


def _clause_of(locale: Locale, uses: _Uses, environment: _Environment) -> Callable[..., Markup]:
    @pass_context
    def clause(context: Context, identifier: str, **values: Any) -> Markup:
        """Return a clause filled with the page's facts and the values given to it."""
        filled = fill(context, identifier, values)
        uses.forms.setdefault(identifier, {})[str(filled)] = None
        return filled

    def fill(context: Context, identifier: str, values: Mapping[str, Any]) -> Markup:
        known = locale.clauses.get(identifier)
        if known and "{" not in known.text:
            return _escaped(known.text)  # most clauses: no template to compile
        template: Template = environment.clause_template(identifier)
        facts = template.new_context({**context.get_all(), **values}, shared=True)  # the globals are among them
        filled = "".join(template.root_render_func(facts))  # what goes wrong is told by who renders the page
        return Markup(filled)  # noqa: S704 - the clause was escaped as it was rendered

    return clause


@lru_cache(maxsize=1000)
def _escaped(text: str) -> Markup:
    return escape(text)


# ---- a clause by itself ---------------------------------------------------------------------------------------------


def missing_names(edition: Edition, identifier: str) -> tuple[str, ...]:
    """Return the names of a clause that only its place in a template gives it: ``person``, ``n``."""
    text = edition.locale.clauses[identifier].text
    environment = _Environment().begin_page(edition.locale, {})
    there = {*_names(edition), *environment.globals}
    return tuple(sorted(meta.find_undeclared_variables(environment.parse(text)) - there))


def fill_clause(edition: Edition, identifier: str, values: Mapping[str, Any] | None = None) -> str:
    """Return a clause filled with what every template knows of an edition, and values besides, as HTML.

    Raises:
        TemplateError: where it cannot be filled, with its author's own line.
    """
    environment = _Environment().begin_page(edition.locale, {})
    with author_places(environment, {}, edition.locale):
        return environment.get_template(CLAUSE + identifier).render({**_names(edition), **(values or {})})


def as_printed(filled: str, edition: Edition, *, joined: bool = False) -> str:
    """Return the words of a filled clause as they stand on paper: white space collapsed, digits of the edition.

    ``joined``: with no-break spaces inside what stays on one line.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(f"<p>{filled}</p>", parser)
    collapse(root)
    typeset(root, Typography.of(edition))
    for span in root.iter("span") if joined else ():
        if span.get("class") == "nowrap" and span.text:
            span.text = span.text.replace(" ", "\N{NO-BREAK SPACE}")
    return "".join(root.itertext())


# ---- checks of the vocabulary ---------------------------------------------------------------------------------------

_STYLED = frozenset({"p", "h1", "h2", "h3", "li", "hr", "th", "td", "figure", "figcaption", "img", "col", "a"})


def check_vocabulary(page: Page | Manuscript, classes: frozenset[str]) -> list[Diagnostic]:
    """Return each element of a page that the strict reader does not know, and each class without a rule.

    ``Origins.relocated`` tells their places.
    """
    found: list[Diagnostic] = []
    for element, name in sorted(page.vocabulary):
        if element not in ELEMENTS:
            values = {"element": element, "allowed": ", ".join(ELEMENTS), "element_key": Key(element, name)}
            found.append(Diagnostic("element-unknown", page.template, values, "allowed", length=len(element) + 1))
        elif element in _STYLED and name not in classes:
            values = {"class": name or element, "allowed": ", ".join(sorted(classes))}
            values["element_key"] = Key(element, name, word=name)
            hint = "rule" if name else "class"
            found.append(Diagnostic("class-unknown", page.template, values, hint, length=len(name or element)))
    return found
