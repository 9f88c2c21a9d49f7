"""A template for docxtpl that says what reportgen's DOCX says: same styles, same paper, same header, loops for blocks.

It is the printed DOCX with a body of tags in the place of the words. In Word, a template has a paragraph for each
style, and a branch around it. Whoever edits its XML can write the style as a tag too, which is less work for docxtpl:
both are measured.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

_RULE = (
    '<w:p><w:pPr><w:pStyle w:val="{{ it.style }}"/><w:pBdr><w:top w:val="single" w:sz="6" w:space="0" '
    'w:color="000000"/><w:left w:val="nil"/><w:bottom w:val="nil"/><w:right w:val="nil"/></w:pBdr>'
    '<w:spacing w:before="50" w:after="90" w:line="20" w:lineRule="exact"/>'
    '<w:ind w:left="{{ it.indent }}" w:right="{{ it.indent }}" w:firstLine="0"/></w:pPr></w:p>'
)
_SPACE = (
    '<w:p><w:pPr><w:pStyle w:val="{{ it.style }}"/><w:keepNext/><w:spacing w:before="0" w:after="0" '
    'w:line="{{ it.height }}" w:lineRule="exact"/></w:pPr></w:p>'
)
_TEXT = '<w:p><w:pPr><w:pStyle w:val="{{ it.style }}"/></w:pPr><w:r><w:t>{{ it.text }}</w:t></w:r></w:p>'
_PHOTOGRAPH = '<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>{{ it.picture }}</w:t></w:r></w:p>'
_EDGES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in ("top", "left", "bottom", "right")
)
_CELL = (
    '<w:tc><w:tcPr><w:tcW w:w="{{ it.width }}" w:type="dxa"/><w:tcBorders>'
    + _EDGES
    + '</w:tcBorders><w:vAlign w:val="center"/></w:tcPr>'
    + _TEXT
    + "</w:tc>"
)


def _tag(scope: str, tag: str) -> str:
    """Return a tag in an element that goes away with it: a paragraph, a row or a cell of its own."""
    paragraph = f"<w:p><w:r><w:t>{{%{scope} {tag} %}}</w:t></w:r></w:p>"
    cell = f'<w:tc><w:tcPr><w:tcW w:w="1" w:type="dxa"/></w:tcPr>{paragraph}</w:tc>'
    return {"p": paragraph, "tc": cell, "tr": f"<w:tr>{cell}</w:tr>"}[scope]


def _loop(scope: str, name: str, items: str, content: str) -> str:
    return _tag(scope, f"for {name} in {items}") + content + _tag(scope, "endfor")


def _branches(**contents: str) -> str:
    """Return one content for each kind of block."""
    pieces = [
        _tag("p", f"{'elif' if number else 'if'} it.kind == '{kind}'") + content
        for number, (kind, content) in enumerate(contents.items())
    ]
    return "".join(pieces) + _tag("p", "endif")


def _table(rows: str, *, borders: bool) -> str:
    edges = "<w:tblBorders>" + _EDGES + "</w:tblBorders>" if borders else ""
    margin = "".join(
        f'<w:{side} w:w="{85 if borders and side in ("left", "right") else 0}" w:type="dxa"/>'
        for side in ("top", "left", "bottom", "right")
    )
    properties = f'<w:tblW w:w="0" w:type="auto"/><w:tblInd w:w="0" w:type="dxa"/>{edges}<w:tblLayout w:type="fixed"/>'
    grid = '<w:tblGrid>{% for width in block.widths %}<w:gridCol w:w="{{ width }}"/>{% endfor %}</w:tblGrid>'
    return f"<w:tbl><w:tblPr>{properties}<w:tblCellMar>{margin}</w:tblCellMar></w:tblPr>{grid}{rows}</w:tbl>"


def _text(styles: Sequence[str]) -> str:
    """Return a paragraph in one of the styles: a branch for each, or its style as a tag where none is given."""
    if not styles:
        return _TEXT
    pieces = [
        _tag("p", f"{'elif' if number else 'if'} it.style == '{style}'") + _TEXT.replace("{{ it.style }}", style)
        for number, style in enumerate(styles)
    ]
    return "".join(pieces) + _tag("p", "endif")


def _body(styles: Sequence[str]) -> str:
    cells = _loop("tc", "it", "row", _CELL)
    head = _loop("tr", "row", "block.head", f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>")
    body = _loop("tr", "row", "block.body", f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
    inner = _branches(paragraph=_text(styles), rule=_RULE, space=_SPACE, photograph=_PHOTOGRAPH)
    column = (
        '<w:tc><w:tcPr><w:tcW w:w="{{ column.width }}" w:type="dxa"/></w:tcPr>'
        + _loop("p", "it", "column.blocks", inner)
        + "</w:tc>"
    )
    columns = "<w:tr><w:trPr><w:cantSplit/></w:trPr>" + _loop("tc", "column", "block.columns", column) + "</w:tr>"
    tables = (
        _tag("p", "if block.kind == 'table'")
        + _table(head + body, borders=True)
        + _tag("p", "elif block.kind == 'columns'")
        + _table(columns, borders=False)
        + _tag("p", "else")
    )
    plain = _branches(paragraph=_text(styles), rule=_RULE, space=_SPACE)
    return _loop("p", "block", "blocks", tables + _tag("p", "set it = block") + plain + _tag("p", "endif"))


def make_template(printed: bytes, styles: Sequence[str] = ()) -> bytes:
    """Return a template with the styles, the paper and the header of a printed DOCX; its photographs are left out.

    Args:
        printed: a DOCX of reportgen.
        styles: the ids of the paragraph styles, for a branch each; none for the style as a tag.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(printed)) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in package.namelist():
            content = package.read(name)
            if name.startswith("word/media/"):
                continue
            if name == "word/_rels/document.xml.rels":
                content = re.sub(rb"<Relationship [^>]*/image\"[^>]*/>", b"", content)
            if name == "word/document.xml":
                content = _with_body(content.decode(), _body(styles)).encode()
            made.writestr(name, content)
    return out.getvalue()


def style_id(name: str, level: int = 0) -> str:
    """Return the id that a DOCX has for a style of the page."""
    return f"Heading{level}" if level else name.replace(" ", "")


def _with_body(document: str, body: str) -> str:
    start, end = document.index("<w:body>") + len("<w:body>"), document.rindex("<w:sectPr>")
    return document[:start] + body + document[end:]
