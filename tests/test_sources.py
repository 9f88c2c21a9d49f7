"""A PDF carries what it was made of: the same bytes come out of it again, and nothing that is not in the minutes.

``REPORTGEN_GENERATED=6`` gives back so many generated inspections, in place of one.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml
from conftest import EDITIONS, PROJECT, REAL, SMALLEST, Office, PrintedEdition, change_yaml
from desk import Desk
from generated import write_inspections
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from reportgen import excerpts
from reportgen.diagnostics import InputError
from reportgen.folders import ISSUE
from reportgen.sources import CONTAINER, PICTURES, unpack
from reportgen.yamlfile import read_yaml

GENERATED = int(os.environ.get("REPORTGEN_GENERATED", "1"))


def attached(pdf: Path) -> dict[str, bytes]:
    with pikepdf.open(pdf) as opened:
        return {name: file.get_file().read_bytes() for name, file in opened.attachments.items()}


def contained(pdf: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(attached(pdf)[CONTAINER])) as container:
        return {name: container.read(name) for name in container.namelist()}


# ---- what is given back ---------------------------------------------------------------------------------------------


@pytest.fixture(params=EDITIONS, ids="-".join)
def edition(request: pytest.FixtureRequest, printed: dict[tuple[str, str], PrintedEdition]) -> PrintedEdition:
    """Each edition of the project."""
    return printed[request.param]


def is_printed_again(pdf: Path, office: Office, folder: Path) -> bool:
    """Whether what an edition was made of prints the same PDF and DOCX, by the real commands, in an empty folder."""
    answer = Desk(folder.parent, office.cache).run("extract", str(pdf), "--to", str(folder))
    assert answer.exit_code == 0, answer.stderr
    office.print(folder)
    inspection = pdf.stem.rpartition(".")[0]
    made = folder / "output" / inspection
    assert sorted(path.name for path in made.iterdir()) == [f"{pdf.stem}.docx", pdf.name]
    return all(
        (made / pdf.name).with_suffix(form).read_bytes() == pdf.with_suffix(form).read_bytes()
        for form in (".pdf", ".docx")
    )


# Python that can import reportgen, from a folder with nothing else in it, and what reportgen needs: no extra of it, no
# library that only tests use.
ONLY_REPORTGEN = """
import json, sys
folder, foreign, *commands = sys.argv[1:]
foreign = frozenset(json.loads(foreign))
class Refusal:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in foreign:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refusal)
sys.path.insert(0, folder)
from reportgen.cli import main
for command in commands:
    try:
        main(json.loads(command))
    except SystemExit as end:
        if end.code:
            raise
"""


def foreign_modules() -> set[str]:
    """Return the modules of this computer that reportgen does not need."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {project["name"]}
    waiting = [Requirement(each) for each in project["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        key = f"{canonicalize_name(requirement.name)} {sorted(requirement.extras)}"
        if key not in needed:
            needed |= {key, canonicalize_name(requirement.name)}
            for text in requires(requirement.name) or ():
                other = Requirement(text)
                extras = ("", *requirement.extras)
                if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in extras):
                    waiting.append(other)
    owners = packages_distributions().items()
    return {name for name, owned in owners if not needed & {canonicalize_name(each) for each in owned}}


def test_each_pdf_gives_back_what_prints_the_same_bytes_where_only_reportgen_is_installed(
    edition: PrintedEdition, office: Office, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT / "reportgen", tmp_path / "installed" / "reportgen")
    foreign = foreign_modules()
    assert {"pyhanko", "segno", "pytest", "pikepdf", "hypothesis"} <= foreign
    assert not {"weasyprint", "fontTools", "brotli", "yaml", "pypdf", "reportgen"} & foreign
    again = tmp_path / "again"
    pdf = edition.pdf_path
    commands = (["extract", str(pdf), "--to", str(again)], ["-C", str(again), "build"])
    arguments = [str(tmp_path / "installed"), json.dumps(sorted(foreign)), *map(json.dumps, commands)]
    done = subprocess.run(
        [sys.executable, "-I", "-c", ONLY_REPORTGEN, *arguments],
        cwd=tmp_path, env=office.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for form in (".pdf", ".docx"):
        made = (again / "output" / edition.inspection / pdf.name).with_suffix(form)
        assert made.read_bytes() == pdf.with_suffix(form).read_bytes()


def test_what_nobody_wrote_is_given_back(office: Office, tmp_path: Path) -> None:
    root = office.copy_workspace(tmp_path / "office")
    write_inspections(root / "inspections", GENERATED)
    # Looks, days of the wording and names that another edition has, and this one has not.
    change_yaml(root / "templates" / "office.yaml", add_people)
    change_yaml(root / "templates" / "th" / "wording.yaml", give_versions)
    style = root / "templates" / "th" / "style.css"
    style.write_text(style.read_text(encoding="utf-8") + ".picture { width: 71mm }", encoding="utf-8")
    office.print(root)
    files = sorted(root.glob("output/*/*.pdf"))
    assert len(files) == GENERATED * 2
    assert [pdf.name for pdf in files if not is_printed_again(pdf, office, tmp_path / pdf.stem)] == []


def give_versions(data: Any) -> None:
    """Give a clause a text of other words since a day long past, and one for later days."""
    text = data["closing"]["copies"]
    data["closing"]["copies"] = [
        {"text": f"x {text}"},
        {"from": "01/01/2001", "text": f"{text} ๆ"},
        {"from": "01/01/2090", "text": f"y {text}"},
    ]


def everything(data: Any) -> None:
    """Fill in whatever an inspection may say, most of it in place: a visit of one language, typed in every form."""
    text = {"th": "ผ่าน ที่ตำบลนามกา\n\nและ"}
    outsider = {
        "name": {"vi": "Nguyễn Văn A", "th": "เหงียน วัน เอ"},
        "title": {"th": "คุณ"},
        "position": "chair",
        "agency": {"th": "สำนักงาน"},
        "unconfirmed": "a reason for colleagues",
    }
    place = {"name": {"vi": "xã Ea R'bin", "th": "ตำบลเอียรบิน"}, "proper": {"th": "เอียรบิน"}, "from": "๑ มกราคม ๒๕๖๐"}
    data |= {
        "number": "7/BB-ĐKT",
        "languages": ["th"],
        "digits": "latin",
        "subject": text,
        "date": {"from": "๑๗ สิงหาคม ๒๕๖๖", "to": "18/08/2566"},
        "wording_as_of": "1.2.2024",
        "started": "8h30",
        "ended": "16.30 น.",
        "place": {"th": "ห้อง: #1"},
        "legal_bases": [text, "chair of all"],
        "period": "01/01/2023",
        "method": text,
        "units": ["nam-ka", place],
        "attendees": [outsider, "vo-thanh-hue"],
        "results": [
            {"area": {"th": "อื่น ๆ"}, "unit": place, "text": text},
            {
                "area": "direction",
                "figures": [{"what": text, "rate": "96,70%"}, {"what": text, "done": "๑", "total": "1.234"}],
            },
        ],
        "limitations": [{"text": text, "unit": "nam-ka", "cause": text}],
        "conclusions": [{"text": text, "unit": "dak-nue", "due": "1 ต.ค. 2566"}],
        "response": {"text": text, "by": outsider},
        "copies": "๓",
        "recipients": ["dak-lak-home-affairs", text],
    }
    data["photos"] = [{**photo, "caption": text} for photo in data["photos"]]
    data["team"] = {
        "name": text,
        "agency": "dak-lak-ppc",
        "decision": {"number": "1/QĐ", "date": "01/08/2566", "subject": text},
        "lead": "hoang-manh-hung",
        "deputy": outsider,
        "secretary": outsider,
        "members": [outsider],
    }
    data["signatures"] = ["secretary", "lead", "deputy", {"role": "witness", "person": "unknown"}]
    data.update(json.loads(json.dumps(data)))  # what stands twice is written twice


def test_whatever_an_inspection_may_say_is_given_back(office: Office, tmp_path: Path) -> None:
    root = office.copy_workspace(tmp_path / "office")
    (root / "inspections" / f"{SMALLEST}.yaml").unlink()
    change_yaml(root / "inspections" / f"{REAL}.yaml", everything)
    office.print(root)
    pdf = root / "output" / REAL / f"{REAL}.th.pdf"
    assert is_printed_again(pdf, office, tmp_path / "again")
    given = b"".join([*attached(pdf).values(), *contained(pdf).values()])
    assert b"a reason for colleagues" not in given


def test_issued_minutes_and_their_revision_are_given_back_with_their_number(office: Office, tmp_path: Path) -> None:
    desk = Desk(office.copy_workspace(tmp_path / "office"), office.cache)
    desk.edit(f"inspections/{SMALLEST}.yaml", ("number: 5/BB-ĐKT", "number: …/BB-ĐKT"))
    office.run(desk.root, "issue", SMALLEST)
    desk.edit(f"inspections/{SMALLEST}.yaml", ("copies: 2", "copies: 3"))
    office.run(desk.root, "issue", SMALLEST, "--revise", "--reason", "Sửa số bản")
    for revision in (1, 2):
        folder = tmp_path / f"r{revision}"
        (pdf,) = desk.root.glob(f"output/issued/*/*/r{revision}/*.pdf")
        assert is_printed_again(pdf, office, folder)
        told = json.loads((folder / ISSUE).read_bytes())
        assert (told["number"], told["revision"], set(told["reason"].values())) == (
            1,
            revision,
            {"Sửa số bản"} if revision == 2 else set(),
        )
        assert "up to date: 2; to print: 0" in Desk(folder, office.cache).run("status").stderr
        (folder / ISSUE).write_text('{"number": "1"}', encoding="utf-8")
        answer = Desk(folder, office.cache).run("build")
        assert answer.exit_code == 1
        assert [line for line in answer.errors if "issue.json" in line and "RG827" in line] == answer.errors


def test_the_photographs_given_back_are_those_that_are_printed(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    real = printed[REAL, "th"]
    files = unpack(real.pdf_path.read_bytes(), "x.pdf")
    folder = f"inspections/{REAL}/"
    photos = {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}
    assert photos.keys() == {path.name for path in (real.root / folder).iterdir()}
    with zipfile.ZipFile(real.docx.path) as package:
        media = [package.read(name) for name in package.namelist() if name.endswith(".jpg")]
    assert sorted(photos.values()) == sorted(media)


def test_the_file_does_not_grow_by_its_photographs(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in printed.values():
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


def test_comments_are_not_attached(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    for edition in printed.values():
        paths = [edition.root / "inspections" / f"{edition.inspection}.yaml"]
        paths += [path for path in (edition.root / "templates").rglob("*.*") if path.name != "inspection.yaml"]
        texts = [path.read_text(encoding="utf-8") for path in paths]
        comments = {found[found.lastindex or 0].strip() for text in texts for found in COMMENT.finditer(text)}
        assert len(comments) > 50
        given = b"".join([*attached(edition.pdf_path).values(), *contained(edition.pdf_path).values()])
        assert [comment for comment in comments if len(comment) > 12 and comment.encode() in given] == []


COMMENT = re.compile(r"(?:^|\s)# (.+)$|\{# (.*?) #\}|/\* (.*?) \*/", re.MULTILINE)


def test_what_another_language_reads_is_not_attached(edition: PrintedEdition) -> None:
    files = contained(edition.pdf_path)
    other = {"vi": "th", "th": "vi"}[edition.language]
    assert not [name for name in files if f"/{other}/" in name]
    inspection = yaml.safe_load(attached(edition.pdf_path)[f"{edition.inspection}.yaml"])
    assert inspection["languages"] == [edition.language]
    assert inspection["team"]["name"] in ("Đoàn kiểm tra mẫu", {"vi": "Đoàn kiểm tra 611"}, {"th": "คณะผู้ตรวจที่ 611"})


def add_people(data: Any) -> None:
    """Add someone who is not in the minutes, and a place whose name a text says."""
    data["positions"]["guest"] = {"vi": "Khách mời", "th": "แขก"}
    data["people"] |= {
        "stranger": {"name": {"vi": "Trần Thị Lạ", "th": "ตรัน ถิ หละ"}, "position": "guest"},
    }
    name = {"vi": "Ea Kể", "th": "เอียเก๋"}
    data["units"]["named"] = {"name": name, "proper": dict(name), "within": "dak-lak"}


@pytest.fixture(scope="module")
def peopled(office: Office, tmp_path_factory: pytest.TempPathFactory) -> PrintedEdition:
    root = office.copy_workspace(tmp_path_factory.mktemp("peopled"))
    (root / "inspections" / f"{REAL}.yaml").unlink()
    change_yaml(root / "templates" / "office.yaml", add_people)
    path = root / "inspections" / f"{SMALLEST}.yaml"
    change_yaml(path, lambda data: data.update(method="Đi xem tại Ea Kể."))
    office.print(root)
    return PrintedEdition(root, SMALLEST, "vi")


def test_of_the_office_only_what_the_minutes_use_is_attached(peopled: PrintedEdition) -> None:
    given = yaml.safe_load(contained(peopled.pdf_path)["templates/office.yaml"])
    assert given["agencies"].keys() == {"dak-lak-ppc"}
    assert given["positions"].keys() == {"deputy-director"}
    assert "Trần Thị Lạ".encode() not in b"".join(contained(peopled.pdf_path).values())


def test_of_a_place_that_only_a_text_names_nothing_but_the_name_is_attached(
    peopled: PrintedEdition, office: Office, tmp_path: Path
) -> None:
    given = yaml.safe_load(contained(peopled.pdf_path)["templates/office.yaml"])
    assert given["units"] == {"name-1": {"name": {"vi": "Ea Kể"}, "proper": {"vi": "Ea Kể"}}}
    assert is_printed_again(peopled.pdf_path, office, tmp_path / "again")


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
    WORDS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4) | st.dictionaries(WORDS.filter(bool), inner, min_size=1, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(WORDS.filter(bool), VALUES, min_size=1, max_size=4))
def test_values_are_written_as_they_are_read(data: dict[str, Any]) -> None:
    try:
        read = read_yaml(excerpts.canonical(data), "x.yaml").data
    except InputError:
        return  # the reader takes no control characters, and no key twice
    written = excerpts.canonical(read)
    assert read_yaml(written, "x.yaml").data == read
    assert excerpts.canonical(read_yaml(written, "x.yaml").data) == written


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
    printed: dict[tuple[str, str], PrintedEdition], desk: Desk, name: str
) -> None:
    wrong = with_container(printed[SMALLEST, "vi"].pdf_path, desk.path("wrong.pdf"), **{name: b"evil"})
    answer = desk.run("extract", str(wrong), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert "error[RG825]" in answer.stderr
    assert {path.name for path in desk.root.rglob("*")} == {"wrong.pdf"}


def test_nothing_is_overwritten(printed: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    desk.write("to/templates/minutes.css", "mine")
    answer = desk.run("extract", str(printed[SMALLEST, "vi"].pdf_path), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert [line for line in answer.errors if "error[RG826]" in line and "minutes.css" in line] == answer.errors
    assert [path.name for path in desk.path("to").rglob("*") if path.is_file()] == ["minutes.css"]
    assert desk.read("to/templates/minutes.css") == "mine"


def test_no_link_leads_out_of_the_folder(printed: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    desk.path("elsewhere").mkdir()
    desk.path("to").mkdir()
    desk.path("to/templates").symlink_to(desk.path("elsewhere"))
    answer = desk.run("extract", str(printed[SMALLEST, "vi"].pdf_path), "--to", str(desk.path("to")))
    assert answer.exit_code == 1
    assert "error[RG826]" in answer.stderr
    assert list(desk.path("elsewhere").iterdir()) == []


def test_a_file_without_its_sources_is_told(printed: dict[tuple[str, str], PrintedEdition], desk: Desk) -> None:
    edition = printed[REAL, "vi"]
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
