"""The command line: what each command takes and does, and its exit code; the only place that asks.

Exit codes: 0 all good, 1 something reported, 2 wrong usage.
"""

from __future__ import annotations

import datetime
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reportgen import __version__, answers
from reportgen.diagnostics import Diagnostic, ReportgenError, Severity, catalogue
from reportgen.kept import cache_folder
from reportgen.terminal import OUTPUT_FORMATS, UI_LANGUAGES, Progress, Settings, environment_language

if TYPE_CHECKING:  # a command loads what it needs itself
    from threading import Event

    from reportgen.build import Order, Outcome
    from reportgen.differences import EditionDifferences
    from reportgen.folders import Workspace

_MOST_SAVED = 8  # files that `watch` names at once
SCHEMA_FILES = ("inspection", "office", "locale")


def reports(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a user's mistakes into findings and exit code 1; anything else is a bug and keeps its trace."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        settings: Settings = click.get_current_context().obj
        try:
            return command(settings, *arguments, **options)
        except ReportgenError as error:
            settings.report(error.diagnostics)
            sys.exit(1)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reportgen")
@click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The office's folder, or one in it.",
)
@click.option("--output-format", type=click.Choice(OUTPUT_FORMATS), default="full", help="How findings are shown.")
@click.option("--ui", "language", type=click.Choice(UI_LANGUAGES), default=None, help="The language of messages.")
@click.pass_context
def main(context: click.Context, folder: Path, output_format: str, language: str | None) -> None:
    """Print official inspection minutes from YAML files."""
    for stream in (sys.stdout, sys.stderr):
        # A pipe on a computer with another code page could not carry a Vietnamese or a Thai message.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(encoding="utf-8")
    context.obj = Settings(folder, output_format, language or environment_language())


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@reports
def check(settings: Settings, ids: tuple[str, ...]) -> None:
    """Read everything, say everything that is wrong; write nothing."""
    from reportgen.folders import Workspace
    from reportgen.fonts import fonts_asked

    workspace = Workspace.find(settings.folder)
    chosen = _chosen(workspace, ids)
    with fonts_asked(cache_folder()) as answer:  # fontconfig looks for fonts while all else is loaded
        from reportgen.checking import Checker
        from reportgen.register import register_of
        from reportgen.workspace import fonts_or_warning, read_library

        library = read_library(workspace)
        fonts, found = fonts_or_warning(library, answer)
    found += library.warnings
    entries = register_of(workspace).entries()
    found += Checker(workspace, library, fonts, _today(), entries).check_all(chosen)
    count = Counter(finding.severity for finding in settings.report(found))
    errors, warnings, notes = (count[severity] for severity in Severity)
    settings.say("checked", inspections=len(chosen), errors=errors, warnings=warnings, notes=notes)
    sys.exit(1 if errors else 0)


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--language", "languages", multiple=True, metavar="L", help="Only this language; may be given again.")
@click.option("--format", "formats", multiple=True, type=click.Choice(("docx", "pdf")), help="Only this format.")
@click.option("--jobs", type=click.IntRange(1), envvar="REPORTGEN_JOBS", help="How many processes print; else: all.")
@click.option(
    "--scheduler",
    envvar="REPORTGEN_SCHEDULER",
    default="",
    metavar="ADDRESS",
    help="Let the computers of this Dask cluster print: tcp://computer:port.",
)
@click.option("--time-limit", type=click.IntRange(1), default=300, metavar="SECONDS", help="For one language of one.")
@click.option("--memory-limit", type=click.IntRange(200), default=2000, metavar="MB", help="For one printing process.")
@click.option("--embed-fonts", is_flag=True, help="Put the fonts into the DOCX, for computers without them.")
@click.option("--force", is_flag=True, help="Print all, also what is up to date.")
@reports
def build(
    settings: Settings,
    ids: tuple[str, ...],
    languages: tuple[str, ...],
    formats: tuple[str, ...],
    jobs: int | None,
    scheduler: str,
    time_limit: int,
    memory_limit: int,
    embed_fonts: bool,
    force: bool,
) -> None:
    """Print what is stale of the minutes: DOCX and PDF, in each language of each inspection."""
    from reportgen.build import Order
    from reportgen.build import build as print_all
    from reportgen.folders import Workspace
    from reportgen.register import register_of
    from reportgen.staleness import FORMATS, issued_editions
    from reportgen.work import Limits

    workspace = Workspace.find(settings.folder)
    chosen = _chosen(workspace, ids)
    _known_languages(languages, workspace.languages())
    register = register_of(workspace)
    issued, entries = issued_editions(register), register.entries()
    order = Order(chosen, languages, formats or FORMATS, jobs, embed_fonts, force, _today(), entries)
    order = replace(order, limits=Limits(time_limit, memory_limit), scheduler=scheduler)
    failed = _print(settings, workspace, order, print_all(workspace, order, cache_folder(), issued))
    _mention_orphans(settings, workspace)
    sys.exit(1 if failed else 0)


def _print(settings: Settings, workspace: Workspace, order: Order, outcomes: Iterable[Outcome]) -> int:
    """Print, show what was printed and what was wrong, and return how many inspections failed."""
    found: list[Diagnostic] = []
    files: list[Path] = []
    printed = failed = fresh = 0
    with Progress(settings, len(order.ids)) as step:
        for outcome in outcomes:
            step(outcome.id)
            found += [*outcome.errors, *outcome.warnings]
            failed += bool(outcome.errors)
            printed += bool(outcome.files)
            fresh += bool(outcome.id and not outcome.files and not outcome.errors)
            files += outcome.files
    settings.report(found, files)
    from reportgen.schema import renew_copies  # it loads the models: not before the printing processes have begun

    renew_copies(workspace, settings.language)
    settings.say("built", files=len(files), inspections=printed, fresh=fresh, failed=failed)
    return failed


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--language", "languages", multiple=True, metavar="L", help="Only this language; may be given again.")
@click.option("--format", "formats", multiple=True, type=click.Choice(("docx", "pdf")), help="Only this format.")
@reports
def watch(settings: Settings, ids: tuple[str, ...], languages: tuple[str, ...], formats: tuple[str, ...]) -> None:
    """Print what is stale whenever a file is saved, until Ctrl-C."""
    from reportgen.build import Order
    from reportgen.build import build as print_all
    from reportgen.folders import Workspace
    from reportgen.register import register_of
    from reportgen.staleness import FORMATS, issued_editions
    from reportgen.watch import FontsChangedError, WarmLibrary, Watched, saved_files

    workspace = Workspace.find(settings.folder)
    watched = Watched(workspace, _chosen(workspace, ids) if ids else ())
    _known_languages(languages, workspace.languages())
    register = register_of(workspace)
    stop = _stop_on_signals()
    library = WarmLibrary(cache_folder())
    said_busy = False

    def print_now() -> bool:
        """Print what is stale; return whether that is to be tried again, for another process prints."""
        nonlocal said_busy
        try:
            issued, entries = issued_editions(register), register.entries()
            order = Order(watched.inspections(), languages, formats or FORMATS, today=_today(), entries=entries)
            outcomes = print_all(workspace, order, cache_folder(), issued, library.read)
            _print(settings, workspace, order, _until(stop, outcomes))
        except ReportgenError as error:
            busy = error.diagnostics[0].name == "build-running"
            if not (busy and said_busy):
                settings.report(error.diagnostics)
            said_busy = busy
            return busy
        said_busy = False
        return False

    settings.say("watching", inspections=len(watched.inspections()), names=", ".join(watched.ids) or "inspections/")
    waiting = True
    try:
        for saved in saved_files(watched, stop):
            if saved:
                _tell_saved(settings, saved)
            if saved or waiting:
                waiting = print_now()
    except FontsChangedError:
        _start_again()
    settings.say("watched")


def _until(stop: Event, outcomes: Generator[Outcome]) -> Iterator[Outcome]:
    """Yield outcomes until an event is set: the inspection that is being printed is finished, no other is begun."""
    for outcome in outcomes:
        yield outcome
        if stop.is_set():
            break
    outcomes.close()


def _stop_on_signals() -> Event:
    """Return an event that Ctrl-C and SIGTERM set; a second Ctrl-C ends at once."""
    import signal
    from threading import Event

    stop = Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return stop


def _tell_saved(settings: Settings, saved: Sequence[str]) -> None:
    shown, more = saved[:_MOST_SAVED], len(saved) - _MOST_SAVED
    if more > 0:
        settings.say("saved-more", files=", ".join(shown), more=more)
    else:
        settings.say("saved", files=", ".join(shown))


def _start_again() -> None:
    """Begin this command anew in this process, with nothing loaded."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "reportgen", *sys.argv[1:]])  # noqa: S606 - no shell


@main.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--why", is_flag=True, help="Show old and new values of what changed.")
@reports
def status(settings: Settings, ids: tuple[str, ...], why: bool) -> None:
    """Tell which files are up to date, which are not, and why; write nothing."""
    from reportgen.cleaning import find_orphans
    from reportgen.folders import Workspace
    from reportgen.register import register_of
    from reportgen.staleness import Standing, issued_editions, take_stock
    from reportgen.state import Contents, State

    workspace = Workspace.find(settings.folder)
    chosen = _chosen(workspace, ids)
    with State.reading(workspace.root) as state:
        contents = Contents(workspace.root, state.stats())
        issued = issued_editions(register_of(workspace))
        examiner = take_stock(workspace, state, contents, cache_folder(), issued)
        found = tuple(examiner.examine(chosen))
        orphans = find_orphans(workspace, examiner, contents).ours
    State.remember(workspace.root, contents.news, examiner.facts())
    answers.show_statuses(settings, found, orphans, why=why)
    counts = Counter(each.standing for each in found)
    fresh = counts[Standing.FRESH] + counts[Standing.ISSUED]
    changed, failed = counts[Standing.ISSUED_CHANGED], counts[Standing.FAILED]
    due = len(found) - fresh - changed - failed
    settings.say("stood", files=len(found), fresh=fresh, due=due, failed=failed)
    if changed:
        settings.say("issued-changed", files=changed)
    if orphans:
        settings.say("orphans", files=len(orphans))
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("identifier", metavar="ID")
@click.option("--language", "languages", multiple=True, metavar="L", help="Only this language; may be given again.")
@click.option(
    "--against",
    "old",
    multiple=True,
    metavar="VERSION",
    help="The old version: built, issued, the number of a revision, or a DOCX; else what was issued or printed last.",
)
@click.option("--to", "new", multiple=True, metavar="VERSION", help="The new version; else what would be printed now.")
@click.option("--docx", "target", type=click.Path(path_type=Path), help="Write tracked changes: a DOCX, or a folder.")
@reports
def diff(
    settings: Settings,
    identifier: str,
    languages: tuple[str, ...],
    old: tuple[str, ...],
    new: tuple[str, ...],
    target: Path | None,
) -> None:
    """Show which words of the minutes would change."""
    from reportgen.differences import EditionDifferences, Versions, find_differences
    from reportgen.folders import Workspace
    from reportgen.writing import write_files

    workspace = Workspace.find(settings.folder)
    asked = Versions(workspace.inspection_id(identifier), old, new, tuple(dict.fromkeys(languages)))
    compared = list(find_differences(workspace, asked, cache_folder()))
    found = [each for each in compared if isinstance(each, EditionDifferences)]
    problems = [each for each in compared if isinstance(each, Diagnostic)]
    files = _tracked_files(target, found) if target else {}
    for path, content in files.items():
        write_files(path.parent, {Path(path.name): content})
    answers.show_differences(settings, found, problems, files)
    sys.exit(1 if problems else 0)


def _tracked_files(target: Path, found: Sequence[EditionDifferences]) -> dict[Path, bytes]:
    """Return the documents with tracked changes by the paths that they are written to."""
    if target.suffix.casefold() != ".docx" or target.is_dir():
        return {target / f"{each.inspection}.{each.language}.changes.docx": each.document for each in found}
    if len(found) > 1:
        languages = ", ".join(each.language for each in found)
        raise click.BadParameter(f"one file for {languages}; name a folder, or one --language", param_hint="--docx")
    return dict.fromkeys([target], found[0].document) if found else {}


@main.command()
@click.argument("identifier", metavar="ID")
@click.option("--revise", is_flag=True, help="Replace the minutes that were issued.")
@click.option("--reason", "reasons", multiple=True, metavar="TEXT", help="Why: TEXT, or vi=TEXT for each language.")
@reports
def issue(settings: Settings, identifier: str, revise: bool, reasons: tuple[str, ...]) -> None:
    """Give the minutes their number, freeze their files, and enter them in the register."""
    from reportgen.folders import Workspace
    from reportgen.issuing import Request
    from reportgen.issuing import issue as issue_minutes

    workspace = Workspace.find(settings.folder)
    now = datetime.datetime.now().astimezone()
    told = _reasons(reasons, workspace.languages())
    request = Request(workspace.inspection_id(identifier), now, revise or bool(reasons), told)
    made = issue_minutes(workspace, request, cache_folder())
    settings.report(made.warnings, made.files)
    settings.say("issued", number=made.entry.symbol, revision=made.entry.revision)


def _reasons(reasons: tuple[str, ...], languages: tuple[str, ...]) -> dict[str, str]:
    """Return reasons by language; one without a language stands under ``*``."""
    told: dict[str, str] = {}
    for reason in reasons:
        language, equals, text = reason.partition("=")
        key, value = (language, text) if equals and language in languages else ("*", reason)
        told[key] = value
    return told


@main.command()
@click.option("--year", type=int, help="Only of this year.")
@click.option("--unit", help="Only visits to this unit, by its id.")
@click.option("--language", help="Only minutes in this language.")
@click.option("--state", type=click.Choice(("issued", "replaced", "changed")), help="Only minutes in this state.")
@click.option("--csv", "as_csv", is_flag=True, help="As a table for spreadsheets.")
@click.option("--verify", "verified", is_flag=True, help="Prove that nothing was changed since it was issued.")
@reports
def register(
    settings: Settings,
    year: int | None,
    unit: str | None,
    language: str | None,
    state: str | None,
    as_csv: bool,
    verified: bool,
) -> None:
    """List what was issued, or prove that it is unchanged."""
    from reportgen.folders import Workspace
    from reportgen.listing import Choice, list_entries
    from reportgen.register import register_of, verify_register

    workspace = Workspace.find(settings.folder)
    own = register_of(workspace)
    if verified:
        found = verify_register(own)
        settings.report(found)
        if not found:
            entries = own.entries()
            files = sum(len(entry.languages) for entry in entries) * 2
            settings.say("register-intact", rows=len(entries), files=files)
        sys.exit(1 if found else 0)
    listed = list_entries(workspace, Choice(year, unit, language, state), cache_folder())
    answers.show_entries(settings, listed, as_csv=as_csv)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=False)
@click.option("--qr", "scanned", metavar="TEXT", help="In place of a file: what the check mark of a paper says.")
@reports
def verify(settings: Settings, file: Path | None, scanned: str | None) -> None:
    """Tell whether a PDF or a DOCX is one that was issued, unchanged, and whether its sources still make it."""
    from reportgen.folders import Workspace

    if (file is None) == (scanned is None):
        raise click.UsageError("either FILE or --qr TEXT")
    workspace = Workspace.find(settings.folder)
    if file is None:
        from reportgen.scanned import compare_mark

        mark = compare_mark(workspace, scanned or "")
        answers.show_scanned(settings, mark)
        sys.exit(0 if mark.good else 1)
    from reportgen.verifying import verify as verify_file

    found = verify_file(workspace, file.name, file.read_bytes(), cache_folder())
    answers.show_verified(settings, file.name, found)
    sys.exit(0 if found.good else 1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--as", "signatory", required=True, metavar="SIGNATORY", help="Who signs: a role, or a person's id.")
@click.option("--p12", type=click.Path(path_type=Path, dir_okay=False), help="The file with key and certificate.")
@click.option("--token", type=click.Path(path_type=Path, dir_okay=False), help="The PKCS#11 library of the token.")
@click.option("--token-label", default="", help="Which token, where there are several.")
@click.option("--slot", type=int, default=None, help="Which slot, where there are several.")
@click.option("--key", "key_label", default="", help="Which key of the token, where there are several.")
@click.option("--holder", default="", metavar="NAME", help="The name in the certificate, where it is another one.")
@click.option("--signature", type=click.Path(path_type=Path, dir_okay=False), help="PNG of the handwritten signature.")
@click.option("--seal", type=click.Path(path_type=Path, dir_okay=False), help="PNG of the agency's seal.")
@click.option("--level", type=click.Choice(("B-B", "B-T", "B-LT", "B-LTA")), default=None, help="The level of PAdES.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@reports
def sign(
    settings: Settings,
    file: Path,
    signatory: str,
    p12: Path | None,
    token: Path | None,
    token_label: str,
    slot: int | None,
    key_label: str,
    holder: str,
    signature: Path | None,
    seal: Path | None,
    level: str | None,
    output: Path | None,
) -> None:
    """Sign issued minutes with a certificate: from a file (--p12) or from a token (--token)."""
    from reportgen.folders import Workspace
    from reportgen.keys import Token, need_signing, open_file, open_token
    from reportgen.workspace import read_library

    if (p12 is None) == (token is None):
        raise click.UsageError("--p12 or --token")
    need_signing()
    from reportgen.signing import Request, prepare
    from reportgen.signing import sign as sign_file

    workspace = Workspace.find(settings.folder)
    now = datetime.datetime.now().astimezone()
    request = Request(file, signatory, now, holder, signature, seal, level or "", output)
    prepared = prepare(workspace, read_library(workspace), request, cache_folder())
    if p12 is not None:
        made = sign_file(prepared, open_file(p12, _secret(settings, "ask-passphrase", file=p12)), workspace.root)
    else:
        asked = Token(Path(str(token)), token_label, slot, key_label)
        with open_token(asked, _secret(settings, "ask-pin")) as key:
            made = sign_file(prepared, key, workspace.root)
    settings.report(made.warnings, [made.path])
    settings.say("signed", holder=made.holder, field=made.field)
    if made.empty:
        settings.say("still-to-sign", fields=", ".join(made.empty))
    else:
        settings.say("all-signed")


def _secret(settings: Settings, question: str, **values: Any) -> str:
    """Return a passphrase or a PIN: asked for at the terminal, unseen; programs give it in REPORTGEN_SECRET."""
    given = os.environ.get("REPORTGEN_SECRET")
    if given is not None:
        return given
    asked = str(catalogue(settings.language)["ui"][question]).format(**values)
    return str(click.prompt(asked, hide_input=True, default="", show_default=False, err=True))


@main.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be deleted.")
@reports
def clean(settings: Settings, dry_run: bool) -> None:
    """Delete printed files of inspections and languages that are no longer there; nothing that a person made."""
    from reportgen.cleaning import clean as clean_up
    from reportgen.folders import Workspace

    found = clean_up(Workspace.find(settings.folder), dry_run=dry_run)
    settings.report((), found.ours)
    for path in found.others:
        settings.say("kept-file", path=path.as_posix())
    settings.say("would-clean" if dry_run else "cleaned", files=len(found.ours), kept=len(found.others))


class _ListByDefault(click.Group):
    """A group that lists where no command of its own is asked for."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put ``list`` before what is no command and no option of the group."""
        if not arguments or (arguments[0] not in self.commands and not arguments[0].startswith("-")):
            arguments = ["list", *arguments]
        return super().parse_args(context, arguments)


@main.group(cls=_ListByDefault)
def wording() -> None:
    """List the clauses of the wording, and where each is used; show one filled with an inspection's facts."""


@wording.command("list")
@click.argument("clauses", nargs=-1, metavar="[CLAUSE]...")
@reports
def list_wording(settings: Settings, clauses: tuple[str, ...]) -> None:
    """List clauses: since when each is in force, where it is named, which inspections print it."""
    from reportgen.clauses import find_uses, list_versions
    from reportgen.folders import Workspace
    from reportgen.workspace import read_library

    workspace = Workspace.find(settings.folder)
    library = read_library(workspace)
    uses = find_uses(workspace, library, workspace.inspection_ids(), cache_folder())
    answers.show_versions(settings, list_versions(library, clauses, uses), uses.errors)
    sys.exit(1 if uses.errors else 0)


@wording.command("preview")
@click.argument("clause", metavar="CLAUSE")
@click.option("--inspection", metavar="ID", default=None, help="With the facts of this inspection.")
@reports
def preview_wording(settings: Settings, clause: str, inspection: str | None) -> None:
    """Show a clause as it stands on paper, in each language of an inspection."""
    from reportgen.clauses import find_user, preview
    from reportgen.folders import Workspace
    from reportgen.workspace import read_library

    workspace = Workspace.find(settings.folder)
    library = read_library(workspace)
    asked = _chosen(workspace, (inspection,) if inspection else ())
    loaded = find_user(workspace, library, asked, clause, cache_folder())
    answers.show_previews(settings, clause, loaded.id, preview(clause, loaded))


@main.command()
@click.argument("identifier", metavar="ID")
@click.option("--language", default=None, help="The language of the comments in the file.")
@click.option("--from", "source", default=None, metavar="ID", help="The inspection whose team is taken over.")
@reports
def new(settings: Settings, identifier: str, language: str | None, source: str | None) -> None:
    """Write a commented inspection file to fill in."""
    from reportgen.folders import Workspace
    from reportgen.new import new_inspection
    from reportgen.schema import renew_copies

    workspace = Workspace.find(settings.folder)
    written = new_inspection(workspace, identifier, language or settings.language, source)
    renew_copies(workspace, settings.language)
    click.echo(written.path.as_posix())
    if written.source:
        settings.say("begun-from", source=written.source)
    settings.say("written", path=written.path.as_posix())


@main.command()
@click.argument("code", metavar="CODE")
@reports
def explain(settings: Settings, code: str) -> None:
    """Tell what a code such as RG215 means, why, and show an example wrong and right."""
    from reportgen.explain import explain as explained

    answers.show_explanation(settings, explained(code, settings.language))


@main.command()
@click.argument("file", type=click.Choice(SCHEMA_FILES), required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@reports
def schema(settings: Settings, file: str | None, output: Path | None) -> None:
    """Tell editors what may be written, as JSON Schema: one kind of file, or the copies that editors here read."""
    from reportgen.folders import Workspace
    from reportgen.schema import local_copies, schema_text, write_copies, write_schema

    if file is None:
        workspace = Workspace.find(settings.folder)
        write_copies(workspace, settings.language)
        for path in local_copies(workspace).values():
            click.echo(path.relative_to(workspace.root).as_posix())
        return
    text = schema_text(file, settings.language, _workspace_or_none(settings.folder))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_schema(output, text)
        click.echo(output.as_posix())


def _workspace_or_none(folder: Path) -> Workspace | None:
    from reportgen.folders import Workspace

    try:
        return Workspace.find(folder)
    except ReportgenError:
        return None  # a schema without the ids of an office


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--to", "folder", type=click.Path(path_type=Path), default=None, help="A folder, made if need be.")
@reports
def extract(settings: Settings, file: Path, folder: Path | None) -> None:
    """Give back what a PDF was made of: a folder to print it from again."""
    from reportgen.sources import refuse_old, unpack
    from reportgen.writing import write_files

    target = folder or Path(file.stem)
    files = unpack(file.read_bytes(), file.as_posix())
    refuse_old(target, files)
    write_files(target, {Path(name): content for name, content in files.items()})
    settings.report((), sorted(target / name for name in files))
    settings.say("extracted", files=len(files), folder=target.as_posix())


@main.command()
@click.option("--parity", metavar="ID", default=None, help="Compare the DOCX and the PDF of this inspection instead.")
@reports
def doctor(settings: Settings, parity: str | None) -> None:
    """Prove fonts, line breaking, the text of PDFs and library versions on this computer."""
    from reportgen.doctor import compare_files, examine
    from reportgen.folders import Workspace
    from reportgen.workspace import read_library

    workspace = Workspace.find(settings.folder)
    if parity is not None:
        asked = workspace.inspection_id(parity)
        compared = compare_files(workspace, read_library(workspace), asked, cache_folder())
        sys.exit(1 if answers.show_parity(settings, asked, compared) else 0)
    failed = 0
    for result in examine(read_library(workspace), cache_folder()):
        failed += answers.show_result(settings, result)
    settings.say("healthy" if not failed else "ill", failed=failed)
    sys.exit(1 if failed else 0)


def _today() -> datetime.date:
    """Return the day on this computer: read here, at the edge, and handed on as a value."""
    return datetime.datetime.now().astimezone().date()


def _mention_orphans(settings: Settings, workspace: Workspace) -> None:
    from reportgen.cleaning import clean as clean_up

    if orphans := clean_up(workspace, dry_run=True).ours:
        settings.say("orphans", files=len(orphans))


def _chosen(workspace: Workspace, ids: tuple[str, ...]) -> tuple[str, ...]:
    from reportgen.diagnostics import InputError

    if not ids:
        return tuple(workspace.inspection_ids())
    chosen: dict[str, None] = {}
    found: list[Diagnostic] = []
    for asked in ids:
        try:
            chosen[workspace.inspection_id(asked)] = None
        except InputError as error:
            found += error.diagnostics
    if found:
        raise InputError(found)
    return tuple(chosen)


def _known_languages(languages: tuple[str, ...], there: Iterable[str]) -> None:
    allowed = tuple(there)
    for language in languages:
        if language not in allowed:
            raise click.BadParameter(f"{language!r} is not one of {', '.join(allowed)}", param_hint="--language")
