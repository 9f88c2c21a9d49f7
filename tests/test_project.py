"""What is always true of the project's own files: locks, set-up, and nothing of the machine they were written on."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")

# Taken apart, so that this file does not hold them itself.
FOLDERS = ("work", "root", "home", "opt", "tmp")
HOSTS = ("pypi·org", "pythonhosted·org", "deb·debian·org", "snapshot·debian·org", "ubuntu·com", "files·python")


def foreign(content: str) -> list[str]:
    """Return the paths of a machine and the registries that a text names."""
    paths = re.findall(rf"(?<![\w.~*}})/])/(?:{'|'.join(FOLDERS)})/[\w.-]+", content)
    return paths + [host for host in (name.replace("·", ".") for name in HOSTS) if host in content]


def tracked() -> list[Path]:
    """Return the files under version control that are there."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_a_machine_or_a_registry() -> None:
    files = tracked()
    assert ROOT / "reportgen" / "cli.py" in files
    found = {path.relative_to(ROOT).as_posix(): foreign(path.read_bytes().decode("latin-1")) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("text", ["see /{}/main", '"/{}/x.yaml"', "cd /{}/venv && run"])
def test_a_path_of_a_machine_is_seen(text: str) -> None:
    assert all(foreign(text.format(folder)) for folder in FOLDERS)
    assert foreign(f"https://{HOSTS[0].replace('·', '.')}/simple")
    assert foreign("templates/home/x and ./opt/y, $(FOLDER)/{}/z".format("tmp")) == []


def pins(name: str) -> dict[str, str]:
    """Return the libraries of a lock file with their versions."""
    found = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(library): version for library, version in found}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_library_by_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if entry]
    pinned = re.compile(r"[\w.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}")
    assert len(entries) > 10
    assert [entry for entry in entries if not pinned.match(entry)] == []
    assert "://" not in text


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, test = (pins(name) for name in LOCKS)
    groups = project["dependency-groups"]
    assert set(project["build-system"]["requires"]) == set(groups["build"])
    for asked, locked in ((project["project"]["dependencies"] + groups["build"], runtime), (groups["dev"], test)):
        for requirement in map(Requirement, asked):
            version = locked.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is in no lock file: run make lock"
            assert version in requirement.specifier, f"{requirement} is locked as {version}: run make lock"
    shared = test.keys() & runtime.keys()
    assert [name for name in shared if test[name] != runtime[name]] == []


def make(*arguments: str) -> list[str]:
    """Return what make says; a make that runs these tests hands nothing down."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments]
    made = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return made.stdout.splitlines()


def test_make_installs_the_fonts_that_the_languages_name() -> None:
    installed = set(make("--eval", "show: ; @echo $(PACKAGES)", "show")[-1].split())
    named = {
        candidate["package"]
        for path in (ROOT / "templates").glob("*/locale.yaml")
        for font in yaml.safe_load(path.read_text(encoding="utf-8"))["fonts"]
        for candidate in font["candidates"]
        if "package" in candidate
    }
    assert named
    assert named <= installed


def test_make_test_checks_style_and_types_and_ends_with_pytest() -> None:
    *_, style, types, last = make("--dry-run", "test")
    assert [command.split("/")[-1] for command in (style, types, last)] == [
        "ruff check .",
        "mypy",
        "python -m pytest --numprocesses auto --dist loadfile",
    ]


def test_continuous_integration_runs_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in script.splitlines() if not line.startswith("#")] == [
        "set -euo pipefail",
        'cd "$(dirname "$0")/.."',
        "exec make test",
    ]


def test_the_newest_version_stands_in_the_changelog() -> None:
    version = re.search(r'__version__ = "(.+)"', (ROOT / "reportgen" / "__init__.py").read_text(encoding="utf-8"))
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert version
    assert headings[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:])
    assert not headings[1:] or headings[1].startswith(f"{version[1]} ")
