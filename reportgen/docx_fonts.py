"""The fonts that a DOCX is drawn with, put into it: for computers that do not have them.

An embedded font stands under its own name, and the text names it: fonts of other makers must not pretend to be TH
SarabunPSK or Times New Roman. ``w:altName`` leads back to the declared name where a program leaves embedded fonts out.

The parts are those of ECMA-376 Part 1, clauses 15.2.13 (font embedding), 17.8.1 (obfuscation) and 17.8.3 (font table).
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from reportgen.diagnostics import Diagnostic, SetupError
from reportgen.docx_package import pack
from reportgen.fonts import FontFamily, FontFile

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
_TABLE, _TABLE_RELATIONS = "word/fontTable.xml", "word/_rels/fontTable.xml.rels"
_SETTINGS, _TYPES = "word/settings.xml", "[Content_Types].xml"
_OBFUSCATED = 32  # bytes at the beginning of a font

# Faces as the schema orders them, by bold and italic.
_ELEMENTS = {
    (False, False): "embedRegular",
    (True, False): "embedBold",
    (False, True): "embedItalic",
    (True, True): "embedBoldItalic",
}
_INSTALLABLE, _EDITABLE = 0, 8  # OS/2 fsType: who has the file may write on in the font
_LICENCE_BITS = 0xF


def embed_fonts(package: bytes, families: Sequence[FontFamily]) -> bytes:
    """Return a DOCX with the fonts in it that its text is drawn with, all their faces whole: the file can be edited.

    Args:
        package: the DOCX, which names typefaces as they are declared.
        families: what draws each typeface on this computer; those that no text names are left out.

    Raises:
        SetupError: where a font may not be embedded.
    """
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    trees = {name: etree.fromstring(content) for name, content in parts.items() if _may_name_fonts(name)}
    used = _used(trees.values())
    chosen = [family for family in families if family.typeface.family in used]
    _refuse_protected(chosen)
    names = {family.typeface.family: family.drawn_with for family in chosen}
    for tree in trees.values():
        _rename(tree, names)
    parts.update(_embed(trees[_TABLE], chosen))
    trees[_SETTINGS].insert(0, etree.Element(f"{_WORD}embedTrueTypeFonts"))
    types = trees[_TYPES] = etree.fromstring(parts[_TYPES])
    types.insert(0, etree.Element(f"{{{_PACKAGE}/content-types}}Default", Extension="odttf", ContentType=_CONTENT_TYPE))
    parts.update({name: _bytes(tree) for name, tree in trees.items()})
    return pack(parts)


def _may_name_fonts(name: str) -> bool:
    return name.startswith("word/") and name.endswith(".xml")


def _used(trees: Iterable[Any]) -> set[str]:
    return {name for tree in trees for fonts in tree.iter(f"{_WORD}rFonts") for name in fonts.attrib.values()}


def _rename(tree: Any, names: Mapping[str, str]) -> None:
    for fonts in tree.iter(f"{_WORD}rFonts"):
        for attribute, name in fonts.attrib.items():
            fonts.set(attribute, names.get(name, name))


def _refuse_protected(families: Iterable[FontFamily]) -> None:
    found = {(file.family, _licence(file)) for family in families for file in family.files}
    forbidden = [
        Diagnostic("font-not-embeddable", None, {"family": family, "rights": licence}, "without")
        for family, licence in sorted(found)
        if licence not in (_INSTALLABLE, _EDITABLE)
    ]
    if forbidden:
        raise SetupError(forbidden)


def _licence(file: FontFile) -> int:
    return int(_open(file)["OS/2"].fsType) & _LICENCE_BITS


def _open(file: FontFile) -> Any:
    from fontTools.ttLib import TTFont  # slow, and needed here only

    content = io.BytesIO(file.path.read_bytes())
    return TTFont(content, fontNumber=file.index, lazy=True, recalcTimestamp=False, recalcBBoxes=False)


# ---- the font table and its parts -----------------------------------------------------------------------------------


def _embed(table: Any, families: Sequence[FontFamily]) -> dict[str, bytes]:
    """Name the families in the font table, and return their parts and the relations to them."""
    parts: dict[str, bytes] = {}
    relations = etree.Element(f"{{{_PACKAGE}/relationships}}Relationships", nsmap={None: f"{_PACKAGE}/relationships"})
    for family in families:
        entry = next(entry for entry in table if entry.get(f"{_WORD}name") == family.typeface.family)
        entry.set(f"{_WORD}name", family.drawn_with)
        if family.drawn_with != family.typeface.family:
            etree.SubElement(entry, f"{_WORD}altName", {f"{_WORD}val": family.typeface.family})
        faces = {(file.bold, file.italic): file for file in family.files}
        for face, tag in _ELEMENTS.items():
            if face not in faces:
                continue
            number = len(parts) + 1
            key = uuid.uuid5(uuid.NAMESPACE_OID, faces[face].sha256)
            parts[f"word/fonts/font{number}.odttf"] = _obfuscated(_content(faces[face]), key)
            values = {f"{{{_RELATIONS}}}id": f"rId{number}", f"{_WORD}fontKey": f"{{{str(key).upper()}}}"}
            etree.SubElement(entry, f"{_WORD}{tag}", values, nsmap={"r": _RELATIONS})
            relation = {"Id": f"rId{number}", "Type": f"{_RELATIONS}/font", "Target": f"fonts/font{number}.odttf"}
            etree.SubElement(relations, f"{{{_PACKAGE}/relationships}}Relationship", relation)
    return {**parts, _TABLE_RELATIONS: _bytes(relations)}


def _content(file: FontFile) -> bytes:
    """Return a face as a file of its own: what Word embeds is never a collection."""
    content = file.path.read_bytes()
    if not content.startswith(b"ttcf"):
        return content
    buffer = io.BytesIO()
    _open(file).save(buffer)
    return buffer.getvalue()


def _obfuscated(content: bytes, key: uuid.UUID) -> bytes:
    """Return a font whose beginning is changed by its key, read from its end (ECMA-376 Part 1, 17.8.1)."""
    mask = key.bytes[::-1] * 2
    head = bytes(byte ^ other for byte, other in zip(content[:_OBFUSCATED], mask, strict=True))
    return head + content[_OBFUSCATED:]


def _bytes(tree: Any) -> bytes:
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))
