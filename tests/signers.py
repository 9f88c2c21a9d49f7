"""Those who sign: an office where the real minutes are issued, their keys, and what they sign."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pikepdf
from desk import REAL, Answer, Desk
from PIL import Image, ImageDraw
from pki import Authority, Holder

from reportgen import verifying

ORDER = ("lead", "secretary", "unit-head")  # the last one's field is the last of the page: it locks the others
PEOPLE = {
    "lead": ("Hoàng Mạnh Hùng", "rsa2048"),
    "secretary": ("Lê Thị Thư", "p384"),
    "unit-head": ("VO THANH HUE", "p256"),  # as authorities write names: capitals, no marks
}
LANGUAGES = ("vi", "th")
SECRET = "đúng rồi"
NUMBER = "1-BB-ĐKT"


def nothing_printed_again() -> AbstractContextManager[Any]:
    """Let ``verify`` believe that what was issued is printed again byte for byte: printing takes seconds."""
    return patch.object(verifying, "_print_again", lambda *_: (True, True))


@dataclass(frozen=True)
class Signers:
    """An office where the real minutes are issued, and the keys of those who sign."""

    desk: Desk
    authority: Authority
    keys: dict[str, Path]

    def issued(self, language: str = "vi", form: str = "pdf") -> Path:
        return self.desk.path(f"output/issued/2023/{NUMBER}/r1/{REAL}.{language}.{form}")

    def signed(self, language: str = "vi") -> Path:
        return self.desk.path(f"output/signed/2023/{NUMBER}/r1/{REAL}.{language}.pdf")

    def key(self, name: str, holder: Holder) -> Path:
        path = self.desk.path(f"keys/{name}.p12")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(holder.p12(SECRET))
        return path

    def sign(
        self, who: str, *arguments: str, file: Path | None = None, key: Path | None = None, secret: str = SECRET
    ) -> Answer:
        """Sign with a key file; the passphrase comes from the environment, as a program hands it over."""
        chosen = ("--p12", str(key or self.keys[who]), *arguments)
        with patch.dict(os.environ, {"REPORTGEN_SECRET": secret}):
            return self.desk.run("sign", str(file or self.issued()), "--as", who, *chosen, form="json")

    def copied(self, folder: Path) -> Signers:
        """Return a copy of the office in which nobody has signed."""
        shutil.copytree(self.desk.root, folder, dirs_exist_ok=True)
        shutil.rmtree(folder / "output" / "signed", ignore_errors=True)
        return Signers(Desk(folder, self.desk.cache), self.authority, self.keys)

    def verify(self, file: Path, *, print_again: bool = False) -> tuple[int, dict[str, Any]]:
        """Return the exit code and what is told; what was issued is printed again only where a test asks for it."""
        with nullcontext() if print_again else nothing_printed_again():
            answer = self.desk.run("verify", str(file), form="json")
        return answer.exit_code, json.loads(answer.stdout)


def issue_real_minutes(desk: Desk, authority: Authority) -> Signers:
    """Return an office that has issued the real minutes, with keys, a signature and a seal; nobody has signed."""
    desk.confirm()
    desk.write("templates/signing/root.crt", authority.root.pem.decode())
    answer = desk.run("issue", REAL)
    assert answer.exit_code == 0, answer.stderr
    own = Signers(desk, authority, {})
    own.keys.update({who: own.key(who, authority.signer(*person)) for who, person in PEOPLE.items()})
    hand = Image.new("RGBA", (600, 240), (0, 0, 0, 0))
    ImageDraw.Draw(hand).line([(20, 200), (150, 40), (220, 210), (320, 60), (580, 30)], (20, 40, 190, 255), 9)
    hand.save(desk.path("keys/hand.png"))
    seal = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    ImageDraw.Draw(seal).ellipse((9, 9, 590, 590), outline=(220, 0, 0, 255), width=18)
    seal.save(desk.path("keys/seal.png"), dpi=(600, 600))  # an inch
    return own


@dataclass(frozen=True)
class Stages:
    """An office where all have signed, and the files as they were after each signature, by language."""

    signers: Signers
    files: dict[tuple[str, int], Path]


def all_sign(own: Signers, folder: Path, languages: tuple[str, ...], *arguments: str) -> Stages:
    """Let all sign, and keep the file after each signature."""
    files: dict[tuple[str, int], Path] = {}
    for language in languages:
        for count, who in enumerate(ORDER, 1):
            holder = ("--holder", PEOPLE[who][0]) if who == "secretary" else ()
            answer = own.sign(who, *arguments, *holder, file=own.issued(language))
            assert answer.exit_code == 0, answer.stdout + answer.stderr
            files[language, count] = folder / f"{language}-{count}.pdf"
            shutil.copy(own.signed(language), files[language, count])
    return Stages(own, files)


def with_signing(own: Signers, address: str, *, roots: bool = True) -> Signers:
    """Set an office up for time stamps and, with roots, for proofs."""
    text = own.desk.read("templates/office.yaml")
    settings = f"\nsigning:\n  time_stamps: {address}/tsa\n" + "  roots: [signing/root.crt]\n" * roots
    own.desk.write("templates/office.yaml", text + settings)
    return own


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def signed_pieces(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what each signature covers, and the signature, of people, not of time stamps: read by pikepdf."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for field in pdf.Root.AcroForm.Fields:
            if "/V" in field and field.V.get("/Type") != "/DocTimeStamp":
                start, length, after, rest = map(int, field.V.ByteRange)
                yield content[start : start + length] + content[after : after + rest], bytes(field.V.Contents)
