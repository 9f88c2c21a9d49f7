"""What Python compiles at each start is compiled once, and is what it would be without that."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

from reportgen.kept import Kept
from reportgen.starting import compiled_once

PATTERNS = (
    (r"(?P<year>[0-9๐-๙]{4})|[ก-ฮ]+(?P<rest>.)?", 0),
    (r"(?P<year>[0-9๐-๙]{4})|[ก-ฮ]+(?P<rest>.)?", re.IGNORECASE),
    (r"[^\x09\x0A\x0D\x20-\x7E\xA0-\uD7FF]", 0),
    (r"(?ix) ộ+ \b # a comment", re.MULTILINE),
    (r"(a|b)(?=c)(?<!d)(?:e(f))*?", re.DOTALL),
    (rb"(?P<byte>[\x00-\x1f])", 0),
)

# Makes a class, an annotation and some patterns, and tells what was compiled for it.
PROGRAM = """
import json, re, sys, typing
from contextlib import nullcontext
from pathlib import Path
from reportgen.starting import compiled_once

texts, parse, parsed = [], re._parser.parse, []
re._parser.parse = lambda *given: parsed.append(given[0]) or parse(*given)
with compiled_once(Path(sys.argv[1])) if len(sys.argv) > 1 else nullcontext():
    import dataclasses
    sys.addaudithook(lambda event, given: texts.append(given) if event == "compile" and given[1] == "<string>" else 0)

    @dataclasses.dataclass(frozen=True, order=True)
    class Point:
        x: int
        y: int = 0

    noted = typing.ForwardRef("list[Point]")
    parsed.clear()
    found = re.compile("(?P<year>[0-9๐-๙]{4})|[ก-ฮ]+", re.IGNORECASE)
    compiled = {"texts": len(texts), "patterns": len(parsed)}
said = [repr(Point(1)), Point(1) == Point(1, 0), Point(1) < Point(1, 2), Point.__init__.__annotations__ != {}]
said += [eval(noted.__forward_code__) == list[Point]]
said += [len({Point(1), Point(1)}), found.groupindex["year"], found.sub("-", "ก 2566 x"), found.flags]
print(json.dumps({"said": said, **compiled}))
"""


def ran(*folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", PROGRAM, *map(str, folder)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def test_a_second_run_compiles_nothing_and_says_the_same(tmp_path: Path) -> None:
    plain, first, second = ran(), ran(tmp_path), ran(tmp_path)
    assert plain["said"] == first["said"] == second["said"]
    assert plain["texts"] == first["texts"] > 5
    assert plain["patterns"] == first["patterns"] == 1
    assert (second["texts"], second["patterns"]) == (0, 0)


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS)
def test_a_kept_pattern_is_the_one_that_python_makes(tmp_path: Path, pattern: Any, flags: int) -> None:
    made = []
    for _ in range(2):
        re.purge()
        with compiled_once(tmp_path):
            made.append(re.compile(pattern, flags))
    re.purge()
    anew = re.compile(pattern, flags)
    assert anew is not made[1]
    assert made == [anew, anew]  # Python compares what the engine was given
    assert dict(made[1].groupindex) == dict(anew.groupindex)


def test_what_cannot_be_compiled_is_refused_as_before(tmp_path: Path) -> None:
    for _ in range(2):
        with compiled_once(tmp_path), pytest.raises(re.error, match="unterminated"):
            re.compile("(a")
        with compiled_once(tmp_path), pytest.raises(SyntaxError, match="Forward reference"):
            typing.ForwardRef("list[")


def test_afterwards_python_compiles_as_before(tmp_path: Path) -> None:
    names = vars(dataclasses).get("exec"), re._compiler.compile, re._compiler._sre  # type: ignore[attr-defined]
    with compiled_once(tmp_path):
        assert re._compiler.compile is not names[1]  # type: ignore[attr-defined]
        assert "compile" in vars(typing)
    with pytest.raises(SystemExit), compiled_once(tmp_path):
        sys.exit(1)
    assert "compile" not in vars(typing)
    assert names == (vars(dataclasses).get("exec"), re._compiler.compile, re._compiler._sre)  # type: ignore[attr-defined]


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    said = ran(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert ran(tmp_path) == said
    assert ran(tmp_path)["texts"] == 0


def test_where_nothing_can_be_kept_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert ran(tmp_path / "file") == ran()


def test_what_is_kept_does_not_grow_for_ever(tmp_path: Path) -> None:
    for run in range(4):
        kept = Kept(tmp_path, "some", most=10)
        for number in range(20):
            kept.put(f"{run}-{number}", number)
        assert [kept.get(f"{run}-{number}") for number in (0, 9, 10)] == [0, 9, None]
        kept.save()
    kept = Kept(tmp_path, "some", most=10)
    assert [kept.get(f"{run}-0") for run in range(4)] == [None, None, None, 0]


def test_what_changes_little_is_not_written_down_anew(tmp_path: Path) -> None:
    for run in range(3):
        kept = Kept(tmp_path, "some", worth=3)
        for number in range(3 - run):
            kept.put(f"{run}-{number}", number)
        kept.save()
    kept = Kept(tmp_path, "some", worth=3)
    assert [kept.get(f"{run}-0") for run in range(3)] == [0, None, None]
