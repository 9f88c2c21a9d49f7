"""Writes docs/fields.md and its translations, from the model and the glossary: ``make guide``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportgen.glossary import (
    FILES,
    Choice,
    Either,
    Items,
    Key,
    Keys,
    Named,
    Record,
    Reference,
    Shape,
    Simple,
    Words,
    entry_name,
    keys,
    parts,
    records,
    words,
)

GUIDES = {"en": "fields.md", "vi": "fields.vi.md", "th": "fields.th.md"}


def guide(language: str) -> str:
    """Return the guide in a language, as Markdown."""
    said = words(language)
    return "\n".join(_lines(said)).rstrip() + "\n"


def _lines(said: Words) -> Iterator[str]:
    yield from (f"# {said.guide('title')}", "", said.guide("intro"), "")
    yield from (" · ".join(f"[{path}]({path})" for path in GUIDES.values()), "")
    yield from (f"## {said.guide('values')}", "")
    yield from _table(said.guide("value"), said.guide("meaning"), "")
    for kind in said.data["values"]:
        value = said.value(kind)
        yield _row(said.name(kind), value.about, _examples(value.examples, said))
    told: set[type[Record]] = set()
    for file in FILES:
        yield from ("", f"## {said.file(file)}", "")
        for number, record in enumerate(records(file)):
            if record not in told:
                told.add(record)
                yield from (() if number == 0 else ("", f"### {entry_name(record)}", ""))
                yield from _record(record, said)


def _record(record: type[Record], said: Words) -> Iterator[str]:
    every = keys(record)
    yield from (said.record(record), "")
    yield from _table(*(said.guide(name) for name in ("key", "meaning", "value", "needed")))
    for key in every:
        yield _row(f"`{key.name}`", _meaning(key, said), _value(key.shape, said), said.guide("must") * key.needed)
    for key in every:
        for choice in parts(key.shape):
            if isinstance(choice, Choice) and len(choice.words) > 1:
                yield from ("", f"`{key.name}`:", "", *(f"- `{word}`: {said.choice(word)}" for word in choice.words))


def _meaning(key: Key, said: Words) -> str:
    explained = said.key(key)
    examples = _examples(explained.examples, said)
    return f"{explained.about} ({examples})" if examples else explained.about


def _examples(examples: tuple[str, ...], said: Words) -> str:
    return said.guide("example", examples=", ".join(f"`{text}`" for text in examples)) if examples else ""


def _value(shape: Shape, said: Words) -> str:
    match shape:
        case Simple(kind):
            return said.name(kind)
        case Choice(allowed):
            return ", ".join(f"`{word}`" for word in allowed)
        case Reference(kind):
            return said.guide("entry", kind=said.kind(kind))
        case Items(item):
            return said.guide("list", item=_value(item, said))
        case Named(item, by_id):
            return said.guide("entries" if by_id else "named", item=_value(item, said))
        case Keys(record):
            return said.guide("keys", anchor=f"#{entry_name(record)}")
        case Either(options):
            return said.guide("either").join(_value(option, said) for option in options)


def _table(*heads: str) -> tuple[str, str]:
    return _row(*heads), "|---" * len(heads) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |".replace("|  |", "| |")


if __name__ == "__main__":
    for language, name in GUIDES.items():
        Path(__file__).with_name(name).write_text(guide(language), encoding="utf-8")
