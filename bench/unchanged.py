"""How long `status` and `build` take where nothing changed: 1,000 inspections in two languages, 4,000 files.

Once when all are drafts, and once when all are issued.

    make bench

The files are made once by a stand-in for the printers, which writes each page's digest; all else is what `build` does.
Nothing here fails: a machine's speed is no property of the code. Absolute times drift; compare within one run.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "611-2023-08-18"
INSPECTIONS = 1000
ROUNDS = 7
SECONDS = 3  # until a file is old enough for its look to be trusted


def main() -> None:
    """Make the office, time the commands, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_office(root, INSPECTIONS)
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")
        print_in_place(root)
        time.sleep(SECONDS)
        reportgen = (sys.executable, "-m", "reportgen", "-C", folder)
        bare = {"bare Python": (sys.executable, "-c", "pass"), "reportgen --version": (*reportgen, "--version")}
        times = measure(bare | unchanged(reportgen, "unchanged"))
        issue_in_place(root)
        time.sleep(SECONDS)
        times |= measure(unchanged(reportgen, "issued"))
    print(f"{'':40} median s     min s  ratio to bare Python")  # noqa: T201
    for name, values in times.items():
        ratio = statistics.median(values) / statistics.median(times["bare Python"])
        print(f"{name:40} {statistics.median(values):8.3f}  {min(values):8.3f}  {ratio:6.1f}")  # noqa: T201


def unchanged(reportgen: tuple[str, ...], state: str) -> dict[str, tuple[str, ...]]:
    """Return the commands by what they are to be called."""
    return {f"reportgen {name}, {INSPECTIONS} {state}": (*reportgen, name) for name in ("status", "build")}


def measure(commands: dict[str, tuple[str, ...]]) -> dict[str, list[float]]:
    """Return the seconds that each command took, in rounds."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        _seconds(command)  # once, for what is remembered of files
    for _ in range(ROUNDS):
        for name, command in commands.items():
            times[name].append(_seconds(command))
    return times


def make_office(root: Path, count: int) -> None:
    """Write an office of that many inspections: the project's own, under other ids and with other figures."""
    shutil.copytree(ROOT / "templates", root / "templates")
    text = (ROOT / "inspections" / f"{SOURCE}.yaml").read_text(encoding="utf-8")
    for number in range(count):
        identifier = f"{number:04}-2023-08-18"
        shutil.copytree(ROOT / "inspections" / SOURCE, root / "inspections" / identifier)
        changed = text.replace("21995", str(21995 - number), 1)
        (root / "inspections" / f"{identifier}.yaml").write_text(changed, encoding="utf-8")


def print_in_place(root: Path) -> None:
    """Build the office in this process; a page's digest stands for its files."""
    sys.path.insert(0, str(ROOT))
    from reportgen import build, pictures
    from reportgen.folders import Workspace, cache_folder

    def render_files(job: Any) -> list[Any]:
        digest = sha256(job.page.html.encode()).digest()
        return [build.PrintedFile(form, digest * 1000, ()) for form in job.formats]

    build.render_files = render_files
    pictures.prepare_picture = cache(pictures.prepare_picture)
    workspace = Workspace(root)
    for outcome in build.build(workspace, build.Order(workspace.inspection_ids()), cache_folder()):
        if outcome.errors:
            raise SystemExit(str(outcome.errors[0]))


def issue_in_place(root: Path) -> None:
    """Issue all that was built, as it is in the record; what is frozen is a few bytes."""
    from reportgen.folders import Workspace
    from reportgen.register import RegisterEntry, register_of
    from reportgen.state import FileKey, State

    workspace = Workspace(root)
    with State.reading(root) as state, register_of(workspace).issuing() as turn:
        prints, ingredients = state.prints(), state.ingredients()
        for number, identifier in enumerate(workspace.inspection_ids(), 1):
            editions = {}
            for language in ("vi", "th"):
                printed = prints[FileKey(identifier, language, "pdf")]
                used = [asdict(ingredients[int(each)]) for each in printed.recipe.split()]
                texts = {"day": printed.day, "words": state.words(printed), "blocks": state.blocks(printed)}
                editions[language] = {**texts, "used": used, "draft": used}
            recorded = "2023-08-20T01:02:03Z"
            facts = (2023, "BB-ĐKT", number, 1, identifier, "2023-08-18", recorded, ("vi", "th"), (), {})
            files = {f"{identifier}.{language}.pdf": b"%PDF" for language in editions}
            turn.freeze(RegisterEntry(*facts), files, {"editions": editions})


def _seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own commands
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
