"""The photographs of an inspection made ready for paper, by whoever works: each is a job of its own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, ReportgenError, Word
from reportgen.job import PictureJob
from reportgen.pictures import LARGEST_WIDTH, Picture
from reportgen.sheets import largest_width
from reportgen.work import Steps, Work

if TYPE_CHECKING:
    from reportgen.workspace import Library, LoadedInspection


@dataclass(frozen=True, slots=True)
class Photographs:
    """Photographs ready for paper, by language and name, and the SHA-256 of their files, by name."""

    pictures: Mapping[str, Mapping[str, Picture]]
    digests: Mapping[str, str]


def photographs_of(loaded: LoadedInspection, library: Library) -> Steps[Photographs]:
    """Return the photographs of an inspection; those that the library does not keep are jobs.

    Each file is read once; where languages print at the same width, they print the same bytes.

    Raises:
        InputError: for all photographs that cannot be read, or are not fit to be printed.
    """
    widths = _widths(loaded, library)
    contents, found = _contents(loaded)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    ready: dict[tuple[str, float], Picture] = {}
    jobs: dict[tuple[str, float], Work] = {}
    for name, width in product(contents, dict.fromkeys(widths.values())):
        if kept := library.pictures.kept(digests[name], width):
            ready[name, width] = kept
        else:
            jobs[name, width] = _work(PictureJob(contents[name], name, loaded.photo_places[name], width))
    for (name, width), answer in (yield jobs).items():
        if isinstance(answer, ReportgenError):
            found += answer.diagnostics
        else:
            library.pictures.keep(digests[name], width, answer)
            ready[name, width] = answer
    if found:
        raise InputError(found)
    pictures = {language: {name: ready[name, width] for name in contents} for language, width in widths.items()}
    return Photographs(pictures, digests)


def _widths(loaded: LoadedInspection, library: Library) -> dict[str, float]:
    """Return the width in millimetres for which the pictures of each language are prepared.

    In whole centimetres: languages that print a picture at nearly the same width share it, and it is prepared once.
    """
    widths = {
        language: largest_width(
            library.sheets[language], [name for element, name in page.vocabulary if element == "img"]
        )
        for language, page in loaded.pages.items()
    }
    return {language: math.ceil(width / 10) * 10 if width else LARGEST_WIDTH for language, width in widths.items()}


def _contents(loaded: LoadedInspection) -> tuple[dict[str, bytes], list[Diagnostic]]:
    """Return the files of the photographs by name, and what is wrong with those that cannot be read."""
    contents: dict[str, bytes] = {}
    found: list[Diagnostic] = []
    for name, path in loaded.photos.items():
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            values = {"picture": name, "problem": of_system(error)}
            found.append(Diagnostic("picture-unreadable", loaded.photo_places[name], values, "save"))
    return contents, found


def _work(job: PictureJob) -> Work:
    """Return a job; larger photographs take longer, and all go before the pages that wait for them."""
    return Work(job, len(job.content), job.place, Word("preparing-photograph", {"picture": job.name}))
