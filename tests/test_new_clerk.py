"""A new clerk: begins with ``new``, makes ten mistakes that everybody makes, follows only the hints, and prints.

The clerk knows the facts of the visit, and nothing of YAML. What a hint says is done by the letter: no rule here knows
a code or an error; a hint that would not tell what to write leaves the clerk, and this test, at a loss.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Office
from desk import Desk

VISIT = "611-2024-03-05"
FILE = f"inspections/{VISIT}.yaml"

# What the clerk knows of the visit, by the key that it belongs to.
FACTS = {"subject": "การตรวจการปฏิรูประบบราชการ", "person": "vo-thanh-hue"}

# What the clerk types into the new file, and the mistake in it.
TYPED = {
    "number: …/BB-ĐKT": "number: 12",  # 1 the symbol is left out
    'subject: {vi: "", th: ""}': 'subject: {vi: "Kiểm tra cải cách hành chính", th: ""}',  # 2 one language is forgotten
    "date: 2024-03-05": "date: 31/02/2024",  # 3 a day that does not exist
    "started: unknown": "started: 24:00",  # 4 an hour that does not exist
    "ended: unknown": "ended: 8 giờ 30 phút",
    'place: ""': "place: lak-dpc",
    "units: []": "units: [nam-kaa]",  # 5 an id with a slip
    "# attendees: [ma-1]": "atendees: [vo-thanh-hue]",  # 6 a key with a slip
    "copies: unknown": "copies: 3",
    "signatures: [secretary, lead]": "signatures: [secretary, lead, unit-head]",  # 7 who signs for the unit?
}
ADDED = """
results:
  - area: digital-goverment
    text: {vi: Kết quả: tốt, th: ผลดี}
    figures:
      - {what: {vi: Hồ sơ trực tuyến, th: คำขอออนไลน์}, done: 12, total: 180}
conclusions:
  - {unit: lak-dpc, text: {vi: Bố trí máy lấy số., th: จัดให้มีเครื่องออกบัตรคิว}, due: 31/12/24}
"""  # 8 a word with a slip; 9 a colon in a text; 10 a year of two digits
MISTAKES = 10


class Clerk:
    """Reads the first finding, does what its hint says, and asks again."""

    def __init__(self, desk: Desk, language: str) -> None:
        self.desk = desk
        self.language = language
        self.followed: list[str] = []

    def errors(self) -> list[dict[str, Any]]:
        answer = self.desk.run("--ui", self.language, "check", VISIT, form="json")
        return [finding for finding in answer.findings if finding["severity"] == "error"]

    def follow_hints(self) -> None:
        while errors := self.errors():
            assert len(self.followed) <= 2 * MISTAKES, f"hints go round in a ring: {self.followed}"
            self.follow(errors[0])

    def follow(self, finding: dict[str, Any]) -> None:
        """Do what one hint says on the line that it is about."""
        lines = self.desk.read(FILE).splitlines(keepends=True)
        line, start = lines[finding["line"] - 1], finding["column"] - 1
        lines[finding["line"] - 1] = self._mended(line, start, finding["message"], finding["hint"])
        assert lines[finding["line"] - 1] != line, f"at a loss: {finding}"
        self.desk.write(FILE, "".join(lines))
        self.followed.append(finding["code"])

    def _mended(self, line: str, start: int, message: str, hint: str) -> str:
        key = line.strip(" -").partition(":")[0]
        if shown := re.search(rf"(?<!\w){re.escape(key)}: .*?[\"}}\]](?=$|[;,]? (?!\w+: ))", hint):
            return f"{line[: line.index(key)]}{shown[0]}\n"  # the hint shows the line anew
        if line.startswith('""', start):
            return f'{line[:start]}"{FACTS[key]}"{line[start + 2 :]}'  # nothing is there: write what is known
        found = self._found(line, start, message)
        return line[:start] + self._instead(found, hint) + line[start + len(found) :]

    def _found(self, line: str, start: int, message: str) -> str:
        """Return what the message quotes and what stands in its place."""
        quoted = re.findall(r"“(.*?)”", message)
        return next(text for text in quoted if line.startswith(text, start))

    def _instead(self, found: str, hint: str) -> str:
        """Return what the hint says to write: the piece of it that is most like what was found, the last of equals."""
        if form := re.search(rf"\{{[^{{}}]*{re.escape(found)}[^{{}}]*\}}", hint):
            return re.sub(r"(\w+): …", lambda blank: f"{blank[1]}: {FACTS[blank[1]]}", form[0])
        pieces = re.findall(r"“([^”…]+)”", hint) or re.findall(r"[\w/:.-]*[\w-]", hint)
        return max(reversed(pieces), key=lambda piece: difflib.SequenceMatcher(None, piece, found).ratio())


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office.copy_workspace(tmp_path), office.cache)


@pytest.mark.parametrize("language", ["en", "vi", "th"])
def test_a_new_clerk_arrives_at_a_printed_report_by_the_hints_alone(desk: Desk, office: Office, language: str) -> None:
    assert desk.run("--ui", language, "new", VISIT, "--language", "vi").exit_code == 0
    desk.edit(FILE, *TYPED.items())
    desk.write(FILE, desk.read(FILE) + ADDED)
    clerk = Clerk(desk, language)
    clerk.follow_hints()
    assert len(clerk.followed) == MISTAKES, clerk.followed
    assert len(set(clerk.followed)) == MISTAKES
    text = desk.read(FILE)
    for right in ("number: 12/BB-ĐKT", "date: 29/02/2024", "attendees: [vo-thanh-hue]", "units: [nam-ka]",
                  '"Kết quả: tốt"', "area: digital-government", "due: 31/12/2024",
                  "{role: unit-head, person: vo-thanh-hue}"):  # fmt: skip
        assert right in text
    office.print(desk.root, VISIT)
    printed = {path.name for path in desk.path(f"output/{VISIT}").iterdir()}
    assert {f"{VISIT}.{edition}.{form}" for edition in ("vi", "th") for form in ("docx", "pdf")} <= printed


def test_the_clerk_is_at_a_loss_where_a_hint_does_not_help(desk: Desk) -> None:
    desk.run("new", VISIT)
    clerk = Clerk(desk, "en")
    finding = {"line": 6, "column": 9, "message": "wrong", "hint": "mend it", "code": "RG000"}
    with pytest.raises(StopIteration):
        clerk.follow(finding)
