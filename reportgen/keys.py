"""Keys to sign with: a PKCS#12 file (RFC 7292) or a PKCS#11 token, and whether their certificate may sign as a person.

All that needs pyHanko, an extra, is imported where it is used.
"""

from __future__ import annotations

import datetime
import logging
import sys
import traceback
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, SetupError

# Circular 15/2025/TT-BKHCN, Annex: RSA of 2,048 bits at least, with RSASSA-PSS; ECDSA of 256 bits at least.
_LEAST_BITS = {"rsa": 2048, "ec": 256}
_SIGNING_USES = frozenset({"digital_signature", "non_repudiation"})  # RFC 5280, 4.2.1.3


@dataclass(frozen=True)
class Key:
    """A key with its certificate: ``signer`` is pyHanko's, ``certificate`` is asn1crypto's."""

    signer: Any
    certificate: Any

    @property
    def holder(self) -> str:
        """The name in the certificate."""
        return holder_of(self.certificate)


@dataclass(frozen=True)
class Token:
    """A PKCS#11 token: the library of its maker, and which token and which key where there are several."""

    library: Path
    label: str = ""
    slot: int | None = None
    key: str = ""


def need_signing() -> None:
    """Make sure that pyHanko is there, and let it tell nothing by itself.

    Raises:
        SetupError: with what to install.
    """
    try:
        import pyhanko  # noqa: F401 - the question is whether it is there
    except ImportError:
        raise SetupError(Diagnostic("sign-not-installed", None, {}, "install")) from None
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())  # what is wrong is told as a finding


def holder_of(certificate: Any) -> str:
    """Return the common name of a certificate's subject; the whole subject where it has none."""
    subject = certificate.subject
    name = subject.native.get("common_name")
    return str(name[0] if isinstance(name, list) else name) if name else str(subject.human_friendly)


# ---- a file ---------------------------------------------------------------------------------------------------------


def open_file(path: Path, passphrase: str) -> Key:
    """Return the key of a PKCS#12 file.

    Raises:
        InputError: where it is no such file, the passphrase is wrong, or its key is not the one of its certificate.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
    from pyhanko.sign.signers import SimpleSigner

    place = Place(path.as_posix())
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = {"problem": of_system(error)}
        raise InputError(Diagnostic("file-unreadable", place, problem)) from None
    if not content.startswith(b"\x30"):  # a SEQUENCE in DER, as every PKCS#12 file is
        raise InputError(Diagnostic("key-file-unreadable", place, {}, "ask"))
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, passphrase.encode() or None)
    except (ValueError, TypeError) as error:
        if "password" in str(error).lower():  # the library has no other way to say so
            raise InputError(Diagnostic("wrong-passphrase", place, {}, "again")) from None
        raise InputError(Diagnostic("key-file-unreadable", place, {}, "ask")) from None
    if key is None or certificate is None:
        raise InputError(Diagnostic("key-file-unreadable", place, {}, "ask"))
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise InputError(Diagnostic("key-of-another", place, {}, "ask"))
    signer = SimpleSigner.load_pkcs12_data(content, (), passphrase.encode() or None)
    signer.prefer_pss = True
    return Key(signer, signer.signing_cert)


# ---- a token --------------------------------------------------------------------------------------------------------


@contextmanager
def open_token(token: Token, pin: str) -> Iterator[Key]:
    """Open a token and yield its key; the PIN is tried once, as a token locks itself after a few wrong ones.

    Raises:
        SetupError: where the library, the token or the key is not there, the PIN is wrong, or the token is pulled out.
    """
    from pkcs11 import exceptions
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import open_pkcs11_session

    criteria = TokenCriteria(label=token.label) if token.label else None
    values = {"library": token.library.as_posix(), "label": token.label or "—"}
    with _silent_ends():
        try:
            with open_pkcs11_session(str(token.library), token.slot, criteria, pin or None) as session:
                yield _token_key(session, token)
        except (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange):
            raise SetupError(Diagnostic("wrong-pin", None, values, "again")) from None
        except (exceptions.PinLocked, exceptions.PinExpired):
            raise SetupError(Diagnostic("pin-locked", None, values, "ask")) from None
        except (exceptions.PKCS11Error, RuntimeError, OSError) as error:
            traceback.clear_frames(error.__traceback__)  # ends the searches that python-pkcs11 has begun
            # The library of a token says what it likes: its own words are all that there is.
            problem = {**values, "problem": " ".join(f"{type(error).__name__} {error}".split())}
            raise SetupError(Diagnostic("token-failed", None, problem, "insert")) from None


@contextmanager
def _silent_ends() -> Iterator[None]:
    """Let python-pkcs11 not complain by itself about searches that end after the token is gone: it is told already."""
    hooks = sys.excepthook, sys.unraisablehook
    sys.excepthook, sys.unraisablehook = lambda *_: None, lambda _: None
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = hooks


def _token_key(session: Any, token: Token) -> Key:
    """Return the one key of a token that has a certificate; of several, the one with the label asked for."""
    from asn1crypto import x509
    from pkcs11 import Attribute, ObjectClass
    from pyhanko.sign.pkcs11 import PKCS11Signer

    keys = {key[Attribute.ID] for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})}
    found = [
        (str(each[Attribute.LABEL]), each[Attribute.ID], x509.Certificate.load(each[Attribute.VALUE]))
        for each in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
    ]
    own = [each for each in found if each[1] in keys and token.key in ("", each[0])]
    if len(own) != 1:
        allowed = ", ".join(label for label, identifier, _ in found if identifier in keys) or "—"
        raise SetupError(Diagnostic("token-key", None, {"found": token.key or "—", "allowed": allowed}, "choose"))
    _, identifier, certificate = own[0]
    signer = PKCS11Signer(
        session,
        signing_cert=certificate,
        key_id=identifier,
        ca_chain=[other for _, own_id, other in found if own_id not in keys],
        prefer_pss=True,
        use_raw_mechanism=certificate.public_key.algorithm == "ec",  # every token knows it, many know no other
    )
    return Key(signer, certificate)


# ---- whether it may sign --------------------------------------------------------------------------------------------


def check_key(key: Key, names: Iterable[str], holder: str, now: datetime.datetime) -> None:
    """Refuse a key that may not sign now as a person.

    Args:
        key: what is to sign
        names: the person's names, in every language; none where the office does not know who signs: then the user tells
        holder: the name in the certificate, where the user says that it is the same person's
        now: the moment of signing, with its time zone

    Raises:
        InputError: where the certificate is another's, or not valid now, or its key too weak or not for signing.
    """
    certificate = key.certificate
    found = [*_check_strength(certificate), *_check_days(certificate, now)]
    uses = certificate.key_usage_value
    if uses is not None and not _SIGNING_USES & uses.native:
        found.append(Diagnostic("certificate-not-for-signing", None, {"holder": key.holder}, "other"))
    known = tuple(names)
    if holder:
        is_same = _words(holder) == _words(key.holder)
    else:
        is_same = any(_stands_in(_words(name), _words(key.holder)) for name in known)
    if not is_same:
        values = {"person": holder or " / ".join(known) or "……", "holder": key.holder}
        found.append(Diagnostic("signs-as-another", None, values, "holder"))
    if found:
        raise InputError(found)


def _check_strength(certificate: Any) -> Iterator[Diagnostic]:
    kind = certificate.public_key.algorithm
    bits = certificate.public_key.bit_size
    if bits < _LEAST_BITS.get(kind, bits + 1):
        yield Diagnostic("weak-key", None, {"found": f"{kind.upper()} {bits}"}, "other")


def _check_days(certificate: Any, now: datetime.datetime) -> Iterator[Diagnostic]:
    values = {
        "holder": holder_of(certificate),
        "first": certificate.not_valid_before.date(),
        "last": certificate.not_valid_after.date(),
    }
    if now > certificate.not_valid_after:
        yield Diagnostic("certificate-expired", None, values, "renew")
    elif now < certificate.not_valid_before:
        yield Diagnostic("certificate-too-early", None, values, "wait")


def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name without marks and capitals: authorities often write names without marks."""
    bare = "".join(char for char in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(char))
    return tuple("".join(char if char.isalnum() else " " for char in bare.replace("đ", "d")).split())


def _stands_in(name: tuple[str, ...], holder: tuple[str, ...]) -> bool:
    return any(holder[start : start + len(name)] == name for start in range(len(holder) - len(name) + 1))
