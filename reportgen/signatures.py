"""The signatures of a PDF read and judged: who signed, when, with what, and what was changed afterwards.

PAdES: ETSI EN 319 142-1. pyHanko, an extra, is imported where it is used.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.diagnostics import Diagnostic, InputError, Place, Word
from reportgen.folders import TEMPLATES, Workspace
from reportgen.keys import holder_of, need_signing

ADDED = ("nothing", "proofs", "signatures")  # behind a signature, where nothing is wrong


@dataclass(frozen=True)
class Signature:
    """A signature as it is found in a file.

    Attributes:
        field: the name of its field: the role of who signs
        signer: the name in the certificate
        serial: of the certificate, in hexadecimal digits
        issuer: who gave the certificate
        first: the first day on which the certificate is valid, ISO 8601
        last: the last one
        chain: the names of the certificates above it that are in the file, the nearest first
        algorithm: ``RSASSA-PSS 2048, SHA-256``
        level: ``B-B``, ``B-T``, ``B-LT`` or ``B-LTA`` of ETSI EN 319 142-1
        moment: when it was made; None where it does not tell
        authority: who proves the moment; empty where only the signer's computer tells it
        covers_all: whether it covers the whole file as it is now
        added: what was added behind it: one of ``ADDED``, or ``changes``
        trusted: whether its certificate comes from a root that the office trusts; None where the office names none
        problems: what is wrong with it
    """

    field: str
    signer: str = ""
    serial: str = ""
    issuer: str = ""
    first: str = ""
    last: str = ""
    chain: tuple[str, ...] = ()
    algorithm: str = ""
    level: str = ""
    moment: datetime.datetime | None = None
    authority: str = ""
    covers_all: bool = False
    added: str = ""
    trusted: bool | None = None
    problems: tuple[Word, ...] = ()

    def lines(self, language: str) -> Iterator[str]:
        """Yield what is known of it, in the language of the user interface."""
        moment = self.moment or "—"
        yield Word("signed-by", {"field": self.field, "signer": self.signer or "—", "moment": moment}).text(language)
        words = [*self.problems]
        if self.signer:
            words.append(Word("signed-with", {"algorithm": self.algorithm, "level": self.level}))
            first, last = (datetime.date.fromisoformat(day) for day in (self.first, self.last))
            about = {"serial": self.serial, "issuer": self.issuer, "first": first, "last": last}
            words.append(Word("signed-certificate", about))
            if self.chain:
                words.append(Word("signed-chain", {"chain": " → ".join(self.chain)}))
            words.append(
                Word("signed-proven", {"authority": self.authority}) if self.authority else Word("signed-told")
            )
            words.append(Word(_TRUST[self.trusted]))
        if not self.problems:
            words.append(Word(f"signed-then-{self.added}"))
        yield from (f"  {word.text(language)}" for word in words)

    def as_data(self, language: str) -> dict[str, object]:
        """Return the same for programs."""
        return {
            "field": self.field,
            "signer": self.signer,
            "certificate": {
                "serial": self.serial,
                "issuer": self.issuer,
                "first": self.first,
                "last": self.last,
                "chain": list(self.chain),
            },
            "algorithm": self.algorithm,
            "level": self.level,
            "moment": self.moment.isoformat() if self.moment else None,
            "time_authority": self.authority or None,
            "covers_whole_file": self.covers_all,
            "added_since": self.added,
            "trusted": self.trusted,
            "valid": not self.problems,
            "problems": [problem.text(language) for problem in self.problems],
        }


_TRUST = {True: "signed-trusted", False: "signed-untrusted", None: "signed-no-roots"}


@dataclass(frozen=True)
class Signatures:
    """All that a PDF tells of signing.

    Attributes:
        made: the signatures, in the order in which they were made
        empty: the names of the fields in which nobody has signed
        locking: the name of the field whose signature locks all others; empty where there is none
        changes: what was added to the file, as it was printed, besides signatures and their proofs
    """

    made: tuple[Signature, ...] = ()
    empty: tuple[str, ...] = ()
    locking: str = ""
    changes: tuple[Word, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.changes and not any(each.problems for each in self.made)


def read_roots(workspace: Workspace, names: Iterable[str]) -> tuple[Any, ...]:
    """Return the certificates that the office trusts, as asn1crypto has them.

    Raises:
        InputError: where a file is missing or is no certificate.
        SetupError: where pyHanko is missing.
    """
    need_signing()
    from pyhanko.keys import load_certs_from_pemder_data

    roots: list[Any] = []
    for name in names:
        path = f"{TEMPLATES}/{name}"
        try:
            found = list(load_certs_from_pemder_data(workspace.read_bytes(path)))
            roots += [each for each in found if each.subject.native]  # read now: what is no certificate ends here
        except (ValueError, TypeError):
            raise InputError(Diagnostic("root-unreadable", Place(path), {}, "ask")) from None
    return tuple(roots)


def is_signed(content: bytes) -> bool:
    """Whether a PDF has signatures, as far as its bytes tell: they can never be compressed."""
    return b"/ByteRange" in content


def read_signatures(content: bytes, roots: Sequence[Any] = ()) -> Signatures:
    """Return the signatures of a PDF.

    Args:
        content: the PDF
        roots: the certificates that the office trusts, as asn1crypto has them

    Raises:
        SetupError: where pyHanko is missing.
    """
    need_signing()
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        fields = dict(_fields(reader.root))
        changes = tuple(_besides_signatures(reader))
    except (PdfError, *_NOT_AS_WRITTEN):
        return Signatures(changes=(Word("change-unreadable"),))
    signed = {name: field for name, field in fields.items() if field.get("/FT") == "/Sig" and "/V" in field}
    made = [_judge(reader, name, field, content, roots) for name, field in signed.items() if not _is_proof(field)]
    empty = tuple(name for name, field in fields.items() if field.get("/FT") == "/Sig" and name not in signed)
    locking = next((name for name, field in fields.items() if _locks_all(field)), "")
    order = sorted(made, key=lambda each: each[0])
    return Signatures(tuple(signature for _, signature in order), empty, locking, changes)


# What a reader of PDF and of ASN.1 raises where it does not look for a mistake.
_NOT_AS_WRITTEN = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)


def _locks_all(field: Any) -> bool:
    return "/Lock" in field and field["/Lock"].get("/Action") == "/All"


def _is_proof(field: Any) -> bool:
    """Whether a field holds a time stamp of the whole file (ISO 32000-2, 12.8.5), nobody's signature."""
    return bool(field["/V"].get("/Type") == "/DocTimeStamp")


# ---- one signature --------------------------------------------------------------------------------------------------


def _judge(reader: Any, name: str, field: Any, content: bytes, roots: Sequence[Any]) -> tuple[int, Signature]:
    """Return a signature, and in which revision of the file it was made."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation import EmbeddedPdfSignature

    if not _is_in_its_place(field["/V"], content):
        return 0, Signature(name, problems=(Word("signature-rewritten"),))
    try:
        embedded = EmbeddedPdfSignature(reader, field, name)
        return embedded.signed_revision, _judge_embedded(reader, embedded, roots)
    except (PdfError, *_NOT_AS_WRITTEN):
        return 0, Signature(name, problems=(Word("signature-damaged"),))


def _is_in_its_place(value: Any, content: bytes) -> bool:
    """Whether the gap that the signature does not cover holds the signature and nothing else (ISO 32000-1, 12.8.1).

    A program that writes a file anew moves it.
    """
    try:
        start, length, after, rest = map(int, value.raw_get("/ByteRange"))
        gap = content[start + length : after]
        inside = bytes.fromhex(gap[1:-1].decode("ascii"))
        own = bytes(value.raw_get("/Contents", decrypt=False))
    except _NOT_AS_WRITTEN:
        return False
    return start == 0 and gap[:1] + gap[-1:] == b"<>" and inside == own and after + rest <= len(content)


def _judge_embedded(reader: Any, embedded: Any, roots: Sequence[Any]) -> Signature:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    certificate = embedded.signer_cert
    moment, authority = _moment(embedded)
    embedded.compute_integrity_info()
    status = validate_pdf_signature(embedded, _context(reader, embedded, roots, moment))
    whole = embedded.coverage
    problems: list[Word] = []
    if not status.intact or whole < SignatureCoverageLevel.ENTIRE_REVISION:
        problems.append(Word("signature-bytes-changed"))
    elif not status.valid:
        problems.append(Word("signature-damaged"))
    added, later = _added(reader, embedded, status)
    problems += later
    trusted = bool(status.trusted) if roots else None
    if trusted is False:
        problems.append(Word("signature-revoked" if status.revoked else "signature-without-root"))
    return Signature(
        field=embedded.fq_name,
        signer=holder_of(certificate),
        serial=f"{certificate.serial_number:X}",
        issuer=str(certificate.issuer.human_friendly),
        first=certificate.not_valid_before.date().isoformat(),
        last=certificate.not_valid_after.date().isoformat(),
        chain=_chain(certificate, embedded.other_embedded_certs),
        algorithm=_algorithm(embedded),
        level=_level(reader, embedded, proven=bool(authority)),
        moment=moment,
        authority=authority if roots == () or _is_good(status.timestamp_validity) else "",
        covers_all=whole == SignatureCoverageLevel.ENTIRE_FILE,
        added=added,
        trusted=trusted,
        problems=tuple(problems),
    )


def _is_good(time_stamp: Any) -> bool:
    return time_stamp is not None and time_stamp.valid and time_stamp.intact and time_stamp.trusted


def _moment(embedded: Any) -> tuple[datetime.datetime | None, str]:
    """Return when a signature was made, and which authority says so; an empty text where only the signer does."""
    from pyhanko.sign.general import NonexistentAttributeError, extract_certificate_info, find_unique_cms_attribute

    try:
        token = find_unique_cms_attribute(embedded.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    except NonexistentAttributeError:
        return embedded.self_reported_timestamp, ""
    stamp = token["content"]
    told = stamp["encap_content_info"]["content"].parsed
    return told["gen_time"].native, holder_of(extract_certificate_info(stamp).signer_cert)


def _context(reader: Any, embedded: Any, roots: Sequence[Any], moment: datetime.datetime | None) -> Any:
    """Return what the chain is judged with: as of the moment of signing, with the proofs that the file holds."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import NoDSSFoundError
    from pyhanko_certvalidator import ValidationContext

    known: dict[str, Any] = {
        "trust_roots": list(roots),
        "other_certs": list(embedded.other_embedded_certs),
        "allow_fetching": False,
        "revocation_mode": "soft-fail",
        "moment": moment,
        "retroactive_revinfo": True,  # what was asked for just after signing tells of the moment before too
    }
    try:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(known)
    except NoDSSFoundError:
        return ValidationContext(**known)


def _added(reader: Any, embedded: Any, status: Any) -> tuple[str, list[Word]]:
    """Return what was added behind a signature, in one word, and what of it is wrong."""
    from pyhanko.sign.diff_analysis import ModificationLevel

    level = status.modification_level
    if level is None or level is ModificationLevel.OTHER or not status.docmdp_ok:
        last = reader.get_historical_resolver(reader.xrefs.total_revisions - 1)
        signed = reader.get_historical_resolver(embedded.signed_revision)
        what = list(_differences(signed, last)) if embedded.signed_revision < last.revision else []
        return "changes", [Word("signature-then-changed", {"change": each}) for each in what or [Word("change-other")]]
    names = {ModificationLevel.NONE: "nothing", ModificationLevel.LTA_UPDATES: "proofs"}
    return names.get(level, "signatures"), []


def _chain(certificate: Any, others: Iterable[Any]) -> tuple[str, ...]:
    by_subject = {each.subject.hashable: each for each in others}
    chain: list[Any] = []
    while certificate.issuer.hashable in by_subject and certificate.issuer != certificate.subject:
        certificate = by_subject.pop(certificate.issuer.hashable)
        chain.append(certificate)
    return tuple(map(holder_of, chain))


def _algorithm(embedded: Any) -> str:
    mechanism = embedded.signer_info["signature_algorithm"].signature_algo.replace("_", "-").upper()
    key = embedded.signer_cert.public_key
    return f"{mechanism} {key.bit_size}, {embedded.md_algorithm.upper().replace('SHA', 'SHA-')}"


def _level(reader: Any, embedded: Any, *, proven: bool) -> str:
    """Return the level of a signature (ETSI EN 319 142-1, 6): B-LTA has a time stamp of the file behind the proofs."""
    if not proven:
        return "B-B"
    if "/DSS" not in reader.root:
        return "B-T"
    stamps = [each.signed_revision for each in reader.embedded_timestamp_signatures]
    return "B-LTA" if any(stamp > embedded.signed_revision for stamp in stamps) else "B-LT"


# ---- what was changed -----------------------------------------------------------------------------------------------


def _besides_signatures(reader: Any) -> Iterator[Word]:
    """Yield what was added to the file, as it was first written, that is neither a signature nor a proof of one."""
    from pyhanko.sign.diff_analysis import (
        DEFAULT_DIFF_POLICY,
        CatalogModificationRule,
        FormUpdatingRule,
        StandardDiffPolicy,
        SuspiciousModification,
    )
    from pyhanko.sign.fields import MDPPerm

    last = reader.xrefs.total_revisions - 1
    if last < 1:
        return
    # The first signature says in the catalogue and in the form what may be added (ISO 32000-1, 12.7.2 and 12.8.4):
    # pyHanko's own policy looks behind it only.
    default: Any = DEFAULT_DIFF_POLICY.form_rule
    form = FormUpdatingRule(default.field_rules, default.ignored_acroform_keys | {"/SigFlags"})
    rule: Any = CatalogModificationRule
    catalogue = rule(rule().ignored_keys | {"/Perms"})
    rules = [each for each in DEFAULT_DIFF_POLICY.global_rules if not isinstance(each, CatalogModificationRule)]
    policy = StandardDiffPolicy([catalogue, *rules], form)
    found = policy.review_file(reader, 0, doc_mdp=MDPPerm.FILL_FORMS)
    if isinstance(found, SuspiciousModification):
        ends = reader.get_historical_resolver(0), reader.get_historical_resolver(last)
        yield from list(_differences(*ends)) or [Word("change-other")]


_OF_SIGNING = frozenset({"/V", "/AP", "/Lock", "/F", "/MK", "/DA", "/M"})  # of a field, what signing may write


def _differences(old: Any, new: Any) -> Iterator[Word]:
    """Yield what differs between two revisions of a file: pages and fields."""
    before, after = list(_pages(old)), list(_pages(new))
    if len(after) > len(before):
        yield Word("change-pages-added", {"count": len(after) - len(before)})
    elif len(after) < len(before):
        yield Word("change-pages-removed", {"count": len(before) - len(after)})
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        if _said(one) != _said(other):
            yield Word("change-page", {"number": number})
    fields, others = dict(_fields(old.root)), dict(_fields(new.root))
    for name in sorted(fields.keys() | others.keys()):
        if name not in others:
            yield Word("change-field-removed", {"field": name})
        elif name in fields and _as_written(fields[name], others[name]):
            yield Word("change-field", {"field": name})
        elif name not in fields and others[name].get("/FT") != "/Sig":
            yield Word("change-field-added", {"field": name})


def _as_written(old: Any, new: Any) -> bool:
    """Whether a field is another one: anything but what signing writes, or a value that was there before."""
    kept = (old.keys() | new.keys()) - (frozenset() if "/V" in old else _OF_SIGNING)
    return any(_plain(old, key) != _plain(new, key) for key in kept)


def _plain(dictionary: Mapping[str, Any], key: str) -> str:
    return repr(dictionary.raw_get(key)) if key in dictionary else ""  # type: ignore[attr-defined]


def _pages(resolver: Any) -> Iterator[Any]:
    pending = [resolver.root["/Pages"]]
    while pending:
        node = pending.pop().get_object()
        if "/Kids" in node:
            pending += reversed(node["/Kids"])
        else:
            yield node


def _said(page: Any) -> tuple[str, ...]:
    """Return what a page shows, without its annotations: fields are compared by themselves."""
    contents = page["/Contents"]
    streams = contents if isinstance(contents, list) else [contents]
    return (
        *(f"{key} {_plain(page, key)}" for key in sorted(page) if key != "/Annots"),
        *(repr(each.get_object().data) for each in streams),
    )


def _fields(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a form with their names: reportgen's have no fields below them."""
    for reference in root.get("/AcroForm", {}).get("/Fields", ()):
        field = reference.get_object()
        yield str(field.get("/T", "")), field
