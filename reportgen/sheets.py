"""What an author may write in a style sheet: the rules, properties and values that both printers obey."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import tinycss2

from reportgen.diagnostics import Diagnostic, Place, Word

_SIDES = ("top", "right", "bottom", "left")
_BOXES = frozenset(f"{box}-{side}" for box in ("margin", "padding", "border") for side in _SIDES)

# A property that is not here is an error, not a silent difference between the two files.
PROPERTIES = _BOXES | {
    "background-color", "border", "border-collapse", "break-after", "break-before", "break-inside", "color", "content",
    "display", "font-family", "font-kerning", "font-size", "font-style", "font-weight", "height", "image-rendering",
    "line-height", "list-style", "margin", "orphans", "padding", "page", "size", "table-layout", "text-align",
    "text-decoration", "text-indent", "vertical-align", "white-space", "widows", "width",
}  # fmt: skip

_INHERITED = frozenset({"inherit", "initial", "unset"})
_LINE_STYLES = frozenset({"solid", "none"})
# The words that a property may have as its value, where not all of CSS's are obeyed by both printers.
_WORDS = {
    "border-collapse": frozenset({"collapse"}),
    "break-after": frozenset({"auto", "avoid"}),
    "break-before": frozenset({"auto", "avoid", "page"}),
    "break-inside": frozenset({"auto", "avoid"}),
    "display": frozenset({"block", "flex"}),
    "font-kerning": frozenset({"none"}),
    "font-style": frozenset({"normal", "italic"}),
    "list-style": frozenset({"none"}),
    "table-layout": frozenset({"fixed"}),
    "text-align": frozenset({"left", "center", "right", "justify"}),
    "text-decoration": frozenset({"none", "underline"}),
    "vertical-align": frozenset({"top", "middle", "bottom"}),
    "white-space": frozenset({"normal", "nowrap"}),
}
# The counter styles that page numbers may have: those that Word knows too (ST_NumberFormat).
PAGE_COUNTERS = (
    "decimal", "decimal-leading-zero", "lower-roman", "upper-roman", "lower-alpha", "lower-latin", "upper-alpha",
    "upper-latin", "thai", "devanagari",
)  # fmt: skip
_OTHER_LINE_STYLES = frozenset({"hidden", "dotted", "dashed", "double", "groove", "ridge", "inset", "outset"})
_NO_PERCENTAGE = frozenset({"height", "margin", "padding", "text-indent", *_BOXES})
_AT_RULES = frozenset({"page", "top-center"})


@dataclass(frozen=True, slots=True)
class SheetSource:
    """A style sheet: its text, and its path as shown to its author."""

    text: str
    path: str


def check_sheet(source: SheetSource) -> list[Diagnostic]:
    """Return each rule that cannot be read, and each property and value that not both printers can do."""
    return list(_check_rules(_rules(source.text), source.path))


def classes(source: SheetSource) -> frozenset[str]:
    """Return the classes that some rule of a sheet speaks of."""
    return _classes(source.text)


def asked_attributes(source: SheetSource) -> frozenset[str]:
    """Return the attributes that some selector of a sheet asks for, besides the class; perhaps some more."""
    found: set[str] = set()
    for token in _selector_tokens(source.text):
        if token.type == "hash":
            found.add("id")
        elif token.type == "[] block":
            found.update(each.value for each in token.content if each.type == "ident")
    return frozenset(found)


def asks_for_siblings(source: SheetSource) -> bool:
    """Whether some selector of a sheet asks which elements stand before another one."""
    return any(token.type == "literal" and token.value in ("+", "~") for token in _selector_tokens(source.text))


def largest_width(sources: Iterable[SheetSource], names: Iterable[str]) -> float | None:
    """Return the largest width, in millimetres, that any rule gives to a class; None where none gives one.

    The cascade may choose a smaller one: this is a bound, for what need not be larger.
    """
    widths = [width for source in sources for name in names for width in _widths(source.text, name)]
    return max(widths, default=None)


@cache
def bare_sheet(text: str) -> str:
    """Return a style sheet that says the same without comments: a rule a line."""
    rules = _bare(tinycss2.parse_component_value_list(text, skip_comments=True), after_block="\n")
    return str(tinycss2.serialize(rules)).strip() + "\n"


def _bare(tokens: Iterable[Any], after_block: str = " ") -> list[Any]:
    """Return tokens with white space of one kind between them."""
    found: list[Any] = []
    for token in tokens:
        if token.type == "whitespace":
            before = found[-1].type if found else ""
            if before == "whitespace":
                continue
            token.value = after_block if before == "{} block" else " "
        elif hasattr(token, "content"):
            token.content = _bare(token.content)
        elif hasattr(token, "arguments"):
            token.arguments = _bare(token.arguments)
        found.append(token)
    return found


_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96}  # CSS Values 4, 6.2


def _widths(text: str, name: str) -> Iterator[float]:
    for rule in _rules(text):
        if rule.type != "qualified-rule" or f".{name}" not in re.split(r"[\s,>]+", tinycss2.serialize(rule.prelude)):
            continue
        for item in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
            if item.type == "declaration" and item.lower_name == "width":
                for token in item.value:
                    if token.type == "dimension" and token.lower_unit in _MM:
                        yield token.value * _MM[token.lower_unit]


@lru_cache(maxsize=16)  # one sheet is checked and asked for its classes, for each language
def _rules(text: str) -> list[Any]:
    return list(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True))


def _selector_tokens(text: str) -> Iterator[Any]:
    return (token for rule in _rules(text) if rule.type == "qualified-rule" for token in rule.prelude)


@lru_cache(maxsize=16)  # asked for each page
def _classes(text: str) -> frozenset[str]:
    return frozenset(
        token.value
        for rule in _rules(text)
        if rule.type == "qualified-rule"
        for before, token in zip(rule.prelude, rule.prelude[1:], strict=False)
        if before.type == "literal" and before.value == "." and token.type == "ident"
    )


def _check_rules(rules: list[Any], path: str) -> Iterator[Diagnostic]:
    for rule in rules:
        match rule.type:
            case "qualified-rule" if ":" in (selector := tinycss2.serialize(rule.prelude).strip()):
                # ::before makes letters that are in no DOCX; ::first-line and :first-child change what has one name.
                yield Diagnostic("css-words", _place(rule, path), {"rule": selector}, "page", length=len(selector))
            case "qualified-rule":
                yield from _check_declarations(rule.content, path, words=False)
            case "at-rule" if rule.lower_at_keyword in _AT_RULES and rule.content is not None:
                yield from _check_declarations(rule.content, path, words=rule.lower_at_keyword != "page")
            case "at-rule":
                values = {"rule": f"@{rule.at_keyword}", "allowed": "@page, @top-center"}
                yield Diagnostic("css-rule-unknown", _place(rule, path), values, "allowed", length=len(values["rule"]))
            case "error":
                yield Diagnostic("css-unreadable", _place(rule, path), {"problem": Word("css-cut")})


def _check_declarations(content: list[Any], path: str, *, words: bool) -> Iterator[Diagnostic]:
    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        match item.type:
            case "declaration" if item.lower_name not in PROPERTIES or (item.lower_name == "content" and not words):
                values = {"property": item.name, "allowed": ", ".join(sorted(PROPERTIES))}
                yield Diagnostic("css-property-unknown", _place(item, path), values, "allowed", length=len(item.name))
            case "declaration":
                yield from _check_value(item, path)
            case "at-rule" | "error":
                yield from _check_rules([item], path)
            case _:
                yield Diagnostic("css-unreadable", _place(item, path), {"problem": Word("css-nested")})


def _check_value(declaration: Any, path: str) -> Iterator[Diagnostic]:
    name = declaration.lower_name
    tokens = [token for token in declaration.value if token.type not in ("whitespace", "comment")]
    words = {token.lower_value for token in tokens if token.type == "ident"}
    values = {"property": name, "value": tinycss2.serialize(declaration.value).strip()}
    place = _place(declaration, path)
    allowed = _WORDS.get(name, _LINE_STYLES if name.startswith("border") else None)
    if name in _WORDS:
        wrong = bool(words - _WORDS[name] - _INHERITED) or any(token.type != "ident" for token in tokens)
    else:
        wrong = allowed is not None and bool(words & _OTHER_LINE_STYLES)
    if wrong and allowed:
        yield Diagnostic("css-value-unknown", place, values | {"allowed": ", ".join(sorted(allowed))}, "allowed")
    yield from _check_counters(tokens, path)
    if name in _NO_PERCENTAGE and any(token.type == "percentage" for token in tokens):
        yield Diagnostic("css-value-unknown", place, values, "length")


def _check_counters(tokens: list[Any], path: str) -> Iterator[Diagnostic]:
    for token in tokens:
        if token.type == "function" and token.lower_name == "counter":
            style = [each for each in token.arguments if each.type == "ident"][1:]
            if style and style[0].lower_value not in PAGE_COUNTERS:
                values = {"counter": style[0].value, "allowed": ", ".join(PAGE_COUNTERS)}
                place = _place(style[0], path)
                yield Diagnostic("docx-page-counter", place, values, "use", length=len(style[0].value))


def _place(node: Any, path: str) -> Place:
    return Place(path, node.source_line, node.source_column)
