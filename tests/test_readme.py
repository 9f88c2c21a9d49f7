"""What README.md shows is so: its commands run as written, its files are read, its message is said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from conftest import Office

from reportgen.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = "inspections/2026-03-05-example.yaml"


@dataclass(frozen=True)
class Block:
    """A block of code: its kind (``sh``, ``yaml`` …) and its lines."""

    kind: str
    text: str

    @property
    def file(self) -> str:
        """The file that the block's first line names in a comment, or nothing."""
        found = re.match(r"(?:#|/\*) (\S+/\S+\.\w+)", self.text)
        return found[1] if found else ""

    @property
    def content(self) -> str:
        """The block without the line that names the file."""
        return self.text.partition("\n")[2]


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)]


def test_the_blocks_are_seen() -> None:
    assert {block.kind for block in BLOCKS} == {"sh", "yaml", "css", "text"}
    assert README.count("\n```") == 2 * len(BLOCKS)
    assert len(list(commands())) > 10
    assert EXAMPLE in {block.file for block in BLOCKS}


def commands() -> Iterator[str]:
    """Yield every command, in its order."""
    for block in BLOCKS:
        if block.kind == "sh":
            yield from block.text.splitlines()


def test_every_command_runs_as_written(office: Office, tmp_path: Path) -> None:
    """In one terminal, in a copy of the workspace, one after another; files are filled in where the README shows them.

    ``make`` itself would set up this computer inside a test: that its target exists is tested below.
    """
    workspace = terminal(office, tmp_path)
    for block in BLOCKS:
        if block.kind == "sh":
            lines = [line for line in block.text.splitlines() if not is_make(line)]
            say("\n".join(lines), workspace, office)
        elif block.file.startswith("inspections/"):
            assert (workspace / block.file).is_file(), f"no command before wrote {block.file}"
            (workspace / block.file).write_text(block.content, encoding="utf-8")
    printed = {path.name for path in (workspace / "output" / Path(EXAMPLE).stem).iterdir()}
    assert printed == {f"{Path(EXAMPLE).stem}.vi.{form}" for form in ("docx", "pdf")}


def test_the_make_commands_are_targets_that_make_knows() -> None:
    asked = [line.split()[1:] for line in commands() if is_make(line)] + [
        [target] for target in re.findall(r"`make (\w+)`", README)
    ]
    assert [] in asked
    assert ["test"] in asked
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    for targets in asked:
        command = ["make", "--dry-run", "--always-make", *targets]
        planned = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
        assert ".venv/bin/" in planned or ".cache/" in planned, f"make has nothing to do for {targets}"


def is_make(line: str) -> bool:
    """Whether a command is one of make's."""
    return line.split()[0] == "make"


def terminal(office: Office, folder: Path) -> Path:
    """Return a copy of the workspace with this Python's environment, and ``reportgen`` as a command."""
    workspace = folder / "office"
    office.copy_workspace(workspace)
    (workspace / ".venv").symlink_to(sys.prefix)
    (folder / "bin").mkdir()
    command = folder / "bin" / "reportgen"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reportgen "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return workspace


def say(script: str, workspace: Path, office: Office, *, expected: int = 0) -> str:
    """Run a script as in a terminal and return what it showed."""
    path = f"{workspace.parent / 'bin'}:{os.environ['PATH']}"
    command = ["bash", "-euxo", "pipefail", "-c", script]
    environment = {**office.environment, "PATH": path, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stderr
    return done.stdout + done.stderr


def test_the_message_is_the_one_that_is_shown(office: Office, tmp_path: Path) -> None:
    workspace = terminal(office, tmp_path)
    (example,) = [block for block in BLOCKS if block.file == EXAMPLE]
    (message,) = [block for block in BLOCKS if block.kind == "text"]
    wrong = re.search(r"If you write `(date: .*?)`", README)
    assert wrong
    text, count = re.subn(r"^date: .*$", wrong[1], example.text, flags=re.MULTILINE)
    assert count == 1
    (workspace / EXAMPLE).write_text(text, encoding="utf-8")
    shown = say(f"reportgen --ui en check {Path(EXAMPLE).stem}", workspace, office, expected=1)
    assert message.text in shown


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.file.startswith("templates/")], ids=lambda b: b.file)
def test_what_is_shown_of_a_template_stands_in_it(block: Block) -> None:
    lines = [line.partition("  #")[0].rstrip() for line in (ROOT / block.file).read_text(encoding="utf-8").splitlines()]
    assert [line for line in block.content.splitlines() if line not in lines] == []


def test_every_command_and_option_is_told_and_no_other() -> None:
    table = re.findall(r"^\| `([^`]+)` \| (.*) \|$", README.partition("### All commands")[2], re.MULTILINE)
    told = {" ".join(name.split()): text for name, text in table}
    groups = {name: parameter_names(command) for name, command in main.commands.items()}
    assert {name.split()[0] for name in told if not name.startswith("-")} & set(groups) == set(groups)
    for usage, text in told.items():
        name = usage.split()[0]
        if name in groups:
            assert set(re.findall(r"`(--[\w-]+)`", text)) == groups[name], name
    assert {name for name in told if name.startswith("-")} == parameter_names(main) | {"--help"}


def parameter_names(command: click.Command) -> set[str]:
    """Return the options of a command and of the commands in it, without help."""
    inner = command.commands.values() if isinstance(command, click.Group) and command is not main else ()
    own = {parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)}
    return own.union(*map(parameter_names, inner))


def test_pictures_and_pages_that_are_linked_are_there() -> None:
    linked = re.findall(r"\]\(([^)#]+)[^)]*\)", README)
    assert any(target.endswith(".png") for target in linked)
    assert [target for target in linked if not (ROOT / target).is_file()] == []
