"""Signing with a token (PKCS#11), by the real command in a process of its own; SoftHSM is the token."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PROJECT
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from signers import Signers, digest

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "246813"
SECRET = "REPORTGEN_SECRET"


@dataclass(frozen=True)
class Tokens:
    """Tokens made of software, one for each kind of key, and the lead's keys on them."""

    signers: Signers
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        without = {name: value for name, value in os.environ.items() if name not in ("FONTCONFIG_FILE", SECRET)}
        ours = {"XDG_CACHE_HOME": str(self.signers.desk.cache), "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}
        return {**without, **ours}

    def command(self, *chosen: str, before: str = "") -> list[str]:
        """Return the command: the library of a token reads its settings once, so each runs in its own process."""
        program = f"{before}\nfrom reportgen.cli import main\nmain()"
        command = [sys.executable, "-c", program, "-C", str(self.signers.desk.root), "--ui", "en"]
        command += ["--output-format", "concise", "sign", str(self.signers.issued()), "--as", "lead"]
        return [*command, "--token", str(LIBRARY), *chosen]

    def run(self, *chosen: str, pin: str = PIN, before: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*chosen, before=before),
            env={**self.environment, SECRET: pin},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    def slots(self) -> list[str]:
        """Return the labels of the tokens, in the order of their slots; an empty one where there is none."""
        program = (
            "import sys, pkcs11\n"
            "for slot in pkcs11.lib(sys.argv[1]).get_slots():\n"
            "    print(slot.get_token().label.strip())"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(LIBRARY)],
            env=self.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split("\n")[:-1]


FILL = """
import sys
import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.util import ec, rsa, x509
library, label, pin, kind, key, certificate = sys.argv[1:]
token = pkcs11.lib(library).get_token(token_label=label)
read = lambda path: open(path, "rb").read()
with token.open(rw=True, user_pin=pin) as session:
    decode = rsa.decode_rsa_private_key if kind == "rsa" else ec.decode_ec_private_key
    private = {**decode(read(key)), Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.SIGN: True}
    session.create_object({**private, Attribute.ID: b"1", Attribute.LABEL: "signing"})
    public = x509.decode_x509_certificate(read(certificate))
    session.create_object({**public, Attribute.TOKEN: True, Attribute.ID: b"1", Attribute.LABEL: "signing"})
"""


@pytest.fixture(scope="module")
def tokens(signers: Signers, tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    assert LIBRARY.is_file(), "SoftHSM is not installed: `make test` does that"
    own = Tokens(signers.copied(tmp_path_factory.mktemp("tokens")), tmp_path_factory.mktemp("softhsm"))
    (own.folder / "store").mkdir()
    (own.folder / "softhsm2.conf").write_text(f"directories.tokendir = {own.folder / 'store'}\nlog.level = ERROR\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(own.folder / "softhsm2.conf")}
    for kind, bits in (("rsa", "rsa2048"), ("ec", "p256")):
        holder = signers.authority.signer("Hoàng Mạnh Hùng", bits)
        old = PrivateFormat.TraditionalOpenSSL  # PKCS#1 and SEC 1, which PKCS#11 is made from
        (own.folder / "key").write_bytes(holder.key.private_bytes(Encoding.DER, old, NoEncryption()))
        (own.folder / "certificate").write_bytes(holder.der)
        command = ["softhsm2-util", "--init-token", "--free", "--label", kind, "--pin", PIN, "--so-pin", PIN]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        words = [str(LIBRARY), kind, PIN, kind, str(own.folder / "key"), str(own.folder / "certificate")]
        done = subprocess.run(
            [sys.executable, "-c", FILL, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return own


@pytest.fixture(autouse=True)
def unsigned(tokens: Tokens) -> None:
    """Nobody has signed yet."""
    shutil.rmtree(tokens.signers.desk.path("output/signed"), ignore_errors=True)


# ---- signing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "algorithm"), [("rsa", "RSASSA-PSS 2048, SHA-256"), ("ec", "ECDSA 256, SHA-256")])
def test_a_token_signs(tokens: Tokens, label: str, algorithm: str) -> None:
    done = tokens.run("--token-label", label)
    assert done.returncode == 0, done.stderr
    code, told = tokens.signers.verify(tokens.signers.signed())
    found = [(each["signer"], each["algorithm"]) for each in told["signatures"]]
    assert (code, found) == (0, [("Hoàng Mạnh Hùng", algorithm)])
    signed = str(tokens.signers.signed())
    poppler = subprocess.run(["pdfsig", "-nocert", signed], capture_output=True, text=True, check=True)
    assert "Signature is Valid." in poppler.stdout


def test_a_token_is_chosen_by_its_label_or_by_its_slot_counted_from_0(tokens: Tokens) -> None:
    slots = tokens.slots()
    assert {"rsa", "ec"} < set(slots), "SoftHSM has one slot more, with a token that nobody has set up"
    done = tokens.run("--slot", str(slots.index("ec")))
    assert done.returncode == 0, done.stderr
    (signature,) = tokens.signers.verify(tokens.signers.signed())[1]["signatures"]
    assert signature["algorithm"] == "ECDSA 256, SHA-256"


@pytest.mark.parametrize(
    "chosen",
    [(), ("--slot", "99"), ("--slot", "0", "--token-label", "gone"), ("--token-label", "rsa", "--key", "another")],
    ids=["several and none chosen", "no such slot", "another label in the slot", "no such key"],
)
def test_a_choice_that_fits_no_token_or_several_is_refused(tokens: Tokens, chosen: tuple[str, ...]) -> None:
    done = tokens.run(*chosen)
    code = "RG981" if "--key" in chosen else "RG980"
    assert (done.returncode, re.findall(r"RG\d+", done.stderr)) == (1, [code]), done.stderr
    assert not tokens.signers.signed().exists()


# ---- the PIN --------------------------------------------------------------------------------------------------------

# Tells each time that a token is asked whether a PIN is right, and whatever a library logs.
COUNTED = """
import logging, sys
import pyhanko.sign.pkcs11 as tokens
logging.basicConfig(level=0, stream=sys.stderr)
logging.getLogger("fontTools").setLevel(logging.ERROR)
opened = tokens.open_pkcs11_session
def told(*arguments):
    print("PIN tried", file=sys.stderr)
    return opened(*arguments)
tokens.open_pkcs11_session = told
"""


def test_a_wrong_pin_is_tried_once_and_the_right_one_signs_after_it(tokens: Tokens) -> None:
    wrong = tokens.run("--token-label", "rsa", pin="999999", before=COUNTED)
    assert wrong.returncode == 1
    assert wrong.stderr.count("PIN tried") == 1
    assert wrong.stderr.count("error[RG978]") == 1
    assert not tokens.signers.signed().exists()
    assert tokens.run("--token-label", "rsa").returncode == 0


def test_no_log_and_no_command_line_has_the_pin(tokens: Tokens) -> None:
    for pin in (PIN, "999999"):
        done = tokens.run("--token-label", "ec", pin=pin, before=COUNTED)
        assert "DEBUG:" in done.stderr
        assert pin not in done.stdout + done.stderr
        assert pin not in " ".join(tokens.command("--token-label", "ec"))


def test_at_a_terminal_the_pin_is_asked_for_and_not_shown(tokens: Tokens) -> None:
    command = tokens.command("--token-label", "ec")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(PROJECT)
        os.execve(command[0], command, tokens.environment)
    shown = answered = b""
    end = time.monotonic() + 120
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            shown += os.read(terminal, 4096)
            if b"PIN of the token" in shown and not answered:
                answered = f"{PIN}\n".encode()
                os.write(terminal, answered)
    except OSError:  # the terminal is closed: the command has ended
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, shown.decode()
    assert answered
    assert PIN.encode() not in shown
    assert b"signed by" in shown
    assert tokens.signers.signed().exists()


# ---- a token that goes ----------------------------------------------------------------------------------------------

# A token that is pulled out after the PIN was typed: its library knows its session no more.
PULLED_OUT = """
import reportgen.signing as signing
from reportgen.signing import check_key
def pulled_out(key, *rest):
    check_key(key, *rest)
    key.signer.pkcs11_session.close()
signing.check_key = pulled_out
"""


@pytest.mark.parametrize(
    ("label", "before"),
    [("gone", ""), ("ec", PULLED_OUT), ("rsa", PULLED_OUT)],
    ids=["not there", "pulled out", "pulled out, RSA"],
)
def test_a_token_that_is_gone_is_told_and_nothing_is_written(tokens: Tokens, label: str, before: str) -> None:
    issued = digest(tokens.signers.issued())
    done = tokens.run("--token-label", label, before=before)
    assert (done.returncode, re.findall(r"RG\d+", done.stderr)) == (1, ["RG980"]), done.stderr
    assert "Traceback" not in done.stderr
    assert not tokens.signers.signed().exists()
    assert digest(tokens.signers.issued()) == issued


def test_a_token_that_is_taken_away_between_two_signatures_leaves_the_first_one_good(tokens: Tokens) -> None:
    signers = tokens.signers
    assert tokens.run("--token-label", "rsa").returncode == 0
    before = digest(signers.signed())
    store, away = tokens.folder / "store", tokens.folder / "away"
    store.rename(away)
    store.mkdir()
    try:
        command = ["secretary" if word == "lead" else word for word in tokens.command("--token-label", "rsa")]
        done = subprocess.run(
            [*command, "--holder", "Hoàng Mạnh Hùng"],
            env={**tokens.environment, SECRET: PIN}, cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        store.rmdir()
        away.rename(store)
    assert (done.returncode, re.findall(r"RG\d+", done.stderr)) == (1, ["RG980"]), done.stderr
    assert digest(signers.signed()) == before
    assert signers.verify(signers.signed())[0] == 0
