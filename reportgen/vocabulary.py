"""What clerks call keys and words in their own languages: ``kết luận`` and ``ข้อสรุป`` are ``conclusions``.

The names are those of the catalogues ``glossary/<language>.yaml``: their lists ``called``, and the first words of what
they say of a key or a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from reportgen.diagnostics import ui_languages
from reportgen.texts import compact

_END_OF_NAME = re.compile(r"[,;:.(“`]")


@dataclass(frozen=True, slots=True)
class Meant:
    """The key or word that was meant; ``called``: given by a name that people call it, not misspelt."""

    word: str
    called: bool


def meant(found: str, allowed: Iterable[str]) -> Meant | None:
    """Return the key or word that was most likely meant, or None.

    Args:
        found: what the file says, in any language, with or without marks, spaces and underscores
        allowed: the keys or words that may stand there
    """
    spelt, called = _known(tuple(allowed))
    folded = compact(found)
    if folded in called:
        return Meant(called[folded], called=True)
    # A word of another language is near to a name more often by chance: the keys' own spelling comes first.
    if near := get_close_matches(folded, spelt, 1):
        return Meant(spelt[near[0]], called=False)
    near = get_close_matches(folded, called, 1, cutoff=0.8)
    return Meant(called[near[0]], called=True) if near else None


@lru_cache(maxsize=128)
def _known(allowed: tuple[str, ...]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return words by their folded spelling, and by the folded names that they are called; a spoilt file asks often."""
    called = {compact(name): word for word in reversed(allowed) for name in _names().get(word, ())}
    return {compact(word): word for word in allowed}, called


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Return what each key and each word of a choice is called, in every language."""
    found: dict[str, dict[str, None]] = {}
    for language in ui_languages():
        data = _catalogue(language)
        for word, name in (*_listed(data), *_explained(data)):
            found.setdefault(word, {})[name] = None
    return {word: tuple(names) for word, names in found.items()}


def _listed(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((word, name) for word, names in data["called"].items() for name in names)


def _explained(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the first words of what is said of each key and word: they are its name in that language."""
    fields = [field for record in data["records"].values() for field in record["fields"].items()]
    for word, entry in (*fields, *data["choices"].items()):
        about = entry if isinstance(entry, str) else entry["about"]
        if name := _END_OF_NAME.split(about)[0].strip():
            yield word, name


def _catalogue(language: str) -> Mapping[str, Any]:
    import yaml  # only where a key is not known

    text = (Path(__file__).parent / "glossary" / f"{language}.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - texts only
    return read
