"""A large batch, printed once by each: writes its table of docs/performance.md, beside those of the suite.

.venv/bin/python bench/batch.py 500
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import report
from suite import DOCUMENT, Suite


def main(inspections: int) -> None:
    """Print so many inspections, one printer after the other, and write the document."""
    with tempfile.TemporaryDirectory(prefix="reportgen-batch-", ignore_cleanup_errors=True) as name:
        suite = Suite.prepare(Path(name))
        series = suite.batch(inspections, 1, warmed=False) | suite.dask(1, warmed=False)
        figures = report.Figures(series, suite.absent)
    table = f"{inspections:,} inspections, once:\n\n{report.costs(report.BATCH, figures)}"
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(report.with_tables(document, {"large-batch": table}), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]))
