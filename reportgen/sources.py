"""What a PDF was made of, attached to it: enough to print the same bytes again, and nothing of the office besides.

The inspection is attached by itself, for people; ``office.zip`` holds the rest of a workspace, for reportgen. Values
only are attached of the inspection and of the office's list, without comments; of the list, what the inspection uses.
What is attached, once unpacked and printed, is attached again byte for byte. Photographs are in the PDF already: they
are told by the SHA-256 of their pictures there.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from reportgen.archive import Attachment
from reportgen.checks import references
from reportgen.diagnostics import Diagnostic, InputError, Place, SetupError
from reportgen.folders import INSPECTIONS, TEMPLATES
from reportgen.model import Text
from reportgen.office import Agency, Body, Office, Person, Unit
from reportgen.workspace import Library, LoadedInspection

OFFICE_LIST = f"{TEMPLATES}/office.yaml"
CONTAINER = "office.zip"
PICTURES = "pictures.json"  # of each photograph, the digest of its picture in the PDF
ISSUE = "issue.json"  # the number and the revision of issued minutes, which no file of the office has
_YAML, _ZIP = "application/yaml", "application/zip"  # RFC 9512; IANA
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # that a zip file knows
_LARGEST = 50_000_000  # bytes of all that is unpacked


# ---- packing ----


def pack(loaded: LoadedInspection, library: Library, pictures: Mapping[str, bytes]) -> tuple[Attachment, ...]:
    """Return what the editions of an inspection are made of, as attachments of each; ``pictures`` as they are printed.

    A language's own words describe them: they are in the page (``reportgen.inspection``, ``reportgen.office``).
    """
    files = dict(library.files)
    files[OFFICE_LIST] = _canonical(_used(library, loaded))
    files[PICTURES] = _json({name: _digest(content) for name, content in pictures.items()})
    if loaded.issuance:
        files[ISSUE] = _json(asdict(loaded.issuance))
    return (
        Attachment(f"{loaded.id}.yaml", _canonical(loaded.file.data), _YAML, "reportgen.inspection"),
        Attachment(CONTAINER, _zip(files), _ZIP, "reportgen.office"),
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Return a container without times; not compressed, as the PDF compresses it whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as container:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system = 0
            container.writestr(entry, files[name])
    return buffer.getvalue()


class _Values(yaml.SafeDumper):
    """Writes the values of a YAML file as the strict reader reads them again: an empty value is nothing at all."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Values.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def _canonical(data: object) -> bytes:
    """Return the values of a YAML file, without comments, always written in the same way."""
    text = yaml.dump(data, Dumper=_Values, allow_unicode=True, sort_keys=False, width=2**31)
    return text.encode()


def _used(library: Library, loaded: LoadedInspection) -> dict[str, Any]:
    """Return the values of the office's list that the pages of an inspection are made of, in the order of the file."""
    wanted = _wanted(library.office, loaded)
    data = library.office_file.data
    if not isinstance(data, dict):
        raise TypeError("the office's list has been read")
    return {
        key: {identifier: entry for identifier, entry in value.items() if (key, identifier) in wanted}
        if isinstance(value, dict)
        else value
        for key, value in data.items()
        if key not in _NOT_PRINTED
    }


_NOT_PRINTED = ("signing",)  # what pages are not made of


def _wanted(office: Office, loaded: LoadedInspection) -> set[tuple[str, str]]:
    """Return section and id of each entry that is used, or whose name stands in a text, and of what these name."""
    pending = [(kind, identifier) for _, kind, identifier in references(loaded.inspection)]
    for language, page in loaded.pages.items():
        pending += [_parted(used.name) for used in page.used if used.kind == "office"]
        # A name of the list keeps a line together wherever it stands, referred to or not.
        pending += [entry for entry, name in _names(office, language) if name in page.words]
    wanted: set[tuple[str, str]] = set()
    while pending:
        kind, identifier = pending.pop()
        for section in _SECTIONS.get(kind, (kind,)):
            entry = office.entry(f"{section}.{identifier}")
            if entry is not None and (section, identifier) not in wanted:
                wanted.add((section, identifier))
                pending += _named_by(entry)
    return wanted


_SECTIONS = {"person": ("people",), "body": ("agencies", "units"), "title": ("titles",), "position": ("positions",)}


def _parted(name: str) -> tuple[str, str]:
    section, _, identifier = name.partition(".")
    return section, identifier


def _names(office: Office, language: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what keeps lines together in a language: names of people, what names of places have of their own."""
    named: list[tuple[str, str, Text | None]] = [("people", key, person.name) for key, person in office.people.items()]
    named += [("agencies", key, body.proper) for key, body in office.agencies.items()]
    named += [("units", key, body.proper) for key, body in office.units.items()]
    for section, identifier, text in named:
        if text is not None and language in text:
            yield (section, identifier), text.in_language(language)


def _named_by(entry: Text | Body | Person) -> list[tuple[str, str]]:
    """Return kind and id of what an entry names."""
    match entry:
        case Person():
            found = [("title", entry.title), ("position", entry.position), ("body", entry.agency)]
        case Agency():
            found = [("body", entry.parent), ("body", entry.unit)]
        case Unit():
            found = [("body", entry.within)]
        case _:
            found = []
    return [(kind, identifier) for kind, identifier in found if isinstance(identifier, str)]


# ---- unpacking ----


def unpack(content: bytes, path: str) -> dict[str, bytes]:
    """Return the files that a PDF was made of, by their paths in an office's folder: a workspace to print it from.

    Of issued minutes, ``issue.json`` tells the number and the revision.

    Raises:
        InputError: where the file is no PDF of reportgen, or not whole any more.
    """
    from pypdf import PdfReader  # needed here only
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        attached = reader.attachments
        files = _unzip(attached[CONTAINER][0])
        (inspection,) = (name for name in attached if name.endswith(".yaml"))
        files[f"{INSPECTIONS}/{inspection}"] = attached[inspection][0]
        digests = json.loads(files.pop(PICTURES))
        pictures = {_digest(picture): picture for picture in _pictures(reader)}
        folder = f"{INSPECTIONS}/{inspection.removesuffix('.yaml')}"
        files |= {f"{folder}/{name}": pictures[digest] for name, digest in digests.items()}
    except (PyPdfError, zipfile.BadZipFile, zlib.error, *_NOT_AS_WRITTEN) as error:
        values = {"problem": str(error) or type(error).__name__}
        raise InputError(Diagnostic("no-sources", Place(path), values, "original")) from None
    for name in files:
        if not _is_inside(name):
            raise InputError(Diagnostic("source-outside", Place(path), {"file": name}, "refuse"))
    return files


# What a reader of PDF raises where it does not look for a mistake.
_NOT_AS_WRITTEN = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)


def _unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        if sum(entry.file_size for entry in container.infolist()) > _LARGEST:
            raise ValueError(f"more than {_LARGEST // 1_000_000} MB")
        return {entry.filename: container.read(entry) for entry in container.infolist()}


def _pictures(reader: Any) -> Iterator[bytes]:
    """Yield the photographs of a PDF, as they stand in it: as JPEG."""
    for page in reader.pages:
        for reference in page["/Resources"].get("/XObject", {}).values():
            stream = reference.get_object()
            if stream.get("/Filter") == "/DCTDecode":
                yield bytes(stream._data)  # get_data() would decode the picture


def _is_inside(name: str) -> bool:
    """Whether a path stays in the folder that it is written to, on every operating system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not set(name) & set("\\:\0") and not name.startswith("/") and ".." not in parts


def refuse_old(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write where something stands already, or to leave the folder through a link.

    Raises:
        SetupError: with each file that is in the way.
    """
    inside = folder.resolve()
    wrong = [
        Diagnostic("file-in-the-way", Place((folder / name).as_posix()), {"folder": folder.as_posix()}, "elsewhere")
        for name in sorted(names)
        if (folder / name).exists() or not (folder / name).resolve().is_relative_to(inside)
    ]
    if wrong:
        raise SetupError(wrong)
