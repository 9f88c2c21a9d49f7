"""Word's signature lines: a double click signs with a certificate, and nothing is seen until then.

The shape is that of Office's own files (MS-OI29500, ``o:signatureline``). What Word shows of a line that is not signed
is the picture that the file holds of it: here an empty one, so that no cross and no line stand under a pen's signature.
"""

from __future__ import annotations

import base64
import uuid

from reportgen.blocks import Signature
from reportgen.docx_package import attribute

# One transparent pixel, as PNG.
EMPTY_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII="
)
_WIDTH = 120.0  # points: within the narrowest of three columns
_OFFICE = "urn:schemas-microsoft-com:office:office"
_NOBODY = "{00000000-0000-0000-0000-000000000000}"  # Word's own signatures, no other provider's

_SHAPE_TYPE = """\
<v:shapetype id="_x0000_t75" coordsize="21600,21600" o:spt="75" o:preferrelative="t" path="m@4@5l@4@11@9@11@9@5xe"\
 filled="f" stroked="f"><v:stroke joinstyle="miter"/>\
<v:path o:extrusionok="f" gradientshapeok="t" o:connecttype="rect"/>\
<o:lock v:ext="edit" aspectratio="t"/></v:shapetype>"""
_LINE = f"""\
<w:r xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="{_OFFICE}"><w:pict>{{shape_type}}\
<v:shape type="#_x0000_t75" id="_x0000_i{{place}}" alt="{{description}}"\
 style="width:{_WIDTH:g}pt;height:{{height:g}}pt">\
<v:imagedata o:title="" r:id="{{relation}}"/>\
<o:lock v:ext="edit" ungrouping="t" rotation="t" cropping="t" verticies="t" text="t" grouping="t"/>\
<o:signatureline v:ext="edit" provid="{{nobody}}" signinginstructionsset="t" allowcomments="t" issignatureline="t"\
 id="{{id}}" signinginstructions="{{description}}" o:suggestedsigner="{{signer}}" o:suggestedsigner2="{{role}}"/>\
</v:shape></w:pict></w:r>"""


def signature_line(signature: Signature, height: float, relation: str, number: int) -> str:
    """Return a run with a signature line.

    Args:
        signature: who is to sign
        height: of the line, in points
        relation: to the part that holds ``EMPTY_PICTURE``
        number: of the line in the document, from 1
    """
    own = str(uuid.uuid5(uuid.NAMESPACE_URL, f"reportgen:{signature.name}")).upper()
    return _LINE.format(
        shape_type=_SHAPE_TYPE if number == 1 else "",  # one serves the whole document
        place=1024 + number,
        description=attribute(signature.description),
        height=height,
        relation=relation,
        nobody=_NOBODY,
        id=f"{{{own}}}",
        signer=attribute(signature.signer),
        role=attribute(signature.role),
    )
