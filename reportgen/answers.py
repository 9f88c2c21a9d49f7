"""Answers: what commands found, shown as tables and sentences for people, as one JSON object for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reportgen.diagnostics import Diagnostic, Word, day_text, severity_word, sort_diagnostics
from reportgen.terminal import Settings, finding_as_json

if TYPE_CHECKING:  # a command loads what it needs itself
    from reportgen.clauses import Preview, Version
    from reportgen.differences import EditionDifferences
    from reportgen.doctor import Result
    from reportgen.explain import Explanation
    from reportgen.listing import ListedEntry
    from reportgen.parity import Comparison
    from reportgen.redline import Change, Kind
    from reportgen.scanned import Scanned
    from reportgen.staleness import Reason, Status
    from reportgen.verifying import Verification

_SHOWN_IDS = 3  # of inspections in a table; JSON has them all


def show_statuses(settings: Settings, found: Sequence[Status], orphans: Sequence[Path], *, why: bool) -> None:
    """Show how files stand: as a table, a line for an edition whose formats stand alike; as JSON, an entry a file."""
    if settings.output_format == "json":
        statuses = [_status_as_json(status, settings.language) for status in found]
        names = [path.as_posix() for path in orphans]
        settings.give({"findings": [], "files": [], "statuses": statuses, "orphans": names})
        return
    from reportgen.tables import table

    heads = (
        Word("column-inspection"),
        Word("column-language"),
        Word("column-format"),
        Word("column-standing"),
        Word("column-why"),
    )
    rows = [[head.text(settings.language) for head in heads]]
    details = [""]
    for _, group in groupby(found, lambda each: (*each.key[:2], each.standing, each.reasons, each.problem)):
        first, *others = group
        forms = " ".join(each.key.format for each in (first, *others))
        reasons = [each.word.text(settings.language) for each in first.reasons]
        said = "; ".join([first.problem[settings.language], *reasons] if first.problem else reasons)
        rows.append([*first.key[:2], forms, first.word.text(settings.language), said])
        details.append(_details(first.reasons, settings.language) if why else "")
    click.echo("\n".join(line + detail for line, detail in zip(table(rows), details, strict=True)))


def _details(reasons: Iterable[Reason], language: str) -> str:
    """Return old and new values below a line of the table, as a redline."""
    from reportgen.redline import redline

    text = ""
    for reason in reasons:
        if reason.old != reason.new:
            text += f"\n    {reason.word.text(language)}:"
            text += "".join(f"\n      {line}" for line in redline(reason.old, reason.new).split("\n"))
    return text


def _status_as_json(status: Status, language: str) -> dict[str, Any]:
    reasons = [{"text": each.word.text(language), "old": each.old, "new": each.new} for each in status.reasons]
    return {
        **status.key._asdict(),
        "file": status.key.name,
        "state": status.standing.value,
        "reasons": reasons,
        "problem": status.problem.get(language),
    }


def show_differences(
    settings: Settings, found: Sequence[EditionDifferences], problems: Sequence[Diagnostic], files: Iterable[Path]
) -> None:
    """Show what changes: the words on stdout, with colours on a terminal and with marks elsewhere."""
    ui = settings.language
    if settings.output_format == "json":
        findings = [finding_as_json(problem, ui) for problem in sort_diagnostics(problems)]
        editions = [_edition_as_json(each, ui) for each in found]
        settings.give({"findings": findings, "files": [file.as_posix() for file in files], "editions": editions})
        return
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for each in found:
        heading = ""
        for difference in each.differences:
            if difference.heading != heading:
                heading = difference.heading
                click.echo(click.style(heading, bold=True) if coloured else f"## {heading}")
            click.echo(_redline(difference.parts, coloured=coloured) + "\n")
        settings.say(
            "differ" if each.differences else "same-words",
            inspection=each.inspection,
            language=each.language,
            old=each.old.text(ui),
            new=each.new.text(ui),
            changed=len(each.differences),
            unchanged=each.unchanged,
        )
    settings.report(problems, files)


def _redline(parts: Iterable[Change], *, coloured: bool) -> str:
    from reportgen.redline import Kind, marked

    if not coloured:
        return marked(parts)
    looks: dict[Kind, dict[str, Any]] = {
        Kind.SAME: {},
        Kind.OUT: {"fg": "red", "strikethrough": True},
        Kind.IN: {"fg": "green", "underline": True},
    }
    return "".join(click.style(part.text, **looks[part.kind]) if looks[part.kind] else part.text for part in parts)


def _edition_as_json(each: EditionDifferences, language: str) -> dict[str, Any]:
    differences = [
        {
            "heading": difference.heading,
            "parts": [{"kind": part.kind.value, "text": part.text} for part in difference.parts],
        }
        for difference in each.differences
    ]
    return {
        "inspection": each.inspection,
        "language": each.language,
        "old": each.old.text(language),
        "new": each.new.text(language),
        "unchanged": each.unchanged,
        "differences": differences,
    }


def show_entries(settings: Settings, listed: Sequence[ListedEntry], *, as_csv: bool) -> None:
    """Show what was issued: as a table, as comma-separated values for spreadsheets, as JSON."""
    if settings.output_format == "json":
        settings.give({"findings": [], "files": [], "entries": [each.as_data() for each in listed]})
    elif as_csv:
        from reportgen.listing import as_csv as write_csv

        click.echo(write_csv(listed), nl=False)
    elif not listed:
        settings.say("register-empty")
    else:
        from reportgen.listing import HEADS
        from reportgen.tables import table

        heads = [head.text(settings.language) for head in HEADS]
        rows = [heads, *(each.cells(settings.language) for each in listed)]
        click.echo("\n".join(table(rows)))


def show_versions(settings: Settings, versions: Sequence[Version], errors: Sequence[Diagnostic]) -> None:
    """Show versions of clauses as a table, and why inspections could not be looked at; as JSON, an entry a version."""
    if settings.output_format == "json":
        findings = [finding_as_json(error, settings.language) for error in sort_diagnostics(errors)]
        settings.give({"findings": findings, "clauses": [_version_as_json(version) for version in versions]})
        return
    from reportgen.tables import table

    heads = (
        Word("column-clause"),
        Word("column-since"),
        Word("column-languages"),
        Word("column-inspections"),
        Word("column-named"),
    )
    rows = [[head.text(settings.language) for head in heads]]
    for version in versions:
        since = day_text(version.since, settings.language) if version.since else Word("always").text(settings.language)
        named = [f"{place.path}:{place.line}" for place in version.places]
        named += [Word("the-program").text(settings.language)] if version.of_program else []
        ids = version.inspections
        shown_ids = ", ".join((*ids[:_SHOWN_IDS], *(["…"] if len(ids) > _SHOWN_IDS else [])))
        count = f"{len(ids)}: {shown_ids}" if ids else "0"
        rows.append([version.id, since, " ".join(version.texts), count, ", ".join(named) or "–"])
    click.echo("\n".join(table(rows)))
    settings.report(errors)


def _version_as_json(version: Version) -> dict[str, Any]:
    return {
        "id": version.id,
        "since": version.since.isoformat() if version.since else None,
        "texts": dict(version.texts),
        "places": [str(place) for place in version.places],
        "of_program": version.of_program,
        "inspections": list(version.inspections),
    }


def show_previews(settings: Settings, clause: str, inspection: str, previews: Sequence[Preview]) -> None:
    """Show the sentences of a clause, each behind its language; what stops one goes to stderr. As JSON, one object."""
    if settings.output_format == "json":
        languages = [_preview_as_json(each, settings.language) for each in previews]
        settings.give({"clause": clause, "inspection": inspection, "languages": languages})
        return
    from reportgen.tables import table

    rows = [[each.language, sentence] for each in previews for sentence in each.sentences]
    if rows:
        click.echo("\n".join(table(rows)))
    for each in previews:
        language = each.language
        if each.missing:
            names = ", ".join(each.missing)
            settings.say("clause-needs-names", language=language, inspection=inspection, clause=clause, names=names)
        elif each.problem:
            problem = each.problem.sentence(settings.language)
            settings.say("clause-not-filled", language=language, inspection=inspection, clause=clause, problem=problem)
        elif not each.used:
            settings.say("clause-not-printed", language=language, inspection=inspection, clause=clause)


def _preview_as_json(preview: Preview, language: str) -> dict[str, Any]:
    return {
        "language": preview.language,
        "since": preview.version or None,
        "used": preview.used,
        "sentences": list(preview.sentences),
        "missing": list(preview.missing),
        "problem": preview.problem.sentence(language) if preview.problem else None,
    }


def show_scanned(settings: Settings, found: Scanned) -> None:
    """Show what is known of the check mark of a paper."""
    if settings.output_format == "json":
        settings.give({"findings": [], **found.as_data()})
        return
    for line in found.lines(settings.language):
        click.echo(line)


def show_verified(settings: Settings, name: str, found: Verification) -> None:
    """Show what is known of a file: sentences, or one JSON object."""
    if settings.output_format == "json":
        settings.give(found.as_data(settings.language))
        return
    for line in found.lines(name, settings.language):
        click.echo(line)


def show_parity(settings: Settings, inspection: str, compared: Mapping[str, Comparison]) -> int:
    """Show how far the files of an inspection agree, and return how much does not."""
    from reportgen.doctor import as_data, tell

    results = [result for language, comparison in compared.items() for result in tell(language, comparison)]
    failed = sum(result.good is False for result in results)
    if settings.output_format == "json":
        settings.give({"findings": [], "files": [], "parity": as_data(inspection, compared)})
        return failed
    for result in results:
        show_result(settings, result)
    settings.say("same-paper" if not failed else "other-paper", inspection=inspection, failed=failed)
    return failed


def show_result(settings: Settings, result: Result) -> bool:
    """Show one thing examined, and return whether it is bad."""
    mark = {True: click.style("✓", fg="green"), False: click.style("✗", fg="red"), None: "·"}[result.good]
    click.echo(f"{mark} {result.text(settings.language)}")
    return result.good is False


def show_explanation(settings: Settings, told: Explanation) -> None:
    """Show what a code means, why, what to write, and an example wrong and right."""
    ui = settings.language
    parts = [
        f"{severity_word(told.severity, ui)}[{told.code}] {told.name}",
        told.what,
        f"{Word('explained-why').text(ui)} {told.why}",
        *(f"{Word('explained-write').text(ui)} {hint}" for hint in told.hints),
    ]
    if told.path:
        wrong, right = Word("explained-wrong", {"path": told.path}), Word("explained-right")
        parts += [wrong.text(ui), _indented(told.wrong), right.text(ui), _indented(told.right)]
    click.echo("\n\n".join(parts))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
