"""Inspection files spoilt at random, each read, checked and made into pages.

``python tests/fuzzing.py FIRST COUNT [FOLDER PAGES]``: with a folder, so many of the files that are right are kept in
``FOLDER/kept/``, to be printed.

File ``n`` is always the same: one of the right files, spoilt by one to four changes of its bytes, its words, its lines
or its structure. What each of them ends in is counted; the answer, JSON on stdout, tells traces, the slowest file and
how much memory the whole process ever took, Python and all templates included.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml
from corpus import BAD, PROJECT, Bench

from reportgen.diagnostics import ReportgenError, full_text
from reportgen.workspace import Workspace, load_inspection

SEEDS = (*sorted((PROJECT / "inspections").glob("*.yaml")), BAD / "visit.yaml")
WORDS = (
    ": ", " - ", "\"", "'", "[", "]", "{", "}", ",", "#", " #", "&a ", "*a", "!", "!!int ", "%", "@", "`", ">",
    ">-", "|", "? ", "---", "...", "<<: ", "~", "null", "unknown", ":", "|\\u0041", "\\U00110000", "2566",
    "18/08/2566", "2023-08-18", "31/02/2023", "29/02/2567", "18 ส.ค. 66", "๑๘ สิงหาคม ๒๕๖๖",
    "thứ Sáu, 18/08/2023", "0", "-1", "1.234", "1e999", "99999999999999999999", "08:00", "24:00", "8h30",
    "16 giờ 30 phút", "08.30 น.", "๒๑,๙๙๕", "6,67%", "vi", "th", "vi: ", "th: ", "en: ", "nam-ka", "lak-dpc",
    "hoang-manh-hung", "../../x", "hall.jpg", "เเ", "ํา", "้ำ", "่้", "ัั", "á", "ậ", "\u200b", "\u202e",
    "\ufeff", "\ufffe", "\u2028", "\x00", "\x07", "\t", "\xa0", "  ", "\r", "\x85", "𝟙", "😀", "ﷺ", "<b>",
    "&amp;", "{{ x }}", "{% if %}",
)  # fmt: skip
LONGEST = 1.0  # seconds of this process, whatever else the computer does
LARGEST = 200  # MB


# ---- spoiling -------------------------------------------------------------------------------------------------------


def spoilt(number: int) -> bytes:
    """Return the file of a number."""
    chance = random.Random(number)
    source = chance.choice(SEEDS).read_bytes()
    if chance.random() < 0.35:
        source = of_structure(source, chance)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        source = chance.choice((of_bytes, of_words, of_words, of_lines, of_lines))(source, chance)
    return source


def of_bytes(source: bytes, chance: random.Random) -> bytes:
    """Change, drop, double or insert bytes."""
    start = chance.randrange(len(source) + 1)
    end = min(len(source), start + chance.choice((0, 1, 1, 2, 5, 40)))
    new = chance.choice((b"", source[start:end] * 2, bytes([chance.randrange(256)]), chance.randbytes(3)))
    return source[:start] + new + source[end:]


def of_words(source: bytes, chance: random.Random) -> bytes:
    """Put a word that means something to YAML, to a model or to a template in the place of another, or beside it."""
    text = source.decode("utf-8", "replace")
    start = chance.randrange(len(text) + 1)
    end = start + chance.choice((0, 0, 1, 3, 10))
    many = chance.choice((1, 1, 1, 1, 2, 60, 3000))
    return (text[:start] + chance.choice(WORDS) * many + text[end:]).encode("utf-8", "replace")


def of_lines(source: bytes, chance: random.Random) -> bytes:
    """Drop, double, move or indent lines."""
    lines = source.split(b"\n")
    start = chance.randrange(len(lines))
    end = min(len(lines), start + chance.choice((1, 1, 1, 3, 10)))
    block, rest = lines[start:end], lines[:start] + lines[end:]
    to = chance.randrange(len(rest) + 1)
    changes: tuple[Callable[[], list[bytes]], ...] = (
        lambda: rest,
        lambda: lines[:end] + block * chance.choice((1, 1, 50)) + lines[end:],
        lambda: rest[:to] + block + rest[to:],
        lambda: lines[:start] + [b" " * chance.randrange(1, 4) + line for line in block] + lines[end:],
        lambda: lines[:start] + [line[chance.randrange(1, 4) :] for line in block] + lines[end:],
    )
    return b"\n".join(chance.choice(changes)())


def of_structure(source: bytes, chance: random.Random) -> bytes:
    """Put a value in the place of another, drop it, double it, or put it into a list or under a key."""
    data = yaml.load(source, yaml.BaseLoader)
    parents = list(parents_in(data))
    parent, key = chance.choice(parents)
    other, other_key = chance.choice(parents)
    value = json.loads(json.dumps(other[other_key]))
    new = (value, [parent[key]], {chance.choice(("vi", "th", "name", "text", "x")): parent[key]}, "", [], {}, None)
    parent[key] = chance.choice((*new, [value] * chance.choice((2, 300)), chance.choice(WORDS), deep(chance)))
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=chance.choice((60, 1000)))
    return text.encode("utf-8", "replace")


def deep(chance: random.Random) -> Any:
    """Return lists in lists."""
    value: Any = "x"
    for _ in range(chance.choice((3, 48, 55))):
        value = [value]
    return value


def parents_in(data: Any) -> list[tuple[Any, Any]]:
    """Return every place of a value: the list or the mapping it is in, and its index or key."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [pair for key, value in items for pair in [(data, key), *parents_in(value)]]


# ---- trying ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory(Workspace):
    """A workspace whose one inspection is in memory."""

    content: bytes = b""

    def read_bytes(self, path: str) -> bytes:
        """Return the spoilt file for the inspection, else what is in the folder."""
        return self.content if path.startswith("inspections/") else super().read_bytes(path)


def outcome(bench: Bench, content: bytes, language: str) -> str:
    """Return ``page`` or ``diagnostic``; what is told of the file is said in a language as ``check`` says it."""
    try:
        loaded = load_inspection(Memory(bench.root, content), bench.library, "visit", bench.fonts)
        found, result = loaded.warnings, "page"
    except ReportgenError as error:
        found, result = error.diagnostics, "diagnostic"
    lines = content.decode("utf-8", "replace").splitlines() or [""]
    for width, diagnostic in zip(cycle((None, 80)), found, strict=False):
        full_text(diagnostic, lambda place: lines[min(place.line, len(lines)) - 1], language, width)
    return result


def peak_memory() -> float:
    """Return the most memory that this process had, in MB; ``getrusage`` would tell its parent's if that had more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) / 1000


def main(first: int, count: int, folder: Path, pages: int = 0) -> dict[str, Any]:
    """Return what became of the files from ``first`` on; of those that are right, so many are kept in ``kept/``."""
    office, kept = folder / "office", folder / "kept"
    office.mkdir()
    kept.mkdir()
    bench = Bench(office, folder / "cache")
    for photo in (PROJECT / "inspections").glob("*/*.jpg"):
        shutil.copy(photo, office / "inspections" / "visit")
    told: dict[str, Any] = {"page": 0, "diagnostic": 0, "traces": [], "slow": [], "slowest": 0.0, "peak": 0.0}
    outcome(bench, SEEDS[-1].read_bytes(), "en")  # what is read and compiled once is not the first file's
    for number in range(first, first + count):
        content = spoilt(number)
        begun = time.process_time()
        try:
            result = outcome(bench, content, ("en", "vi", "th")[number % 3])
            told[result] += 1
            if result == "page" and (number - first) * pages >= len(list(kept.iterdir())) * count:
                (kept / f"{number}.yaml").write_bytes(content)
        except Exception:
            told["traces"].append([number, traceback.format_exc()])
        taken = time.process_time() - begun
        told["slowest"] = max(told["slowest"], taken)
        peak = peak_memory()
        if taken > LONGEST or (peak > LARGEST >= told["peak"]):
            told["slow"].append([number, taken, peak])
            print("slow", number, taken, peak, file=sys.stderr)
        told["peak"] = peak
        if number % 1000 == 999:
            print(
                number + 1, told["page"], round(told["slowest"], 2), round(peak), len(told["traces"]), file=sys.stderr
            )
    return told


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        first, count, *rest = sys.argv[1:]
        folder, pages = (Path(rest[0]), int(rest[1])) if rest else (Path(temporary), 0)
        print(json.dumps(main(int(first), int(count), folder, pages), indent=1))
