"""What templates compile to, kept in memory for all pages and in the cache folder for the next run.

Compiling takes longer than filling: without the folder, a check of one inspection would do little else.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from reportgen.kept import Kept


class CompiledTemplates(BytecodeCache):
    """What templates and clauses compile to, by name and content: languages and inspections share most of it.

    There are some forty pieces for each language, and old ones of templates that were edited since.

    Args:
        folder: the cache folder; None keeps nothing for the next run
        recipe: what the code depends on beside the templates: the source of who compiles
    """

    def __init__(self, folder: Path | None = None, recipe: bytes = b"") -> None:
        self._code = Kept(folder, "templates", b"\0".join((jinja2.__version__.encode(), recipe)))

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the name: with the content it tells all pieces apart."""
        return name

    def get_source_checksum(self, source: str) -> str:
        """Return a digest of the content; the same texts come again with each page."""
        return _digest(source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put the code of a template into the bucket, if it is known."""
        bucket.code = self._code.get(_name(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._code.put(_name(bucket), bucket.code)

    def save(self) -> None:
        """Keep for the next run what was compiled in this one."""
        self._code.save()


@lru_cache(maxsize=1000)
def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _name(bucket: Bucket) -> str:
    return f"{bucket.key}-{bucket.checksum}"
