"""What a clerk mistypes in Notepad or Word, in all positions: told in a clerk's words, with the corrected line.

Each slip spoils the right file ``tests/bad/visit.yaml`` once. ``says`` stands in what is told in English.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from corpus import BAD, VISIT, Bench

from reportgen.diagnostics import Diagnostic, ReportgenError
from reportgen.workspace import load_inspection

RIGHT = (BAD / "visit.yaml").read_text(encoding="utf-8")
SENTENCE = "      vi: Thủ tục hành chính được niêm yết đầy đủ."
TITLE = "{vi: Đoàn kiểm tra, th: คณะผู้ตรวจ}"
LAST_UNIT = "  - dak-nue\n\nresults"
UNITS = "  - nam-ka\n  - dak-nue\n\nresults"
PHOTO = "  - file: hall.jpg\n    caption"


@dataclass(frozen=True)
class Slip:
    """One slip: what stands in the right file, what was typed, the code, and a part of what is told."""

    right: str
    typed: str
    code: str
    says: str


SLIPS = {
    # a colon in running text
    "colon-in-a-sentence": Slip(SENTENCE, "      vi: Thủ tục: niêm yết.", "RG120", 'vi: "Thủ tục: niêm yết."'),
    "colon-in-a-short-value": Slip("place: lak-dpc", "place: UBND: Lắk", "RG120", 'place: "UBND: Lắk"'),
    "colon-in-braces": Slip("vi: Chưa tổ chức đối thoại", "vi: Chưa: tổ chức", "RG120", '{vi: "Chưa: tổ chức"'),
    # commas and brackets
    "comma-missing-in-braces": Slip(TITLE, TITLE.replace(",", ""), "RG120", f"name: {TITLE}"),
    "semicolon-in-braces": Slip(TITLE, TITLE.replace(",", ";"), "RG120", f"name: {TITLE}"),
    "full-width-comma": Slip(TITLE, TITLE.replace(",", "，"), "RG120", f"name: {TITLE}"),
    "comma-in-a-text-in-braces": Slip("Chưa tổ chức đối", "Chưa tổ chức, chưa đối", "RG153", '"Chưa tổ chức, chưa đối'),
    "brace-not-closed": Slip(TITLE, TITLE[:-1], "RG130", "close it with }"),
    "brace-too-many": Slip(TITLE, f"{TITLE}}}", "RG123", "put the text in quotes"),
    "round-brackets": Slip(TITLE, f"({TITLE[1:-1]})", "RG120", "put the text in quotes"),
    "space-missing-in-braces": Slip("title: ms}", "title:ms}", "RG128", "title: ms}"),
    # indentation
    "indent-missing": Slip(SENTENCE, SENTENCE.strip(), "RG126", "put that text in quotes"),
    "indent-of-a-list-missing": Slip("\n      - what: {vi: Hồ", "\n  - what: {vi: Hồ", "RG125", "0, 2, 4"),
    "indent-too-small": Slip("      th: มีการ", "   th: มีการ", "RG125", "as many spaces as the lines it belongs to"),
    "indent-too-large": Slip("\n    due:", "\n      due:", "RG126", "begin it after 4 spaces, not 6"),
    "indent-of-a-key-at-the-edge": Slip("copies: 3", "  copies: 3", "RG127", "move the key to the level it belongs to"),
    "indent-after-a-dash-too-large": Slip(PHOTO, PHOTO.replace("    c", "      c"), "RG126", "4 spaces, not 6"),
    "indent-after-a-dash-too-small": Slip(PHOTO, PHOTO.replace("    c", "   c"), "RG125", "0, 2, 4"),
    "indent-at-the-dash": Slip(PHOTO, PHOTO.replace("    c", "  c"), "RG127", "to the level it belongs to"),
    "tab-as-indent": Slip("    unit: nam-ka\n    text", "\tunit: nam-ka\n    text", "RG107", "replace it by spaces"),
    "tab-after-spaces": Slip("    due:", "  \tdue:", "RG107", "replace it by spaces"),
    "no-break-spaces": Slip("    due:", "\u00a0\u00a0\u00a0\u00a0due:", "RG107", "replace it by spaces"),
    # quotation marks
    "double-quote-open": Slip("place: lak-dpc", 'place: "lak-dpc', "RG121", 'place: "lak-dpc"'),
    "single-quote-open": Slip("place: lak-dpc", "place: 'lak-dpc", "RG121", "place: 'lak-dpc'"),
    "quote-open-in-a-list": Slip("  - nam-ka\n", '  - "nam-ka\n', "RG121", '- "nam-ka"'),
    "quote-open-in-braces": Slip("{vi: Kiểm tra cải", '{vi: "Kiểm tra cải', "RG121", "close it"),
    "quote-of-a-word": Slip(SENTENCE, '      vi: "Một cửa" tốt.', "RG122", "vi: '\"Một cửa\" tốt.'"),
    "single-quote-of-a-word": Slip(SENTENCE, "      vi: 'Một cửa' tốt.", "RG122", "vi: \"'Một cửa' tốt.\""),
    "curly-quotes-round-an-id": Slip("place: lak-dpc", "place: “lak-dpc”", "RG260", "write lak-dpc"),
    "curly-quotes-round-a-colon": Slip(SENTENCE, "      vi: “Thủ tục: tốt”", "RG120", 'vi: "“Thủ tục: tốt”"'),
    "curly-quotes-round-a-key": Slip("copies: 3", "“copies”: 3", "RG202", "did you mean “copies”?"),
    # dashes
    "dash-missing": Slip(LAST_UNIT, LAST_UNIT.replace("- ", ""), "RG129", "write: - dak-nue"),
    "first-dash-missing": Slip("  - nam-ka\n", "  nam-ka\n", "RG117", "put the dash under the dash above"),
    "dash-missing-before-keys": Slip("  - file", "    file", "RG203", "beginning with a dash and a space"),
    "dash-a-space-too-early": Slip(LAST_UNIT, LAST_UNIT[1:], "RG125", "0, 2"),
    "dash-a-space-too-late": Slip(LAST_UNIT, f" {LAST_UNIT}", "RG117", "put the dash under the dash above"),
    "dash-without-space": Slip(LAST_UNIT, LAST_UNIT.replace("- ", "-"), "RG129", "write: - dak-nue"),
    "all-dashes-without-space": Slip(UNITS, UNITS.replace("- ", "-"), "RG203", "a dash and a space"),
    "dash-without-space-before-a-key": Slip("  - file", "  -file", "RG129", "write: - file: hall.jpg"),
    "long-dash": Slip(LAST_UNIT, LAST_UNIT.replace("-", "–", 1), "RG129", "write: - dak-nue"),
    "long-dash-before-a-key": Slip("  - file", "  – file", "RG129", "write: - file: hall.jpg"),
    "bullet-before-a-key": Slip("  - file", "  • file", "RG129", "write: - file: hall.jpg"),
    "number-before-a-key": Slip("  - file", "  1. file", "RG129", "write: - file: hall.jpg"),
    "long-dash-of-the-first-item": Slip("  - nam-ka\n", "  – nam-ka\n", "RG129", "write: - nam-ka"),
    "bullet": Slip(LAST_UNIT, LAST_UNIT.replace("-", "•", 1), "RG129", "write: - dak-nue"),
    "list-on-the-line-of-its-key": Slip(SENTENCE, "      vi: - Một cửa", "RG124", 'vi: "- Một cửa"'),
    "list-under-a-text": Slip("place: lak-dpc", "place: lak-dpc\n  - nam-ka", "RG117", "put the whole text in quotes"),
    "list-where-one-value-is": Slip("place: lak-dpc", "place:\n  - lak-dpc", "RG203", "found a list"),
    # keys
    "no-space-after-the-colon": Slip("copies: 3", "copies:3", "RG128", ": copies: 3"),
    "no-space-in-a-record": Slip("    due: ", "    due:", "RG128", ": due: 31/12/2023"),
    "no-space-after-a-dash-and-a-key": Slip("- file: hall", "- file:hall", "RG128", "- file: hall.jpg"),
    "no-space-before-a-text": Slip("      th: มีการ", "      th:มีการ", "RG128", ": th: มีการ"),
    "full-width-colon": Slip("copies: 3", "copies： 3", "RG128", ": copies: 3"),
    "full-width-colon-in-a-record": Slip("    due: ", "    due：", "RG128", ": due: 31/12/2023"),
    "equals-sign": Slip("copies: 3", "copies = 3", "RG128", ": copies: 3"),
    "no-break-space-after-the-colon": Slip("copies: 3", "copies:\u00a03", "RG128", ": copies: 3"),
    "capital": Slip("copies: 3", "Copies: 3", "RG202", "did you mean “copies”?"),
    "key-twice": Slip("copies: 3", "copies: 3\ncopies: 4", "RG108", "keep one of the two"),
    "key-twice-in-a-record": Slip("    due: ", "    due: 1/1/2024\n    due: ", "RG108", "the first is in line 54"),
    "value-on-the-next-line": Slip("place: lak-dpc", "place:\nlak-dpc", "RG128", "indent it deeper"),
    # lines
    "line-break-in-a-sentence": Slip("hành chính được", "hành chính\nđược", "RG128", "indent it deeper"),
    "line-break-at-the-same-level": Slip("hành chính được", "hành chính\n      được", "RG128", "indent it deeper"),
    "ruled-line": Slip("copies: 3", "======\ncopies: 3", "RG128", "has no “key: value”"),
    "three-hyphens": Slip("copies: 3", "---\ncopies: 3", "RG115", "delete the line"),
    "three-dots": Slip("copies: 3", "...\ncopies: 3", "RG115", "delete the line"),
    "cells-of-a-table": Slip(UNITS, "nam-ka\tdak-nue\t12\n\nresults", "RG128", "cells of a table"),
    # signs and words
    "number-sign": Slip("hành chính được", "số #12 được", "RG142", 'vi: "Thủ tục số #12 được niêm yết đầy đủ."'),
    "square-bracket-first": Slip(SENTENCE, "      vi: [Một cửa] tốt.", "RG123", 'vi: "[Một cửa] tốt."'),
    "question-mark-first": Slip(SENTENCE, "      vi: ? Một cửa", "RG123", 'vi: "? Một cửa"'),
    "percent-first": Slip("place: lak-dpc", "place: %lak", "RG123", 'place: "%lak"'),
    "yes-for-a-number": Slip("copies: 3", "copies: yes", "RG231", "write digits"),
    **{
        f"sign-first-{ord(sign):x}": Slip(SENTENCE, f"      vi: {sign}Một cửa", "RG123", f'vi: "{sign}Một cửa"')
        for sign in "@%*&!`|>"
    },
}  # fmt: skip

# What looks like a slip and is none: read as it was meant.
HONEST = {
    "tab-after-the-colon": ("copies: 3", "copies:\t3"),
    "leading-zero": ("copies: 3", "copies: 03"),
    "space-before-the-colon": ("copies: 3", "copies : 3"),
    "spaces-at-the-end": ("copies: 3", "copies: 3   "),
    "windows-line-ends": ("copies: 3\n", "copies: 3\r\n"),
    "round-bracket-first": (SENTENCE, "      vi: (Một cửa) tốt."),
    "word-no-as-a-text": (SENTENCE, "      vi: no"),
    "hyphens-at-the-start": ("number: 12", "---\nnumber: 12"),
    "line-break-in-braces": ("{vi: Đoàn kiểm", "{vi: Đoàn\n    kiểm"),
}

# Whole files: what is in them, and what is told.
FILES = {
    "empty": (b"", "RG104", "write at least one"),
    "blank": (b"  \n\n", "RG104", "write at least one"),
    "comments-only": (b"# x\n", "RG104", "write at least one"),
    "word-document": (b"PK\x03\x04" + bytes(range(256)), "RG154", "a file of Word, Excel"),
    "old-word-document": (b"\xd0\xcf\x11\xe0\xa1\xb1", "RG154", "a file of Word, Excel"),
    "rich-text": (b"{\\rtf1\\ansi x}", "RG154", "a file of Word, Excel"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "RG154", "a PDF file"),
    "photograph": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "RG154", "a picture"),
    "notepad-unicode": (RIGHT.encode("utf-16"), "RG102", "take the encoding UTF-8"),
    "notepad-unicode-without-mark": (RIGHT.encode("utf-16-le"), "RG102", "take the encoding UTF-8"),
    "old-vietnamese-encoding": (RIGHT.encode("cp1258", "ignore"), "RG103", "take the encoding UTF-8"),
    "old-thai-encoding": ("subject: การตรวจ".encode("tis-620"), "RG103", "take the encoding UTF-8"),
    "prose": ("Biên bản kiểm tra tại xã Nam Ka.".encode(), "RG203", "write lines of “key: value”"),
    "cells": (b"number,date\n12,18/08/2023\n", "RG203", "write lines of “key: value”"),
}  # fmt: skip


def told(bench: Bench, content: bytes) -> list[Diagnostic]:
    """Return what is said of the right workspace with another inspection file in it."""
    right = bench.right(VISIT)
    try:
        (bench.root / VISIT).write_bytes(content)
        return list(load_inspection(bench.workspace, bench.library, "visit", bench.fonts).warnings)
    except ReportgenError as error:
        return list(error.diagnostics)
    finally:
        (bench.root / VISIT).write_bytes(right)


def spoilt(right: str, typed: str) -> bytes:
    assert RIGHT.count(right) == 1, right
    return RIGHT.replace(right, typed).encode()


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_in_a_clerks_words_with_what_to_write(bench: Bench, name: str) -> None:
    slip = SLIPS[name]
    found = told(bench, spoilt(slip.right, slip.typed))
    assert [each.code for each in found] == [slip.code]
    assert slip.says in f"{found[0].sentence()} {found[0].advice()}"
    assert all(found[0].advice(language) for language in ("en", "vi", "th"))


@pytest.mark.parametrize("name", HONEST)
def test_what_is_no_slip_is_read(bench: Bench, name: str) -> None:
    assert not told(bench, spoilt(*HONEST[name]))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_told_as_what_it_is(bench: Bench, name: str) -> None:
    content, code, says = FILES[name]
    found = told(bench, content)
    assert [each.code for each in found] == [code]
    assert says in f"{found[0].sentence()} {found[0].advice()}"
