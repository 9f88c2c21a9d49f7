"""What a PDF was made of, attached to it: enough to print the same bytes again, and nothing of the office besides.

The inspection is attached by itself, for people; ``office.zip`` holds the rest of a workspace, for reportgen. Both hold
the ingredients of this one edition (``excerpts``). What is attached, once unpacked and printed, is attached again byte
for byte. Photographs are in the PDF already: they are told by the SHA-256 of their pictures there.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from reportgen.archive import Attachment
from reportgen.diagnostics import Diagnostic, InputError, Place, SetupError, Word
from reportgen.excerpts import inspection_file, library_files
from reportgen.folders import INSPECTIONS
from reportgen.workspace import Library, LoadedInspection

CONTAINER = "office.zip"
PICTURES = "pictures.json"  # of each photograph, the digest of its picture in the PDF
_YAML, _ZIP = "application/yaml", "application/zip"  # RFC 9512; IANA
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # that a zip file knows
_LARGEST = 50_000_000  # bytes of all that is unpacked


# ---- packing ----


def pack(
    loaded: LoadedInspection, language: str, library: Library, pictures: Mapping[str, bytes]
) -> tuple[Attachment, ...]:
    """Return what an edition is made of, as attachments of its PDF; ``pictures`` as they are printed.

    The edition's own words describe them: they are in the page (``reportgen.inspection``, ``reportgen.office``).
    """
    files = library_files(loaded, language, library)
    digests = {name: _digest(content) for name, content in sorted(pictures.items())}
    files[PICTURES] = json.dumps(digests, ensure_ascii=False, indent=1).encode()
    inspection = inspection_file(loaded, language, library.office)
    return (
        Attachment(f"{loaded.id}.yaml", inspection, _YAML, "reportgen.inspection"),
        Attachment(CONTAINER, _zip(files), _ZIP, "reportgen.office"),
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Return a container without times; not compressed, as the PDF compresses it whole."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as container:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system = 0
            container.writestr(entry, files[name])
    return buffer.getvalue()


# ---- unpacking ----


def unpack(content: bytes, path: str) -> dict[str, bytes]:
    """Return the files that a PDF was made of, by their paths in an office's folder: a workspace to print it from.

    Of issued minutes, ``issue.json`` tells the number and the revision: they are printed again from there.

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
    except (PyPdfError, zipfile.BadZipFile, zlib.error, *_NOT_AS_WRITTEN):
        values = {"problem": Word("nothing-attached")}
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
