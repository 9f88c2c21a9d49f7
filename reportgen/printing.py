"""What a printing process does: it loads the printers, then does one job after the other.

A fresh process loads this module and nothing of the office: it begins while another one still reads.
"""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a process that finds nothing to print loads none of it
    from reportgen.job import Job, PictureJob
    from reportgen.pictures import Picture


@dataclass(frozen=True)
class PrintedFile:
    """A printed file, and its paragraphs as (style, text)."""

    format: str
    content: bytes
    blocks: tuple[tuple[str, str], ...]


def warm_up() -> None:
    """Load the printers, in a process that prints many jobs; what is loaded is never looked at for garbage."""
    gc.set_threshold(100_000)  # to load makes hardly any garbage, a document makes many objects and little garbage
    import reportgen.render  # noqa: F401

    gc.freeze()


def do_job(job: Job | PictureJob) -> list[PrintedFile] | Picture:
    """Return the printed files of an edition, or a picture ready for paper.

    Raises:
        ReportgenError: where a template or a photograph is not fit to be printed.
    """
    from reportgen.job import Job

    return render_files(job) if isinstance(job, Job) else _prepare(job)


def _prepare(job: PictureJob) -> Picture:
    from reportgen.photographs import prepare_picture  # Pillow comes along: not where all pictures are kept

    return prepare_picture(job.content, job.name, job.place, job.width)


def render_files(job: Job) -> list[PrintedFile]:
    """Return the printed files of a job. All jobs of a process have the same fonts."""
    # Read by fontconfig when the first style sheet is made: the printer sees the declared fonts only.
    os.environ["FONTCONFIG_FILE"] = str(job.fonts.fontconfig())
    from reportgen.blocks import leaves
    from reportgen.render import render

    made = render(job)
    blocks = tuple((leaf.style, leaf.text) for leaf in leaves(made.document.blocks))
    return [PrintedFile(form, content, blocks) for form, content in made.files.items()]
