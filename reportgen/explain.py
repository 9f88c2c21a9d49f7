"""What a code means: what was found, why it matters, what to write, an example wrong and right; in three languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from reportgen.diagnostics import Diagnostic, InputError, Severity, catalogue
from reportgen.texts import nearest


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means. ``wrong`` and ``right`` are pieces of the file ``path``; empty where no file is at fault."""

    code: str
    name: str
    severity: Severity
    what: str
    why: str
    hints: tuple[str, ...]
    path: str = ""
    wrong: str = ""
    right: str = ""


def explain(asked: str, language: str) -> Explanation:
    """Return what a code or a name of a finding means, in the language of the user interface.

    Raises:
        InputError: where there is none, with the nearest one.
    """
    codes = {str(entry["code"]): name for name, entry in catalogue("en").items() if "code" in entry}
    name = codes.get(asked.upper(), asked.lower())
    if name not in codes.values():
        near = nearest(asked, (*codes, *codes.values()))
        values = {"found": asked, "suggestion": near or ""}
        raise InputError(Diagnostic("no-such-code", None, values, "suggest" if near else "form"))
    found, said = Diagnostic(name), catalogue(language)[name]
    example = _read("examples").get(name, {})
    return Explanation(
        found.code,
        name,
        found.severity,
        _plain(said["message"]),
        str(_read(language)[name]),
        tuple(map(_plain, said.get("hints", {}).values())),
        example.get("in", ""),
        example.get("wrong", ""),
        example.get("right", ""),
    )


def _plain(sentence: str) -> str:
    """Return a sentence of the catalogue without its values."""
    return sentence.format_map(defaultdict(lambda: "…"))


@cache
def _read(name: str) -> Mapping[str, Any]:
    import yaml  # not at the start of each command

    text = resources.files("reportgen").joinpath(f"explanations/{name}.yaml").read_text(encoding="utf-8")
    read: Mapping[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - texts only
    return read
