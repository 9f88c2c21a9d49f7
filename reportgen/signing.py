"""Signing issued minutes: a PAdES signature (ETSI EN 319 142-1) in the field that the page has for a signatory.

What was issued is never touched: the signed file stands in ``output/signed/``, and each signature is added behind what
is there. The first signature lets nothing be added but signatures; the last one nothing at all.
"""

from __future__ import annotations

import datetime
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.attached import attached_sources
from reportgen.causes import of_system
from reportgen.diagnostics import Diagnostic, InputError, Place, SetupError, Word
from reportgen.edition import Edition, NamedPerson, signer
from reportgen.folders import OUTPUT, SIGNED, TEMPLATES, Workspace
from reportgen.keys import Key, check_key, need_signing
from reportgen.model import Text, Unknown
from reportgen.office import Office, Signing
from reportgen.page import as_printed, fill_clause
from reportgen.register import register_of
from reportgen.signatures import Signatures, read_roots, read_signatures
from reportgen.verifying import Verdict, identify
from reportgen.workspace import Library
from reportgen.writing import write_files

if TYPE_CHECKING:
    from reportgen.blocks import Look
    from reportgen.fonts import FontSet

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
_WAIT = 30  # seconds for a time stamp


@dataclass(frozen=True)
class Request:
    """What is to be signed, and how.

    Attributes:
        file: an issued PDF, or a copy that others have signed
        signatory: the role, the field or the person's id
        now: the moment, with the time zone of the paper
        holder: the name in the certificate, where it is not the person's as the office writes it
        signature: an image of the handwritten signature
        seal: an image of the agency's seal
        level: one of ``LEVELS``; the highest that the office is set up for where it is empty
        output: the file to write; ``output/signed/`` where it is None
    """

    file: Path
    signatory: str
    now: datetime.datetime
    holder: str = ""
    signature: Path | None = None
    seal: Path | None = None
    level: str = ""
    output: Path | None = None


@dataclass(frozen=True)
class Prepared:
    """A signature that nothing stands against but a key."""

    request: Request
    content: bytes
    target: Path
    field: str
    is_first: bool
    names: tuple[str, ...]
    appearance: bytes
    level: str
    settings: Signing
    roots: tuple[Any, ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class SignedFile:
    """What was signed: the file, the field, who signed by the certificate, and what is still to be signed."""

    path: Path
    field: str
    holder: str
    empty: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]


# ---- before a key is asked for --------------------------------------------------------------------------------------


def prepare(workspace: Workspace, library: Library, request: Request, cache: Path) -> Prepared:
    """Return all that a signature needs but the key; so nobody types a PIN in vain.

    What a signature says is worded as the office words it on that day; who signs what is told by the file itself.

    Raises:
        ReportgenError: with why the file cannot be signed by the signatory.
    """
    need_signing()
    content, name, target = _base(workspace, request)
    place = Place(request.file.as_posix())
    there = read_signatures(content)
    if not there.good:
        problems = [*there.changes, *(problem for each in there.made for problem in each.problems)]
        raise InputError([Diagnostic("copy-changed", place, {"problem": each}, "original") for each in problems])
    settings = library.office.signing or Signing()
    level = _level(request.level, settings)
    roots = read_roots(workspace, settings.roots)
    with attached_sources(content, request.file.as_posix(), cache) as (desk, loaded):
        edition = loaded.editions[name.rsplit(".", 2)[1]]
        from reportgen.render import text_look  # where the fonts are has been said now

        look = text_look(desk.library.sheets[edition.language], loaded.pages[edition.language].html)
        field, person = _signatory(desk.library.office, loaded.inspection, edition, request.signatory, there)
    _refuse_turn(there, field, place)
    wording = library.locales.get(edition.language, edition.locale).on(request.now.date())
    worded = replace(edition, locale=wording)
    appearance, warnings = _appearance(request, worded, look, desk.fonts, _room(content, field), field)
    return Prepared(
        request=request,
        content=content,
        target=target,
        field=field,
        is_first=not there.made,
        names=_names(person),
        appearance=appearance,
        level=level,
        settings=settings,
        roots=roots,
        warnings=tuple(warnings),
    )


def _base(workspace: Workspace, request: Request) -> tuple[bytes, str, Path]:
    """Return what the signature is added to, the name of the issued file, and the file that is written."""
    content = _read(request.file)
    place = Place(request.file.as_posix())
    found = identify(register_of(workspace), request.file.name, content)
    if found.entry is None or found.verdict not in (Verdict.UNCHANGED, Verdict.EXTENDED):
        raise InputError(Diagnostic("not-as-issued", place, {}, "issue" if found.entry is None else "original"))
    if not found.name.endswith(".pdf"):
        raise InputError(Diagnostic("not-as-issued", place, {}, "pdf"))
    folder = Path(OUTPUT, SIGNED, found.entry.folder)
    target = request.output.resolve() if request.output else workspace.root / folder / found.name
    if _is_inside(target, register_of(workspace).folder):
        raise InputError(Diagnostic("issued-stays", Place(target.as_posix()), {}, "elsewhere"))
    if target.is_file() and target != request.file.resolve():
        signed = target.read_bytes()
        if signed.startswith(content):
            content = signed  # whoever signs next may name the issued file again
        elif not content.startswith(signed):
            raise InputError(Diagnostic("other-copy-signed", Place(target.as_posix()), {}, "name"))
    return content, found.name, target


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = {"problem": of_system(error)}
        raise InputError(Diagnostic("file-unreadable", Place(path.as_posix()), problem)) from None


def _level(asked: str, settings: Signing) -> str:
    """Return the level to sign at: as asked for, or the highest that the office is set up for."""
    stamps, roots = bool(settings.time_stamps), bool(settings.roots)
    highest = "B-B" if not stamps else "B-LTA" if roots else "B-T"
    if asked and LEVELS.index(asked) > LEVELS.index(highest):
        needs = "time_stamps" if not stamps else "roots"
        raise SetupError(
            Diagnostic("level-needs", Place(f"{TEMPLATES}/office.yaml"), {"level": asked, "key": needs}, "add")
        )
    return asked or highest


def _signatory(
    office: Office, inspection: Any, edition: Edition, asked: str, there: Signatures
) -> tuple[str, Text | None]:
    """Return the field of a signatory, and the person's names; None where the office does not know who signs.

    A person who signs twice is taken for the first field that is empty.
    """
    found: dict[str, Text | None] = {}
    allowed: list[str] = []
    for view, signatory in zip(edition.inspection.signatories, inspection.signatures, strict=True):
        reference = signer(signatory, inspection)
        identifier = reference if isinstance(reference, str) else ""
        allowed.append(f"{view.field} ({identifier})" if identifier else view.field)
        if asked in (view.field, identifier):
            person = office.people[identifier] if identifier else reference
            found[view.field] = None if isinstance(person, Unknown | str) else person.name
    if not found:
        values = {"found": asked, "allowed": ", ".join(allowed)}
        raise InputError(Diagnostic("no-such-signatory", None, values, "allowed"))
    return next(((field, name) for field, name in found.items() if field in there.empty), next(iter(found.items())))


def _names(person: Text | None) -> tuple[str, ...]:
    return tuple(person.root.values()) if person else ()


def _refuse_turn(there: Signatures, field: str, place: Place) -> None:
    """Refuse a signature where there is one already, or before those that the last one would lock out."""
    own = next((each for each in there.made if each.field == field), None)
    if own is not None:
        values = {"field": field, "signer": own.signer, "moment": own.moment or "—"}
        raise InputError(Diagnostic("signed-already", place, values))
    others = [name for name in there.empty if name != field]
    if field == there.locking and others:
        raise InputError(Diagnostic("signs-last", place, {"field": field, "others": ", ".join(others)}, "wait"))
    if there.locking not in ("", *there.empty):
        raise InputError(Diagnostic("locked", place, {"field": there.locking}, "revise"))


# ---- what is seen ---------------------------------------------------------------------------------------------------


def _appearance(
    request: Request, edition: Edition, look: Look, fonts: FontSet, room: tuple[float, float], field: str
) -> tuple[bytes, list[Diagnostic]]:
    from reportgen.appearance import millimetres, print_appearance, read_stamp, seal_fits

    width, height = room
    signature = read_stamp(_read(request.signature), request.signature.as_posix()) if request.signature else None
    seal = read_stamp(_read(request.seal), request.seal.as_posix(), with_size=True) if request.seal else None
    warnings = []
    if request.seal and seal and not seal_fits(seal, height):
        sizes = {"seal": millimetres(seal.height or 0), "room": millimetres(height)}
        warnings.append(Diagnostic("seal-higher-than-room", Place(request.seal.as_posix()), sizes, "room"))
    lines = tuple(_lines(edition, field, request.holder, request.now))
    return print_appearance(lines, width, height, look, edition.locale.data.tag, fonts, signature, seal), warnings


def _lines(edition: Edition, field: str, holder: str, now: datetime.datetime) -> Iterator[str]:
    """Yield what the signature says, in the words of the edition's language."""
    view = next(each for each in edition.inspection.signatories if each.field == field)
    person = NamedPerson(holder) if isinstance(view.person, Unknown) else view.person
    values = {"person": person, "day": now.date(), "moment": now.time().replace(tzinfo=None)}
    yield as_printed(fill_clause(edition, "signed.by", values), edition, joined=True)
    yield as_printed(fill_clause(edition, "signed.when", values), edition, joined=True)


def _room(content: bytes, field: str) -> tuple[float, float]:
    """Return width and height of a field in points."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    for reference in PdfFileReader(io.BytesIO(content)).root["/AcroForm"]["/Fields"]:
        found = reference.get_object()
        if found["/T"] == field:
            left, bottom, right, top = map(float, found["/Rect"])
            return right - left, top - bottom
    raise InputError(Diagnostic("copy-changed", None, {"problem": field}, "original"))


# ---- with the key ---------------------------------------------------------------------------------------------------


def sign(prepared: Prepared, key: Key, root: Path) -> SignedFile:
    """Sign, look whether the signature is good, and write the file; the old one stays until the new one is complete.

    ``root`` is the folder that paths are told from.

    Raises:
        InputError: where the key may not sign as the person.
        SetupError: where no time stamp or no proof can be had, or the file cannot be written.
    """
    request = prepared.request
    check_key(key, prepared.names, request.holder, request.now)
    content = _signed(prepared, key)
    there = read_signatures(content, prepared.roots)
    own = next((each for each in there.made if each.field == prepared.field), None)
    if own is None or own.problems or not there.good:
        problems = [*there.changes, *(own.problems if own else ())]
        problem = problems[0] if problems else prepared.field
        raise SetupError(Diagnostic("signature-not-good", None, {"problem": problem}, "other"))
    target = prepared.target
    folder, name = (
        (root, target.relative_to(root)) if target.is_relative_to(root) else (target.parent, Path(target.name))
    )
    write_files(folder, {name: content})
    return SignedFile(target if folder != root else name, own.field, own.signer, there.empty, prepared.warnings)


def _signed(prepared: Prepared, key: Key) -> bytes:
    """Return the content with one more signature behind it."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers import PdfSigner
    from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
    from pyhanko.stamp import StaticStampStyle
    from pyhanko_certvalidator.errors import CRLFetchError, OCSPFetchError, PathError, ValidationError

    writer = IncrementalPdfFileWriter(io.BytesIO(prepared.content))
    server = prepared.settings.time_stamps or ""
    stamper = HTTPTimeStamper(server, timeout=_WAIT) if prepared.level != "B-B" else None
    try:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "appearance.pdf")
            page.write_bytes(prepared.appearance)
            # As large as it was printed: pyHanko would leave a margin.
            place = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins(0, 0, 0, 0))
            style = StaticStampStyle.from_pdf_file(
                str(page), border_width=0, background_opacity=1.0, background_layout=place
            )
            hand = PdfSigner(_metadata(prepared, key), signer=key.signer, timestamper=stamper, stamp_style=style)
            made = hand.sign_pdf(writer, existing_fields_only=True)
    except TimestampRequestError:
        values = {"server": server, "problem": Word("server-silent")}
        raise SetupError(Diagnostic("time-stamp-failed", None, values, "later")) from None
    except (PathError, ValidationError, CRLFetchError, OCSPFetchError):
        raise SetupError(Diagnostic("chain-not-proven", None, {"problem": Word("chain-incomplete")}, "roots")) from None
    except SigningError as error:
        cause = error.__cause__
        if isinstance(cause, PathError | ValidationError | CRLFetchError | OCSPFetchError):
            raise SetupError(
                Diagnostic("chain-not-proven", None, {"problem": Word("chain-incomplete")}, "roots")
            ) from None
        raise SetupError(Diagnostic("signature-not-good", None, {"problem": Word("field-refuses")}, "other")) from None
    return bytes(made.getvalue())


def _metadata(prepared: Prepared, key: Key) -> Any:
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata
    from pyhanko_certvalidator import ValidationContext

    long_term = prepared.level in ("B-LT", "B-LTA")
    context = None
    if prepared.roots:
        mode = "hard-fail" if long_term else "soft-fail"
        context = ValidationContext(trust_roots=list(prepared.roots), allow_fetching=long_term, revocation_mode=mode)
    public = key.certificate.public_key
    return PdfSignatureMetadata(
        field_name=prepared.field,
        # FIPS 186-5: a hash as strong as the curve
        md_algorithm="sha384" if public.algorithm == "ec" and public.bit_size > 256 else "sha256",
        subfilter=SigSeedSubFilter.PADES,
        # ISO 32000-1, 12.8.2.2: the first signature says what may be added: signatures
        certify=prepared.is_first,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        validation_context=context,
        embed_validation_info=long_term,
        use_pades_lta=prepared.level == "B-LTA",
        signer_key_usage={"digital_signature", "non_repudiation"},
    )
