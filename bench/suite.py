"""The benchmark suite: reportgen and its peers in turns on the same pages; writes the tables of docs/performance.md.

    make bench

``BENCH_INSPECTIONS=40`` prints so many inspections in the batch, in place of 20; ``BENCH_ROUNDS=2`` multiplies the
rounds. A peer whose page lacks words, pictures or pages ends the run: what is compared must be the same.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import cluster
import report
from editions import Edition, write_editions
from facts import faults, pages_of
from machine import machine, our_version, program_version, their_version
from offices import REAL, generated_office, issue_in_place, many_office, print_in_place, real_office, varied_office
from peers import ROOT, THEIRS, Bench, Programs, Warm
from soak import read_soak
from timing import Cost, Series, in_turns, run, total

DOCUMENT = ROOT / "docs" / "performance.md"
LAST = ROOT / ".cache" / "bench" / "figures.json"
INSPECTIONS = int(os.environ.get("BENCH_INSPECTIONS", "20"))
TIMES = int(os.environ.get("BENCH_ROUNDS", "1"))
COLD_ROUNDS, WARM_ROUNDS, BATCH_ROUNDS, COMMAND_ROUNDS = 5 * TIMES, 20 * TIMES, 5 * TIMES, 5 * TIMES
MANY, CHECKED = 1000, 200
AGREED = 0.15  # of a figure, by which two runs may differ
SECONDS = 3  # until a file is old enough for its look to be trusted

WARM = (
    "reportgen-pdf",
    "reportgen-whole",
    "typst",
    "weasyprint",
    "chromium",
    "reportgen-docx",
    "docxtpl",
    "docxtpl-tags",
)
DOCX_PRINTERS = ("reportgen-docx", "docxtpl", "docxtpl-tags")
PDF_PRINTERS = ("reportgen-pdf", "typst", "weasyprint", "chromium")


def main() -> None:
    """Measure everything, write the document, and say by how much it differs from the run before."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reportgen-bench-", ignore_cleanup_errors=True) as name:
        suite = Suite.prepare(Path(name))
        series: Series = {}
        for part in (suite.check, suite.warm, suite.cold, suite.commands, suite.batch, suite.dask):
            series |= part()
            say(f"{part.__name__}: {time.monotonic() - start:.0f} s so far")
        figures = report.Figures(series, suite.absent, suite.notes(time.monotonic() - start), read_soak())
    write(figures)


def say(line: str) -> None:
    """Tell how far the run is."""
    sys.stderr.write(f"{line}\n")


def write(figures: report.Figures) -> None:
    """Write the tables, and print those of the targets and of the run before."""
    now = report.values(figures)
    before = json.loads(LAST.read_text(encoding="utf-8")) if LAST.is_file() else {}
    differences = report.agreement(before, now)
    tables = {**report.all_tables(figures), "rerun": rerun(differences)}
    DOCUMENT.write_text(report.with_tables(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")
    LAST.parent.mkdir(parents=True, exist_ok=True)
    LAST.write_text(json.dumps(now, ensure_ascii=False, indent=1), encoding="utf-8")
    sys.stdout.write(f"{tables['targets']}\n\n{tables['rerun']}\n")


def rerun(differences: dict[str, float]) -> str:
    """Return how well this run and the one before agree."""
    if not differences:
        return "This computer has no run before this one to compare with."
    far = {what: share for what, share in differences.items() if share > AGREED}
    same = f"{len(differences) - len(far)} of {len(differences)} figures of the table of targets"
    told = "; ".join(f"{what}: {share:.0%}" for what, share in far.items())
    return f"Compared with the run before on this computer, {same} agree within {AGREED:.0%}." + (
        f" Those that do not: {told}." if far else ""
    )


@dataclass
class Suite:
    """What is printed by whom."""

    bench: Bench
    real: list[Edition]
    varied: list[Edition]
    absent: dict[str, str]

    @classmethod
    def prepare(cls, folder: Path) -> Suite:
        """Make the offices and the editions."""
        programs = Programs.find()
        cache = folder / "cache" / "reportgen"
        real_office(folder / "real")
        varied_office(folder / "varied", WARM_ROUNDS + 1, photos=2)
        real = write_editions(folder / "real", folder / "real-editions", cache)
        varied = write_editions(folder / "varied", folder / "editions", cache)
        environment = {
            "FONTCONFIG_FILE": os.environ["FONTCONFIG_FILE"],
            "XDG_CACHE_HOME": str(folder / "cache"),
            "BENCH_OFFICE": str(folder / "varied"),
            "BENCH_CHROMIUM": programs.chromium or "",
        }
        absent = {}
        if programs.chromium is None:
            names = ("th chromium", "vi chromium", "cold chromium")
            absent = dict.fromkeys(names, "Chromium is not installed here")
        return cls(Bench(folder, programs, environment), real, varied, absent)

    @property
    def folder(self) -> Path:
        """Where all is printed."""
        return self.bench.folder

    def printers(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those printers that are on this computer."""
        return tuple(name for name in names if name != "chromium" or self.bench.programs.chromium)

    # ---- the same page from all

    def check(self) -> Series:
        """Print the first edition of each language with every printer, and compare it with its words.

        Raises:
            SystemExit: where a page lacks something.
        """
        wrong: list[str] = []
        folder = self.folder / "facts"
        folder.mkdir()
        for language in ("vi", "th"):
            edition = next(each for each in self.varied if each.language == language)
            made = self._print_all(edition, folder)
            pages = pages_of(made["reportgen-pdf"])
            for name, file in made.items():
                wrong += [f"{name}, {language}: {fault}" for fault in faults(edition, file, pages)]
        if wrong:
            raise SystemExit("\n".join(wrong))
        return {}

    def _print_all(self, edition: Edition, folder: Path) -> dict[str, Path]:
        made = {name: folder / f"{name}.{edition.language}.pdf" for name in self.printers(PDF_PRINTERS)}
        made |= {name: folder / f"{name}.{edition.language}.docx" for name in DOCX_PRINTERS}
        for name, file in made.items():
            self.bench.once(name, (edition, file))
        self.bench.convert([made["docxtpl"]])
        return {**made, "docxtpl + LibreOffice": made["docxtpl"].with_suffix(".pdf")}

    # ---- one report

    def warm(self) -> Series:
        """Print each varied edition with every printer, each kept in a process of its own."""
        with ExitStack() as stack:
            kept = {name: stack.enter_context(Warm(self.bench, name)) for name in self.printers(WARM)}
            tasks: dict[str, Callable[[int], Cost]] = {}
            for language in ("th", "vi"):
                own = [each for each in self.varied if each.language == language]
                tasks |= {f"{language} {name}": partial(_nth, process, own) for name, process in kept.items()}
            return in_turns(tasks, WARM_ROUNDS)

    def cold(self) -> Series:
        """Print the real inspection with fresh processes."""
        out = self.folder / "cold"
        out.mkdir()
        files = {(form, each.name): out / f"{each.name}.{form}" for form in ("docx", "pdf") for each in self.real}
        docx = [files["docx", each.name] for each in self.real]
        pairs = {form: [(each, files[form, each.name]) for each in self.real] for form in ("docx", "pdf")}
        bench = self.bench
        tasks: dict[str, Callable[[int], Cost]] = {
            report.OURS: partial(self._command, self.folder / "real", "build", REAL, "--force"),
            report.OURS_FIRST: partial(self._first, self.folder / "real", "build", REAL, "--force"),
            report.PEER_EACH: lambda n: total(
                *(bench.once("docxtpl", pair, watch=not n) for pair in pairs["docx"]),
                *(bench.convert([file], watch=not n) for file in docx),
            ),
            report.PEER_BOTH: lambda n: total(
                bench.once("docxtpl", *pairs["docx"], watch=not n), bench.convert(docx, watch=not n)
            ),
            "cold typst": lambda n: bench.once("typst", *pairs["pdf"], watch=not n),
            "cold weasyprint": lambda n: bench.once("weasyprint", *pairs["pdf"], watch=not n),
        }
        if bench.programs.chromium:
            tasks["cold chromium"] = lambda n: total(*(bench.chromium(*pair, watch=not n) for pair in pairs["pdf"]))
        series = in_turns(tasks, COLD_ROUNDS)
        wrong = [fault for each in self.real for fault in faults(each, files["docx", each.name])]
        if wrong:
            raise SystemExit("\n".join(wrong))
        return series

    # ---- commands where nothing is printed

    def commands(self) -> Series:
        """Start commands; check many inspections; ask for what is up to date, as drafts and as issued."""
        office = self.folder / "many"
        many_office(office, MANY)
        few = many_office(self.folder / "few", CHECKED)
        print_in_place(office, self.folder / "cache" / "reportgen")
        time.sleep(SECONDS)
        asked = {
            "--version": (office, "--version"),
            "--help": (office, "--help"),
            report.CHECK_ONE: (self.folder / "real", "check", REAL),
            report.CHECK_MANY: (few, "check"),
            "status unchanged": (office, "status"),
            report.UNCHANGED: (office, "build"),
        }
        python = {report.BARE: "pass", report.HEAVY: "import weasyprint"}
        series = in_turns(
            {name: partial(self._python, code) for name, code in python.items()}
            | {name: partial(self._command, *arguments) for name, arguments in asked.items()},
            COMMAND_ROUNDS,
        )
        issue_in_place(office)
        time.sleep(SECONDS)
        issued = {
            "status issued": partial(self._command, office, "status"),
            report.ISSUED: partial(self._command, office, "build"),
        }
        return series | in_turns(issued, COMMAND_ROUNDS)

    def _command(self, office: Path, *arguments_and_round: Any) -> Cost:
        *arguments, number = arguments_and_round
        return self.bench.reportgen(office, *arguments, watch=not number)

    def _first(self, office: Path, *arguments_and_round: Any) -> Cost:
        """Run a command that prepares all photographs, as if none had been printed before."""
        shutil.rmtree(self.folder / "cache" / "reportgen" / "pictures", ignore_errors=True)
        return self._command(office, *arguments_and_round)

    def _python(self, code: str, number: int) -> Cost:
        return run([sys.executable, "-c", code], ROOT, self.bench.environment, memory=not number)

    # ---- many reports

    def batch(self, inspections: int = INSPECTIONS, rounds: int = BATCH_ROUNDS, *, warmed: bool = True) -> Series:
        """Print so many generated inspections, both languages, both formats."""
        office = generated_office(self.folder / "generated", inspections)
        editions = write_editions(office, self.folder / "generated-editions", self.folder / "cache" / "reportgen")
        out = self.folder / "batch"
        series = in_turns(
            {
                report.TWO: partial(self._first, office, "build", "--force", "--jobs", "2"),
                report.ONE: partial(self._first, office, "build", "--force", "--jobs", "1"),
                report.PEER_BATCH: lambda n: self.bench.docx_then_pdf(editions, out, watch=not n),
                report.PEER_TWO: lambda n: self.bench.docx_then_pdf(editions, out, at_once=2, watch=not n),
            },
            rounds,
            warmed=warmed,
        )
        wrong = [fault for each in editions for fault in faults(each, out / f"{each.name}.pdf")]
        if wrong:
            raise SystemExit("\n".join(wrong))
        return series

    def dask(self, rounds: int = BATCH_ROUNDS, *, warmed: bool = True) -> Series:
        """Print the batch on a Dask cluster of this computer, in turn with two local processes."""
        reason = cluster.why_not()
        if reason:
            self.absent |= {report.DASK: reason, report.LOCAL: reason}
            return {}
        office = self.folder / "generated"
        return in_turns(
            {
                report.LOCAL: partial(self._first, office, "build", "--force", "--jobs", "2"),
                report.DASK: partial(self._on_a_cluster, office),
            },
            rounds,
            warmed=warmed,
        )

    def _on_a_cluster(self, office: Path, number: int) -> Cost:
        """Build on workers that have just been started: their printing processes start as the pool's here do."""
        with cluster.running(self.folder, self.bench.environment, workers=2) as address:
            return self._first(office, "build", "--force", "--scheduler", address, number)

    # ---- what was measured

    def notes(self, seconds: float) -> dict[str, str]:
        """Return the computer, the versions and the numbers of this run."""
        chromium = self.bench.programs.chromium
        versions = {
            "reportgen": our_version("reportgen"),
            "WeasyPrint": our_version("weasyprint"),
            "docxtpl": their_version(THEIRS, "docxtpl"),
            "Typst": their_version(THEIRS, "typst"),
            "LibreOffice": program_version(self.bench.programs.soffice),
            "Chromium": program_version(chromium) if chromium else "not installed",
        }
        return {
            "day": date.today().isoformat(),
            "computer": machine(),
            "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
            "rounds": f"{COLD_ROUNDS} cold, {WARM_ROUNDS} warm, {BATCH_ROUNDS} of a batch, {COMMAND_ROUNDS} commands",
            "batch": f"{INSPECTIONS} generated inspections, {4 * INSPECTIONS} files",
            "time of the run": f"{seconds / 60:.1f} minutes",
        }


def _nth(process: Warm, editions: list[Edition], number: int) -> Cost:
    return process.print(editions[number])


if __name__ == "__main__":
    main()
