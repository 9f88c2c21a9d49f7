"""``reportgen`` with printers that are quick, in each process: ``python -m quick build``."""

from __future__ import annotations

from errands import nothing, print_quickly

from reportgen import build
from reportgen.cli import main

build.do_job, build.warm_up = print_quickly, nothing

if __name__ == "__main__":
    main()
