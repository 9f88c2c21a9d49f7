"""What templates compile to, kept in memory for all pages and in the cache folder for the next run.

Compiling takes longer than filling: without the folder, a check of one inspection would do little else. And Jinja would
load the same code again for each page, which takes a quarter as long as filling it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import BaseLoader, BytecodeCache, Environment, Template, TemplateNotFound
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr

from reportgen.kept import Kept


class CompiledTemplates(BytecodeCache):
    """What templates and clauses compile to, by name and content: languages and inspections share most of it.

    There are some forty pieces for each language, and old ones of templates that were edited since.

    Args:
        folder: the cache folder; None keeps nothing for the next run
        recipe: what the code depends on beside the templates: the source of who compiles

    Attributes:
        idle: environments that have loaded some of it and make no page now
    """

    def __init__(self, folder: Path | None = None, recipe: bytes = b"") -> None:
        own = Path(__file__).read_bytes()
        self._code = Kept(folder, "templates", b"\0".join((jinja2.__version__.encode(), own, recipe)))
        self.idle: list[Environment] = []

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


class PageLoader(BaseLoader):
    """Loads templates and clauses once for all pages of an environment, which makes one page after another.

    What a page uses is its own all the same: it gets each template as if it had just been loaded, without the module of
    macros that another page made of it, and what it asks for is asked of ``find`` once.
    """

    def __init__(self) -> None:
        self._find: Callable[[str], str | None] = lambda _: None
        self._loaded: dict[tuple[str, str], Template] = {}
        self._of_page: dict[str, Template] = {}

    def begin_page(self, find: Callable[[str], str | None]) -> None:
        """Begin a page; ``find`` returns the text of a template by name, None where there is none."""
        self._find = find
        self._of_page = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text and name.

        Raises:
            TemplateNotFound: where there is none of the name.
        """
        text = self._find(template)
        if text is None:
            raise TemplateNotFound(template)
        return text, template, lambda: True

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name
    ) -> Template:
        """Return a template of the page that was begun."""
        found = self._of_page.get(name)
        if found is None:
            known = name, self.get_source(environment, name)[0]
            if known not in self._loaded:
                self._loaded[known] = super().load(environment, name, globals)
            found = self._of_page[name] = _anew(self._loaded[known])
        return found


def _anew(template: Template) -> Template:
    copy: Template = object.__new__(type(template))
    vars(copy).update(vars(template))
    return copy


class PrintingGenerator(CodeGenerator):
    """Makes Jinja's code, but for one thing: what is printed goes through one function, ``environment.printed``.

    Jinja's own code asks ``finalize`` first, and then copies the text twice to escape it. Hooks that another version of
    Jinja does not call change nothing.
    """

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if _is_escaped(frame):
            self.write("environment.printed(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if _is_escaped(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


def _is_escaped(frame: Frame) -> bool:
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


@lru_cache(maxsize=1000)
def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _name(bucket: Bucket) -> str:
    return f"{bucket.key}-{bucket.checksum}"
