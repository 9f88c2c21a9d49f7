"""One printer in a process of its own, warm: it prints the editions that it is asked for, one after another.

    python bench/worker.py PRINTER                    asked by lines of JSON, answered by lines of JSON
    python bench/worker.py PRINTER FOLDER FILE …      prints once and ends: what a cold start costs

An edition is a folder (``documents.py`` makes them). What is read from it before printing is not timed: the job, the
words. The file is written after the time is taken.
"""

from __future__ import annotations

import base64
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from docx_template import style_id


class Printer(Protocol):
    """How a printer is used: ``load`` is not timed, ``print`` is."""

    def load(self, edition: Path) -> Any:
        """Return what is to be printed."""

    def print(self, loaded: Any) -> bytes:
        """Return the file."""

    def seconds(self) -> float:
        """Return the seconds of CPU used so far."""
        return time.process_time()

    def memory(self) -> float:
        """Return the MiB held at most so far."""
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

    def close(self) -> None:
        """End what was started."""


class Reportgen(Printer):
    """A process of reportgen's pool: from a page to its files."""

    def __init__(self, *formats: str) -> None:
        from reportgen.build import warm_up

        self._formats = formats
        warm_up()

    def load(self, edition: Path) -> Any:
        """Return a job as the pool gives it to its processes."""
        with (edition / "job.pickle").open("rb") as file:
            return replace(pickle.load(file), formats=self._formats)  # noqa: S301 - written by this benchmark

    def print(self, loaded: Any) -> bytes:
        """Return the last file of those that the pool's process returns."""
        from reportgen.printing import render_files

        return bytes(render_files(loaded)[-1].content)


class WholeReportgen(Printer):
    """reportgen from the inspection file on: read, checked, put into words, printed as PDF."""

    def __init__(self) -> None:
        from reportgen.build import warm_up
        from reportgen.folders import Workspace
        from reportgen.kept import cache_folder
        from reportgen.workspace import read_library

        self._workspace = Workspace(Path(os.environ["BENCH_OFFICE"]))
        self._library = read_library(self._workspace)
        self._fonts = self._library.find_fonts(cache_folder())
        warm_up()

    def load(self, edition: Path) -> Any:
        """Return the inspection and the language."""
        inspection, _, language = edition.name.rpartition(".")
        return inspection, language

    def print(self, loaded: Any) -> bytes:
        """Return the PDF; the photographs are prepared with the first one."""
        from reportgen.build import Order, make_jobs
        from reportgen.printing import render_files
        from reportgen.workspace import load_inspection

        inspection, language = loaded
        order = Order((inspection,), (language,), ("pdf",))
        found = load_inspection(self._workspace, self._library, inspection, self._fonts)
        (file,) = render_files(make_jobs(found, self._library, self._fonts, order)[language])
        return bytes(file.content)


class WeasyPrint(Printer):
    """WeasyPrint as its documentation shows it: a page and its style sheet, no tags."""

    def load(self, edition: Path) -> Any:
        """Return the path of the page."""
        return str(edition / "page.html")

    def print(self, loaded: Any) -> bytes:
        """Return the PDF."""
        from weasyprint import HTML

        return bytes(HTML(filename=loaded).write_pdf())


class Docxtpl(Printer):
    """docxtpl with all that saves it work: the template in memory, one Jinja environment, no rich text."""

    def __init__(self, template: str) -> None:
        from jinja2 import Environment

        self._name = template
        self._environment = Environment(autoescape=True)
        self._templates: dict[Path, bytes] = {}

    def load(self, edition: Path) -> Any:
        """Return the template of the language, the words and the photographs."""
        template = edition.parent / f"{self._name}.{edition.name.rpartition('.')[2]}.docx"
        if template not in self._templates:
            self._templates[template] = template.read_bytes()
        words = json.loads((edition / "words.json").read_text(encoding="utf-8"))
        pictures = {path.name: path.read_bytes() for path in edition.glob("*.jpg")}
        return self._templates[template], words, pictures

    def print(self, loaded: Any) -> bytes:
        """Return the DOCX."""
        from docxtpl import DocxTemplate

        content, words, pictures = loaded
        template = DocxTemplate(io.BytesIO(content))
        blocks = list(_word_blocks(template, words["blocks"], pictures))
        template.render({"blocks": blocks}, self._environment, autoescape=True)
        out = io.BytesIO()
        template.save(out)
        return out.getvalue()


def _word_blocks(template: Any, blocks: list[Any], pictures: dict[str, bytes]) -> Any:
    """Yield blocks as the template's tags name them, lengths in the units of Word."""
    from docx.shared import Pt
    from docxtpl import InlineImage

    for block in blocks:
        match block["kind"]:
            case "paragraph":
                yield {**block, "style": style_id(block["style"], block["level"])}
            case "rule":
                indent = round((block["column"] - block["length"]) * 10)
                yield {**block, "style": style_id(block["style"]), "indent": indent}
            case "space":
                yield {**block, "style": style_id(block["style"]), "height": round(block["height"] * 20)}
            case "table":
                head, body = ([_row(row, block["widths"]) for row in block[part]] for part in ("head", "body"))
                yield {"kind": "table", "widths": _twips(block["widths"]), "head": head, "body": body}
            case "columns":
                widths = _twips(block["widths"])
                cells = [list(_word_blocks(template, cell, pictures)) or [_NOTHING] for cell in block["cells"]]
                columns = [{"width": width, "blocks": cell} for width, cell in zip(widths, cells, strict=True)]
                yield {"kind": "columns", "widths": widths, "columns": columns}
            case "figure":
                picture = io.BytesIO(pictures[block["picture"]])
                yield {"kind": "photograph", "picture": InlineImage(template, picture, width=Pt(block["width"]))}
                yield from _word_blocks(template, [block["caption"]], pictures)


_NOTHING = {"kind": "paragraph", "style": "Normal", "text": ""}  # a cell of Word holds a paragraph


def _row(row: list[Any], widths: list[float]) -> list[Any]:
    pairs = zip(row, _twips(widths), strict=True)
    return [{"style": style_id(cell["style"]), "text": cell["text"], "width": width} for cell, width in pairs]


def _twips(widths: list[float]) -> list[int]:
    return [round(width * 20) for width in widths]


class Typst(Printer):
    """Typst with one compiler kept, the fonts of the page only; tagged, PDF/A-3a and PDF/UA-1 as reportgen's PDF."""

    def __init__(self) -> None:
        self._compiler: Any = None

    def load(self, edition: Path) -> Any:
        """Return the path of the edition as the template names it."""
        if self._compiler is None:
            import typst

            fonts = typst.Fonts(False, False, [str(edition.parent / "fonts")])
            self._compiler = typst.Compiler(str(edition.parent / "minutes.typ"), str(edition.parent), fonts)
        return f"/{edition.name}"

    def print(self, loaded: Any) -> bytes:
        """Return the PDF."""
        standards = ["a-3a", "ua-1"]
        inputs = {"edition": loaded}
        return bytes(self._compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=standards, timestamp=0))


class Chromium(Printer):
    """One headless Chromium with one page, kept running; asked through its pipe to print tagged PDF."""

    def __init__(self) -> None:
        from meter import session_memory, session_seconds

        self._measure = session_seconds, session_memory
        self._numbers = count(1)
        self._peak = 0.0
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()

        def connect() -> None:
            os.dup2(os.dup(to_browser), 3)
            os.dup2(os.dup(from_browser), 4)

        profile = tempfile.mkdtemp()
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(  # noqa: S603 - its path is our caller's
            [os.environ["BENCH_CHROMIUM"], *options, "--remote-debugging-pipe"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            close_fds=False,
            preexec_fn=connect,  # noqa: PLW1509 - Chromium wants these two numbers; no thread runs here yet
        )
        self._rest = b""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Page.enable")

    _session = ""

    def _ask(self, method: str, **parameters: Any) -> Any:
        message = {"id": next(self._numbers), "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda found: found.get("id") == message["id"])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def _wait(self, wanted: Callable[[Any], bool]) -> Any:
        while True:
            while b"\0" not in self._rest:
                piece = os.read(self._read, 1 << 20)
                if not piece:
                    raise RuntimeError("Chromium has ended")
                self._rest += piece
            line, _, self._rest = self._rest.partition(b"\0")
            found = json.loads(line)
            if wanted(found):
                return found

    def load(self, edition: Path) -> Any:
        """Return the address of the page."""
        return (edition / "page.html").as_uri()

    def print(self, loaded: Any) -> bytes:
        """Return the PDF."""
        self._ask("Page.navigate", url=loaded)
        self._wait(lambda found: found.get("method") == "Page.loadEventFired")
        printed = self._ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True, generateTaggedPDF=True)
        return base64.b64decode(printed["data"])

    def seconds(self) -> float:
        """Return the seconds of CPU of all processes of the browser; it counts in hundredths."""
        return self._measure[0](self._process.pid) + time.process_time()

    def memory(self) -> float:
        """Return the most MiB that the browser was seen to hold."""
        self._peak = max(self._peak, self._measure[1](self._process.pid))
        return self._peak

    def close(self) -> None:
        """End the browser."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


PRINTERS: dict[str, Callable[[], Printer]] = {
    "reportgen-pdf": lambda: Reportgen("pdf"),
    "reportgen-docx": lambda: Reportgen("docx"),
    "reportgen-whole": WholeReportgen,
    "weasyprint": WeasyPrint,
    "docxtpl": lambda: Docxtpl("template"),
    "docxtpl-tags": lambda: Docxtpl("template-tags"),
    "typst": Typst,
    "chromium": Chromium,
}


def main(name: str, *files: str) -> None:
    """Print what is asked for."""
    printer = PRINTERS[name]()
    try:
        for edition, file in zip(files[::2], files[1::2], strict=True):
            Path(file).write_bytes(printer.print(printer.load(Path(edition))))
        if not files:
            _serve(printer)
    finally:
        printer.close()


def _serve(printer: Printer) -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        loaded = printer.load(Path(asked["edition"]))
        wall, cpu = time.perf_counter(), printer.seconds()
        content = printer.print(loaded)
        wall, cpu = time.perf_counter() - wall, printer.seconds() - cpu
        if "file" in asked:
            Path(asked["file"]).write_bytes(content)
        print(json.dumps({"wall": wall, "cpu": cpu, "memory": printer.memory()}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
