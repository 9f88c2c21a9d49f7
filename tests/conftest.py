"""What several tests share: the real inspection, printed once by the real command into a copy of the workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from corpus import Bench
from desk import Desk
from hypothesis import settings
from reading import PAGE_NUMBER, PrintedDocx, PrintedPdf, read_pdf

from reportgen.parity import Comparison, Leaf, Programs, compare, docx_blocks, page_leaves

if TYPE_CHECKING:
    from authority import Server
    from signers import Signers, Stages

PROJECT = Path(__file__).parents[1]
REAL, SMALLEST = "611-2023-08-18", "mau-toi-thieu"
EDITIONS = ((REAL, "vi"), (REAL, "th"), (SMALLEST, "vi"))

# One commit, one result: generated examples are the same in each run, and new ones are drawn on purpose.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("random" if os.environ.get("REPORTGEN_RANDOM") else "repeatable")


@dataclass(frozen=True)
class PrintedEdition:
    """One inspection in one language, printed: its page, its PDF, its DOCX."""

    root: Path
    inspection: str
    language: str

    @property
    def pdf_path(self) -> Path:
        return self.root / "output" / self.inspection / f"{self.inspection}.{self.language}.pdf"

    @cached_property
    def pdf(self) -> PrintedPdf:
        return read_pdf(self.pdf_path)

    @cached_property
    def docx(self) -> PrintedDocx:
        return PrintedDocx(self.pdf_path.with_suffix(".docx"))

    @cached_property
    def page(self) -> str:
        """The page as HTML, as the templates say it."""
        from reportgen.folders import Workspace
        from reportgen.workspace import load_inspection, read_library

        workspace = Workspace(self.root)
        loaded = load_inspection(workspace, read_library(workspace), self.inspection, None)
        return loaded.pages[self.language].html

    @cached_property
    def leaves(self) -> list[Leaf]:
        """The blocks of the page, as the templates say them."""
        return page_leaves(self.page)

    def compare(self, converted: Path) -> Comparison:
        """Compare page, PDF and DOCX; ``converted`` is the DOCX as LibreOffice prints it."""
        pages = (Programs.find().pdf_pages(path) for path in (self.pdf_path, converted))
        return compare(self.leaves, docx_blocks(self.docx.path.read_bytes()), *pages, PAGE_NUMBER)


@dataclass(frozen=True)
class Office:
    """Copies the project's workspace, and prints with the real command and a font cache of its own."""

    cache: Path

    @property
    def environment(self) -> dict[str, str]:
        without = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
        ours = {"XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(PROJECT), "REPORTGEN_JOBS": "1"}
        return {**without, **ours}

    @property
    def fontconfig(self) -> Path:
        """The private fonts.conf of the project's languages: it draws the declared families with what is here."""
        from reportgen.folders import Workspace
        from reportgen.workspace import read_library

        return read_library(Workspace(PROJECT)).find_fonts(self.cache / "reportgen").fontconfig()

    def copy_workspace(self, root: Path) -> Path:
        """Return a copy of the project's inspections and templates."""
        for name in ("inspections", "templates"):
            shutil.copytree(PROJECT / name, root / name)
        return root

    def print(self, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``reportgen build`` in a workspace; what it reports must be warnings only."""
        return self.run(root, "build", *arguments)

    def run(self, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own: fontconfig keeps the fonts that it was first shown."""
        command = [sys.executable, "-m", "reportgen", "-C", str(root), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    def python(self, program: str, *arguments: str, given: bytes = b"", **environment: str) -> bytes:
        """Run a Python program in a process of its own, and return what it writes."""
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**self.environment, **environment},
            input=given,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def convert(self, documents: list[Path], folder: Path) -> dict[str, Path]:
        """Return the PDFs that LibreOffice prints of DOCX files, by stem. Without LibreOffice this fails."""
        return Programs.find().print_docx(documents, folder, self.fontconfig)


@pytest.fixture(autouse=True)
def fonts_of_this_computer() -> Iterator[None]:
    """Undo what printing in this process leaves: a fonts.conf that shows the next test its own fonts only."""
    os.environ.pop("FONTCONFIG_FILE", None)
    yield
    os.environ.pop("FONTCONFIG_FILE", None)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with its own font cache."""
    return Office(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def answers(office: Office, request: pytest.FixtureRequest) -> Any:
    """What the ``PROGRAM`` of a test's module tells, as JSON, in a process of its own."""
    return json.loads(office.python(request.module.PROGRAM))


@pytest.fixture(scope="session")
def printed(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], PrintedEdition]:
    """All inspections of the project, printed; by inspection and language."""
    root = office.copy_workspace(tmp_path_factory.mktemp("office"))
    office.print(root)
    return {key: PrintedEdition(root, *key) for key in EDITIONS}


@pytest.fixture(scope="session", params=["vi", "th"])
def real(request: pytest.FixtureRequest, printed: dict[tuple[str, str], PrintedEdition]) -> PrintedEdition:
    """The real inspection, in each language."""
    return printed[REAL, request.param]


@pytest.fixture(scope="session", params=EDITIONS, ids="-".join)
def edition(request: pytest.FixtureRequest, printed: dict[tuple[str, str], PrintedEdition]) -> PrintedEdition:
    """Each edition of the project."""
    return printed[request.param]


@pytest.fixture(scope="session")
def by_libreoffice(
    office: Office, printed: dict[tuple[str, str], PrintedEdition], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The PDFs that LibreOffice prints of every DOCX."""
    return office.convert([edition.docx.path for edition in printed.values()], tmp_path_factory.mktemp("libreoffice"))


# ---- those who sign -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A time-stamp server, and the lists of revoked certificates."""
    from authority import serve  # with all that signs: only where something is signed

    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def signers(office: Office, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Signers:
    """An office where the real minutes are issued; nobody has signed. Tests copy it to sign there."""
    from signers import issue_real_minutes

    desk = Desk(office.copy_workspace(tmp_path_factory.mktemp("office")), office.cache)
    return issue_real_minutes(desk, server.authority)


@pytest.fixture(scope="session")
def stages(signers: Signers, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """All have signed the minutes in both languages, with image and seal."""
    from signers import LANGUAGES, all_sign

    own = signers.copied(tmp_path_factory.mktemp("signed"))
    images = ("--signature", str(own.desk.path("keys/hand.png")), "--seal", str(own.desk.path("keys/seal.png")))
    return all_sign(own, tmp_path_factory.mktemp("stages"), LANGUAGES, *images)


# ---- other data -----------------------------------------------------------------------------------------------------


def change_yaml(path: Path, change: Callable[[Any], None]) -> None:
    """Change a YAML file of a copied workspace; every scalar stays the text that it is."""
    data = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")


def make_office_larger(data: Any) -> None:
    """Give the province's committee a long name."""
    agency = data["agencies"]["dak-lak-ppc"]
    del agency["short"]
    agency["name"] = {
        "vi": "Ủy ban nhân dân tỉnh Đắk Lắk, Ban Chỉ đạo cải cách hành chính nhà nước",
        "th": "คณะกรรมการประชาชนจังหวัดดั๊กลัก คณะกรรมการอำนวยการปฏิรูประบบราชการ",
    }


def make_inspection_larger(data: Any) -> None:
    """Add four signatories in all, two pages of results and a team with a long name."""
    data["team"]["name"] = {
        "vi": "Đoàn kiểm tra liên ngành công tác cải cách hành chính số 611",
        "th": "คณะผู้ตรวจร่วมหลายหน่วยงานด้านการปฏิรูประบบราชการที่ 611",
    }
    data["signatures"] = [
        "secretary",
        "lead",
        {"role": "unit-head", "person": "vo-thanh-hue"},
        {"role": "witness", "person": "unknown"},
    ]
    general = data["results"][-1]["text"]
    data["results"] += [
        {
            "area": {"vi": f"Nội dung bổ sung thứ {number}", "th": f"เรื่องเพิ่มเติมที่ {number}"},
            "text": {language: f"{text}\n\n{text} {text}" for language, text in general.items()},
        }
        for number in range(1, 6)
    ]


@pytest.fixture(scope="session")
def large(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], PrintedEdition]:
    """The real inspection with other data: longer names, four signatories, two more pages of results."""
    root = office.copy_workspace(tmp_path_factory.mktemp("larger"))
    (root / "inspections" / f"{SMALLEST}.yaml").unlink()
    change_yaml(root / "templates" / "office.yaml", make_office_larger)
    change_yaml(root / "inspections" / f"{REAL}.yaml", make_inspection_larger)
    office.print(root)
    return {(REAL, language): PrintedEdition(root, REAL, language) for language in ("vi", "th")}


@pytest.fixture(scope="session")
def large_by_libreoffice(
    office: Office, large: dict[tuple[str, str], PrintedEdition], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The PDFs that LibreOffice prints of the larger inspection."""
    return office.convert([edition.docx.path for edition in large.values()], tmp_path_factory.mktemp("libreoffice"))


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The workspace in which the wrong files of ``tests/bad/`` are tried."""
    return Bench(tmp_path_factory.mktemp("bad"), tmp_path_factory.mktemp("fonts"))
