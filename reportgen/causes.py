"""What the system and other libraries refuse, said in the words of the catalogues: their own are for programmers."""

from __future__ import annotations

import errno
import re

from reportgen.diagnostics import Word

_SYSTEM = {
    errno.ENOENT: "system-missing",
    errno.EACCES: "system-denied",
    errno.EPERM: "system-denied",
    errno.ENOSPC: "system-full",
    errno.EDQUOT: "system-full",
    errno.EFBIG: "system-full",
    errno.EROFS: "system-read-only",
    errno.EISDIR: "system-is-folder",
    errno.ENOTDIR: "system-no-folder",
    errno.EBUSY: "system-busy",
    errno.ETXTBSY: "system-busy",
    errno.EEXIST: "system-exists",
    errno.ENOTEMPTY: "system-exists",
    errno.EIO: "system-device",
    errno.ENAMETOOLONG: "system-name",
}
_UNKNOWN_TAG = re.compile(r"unknown tag '([^']*)'")
_UNCLOSED = re.compile(r"Unexpected end of template|Missing end of|end of file")
_EXPECTED_FOUND = re.compile(r"got '([^']*)'|unexpected '([^']*)'|unexpected char '([^']*)'")
_MISMATCH = re.compile(r"tag mismatch: (\S+)(?: line \d+)? and (\S+)")
_ENTITY = re.compile(r"Entity '([^']*)'")
_REACHED = re.compile(r"attribute '([^']*)'")


def of_system(error: OSError) -> Word:
    """Return why the system refuses a file."""
    return Word(_SYSTEM.get(error.errno or 0, "system-other"), {"number": error.errno or "?"})


def of_pattern(error: re.error) -> Word:
    """Return why a regular expression cannot be read."""
    if "unterminated" in error.msg or "parenthesis" in error.msg:
        return Word("pattern-bracket")
    return Word("pattern-wrong", {"position": (error.pos or 0) + 1})


def of_markup(message: str) -> Word:
    """Return why a page is not well-formed, from what the XML parser says."""
    if found := _MISMATCH.search(message):
        return Word("element-crossed", {"open": found[1], "closed": found[2]})
    if found := _ENTITY.search(message):
        return Word("entity-unknown", {"name": found[1]})
    return Word("markup-broken")


def of_template(message: str) -> Word:
    """Return why a template cannot be read, from what Jinja says."""
    if found := _UNKNOWN_TAG.search(message):
        return Word("template-tag", {"tag": found[1]})
    if _UNCLOSED.search(message):
        return Word("template-open")
    if (found := _EXPECTED_FOUND.search(message)) and (sign := next(filter(None, found.groups()), "")):
        return Word("template-ends" if " " in sign else "template-sign", {"sign": sign})
    return Word("template-expression")


def of_reach(message: str) -> Word:
    """Return what a template wants that it may not have, from what Jinja's sandbox says."""
    found = _REACHED.search(message)
    return Word("template-reaches", {"name": found[1]}) if found else Word("template-calls")
