"""Printing: exactly what is stale, each inspection's files at once or not at all; a bad one never stops the rest."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen import __version__
from reportgen.diagnostics import (
    Diagnostic,
    Place,
    ReportgenError,
    SetupError,
    TemplateError,
    Word,
    one_line,
    sort_diagnostics,
    ui_languages,
)
from reportgen.folders import INSPECTIONS, ReadOnce, Workspace
from reportgen.ingredients import Ingredient, digest_of
from reportgen.pool import Pool
from reportgen.printing import PrintedFile, do_job, warm_up
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
from reportgen.work import Limits, Myself, Steps, Work, Workers, done_here
from reportgen.writing import write_files

if TYPE_CHECKING:  # nothing of it is loaded where there is nothing to print
    from reportgen.cluster import Cluster
    from reportgen.fonts import FontSet
    from reportgen.job import Job
    from reportgen.picture_jobs import Photographs
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
    with State.writing(workspace.root) as state, _early_workers(workspace, order) as early:
        run = _Run(workspace, order, cache, state, issued, read, early)
        yield Outcome(None, warnings=run.library.warnings)
        yield from run.outcomes()


@contextmanager
def _early_workers(workspace: Workspace, order: Order) -> Iterator[Pool | Cluster | None]:
    """Start those who print, where this process will not: they load the printers while it reads what to print."""
    workers: Pool | Cluster
    editions = len(order.ids) * len(order.languages or workspace.languages())
    processes = min(order.jobs or len(os.sched_getaffinity(0)), editions)
    if order.scheduler:
        from reportgen.cluster import Cluster, need_dask

        need_dask(order.scheduler)
        workers = Cluster(order.scheduler, do_job, warm_up, order.limits)
    elif processes > 1:
        workers = Pool(processes, do_job, warm_up, order.limits)
    else:  # for one edition, another process is not worth starting
        yield None
        return
    with workers:
        workers.start()
        yield workers


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
    """An inspection that is ready to be rendered.

    ``made`` tells of each file what it will be made of; those that have no job are on the disk already.
    """

    loaded: LoadedInspection
    jobs: Mapping[str, Job]
    made: Mapping[FileKey, Made]


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
        early: Pool | Cluster | None = None,
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
        ids = self._longest_first(due) if self._early else list(due)
        with self._workers() as workers:
            for outcome in workers.results(self._print(inspection, due[inspection]) for inspection in ids):
                yield from _told(workers)
                yield outcome
            yield from _told(workers)
        with suppress(SetupError):  # what is no longer needed may stay
            self._state.tidy()
        State.remember(self._workspace.root, self._contents.news, self._facts | self._examiner.facts())
        self.library.compiled.save()
        self.library.pictures.tidy()

    def _workers(self) -> Workers:
        if self._early is None:
            return Myself(do_job)
        if not isinstance(self._early, Pool):
            self._early.print_with(self._fonts)
        return self._early

    def _longest_first(self, due: Mapping[str, tuple[Status, ...]]) -> list[str]:
        """Return the inspections as they are prepared where others print, so that none is left alone at the end."""
        sizes = {inspection: _size(self._workspace.root / INSPECTIONS / f"{inspection}.yaml") for inspection in due}
        return sorted(due, key=lambda inspection: -sizes[inspection])

    def _due(self, inspection: str) -> tuple[Status, ...]:
        return tuple(filter(self._order.is_due, self._examiner.examine((inspection,))))

    def _print(self, inspection: str, due: tuple[Status, ...]) -> Steps[Outcome]:
        """Print what is due of an inspection: its photographs are made ready, then its editions are rendered."""
        from reportgen.picture_jobs import photographs_of
        from reportgen.workspace import load_inspection

        if not due:
            return Outcome(inspection)
        reading, order = ReadOnce(self._workspace.root), self._order
        try:
            loaded = load_inspection(
                reading, self.library, inspection, self._fonts, today=order.today, entries=order.entries
            )
            photographs = yield from photographs_of(loaded, self.library)
        except ReportgenError as error:
            return self._failed(inspection, error.diagnostics)
        yaml = reading.digests()[f"{INSPECTIONS}/{inspection}.yaml"]
        prepared = self._prepare(
            loaded, photographs, Sources(yaml, photographs.digests, loaded.inspection.languages), due
        )
        return self._finish(prepared, (yield _works(prepared)))

    def _prepare(
        self, loaded: LoadedInspection, photographs: Photographs, sources: Sources, due: tuple[Status, ...]
    ) -> _Prepared:
        keys = [each.key for each in due if each.key.language in loaded.pages]
        made: dict[FileKey, Made] = {}
        jobs: dict[str, Job] = {}
        for language, job in _jobs(loaded, self.library, self._fonts, photographs, self._order).items():
            new = {key: self._made(key, loaded, sources, job) for key in keys if key.language == language}
            made |= new
            formats = tuple(key.format for key in new if not self._is_printed(key, new[key]))
            if formats:
                jobs[language] = replace(job, formats=formats)
        return _Prepared(loaded, jobs, made)

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
        inspection = item.loaded.id
        errors: list[Diagnostic] = []
        rendered: dict[FileKey, PrintedFile] = {}
        for language, answer in answers.items():
            if isinstance(answer, TemplateError):
                from reportgen.page import find_origins

                origins = find_origins(item.loaded.editions[language], self.library.templates[language])
                errors += origins.relocated(answer.diagnostics)
            elif isinstance(answer, ReportgenError):
                errors += answer.diagnostics
            else:
                rendered |= {FileKey(inspection, language, file.format): file for file in answer}
        warnings = list(item.loaded.warnings)
        if not errors:
            try:
                return Outcome(inspection, self._write(item, rendered, warnings), warnings=tuple(warnings))
            except ReportgenError as error:
                errors += error.diagnostics
        return self._failed(inspection, errors, warnings)

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

    def _failed(self, inspection: str, errors: Iterable[Diagnostic], warnings: Iterable[Diagnostic] = ()) -> Outcome:
        """Record that an inspection cannot be printed, and return what is wrong with it."""
        ordered = tuple(sort_diagnostics(errors))
        sentences = {ui: one_line(ordered[0], ui) for ui in ui_languages()}
        with suppress(SetupError):  # a full disk has been told already
            self._state.fail(Failure(inspection, self._examiner.seen[inspection], self._around, sentences))
        return Outcome(inspection, errors=ordered, warnings=tuple(warnings))


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
    from reportgen.picture_jobs import photographs_of

    photographs = done_here(photographs_of(loaded, library), do_job)
    return _jobs(loaded, library, fonts, photographs, order), dict(photographs.digests)


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
    photographs: Photographs,
    order: Order,
) -> dict[str, Job]:
    from reportgen.job import Job
    from reportgen.sources import pack

    jobs: dict[str, Job] = {}
    for language, page in loaded.pages.items():
        if order.languages and language not in order.languages:
            continue
        own = photographs.pictures[language]
        attachments = pack(loaded, language, library, {name: picture.content for name, picture in own.items()})
        sheets = library.sheets[language]
        jobs[language] = Job(page, sheets, own, fonts, order.formats, order.embed_fonts, attachments)
    return jobs


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
    place = Place(f"{INSPECTIONS}/{item.loaded.id}.yaml")
    return {
        language: Work(job, len(job.page.html), place, Word("printing-edition", {"language": language}))
        for language, job in item.jobs.items()
    }
