import ast
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

import reportgen
from reportgen import model, texts
from reportgen.calendars import Calendar
from reportgen.causes import _SYSTEM
from reportgen.diagnostics import Diagnostic, Place, Word, catalogue, one_line
from reportgen.inspection import Inspection
from reportgen.model import validate
from reportgen.scanned import Match
from reportgen.signatures import _TRUST, ADDED
from reportgen.staleness import Standing
from reportgen.verifying import _ATTACHED, _REPRODUCED, Verdict
from reportgen.yamlfile import _OTHER_PROGRAMS, read_yaml

LANGUAGES = ("en", "vi", "th")
TRANSLATIONS = ("vi", "th")
GROUPS = ("severities", "dates", "ui", "words")  # entries that are no findings: name → sentence
MODULES = sorted(Path(reportgen.__file__).parent.glob("*.py"))

# ---- the catalogues


def sentences_of(entry: dict) -> dict[str, str]:
    """Return the sentences of a finding: its message, and its hints by name."""
    return {"message": entry["message"], **{f"hint {name}": text for name, text in entry.get("hints", {}).items()}}


def entries(language: str) -> dict[str, dict]:
    return {name: entry for name, entry in catalogue(language).items() if name not in GROUPS}


def all_sentences(language: str) -> dict[tuple[str, str], str]:
    """Return every sentence of a language by entry and part."""
    found = {(group, name): text for group in GROUPS for name, text in catalogue(language)[group].items()}
    for name, entry in entries(language).items():
        found |= {(name, part): text for part, text in sentences_of(entry).items()}
    return found


def placeholders(sentence: str) -> frozenset[str]:
    return frozenset(field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_entries_and_hints_of_the_english_catalogue_in_its_order(language):
    assert list(all_sentences(language)) == list(all_sentences("en"))
    assert list(catalogue(language)) == list(catalogue("en"))


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_uses_the_placeholders_of_the_english_sentence(language):
    english = all_sentences("en")
    differing = {
        key: text for key, text in all_sentences(language).items() if placeholders(text) != placeholders(english[key])
    }
    assert not differing


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_finding_has_a_reason_of_its_own_for_explain(language):
    source = resources.files("reportgen").joinpath(f"explanations/{language}.yaml").read_bytes()
    reasons = read_yaml(source, language).data
    assert list(reasons) == list(entries("en"))
    assert len(set(reasons.values())) == len(reasons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_stands_twice_in_a_catalogue(language):
    source = resources.files("reportgen").joinpath(f"messages/{language}.yaml").read_bytes()
    assert read_yaml(source, language).data == catalogue(language)


def test_every_entry_says_a_message_and_hints_and_nothing_else():
    for language in LANGUAGES:
        allowed = {"message", "hints"} | ({"code", "severity"} if language == "en" else set())
        for name, entry in entries(language).items():
            assert set(entry) <= allowed, name
            assert all(isinstance(text, str) and text for text in sentences_of(entry).values()), name


def test_codes_are_unique_and_severities_known():
    codes = [entry["code"] for entry in entries("en").values()]
    assert len(codes) > 100
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"RG[1-9]\d\d", code) for code in codes)
    severities = {entry.get("severity", "error") for entry in entries("en").values()}
    assert severities == set(catalogue("en")["severities"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_in_form_nfc_and_typed_without_slips(language):
    for key, text in all_sentences(language).items():
        assert unicodedata.is_normalized("NFC", text), key
        assert texts.normalize_text(text) == text, key
        assert not list(texts.forbidden_characters(text)), key
        assert text == text.strip(), key
        assert "  " not in text, key


# What a clerk meets in files and commands stays as it is written there.
LITERALS = set(
    """
    date days deputy digits done figures from languages name parent person photos rate role spans team text time to
    total true false unconfirmed unit units unknown within wording_as_of vi th attendees conclusions
    -to reportgen check new ID build clean doctor issue extract -dry-run -C -against -language built issued Ctrl-C
    office.yaml locale.yaml wording.yaml style.css docs/templates.md inspections/ templates/ output/
    output/.reportgen output/issued templates/office.yaml --reason -reason
    sign output/signed/ signing roots output -output -level B-B -holder -key -as PNG PIN PKCS p12 pfx RSA ECDSA bit pip
    install reportgen[sign] reportgen[qr] check_mark QR qr PEM DER signing-space inch templates/minutes.css
    a br hr img src alt figure figcaption p class th td col row scope page id title display block height
    endif endfor clause macro docs/fields.vi.md docs/fields.th.md Excel
    YAML UTF-8 UTF-16 UTF-32 Unicode Notepad Save As MB Tab PDF DOCX Word JPEG PNG CLDR Pango icu4py fontconfig fc-list
    RG215 BB-ĐKT mm pt HH a-z LibreOffice fsType -embed-fonts -time-limit -memory-limit
    dask tcp tls -scheduler docs/cluster.md
    """.split()  # noqa: SIM905 - a table to read
)
LOANWORDS = {"vi": {"byte"}, "th": set()}
LATIN_WORD = re.compile(r"-?[A-Za-z\u00C0-\u024F\u1E00-\u1EFF][A-Za-z\u00C0-\u024F\u1E00-\u1EFF0-9./_-]*")
VIETNAMESE_SYLLABLE = re.compile(
    r"(?:[bcdghklmnprstvx]|ch|g[hi]|kh|ngh?|nh|p|ph|qu|t[hr])?"
    r"(?:[aeiouy]|a[iouy]|e[ou]|i[aeu]|ieu|o[aei]|oa[iy]|u[aeiouy]|u[oye]i?|uou|uy[ae]|y[e]u?)"
    r"(?:ch?|m|ng?h?|p|t)?"
)
# English words that could be read as a Vietnamese syllable; those that Vietnamese has too (in, do, can) are not here.
ENGLISH = set("a an and are at be by did has have is it its not of on or so than that the there this you".split())  # noqa: SIM905


def latin_words(sentence: str) -> list[str]:
    """Return the words in Latin letters that the sentence itself says, without those in {…}."""
    said = "".join(text for text, *_ in string.Formatter().parse(sentence))
    return [word if word in LITERALS else word.rstrip("./") for word in LATIN_WORD.findall(said)]


def is_vietnamese(word: str) -> bool:
    parts = re.split("[/-]", word.lower())
    return all(part not in ENGLISH and VIETNAMESE_SYLLABLE.fullmatch(bare(part)) for part in parts)


def bare(word: str) -> str:
    """Return a Vietnamese word without its marks."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if char.isalpha()).replace("đ", "d")


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_english_word_is_left_in_a_translation(language):
    left = {
        (*key, word)
        for key, text in all_sentences(language).items()
        for word in latin_words(text)
        if word not in LITERALS | LOANWORDS[language]
        if language == "th" or not is_vietnamese(word)
    }
    assert not left


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_sentence_with_words_is_translated(language):
    english = all_sentences("en")
    letters = {"vi": r"[À-ỹ]", "th": r"[ก-๛]"}[language]
    for key, text in all_sentences(language).items():
        if any(word not in LITERALS for word in latin_words(english[key])):
            assert re.search(letters, text), key


@pytest.mark.parametrize(
    ("word", "vietnamese"),
    [("nghiêng", True), ("giữa", True), ("được", True), ("tháng/năm", True), ("the", False), ("list", False)],
)
def test_the_guard_tells_vietnamese_words_from_english_ones(word, vietnamese):
    assert is_vietnamese(word) == vietnamese


# ---- what Python passes to the catalogue


@dataclass(frozen=True)
class Use:
    """A finding, as one place of the source makes it; ``values`` are the names of the values it gives."""

    where: str
    name: str
    values: frozenset[str]
    hints: frozenset[str | None]


# The parameters of what makes a finding; what a constructor takes besides is of no matter here.
MAKERS = {
    "Diagnostic": ("name", "place", "values", "hint"),
    "ValueProblem": ("name", "values", "hint"),
    "DateError": ("name", "values", "hint"),
    "NumberError": ("name", "values", "hint"),
    "PydanticCustomError": ("name", "message", "context"),
    "_RefusedError": ("name",),
}
# fonts._refusal adds these to what a refusal says itself.
REFUSAL = (frozenset({"family", "candidate", "packages"}), frozenset({"install", None}))
# A finding that another module has made already goes on under its own name.
PASSED_ON = {"error.name", "problem.name", "refused.name", "self.name", "name"}
# Hints and words that are computed, and all that may come out.
COMPUTED = {
    "_OTHER_PROGRAMS[found[0]]": frozenset(_OTHER_PROGRAMS.values()),
    "_SYSTEM.get(error.errno or 0, 'system-other')": frozenset({*_SYSTEM.values(), "system-other"}),
    "forbidden_kind(run[0])": frozenset(texts._FORBIDDEN),
    "era.value": frozenset(era.value for era in Calendar),
    "_SHAPES.get(kind, 'mapping')": frozenset({*model._SHAPES.values(), "mapping"}),
    "f'thing-{either.kind}'": frozenset(
        f"thing-{kind}"
        for kind in (
            "inspection",
            "photo",
            "clause",
            "office",
            "template",
            "locale",
            "register",
            "sheet",
            "font",
            "tool",
        )
    ),
    "f'standing-{self.standing}'": frozenset(f"standing-{each}" for each in Standing),
    "f'entry-{self.state}'": frozenset({"entry-issued", "entry-replaced", "entry-changed"}),
    "f'verified-{self.verdict}'": frozenset(f"verified-{each}" for each in Verdict),
    "f'scanned-{self.match}'": frozenset(f"scanned-{each}" for each in Match),
    "_ATTACHED[self.attached]": frozenset(_ATTACHED.values()),
    "_TRUST[self.trusted]": frozenset(_TRUST.values()),
    "f'signed-then-{self.added}'": frozenset(f"signed-then-{each}" for each in ADDED),
    "_REPRODUCED[self.reproduced]": frozenset(_REPRODUCED.values()),
    "kind": frozenset({"person", "body", "title", "position", "unit"}),
}


class Source:
    """A module of the package, read for what it passes to the catalogue."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]
        self.helpers = {function.name: function for function in self.functions if self._passes_its_name_on(function)}

    def _passes_its_name_on(self, function: ast.FunctionDef) -> bool:
        parameters = {argument.arg for argument in function.args.args}
        names = [argument(call, MAKERS["Diagnostic"], "name") for call in calls(function, "Diagnostic")]
        return any(isinstance(name, ast.Name) and name.id in parameters for name in names)

    def function_of(self, node: ast.AST) -> ast.AST:
        """Return the innermost function that holds a node; the module where none does."""
        holding = [f for f in self.functions if f.lineno <= node.lineno <= f.end_lineno]
        return max(holding, key=lambda f: f.lineno, default=self.tree)

    def uses(self) -> Iterator[Use]:
        for maker, parameters in MAKERS.items():
            for call in calls(self.tree, maker):
                yield from self._use(call, parameters)
        for name, function in self.helpers.items():
            parameters = tuple(argument.arg for argument in function.args.args if argument.arg != "self")
            for call in calls(self.tree, name):
                yield from self._use(call, parameters, "line" if name == "_finding" else None)

    def _use(self, call: ast.Call, parameters: tuple[str, ...], plain_without: str | None = None) -> Iterator[Use]:
        function = self.function_of(call)
        where = f"{self.name}:{call.lineno}"
        name = argument(call, parameters, "name")
        if not isinstance(name, ast.Constant):
            passed_on = ast.unparse(name) in PASSED_ON or getattr(function, "name", "") in self.helpers
            assert passed_on, f"{where}: nobody can tell which entry “{ast.unparse(name)}” is"
            return
        if name.value in PYDANTIC:
            return
        if parameters == MAKERS["_RefusedError"]:
            values, hints = REFUSAL
            yield Use(where, name.value, values | {keyword.arg for keyword in call.keywords}, hints)
            return
        values_node, hint_node = argument(call, parameters, "values"), argument(call, parameters, "hint")
        if "context" in parameters:
            context = last_value(argument(call, parameters, "context"), function, call)
            values_node, hint_node = item(context, "values"), item(context, "hint")
        values = self.keys(values_node, function, call)
        hints = self.strings(hint_node, function, call)
        yield Use(where, name.value, values, hints | {"plain"} if plain_without in values else hints)

    def keys(self, node: ast.AST | None, function: ast.AST, call: ast.AST) -> frozenset[str]:
        """Return the keys of the mapping that an expression makes."""
        match node:
            case None:
                return frozenset()
            case ast.Dict():
                own = (
                    self.keys(value, function, call) if key is None else {key.value}
                    for key, value in zip(node.keys, node.values, strict=True)
                )
                return frozenset().union(*own)
            case ast.BinOp(op=ast.BitOr()):
                return self.keys(node.left, function, call) | self.keys(node.right, function, call)
            case ast.IfExp():
                return self.keys(node.body, function, call) & self.keys(node.orelse, function, call)
            case ast.Name():
                value = last_value(node, function, call)
                assert value is not node, f"{self.name}:{call.lineno}: nobody can tell the keys of “{node.id}”"
                return self.keys(value, function, call) | added_keys(node.id, function)
        raise AssertionError(f"{self.name}:{call.lineno}: nobody can tell the keys of “{ast.unparse(node)}”")

    def strings(self, node: ast.AST | None, function: ast.AST, call: ast.AST) -> frozenset[str | None]:
        """Return all that may come out of an expression."""
        match node:
            case None:
                return frozenset({None})
            case ast.Constant():
                return frozenset({node.value})
            case ast.IfExp():
                return self.strings(node.body, function, call) | self.strings(node.orelse, function, call)
            case _ if ast.unparse(node) in COMPUTED:
                return COMPUTED[ast.unparse(node)]
            case ast.Name():
                value = last_value(node, function, call)
                if value is not node:
                    return self.strings(value, function, call)
        raise AssertionError(f"{self.name}:{call.lineno}: nobody can tell what “{ast.unparse(node)}” is")

    def names(self, maker: str, index: int) -> Iterator[tuple[ast.Call, str]]:
        """Yield the calls of a function with what its argument may be."""
        for call in calls(self.tree, maker):
            for name in self.strings(call.args[index], self.function_of(call), call):
                yield call, str(name)


PYDANTIC = frozenset(get_args(ErrorType))  # pydantic's own names, told by model.diagnose


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function, of a class or of a method of ``self`` in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None)):
            yield node


def argument(call: ast.Call, parameters: tuple[str, ...], name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    index = parameters.index(name) if name in parameters else len(call.args)
    return call.args[index] if index < len(call.args) else None


def item(mapping: ast.AST | None, key: str) -> ast.expr | None:
    if not isinstance(mapping, ast.Dict):
        return None
    return next((value for name, value in zip(mapping.keys, mapping.values, strict=True) if name.value == key), None)


def last_value(node: ast.AST | None, function: ast.AST, call: ast.AST) -> ast.AST | None:
    """Return what a name was last given above a call; the node itself where it is no name or is given nothing."""
    if not isinstance(node, ast.Name):
        return node
    given = [
        (step.lineno, step.value)
        for step in ast.walk(function)
        if isinstance(step, ast.Assign | ast.AnnAssign) and step.lineno <= call.lineno
        for target in (step.targets if isinstance(step, ast.Assign) else [step.target])
        if isinstance(target, ast.Name) and target.id == node.id
    ]
    return max(given, key=lambda pair: pair[0])[1] if given else node


def added_keys(name: str, function: ast.AST) -> frozenset[str]:
    """Return the keys that are put into a mapping after it is made: ``values["suggestion"] = …``."""
    targets = [target for step in ast.walk(function) if isinstance(step, ast.Assign) for target in step.targets]
    return frozenset(
        target.slice.value
        for target in targets
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", None) == name
    )


@cache
def sources() -> tuple[Source, ...]:
    return tuple(Source(path) for path in MODULES)


@cache
def all_uses() -> tuple[Use, ...]:
    return tuple(use for source in sources() for use in source.uses())


def test_every_finding_and_hint_that_python_names_is_in_the_catalogue():
    assert len(all_uses()) > 100
    there = entries("en")
    missing = [
        (use.where, use.name, hint)
        for use in all_uses()
        for hint in use.hints
        if use.name not in there or (hint is not None and hint not in there[use.name].get("hints", {}))
    ]
    assert not missing


def test_every_entry_and_hint_of_the_catalogue_is_used():
    used = {(use.name, hint) for use in all_uses() for hint in use.hints}
    names = {name for name, _ in used}
    unused = [name for name in entries("en") if name not in names]
    unused += [
        (name, hint)
        for name, entry in entries("en").items()
        for hint in entry.get("hints", {})
        if name in names and (name, hint) not in used
    ]
    assert not unused


def test_every_value_that_a_sentence_needs_is_given():
    lacking = []
    for use in all_uses():
        entry = entries("en").get(use.name, {"message": ""})
        wanted = placeholders(entry["message"])
        wanted |= {value for hint in use.hints - {None} for value in placeholders(entry["hints"][hint])}
        if wanted - use.values:
            lacking.append((use.where, use.name, sorted(wanted - use.values)))
    assert not lacking


def test_every_word_that_python_names_is_in_the_catalogue_and_every_word_there_is_used():
    named = {name for source in sources() for _, name in source.names("Word", 0)}
    assert named == set(catalogue("en")["words"])


def test_every_sentence_of_the_commands_is_in_the_catalogue_with_its_values_and_every_one_there_is_used():
    there = catalogue("en")["ui"]
    said = set()
    for source in sources():
        for call, name in source.names("say", 0):
            said.add(name)
            assert placeholders(there[name]) <= {keyword.arg for keyword in call.keywords}, name
        said |= {name for _, name in source.names("_secret", 1)}
        for call, name in source.names("Result", 1) if source.name == "doctor.py" else ():
            said.add(name)
            assert placeholders(there[name]) <= source.keys(call.args[2], source.function_of(call), call), name
    assert said == set(there)


# ---- the scan can fail


def uses_of(tmp_path: Path, code: str) -> list[Use]:
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    return list(Source(path).uses())


def test_the_scan_follows_names_conditions_and_helpers(tmp_path):
    code = """
def first(near):
    values = {"a": 1} | {"b": 2}
    values["c"] = 3
    return Diagnostic("one", None, values, "x" if near else "y")
class Reader:
    def check(self):
        hint = "z"
        self._find("two", {**{"d": 4}}, hint)
    def _find(self, name, values, hint):
        self.found.append(Diagnostic(name, self.place, values, hint))
def third():
    raise PydanticCustomError("three", "refused", {"values": {"e": 5}})
"""
    found = {use.name: (use.values, use.hints) for use in uses_of(tmp_path, code)}
    assert found == {
        "one": ({"a", "b", "c"}, {"x", "y"}),
        "two": ({"d"}, {"z"}),
        "three": ({"e"}, {None}),
    }


@pytest.mark.parametrize(
    "code", ["Diagnostic(choose())", "Diagnostic('one', None, {}, hint=choose())", "Diagnostic('one', None, choose())"]
)
def test_the_scan_refuses_what_it_cannot_tell(tmp_path, code):
    with pytest.raises(AssertionError, match="nobody can tell"):
        uses_of(tmp_path, code)


# ---- sentences with words


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_and_findings_inside_a_sentence_are_said_in_its_language(language):
    words = catalogue(language)["words"]
    values = {"key": "k", "expected": Word("list"), "found": Word("this-text", {"text": "t"})}
    shape = Diagnostic("wrong-shape", None, values)
    assert words["list"] in shape.sentence(language)
    assert words["this-text"].format(text="t") in shape.sentence(language)
    inner = Diagnostic("file-empty")
    outer = Diagnostic("letters-not-checked", None, {"problem": inner})
    assert outer.sentence(language).endswith(inner.sentence(language))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "a.yaml:1:7: error[RG203]: “team” must be lines of “key: value”; found the text “x”"),
        ("vi", "a.yaml:1:7: lỗi[RG203]: “team” phải là các dòng “mục: nội dung”; ở đây lại là đoạn chữ “x”"),
        ("th", "a.yaml:1:7: ข้อผิดพลาด[RG203]: “team” ต้องเป็นบรรทัดแบบ “หัวข้อ: ข้อความ” แต่พบข้อความ “x”"),
    ],
)
def test_a_clerk_reads_the_whole_finding_in_one_language(language, expected):
    with pytest.raises(reportgen.diagnostics.InputError) as raised:
        validate(Inspection, read_yaml(b"team: x\n", "a.yaml"))
    found = next(finding for finding in raised.value.diagnostics if finding.place == Place("a.yaml", 1, 7))
    assert one_line(found, language).startswith(expected)


QUOTED = {"keys.py"}  # the library of a token says what it likes: its own words are all that there is


def test_no_finding_repeats_what_another_library_says():
    told = re.compile(r'"(?:problem|reason)": (?:str\(|f"|"|\w+\.(?:msg|message|strerror))')
    repeating = {path.name for path in MODULES if told.search(path.read_text(encoding="utf-8"))}
    assert repeating == QUOTED
