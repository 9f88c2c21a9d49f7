"""Printing: exactly what is stale, each inspection's files at once or not at all; a bad one never stops the rest."""

from __future__ import annotations

import datetime
import hashlib
import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen import __version__
from reportgen.causes import of_system
from reportgen.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    ReportgenError,
    SetupError,
    TemplateError,
    one_line,
    sort_diagnostics,
    ui_languages,
)
from reportgen.folders import INSPECTIONS, ReadOnce, Workspace
from reportgen.ingredients import Ingredient, digest_of
from reportgen.pool import Pool
from reportgen.printing import PrintedFile, render_files, warm_up
from reportgen.register import RegisterEntry
from reportgen.staleness import (
    FORMATS,
    Examiner,
    Issued,
    Standing,
    Status,
    Surroundings,
    fonts_fact,
    fonts_key,
    photo_ingredients,
    surroundings,
    told,
)
from reportgen.state import Contents, Failure, FileKey, Made, Sources, State
from reportgen.tools import tools
from reportgen.work import Limits, Myself, Work, Workers
from reportgen.writing import write_files

if TYPE_CHECKING:  # nothing of it is loaded where there is nothing to print
    from reportgen.edition import Edition
    from reportgen.fonts import FontSet
    from reportgen.job import Job
    from reportgen.pictures import Picture
    from reportgen.shared import Shared
    from reportgen.workspace import Library, LoadedInspection

_DUE = (Standing.STALE, Standing.MISSING, Standing.ALTERED, Standing.FAILED)
_FIT = (Standing.FRESH, *_DUE)  # all but what is issued, which is never printed again
# Fields of a job and its parts that change no byte of a file: for messages, for the record, or a folder's name.
_SILENT = frozenset({"formats", "template", "vocabulary", "used", "words", "configuration", "source"})


@dataclass(frozen=True)
class Order:
    """What is asked for: inspections, languages (none: all), formats, processes, fonts in the DOCX; all or stale.

    ``jobs``: None for as many processes as there are processors. ``limits`` are those of each job, where others print.
    ``scheduler``: the address of a Dask cluster whose computers print; empty for this one.

    ``today`` and ``entries``, the rows of the register, are for findings only; nothing that is printed depends on them.
    """

    ids: tuple[str, ...]
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = FORMATS
    jobs: int | None = 1
    embed_fonts: bool = False
    force: bool = False
    today: datetime.date | None = None
    entries: tuple[RegisterEntry, ...] = ()
    limits: Limits = field(default_factory=Limits)
    scheduler: str = ""

    def is_due(self, status: Status) -> bool:
        """Whether a file is to be printed."""
        if not self._asks_for(status.key):
            return False
        every = self.force or (self.embed_fonts and status.key.format == "docx")
        return status.standing in (_FIT if every else _DUE)

    def _asks_for(self, key: FileKey) -> bool:
        return key.format in self.formats and (not self.languages or key.language in self.languages)


@dataclass(frozen=True)
class Outcome:
    """What became of one inspection: the files written, or what was wrong; warnings in either case.

    No file and no error: all that was asked for was up to date. ``id`` is None for what concerns all inspections.
    """

    id: str | None
    files: tuple[Path, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


def build(
    workspace: Workspace,
    order: Order,
    cache: Path,
    issued: Mapping[tuple[str, str], Issued] | None = None,
    read: Callable[[ReadOnce], Library] | None = None,
) -> Generator[Outcome]:
    """Print what is stale of the inspections asked for, one after another; a bad one never stops the rest.

    An inspection's files are written when all of them are rendered, so that no error leaves some new and some old.
    Editions that are ``issued``, by inspection and language, are never printed again. ``read`` reads the library, where
    somebody keeps it.

    Raises:
        SetupError: where this computer lacks a font, another process prints, or the folder cannot be written to.
        ReportgenError: where something in ``templates/`` is wrong.
    """
    if not (order.force or order.embed_fonts) and _is_all_fresh(workspace, order, cache, issued):
        yield from map(Outcome, order.ids)
        return
    if order.scheduler:
        from reportgen.cluster import need_dask

        need_dask(order.scheduler)
    with State.writing(workspace.root) as state, _early_pool(workspace, order) as early:
        run = _Run(workspace, order, cache, state, issued, read, early)
        yield Outcome(None, warnings=run.library.warnings)
        yield from run.outcomes()


@contextmanager
def _early_pool(workspace: Workspace, order: Order) -> Iterator[Pool | None]:
    """Start processes where several will print: they load the printers while this one reads what there is to print."""
    editions = len(order.ids) * len(order.languages or workspace.languages())
    processes = min(_jobs_at_once(order), editions)
    if processes < 2 or order.scheduler:
        yield None
        return
    pool = Pool(processes, render_files, warm_up, order.limits)
    with pool:
        pool.start()
        yield pool


def _jobs_at_once(order: Order) -> int:
    return order.jobs or len(os.sched_getaffinity(0))


class _ChangedError(Exception):
    """Bytes that all inspections share are not what they were."""


def _is_all_fresh(
    workspace: Workspace, order: Order, cache: Path, issued: Mapping[tuple[str, str], Issued] | None
) -> bool:
    """Whether there is nothing to print and nothing to record; most often, no file need be opened to know."""

    def refuse() -> Shared:
        raise _ChangedError

    with State.reading(workspace.root) as state:
        contents = Contents(workspace.root, state.stats())
        around = surroundings(workspace, state, contents, cache)
        examiner = Examiner(workspace, state, contents, around, refuse, issued)
        try:
            due = any(map(order.is_due, examiner.examine(order.ids)))
        except _ChangedError:
            due = True
    State.remember(workspace.root, contents.news, examiner.facts())
    return not due and not examiner.renewable


# ---- one run --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Prepared:
    """An inspection that is ready to be rendered, or what is wrong with it.

    ``made`` tells of each file what it will be made of; those that have no job are on the disk already.
    """

    id: str
    jobs: Mapping[str, Job]
    made: Mapping[FileKey, Made]
    errors: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    editions: Mapping[str, Edition] = field(default_factory=dict)


class _Run:
    """One printing: the library, the fonts and the tools are read once, before the first inspection."""

    def __init__(
        self,
        workspace: Workspace,
        order: Order,
        cache: Path,
        state: State,
        issued: Mapping[tuple[str, str], Issued] | None = None,
        read: Callable[[ReadOnce], Library] | None = None,
        early: Pool | None = None,
    ) -> None:
        from reportgen.shared import Shared
        from reportgen.workspace import read_library

        self._workspace, self._order, self._state, self._early = workspace, order, state, early
        self._contents = Contents(workspace.root, state.stats())
        reading = ReadOnce(workspace.root)
        self.library: Library = (read or read_library)(reading)
        self._fonts = self.library.find_fonts(cache)
        sources = sorted({str(file.source) for family in self._fonts.families for file in family.files})
        self._facts = fonts_fact(sources)
        fonts = fonts_key(cache, sources, self._contents)
        around = Surroundings(reading.digests(), tools(self._contents.digest), fonts)
        self._tools, self._around = around.tools, around.key
        self._shared = Shared(self.library, self._fonts, around.tools)
        self._examiner = Examiner(workspace, state, self._contents, around, lambda: self._shared, issued)

    def outcomes(self) -> Iterator[Outcome]:
        """Print, and yield what became of each inspection."""
        due = {inspection: self._due(inspection) for inspection in self._order.ids}
        if self._examiner.renewable:
            self._state.renew(self._examiner.renewable, self._around)
        processes = self._processes(due)
        prepared = (self._prepare(inspection, due[inspection]) for inspection in self._in_order(due, processes))
        with self._workers(processes) as workers:
            for item, rendered in workers.results((item, _works(item)) for item in prepared):
                yield from _told(workers)
                yield self._finish(item, rendered)
            yield from _told(workers)
        with suppress(SetupError):  # what is no longer needed may stay
            self._state.tidy()
        State.remember(self._workspace.root, self._contents.news, self._facts | self._examiner.facts())
        self.library.compiled.save()
        self.library.pictures.tidy()

    def _workers(self, processes: int) -> Workers:
        """Return who prints; 0 processes: other computers do."""
        if processes == 0:
            from reportgen.cluster import Cluster

            return Cluster(self._order.scheduler, self._fonts, render_files, warm_up, self._order.limits)
        if self._early is not None:
            return self._early
        if processes == 1:
            return Myself(render_files)
        return Pool(processes, render_files, warm_up, self._order.limits)

    def _processes(self, due: Mapping[str, tuple[Status, ...]]) -> int:
        """Return how many processes print: no more than there are editions; for one, another is not worth starting."""
        editions = {(each.key.inspection, each.key.language) for every in due.values() for each in every}
        if self._order.scheduler and editions:
            return 0
        return max(1, min(_jobs_at_once(self._order), len(editions)))

    def _in_order(self, due: Mapping[str, tuple[Status, ...]], processes: int) -> list[str]:
        """Return the inspections as they are prepared: the longest first where several processes print."""
        if processes == 1:
            return list(due)
        sizes = {inspection: _size(self._workspace.root / INSPECTIONS / f"{inspection}.yaml") for inspection in due}
        return sorted(due, key=lambda inspection: -sizes[inspection])

    def _due(self, inspection: str) -> tuple[Status, ...]:
        return tuple(filter(self._order.is_due, self._examiner.examine((inspection,))))

    def _prepare(self, inspection: str, due: tuple[Status, ...]) -> _Prepared:
        from reportgen.workspace import load_inspection

        if not due:
            return _Prepared(inspection, {}, {})
        reading = ReadOnce(self._workspace.root)
        try:
            order = self._order
            loaded = load_inspection(
                reading, self.library, inspection, self._fonts, today=order.today, entries=order.entries
            )
            pictures, photos = _pictures(loaded, self.library)
        except ReportgenError as error:
            return _Prepared(inspection, {}, {}, error.diagnostics)
        yaml = reading.digests()[f"{INSPECTIONS}/{inspection}.yaml"]
        sources = Sources(yaml, photos, loaded.inspection.languages)
        keys = [each.key for each in due if each.key.language in loaded.pages]
        made: dict[FileKey, Made] = {}
        jobs: dict[str, Job] = {}
        for language, job in _jobs(loaded, self.library, self._fonts, pictures, self._order).items():
            new = {key: self._made(key, loaded, sources, job) for key in keys if key.language == language}
            made |= new
            formats = tuple(key.format for key in new if not self._is_printed(key, new[key]))
            if formats:
                jobs[language] = replace(job, formats=formats)
        return _Prepared(inspection, jobs, made, warnings=loaded.warnings, editions=loaded.editions)

    def _made(self, key: FileKey, loaded: LoadedInspection, sources: Sources, job: Job) -> Made:
        page = loaded.pages[key.language]
        used = made_of(loaded, key.language, sources.photos, self._shared)
        before = self._examiner.prints.get(key)
        return Made(
            sources=sources,
            surroundings=self._around,
            used=used,
            day=loaded.inspection.wording_day.isoformat(),
            words=page.words,
            blocks=self._state.blocks(before) if before else (),
            job=job_digest(job, self._tools),
            sha256=before.sha256 if before else "",
            replaced=before.replaced if before else "",
        )

    def _is_printed(self, key: FileKey, made: Made) -> bool:
        """Whether the printer would be given what it was given last, and what it made is still there."""
        before = self._examiner.prints.get(key)
        same = before is not None and before.job == made.job and not self._order.force
        return same and self._contents.digest(key.name) == made.sha256

    # ---- writing and recording

    def _finish(self, item: _Prepared, answers: Mapping[str, list[PrintedFile] | ReportgenError]) -> Outcome:
        errors = list(item.errors)
        rendered: dict[FileKey, PrintedFile] = {}
        for language, answer in answers.items():
            if isinstance(answer, TemplateError):
                from reportgen.page import find_origins

                origins = find_origins(item.editions[language], self.library.templates[language])
                errors += origins.relocated(answer.diagnostics)
            elif isinstance(answer, ReportgenError):
                errors += answer.diagnostics
            else:
                rendered |= {FileKey(item.id, language, file.format): file for file in answer}
        warnings = list(item.warnings)
        written: tuple[Path, ...] = ()
        if not errors:
            try:
                written = self._write(item, rendered, warnings)
            except ReportgenError as error:
                errors += error.diagnostics
        if errors:
            self._fail(item.id, sort_diagnostics(errors)[0])
        return Outcome(item.id, written, tuple(sort_diagnostics(errors)), tuple(warnings))

    def _write(
        self, item: _Prepared, rendered: Mapping[FileKey, PrintedFile], warnings: list[Diagnostic]
    ) -> tuple[Path, ...]:
        """Write and record the files of an inspection; what is identical stays untouched. Return those written."""
        files: dict[Path, bytes] = {}
        kept: dict[Path, bytes] = {}
        made = dict(item.made)
        for key, file in rendered.items():
            there = self._contents.digest(key.name)
            sha256 = hashlib.sha256(file.content).hexdigest()
            if there and there not in (sha256, made[key].sha256, made[key].replaced):
                aside = key.path.with_name(f"{key.inspection}.{key.language}.altered-{there[:8]}.{key.format}")
                kept[aside] = self._workspace.read_bytes(key.path.as_posix())
                warnings.append(Diagnostic("altered-kept", Place(key.path.as_posix()), {"kept": aside.as_posix()}))
            if there != sha256 or self._order.force:
                files[key.path] = file.content
            made[key] = replace(made[key], blocks=file.blocks, sha256=sha256, replaced=there)
        write_files(self._workspace.root, {**kept, **files}, lambda: self._state.record(made, __version__))
        return tuple(sorted(files))

    def _fail(self, inspection: str, first: Diagnostic) -> None:
        sentences = {ui: one_line(first, ui) for ui in ui_languages()}
        with suppress(SetupError):  # a full disk has been told already
            self._state.fail(Failure(inspection, self._examiner.seen[inspection], self._around, sentences))


# ---- jobs -----------------------------------------------------------------------------------------------------------


def make_jobs(loaded: LoadedInspection, library: Library, fonts: FontSet, order: Order) -> dict[str, Job]:
    """Return what is to be rendered of an inspection, by language.

    Raises:
        InputError: for photographs that cannot be read.
    """
    return prepare_jobs(loaded, library, fonts, order)[0]


def prepare_jobs(
    loaded: LoadedInspection, library: Library, fonts: FontSet, order: Order
) -> tuple[dict[str, Job], dict[str, str]]:
    """Return what is to be rendered of an inspection, by language, and the SHA-256 of its photographs, by name.

    Raises:
        InputError: for photographs that cannot be read.
    """
    pictures, photos = _pictures(loaded, library)
    return _jobs(loaded, library, fonts, pictures, order), photos


def made_of(
    loaded: LoadedInspection, language: str, photos: Mapping[str, str], shared: Shared
) -> tuple[Ingredient, ...]:
    """Return all that an edition is made of; ``photos`` are the SHA-256 of the photographs' files, by name."""
    own = told(loaded.file.data).ingredients
    return (*loaded.pages[language].used, *own, *photo_ingredients(photos), *shared.of(language))


def _jobs(
    loaded: LoadedInspection,
    library: Library,
    fonts: FontSet,
    pictures: Mapping[str, Mapping[str, Picture]],
    order: Order,
) -> dict[str, Job]:
    from reportgen.job import Job
    from reportgen.sources import pack

    jobs: dict[str, Job] = {}
    for language, page in loaded.pages.items():
        if order.languages and language not in order.languages:
            continue
        own = pictures[language]
        attachments = pack(loaded, language, library, {name: picture.content for name, picture in own.items()})
        sheets = library.sheets[language]
        jobs[language] = Job(page, sheets, own, fonts, order.formats, order.embed_fonts, attachments)
    return jobs


def _picture_widths(loaded: LoadedInspection, library: Library) -> dict[str, float]:
    """Return the width in millimetres for which the pictures of each language are prepared.

    In whole centimetres: languages that print a picture at nearly the same width share it, and it is prepared once.
    """
    from reportgen.pictures import LARGEST_WIDTH
    from reportgen.sheets import largest_width

    widths = {
        language: largest_width(
            library.sheets[language], [name for element, name in page.vocabulary if element == "img"]
        )
        for language, page in loaded.pages.items()
    }
    return {language: math.ceil(width / 10) * 10 if width else LARGEST_WIDTH for language, width in widths.items()}


def _pictures(loaded: LoadedInspection, library: Library) -> tuple[dict[str, dict[str, Picture]], dict[str, str]]:
    """Return the photographs ready for paper, by language and name, and the SHA-256 of their files, by name.

    Each file is read once; where languages print at the same width, they print the same bytes.
    """
    widths = _picture_widths(loaded, library)
    found: list[Diagnostic] = []
    by_width: dict[float, dict[str, Picture]] = {width: {} for width in widths.values()}
    digests: dict[str, str] = {}
    for name, path in loaded.photos.items():
        place = loaded.photo_places[name]
        try:
            content = path.read_bytes()
            digests[name] = hashlib.sha256(content).hexdigest()
            for width, pictures in by_width.items():
                prepare = partial(_prepare_picture, content, name, place, width)
                pictures[name] = library.pictures.picture(digests[name], width, prepare)
        except OSError as error:
            values = {"picture": name, "problem": of_system(error)}
            found.append(Diagnostic("picture-unreadable", place, values, "save"))
        except ReportgenError as error:
            found += error.diagnostics
    if found:
        raise InputError(found)
    return {language: by_width[width] for language, width in widths.items()}, digests


def _prepare_picture(content: bytes, name: str, place: Place, width: float) -> Picture:
    from reportgen.photographs import prepare_picture  # Pillow comes along: not where all pictures are kept

    return prepare_picture(content, name, place, width)


def job_digest(job: Job, by: Iterable[Ingredient]) -> str:
    """Return the digest of all that a job gives to the printers, and of the tools that print it.

    Two jobs of the same digest give the same bytes. What only messages and the record need is no part of it.
    """
    return digest_of([_plain(job), [(tool.name, tool.version, tool.digest) for tool in by]])


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name not in _SILENT}
        case None | str() | bool() | int() | float():
            return value
        case _:
            return str(value)


# ---- rendering ------------------------------------------------------------------------------------------------------


def _told(workers: Workers) -> Iterator[Outcome]:
    if news := workers.news():
        yield Outcome(None, warnings=news)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it is told when it is read


def _works(item: _Prepared) -> dict[str, Work]:
    place = Place(f"{INSPECTIONS}/{item.id}.yaml")
    return {language: Work(job, len(job.page.html), place, language) for language, job in item.jobs.items()}
