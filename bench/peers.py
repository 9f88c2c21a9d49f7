"""The printers that take part: how each is started, kept warm, and asked for whole batches."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from editions import Edition
from timing import Cost, as_installed, run, total

ROOT = Path(__file__).resolve().parent.parent
THEIRS = ROOT / ".venv" / "bench" / "bin" / "python"  # with docxtpl and Typst; `make bench` installs it
WORKER = str(Path(__file__).with_name("worker.py"))
IN_ONE_PROCESS = 20  # files that one LibreOffice converts
THEIR_PRINTERS = ("docxtpl", "docxtpl-tags", "typst")


@dataclass(frozen=True)
class Programs:
    """The programs of others on this computer."""

    soffice: str
    chromium: str | None

    @classmethod
    def find(cls) -> Programs:
        """Return them.

        Raises:
            SystemExit: where LibreOffice or the other Python is not there.
        """
        soffice = shutil.which("soffice")
        if soffice is None or not THEIRS.exists():
            raise SystemExit("LibreOffice, docxtpl and Typst are installed by: make bench")
        return cls(soffice, shutil.which("chromium") or shutil.which("google-chrome"))


@dataclass(frozen=True)
class Bench:
    """The folder where all is printed, the programs, and what every process gets as its environment."""

    folder: Path
    programs: Programs
    environment: Mapping[str, str]

    def once(self, printer: str, *pairs: tuple[Edition, Path], watch: bool = False) -> Cost:
        """Return what a fresh process of a printer costs that prints editions into files."""
        files = [str(each) for edition, file in pairs for each in (edition.folder, file)]
        return run([*_worker(printer), *files], self.folder, self.environment, memory=watch)

    def convert(self, documents: Sequence[Path], profile: str = "profile", *, watch: bool = False) -> Cost:
        """Return what one LibreOffice costs that prints DOCX files as PDF beside them; its profile is there already."""
        home = f"-env:UserInstallation={(self.folder / profile).as_uri()}"
        options = [home, "--headless", "--convert-to", "pdf", "--outdir", str(documents[0].parent)]
        command = [self.programs.soffice, *options, *map(str, documents)]
        cost = run(command, self.folder, self.environment, memory=watch)
        lacking = [each.name for each in documents if not each.with_suffix(".pdf").is_file()]
        if lacking:
            raise SystemExit(f"LibreOffice did not print {', '.join(lacking)}")
        return cost

    def chromium(self, edition: Edition, file: Path, *, watch: bool = False) -> Cost:
        """Return what a fresh Chromium costs that prints one page."""
        assert self.programs.chromium  # noqa: S101 - nobody asks for it where it is not
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={file}"]
        profile = f"--user-data-dir={self.folder / 'chromium'}"
        page = (edition.folder / "page.html").as_uri()
        command = [self.programs.chromium, *options, profile, page]
        return run(command, self.folder, self.environment, memory=watch)

    def docx_then_pdf(
        self, editions: Sequence[Edition], folder: Path, *, at_once: int = 1, watch: bool = False
    ) -> Cost:
        """Return what docxtpl and LibreOffice cost for both formats: so many of each side by side."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = [(editions[number::at_once], folder, f"profile-{number}", watch) for number in range(at_once)]
        start = time.perf_counter()
        with ThreadPoolExecutor(at_once) as threads:
            costs = list(threads.map(lambda part: self._docx_then_pdf(*part), parts))
        wall = time.perf_counter() - start
        return Cost(wall, sum(cost.cpu for cost in costs), sum(cost.memory for cost in costs))

    def _docx_then_pdf(self, editions: Sequence[Edition], folder: Path, profile: str, watch: bool) -> Cost:
        pairs = [(edition, folder / f"{edition.name}.docx") for edition in editions]
        files = [file for _, file in pairs]
        groups = [files[start : start + IN_ONE_PROCESS] for start in range(0, len(files), IN_ONE_PROCESS)]
        return total(
            self.once("docxtpl", *pairs, watch=watch), *(self.convert(group, profile, watch=watch) for group in groups)
        )

    def reportgen(self, office: Path, *arguments: str, watch: bool = False) -> Cost:
        """Return what a command of reportgen costs."""
        command = [sys.executable, "-m", "reportgen", "-C", str(office), "--output-format", "concise", *arguments]
        return run(command, ROOT, self.environment, memory=watch)


class Warm:
    """A process of one printer that is kept; used as a with-statement."""

    def __init__(self, bench: Bench, printer: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            _worker(printer),
            env={**as_installed(), **bench.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._name = printer

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def print(self, edition: Edition, file: Path | None = None) -> Cost:
        """Return what an edition costs; write it where a file is named."""
        asked = {"edition": str(edition.folder), **({"file": str(file)} if file else {})}
        assert self._process.stdin and self._process.stdout  # noqa: S101, PT018 - both are pipes
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self._name} has ended at {edition.name}")
        return Cost(**json.loads(answer))


def _worker(printer: str) -> list[str]:
    return [str(THEIRS) if printer in THEIR_PRINTERS else sys.executable, WORKER, printer]
