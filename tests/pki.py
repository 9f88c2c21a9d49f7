"""Certificates for tests: a root, an authority below it, signers, a time-stamp authority; made anew for each run."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def make_key(kind: str) -> Any:
    """Return a private key: ``rsa2048``, ``rsa1024``, ``p256``, ``p384``."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key({"p256": ec.SECP256R1, "p384": ec.SECP384R1}[kind]())


@dataclass(frozen=True)
class Holder:
    """A key and its certificate."""

    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def p12(self, passphrase: str) -> bytes:
        """Return the file that an authority gives to a signer."""
        protected = BestAvailableEncryption(passphrase.encode())
        return pkcs12.serialize_key_and_certificates(b"signer", self.key, self.certificate, self.chain, protected)


@dataclass(frozen=True)
class Authority:
    """A root and an authority below it; ``address`` is where its list of revoked certificates is served."""

    address: str = ""

    @cached_property
    def root(self) -> Holder:
        return _issued("Root CA", make_key("p256"), None, is_authority=True)

    @cached_property
    def below(self) -> Holder:
        return _issued("Issuing CA", make_key("p256"), self.root, is_authority=True, revoked_at=self.address)

    def signer(
        self,
        name: str,
        kind: str = "p256",
        first: datetime.datetime = NOW - 30 * DAY,
        last: datetime.datetime = NOW + 365 * DAY,
        *,
        for_time: bool = False,
        for_signing: bool = True,
    ) -> Holder:
        """Return the key and the certificate of a person, or of a time-stamp authority."""
        return _issued(
            name, make_key(kind), self.below, first, last, for_time=for_time, for_signing=for_signing,
            revoked_at=self.address,
        )  # fmt: skip

    def revoked(self, *holders: Holder) -> bytes:
        """Return the list of revoked certificates of the authority, as DER."""
        return _revoked(self.below, holders)

    def revoked_below(self) -> bytes:
        """Return the list of revoked certificates of the root, as DER."""
        return _revoked(self.root, ())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _issued(
    name: str,
    key: Any,
    issuer: Holder | None,
    first: datetime.datetime = NOW - 60 * DAY,
    last: datetime.datetime = NOW + 3650 * DAY,
    *,
    is_authority: bool = False,
    for_time: bool = False,
    for_signing: bool = True,
    revoked_at: str = "",
) -> Holder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject if issuer else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signs = for_signing and not is_authority
    usage = x509.KeyUsage(
        digital_signature=signs, content_commitment=signs, key_encipherment=not for_signing, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    builder = builder.add_extension(usage, critical=True)
    if for_time:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if revoked_at and issuer:
        which = "root" if issuer.certificate.subject == issuer.certificate.issuer else "below"
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{revoked_at}/{which}.crl")], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    certificate = builder.sign((issuer.key if issuer else key), hashes.SHA256())
    return Holder(key, certificate, (issuer.certificate, *issuer.chain) if issuer else ())


def _revoked(issuer: Holder, holders: tuple[Holder, ...]) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + 30 * DAY)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for holder in holders:
        gone = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
        builder = builder.add_revoked_certificate(gone.revocation_date(NOW - 2 * DAY).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
