"""The tables of docs/performance.md, made of figures; what stands between them is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from timing import Cost, Series, Spread, ratio, spread

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Figures:
    """All that one run of the suite found.

    ``series`` has what was measured, by name; ``absent`` why something was not; ``notes`` texts of the last table;
    ``soak`` the MiB of a process after so many editions, from the last run of ``soak.py``.
    """

    series: Series
    absent: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    soak: Mapping[int, float] = field(default_factory=dict)

    def ratio(self, ours: str, theirs: str, of: str = "wall") -> Spread | None:
        """Return how two compare, or None where one of them was not measured."""
        if ours not in self.series or theirs not in self.series:
            return None
        return ratio(self.series[ours], self.series[theirs], of)

    def seconds(self, name: str) -> Spread | None:
        """Return the seconds of something, or None where it was not measured."""
        return spread([cost.wall for cost in self.series[name]]) if name in self.series else None

    def memory(self, editions: int) -> Spread | None:
        """Return the MiB after so many editions, or None where no soak went so far."""
        return Spread(*[self.soak[editions]] * 3) if editions in self.soak else None

    def growth(self, start: int) -> Spread | None:
        """Return the memory at the end of the soak as a multiple of that after so many editions."""
        if start not in self.soak:
            return None
        return Spread(*[self.soak[max(self.soak)] / self.soak[start]] * 3)


# ---- names of what is measured --------------------------------------------------------------------------------------

OURS, OURS_FIRST = "cold reportgen", "cold reportgen first"
PEER_EACH, PEER_BOTH = "cold docxtpl + LibreOffice each", "cold docxtpl + LibreOffice both"
ONE, TWO, PEER_BATCH, PEER_TWO = "batch 1", "batch 2", "batch peer", "batch peer 2"
DASK, LOCAL = "dask", "dask local"
BARE = "bare Python"
HEAVY = "import weasyprint"
CHECK_ONE, CHECK_MANY, UNCHANGED, ISSUED = "check 1", "check 200", "build unchanged", "build issued"


@dataclass(frozen=True)
class Target:
    """A line of the table of targets: what is wanted of which figure, and the same of the seconds of CPU."""

    what: str
    wanted: str
    limit: float
    value: Callable[[Figures], Spread | None]
    unit: str = "×"
    at_least: bool = False
    cpu: Callable[[Figures], Spread | None] = lambda _: None
    name: str = ""  # under which it is told why it was not measured
    steady: Callable[[Figures], Spread | None] | None = None  # what two runs are compared by, where seconds drift

    def line(self, figures: Figures) -> str:
        """Return the line."""
        found, cpu = self.value(figures), self.cpu(figures)
        if found is None:
            reason = figures.absent.get(self.name, "")
            return f"| {self.what} | {self.wanted} | {NOT_MEASURED}{': ' if reason else ''}{reason} | |"
        met = found.median >= self.limit if self.at_least else found.median <= self.limit
        reached = shown(found, self.unit) + (f", of CPU {shown(Spread(*[cpu.median] * 3), '×')}" if cpu else "")
        return f"| {self.what} | {self.wanted} | {reached} | {'yes' if met else 'no'} |"


def _compared(what: str, wanted: str, limit: float, ours: str, theirs: str, *, at_least: bool = False) -> Target:
    """Return a target for a ratio."""
    return Target(
        what,
        wanted,
        limit,
        lambda found: found.ratio(ours, theirs),
        at_least=at_least,
        cpu=lambda found: found.ratio(ours, theirs, "cpu"),
    )


def _seconds(what: str, limit: float, name: str) -> Target:
    """Return a target for the seconds of a command; two runs are compared by how it stands to ``import weasyprint``.

    That loads modules too, and takes as long; a bare Python is over in a moment, and varies more.
    """
    wanted = f"≤ {limit} s"
    return Target(
        what, wanted, limit, lambda found: found.seconds(name), "s", steady=lambda found: found.ratio(name, HEAVY)
    )


TARGETS = (
    _compared(
        "one report, cold: 4 files, against docxtpl + LibreOffice, a process for each file",
        "≤ 0.5 ×",
        0.5,
        OURS,
        PEER_EACH,
    ),
    _compared(
        "PDF, warm, Thai, tagged PDF/A-3a and PDF/UA-1, against Typst to the same standards",
        "≤ 2.0 × (stretch 1.5)",
        2.0,
        "th reportgen-pdf",
        "th typst",
    ),
    _compared("the same, against stock WeasyPrint, untagged", "≤ 0.75 ×", 0.75, "th reportgen-pdf", "th weasyprint"),
    _compared("DOCX, warm, with two photographs, against docxtpl", "≤ 0.35 ×", 0.35, "vi reportgen-docx", "vi docxtpl"),
    _compared("batch: 2 processes against 1, inspections a second", "≥ 1.85 ×", 1.85, ONE, TWO, at_least=True),
    _compared(
        "batch: 2 processes against docxtpl + LibreOffice, 20 files a process, inspections a second",
        "≥ 3 ×",
        3.0,
        PEER_BATCH,
        TWO,
        at_least=True,
    ),
    Target(
        "memory of a printing process after 500 editions", "≤ 130 MiB", 130.0, lambda found: found.memory(500), "MiB"
    ),
    # What is free and not yet given back varies by a few MiB.
    Target("its memory after 2,000 editions against that after 50", "flat", 1.05, lambda found: found.growth(50)),
    _seconds("`build` of 1,000 unchanged inspections", 1.0, UNCHANGED),
    _seconds("`check`, one file", 0.3, CHECK_ONE),
    _seconds("`check`, 200 files", 2, CHECK_MANY),
    Target(
        "2 Dask workers against 2 local processes, inspections a second",
        "≥ 0.9 ×",
        0.9,
        lambda found: found.ratio(LOCAL, DASK),
        at_least=True,
        name=DASK,
    ),
)


@dataclass(frozen=True)
class Group:
    """A table of costs: its rows as (name, what is said of it), and the row that the others are compared with."""

    name: str
    ours: str
    rows: tuple[tuple[str, str], ...]
    milliseconds: bool = False


def _warm(language: str) -> Group:
    names = (
        ("reportgen-pdf", "reportgen, PDF: from the page to a tagged PDF/A-3a and PDF/UA-1 with true text"),
        ("reportgen-whole", "reportgen, PDF: from the inspection file, photographs prepared before"),
        ("typst", "Typst, tagged PDF/A-3a and PDF/UA-1"),
        ("weasyprint", "stock WeasyPrint, untagged"),
        ("chromium", "Chromium, kept running, tagged"),
        ("reportgen-docx", "reportgen, DOCX"),
        ("docxtpl", "docxtpl, DOCX, a template as Word writes it"),
        ("docxtpl-tags", "docxtpl, DOCX, a template with styles as tags, edited as XML"),
    )
    rows = tuple((f"{language} {name}", words) for name, words in names)
    return Group(f"warm-{language}", f"{language} reportgen-pdf", rows, milliseconds=True)


BATCH = Group(
    "batch",
    TWO,
    (
        (TWO, "reportgen, 2 processes"),
        (ONE, "reportgen, 1 process"),
        (PEER_BATCH, "docxtpl + LibreOffice, 20 files a process"),
        (PEER_TWO, "the same, two LibreOffices side by side"),
        (LOCAL, "reportgen, 2 processes, in turn with Dask"),
        (DASK, "reportgen, 2 Dask workers on this computer; CPU and memory of `build` only"),
    ),
)
GROUPS = (
    Group(
        "cold",
        OURS,
        (
            (OURS, "reportgen, 4 files: 2 languages, DOCX and PDF"),
            (OURS_FIRST, "reportgen, the same for the first time: photographs prepared too"),
            (PEER_EACH, "docxtpl + LibreOffice, the same 4 files, a process for each"),
            (PEER_BOTH, "docxtpl + LibreOffice, the same 4 files, one docxtpl and one LibreOffice"),
            ("cold typst", "Typst, 2 PDF, one process"),
            ("cold weasyprint", "stock WeasyPrint, 2 PDF, one process"),
            ("cold chromium", "Chromium, 2 PDF, a process for each"),
        ),
    ),
    _warm("th"),
    _warm("vi"),
    BATCH,
    Group(
        "commands",
        HEAVY,
        (
            (BARE, "bare Python"),
            (HEAVY, "`import weasyprint`"),
            ("--version", "`reportgen --version`"),
            ("--help", "`reportgen --help`"),
            (CHECK_ONE, "`check`, one file"),
            (CHECK_MANY, "`check`, 200 files"),
            ("status unchanged", "`status`, 1,000 inspections, nothing changed"),
            (UNCHANGED, "`build`, 1,000 inspections, nothing changed"),
            ("status issued", "`status`, 1,000 inspections, all issued"),
            (ISSUED, "`build`, 1,000 inspections, all issued"),
        ),
    ),
)


# ---- tables ---------------------------------------------------------------------------------------------------------


def targets(figures: Figures) -> str:
    """Return the table of targets."""
    return _lines("| what | target | reached | met |", "|---|---|---|---|", *(each.line(figures) for each in TARGETS))


def costs(group: Group, figures: Figures) -> str:
    """Return the table of a group; what was not measured says why."""
    unit = "ms" if group.milliseconds else "s"
    ratio_of = "against `import weasyprint`" if group.name == "commands" else "reportgen against it"
    head = f"| what | {unit} | {unit} of CPU | MiB | {ratio_of} |"
    return _lines(head, "|---|--:|--:|--:|--:|", *_rows(group, figures))


def _rows(group: Group, figures: Figures) -> Iterator[str]:
    factor = 1000 if group.milliseconds else 1
    for name, words in group.rows:
        if name not in figures.series:
            yield f"| {words} | {NOT_MEASURED}: {figures.absent.get(name, '')} | | | |"
            continue
        found = figures.series[name]
        wall, cpu = (spread([getattr(cost, of) * factor for cost in found]) for of in ("wall", "cpu"))
        cells = (_number(wall.median), _number(cpu.median), _mib(found), _ratio(group, name, figures))
        yield f"| {words} | {' | '.join(cells)} |"


def _ratio(group: Group, name: str, figures: Figures) -> str:
    """Return how reportgen compares with a row; of commands, how a row compares with ``import weasyprint``."""
    ours, theirs = _pair(group, name)
    if ours == theirs:
        return ""
    found = figures.ratio(ours, theirs)
    return shown(found, "×") if found else ""


def _pair(group: Group, name: str) -> tuple[str, str]:
    if group.name == "commands":
        return name, group.ours
    if name in (DASK, LOCAL):
        return DASK, LOCAL if name == LOCAL else DASK
    if group.milliseconds and name.split()[1] in ("docxtpl", "docxtpl-tags", "reportgen-docx"):
        return f"{name.split()[0]} reportgen-docx", name
    return group.ours, name


def _mib(found: Sequence[Cost]) -> str:
    memory = max(cost.memory for cost in found)
    return f"{memory:.0f}" if memory else ""


def machine(figures: Figures) -> str:
    """Return what was measured, with which versions."""
    return _lines("| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in figures.notes.items()))


def shown(found: Spread, unit: str) -> str:
    """Return a median with its quartiles, where these differ from it."""
    middle, low, high = (_number(value) for value in (found.median, found.low, found.high))
    return f"{middle} {unit.strip()}" + (f" ({low}–{high})" if low != high else "")


def _number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _lines(*lines: str) -> str:
    return "\n".join(lines)


# ---- soak -----------------------------------------------------------------------------------------------------------

_MARKS = (1, 10, 20, 50, 100, 200, 300, 400, 500, 750, 1000, 1250, 1500, 1750, 2000)
_BAR = 4  # MiB that a mark of the curve stands for


def curve(soak: Mapping[int, float]) -> str:
    """Return the memory of a process as a curve of text."""
    rows = (f"{editions:8,}  {soak[editions]:6.1f}  {'▪' * round(soak[editions] / _BAR)}" for editions in _kept(soak))
    return _lines("```text", "editions     MiB", *rows, "```")


def _kept(soak: Mapping[int, float]) -> Sequence[int]:
    return [editions for editions in _MARKS if editions in soak]


# ---- the document ---------------------------------------------------------------------------------------------------


def with_tables(document: str, tables: Mapping[str, str]) -> str:
    """Return the document with tables between their marks; everything else stays.

    Raises:
        ValueError: where a table's marks are not there.
    """
    for name, table in tables.items():
        start, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        if len(pattern.findall(document)) != 1:
            raise ValueError(f"docs/performance.md needs once: {start} … {end}")
        document = pattern.sub(lambda _, new=f"{start}\n{table}\n{end}": new, document)  # type: ignore[misc]
    return document


def all_tables(figures: Figures) -> dict[str, str]:
    """Return every table of a run of the suite, by name."""
    tables = {group.name: costs(group, figures) for group in GROUPS}
    return {"targets": targets(figures), **tables, "machine": machine(figures)}


def agreement(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each target's figure differs from the run before, as a share of it."""
    return {name: abs(now[name] / before[name] - 1) for name in now if before.get(name)}


def values(figures: Figures) -> dict[str, float]:
    """Return by what two runs are compared: the figure of each target that was measured, of seconds a ratio."""
    found = {target.what: (target.steady or target.value)(figures) for target in TARGETS}
    return {what: value.median for what, value in found.items() if value is not None}
