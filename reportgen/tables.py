"""Tables of plain text: columns that stand straight on a terminal, also below Thai and Vietnamese letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.diagnostics import width


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; two spaces stand between columns, and none at the end of a line."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (wanted - width(cell)) for cell, wanted in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
