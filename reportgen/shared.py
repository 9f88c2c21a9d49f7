"""What inspections share, as ingredients: the library, the fonts and the tools, as they are now."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from reportgen.edition import names_in
from reportgen.fonts import FontSet
from reportgen.ingredients import Ingredient, digest_of
from reportgen.locales import clause_ingredient, in_force, locale_ingredient
from reportgen.office import entry_ingredient
from reportgen.page import names_ingredient, template_ingredient
from reportgen.tools import DRAWS, drawing_tool
from reportgen.typography import Together
from reportgen.workspace import Library


class Shared:
    """Looks up again what a page once used.

    Args:
        library: as it was read now
        fonts: as they were found now
        tools: as they are installed now
    """

    def __init__(self, library: Library, fonts: FontSet, tools: tuple[Ingredient, ...]) -> None:
        self._library = library
        self._fonts = fonts
        self._tools = tools
        self._known: dict[tuple[str, str, str, str], Ingredient | None] = {}  # by kind, name, language, day
        self._always: dict[str, tuple[Ingredient, ...]] = {}  # by language

    def of(self, language: str) -> tuple[Ingredient, ...]:
        """Return what every page of a language uses: style sheets, fonts, tools."""
        if language not in self._always:
            own = self._library.sheets[language]
            sheets = (Ingredient("sheet", each.path, "", digest_of(each.text), "") for each in own)
            self._always[language] = (*sheets, *self._font_ingredients(language), *self._tools)
        return self._always[language]

    def _font_ingredients(self, language: str) -> Iterator[Ingredient]:
        wanted = {face.family for face in self._library.locales[language].typefaces}
        for family in self._fonts.families:
            if family.typeface.family not in wanted:
                continue
            for file in family.files:
                face = ", ".join(name for name, has in (("bold", file.bold), ("italic", file.italic)) if has)
                name = f"{family.typeface.family} {face}".strip()
                yield Ingredient("font", name, "", file.sha256, family.drawn_with)

    def again(
        self, used: Iterable[Ingredient], language: str, day: str, words: Callable[[], str]
    ) -> Iterator[Ingredient]:
        """Yield each ingredient that is still there, as a page of that language and that day would use it now.

        Args:
            used: what a page used
            language: of the page
            day: the day whose wording it has
            words: asks for the texts of the page, where names are looked for
        """
        if language not in self._library.locales:
            return
        for each in used:
            now = self._now(each, language, day, words)
            if now is not None:
                yield now
        yield from self.of(language)

    def _now(self, used: Ingredient, language: str, day: str, words: Callable[[], str]) -> Ingredient | None:
        if (used.kind, used.name) == ("office", "names"):
            return names_ingredient(self._names(language), words())
        key = (used.kind, used.name, language, day)
        if key not in self._known:
            self._known[key] = self._find(used, language, day)
        return self._known[key]

    def _find(self, used: Ingredient, language: str, day: str) -> Ingredient | None:
        locale = self._library.locales[language]
        match used.kind:
            case "clause":
                clause = in_force(locale.versions.get(used.name, ()), datetime.date.fromisoformat(day))
                return clause_ingredient(clause) if clause else None
            case "locale":
                return (
                    locale_ingredient(locale.data, used.name) if used.name in type(locale.data).model_fields else None
                )
            case "template":
                name = PurePosixPath(used.name).name
                return template_ingredient(name, self._library.templates[language].get(name))
            case "register":
                return self._library.issuance.ingredient if self._library.issuance else None
            case "tool" if used.name == DRAWS:
                return drawing_tool()
            case "office":
                return entry_ingredient(self._library.office, used.name, language)
            case _:
                return None

    def _names(self, language: str) -> Together:
        people, places = names_in(self._library.office, language)
        without_spaces = bool(self._library.locales[language].data.line_break_sample)
        return Together((), places, people, without_spaces=without_spaces)
