"""The command ``reportgen``, and ``python -m reportgen``: what a start costs is cut before anything else is loaded."""

from __future__ import annotations

import atexit
import gc

from reportgen.kept import cache_folder
from reportgen.starting import compiled_once


def run() -> None:
    """Run the command line."""
    # Loading makes many objects and no garbage; and nobody need sort out, in the end, what is still in use.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    with compiled_once(cache_folder()):
        from reportgen.cli import main

        main()


if __name__ == "__main__":
    run()
