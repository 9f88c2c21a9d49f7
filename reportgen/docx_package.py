"""The package of a DOCX: the XML it is made of in the order the schema asks, the empty base, and reproducible bytes.

The order of children is that of ECMA-376 Part 1, Annex A (wml.xsd): Word repairs or refuses a file that breaks it.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

_IN_ORDER = {
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


ORDERS = {tag: {name: rank for rank, name in enumerate(names.split())} for tag, names in _IN_ORDER.items()}
"""The rank of each child of a property element, by the names of both."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element of WordprocessingML that can be compared: its name and its attributes stand without their prefix."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()

    def xml(self) -> str:
        """Return the element as text."""
        attributes = "".join([f' w:{name}="{attribute(value)}"' for name, value in self.attributes])
        if not self.children:
            return f"<w:{self.tag}{attributes}/>"
        return f"<w:{self.tag}{attributes}>{''.join([child.xml() for child in self.children])}</w:{self.tag}>"


def element(tag: str, *content: str) -> str:
    """Return an element without attributes as text, its content being texts of elements."""
    inside = "".join(content)
    return f"<w:{tag}>{inside}</w:{tag}>" if inside else f"<w:{tag}/>"


def text_element(tag: str, text: str) -> str:
    """Return an element that holds a text, whose spaces all count."""
    space = ' xml:space="preserve"' if text != " ".join(text.split()) else ""
    return f"<w:{tag}{space}>{escape(text)}</w:{tag}>"


def attribute(value: str) -> str:
    """Return the value of an attribute as it stands between double quotes."""
    return escape(value, _IN_ATTRIBUTES) if _SPECIAL.search(value) else value


_SPECIAL = re.compile(r'[&<>"\n\r\t]')
_IN_ATTRIBUTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def node(tag: str, *children: Node, **attributes: str | int) -> Node:
    """Return an element with these children, as they stand, and these attributes."""
    return Node(tag, tuple((name, str(value)) for name, value in attributes.items()), children)


def ordered(tag: str, children: Iterable[Node]) -> Node:
    """Return a property element whose children stand in the order of the schema."""
    ranks = ORDERS[tag]
    return Node(tag, (), tuple(sorted(children, key=lambda child: ranks[child.tag])))


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
_WORD_ITSELF = "http://schemas.microsoft.com/office/word"
_TYPE = "application/vnd.openxmlformats-officedocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"

_CONTENT_TYPES = {
    "docProps/app.xml": f"{_TYPE}.extended-properties+xml",
    "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    "word/document.xml": f"{_TYPE}.wordprocessingml.document.main+xml",
    "word/fontTable.xml": f"{_TYPE}.wordprocessingml.fontTable+xml",
    "word/settings.xml": f"{_TYPE}.wordprocessingml.settings+xml",
    "word/styles.xml": f"{_TYPE}.wordprocessingml.styles+xml",
}
_HEADER_TYPE = f"{_TYPE}.wordprocessingml.header+xml"
_ENDINGS = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "xml": "application/xml",
}
_PNG = b"\x89PNG"

_PACKAGE_RELATIONS = f"""\
<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/relationships/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
<Relationship Id="rId3" Type="{_OFFICE}/relationships/extended-properties" Target="docProps/app.xml"/>
</Relationships>"""

_DOCUMENT = f"""\
<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}/relationships"\
 xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"\
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"\
 xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">\
<w:body>{{}}</w:body></w:document>"""

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


class Package:
    """The parts of a DOCX, as they come: pictures and headers get the relations by which the document names them.

    Args:
        properties: title, author, subject, language, the day that stands as created and modified, the identifier
        families: the fonts that the document uses
        script_languages: the language of Latin text, and that of text in a complex script (BCP 47)
    """

    def __init__(self, properties: Properties, families: Iterable[str], script_languages: tuple[str, str]) -> None:
        latin, complex_script = map(attribute, script_languages)
        fonts = "".join(f'<w:font w:name="{attribute(family)}"/>' for family in dict.fromkeys(families))
        self._texts = {
            "word/settings.xml": _SETTINGS.format(
                word=_WORD,
                compatibility="".join(
                    f'<w:compatSetting w:name="{name}" w:uri="{_WORD_ITSELF}" w:val="{value}"/>'
                    for name, value in _COMPATIBILITY.items()
                ),
                languages=f'w:val="{latin}" w:eastAsia="{latin}" w:bidi="{complex_script}"',
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
            "_rels/.rels": _PACKAGE_RELATIONS,
        }
        self._types = dict(_CONTENT_TYPES)
        self._pictures: dict[bytes, str] = {}
        self._media: dict[str, bytes] = {}
        self._relations = [("styles", "styles.xml"), ("settings", "settings.xml"), ("fontTable", "fontTable.xml")]

    def picture(self, content: bytes) -> str:
        """Return the relation to a picture, a JPEG or PNG; the same one is held once."""
        if content not in self._pictures:
            ending = "png" if content.startswith(_PNG) else "jpg"
            name = f"media/image{len(self._pictures) + 1}.{ending}"
            self._media[f"word/{name}"] = content
            self._pictures[content] = self._relate("image", name)
        return self._pictures[content]

    def header(self, paragraph: str) -> str:
        """Return the relation to a header that holds a paragraph."""
        number = sum(kind == "header" for kind, _ in self._relations) + 1
        part = f"word/header{number}.xml"
        self._texts[part] = f'<w:hdr xmlns:w="{_WORD}">{paragraph}</w:hdr>'
        self._types[part] = _HEADER_TYPE
        return self._relate("header", f"header{number}.xml")

    def _relate(self, kind: str, target: str) -> str:
        self._relations.append((kind, target))
        return f"rId{len(self._relations)}"

    def packed(self, styles: str, body: str) -> bytes:
        """Return the DOCX, with the children of its list of styles and of its body."""
        texts = {
            **self._texts,
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
            "word/document.xml": _DOCUMENT.format(body),
            "word/_rels/document.xml.rels": self._document_relations(),
            "[Content_Types].xml": self._content_types(),
        }
        return pack({name: (_DECLARATION + text).encode() for name, text in texts.items()} | self._media)

    def _document_relations(self) -> str:
        relations = "".join(
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>'
            for number, (kind, target) in enumerate(self._relations, 1)
        )
        return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'

    def _content_types(self) -> str:
        endings = {"rels", "xml", *(name.rpartition(".")[2] for name in self._media)}
        defaults = (f'<Default Extension="{ending}" ContentType="{_ENDINGS[ending]}"/>' for ending in sorted(endings))
        parts = (f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in sorted(self._types.items()))
        return f'<Types xmlns="{_PACKAGE}/content-types">{"".join((*defaults, *parts))}</Types>'


def _utc(moment: datetime.datetime) -> str:
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- reproducible bytes --------------------------------------------------------------------------------------------

_FIRST = ("[Content_Types].xml", "_rels/.rels")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows
_PICTURES = (".jpg", ".jpeg", ".png")


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
