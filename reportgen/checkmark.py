"""The check mark: a square to scan at the end of issued minutes, by which a printed copy is compared.

It says in letters of ASCII, which every scanner reads alike, which file was printed and with which words:
``reportgen 2023/12/BB-%C4%90KT/r1/611-2023-08-18.vi 5f3a9c…``. It proves nothing by itself: whoever copies paper copies
it too. It leads to what was issued, and the words are compared with that.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

from reportgen.diagnostics import Diagnostic, InputError, SetupError

PICTURE = "check-mark"  # the picture that a page asks for; no photograph has a name without an ending
_PROGRAM = "reportgen"
_DIGITS = 32  # of the digest, 128 bits: enough to tell texts apart, and the squares stay large enough to be scanned
_FORM = re.compile(rf"{_PROGRAM} (?P<identifier>\S+) (?P<digest>[0-9a-f]{{{_DIGITS}}})")
_PIXELS = 8  # of a square of the mark
_QUIET = 4  # squares of white around it (ISO/IEC 18004, 6.3.8)


def content_digest(texts: Iterable[str]) -> str:
    """Return the SHA-256 of a page's words: the texts of its leaf blocks, in order.

    Each text is a line of its own, in normal form C, with one blank for white space of any kind; lines are UTF-8 and
    end with a line feed. Who has the paragraphs of the DOCX can compute it again.
    """
    lines = (" ".join(unicodedata.normalize("NFC", text).split()) for text in texts)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


class Mark(NamedTuple):
    """What a check mark says: the identifier of an issued file, and the beginning of the digest of its words."""

    identifier: str
    digest: str

    @classmethod
    def of(cls, identifier: str, texts: Iterable[str]) -> Mark:
        """Return the mark of an issued page with these words."""
        return cls(identifier, content_digest(texts)[:_DIGITS])

    @classmethod
    def read(cls, text: str) -> Mark:
        """Return the mark that was scanned; white space around it, and capitals of its digits, do not count.

        Raises:
            InputError: where the text is that of another program, or a part of it is missing.
        """
        said = " ".join(text.split())
        start, _, digest = said.rpartition(" ")
        if found := _FORM.fullmatch(f"{start} {digest.lower()}"):
            return cls(unquote(found["identifier"]), found["digest"])
        values = {"text": said[:200]}
        if said.startswith(_PROGRAM):
            raise InputError(Diagnostic("mark-damaged", None, values, "scan"))
        raise InputError(Diagnostic("mark-foreign", None, values, "scan"))

    @property
    def text(self) -> str:
        """What is scanned."""
        return f"{_PROGRAM} {quote(self.identifier, safe='/')} {self.digest}"

    def agrees_with(self, digest: str) -> bool:
        """Whether words of a digest are those that the mark was printed with."""
        return digest.startswith(self.digest)

    def draw(self) -> bytes:
        """Return the mark as a QR code (ISO/IEC 18004), a PNG: of level M at least, so that a stain does not matter.

        Raises:
            SetupError: where the library that draws it is not installed.
        """
        try:
            import segno
        except ImportError:
            raise SetupError(Diagnostic("mark-without-library", None, {}, "install")) from None
        buffer = io.BytesIO()
        segno.make(self.text, error="m", micro=False).save(buffer, kind="png", scale=_PIXELS, border=_QUIET)
        return buffer.getvalue()
