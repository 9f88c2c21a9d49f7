"""A PDF carries what it was made of: the same bytes come out of it again, and nothing that is not in the minutes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml
from conftest import EDITIONS, REAL, SMALLEST, Office, PrintedEdition, change_yaml
from desk import Desk
from hypothesis import given
from hypothesis import strategies as st

from reportgen import sources
from reportgen.diagnostics import InputError
from reportgen.edition import Issuance
from reportgen.folders import Workspace
from reportgen.sources import CONTAINER, ISSUE, PICTURES, pack, unpack
from reportgen.workspace import load_inspection, read_library
from reportgen.yamlfile import read_yaml


def attached(pdf: Path) -> dict[str, bytes]:
    with pikepdf.open(pdf) as opened:
        return {name: file.get_file().read_bytes() for name, file in opened.attachments.items()}


def contained(pdf: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(attached(pdf)[CONTAINER])) as container:
        return {name: container.read(name) for name in container.namelist()}


# ---- what is given back ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(office: Office, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], PrintedEdition]:
    """All inspections of the project, printed with what they are made of."""
    root = office.copy_workspace(tmp_path_factory.mktemp("kept"))
    office.print(root, "--attach")
    return {key: PrintedEdition(root, *key) for key in EDITIONS}


@pytest.fixture(scope="module", params=EDITIONS, ids="-".join)
def edition(request: pytest.FixtureRequest, kept: dict[tuple[str, str], PrintedEdition]) -> PrintedEdition:
    """Each edition of the project, printed with what it is made of."""
    return kept[request.param]


def print_again(edition: PrintedEdition, office: Office, folder: Path) -> PrintedEdition:
    """Print what an edition was made of, by the real commands, in a folder that holds nothing else."""
    answer = Desk(folder.parent, office.cache).run("extract", str(edition.pdf_path), "--to", str(folder))
    assert answer.exit_code == 0, answer.stderr
    office.print(folder, "--attach")
    return PrintedEdition(folder, edition.inspection, edition.language)


def test_each_pdf_gives_back_what_prints_the_same_bytes(
    kept: dict[tuple[str, str], PrintedEdition], office: Office, tmp_path: Path
) -> None:
    for number, edition in enumerate(kept.values()):
        again = print_again(edition, office, tmp_path / str(number))
        assert again.pdf_path.read_bytes() == edition.pdf_path.read_bytes()
        assert again.docx.path.read_bytes() == edition.docx.path.read_bytes()


def test_what_is_made_without_attachments_has_none(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in printed.values():
        assert attached(edition.pdf_path) == {}


def test_the_photographs_given_back_are_those_that_are_printed(kept: dict[tuple[str, str], PrintedEdition]) -> None:
    real = kept[REAL, "th"]
    files = unpack(real.pdf_path.read_bytes(), "x.pdf")
    folder = f"inspections/{REAL}/"
    photos = {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}
    assert photos.keys() == {path.name for path in (real.root / folder).iterdir()}
    with zipfile.ZipFile(real.docx.path) as package:
        media = [package.read(name) for name in package.namelist() if name.endswith(".jpg")]
    assert sorted(photos.values()) == sorted(media)


def test_the_file_does_not_grow_by_its_photographs(kept: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in kept.values():
        with pikepdf.open(edition.pdf_path) as pdf:
            streams = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)]
            sizes = [len(each.read_raw_bytes()) for each in streams if each.get("/Type", "") == "/EmbeddedFile"]
        assert len(sizes) == 2
        assert sum(sizes) < 25_000


# ---- what is attached, and how --------------------------------------------------------------------------------------

DESCRIBED = {
    "vi": ("Dữ liệu của cuộc kiểm tra", "Mẫu, từ ngữ và danh mục đã dùng để in"),
    "th": ("ข้อมูลของการตรวจ", "แบบ ถ้อยคำ และรายชื่อที่ใช้พิมพ์"),
}


def test_attachments_are_listed_once_as_sources_and_described(edition: PrintedEdition) -> None:
    with pikepdf.open(edition.pdf_path) as pdf:
        tree = pdf.Root.Names.EmbeddedFiles.Names
        names = [str(name) for name in tree[::2]]
        assert names == sorted(names) == [f"{edition.inspection}.yaml", CONTAINER]
        files = list(tree[1::2])
        assert [file.objgen for file in pdf.Root.AF] == [file.objgen for file in files]
        assert [str(file.UF) for file in files] == names
        assert [str(file.Desc) for file in files] == list(DESCRIBED[edition.language])
        assert all(file.AFRelationship == "/Source" for file in files)
        assert [file.EF.F.Subtype for file in files] == ["/application/yaml", "/application/zip"]
        day = str(pdf.docinfo.CreationDate)
        assert all(str(file.EF.F.Params.CreationDate).startswith(day) for file in files)


def test_comments_are_not_attached(kept: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in kept.values():
        source = edition.root / "inspections" / f"{edition.inspection}.yaml"
        given = attached(edition.pdf_path)[f"{edition.inspection}.yaml"].decode()
        comments = [
            line.strip(" #") for line in source.read_text(encoding="utf-8").splitlines() if line.startswith("#")
        ]
        assert comments
        assert not [comment for comment in comments if comment and comment in given]
        assert yaml.load(given, yaml.BaseLoader) == yaml.load(source.read_text(encoding="utf-8"), yaml.BaseLoader)
        assert "#" not in contained(edition.pdf_path)["templates/office.yaml"].decode()


def add_people(data: Any) -> None:
    """Add someone who is not in the minutes, and someone whose name a text says."""
    data["positions"]["guest"] = {"vi": "Khách mời", "th": "แขก"}
    data["people"] |= {
        "stranger": {"name": {"vi": "Trần Thị Lạ", "th": "ตรัน ถิ หละ"}, "position": "guest"},
        "named": {"name": {"vi": "Phạm Văn Kể", "th": "ฝั่ม วัน เก๋"}, "title": "mr"},
    }


@pytest.fixture(scope="module")
def peopled(office: Office, tmp_path_factory: pytest.TempPathFactory) -> PrintedEdition:
    root = office.copy_workspace(tmp_path_factory.mktemp("peopled"))
    (root / "inspections" / f"{REAL}.yaml").unlink()
    change_yaml(root / "templates" / "office.yaml", add_people)
    path = root / "inspections" / f"{SMALLEST}.yaml"
    change_yaml(path, lambda data: data.update(method="Nghe ông Phạm Văn Kể trình bày."))
    office.print(root, "--attach")
    return PrintedEdition(root, SMALLEST, "vi")


def test_of_the_office_only_what_the_minutes_use_is_attached(peopled: PrintedEdition) -> None:
    given = yaml.safe_load(contained(peopled.pdf_path)["templates/office.yaml"])
    whole = yaml.safe_load((peopled.root / "templates" / "office.yaml").read_text(encoding="utf-8"))
    assert given["people"].keys() == {"named"}
    assert "guest" not in given["positions"]
    assert {"dak-lak-ppc"} <= given["agencies"].keys() < whole["agencies"].keys()
    assert "Trần Thị Lạ".encode() not in b"".join(contained(peopled.pdf_path).values())


def test_a_name_that_only_a_text_says_is_given_back(peopled: PrintedEdition, office: Office, tmp_path: Path) -> None:
    again = print_again(peopled, office, tmp_path / "again")
    assert again.pdf_path.read_bytes() == peopled.pdf_path.read_bytes()


def test_issued_minutes_tell_their_number(peopled: PrintedEdition) -> None:
    workspace = Workspace(peopled.root)
    library = read_library(workspace)
    for issuance, told in (
        (None, None),
        (Issuance(2026, 7, 2, {"vi": "Sửa"}), {"year": 2026, "number": 7, "revision": 2, "reason": {"vi": "Sửa"}}),
    ):
        loaded = load_inspection(workspace, library, SMALLEST, None, issuance)
        container = next(each.content for each in pack(loaded, library, {}) if each.name == CONTAINER)
        with zipfile.ZipFile(io.BytesIO(container)) as opened:
            found = json.loads(opened.read(ISSUE)) if ISSUE in opened.namelist() else None
        assert found == told


# ---- values ---------------------------------------------------------------------------------------------------------

WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "null",
            "~",
            "no",
            "16:30",
            "010",
            "1_000",
            "# no comment",
            "a: b",
            "- x",
            " x ",
            "x\n\ny\n",
            "",
            "|",
            "'",
            '"',
        ]
    ),
)
VALUES = st.recursive(
    WORDS | st.none(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4) | st.dictionaries(WORDS.filter(bool), inner, min_size=1, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(WORDS.filter(bool), VALUES, min_size=1, max_size=4))
def test_values_are_written_as_they_are_read(data: dict[str, Any]) -> None:
    try:
        read = read_yaml(sources._canonical(data), "x.yaml").data
    except InputError:
        return  # the reader takes no control characters, and no key twice
    written = sources._canonical(read)
    assert read_yaml(written, "x.yaml").data == read
    assert sources._canonical(read_yaml(written, "x.yaml").data) == written


# ---- what is refused ------------------------------------------------------------------------------------------------


def with_container(pdf: Path, target: Path, **files: bytes) -> Path:
    """Copy a PDF with other files in its container."""
    everything = contained(pdf) | files
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        for name, content in everything.items():
            container.writestr(name, content)
    with pikepdf.open(pdf) as opened:
        opened.attachments[CONTAINER] = pikepdf.AttachedFileSpec(opened, buffer.getvalue(), filename=CONTAINER)
        opened.save(target)
    return target


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(tmp_path, office.cache)


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/evil.txt", "templates/../../evil.txt", "C:\\evil.txt", "..\\evil.txt"]
)
def test_a_file_that_would_leave_the_folder_is_refused(
    kept: dict[tuple[str, str], PrintedEdition], desk: Desk, name: str
) -> None:
    wrong = with_container(kept[SMALLEST, "vi"].pdf_path, desk.path("wrong.pdf"), **{name: b"evil"})
    answer = desk.run("extract", str(wrong), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert "error[RG825]" in answer.stderr
    assert {path.name for path in desk.root.rglob("*")} == {"wrong.pdf"}


def test_nothing_is_overwritten(kept: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    desk.write("to/templates/minutes.css", "mine")
    answer = desk.run("extract", str(kept[SMALLEST, "vi"].pdf_path), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert [line for line in answer.errors if "error[RG826]" in line and "minutes.css" in line] == answer.errors
    assert [path.name for path in desk.path("to").rglob("*") if path.is_file()] == ["minutes.css"]
    assert desk.read("to/templates/minutes.css") == "mine"


def test_no_link_leads_out_of_the_folder(kept: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    desk.path("elsewhere").mkdir()
    desk.path("to").mkdir()
    desk.path("to/templates").symlink_to(desk.path("elsewhere"))
    answer = desk.run("extract", str(kept[SMALLEST, "vi"].pdf_path), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert "error[RG826]" in answer.stderr
    assert list(desk.path("elsewhere").iterdir()) == []


def test_a_file_without_its_sources_is_told(kept: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    edition = kept[REAL, "vi"]
    whole = edition.pdf_path.read_bytes()
    files = {"docx": edition.docx.path.read_bytes(), "half": whole[: len(whole) // 2], "empty": b"", "words": b"words"}
    for name, content in files.items():
        desk.path(f"{name}.pdf").write_bytes(content)
    with pikepdf.open(edition.pdf_path) as pdf:
        del pdf.attachments[CONTAINER]
        pdf.save(desk.path("stripped.pdf"))
    with_container(edition.pdf_path, desk.path("other picture.pdf"), **{PICTURES: b'{"a.jpg": "0"}'})
    with_container(edition.pdf_path, desk.path("no list.pdf"), **{PICTURES: b"[]"})
    for path in sorted(desk.root.glob("*.pdf")):
        answer = desk.run("extract", str(path), "--to", str(desk.path("to")))
        assert answer.exit_code == 1, path.name
        assert "error[RG824]" in answer.stderr, path.name
    assert not desk.path("to").exists()
