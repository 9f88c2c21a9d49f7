"""Signing by the real command: what is told, what is seen on the page, which changes are found, what is refused."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from desk import REAL, REAL_FILE
from PIL import Image
from pki import DAY, NOW, Authority, make_key
from signers import LANGUAGES, NUMBER, ORDER, SECRET, Signers, Stages, digest, nothing_printed_again

from reportgen.diagnostics import InputError
from reportgen.keys import open_file

# ---- what is signed -------------------------------------------------------------------------------------------------


def test_all_sign_and_each_signature_is_told(stages: Stages) -> None:
    code, told = stages.signers.verify(stages.signers.signed(), print_again=True)
    assert (code, told["verdict"], told["reproduced_from_attached"]) == (0, "extended", True)
    assert told["entry"]["number"] == 1
    assert told["to_sign"] == told["added"] == []
    assert [(each["field"], each["signer"], each["algorithm"], each["level"]) for each in told["signatures"]] == [
        ("lead", "Hoàng Mạnh Hùng", "RSASSA-PSS 2048, SHA-256", "B-B"),
        ("secretary", "Lê Thị Thư", "ECDSA 384, SHA-384", "B-B"),
        ("unit-head", "VO THANH HUE", "ECDSA 256, SHA-256", "B-B"),
    ]
    assert [each["covers_whole_file"] for each in told["signatures"]] == [False, False, True]
    assert [each["added_since"] for each in told["signatures"]] == ["signatures", "signatures", "nothing"]
    assert all(
        each["valid"] and each["certificate"]["chain"] == ["Issuing CA", "Root CA"] for each in told["signatures"]
    )


def test_the_first_signature_lets_only_signatures_be_added_and_the_last_one_locks(stages: Stages) -> None:
    with pikepdf.open(stages.files["vi", 3]) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        allowed = pdf.Root.Perms.DocMDP.Reference[0]
        assert (str(allowed.TransformMethod), int(allowed.TransformParams.P)) == ("/DocMDP", 2)
        locked = fields["unit-head"].V.Reference[0]
        assert (str(locked.TransformMethod), str(locked.TransformParams.Action)) == ("/FieldMDP", "/All")


def test_what_was_issued_is_never_touched(signers: Signers, stages: Stages) -> None:
    for language in LANGUAGES:
        issued = stages.signers.issued(language).read_bytes()
        assert issued == signers.issued(language).read_bytes()
        assert all(stages.files[language, count].read_bytes().startswith(issued) for count in (1, 2, 3))
    assert stages.signers.desk.run("register", "--verify").exit_code == 0
    clean = stages.signers.desk.run("clean")
    assert clean.exit_code == 0
    assert stages.signers.signed().is_file()


def test_a_paper_that_is_not_signed_says_who_is_still_to_sign(signers: Signers) -> None:
    code, told = signers.verify(signers.issued())
    assert (code, told["verdict"], told["signatures"]) == (0, "unchanged", [])
    assert sorted(told["to_sign"]) == sorted(ORDER)
    with nothing_printed_again():
        answer = signers.desk.run("verify", str(signers.issued()))
    assert "nobody has signed it\n" in answer.stdout


# ---- what is seen ---------------------------------------------------------------------------------------------------


def room(file: Path, name: str) -> tuple[int, tuple[float, float, float, float]]:
    """Return the page of a field, from 0, and its rectangle in points."""
    with pikepdf.open(file) as pdf:
        for number, page in enumerate(pdf.pages):
            for annotation in page.get("/Annots", ()):
                if annotation.get("/T") == name:
                    return number, tuple(map(float, annotation.Rect))  # type: ignore[return-value]
    raise AssertionError(name)


def seen(file: Path, name: str) -> tuple[Image.Image, str]:
    """Return what is seen in a room, in 144 dots per inch, and the text in it."""
    number, (left, bottom, right, top) = room(file, name)
    pdf = pypdfium2.PdfDocument(file)
    pdf.init_forms()  # before a page is opened, or its fields are not drawn
    page = pdf[number]
    height = page.get_height()
    drawn = page.render(scale=2, may_draw_forms=True).to_pil().convert("RGB")
    box = (round(left * 2), round((height - top) * 2), round(right * 2), round((height - bottom) * 2))
    command = ["pdftotext", "-r", "72", "-f", str(number + 1), "-l", str(number + 1), "-layout"]
    command += [
        "-x",
        str(int(left)),
        "-y",
        str(int(height - top)),
        "-W",
        str(int(right - left)),
        "-H",
        str(int(top - bottom)),
    ]
    done = subprocess.run([*command, str(file), "-"], capture_output=True, text=True, check=True)
    return drawn.crop(box), " ".join(done.stdout.split())


def columns(image: Image.Image, *, red: bool) -> list[int]:
    """Return the columns in which a picture is red, or blue, above the lines of text: their edges have colours."""

    def is_wanted(r: int, g: int, b: int) -> bool:
        return (r > 150 and b + g < 150) if red else (b > 130 and r < 110)

    rows = range(image.height * 3 // 5)
    return [x for x in range(image.width) if any(is_wanted(*image.getpixel((x, y))) for y in rows)]


@pytest.mark.parametrize(
    ("language", "said", "year"),
    [("vi", "Ký bởi: Ông Hoàng Mạnh Hùng", str(NOW.year)), ("th", "นายฮวง", str(NOW.year + 543))],
)
def test_a_signature_shows_the_hand_in_blue_and_the_seal_in_red_over_its_left_third(
    stages: Stages, language: str, said: str, year: str
) -> None:
    image, text = seen(stages.files[language, 3], "lead")
    digits = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
    assert said in text
    assert year in text.translate(digits)
    blue, red = columns(image, red=False), columns(image, red=True)
    third = (max(blue) - min(blue)) / 3
    assert min(red) < min(blue)
    assert abs(max(red) - (min(blue) + third)) < third / 4
    assert abs(max(red) - min(red) - 144) < 9  # an inch, as its file says, less its margin


def words_in(file: Path, name: str) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Return the words in a room, each with its box in the picture that ``seen`` returns."""
    number, (left, bottom, right, top) = room(file, name)
    command = ["pdftotext", "-bbox", "-f", str(number + 1), "-l", str(number + 1), str(file), "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    height = float(re.search(r'<page width="[\d.]+" height="([\d.]+)"', told)[1])
    found = []
    for edges, word in re.findall(r"<word (xMin=.*?)>(.*?)</word>", told):
        x1, y1, x2, y2 = map(float, re.findall(r'"([\d.]+)"', edges))
        if left <= x1 and x2 <= right and height - top <= y1 and y2 <= height - bottom + 2:
            box = (x1 - left, y1 - (height - top), x2 - left, y2 - (height - top))
            found.append((word, tuple(round(2 * edge) for edge in box)))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_image_covers_what_a_signature_says(stages: Stages, language: str) -> None:
    for who in ORDER:
        image, _ = seen(stages.files[language, 3], who)
        words = words_in(stages.files[language, 3], who)
        assert len(words) > 5
        for word, box in words:
            own = [
                image.getpixel((x, y)) for x in range(box[0], box[2]) for y in range(box[1], min(box[3], image.height))
            ]
            assert any(max(pixel) < 200 for pixel in own), f"{word} is not there"
            # The edges of letters have colours too, others than the images.
            covering = [pixel for pixel in own for image_of in INKS if near(pixel, image_of)]
            assert not covering, f"{word} is covered"


INKS = ((20, 40, 190), (220, 0, 0))  # of the signature and of the seal


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < 45


def test_lines_of_a_signature_break_where_the_page_would_break_them(stages: Stages) -> None:
    """The seal leaves 25 mm: a time, and the day with its month, stay on one line."""
    words = words_in(stages.files["vi", 3], "lead")
    rows: dict[int, list[str]] = {}
    for word, box in words:
        rows.setdefault(box[1] // 6, []).append(word)
    lines = [" ".join(row) for row in rows.values()]
    assert lines[0].startswith("Ký bởi:")
    assert len(lines) > 3
    assert [line for line in lines if re.search(r"\d\d giờ \d\d phút,$", line)]
    assert [line for line in lines if re.search(r"^ngày \d\d? tháng \d\d?", line)]


def test_an_empty_room_shows_nothing(signers: Signers) -> None:
    image, text = seen(signers.issued(), "lead")
    assert (image.getcolors(), text) == ([(image.width * image.height, (255, 255, 255))], "")


def test_a_seal_that_is_higher_than_the_room_is_told(signers: Signers, tmp_path: Path) -> None:
    own = signers.copied(tmp_path)
    Image.new("RGBA", (400, 400), (220, 0, 0, 90)).save(tmp_path / "large.png", dpi=(200, 200))
    answer = own.sign("lead", "--seal", str(tmp_path / "large.png"))
    assert (answer.exit_code, [each["code"] for each in answer.findings]) == (0, ["RG989"])


# ---- what is found --------------------------------------------------------------------------------------------------


def flipped(content: bytes) -> bytes:
    place = content.index(b"stream", len(content) // 3) + 40
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def saved_again(content: bytes) -> bytes:
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(saved)
    return saved.getvalue()


def with_update(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """Return how something is added behind a file, as a forger adds it."""

    def update(content: bytes) -> bytes:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        change(writer)
        output = io.BytesIO()
        writer.write(output)
        return output.getvalue()

    return update


def add_page(writer: Any) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils import writer as pages

    contents = writer.add_object(generic.StreamObject(stream_data=b""))
    writer.insert_page(
        pages.PageObject(contents=contents, media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))))
    )


def change_page(writer: Any) -> None:
    from pyhanko.pdf_utils import generic

    page, _ = writer.find_page_for_modification(0)
    page.get_object()["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.update_container(page.get_object())


def change_field(writer: Any) -> None:
    from pyhanko.pdf_utils import generic

    field = writer.root["/AcroForm"]["/Fields"].raw_get(2).get_object()
    field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 50, 50)))
    writer.update_container(field)


FORGED = {
    "a flipped byte": (flipped, "what was signed was changed afterwards"),
    "saved again": (saved_again, "the file was written anew by another program"),
    "a page more": (with_update(add_page), "pages were added: 1"),
    "another page": (with_update(change_page), "page 1 was changed"),
    "another field": (with_update(change_field), "the field unit-head was changed"),
}


@pytest.mark.parametrize("name", FORGED)
def test_each_change_of_a_signed_file_is_found_and_named(stages: Stages, tmp_path: Path, name: str) -> None:
    change, named = FORGED[name]
    (tmp_path / "a.pdf").write_bytes(change(stages.files["vi", 3].read_bytes()))
    code, told = stages.signers.verify(tmp_path / "a.pdf")
    problems = [problem for each in told["signatures"] for problem in each["problems"]]
    assert code == 1
    assert named in "\n".join(problems + told["added"])
    before = digest(tmp_path / "a.pdf")
    refused = stages.signers.sign("unit-head", "--output", str(tmp_path / "b.pdf"), file=tmp_path / "a.pdf")
    assert (refused.exit_code, refused.findings[0]["code"]) in {(1, "RG961"), (1, "RG963")}
    assert (digest(tmp_path / "a.pdf"), (tmp_path / "b.pdf").exists()) == (before, False)


@pytest.mark.parametrize("name", ["another page"])
def test_a_change_that_comes_before_the_first_signature_is_found(signers: Signers, tmp_path: Path, name: str) -> None:
    """The signature itself would be good: it covers the change."""
    (tmp_path / "a.pdf").write_bytes(FORGED[name][0](signers.issued().read_bytes()))
    code, told = signers.verify(tmp_path / "a.pdf")
    assert (code, told["verdict"]) == (1, "extended")
    assert FORGED[name][1] in told["added"]


# ---- what is refused ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """What is tried, and the code of the answer."""

    code: str
    who: str = "lead"
    key: str = ""
    arguments: tuple[str, ...] = ()
    file: str = ""


REFUSALS = {
    "a draft": Refusal("RG961", file=REAL_FILE.replace("inspections/", "output/").replace(".yaml", ".vi.pdf")),
    "a DOCX": Refusal("RG961", file=f"output/issued/2023/{NUMBER}/r1/{REAL}.vi.docx"),
    "nobody of the minutes": Refusal("RG964", who="witness", key="lead"),
    "a person by another's id": Refusal("RG970", who="vo-thanh-hue", key="lead", file="signed"),
    "signing twice": Refusal("RG965", file="signed"),
    "before the others": Refusal("RG966", who="unit-head"),
    "another's certificate": Refusal("RG970", key="unit-head"),
    "nobody knows who": Refusal("RG970", who="secretary"),
    "a holder that is not in the certificate": Refusal("RG970", arguments=("--holder", "Hoàng Văn Hùng")),
    "expired": Refusal("RG971", key="expired"),
    "not valid yet": Refusal("RG972", key="early"),
    "weak": Refusal("RG973", key="weak"),
    "not for signing": Refusal("RG974", key="other use"),
    "no key file": Refusal("RG975", key="text"),
    "without a time-stamp server": Refusal("RG985", arguments=("--level", "B-T")),
    "no PNG": Refusal("RG986", arguments=("--signature", "keys/text.p12")),
    "a white background": Refusal("RG987", arguments=("--signature", "keys/white.png")),
    "a seal of no size": Refusal("RG988", arguments=("--seal", "keys/hand.png")),
    "into what was issued": Refusal("RG968", arguments=("--output", f"output/issued/2023/{NUMBER}/r1/x.pdf")),
}


@pytest.fixture(scope="module")
def refusing(stages: Stages, tmp_path_factory: pytest.TempPathFactory) -> Signers:
    """An office where the lead and the secretary have signed, with keys that may not sign."""
    own = stages.signers.copied(tmp_path_factory.mktemp("refusing"))
    own.signed().parent.mkdir(parents=True)
    shutil.copy(stages.files["vi", 2], own.desk.path("keys/signed.pdf"))
    name, authority = "Hoàng Mạnh Hùng", own.authority
    wrong = {
        "expired": authority.signer(name, last=NOW - DAY),
        "early": authority.signer(name, first=NOW + DAY),
        "weak": authority.signer(name, "rsa1024"),
        "other use": authority.signer(name, for_signing=False),
    }
    own.keys.update({key: own.key(key, holder) for key, holder in wrong.items()})
    own.keys["text"] = own.desk.path("keys/text.p12")
    own.keys["text"].write_text("no key", encoding="utf-8")
    Image.new("RGB", (60, 30), "white").save(own.desk.path("keys/white.png"))
    assert own.desk.run("build", REAL, "--format", "pdf", "--language", "vi").exit_code in (0, 1)
    draft = own.desk.path(f"output/{REAL}.vi.pdf")
    draft.write_bytes(b"%PDF-1.7 a draft")
    return own


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_signed_is_refused_and_nothing_is_written(refusing: Signers, name: str) -> None:
    refusal = REFUSALS[name]
    own = refusing
    signed = own.desk.path("keys/signed.pdf")
    file = {"": own.issued(), "signed": signed}.get(refusal.file, own.desk.path(refusal.file))
    before = {path: digest(path) for path in own.desk.root.rglob("*.pdf")}
    arguments = [str(own.desk.path(each)) if "/" in each else each for each in refusal.arguments]
    answer = own.sign(refusal.who, *arguments, file=file, key=own.keys[refusal.key or refusal.who])
    assert (answer.exit_code, [each["code"] for each in answer.findings]) == (1, [refusal.code])
    assert {path: digest(path) for path in own.desk.root.rglob("*.pdf")} == before
    assert SECRET not in answer.stdout + answer.stderr


def test_a_wrong_passphrase_is_told_and_not_shown(refusing: Signers) -> None:
    answer = refusing.sign("lead", secret="sai-mat-khau")
    assert [each["code"] for each in answer.findings] == ["RG976"]
    assert "sai-mat-khau" not in answer.stdout + answer.stderr
    assert not refusing.signed().exists()


def test_a_file_whose_key_is_not_the_one_of_its_certificate_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither cryptography nor OpenSSL writes such a file; others may."""
    holder = Authority().signer("Hoàng Mạnh Hùng")
    (tmp_path / "a.p12").write_bytes(holder.p12(SECRET))
    monkeypatch.setattr(pkcs12, "load_key_and_certificates", lambda *_: (make_key("p256"), holder.certificate, []))
    with pytest.raises(InputError, match="RG977"):
        open_file(tmp_path / "a.p12", SECRET)


def test_no_option_takes_a_secret(refusing: Signers) -> None:
    words = refusing.desk.run("sign", "--help").stdout.lower()
    assert "--p12" in words
    assert not re.search(r"--\S*(pin|pass|secret)", words)


def test_another_copy_is_not_written_over(stages: Stages, tmp_path: Path) -> None:
    own = stages.signers.copied(tmp_path)
    assert own.sign("lead").exit_code == 0
    before = digest(own.signed())
    answer = own.sign("unit-head", file=stages.files["vi", 2])
    assert [each["code"] for each in answer.findings] == ["RG969"]
    assert digest(own.signed()) == before


# ---- without the extra ----------------------------------------------------------------------------------------------


def test_without_pyhanko_signing_says_what_to_install_and_all_else_works(
    stages: Stages, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        name for name in sys.modules if name.split(".")[0] in ("pyhanko", "pkcs11", "asn1crypto", "cryptography")
    ]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pyhanko", "pkcs11", "asn1crypto", "cryptography", "pyhanko_certvalidator"):
        monkeypatch.setitem(sys.modules, name, None)
    answer = signers.sign("lead")
    assert [(each["code"], each["hint"]) for each in answer.findings] == [
        ("RG960", 'install it: pip install "reportgen[sign]"')
    ]
    assert signers.desk.run("check", REAL).exit_code == 0
    assert signers.verify(signers.issued())[0] == 0
    with nothing_printed_again():
        told = stages.signers.desk.run("verify", str(stages.files["vi", 1]))
    assert told.exit_code == 1
    assert "signatures cannot be checked on this computer: install reportgen[sign]" in told.stdout
