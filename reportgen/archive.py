"""The PDF as an archive keeps it: PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), both in one file.

WeasyPrint 70 writes either, not both, and leaves things out that its own page knows: the language of a phrase, which
way a head cell looks, what a table is about. This module and ``fields.py`` know that part of its insides:
``weasyprint.pdf.tags`` and the objects of pydyf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

VARIANT = "pdf/a-3a"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a PDF is made of and carries; ``described_by`` is the ``meta`` of the page that describes it."""

    name: str
    content: bytes
    media_type: str
    described_by: str


_POINTS_PER_PIXEL = 0.75

# ISO 14289-1, 5. PDF/A knows no such property: ISO 19005-3, 6.6.2.3 wants its schema told in the file.
_ACCESSIBLE = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>\
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"\
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>PDF/UA part number</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""
_END = b"</rdf:RDF>"

# ISO 16684-1, 8.3: the Dublin Core property of XMP.
_IDENTIFIER = """\
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>{}</dc:identifier>\
</rdf:Description>
"""


def identify(pdf: Any, identifier: str) -> None:
    """Say in a PDF/A file that it is PDF/UA-1 too, and which issued minutes it holds; in a ``finisher``.

    Raises RuntimeError when WeasyPrint does not write metadata as this module expects.
    """
    metadata = resolve(pdf, pdf.catalog["Metadata"])
    (packet,) = metadata.stream
    if packet.count(_END) != 1:
        raise RuntimeError("the metadata of the PDF are not one RDF text")
    own = _IDENTIFIER.format(escape(identifier)).encode() if identifier else b""
    metadata.stream = [packet.replace(_END, own + _ACCESSIBLE + _END)]
    metadata.compress = False  # so that it is found by programs that know no PDF (ISO 16684-1, 7.3)


def mend_attachments(pdf: Any, media_types: Mapping[str, str]) -> None:
    """Say of each attachment, by its name, what it is, and list it once, in the order that a name tree has.

    WeasyPrint asks the computer for media types, and lists each file twice.
    """
    import pydyf

    if "AF" not in pdf.catalog:
        return
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    tree = resolve(pdf, pdf.catalog["Names"]["EmbeddedFiles"])
    files = {}
    for reference in tree["Names"][1::2]:
        file = resolve(pdf, reference)
        name = file["UF"].string
        embedded = resolve(pdf, file["EF"]["F"])
        embedded.extra["Subtype"] = "/" + media_types[name].replace("/", "#2f")
        files[name] = reference
    tree["Names"] = pydyf.Array(item for name in sorted(files) for item in (pydyf.String(name), files[name]))


def sharp_pictures(pdf: Any) -> None:
    """Let no reader smooth pictures (ISO 19005-3, 6.2.8), whatever the style sheet says."""
    for each in pdf.objects:
        extra = getattr(each, "extra", {})
        if extra.get("Subtype") == "/Image":
            extra["Interpolate"] = "false"


_DATA = "reportgen_data"  # of an object of pydyf: its bytes


@contextmanager
def objects_once() -> Iterator[None]:
    """Turn each object of a PDF into bytes once, for files written inside; ``write_pdf`` belongs inside.

    PDF/A wants an identifier of each file (ISO 19005-3, 6.1.3). pydyf makes it of the bytes of all objects, which it
    makes, and deflates, a second time for that. Nothing changes while it writes.

    pydyf is as it was before when the block is left. Not for several threads at once.
    """
    import pydyf

    original = pydyf.PDF.write
    makers = {kind: kind.data for kind in (pydyf.Dictionary, pydyf.Stream)}

    def write(*given: Any, **named: Any) -> None:
        for kind, maker in makers.items():
            kind.data = property(partial(_data, maker.fget))
        try:
            original(*given, **named)
        finally:
            for kind, maker in makers.items():
                kind.data = maker

    pydyf.PDF.write = write
    try:
        yield
    finally:
        pydyf.PDF.write = original


def _data(make: Callable[[Any], bytes], made: Any) -> bytes:
    known = vars(made)
    if _DATA not in known:
        known[_DATA] = make(made)
    data: bytes = known[_DATA]
    return data


@contextmanager
def full_tags() -> Iterator[None]:
    """Tag what is printed inside with all that the page says of it; ``whole_tags`` belongs inside.

    WeasyPrint is as it was before when the block is left. Not for several threads at once.
    """
    from weasyprint.pdf import tags

    original = tags._build_box_tree

    def build(box: Any, parent: Any, pdf: Any, page_number: int, *rest: Any) -> Iterator[Any]:
        for element in original(box, parent, pdf, page_number, *rest):
            if box.element is not None and box.element.tag not in ("html", "body"):
                _describe(element, box.element, pdf, page_number)
            yield element

    tags._build_box_tree = build
    try:
        yield
    finally:
        tags._build_box_tree = original


_SCOPES = {"col": "/Column", "row": "/Row"}


def _describe(element: Any, html: Any, pdf: Any, page_number: int) -> None:
    """Add the attributes of an HTML element to its structure element (ISO 32000-1, 14.8.5)."""
    import pydyf

    setattr(element, _SOURCE, html)
    if html.tag == "span" and html.get("lang"):
        element["Lang"] = pydyf.String(html.get("lang"))
    match element["S"]:
        case "/TH":
            element["A"]["Scope"] = _SCOPES[html.get("scope", "col")]
        case "/Table":
            for cell in _head_cells(pdf, element):
                cell["ID"].string += f"-{page_number}"  # the same text stands in the cells that name it as their head
            element["A"] = pydyf.Dictionary({"O": "/Table", "Summary": pydyf.String(html.get("title", ""))})
        case "/Figure":
            # WeasyPrint counts from the upper left corner in pixels, PDF from the lower left one in points.
            left, upper, right, lower = (length * _POINTS_PER_PIXEL for length in element["A"]["BBox"])
            top = resolve(pdf, pdf.page_references[page_number])["MediaBox"][3]
            element["A"]["BBox"] = pydyf.Array((left, top - lower, right, top - upper))


def _head_cells(pdf: Any, element: Any) -> Iterator[Any]:
    for kid in _kids(pdf, element):
        if kid["S"] == "/TH":
            yield kid
        yield from _head_cells(pdf, kid)


# ---- blocks that a page break parts ----

_SOURCE = "reportgen_source"  # of a structure element: the HTML element that it is made of
_WHOLE = frozenset({"/Sect", "/Div", "/P", "/H1", "/H2", "/H3", "/L", "/LI", "/LBody", "/Span", "/NonStruct"})


def whole_tags(pdf: Any) -> None:
    """Make one structure element of each block that stands on two pages, and index those that have a name.

    WeasyPrint begins anew on each page. A table stays one table a page: its head is printed, and read, again.
    """
    import pydyf

    root = resolve(pdf, pdf.catalog["StructTreeRoot"])
    for reference in root["K"]:
        _join(pdf, resolve(pdf, reference))
    named = [each for each in pdf.objects if isinstance(each, pydyf.Dictionary) and "ID" in each]
    if named:  # ISO 32000-1, 14.7.2: required where elements have identifiers, and sorted
        names = sorted((element["ID"].string, element) for element in named)
        root["IDTree"] = pydyf.Dictionary(
            {"Names": pydyf.Array(item for name, element in names for item in (pydyf.String(name), element.reference))}
        )


def _join(pdf: Any, parent: Any) -> None:
    """Join neighbours that are parts of one HTML element, in all of a tree."""
    import pydyf

    joined: list[Any] = []
    last: Any = None
    for kid in _list(parent["K"]):
        element = resolve(pdf, kid) if isinstance(kid, bytes) else None
        if last is not None and element is not None and _is_continued(last, element):
            for child in _kids(pdf, element):
                child["P"] = last.reference
            last["K"].extend(element["K"])
            continue
        joined.append(kid)
        last = element
    parent["K"] = pydyf.Array(joined)
    for element in _kids(pdf, parent):
        _join(pdf, element)


def _is_continued(element: Any, other: Any) -> bool:
    source = getattr(element, _SOURCE, None)
    return source is not None and source is getattr(other, _SOURCE, None) and element["S"] == other["S"] in _WHOLE


def _kids(pdf: Any, element: Any) -> Iterator[Any]:
    """Yield the structure elements right below one: the other kids are marks in the text, or annotations."""
    for kid in _list(element["K"]):
        found = resolve(pdf, kid) if isinstance(kid, bytes) else {}
        if found.get("Type") == "/StructElem":
            yield found


def _list(kids: Any) -> list[Any]:
    return kids if isinstance(kids, list) else [kids]


def resolve(pdf: Any, reference: bytes) -> Any:
    """Return the object of a PDF that a reference leads to."""
    return pdf.objects[int(reference.split()[0])]
