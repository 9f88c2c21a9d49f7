"""What ``reportgen explain`` tells of each code, in three languages; its examples are the corpus' own."""

import os
from importlib import resources

import pytest
import yaml
from click.testing import CliRunner
from corpus import cases

from reportgen.cli import main
from reportgen.diagnostics import InputError, catalogue
from reportgen.explain import explain

LANGUAGES = ("en", "vi", "th")
NAMES = {name: entry["code"] for name, entry in catalogue("en").items() if "code" in entry}
EXAMPLES = resources.files("reportgen").joinpath("explanations/examples.yaml")
NAME_OF = {code: name for name, code in NAMES.items()}


def examples() -> dict[str, dict[str, str]]:
    """Return the first case of each code in the corpus that can be shown; the corpus proves it."""
    found: dict[str, dict[str, str]] = {}
    for case in cases():
        if "right" in case.data and "wrong" in case.data and not {"then", "encoding"} & set(case.data):
            right = case.data.get("mended", case.data["right"])
            shown = {"in": case.path, "wrong": case.data["wrong"], "right": right}
            found.setdefault(NAME_OF[case.code], {key: text.strip("\n") for key, text in shown.items()})
    return dict(sorted(found.items(), key=lambda item: NAMES[item[0]]))


def words(text: str) -> list[str]:
    """Return the words of a text; of Thai, which has no spaces between words, pieces of three letters."""
    if any("\u0e00" <= letter <= "\u0e7f" for letter in text):
        return [text[index : index + 3] for index in range(0, len(text), 3)]
    return text.lower().split()


def test_the_examples_are_those_of_the_corpus() -> None:
    """The corpus proves them. ``REPORTGEN_REWRITE_EXAMPLES=1`` writes them down anew."""
    if os.environ.get("REPORTGEN_REWRITE_EXAMPLES"):
        head = "# Examples of `reportgen explain`, written by tests/test_explain.py from the cases in tests/bad/.\n"
        text = yaml.safe_dump(examples(), allow_unicode=True, sort_keys=False, width=1000)
        EXAMPLES.write_text(head + text, encoding="utf-8")
    assert yaml.load(EXAMPLES.read_text(encoding="utf-8"), yaml.BaseLoader) == examples()


def test_most_codes_of_files_have_an_example() -> None:
    assert len(examples()) >= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_code_is_explained(language: str) -> None:
    for name, code in NAMES.items():
        told = explain(code, language)
        assert (told.name, told.code) == (name, code)
        assert told.what
        assert told.why
        assert "{" not in told.what.replace("{{", "")
        assert explain(name, language) == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_is_more_than_the_message_said_again(language: str) -> None:
    for name in NAMES:
        told = explain(name, language)
        assert len(told.why) > 60, name
        said = set(words(told.what))
        assert len(set(words(told.why)) - said) >= 8, name


def test_a_code_that_is_not_there_is_told_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="did you mean date-unreadable"):
        explain("date-unreadible", "en")
    with pytest.raises(InputError, match="there is no code “x”"):
        explain("x", "en")


@pytest.mark.parametrize(("language", "wrong"), [("en", "Wrong"), ("vi", "Sai"), ("th", "ผิด")])
def test_the_command_shows_an_example_wrong_and_right(language: str, wrong: str) -> None:
    result = CliRunner().invoke(main, ["--ui", language, "explain", "rg215"])
    assert result.exit_code == 0
    assert f"{wrong}" in result.stdout
    assert "    date: 31/06/2023\n" in result.stdout
    assert result.stdout.endswith("    date: 30/06/2023\n")
