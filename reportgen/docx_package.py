"""The package of a DOCX: the XML it is made of in the order the schema asks, the empty base, and reproducible bytes.

The order of children is that of ECMA-376 Part 1, Annex A (wml.xsd): Word repairs or refuses a file that breaks it.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

_ORDERS = {
    "rPr": (
        "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid"
        " vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em"
        " lang"
    ),
    "pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs"
        " suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd"
        " snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment"
        " textboxTightWrap outlineLvl divId cnfStyle rPr sectPr"
    ),
    "sectPr": (
        "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType"
        " cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid"
    ),
    "tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd"
        " tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription"
    ),
    "tcPr": "tcW gridSpan vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
}


@dataclass(frozen=True, slots=True)
class Node:
    """An element of WordprocessingML that can be compared: its name and its attributes stand without their prefix."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()

    def element(self) -> Any:
        """Return a new XML element."""
        made = OxmlElement(f"w:{self.tag}")
        for name, value in self.attributes:
            made.set(qn(f"w:{name}"), value)
        for child in self.children:
            made.append(child.element())
        return made


def node(tag: str, *children: Node, **attributes: str | int) -> Node:
    """Return an element with these children, as they stand, and these attributes."""
    return Node(tag, tuple((name, str(value)) for name, value in attributes.items()), children)


def ordered(tag: str, children: Iterable[Node]) -> Node:
    """Return a property element whose children stand in the order of the schema."""
    order = _ORDERS[tag].split()
    return Node(tag, (), tuple(sorted(children, key=lambda child: order.index(child.tag))))


def insert_ordered(parent: Any, tag: str, child: Node) -> None:
    """Put a child into an existing property element, in the place of one of its name or where the schema wants it."""
    order = _ORDERS[tag].split()
    ranks = {qn(f"w:{name}"): rank for rank, name in enumerate(order)}
    element = child.element()
    for old in parent.findall(element.tag):
        parent.remove(old)
    follower = next((other for other in parent if ranks[other.tag] > ranks[element.tag]), None)
    if follower is None:
        parent.append(element)
    else:
        follower.addprevious(element)


def twips(points: float) -> int:
    """Return a length as Word counts it: twentieths of a point."""
    return round(points * 20)


# ---- the base ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Properties:
    """What the file says about itself. A time without a zone is taken as UTC."""

    title: str
    author: str
    subject: str
    language: str
    created: datetime.datetime
    identifier: str = ""  # of issued minutes


_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"

_CONTENT_TYPES = f"""\
<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_TYPE}.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_TYPE}.wordprocessingml.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="{_TYPE}.wordprocessingml.settings+xml"/>
<Override PartName="/word/fontTable.xml" ContentType="{_TYPE}.wordprocessingml.fontTable+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
<Override PartName="/docProps/app.xml" ContentType="{_TYPE}.extended-properties+xml"/>
</Types>"""

_PACKAGE_RELATIONS = f"""\
<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/relationships/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
<Relationship Id="rId3" Type="{_OFFICE}/relationships/extended-properties" Target="docProps/app.xml"/>
</Relationships>"""

_DOCUMENT_RELATIONS = f"""\
<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/relationships/styles" Target="styles.xml"/>
<Relationship Id="rId2" Type="{_OFFICE}/relationships/settings" Target="settings.xml"/>
<Relationship Id="rId3" Type="{_OFFICE}/relationships/fontTable" Target="fontTable.xml"/>
</Relationships>"""

_DOCUMENT = f"""\
<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}/relationships"\
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"\
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"\
 xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">\
<w:body><w:sectPr/></w:body></w:document>"""

# doNotExpandShiftReturn: the last word before a line break is not spread in justified text, as in CSS.
_SETTINGS = """\
<w:settings xmlns:w="{word}">
<w:defaultTabStop w:val="720"/><w:autoHyphenation w:val="0"/><w:characterSpacingControl w:val="doNotCompress"/>
<w:compat><w:doNotExpandShiftReturn/>{compatibility}</w:compat>
<w:themeFontLang {languages}/>
</w:settings>"""

# Word 2013 and later lay out as 15; the others are what Word itself writes beside it.
_COMPATIBILITY = {
    "compatibilityMode": 15,
    "overrideTableStyleFontSizeAndJustification": 1,
    "enableOpenTypeFeatures": 1,
    "doNotFlipMirrorIndents": 1,
    "differentiateMultirowTableHeaders": 1,
}

_CORE = f"""\
<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"\
 xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:title>{{title}}</dc:title><dc:subject>{{subject}}</dc:subject><dc:creator>{{author}}</dc:creator>\
<cp:lastModifiedBy>{{author}}</cp:lastModifiedBy><cp:revision>1</cp:revision>\
<dcterms:created xsi:type="dcterms:W3CDTF">{{created}}</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">{{created}}</dcterms:modified>\
<dc:language>{{language}}</dc:language>{{identifier}}</cp:coreProperties>"""

_APPLICATION = f"""\
<Properties xmlns="{_OFFICE}/extended-properties"><Application>reportgen</Application></Properties>"""


def _identifier(identifier: str) -> str:
    return f"<dc:identifier>{escape(identifier)}</dc:identifier>" if identifier else ""


def base_package(properties: Properties, families: Iterable[str], script_languages: tuple[str, str]) -> bytes:
    """Return a DOCX without text and styles, for python-docx to open.

    Args:
        properties: title, author, subject, language, the day that stands as created and modified, the identifier.
        families: the fonts that the document uses.
        script_languages: the language of Latin text, and that of text in a complex script (BCP 47).
    """
    latin, complex_script = map(quoteattr, script_languages)
    fonts = "".join(f"<w:font w:name={quoteattr(family)}/>" for family in dict.fromkeys(families))
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _PACKAGE_RELATIONS,
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
        "word/document.xml": _DOCUMENT,
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}"/>',
        "word/settings.xml": _SETTINGS.format(
            word=_WORD,
            compatibility="".join(
                f'<w:compatSetting w:name="{name}" w:uri="http://schemas.microsoft.com/office/word" w:val="{value}"/>'
                for name, value in _COMPATIBILITY.items()
            ),
            languages=f"w:val={latin} w:eastAsia={latin} w:bidi={complex_script}",
        ),
        "word/fontTable.xml": f'<w:fonts xmlns:w="{_WORD}">{fonts}</w:fonts>',
        "docProps/core.xml": _CORE.format(
            title=escape(properties.title),
            subject=escape(properties.subject),
            author=escape(properties.author),
            language=escape(properties.language),
            identifier=_identifier(properties.identifier),
            created=_utc(properties.created),
        ),
        "docProps/app.xml": _APPLICATION,
    }
    return pack({name: (_DECLARATION + text).encode() for name, text in parts.items()})


def _utc(moment: datetime.datetime) -> str:
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- reproducible bytes --------------------------------------------------------------------------------------------

_FIRST = ("[Content_Types].xml", "_rels/.rels")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows
_PICTURES = (".jpg", ".jpeg", ".png")


def pack_again(package: bytes) -> bytes:
    """Return the same parts as a zip file whose bytes depend on the parts only: no times, a fixed order."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return pack({name: archive.read(name) for name in archive.namelist()})


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Return parts, by their names, as such a zip file."""
    rest = sorted(name for name in parts if name not in _FIRST)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in (*_FIRST, *rest):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            # Pictures are compressed already.
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PICTURES) else zipfile.ZIP_DEFLATED
            entry.create_system = 0  # the same on every operating system
            archive.writestr(entry, parts[name])
    return buffer.getvalue()
