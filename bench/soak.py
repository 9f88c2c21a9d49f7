"""The memory of one printing process over many editions: prints them as the pool does, writes docs/soak.csv.

    .venv/bin/python bench/soak.py 2000

The pool gives up a process after 500 jobs; this one goes on.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import report
from editions import write_editions
from offices import ROOT, generated_office

CURVE = ROOT / "docs" / "soak.csv"
DOCUMENT = ROOT / "docs" / "performance.md"
_INSPECTIONS = 40
_EVERY = 10


def read_soak() -> dict[int, float]:
    """Return the MiB after so many editions, as last measured."""
    if not CURVE.is_file():
        return {}
    with CURVE.open(encoding="utf-8", newline="") as file:
        return {int(row["editions"]): float(row["MiB"]) for row in csv.DictReader(file)}


def main(editions: int) -> None:
    """Print so many editions, write the curve and the document."""
    with tempfile.TemporaryDirectory(prefix="reportgen-soak-") as name:
        folder = Path(name)
        _write_in_another_process(folder)
        os.environ["FONTCONFIG_FILE"] = (folder / "fonts.conf.path").read_text(encoding="utf-8")
        found = _soak(folder / "editions", editions)
    with CURVE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("editions", "MiB"))
        writer.writerows((number, f"{mib:.1f}") for number, mib in found.items())
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(report.with_tables(document, {"soak": report.curve(found)}), encoding="utf-8")


def _write_in_another_process(folder: Path) -> None:
    """Write the editions; what that takes is no part of the memory that is measured."""
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1]:
            raise SystemExit("the editions could not be written")
        return
    code = 1
    try:
        office = generated_office(folder / "office", _INSPECTIONS)
        write_editions(office, folder / "editions", folder / "cache")
        (folder / "fonts.conf.path").write_text(os.environ["FONTCONFIG_FILE"], encoding="utf-8")
        code = 0
    finally:
        os._exit(code)


def _soak(folder: Path, editions: int) -> dict[int, float]:
    from worker import Reportgen

    printer = Reportgen("docx", "pdf")
    found = {}
    for number, path in zip(range(1, editions + 1), cycle(sorted(folder.glob("*/job.pickle"))), strict=False):
        printer.print(printer.load(path.parent))
        if number == 1 or number % _EVERY == 0:
            found[number] = _memory()
            sys.stderr.write(f"{number} editions, {found[number]:.1f} MiB\n")
    return found


def _memory() -> float:
    """Return the MiB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    main(int(sys.argv[1]))
