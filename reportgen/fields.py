"""Fields to sign in: the rooms that the page leaves for signatures, as empty signature fields of the PDF.

WeasyPrint 70 knows no signature field. It draws a link where the page has one, at the right place, in the order of
reading and in the tags; a link that leads to itself is made into a field (ISO 32000-1, 12.7.4.5) before the file is
written, so that nothing is changed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from reportgen.archive import resolve

# Seed values: of Circular 15/2025/TT-BKHCN, Annex, PAdES and SHA-2. That the key is of RSASSA-PSS or ECDSA no field can
# say; whoever signs sees to it.
_FORMAT = "/ETSI.CAdES.detached"  # ETSI EN 319 142-1: the signatures of PAdES
_DIGESTS = ("SHA256", "SHA384", "SHA512")
_MUST = (1 << 1) | (1 << 6)  # SubFilter and DigestMethod are constraints, not recommendations (ISO 32000-1, Table 234)
_PRINTED = 4  # an annotation that is printed, and shown


def link_rooms(body: Element) -> dict[str, str]:
    """Make a link of each room to sign, for ``make_fields``; return what each field is called aloud, by its name."""
    rooms = {room.get("id", ""): room for room in body.iter("a")}
    for name, room in rooms.items():
        room.set("href", f"#{name}")
    return {name: room.get("title", "") for name, room in rooms.items()}


def make_fields(pdf: Any, descriptions: Mapping[str, str]) -> None:
    """Make an empty signature field of each link that leads to a room; in a ``finisher`` of ``write_pdf``.

    The last field, when it is signed, locks all others: then nothing can change any more.

    Raises RuntimeError when WeasyPrint does not draw links as this module expects.
    """
    import pydyf

    if not descriptions:
        return
    fields = {}
    for page in pdf.page_references:
        page_object = resolve(pdf, page)
        for reference in page_object.get("Annots", []):
            annotation = resolve(pdf, reference)
            name = getattr(annotation.get("Dest"), "string", "")
            if annotation["Subtype"] == "/Link" and name in descriptions:
                fields[name] = annotation
                _make_field(pdf, annotation, page, name, descriptions[name])
    if len(fields) != len(descriptions):
        raise RuntimeError(f"rooms to sign without a field: {sorted(descriptions.keys() - fields.keys())}")
    *_, last = fields.values()
    last["Lock"] = _added(pdf, {"Type": "/SigFieldLock", "Action": "/All"})
    _tag_fields(pdf, {field.reference: descriptions[name] for name, field in fields.items()})
    del pdf.catalog["Names"]["Dests"]  # the rooms were all that links led to
    if not pdf.catalog["Names"]:
        del pdf.catalog["Names"]
    pdf.catalog["AcroForm"] = pydyf.Dictionary(
        {"Fields": pydyf.Array(field.reference for field in fields.values()), "SigFlags": 0}
    )


def _make_field(pdf: Any, annotation: Any, page: bytes, name: str, description: str) -> None:
    import pydyf

    for key in ("Dest", "BS", "Contents"):
        annotation.pop(key)
    x1, y1, x2, y2 = annotation["Rect"]
    left, right = sorted((x1, x2))
    bottom, top = sorted((y1, y2))
    # PDF/A wants an appearance of every field (ISO 19005-3, 6.3.3): one that shows nothing.
    appearance = pydyf.Stream(
        [b""],
        {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([0, 0, right - left, top - bottom]),
            "Resources": pydyf.Dictionary(),
        },
    )
    pdf.add_object(appearance)
    seed = {
        "Type": "/SV",
        "Ff": _MUST,
        "SubFilter": pydyf.Array([_FORMAT]),
        "DigestMethod": pydyf.Array(map(pydyf.String, _DIGESTS)),
    }
    annotation.update(
        {
            "Subtype": "/Widget",
            "Rect": pydyf.Array([left, bottom, right, top]),
            "FT": "/Sig",
            "T": pydyf.String(name),
            "TU": pydyf.String(description),
            "F": _PRINTED,
            "P": page,
            "AP": pydyf.Dictionary({"N": appearance.reference}),
            "SV": _added(pdf, seed),
        }
    )


def _added(pdf: Any, values: Mapping[str, Any]) -> bytes:
    """Add a dictionary to the PDF; return the reference to it."""
    import pydyf

    made = pydyf.Dictionary(values)
    pdf.add_object(made)
    return bytes(made.reference)


def _tag_fields(pdf: Any, descriptions: Mapping[bytes, str]) -> None:
    """Tag each field as a field, with what is read aloud; ``descriptions`` are by the reference of the field."""
    import pydyf

    objects = [each for each in pdf.objects if isinstance(each, pydyf.Dictionary)]
    of_fields = {each.reference: each for each in objects if each.get("Obj") in descriptions}
    tagged = 0
    for element in objects:
        kids = element.get("K", ()) if element.get("S") == "/Link" else ()
        for kid in kids:
            if kid in of_fields:
                # Not an array: programs that compare a file before and after signing look for the reference here.
                element.update({"S": "/Form", "K": kid, "Alt": pydyf.String(descriptions[of_fields[kid]["Obj"]])})
                tagged += 1
    if tagged != len(descriptions):
        raise RuntimeError("a room to sign that is not in the tags")
