"""Signatures of each level of PAdES: what they hold, and what programs of others find in them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, x509
from authority import Server
from pki import Authority
from signers import Signers, Stages, all_sign, signed_pieces, with_signing
from tagged import FLAVOURS, validate

LEVELS = ("B-T", "B-LT", "B-LTA")


@pytest.fixture(scope="module")
def long_term(signers: Signers, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """All have signed with time stamps and with proofs."""
    own = with_signing(signers.copied(tmp_path_factory.mktemp("long-term")), server.address)
    return all_sign(own, tmp_path_factory.mktemp("stages"), ("vi",))


@pytest.fixture(scope="module")
def levels(
    stages: Stages, long_term: Stages, signers: Signers, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The minutes signed once, at each level; at B-T by an office that trusts no roots."""
    files = {"B-B": stages.files["vi", 1], "B-LTA": long_term.files["vi", 1]}
    for level in ("B-T", "B-LT"):
        own = signers.copied(tmp_path_factory.mktemp("level"))
        with_signing(own, server.address, roots=level == "B-LT")
        asked = () if level == "B-T" else ("--level", level)
        answer = own.sign("lead", *asked)
        assert answer.exit_code == 0, answer.stdout
        files[level] = own.signed()
    return dict(sorted(files.items()))


def own_signer(levels: dict[str, Path], level: str) -> bytes:
    """Return the signature of a file that is signed once, as CMS."""
    ((_, signature),) = signed_pieces(levels[level].read_bytes())
    return signature


# ---- what they hold -------------------------------------------------------------------------------------------------


def test_each_level_is_told_with_who_proves_the_time(long_term: Stages, levels: dict[str, Path]) -> None:
    for level, file in levels.items():
        code, told = long_term.signers.verify(file)
        (signature,) = told["signatures"]
        authority = None if level == "B-B" else "Time Stamp Authority"
        assert (code, signature["level"], signature["time_authority"]) == (0, level, authority)
        assert signature["trusted"] is True
        assert signature["added_since"] == {"B-LT": "proofs", "B-LTA": "proofs"}.get(level, "nothing")


def test_a_file_holds_what_its_level_asks_for(levels: dict[str, Path]) -> None:
    """ETSI EN 319 142-1, 6.3: a time stamp of the signature; certificates and lists; a time stamp of the file."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    for level, file in levels.items():
        reader = PdfFileReader(io.BytesIO(file.read_bytes()))
        stamps = unsigned(own_signer(levels, level), "signature_time_stamp_token")
        assert len(stamps) == (level != "B-B")
        assert ("/DSS" in reader.root) is (level in ("B-LT", "B-LTA"))
        if "/DSS" in reader.root:
            assert reader.root["/DSS"]["/Certs"]
            assert reader.root["/DSS"]["/CRLs"]
        assert len(reader.embedded_timestamp_signatures) == (level == "B-LTA")


def unsigned(signature: bytes, name: str) -> list[Any]:
    (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    return [value for each in signer["unsigned_attrs"] or () if each["type"].native == name for value in each["values"]]


def test_with_a_time_stamp_server_and_roots_all_signatures_hold_their_proofs(long_term: Stages) -> None:
    code, told = long_term.signers.verify(long_term.files["vi", 3])
    assert code == 0
    assert [(each["level"], each["trusted"], each["time_authority"]) for each in told["signatures"]] == [
        ("B-LTA", True, "Time Stamp Authority")
    ] * 3
    assert [each["added_since"] for each in told["signatures"]] == ["signatures", "signatures", "proofs"]


def test_a_root_that_the_office_does_not_trust_is_told(long_term: Stages, tmp_path: Path) -> None:
    own = long_term.signers.copied(tmp_path)
    own.desk.write("templates/signing/root.crt", Authority().root.pem.decode())
    code, told = own.verify(long_term.files["vi", 1])
    assert (code, [each["trusted"] for each in told["signatures"]]) == (1, [False])


@pytest.mark.parametrize("level", LEVELS)
def test_without_a_time_stamp_nothing_is_signed(signers: Signers, server: Server, tmp_path: Path, level: str) -> None:
    own = with_signing(signers.copied(tmp_path), server.address)
    server.down = True
    try:
        answer = own.sign("lead", "--level", level)
    finally:
        server.down = False
    assert [each["code"] for each in answer.findings] == ["RG982" if level == "B-T" else "RG983"]
    assert not own.signed().exists()


def test_without_roots_a_level_with_proofs_is_refused(signers: Signers, server: Server, tmp_path: Path) -> None:
    own = with_signing(signers.copied(tmp_path), server.address, roots=False)
    for level in ("B-LT", "B-LTA"):
        assert [each["code"] for each in own.sign("lead", "--level", level).findings] == ["RG985"]
    assert not own.signed().exists()


def test_a_certificate_that_was_revoked_is_refused(signers: Signers, server: Server, tmp_path: Path) -> None:
    own = with_signing(signers.copied(tmp_path), server.address)
    holder = server.authority.signer("Hoàng Mạnh Hùng")
    server.revoked = (holder,)
    try:
        answer = own.sign("lead", key=own.key("revoked", holder))
    finally:
        server.revoked = ()
    assert [each["code"] for each in answer.findings] == ["RG983"]
    assert not own.signed().exists()


# ---- programs of others ---------------------------------------------------------------------------------------------


def test_poppler_finds_each_signature_valid(stages: Stages, long_term: Stages, levels: dict[str, Path]) -> None:
    expected = {file: count for own in (stages, long_term) for (_, count), file in own.files.items()}
    expected |= dict.fromkeys(levels.values(), 1)
    for file, count in expected.items():
        done = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=True)
        told = [each for each in done.stdout.split("Signature #") if "ETSI.CAdES.detached" in each]
        assert len(told) == count, done.stdout  # poppler 22.12 does not know time stamps of the whole file
        assert all("Signature is Valid." in each for each in told), done.stdout
        ends = sum("- Total document signed" in each for each in told)
        assert ends == (file not in (*long_term.files.values(), levels["B-LT"])), "proofs are added behind these"


def test_pyhanko_itself_finds_each_signature_valid_and_trusted(
    stages: Stages, long_term: Stages, levels: dict[str, Path]
) -> None:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
    from pyhanko_certvalidator import ValidationContext

    root = x509.Certificate.load(stages.signers.authority.root.der)
    for file in (stages.files["vi", 3], stages.files["th", 3], long_term.files["vi", 3], *levels.values()):
        reader = PdfFileReader(io.BytesIO(file.read_bytes()))
        for signature in reader.embedded_regular_signatures:
            status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
            assert status.bottom_line, status.pretty_print_details()
        for stamp in reader.embedded_timestamp_signatures:
            proof = validate_pdf_timestamp(stamp, ValidationContext(trust_roots=[root]))
            assert proof.valid
            assert proof.intact
            assert proof.trusted


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_openssl_finds_each_signature_valid_and_each_time_stamp_of_it(
    stages: Stages, long_term: Stages, levels: dict[str, Path], tmp_path: Path
) -> None:
    """And each chain right up to the root."""
    authority = stages.signers.authority
    (tmp_path / "root.pem").write_bytes(authority.root.pem)
    (tmp_path / "below.pem").write_bytes(authority.below.pem)
    stamped = 0
    for file in (stages.files["th", 3], long_term.files["vi", 3], *levels.values()):
        for covered, signature in signed_pieces(file.read_bytes()):
            (tmp_path / "covered").write_bytes(covered)
            (tmp_path / "signature").write_bytes(signature)
            command = ("cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "covered")
            told = openssl(tmp_path, *command, "-CAfile", "root.pem", "-purpose", "any", "-out", os.devnull)
            assert "erification successful" in told
            for token in unsigned(signature, "signature_time_stamp_token"):
                (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
                (tmp_path / "token").write_bytes(token.dump())
                (tmp_path / "data").write_bytes(signer["signature"].native)
                command = ("ts", "-verify", "-in", "token", "-token_in", "-data", "data")
                told = openssl(tmp_path, *command, "-CAfile", "root.pem", "-untrusted", "below.pem")
                assert "Verification: OK" in told
                stamped += 1
    assert stamped == 3 + len(LEVELS)


@pytest.mark.parametrize("level", ["B-B", *LEVELS])
def test_a_flipped_byte_is_found_at_each_level_by_all(
    long_term: Stages, levels: dict[str, Path], tmp_path: Path, level: str
) -> None:
    content = bytearray(levels[level].read_bytes())
    content[content.index(b"stream", len(content) // 3) + 40] ^= 1
    (tmp_path / "a.pdf").write_bytes(content)
    code, told = long_term.signers.verify(tmp_path / "a.pdf")
    assert (code, told["signatures"][0]["valid"]) == (1, False)
    poppler = subprocess.run(["pdfsig", "-nocert", str(tmp_path / "a.pdf")], capture_output=True, text=True, check=True)
    assert "Digest Mismatch" in poppler.stdout
    (covered, signature), *_ = signed_pieces(bytes(content))
    (tmp_path / "covered").write_bytes(covered)
    (tmp_path / "signature").write_bytes(signature)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature", "-content", "covered"]
    command += ["-noverify", "-out", os.devnull]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_every_signed_file_is_for_the_archive_and_for_everyone(
    stages: Stages, long_term: Stages, levels: dict[str, Path], tmp_path: Path
) -> None:
    """At each level, with one signature, which certifies, and with others, which approve."""
    files = [*stages.files.values(), *long_term.files.values()]
    for level in ("B-T", "B-LT"):
        shutil.copy(levels[level], tmp_path / f"{level}.pdf")
        files.append(tmp_path / f"{level}.pdf")
    found = validate(files)
    assert {
        (file.name, flavour): found[file, flavour] for file in files for flavour in FLAVOURS if found[file, flavour]
    } == {}
