"""Each edition in a folder of its own, as every printer finds it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx_template import make_template, style_id
from words import pictures, words_of


@dataclass(frozen=True)
class Edition:
    """A folder with one inspection in one language.

    ``job.pickle`` is what reportgen's pool prints, ``page.html`` the same page for browsers, ``words.json`` its words;
    the photographs are those that reportgen prepared: no other printer has to scale them.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The inspection and the language."""
        return self.folder.name

    @property
    def language(self) -> str:
        """The language of the edition."""
        return self.name.rpartition(".")[2]

    def words(self) -> dict[str, Any]:
        """Return the edition's words."""
        read: dict[str, Any] = json.loads((self.folder / "words.json").read_text(encoding="utf-8"))
        return read

    def pictures(self) -> int:
        """Return how many pictures the edition shows."""
        return pictures(self.words())


def write_editions(office: Path, folder: Path, cache: Path) -> list[Edition]:
    """Write each edition of an office into a folder of its own, and beside them what the printers share."""
    return list(_write_editions(office, folder, cache))


def _write_editions(office: Path, folder: Path, cache: Path) -> Iterator[Edition]:
    from reportgen.build import Order, make_jobs
    from reportgen.folders import Workspace
    from reportgen.workspace import load_inspection, read_library

    workspace = Workspace(office)
    library = read_library(workspace)
    fonts = library.find_fonts(cache)
    os.environ["FONTCONFIG_FILE"] = str(fonts.fontconfig())
    folder.mkdir(parents=True, exist_ok=True)
    _write_shared(folder, fonts)
    printed: dict[Edition, bytes] = {}
    for inspection in workspace.inspection_ids():
        loaded = load_inspection(workspace, library, inspection, fonts)
        for language, job in make_jobs(loaded, library, fonts, Order((inspection,))).items():
            edition = Edition(folder / f"{inspection}.{language}")
            printed[edition] = _write_edition(edition, job)
            yield edition
    _write_templates(folder, printed)


def _write_shared(folder: Path, fonts: Any) -> None:
    shutil.copy(Path(__file__).with_name("minutes.typ"), folder)
    (folder / "fonts").mkdir(exist_ok=True)
    for family in fonts.families:
        for file in family.files:
            shutil.copy(file.path, folder / "fonts")


def _write_templates(folder: Path, printed: Mapping[Edition, bytes]) -> None:
    """Write the templates of docxtpl, which know the styles of all editions of a language."""
    for language in {edition.language for edition in printed}:
        own = [edition for edition in printed if edition.language == language]
        styles = sorted({style for edition in own for style in _styles(edition.words()["blocks"])})
        base = printed[own[0]]
        (folder / f"template.{language}.docx").write_bytes(make_template(base, styles))
        (folder / f"template-tags.{language}.docx").write_bytes(make_template(base))


def _styles(blocks: Any) -> Iterator[str]:
    yield "Normal"
    for block in blocks:
        if block["kind"] == "paragraph":
            yield style_id(block["style"], block["level"])
        elif block["kind"] == "figure":
            yield from _styles([block["caption"]])
        for cell in block.get("cells", ()):
            yield from _styles(cell)


def _write_edition(edition: Edition, job: Any) -> bytes:
    """Write an edition's files; return its DOCX."""
    from reportgen.render import render

    edition.folder.mkdir()
    (edition.folder / "job.pickle").write_bytes(pickle.dumps(job))
    made = render(job)
    words = words_of(made.document, job.fonts)
    (edition.folder / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    looks = "".join(f"<style>\n{_drawn(sheet.text, job.fonts)}</style>\n" for sheet in job.sheets)
    page = job.page.html.replace("</head>", f"{looks}</head>")
    (edition.folder / "page.html").write_text(page, encoding="utf-8")
    for name, picture in job.pictures.items():
        (edition.folder / name).write_bytes(picture.content)
    return made.files["docx"]


def _drawn(sheet: str, fonts: Any) -> str:
    """Return a style sheet that names the fonts that draw here: other programs know no other names of them."""
    for family in fonts.families:
        sheet = sheet.replace(f'"{family.typeface.family}"', f'"{family.drawn_with}"')
    return sheet
