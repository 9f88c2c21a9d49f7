"""What templates compile to is kept for the next run; it is never wrong, and nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from reportgen.compiled import CompiledTemplates

TEXT = "{{ 1 + 1 }} {{ name }}"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was compiled, by name."""
    done: list[str] = []
    compile_one = Environment.compile

    def compile_and_tell(self: Environment, source: str, name: str, *others: object) -> object:
        done.append(name)
        return compile_one(self, source, name, *others)

    monkeypatch.setattr(Environment, "compile", compile_and_tell)
    return iter([done])


def rendered(folder: Path | None, text: str = TEXT, recipe: bytes = b"") -> str:
    """What a run makes of a template; it keeps what it compiled."""
    compiled = CompiledTemplates(folder, recipe)
    environment = Environment(loader=DictLoader({"a.html": text}), bytecode_cache=compiled, autoescape=True)
    said = environment.get_template("a.html").render(name="<Ý>")
    compiled.save()
    return said


def test_a_second_run_compiles_nothing(tmp_path: Path, compilations: Iterator[list[str]]) -> None:
    done = next(compilations)
    assert rendered(tmp_path) == rendered(tmp_path) == "2 &lt;Ý&gt;"
    assert done == ["a.html"]


def test_another_text_or_another_compiler_is_compiled_anew(tmp_path: Path, compilations: Iterator[list[str]]) -> None:
    done = next(compilations)
    rendered(tmp_path)
    assert rendered(tmp_path, TEXT + "!") == "2 &lt;Ý&gt;!"
    rendered(tmp_path, recipe=b"other")
    assert len(done) == 3
    rendered(tmp_path)
    rendered(tmp_path, TEXT + "!")
    assert len(done) == 3


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, compilations: Iterator[list[str]]) -> None:
    done = next(compilations)
    rendered(tmp_path)
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    for damaged in (b"", good[:20], good[:-1], good[:40] + b"\0" + good[41:]):
        done.clear()
        file.write_bytes(damaged)
        assert rendered(tmp_path) == "2 &lt;Ý&gt;"
        assert done == ["a.html"]
        assert file.read_bytes() == good


def test_where_nothing_can_be_kept_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert rendered(tmp_path / "file") == rendered(None) == "2 &lt;Ý&gt;"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
