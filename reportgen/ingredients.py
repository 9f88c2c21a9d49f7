"""What a page is made of: each thing that was really used, known by its content and never by a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Ingredient:
    """One thing that was used.

    Attributes:
        kind: what it is, ``clause`` or ``office``
        name: which one, as its author knows it: ``closing.copies``, ``people.vo-thanh-hue``, ``templates/minutes.html``
        version: of a clause, the day since which it is in force, as ISO 8601 writes it; empty where it has none
        digest: SHA-256 of its content, in hexadecimal digits
        value: its words, for whoever asks what changed; empty where there is nothing to read
    """

    kind: str
    name: str
    version: str
    digest: str
    value: str


def digest_of(content: Any) -> str:
    """Return the SHA-256 of what JSON can say; mappings of equal entries are equal in any order."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Ledger:
    """Where the use of a thing is written down while a page is made; each thing stands in it once.

    Most pages are only checked: what was used is not described before somebody asks for it.
    """

    def __init__(self, used: Iterable[Ingredient] = ()) -> None:
        self._used = set(used)
        self._undescribed: list[Callable[[], Ingredient | None]] = []

    def add(self, ingredient: Ingredient) -> None:
        """Write down that something is used."""
        self._used.add(ingredient)

    def add_later(self, describe: Callable[[], Ingredient | None]) -> None:
        """Write down that something is used, described when it is asked for; None where there is no such thing."""
        self._undescribed.append(describe)

    def copy(self) -> Ledger:
        """Return a ledger that goes on from this one."""
        other = Ledger(self._used)
        other._undescribed += self._undescribed
        return other

    @property
    def used(self) -> tuple[Ingredient, ...]:
        """All that was used, sorted."""
        while self._undescribed:
            if ingredient := self._undescribed.pop()():
                self._used.add(ingredient)
        return tuple(sorted(self._used))
