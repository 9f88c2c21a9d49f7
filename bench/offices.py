"""Offices to work in: the project's own, varied, generated, or a thousand inspections that are all up to date."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
REAL = "611-2023-08-18"


def real_office(root: Path) -> Path:
    """Make an office with the real inspection."""
    root.mkdir(parents=True)
    shutil.copytree(ROOT / "templates", root / "templates")
    shutil.copytree(ROOT / "inspections" / REAL, root / "inspections" / REAL)
    shutil.copy(ROOT / "inspections" / f"{REAL}.yaml", root / "inspections")
    return root


def varied_office(root: Path, count: int, photos: int) -> Path:
    """Make an office of that many inspections: the real one with so many photographs, its texts full of its number.

    So each is new, and no printer gains from having laid out the same lines of a text before.
    """
    real_office(root)
    source = root / "inspections" / f"{REAL}.yaml"
    for number in range(count):
        data = yaml.load(source.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - texts only
        data["photos"] = data["photos"][:photos]
        for part in ("results", "limitations", "conclusions", "photos"):
            _number_texts(data[part], str(number))
        text = yaml.dump(data, allow_unicode=True, sort_keys=False)
        (root / "inspections" / f"visit-{number:04}.yaml").write_text(text, encoding="utf-8")
        shutil.copytree(root / "inspections" / REAL, root / "inspections" / f"visit-{number:04}")
    source.unlink()
    return root


# Some words, up to a space; or where Thai has none for long, up to a vowel or consonant that begins a syllable.
_SOME_WORDS = re.compile(r"[^\n]{24,40}?(?= )|[^\n]{40}(?=[\u0e40-\u0e44]|(?<![\u0e40-\u0e44])[\u0e01-\u0e2e])")


def _number_texts(items: list[Any], number: str) -> None:
    for item in items:
        for key in {"text", "caption", "what"} & set(item):
            item[key] = {language: _numbered(words, number) for language, words in item[key].items()}
        _number_texts(item.get("figures", []), number)


def _numbered(words: str, number: str) -> str:
    """Return a text with a number at its end, and often enough in it that hardly a line is without."""
    return f"{_SOME_WORDS.sub(lambda some: f'{some[0]} {number}', words)} {number}"


def generated_office(root: Path, count: int) -> Path:
    """Make an office of that many inspections that nobody wrote: those of the tests."""
    sys.path.insert(0, str(ROOT / "tests"))
    from generated import write_inspections

    real_office(root)
    shutil.copy(ROOT / "inspections" / "mau-toi-thieu.yaml", root / "inspections")
    write_inspections(root / "inspections", count)
    for photograph in (root / "inspections").glob("*/*.jpg"):
        photograph.write_bytes(_commented(photograph.read_bytes(), photograph.parent.name))
    return root


def _commented(jpeg: bytes, words: str) -> bytes:
    """Return a JPEG with a comment: the same picture, but a file that was never seen."""
    comment = words.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


# ---- an office where nothing changed --------------------------------------------------------------------------------


def many_office(root: Path, count: int) -> Path:
    """Make an office of that many inspections: the real one, under other ids, on other days and with other figures."""
    shutil.copytree(ROOT / "templates", root / "templates")
    text = (ROOT / "inspections" / f"{REAL}.yaml").read_text(encoding="utf-8")
    for number in range(count):
        identifier = f"{number:04}-2023-08-18"
        shutil.copytree(ROOT / "inspections" / REAL, root / "inspections" / identifier)
        changed = text.replace("21995", str(21995 - number)).replace("18/08/2566", f"{1 + number % 28}/8/2566")
        changed = changed.replace("huyện Lắk được", f"huyện Lắk (lần {number}) được")
        (root / "inspections" / f"{identifier}.yaml").write_text(changed, encoding="utf-8")
    return root


def print_in_place(root: Path, cache_folder: Path) -> None:
    """Build an office in this process, in a hurry; what is recorded is what ``build`` records.

    A page's digest stands for its files, and nothing is attached.
    """
    from reportgen import build, printing, sources
    from reportgen.folders import Workspace

    def render_files(job: Any) -> list[Any]:
        digest = sha256(job.page.html.encode()).digest()
        return [build.PrintedFile(form, digest * 1000, ()) for form in job.formats]

    real = printing.render_files, sources.pack
    printing.render_files, sources.pack = render_files, lambda *_: ()
    try:
        workspace = Workspace(root)
        for outcome in build.build(workspace, build.Order(workspace.inspection_ids()), cache_folder):
            if outcome.errors:
                raise SystemExit(str(outcome.errors[0]))
    finally:
        printing.render_files, sources.pack = real


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
            for language in workspace.languages():
                printed = prints[FileKey(identifier, language, "pdf")]
                used = [asdict(ingredients[int(each)]) for each in printed.recipe.split()]
                texts = {"day": printed.day, "words": state.words(printed), "blocks": state.blocks(printed)}
                editions[language] = {**texts, "used": used, "draft": used}
            recorded = "2023-08-20T01:02:03Z"
            facts = (2023, "BB-ĐKT", number, 1, identifier, "2023-08-18", recorded, ("vi", "th"), (), {})
            files = {f"{identifier}.{language}.pdf": b"%PDF" for language in editions}
            turn.freeze(RegisterEntry(*facts), files, {"editions": editions})
