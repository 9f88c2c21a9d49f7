"""After each kind of signature, a file is still PDF/A-3a and PDF/UA-1: veraPDF finds nothing.

``REPORTGEN_GENERATED=30`` signs so many generated inspections, in place of one; docs/archive.md tells the figures.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from authority import Server
from conftest import SMALLEST, Office, change_yaml
from desk import Desk
from generated import LANGUAGES, write_inspections
from pki import Holder
from signers import SECRET, Signers, with_signing
from tagged import FLAVOURS, validate

GENERATED = int(os.environ.get("REPORTGEN_GENERATED", "1"))
NAME = "Nguyễn Thị Người Ký"


@dataclass(frozen=True)
class Signed:
    """Issued minutes, and what became of them by signing, by the name of what was done."""

    issued: Path
    files: dict[str, Path]


def issue_all(office: Office, root: Path, server: Server) -> Signers:
    """Return an office that has issued the smallest inspection and generated ones."""
    desk = Desk(office.copy_workspace(root), office.cache)
    smallest = desk.read(f"inspections/{SMALLEST}.yaml")
    write_inspections(desk.path("inspections"), GENERATED)
    desk.write(f"inspections/{SMALLEST}.yaml", smallest)
    desk.confirm()
    desk.write("templates/signing/root.crt", server.authority.root.pem.decode())
    for seed in range(GENERATED):
        number = f"{seed + 100}/BB-ĐKT"
        change_yaml(desk.path(f"inspections/generated-{seed}.yaml"), lambda data, own=number: data.update(number=own))
    for inspection in (SMALLEST, *(f"generated-{seed}" for seed in range(GENERATED))):
        answer = desk.run("issue", inspection)
        assert answer.exit_code == 0, answer.stderr
    return with_signing(Signers(desk, server.authority, {}), server.address)


def to_sign(own: Signers) -> list[Path]:
    """Return the minutes that are signed: of a generated inspection in one of its languages, by turns."""
    names = [f"{SMALLEST}.vi.pdf"]
    names += [f"generated-{seed}.{LANGUAGES[seed % len(LANGUAGES)]}.pdf" for seed in range(GENERATED)]
    return [next(own.desk.path("output/issued").rglob(name)) for name in names]


def fields(file: Path) -> list[str]:
    """Return the names of the fields to sign in, the one that locks the others last."""
    with pikepdf.open(file) as pdf:
        found = [(field.get("/Lock") is not None, str(field.T)) for field in pdf.Root.AcroForm.Fields]
    return [name for _, name in sorted(found, key=lambda each: each[0])]


def approved_by_another_program(file: Path, names: list[str], holder: Holder) -> bytes:
    """Return a file with signatures that pyHanko made by itself, none of which certifies."""
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko.stamp import StaticStampStyle

    # By itself pyHanko writes with a font that is not in the file; ISO 19005-3 wants all of them there.
    blank = StaticStampStyle(border_width=0, background=RawContent(b"", box=BoxConstraints(100, 40)))
    signer = SimpleSigner.load_pkcs12_data(holder.p12(SECRET), (), SECRET.encode())
    content = file.read_bytes()
    for name in names:
        said = PdfSignatureMetadata(field_name=name, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        content = PdfSigner(said, signer, stamp_style=blank).sign_pdf(writer, existing_fields_only=True).getvalue()
    return content


@pytest.fixture(scope="module")
def signed(office: Office, server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[Signed]:
    """Each of the issued minutes, signed in several ways."""
    own = issue_all(office, tmp_path_factory.mktemp("office"), server)
    holder = server.authority.signer(NAME)
    key = own.key("key", holder)
    folder = tmp_path_factory.mktemp("signed")
    found = []
    for number, file in enumerate(to_sign(own)):
        names = fields(file)[:2]
        files = {way: folder / f"{number}-{way}.pdf" for way in ("approved", "certified", "certified-approved", "lta")}
        files["approved"].write_bytes(approved_by_another_program(file, names, holder))
        last = file
        for way, name in zip(("certified", "certified-approved"), names, strict=False):
            sign(own, last, name, key, files[way], "B-B")
            last = files[way]
        sign(own, file, names[0], key, files["lta"], "B-LTA")
        found.append(Signed(file, {way: path for way, path in files.items() if path.exists()}))
    return found


def sign(own: Signers, file: Path, name: str, key: Path, output: Path, level: str) -> None:
    answer = own.sign(name, "--holder", NAME, "--level", level, "--output", str(output), file=file, key=key)
    assert answer.exit_code == 0, f"{file.name}: {answer.stdout}"


def test_signed_files_are_for_the_archive_and_for_everyone(signed: list[Signed]) -> None:
    files = [path for each in signed for path in (each.issued, *each.files.values())]
    found = validate(files)
    wrong = {(file, flavour): rules for (file, flavour), rules in found.items() if rules}
    print(f"{len(signed)} minutes, {len(files)} files, {len(found)} verdicts")
    assert len(found) == len(files) * len(FLAVOURS)
    assert wrong == {}


def test_each_was_signed_in_each_way(signed: list[Signed]) -> None:
    assert len(signed) == GENERATED + 1
    for each in signed:
        names = fields(each.issued)
        certified = {way: certifies(path) for way, path in each.files.items()}
        assert certified == {way: way != "approved" for way in certified}
        assert ("certified-approved" in each.files) is (len(names) > 1)
        assert all(path.read_bytes().startswith(each.issued.read_bytes()) for path in each.files.values())
    assert any("certified-approved" in each.files for each in signed)


def certifies(file: Path) -> bool:
    with pikepdf.open(file) as pdf:
        return "/DocMDP" in pdf.Root.get("/Perms", {})
