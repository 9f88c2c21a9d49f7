"""How long a user waits: whole commands timed side by side, in turn, several rounds; medians and ratios.

    make bench

Nothing here fails: a machine's speed is no property of the code. Absolute times drift; compare within one run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
INSPECTION = "611-2023-08-18"
REPORTGEN = (sys.executable, "-m", "reportgen", "--output-format", "concise")

COMMANDS = {
    "bare Python": (sys.executable, "-c", "pass"),
    "import of the PDF printer's library (WeasyPrint)": (sys.executable, "-c", "import weasyprint"),
    "reportgen --help": (*REPORTGEN, "--help"),
    "reportgen check, one file": (*REPORTGEN, "check", INSPECTION),
    "reportgen check, all files": (*REPORTGEN, "check"),
    "reportgen build, one inspection: 2 languages, DOCX and PDF": (*REPORTGEN, "build", INSPECTION, "--force"),
}


def main() -> None:
    """Print the table."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            times[name].append(_seconds(command))
    peer = statistics.median(times["import of the PDF printer's library (WeasyPrint)"])
    print(f"{'':58} median s     min s  ratio to WeasyPrint's import")  # noqa: T201
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:58} {median:8.3f}  {min(values):8.3f}  {median / peer:6.2f}")  # noqa: T201


def _seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own commands
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
