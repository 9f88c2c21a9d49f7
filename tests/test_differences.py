"""``reportgen diff``: the words that change, block by block; tracked changes that accept to the new text and reject to
the old one, by this project's reader and by pandoc.

``REPORTGEN_GENERATED=50`` compares so many pairs of inspections that nobody wrote, in place of a few.
"""

from __future__ import annotations

import datetime
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Office
from desk import REAL, REAL_FILE, SMALLEST, SMALLEST_FILE, Desk
from generated import LANGUAGES, Author, WithoutAliases, write_inspections
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from test_ooxml import VERSIONS, validate_all

from reportgen.alignment import Unit, align, units_of, words
from reportgen.docx_package import pack
from reportgen.redline import Change, Kind, changes, marked
from reportgen.state import FileKey, State
from reportgen.tracked import DocxText, parse_xml, track_changes
from reportgen.tracked import qn as w

SIGNED = ("Đoàn", datetime.datetime(2023, 8, 18))
GENERATED = int(os.environ.get("REPORTGEN_GENERATED", "4"))
PANDOC_STEP = 1 if "REPORTGEN_GENERATED" in os.environ else 5  # pandoc takes a third of a second for each

# ---- words ----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("ab A1 .,%\nộกำน้ร๑"), max_size=30)


@given(TEXTS, TEXTS)
def test_the_parts_of_a_change_make_both_texts(old: str, new: str) -> None:
    parts = changes(old, new, lambda text: words(text, "th-TH"))
    assert "".join(part.text for part in parts if part.kind is not Kind.IN) == old
    assert "".join(part.text for part in parts if part.kind is not Kind.OUT) == new
    assert all(part.text for part in parts)


@given(TEXTS)
def test_words_make_their_text(text: str) -> None:
    assert "".join(words(text, "th-TH")) == text


@pytest.mark.parametrize(
    ("language", "old", "new", "told"),
    [
        (
            "vi-VN",
            "Có 12, đạt 6,67%.",
            "Có 14, đạt 7,78%.",
            "Có [-12-]{+14+}, đạt [-6,67%-]{+7,78%+}.",
        ),
        ("vi-VN", "họp ngày 18/8/2023", "họp ngày 19/8/2023", "họp ngày [-18/8/2023-]{+19/8/2023+}"),
        ("vi-VN", "một hai ba bốn", "một năm sáu bốn", "một [-hai ba-]{+năm sáu+} bốn"),
        ("th-TH", "หน่วยงานตรวจสอบเอกสาร", "หน่วยงานสุ่มตรวจเอกสาร", "หน่วยงาน{+สุ่ม+}ตรวจ[-สอบ-]เอกสาร"),
        ("th-TH", "น้ำดี", "น้ำใส", "[-น้ำดี-]{+น้ำใส+}"),
    ],
)
def test_words_change_whole_in_each_language(language: str, old: str, new: str, told: str) -> None:
    assert marked(changes(old, new, lambda text: words(text, language))) == told


# ---- blocks ---------------------------------------------------------------------------------------------------------

ONE = st.tuples(st.sampled_from("ab"), st.sampled_from(["một hai", "ba", "một"]))
UNITS = st.lists(ONE.map(lambda pair: Unit((pair[0],), (pair[1],))), max_size=8)


@given(UNITS, UNITS)
def test_every_unit_stands_in_one_step_in_its_order(old: list[Unit], new: list[Unit]) -> None:
    steps = align(old, new, "vi-VN")
    assert [step.old for step in steps if step.old is not None] == list(range(len(old)))
    assert [step.new for step in steps if step.new is not None] == list(range(len(new)))
    for before, after in steps:
        if before is not None and after is not None:
            assert old[before].styles == new[after].styles or old[before].texts == new[after].texts


def test_blocks_of_the_styles_of_a_row_are_a_row() -> None:
    blocks = [("body", "a"), ("order", "1"), ("what", ""), ("order", "2"), ("body", ""), ("what", "b")]
    units = units_of(blocks, [("order", "what")])
    assert [(unit.texts, unit.is_row) for unit in units] == [
        (("a",), False),
        (("1", ""), True),
        (("2",), False),
        (("b",), False),
    ]


# ---- tracked changes of inspections that nobody wrote ---------------------------------------------------------------


@dataclass(frozen=True)
class TrackedPair:
    """Two versions of an edition, and the DOCX with what changed as tracked changes."""

    name: str
    old: list[Unit]
    new: list[Unit]
    tracked: bytes
    old_docx: DocxText | None

    @property
    def texts(self) -> dict[str, list[str]]:
        """What the DOCX must say when all changes are accepted, and when they are rejected."""
        return {"accept": said(self.new), "reject": said(self.old)}


def in_words(language: str) -> Callable[[str, str], list[Change]]:
    return lambda old, new: changes(old, new, lambda text: words(text, language))


def said(units: list[Unit]) -> list[str]:
    """Return the texts of units, each cell one, without white space."""
    return [squeezed for unit in units for text in unit.texts if (squeezed := squeeze(text))]


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text.replace("\u2011", "-"))


def edited(data: dict[str, Any], choice: random.Random, author: Author) -> dict[str, Any]:
    """Return an inspection as a clerk would have changed it: results, rows, photographs, signatories come and go."""
    data = json.loads(json.dumps(data))
    for name in ("results", "limitations", "conclusions", "photos", "legal_bases"):
        items = data.get(name, [])
        if len(items) > 1 and choice.random() < 0.5:
            del items[choice.randrange(len(items))]
    for result in data.get("results", []):
        if choice.random() < 0.4:
            result["text"] = author.text()
        rows = result.get("figures", [])
        if rows and choice.random() < 0.7:
            rows.insert(choice.randint(0, len(rows)), author.figure())
            del rows[choice.randrange(len(rows))]
    if "limitations" in data:
        data["limitations"].insert(0, author.limitation())
    data["signatures"] = author.signatures()
    data["place"] = choice.choice(["lak-dpc", "dak-lak-ppc"])
    return data


@pytest.fixture(scope="module")
def printed_pairs(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated inspections and each as a clerk changed it, printed as DOCX."""
    root = office.copy_workspace(tmp_path_factory.mktemp("pairs"))
    folder = root / "inspections"
    real = yaml.load((folder / f"{REAL}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    pictures = {path.name: path.read_bytes() for path in (folder / REAL).iterdir()}
    write_inspections(folder, GENERATED)
    for seed in range(GENERATED):
        data = yaml.load((folder / f"generated-{seed}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
        choice = random.Random(1000 + seed)
        changed = edited(data, choice, Author(choice, real))
        text = yaml.dump(changed, Dumper=WithoutAliases, allow_unicode=True, sort_keys=False)
        (folder / f"edited-{seed}.yaml").write_text(text, encoding="utf-8")
        for name in pictures:
            (folder / f"edited-{seed}").mkdir(exist_ok=True)
            (folder / f"edited-{seed}" / name).write_bytes(pictures[name])
    office.print(root, "--format", "docx")
    return root


@pytest.fixture(scope="module")
def pairs(printed_pairs: Path) -> list[TrackedPair]:
    """Each inspection against its changed self and against another one; with the old DOCX, and with its blocks only."""
    return list(tracked_pairs(printed_pairs))


def tracked_pairs(root: Path) -> Iterator[TrackedPair]:
    names = [f"generated-{seed}" for seed in range(GENERATED)]
    both = [(name, name.replace("generated", "edited")) for name in names]
    both += [(new, old) for old, new in both] + list(itertools.pairwise(names))
    with State.reading(root) as state:
        prints = state.prints()
        for (old, new), language in itertools.product(both, LANGUAGES):
            keys = [FileKey(name, language, "docx") for name in (old, new)]
            before, after = (DocxText.read((root / key.path).read_bytes()) for key in keys)
            ids = after.style_ids(state.blocks(prints[keys[1]]))
            blocks = [(ids.get(style, style), text) for style, text in state.blocks(prints[keys[0]])]
            for kind, units in (("docx", before.units), ("blocks", units_of(blocks, after.row_styles))):
                parts = before.parts if kind == "docx" else ()
                tracked = track_changes(
                    after, units, align(units, after.units, language), in_words(language), SIGNED, parts
                )
                name = f"{old}-{new}-{language}-{kind}"
                yield TrackedPair(name, units, after.units, tracked, before if parts else None)


def settle(document: bytes, *, accept: bool) -> DocxText:
    """Return a DOCX with all its changes accepted or rejected, as ISO/IEC 29500-1, 17.13.5 says it."""
    text = DocxText.read(document)
    gone = w("w:del") if accept else w("w:ins")
    for path in (f".//{w('w:trPr')}/{gone}", f".//{w('w:p')}/{gone}"):
        for mark in text.root.findall(path):
            whole = mark.getparent().getparent() if mark.getparent().tag == w("w:trPr") else mark
            whole.getparent().remove(whole)
    for mark in text.root.findall(f".//{w('w:pPr')}/{w('w:rPr')}/{gone}"):
        paragraph = next(mark.iterancestors(w("w:p")))
        assert not _texts(paragraph), "the end of a paragraph goes, and its words stay"
        if paragraph.getnext() is not None:
            paragraph.getparent().remove(paragraph)
    for table in [each for each in text.root.iter(w("w:tbl")) if each.find(w("w:tr")) is None]:
        table.getparent().remove(table)
    for element in text.root.iter(w("w:delText")):
        element.tag = w("w:t")
    return DocxText.read(pack({**text.files, "word/document.xml": etree.tostring(text.root)}))


def _texts(marked: Any) -> str:
    return "".join(element.text or "" for element in marked.iter(w("w:t"), w("w:delText")))


def test_accepted_it_is_the_new_version_and_rejected_the_old_one(pairs: list[TrackedPair]) -> None:
    assert len(pairs) == 2 * len(LANGUAGES) * (3 * GENERATED - 1)
    for pair in pairs:
        new, old = (settle(pair.tracked, accept=accept) for accept in (True, False))
        assert said(new.units) == pair.texts["accept"], pair.name
        assert said(old.units) == pair.texts["reject"], pair.name


def test_rows_of_tables_come_and_go_as_rows(pairs: list[TrackedPair]) -> None:
    rows = 0
    for pair in pairs:
        new, old = (settle(pair.tracked, accept=accept) for accept in (True, False))
        assert rows_of(new.units) == rows_of(pair.new), pair.name
        if pair.old_docx:
            assert rows_of(old.units) == rows_of(pair.old), pair.name
            rows += len(set(rows_of(pair.old)) ^ set(rows_of(pair.new)))
    assert rows > GENERATED


def rows_of(units: list[Unit]) -> list[tuple[str, ...]]:
    return [unit.texts for unit in units if unit.is_row]


def test_pandoc_accepts_to_the_new_version_and_rejects_to_the_old_one(pairs: list[TrackedPair], tmp_path: Path) -> None:
    assert shutil.which("pandoc"), "pandoc is not installed: `make test` does that"

    def read(job: tuple[TrackedPair, str]) -> list[str]:
        pair, choice = job
        path = tmp_path / f"{pair.name}.docx"
        path.write_bytes(pair.tracked)
        return pandoc_blocks(path, choice)

    jobs = [(pair, choice) for pair in pairs[::PANDOC_STEP] for choice in ("accept", "reject")]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(read, jobs))
    for (pair, choice), blocks in zip(jobs, found, strict=True):
        assert blocks == pair.texts[choice], (pair.name, choice)


def pandoc_blocks(document: Path, choice: str) -> list[str]:
    """Return the texts of the blocks that pandoc reads in a DOCX, without white space."""
    command = ["pandoc", f"--track-changes={choice}", "--from", "docx", "--to", "json", str(document)]
    tree = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [text for text in map(squeeze, pandoc_texts(tree["blocks"])) if text]


def pandoc_texts(node: Any) -> Iterator[str]:
    match node:
        case {"t": "Para" | "Plain", "c": inlines}:
            yield pandoc_words(inlines)
        case {"t": "Header", "c": [_, _, inlines]}:
            yield pandoc_words(inlines)
        case {"t": "Table", "c": [_, _, _, *rows]}:  # without its title, which no page shows
            yield from pandoc_texts(rows)
        case dict():
            for value in node.values():
                yield from pandoc_texts(value)
        case list():
            for value in node:
                yield from pandoc_texts(value)


def pandoc_words(node: Any) -> str:
    match node:
        case {"t": "Str", "c": text}:
            return str(text)
        case {"t": "Image"}:
            return ""
        case dict():
            return pandoc_words(node.get("c", ""))
        case list():
            return "".join(map(pandoc_words, node))
        case _:
            return ""


def test_tracked_changes_are_valid_and_marks_have_numbers_of_their_own(
    pairs: list[TrackedPair], tmp_path: Path
) -> None:
    chosen = pairs[:: max(1, len(pairs) // 16)]
    for pair in chosen:
        (tmp_path / f"{pair.name}.docx").write_bytes(pair.tracked)
        marks = [mark for tag in ("w:ins", "w:del") for mark in DocxText.read(pair.tracked).root.iter(w(tag))]
        assert marks
        assert len({mark.get(w("w:id")) for mark in marks}) == len(marks)
        assert {(mark.get(w("w:author")), mark.get(w("w:date"))) for mark in marks} == {
            ("Đoàn", "2023-08-18T00:00:00Z")
        }
    assert validate_all(sorted(tmp_path.glob("*.docx")), (VERSIONS[0], VERSIONS[-1])) == {}


def test_two_versions_that_are_the_same_have_no_mark(printed_pairs: Path) -> None:
    content = (printed_pairs / FileKey("generated-0", "th", "docx").path).read_bytes()
    text = DocxText.read(content)
    steps = align(text.units, text.units, "th")
    tracked = track_changes(text, text.units, steps, changes, SIGNED, text.parts)
    with zipfile.ZipFile(printed_pairs / FileKey("generated-0", "th", "docx").path) as package:
        assert parse_xml(package.read("word/document.xml")).xml == DocxText.read(tracked).root.xml


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office_folder(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An office whose minutes are printed."""
    root = office.copy_workspace(tmp_path_factory.mktemp("differences"))
    office.print(root, "--format", "docx")
    return Desk(root, office.cache)


@pytest.fixture
def desk(office_folder: Desk, tmp_path: Path) -> Desk:
    """The same, to be spoilt."""
    shutil.copytree(office_folder.root, tmp_path / "office")
    return Desk(tmp_path / "office", office_folder.cache)


REAL_DOCX = f"output/{REAL}/{REAL}.vi.docx"
OLD_TEXT, NEW_TEXT = "nâng cao chất lượng giải quyết", "nâng cao hiệu quả giải quyết"
IN_WORDS = "nâng cao [-chất lượng-]{+hiệu quả+} giải quyết"


def test_nothing_changed_is_said_and_is_no_failure(desk: Desk) -> None:
    answer = desk.run("diff", REAL)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert re.search(rf"{REAL} \(vi\), what was printed last → .* no word changes in \d+ blocks", answer.stderr)
    assert re.search(rf"{REAL} \(th\), what was printed last → .* no word changes in \d+ blocks", answer.stderr)


def test_changed_words_are_shown_below_their_heading_and_the_rest_is_counted(desk: Desk) -> None:
    desk.edit(REAL_FILE, (OLD_TEXT, NEW_TEXT))
    before = desk.outputs()
    answer = desk.run("diff", REAL)
    assert answer.exit_code == 0
    heading, block = answer.stdout.strip().split("\n")
    assert heading == "## V. KẾT LUẬN, KIẾN NGHỊ CỦA TRƯỞNG ĐOÀN"
    assert IN_WORDS in block
    assert "(vi), what was printed last → what would be printed now: blocks that change: 1; that stay:" in answer.stderr
    assert "(th), what was printed last → what would be printed now: no word changes" in answer.stderr
    assert desk.outputs() == before


def test_programs_read_what_changes_as_json(desk: Desk) -> None:
    desk.edit(REAL_FILE, (OLD_TEXT, NEW_TEXT))
    shown = json.loads(desk.run("diff", REAL, form="json").stdout)
    assert (shown["findings"], shown["files"]) == ([], [])
    vietnamese, thai = shown["editions"]
    assert thai["differences"] == []
    assert thai["unchanged"] == vietnamese["unchanged"] + 1
    (difference,) = vietnamese["differences"]
    assert {"kind": "out", "text": "chất lượng"} in difference["parts"]
    assert {"kind": "in", "text": "hiệu quả"} in difference["parts"]
    assert [vietnamese[name] for name in ("inspection", "language")] == [REAL, "vi"]


def test_what_was_never_printed_is_told(desk: Desk) -> None:
    shutil.rmtree(desk.path("output"))
    answer = desk.run("diff", SMALLEST)
    assert answer.exit_code == 1
    assert "RG930" in answer.stderr
    assert f"reportgen build {SMALLEST}" in answer.stderr


@pytest.mark.parametrize("spoil", ["delete", "alter"])
def test_without_the_printed_file_its_recorded_words_are_compared(desk: Desk, spoil: str) -> None:
    desk.edit(REAL_FILE, (OLD_TEXT, NEW_TEXT))
    wanted = desk.run("diff", REAL, "--language", "vi")
    if spoil == "delete":
        desk.path(REAL_DOCX).unlink()
    else:
        desk.path(REAL_DOCX).write_bytes(desk.path(f"output/{REAL}/{REAL}.th.docx").read_bytes())
    assert desk.run("diff", REAL, "--language", "vi") == wanted


def test_a_docx_that_came_back_is_compared_and_the_other_way_round(desk: Desk, tmp_path: Path) -> None:
    sent = tmp_path / "back.docx"
    sent.write_bytes(desk.path(REAL_DOCX).read_bytes())
    desk.edit(REAL_FILE, (OLD_TEXT, NEW_TEXT))
    assert IN_WORDS in desk.run("diff", REAL, "--language", "vi", "--against", str(sent)).stdout
    answer = desk.run("diff", REAL, "--language", "vi", "--against", str(sent), "--to", "built")
    assert "no word changes" in answer.stderr


def test_files_are_told_apart_by_the_language_in_their_names(desk: Desk) -> None:
    files = [str(desk.path(f"output/{REAL}/{REAL}.{language}.docx")) for language in ("th", "vi")]
    answer = desk.run("diff", REAL, "--against", files[0], "--against", files[1])
    assert answer.exit_code == 0
    assert answer.stderr.count("no word changes") == 2
    alone = desk.run("diff", REAL, "--against", files[0])
    assert alone.exit_code == 1
    assert [line for line in alone.stderr.splitlines() if "RG934" in line]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--against", "issued"), "RG931"),
        (("--against", "3"), "RG931"),
        (("--language", "vi", "--against", "biult"), "RG935"),
        (("--language", "vi", "--against", "README"), "RG935"),
        (("--language", "fr"), "RG936"),
    ],
)
def test_a_version_that_is_not_there_is_told(desk: Desk, arguments: tuple[str, ...], code: str) -> None:
    answer = desk.run("diff", REAL, *arguments)
    assert answer.exit_code == 1
    assert code in answer.stderr


def test_an_altered_file_is_no_new_version(desk: Desk) -> None:
    desk.path(REAL_DOCX).write_bytes(b"something else")
    answer = desk.run("diff", REAL, "--language", "vi", "--to", "built")
    assert (answer.exit_code, "RG937" in answer.stderr) == (1, True)


def test_tracked_changes_are_written_for_each_language_or_to_one_file(desk: Desk, tmp_path: Path) -> None:
    desk.edit(REAL_FILE, (OLD_TEXT, NEW_TEXT))
    answer = desk.run("diff", REAL, "--docx", str(tmp_path / "sent"))
    made = [tmp_path / "sent" / f"{REAL}.{language}.changes.docx" for language in ("vi", "th")]
    assert [line for line in answer.stdout.splitlines() if line.startswith("/")] == [str(path) for path in made]
    assert sorted(path.name for path in (tmp_path / "sent").iterdir()) == sorted(path.name for path in made)
    one = tmp_path / "one.docx"
    assert desk.run("diff", REAL, "--docx", str(one)).exit_code == 2
    assert not one.exists()
    assert desk.run("diff", REAL, "--language", "vi", "--docx", str(one)).exit_code == 0
    assert one.read_bytes() == made[0].read_bytes()
    text = DocxText.read(one.read_bytes()).root
    deleted, inserted = (_texts(each) for each in (*text.iter(w("w:del")), *text.iter(w("w:ins"))))
    assert (deleted, inserted) == ("chất lượng", "hiệu quả")
    assert {each.get(w("w:date")) for each in text.iter(w("w:ins"))} == {"2023-08-18T00:00:00Z"}
    assert validate_all([one], (VERSIONS[0], VERSIONS[-1])) == {}


def test_revisions_that_are_issued_are_compared_with_one_another_and_with_now(desk: Desk) -> None:
    assert desk.run("issue", SMALLEST).exit_code == 0
    assert "revision 1 → what would be printed now: no word changes" in desk.run("diff", SMALLEST).stderr
    desk.edit(SMALLEST_FILE, ("copies: 2", "copies: 4"))
    changed = "[-02-]{+04+}"
    assert changed in desk.run("diff", SMALLEST).stdout
    assert desk.run("issue", SMALLEST, "--revise", "--reason", "Sửa số bản.").exit_code == 0
    assert "revision 2 → what would be printed now: no word changes" in desk.run("diff", SMALLEST).stderr
    for arguments in (("--against", "1"), ("--against", "1", "--to", "2"), ("--against", "1", "--to", "issued")):
        assert changed in desk.run("diff", SMALLEST, *arguments).stdout, arguments
    assert "what was printed last" in desk.run("diff", SMALLEST, "--against", "built").stderr
    assert "RG932" in desk.run("diff", SMALLEST, "--against", "7").stderr
    frozen = next(desk.path("output/issued").glob(f"*/*/r1/{SMALLEST}.vi.docx"))
    frozen.parent.chmod(0o755)
    frozen.chmod(0o644)
    frozen.write_bytes(b"PK")
    assert "RG947" in desk.run("diff", SMALLEST, "--against", "1").stderr
