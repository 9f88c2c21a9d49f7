"""How long ``check`` takes for many inspections: variations of the real one, in a temporary folder.

    make bench

The aim is 200 inspections in 2 s on two cores. Times drift with the machine; CPU time of both processes drifts less.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = "611-2023-08-18"
NUMBERS = (1, 50, 200)
ROUNDS = 3


def main() -> None:
    """Print the table."""
    print(f"{'inspections':>11}  seconds  CPU seconds  CPU ms an inspection beyond the first")  # noqa: T201
    first = 0.0
    for number in NUMBERS:
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder), number)
            wall, cpu = min(_timed(Path(folder)) for _ in range(ROUNDS))
        first = first or cpu
        each = f"{(cpu - first) / (number - 1) * 1000:6.1f}" if number > 1 else ""
        print(f"{number:11}  {wall:7.2f}  {cpu:11.2f}  {each}")  # noqa: T201


def _write(root: Path, number: int) -> None:
    """Make a workspace with so many inspections, each with another day, other figures and other texts."""
    shutil.copytree(ROOT / "templates", root / "templates")
    source = (ROOT / "inspections" / f"{REAL}.yaml").read_text(encoding="utf-8")
    for index in range(number):
        identifier = f"visit-{index:03}"
        text = source.replace("18/08/2566", f"{1 + index % 28}/{1 + index % 6}/2566")
        text = text.replace("done: 12\n", f"done: {index}\n").replace("total: 180\n", f"total: {index + 180}\n")
        text = re.sub(r"huyện Lắk được", f"huyện Lắk (lần {index}) được", text)
        (root / "inspections").mkdir(exist_ok=True)
        (root / "inspections" / f"{identifier}.yaml").write_text(text, encoding="utf-8")
        shutil.copytree(ROOT / "inspections" / REAL, root / "inspections" / identifier)


def _timed(root: Path) -> tuple[float, float]:
    """Return the seconds, and the seconds of CPU of all its processes, that a check takes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = (sys.executable, "-m", "reportgen", "-C", str(root), "--output-format", "concise", "check")
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)  # noqa: S603 - our own command
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
