"""What templates compile to, kept in memory for all pages and in the cache folder for the next run.

Compiling takes longer than filling: without the folder, a check of one inspection would do little else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
from contextlib import suppress
from pathlib import Path
from types import CodeType

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from reportgen.writing import write_at_once

_DIGEST = hashlib.sha256
_MOST = 2000  # pieces in the file: some forty for each language, and old ones of templates that were edited since


class CompiledTemplates(BytecodeCache):
    """What templates and clauses compile to, by name and content: languages and inspections share most of it.

    Args:
        folder: the cache folder; None keeps nothing for the next run
        recipe: what the code depends on beside the templates: the source of who compiles
    """

    def __init__(self, folder: Path | None = None, recipe: bytes = b"") -> None:
        self._code: dict[str, CodeType] = {}
        self._file = folder / f"templates-{_compiler(recipe)}.code" if folder else None
        self._kept = _read(self._file) if self._file else {}
        self._is_new = False

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put the code of a template into the bucket, if it is known."""
        name = _name(bucket)
        if name not in self._code and name in self._kept:
            self._code[name] = marshal.loads(self._kept[name])  # noqa: S302 - our own file, as a .pyc is
        bucket.code = self._code.get(name)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._code[_name(bucket)] = bucket.code
            self._is_new = True

    def save(self) -> None:
        """Keep for the next run what was compiled in this one; where the folder cannot be written to, nothing is."""
        if self._file is None or not self._is_new:
            return
        used = {name: marshal.dumps(code) for name, code in self._code.items()}
        others = self._kept if len(self._kept) < _MOST else {}
        content = marshal.dumps(others | used)
        with suppress(OSError):
            write_at_once(self._file, _DIGEST(content).digest() + content)
            self._is_new = False


def _name(bucket: Bucket) -> str:
    return f"{bucket.key}-{bucket.checksum}"


def _compiler(recipe: bytes) -> str:
    """Return a digest of all that the code depends on beside the templates."""
    parts = (importlib.util.MAGIC_NUMBER, jinja2.__version__.encode(), recipe)
    return _DIGEST(b"\0".join(parts)).hexdigest()[:32]


def _read(file: Path) -> dict[str, bytes]:
    try:
        content = file.read_bytes()
    except OSError:
        return {}
    size = _DIGEST().digest_size
    if _DIGEST(content[size:]).digest() != content[:size]:
        return {}  # a disk that was full
    kept: dict[str, bytes] = marshal.loads(content[size:])  # noqa: S302 - our own file, as a .pyc is
    return kept
