"""Is this computer fit to print? Library versions, fonts, and line breaks between words, each proven.

And are the DOCX and the PDF of an inspection the same paper, on this computer?
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.build import Order, make_jobs
from reportgen.diagnostics import Diagnostic, SetupError, catalogue
from reportgen.folders import Workspace
from reportgen.fonts import FontSet
from reportgen.workspace import Library, load_inspection, told_by_line

if TYPE_CHECKING:  # lxml is imported only where files are compared
    from reportgen.parity import Comparison, OtherLine

# WeasyPrint's insides are known to stylesheet.py and textlayer.py, so another version is not good enough.
_PINNED = {"weasyprint": "70.0"}
_SHOWN = ("weasyprint", "python-docx", "jinja2", "pydantic", "babel", "fonttools", "pillow", "lxml", "icu4py")
BREAK_MARK = "|"
_SHOWN_LINES = 5  # blocks of an edition of which a line is shown that differs
_SHOWN_LETTERS = 60  # of a block


@dataclass(frozen=True, slots=True)
class Result:
    """One thing examined: its sentence in the catalogue's ``ui``, and the values of the sentence.

    ``good`` is None for a remark, which is neither good nor bad.
    """

    good: bool | None
    sentence: str
    values: Mapping[str, Any]

    def text(self, language: str) -> str:
        """Return the sentence in the language of the user interface."""
        values = {key: _words(value, language) for key, value in self.values.items()}
        return str(catalogue(language)["ui"][self.sentence]).format(**values)


def _words(value: Any, language: str) -> Any:
    if not isinstance(value, Diagnostic):
        return value
    return "; ".join(filter(None, (value.sentence(language), value.advice(language))))


def examine(library: Library, cache: Path) -> Iterator[Result]:
    """Yield what was examined, one after another."""
    yield from _versions()
    try:
        fonts = library.find_fonts(cache)
    except SetupError as error:
        for diagnostic in error.diagnostics:
            yield Result(False, "doctor-font-missing", {"problem": diagnostic})
        return
    yield from _fonts(fonts)
    os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
    for locale in library.locales.values():
        if locale.data.line_break_sample:
            yield _line_breaks(locale.data.name, locale.data.language, locale.data.line_break_sample)


def _versions() -> Iterator[Result]:
    for name in _SHOWN:
        found = metadata.version(name)
        wanted = _PINNED.get(name, found)
        sentence = "doctor-version" if found == wanted else "doctor-version-wrong"
        yield Result(found == wanted, sentence, {"library": name, "found": found, "wanted": wanted})


def _fonts(fonts: FontSet) -> Iterator[Result]:
    for family in fonts.families:
        yield Result(True, "doctor-font", {"family": family.typeface.family, "drawn": family.drawn_with})


def _line_breaks(name: str, language: str, sample: str) -> Result:
    """Tell whether a text without spaces breaks between its words and nowhere else.

    ``sample`` is the text with ``|`` between its words.
    """
    words = sample.split(BREAK_MARK)
    found = broken(sample.replace(BREAK_MARK, ""), language)
    sentence = "doctor-breaks" if found == words else "doctor-breaks-wrong"
    return Result(found == words, sentence, {"language": name, "found": BREAK_MARK.join(found)})


def broken(text: str, language: str) -> list[str]:
    """Return a text in the pieces between which a line may end."""
    from reportgen.breaks import word_ends

    cuts = word_ends(text, language)
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


# ---- one inspection, two files --------------------------------------------------------------------------------------


def compare_files(workspace: Workspace, library: Library, identifier: str, cache: Path) -> dict[str, Comparison]:
    """Return how page, DOCX and PDF of an inspection compare on this computer, by language; no file is left.

    Raises:
        ReportgenError: where the inspection cannot be printed.
        SetupError: where LibreOffice or poppler is missing, or does not read a file.
    """
    from reportgen.parity import Programs, compare, docx_blocks, number_pattern, page_leaves

    programs = Programs.find()
    fonts = library.find_fonts(cache)
    # Read by fontconfig when WeasyPrint is imported.
    os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
    loaded = load_inspection(workspace, library, identifier, fonts)
    jobs = make_jobs(loaded, library, fonts, Order((identifier,)))
    from reportgen.render import render

    printed = {}
    for language, job in jobs.items():
        with told_by_line(loaded, library, language):
            printed[language] = render(job)
    with tempfile.TemporaryDirectory(prefix="reportgen-") as name:
        folder = Path(name)
        for language, artifacts in printed.items():
            for form, content in artifacts.files.items():
                (folder / f"{form}-{language}.{form}").write_bytes(content)
        documents = [folder / f"docx-{language}.docx" for language in printed]
        converted = programs.print_docx(documents, folder, fonts.fontconfig())
        return {
            language: compare(
                page_leaves(jobs[language].page.html),
                docx_blocks(artifacts.files["docx"]),
                programs.pdf_pages(folder / f"pdf-{language}.pdf"),
                programs.pdf_pages(converted[f"docx-{language}"]),
                number_pattern(artifacts.document.setup.number),
            )
            for language, artifacts in printed.items()
        }


def tell(language: str, found: Comparison) -> Iterator[Result]:
    """Yield what a comparison found: blocks and pages must agree, lines should."""
    edition = {"language": language}
    if not found.faults:
        yield Result(True, "parity-blocks", {**edition, "blocks": len(found.leaves)})
    for file, fault in found.faults.items():
        values = {"block": fault.block, "wanted": fault.wanted[:_SHOWN_LETTERS], "found": fault.found[:_SHOWN_LETTERS]}
        printed = "parity-block-pdf" if file == "pdf" else "parity-block-printed"
        sentence = "parity-block-docx" if file == "docx" else printed
        yield Result(False, sentence, {**edition, **values})
    pages = {**edition, "pdf": found.pdf.pages, "docx": found.docx.pages}
    yield Result(found.same_pages, "parity-pages" if found.same_pages else "parity-pages-differ", pages)
    other = found.other_lines
    equal = {"equal": found.lines - len(other), "lines": found.lines}
    breaks = {"equal_breaks": found.breaks - found.other_breaks, "breaks": found.breaks}
    yield Result(None if other else True, "parity-lines", {**edition, **equal, **breaks})
    first = {line.block: line for line in reversed(other)}  # of each block: the lines after it are moved by it
    for line in sorted(first.values(), key=lambda line: line.block)[:_SHOWN_LINES]:
        values = {"block": line.block, "text": found.leaves[line.block - 1].text[:_SHOWN_LETTERS]}
        yield Result(None, "parity-line", {**edition, **values, "pdf": line.pdf, "docx": line.docx})


def as_data(identifier: str, found: Mapping[str, Comparison]) -> dict[str, Any]:
    """Return what comparisons found as numbers, texts and lists, for programs."""
    return {"inspection": identifier, "editions": [_edition_data(*pair) for pair in found.items()]}


def _edition_data(language: str, found: Comparison) -> dict[str, Any]:
    return {
        "language": language,
        "blocks": len(found.leaves),
        "other_blocks": {file: asdict(fault) for file, fault in found.faults.items()},
        "pages": {"pdf": found.pdf.pages, "docx": found.docx.pages},
        "lines": found.lines,
        "line_breaks": found.breaks,
        "other_line_breaks": found.other_breaks,
        "other_lines": [_line_data(line, found) for line in found.other_lines],
    }


def _line_data(line: OtherLine, found: Comparison) -> dict[str, Any]:
    return {**asdict(line), "text": found.leaves[line.block - 1].text}
