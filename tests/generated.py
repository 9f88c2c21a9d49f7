"""Inspections that nobody wrote, for the tests and for `make bench`: their choices are those of random numbers."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from desk import REAL, SMALLEST

from reportgen.inspection import Area

LANGUAGES = ("vi", "th")

Words = dict[str, str]  # by language


@dataclass(frozen=True)
class Author:
    """Writes inspections with the sentences of the real one: all choices are those of one random number generator."""

    choice: random.Random
    real: dict[str, Any]

    @cached_property
    def sentences(self) -> list[Words]:
        parts = ("results", "limitations", "conclusions")
        return [item["text"] for part in parts for item in self.real[part]]

    @cached_property
    def labels(self) -> list[Words]:
        return [figure["what"] for result in self.real["results"] for figure in result.get("figures", ())]

    def maybe(self, share: float = 0.5) -> bool:
        return self.choice.random() < share

    def some(self, most: int, write: Callable[[], Any], least: int = 0) -> list[Any]:
        return [write() for _ in range(self.choice.randint(least, most))]

    def cut(self, words: Words) -> Words:
        """Return the beginning of a text, cut at a blank; each language at another."""
        return {language: self.beginning(text) for language, text in words.items()}

    def beginning(self, text: str) -> str:
        pieces = text.split(" ")
        return " ".join(pieces[: self.choice.randint(1 + len(pieces) // 3, len(pieces))]).rstrip(".,;: ")

    def line(self) -> Words:
        return self.cut(self.choice.choice(self.sentences))

    def text(self) -> Words:
        """Return one to three paragraphs of one to three pieces."""
        paragraphs = self.some(3, lambda: self.some(3, self.line, least=1), least=1)
        return {
            language: "\n\n".join(" ".join(piece[language] for piece in pieces) + "." for pieces in paragraphs)
            for language in LANGUAGES
        }

    def person(self) -> dict[str, Any]:
        syllables = {"vi": ("Y Bhăm", "Niê", "Nguyễn", "Thị", "Huệ"), "th": ("อี บัม", "เนีย", "เหงียน", "ถิ", "เว้")}
        number = self.choice.randint(1, 3)
        names = {language: " ".join(self.choice.sample(parts, number)) for language, parts in syllables.items()}
        return {
            "name": names,
            "title": self.choice.choice(["mr", "ms"]),
            "position": self.choice.choice(["chair", "vice-chair", "deputy-director"]),
            "agency": self.choice.choice(["lak-dpc", "dak-lak-home-affairs"]),
        }

    def figure(self) -> dict[str, Any]:
        total = self.choice.randint(1, 10 ** self.choice.randint(1, 6))
        counted = {"done": str(self.choice.randint(0, total)), "total": str(total)}
        rate = {"rate": str(self.choice.randint(0, 1000) / 10)}
        return {"what": self.cut(self.choice.choice(self.labels)), **(counted if self.maybe(0.7) else rate)}

    def unit(self) -> dict[str, str]:
        return {"unit": self.choice.choice(self.real["units"])} if self.maybe() else {}

    def result(self) -> dict[str, Any]:
        own_title = self.choice.choice([area["area"] for area in self.real["results"] if type(area["area"]) is dict])
        result = {"area": self.choice.choice([*map(str, Area), own_title]), **self.unit(), "text": self.text()}
        return {**result, "figures": self.some(7, self.figure, least=1)} if self.maybe(0.4) else result

    def limitation(self) -> dict[str, Any]:
        return {"text": self.text(), **self.unit(), **({"cause": self.line()} if self.maybe() else {})}

    def conclusion(self) -> dict[str, Any]:
        return {"text": self.text(), **self.unit(), **({"due": "30/12/2023"} if self.maybe() else {})}

    def team(self) -> dict[str, Any]:
        team = {**self.real["team"], "secretary": self.person() if self.maybe() else "unknown"}
        team["members"] = self.some(5, self.person) if self.maybe() else "unknown"
        if self.maybe(0.3):
            del team["decision"]
        return {**team, "deputy": self.person()}

    def signatures(self) -> list[Any]:
        named = [{"role": role, "person": self.person()} for role in ("member", "unit-head", "witness")]
        return self.choice.sample(["secretary", "lead", "deputy", *named], self.choice.randint(1, 5))

    def optional(self) -> dict[str, Any]:
        """Return the parts that an inspection may have or not."""
        parts: dict[str, Callable[[], Any]] = {
            "legal_bases": lambda: self.some(3, self.line, least=1),
            "period": lambda: self.real["period"],
            "method": self.line,
            "attendees": lambda: self.some(3, self.person, least=1),
            "results": lambda: self.some(7, self.result, least=1),
            "photos": lambda: self.choice.sample(self.real["photos"], self.choice.randint(1, 4)),
            "limitations": lambda: self.some(5, self.limitation, least=1),
            "conclusions": lambda: self.some(6, self.conclusion, least=1),
            "response": lambda: {"text": self.text(), **({"by": self.person()} if self.maybe() else {})},
        }
        return {name: write() for name, write in parts.items() if self.maybe(0.75)}

    def inspection(self) -> dict[str, Any]:
        known = self.maybe()
        return {
            "number": f"{self.choice.randint(1, 999)}/BB-ĐKT" if known else "…/BB-ĐKT",
            "languages": list(LANGUAGES),
            "digits": self.choice.choice(["native", "latin"]),
            "subject": self.line(),
            "date": f"{self.choice.randint(1, 28)}/{self.choice.randint(1, 12)}/2023",
            "started": "08:00" if known else "unknown",
            "ended": "16:30" if known else "unknown",
            "place": "lak-dpc",
            "team": self.team(),
            "units": self.choice.sample(self.real["units"], self.choice.randint(1, 3)),
            **self.optional(),
            "copies": str(self.choice.randint(2, 6)) if known else "unknown",
            "recipients": ["dak-lak-ppc", "lak-dpc"] if known else "unknown",
            "signatures": self.signatures(),
        }


class WithoutAliases(yaml.SafeDumper):
    """Writes what stands twice twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_inspections(folder: Path, number: int) -> None:
    """Put so many inspections in the place of those that are in a folder."""
    real = yaml.load((folder / f"{REAL}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    for seed in range(number):
        data = Author(random.Random(seed), real).inspection()
        text = yaml.dump(data, Dumper=WithoutAliases, allow_unicode=True, sort_keys=False)
        (folder / f"generated-{seed}.yaml").write_text(text, encoding="utf-8")
        if "photos" in data:
            shutil.copytree(folder / REAL, folder / f"generated-{seed}")
    for name in (REAL, SMALLEST):
        (folder / f"{name}.yaml").unlink()
