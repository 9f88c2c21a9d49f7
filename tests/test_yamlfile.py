import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reportgen import yamlfile
from reportgen.diagnostics import InputError, Place, catalogue
from reportgen.texts import forbidden_characters, normalize_text
from reportgen.yamlfile import YamlFile, read_yaml

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if hasattr(yaml, "CSafeLoader") else [])]


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request, monkeypatch):
    monkeypatch.setattr(yamlfile, "LOADER", request.param)
    return request.param


def read(text: str) -> YamlFile:
    return read_yaml(text.encode(), "a.yaml")


def findings(source: str | bytes):
    with pytest.raises(InputError) as raised:
        read_yaml(source if isinstance(source, bytes) else source.encode(), "a.yaml")
    return raised.value.diagnostics


def summary(source: str | bytes):
    return [(d.name, d.place.line, d.place.column) for d in findings(source)]


# ---- values


def test_every_scalar_stays_a_string_and_only_an_empty_value_is_none(loader):
    text = "time: 16:30\nno: no\nid: 0123\nv: 1.10\nday: 2567-02-29\nnull: null\nt: ~\nx: 0x1F\n"
    text += "q: ''\nempty:\nl: [1, ]\nm:\n-\n- true\n"
    assert read(text).data == {
        "time": "16:30", "no": "no", "id": "0123", "v": "1.10", "day": "2567-02-29", "null": "null", "t": "~",
        "x": "0x1F", "q": "", "empty": None, "l": ["1"], "m": [None, "true"],
    }  # fmt: skip


def test_keys_and_values_are_normalised(loader):
    file = read("ke\u0302\u0301t: น\u0e4d\u0e49\u0e32\n")
    assert file.data == {"kết": "น้ำ"}
    assert file.keys[("kết",)].value == "kết"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(loader):
    file = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n", "a.yaml")
    assert file.data == {"a": "1", "b": "x\ny\n"}
    assert file.place(("b",)) == Place("a.yaml", 2, 4)
    assert file.text == "a: 1\nb: |\n  x\n  y\n"


# ---- places

TEAM = """\
team:
  name: 'Đoàn 611'
  members:
    - name: Hoàng
      title: {vi: Trưởng, th: "หัวหน้า"}
    - name:
text: |
  one
    two
"""


def test_values_and_keys_have_their_places(loader):
    file = read(TEAM)
    assert str(file.place(("team", "name"))) == "a.yaml:2:9"
    assert str(file.key_place(("team", "name"))) == "a.yaml:2:3"
    assert str(file.place(("team", "members", 0, "name"))) == "a.yaml:4:13"
    assert str(file.place(("team", "members", 0, "title", "th"))) == "a.yaml:5:31"
    assert str(file.key_place(("team", "members", 0, "title", "th"))) == "a.yaml:5:27"
    assert str(file.place(("team", "members", 1, "name"))) == "a.yaml:6:12"
    assert str(file.place(("text",))) == "a.yaml:7:7"


def test_a_path_that_does_not_exist_has_the_place_of_its_nearest_parent(loader):
    file = read(TEAM)
    assert file.place(("team", "members", 0, "unit", 3)) == file.place(("team", "members", 0))
    assert file.key_place(("team", "lead")) == file.place(("team",))
    assert file.key_place(("team", "members", 1)) == file.place(("team", "members", 1))


def test_scalars_come_in_the_order_of_the_file(loader):
    assert list(read(TEAM).scalars()) == [
        (("team", "name"), "Đoàn 611"),
        (("team", "members", 0, "name"), "Hoàng"),
        (("team", "members", 0, "title", "vi"), "Trưởng"),
        (("team", "members", 0, "title", "th"), "หัวหน้า"),
        (("text",), "one\n  two\n"),
    ]


@pytest.mark.parametrize(
    ("source", "character", "line", "column"),
    [
        ("a: one Xo\n", "X", 1, 8),
        ("a: 'it''s X'\n", "X", 1, 11),
        ('a: "\\u0041\\"\\t X"\n', "X", 1, 16),
        ('a: "b\\t X"\n', "\t", 1, 6),
        ("a: one\n  two X\n\n  three\n", "X", 2, 7),
        ("a: one\n  two\n\n  three X\n", "X", 4, 9),
        ("a: |2-  # X\n    one\n   X\n", "X", 3, 4),
        ("a: |\n  one\n    X\n", "X", 3, 5),
        ("a: >\n  one\n  two\n\n  X\n", "X", 5, 3),
        ('a: "one\n  t\\\n  wo X"\n', "X", 3, 6),
        ("a: ke\u0302\u0301t X\n", "X", 1, 10),
        ("a: ke\u0302\u0301t X\n", "t", 1, 8),
    ],
)
def test_a_character_of_a_value_is_located_in_the_source(loader, source, character, line, column):
    file = read(source)
    value = file.data["a"]
    assert file.locate(("a",), value.index(character)) == Place("a.yaml", line, column)


def test_white_space_of_a_value_is_located(loader):
    file = read("a: one  two\nb: |\n  x\n    y\n")
    assert file.locate(("a",), 4) == Place("a.yaml", 1, 8)
    assert file.locate(("b",), 3) == Place("a.yaml", 4, 4)
    assert file.locate(("b",), 99) == Place("a.yaml", 4, 6)
    assert file.locate(("c",), 3) == file.place(())


# ---- refusals


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 1\nb: 2\na: 3\na: 4\n", [("yaml-duplicate-key", 3, 1), ("yaml-duplicate-key", 4, 1)]),
        ("é: 1\ne\u0301: 2\n", [("yaml-duplicate-key", 2, 1)]),
        ("a: &x y\nb: *x\n", [("yaml-anchor", 1, 4), ("yaml-alias", 2, 4)]),
        ("- !!str x\n- !y [z]\n", [("yaml-tag", 1, 3), ("yaml-tag", 2, 3)]),
        ("b: 1\n<<: {a: 1}\n", [("yaml-merge-key", 2, 1)]),
        ("a: {{ x }}\nb: 1\n? [c]\n: d\n", [("yaml-key-not-text", 1, 5), ("yaml-key-not-text", 3, 3)]),
        ("{: x}\n", [("yaml-key-missing", 1, 2)]),
        ("a: 1\n---\nb: 2\n", [("yaml-several-documents", 2, 1)]),
        ("a:\n  - x\n    - y\n", [("yaml-dash-in-text", 3, 5)]),
        ("", [("file-empty", 1, 1)]),
        ("# nothing\n---\n", [("file-empty", 1, 1)]),
        ("a:\n\tb: 1\n", [("yaml-indent-character", 2, 1)]),
        ("a:\n  b: 1\n\tc: 2\n", [("yaml-indent-character", 3, 1)]),
        ("a: {b: 1,\n\tc: 2}\n", [("yaml-indent-character", 2, 1)]),
        ("a:\n\u00a0\u00a0b: 1\n", [("yaml-indent-character", 2, 1)]),
        ("- a\n-\t- b\n", [("yaml-indent-character", 2, 2)]),
        ("a: x\u200by\nb: '\u202e\u202e'\n", [("forbidden-character", 1, 5), ("forbidden-character", 2, 5)]),
        ('a: "\\u0000 \\x85 \\uFEFF \\\\u0000"\n', [("forbidden-character", 1, c) for c in (5, 12, 17)]),
        ("a: \x00\x00\x00b\x07\n", [("forbidden-character", 1, 4), ("forbidden-character", 1, 8)]),
        ('a: "\\U00110000"\n', [("yaml-escape", 1, 5)]),
        ("[" * 20000, [("yaml-too-deep", 1, 51)]),
        ("- " * 60 + "x", [("yaml-too-deep", 1, 101)]),
    ],
)
def test_what_is_refused_is_reported_with_its_place(loader, source, expected):
    assert summary(source) == expected


def test_all_findings_of_a_file_come_at_once_in_order(loader):
    source = "a: 1\u200b\na: !t x\nb: *c\nd: e: f\n"
    assert [name for name, _, _ in summary(source)] == [
        "forbidden-character", "yaml-duplicate-key", "yaml-tag", "yaml-alias", "yaml-colon",
    ]  # fmt: skip


def test_a_tab_inside_a_block_of_text_is_text(loader):
    assert read("a: |\n  x\n  \ty\n").data == {"a": "x\n\ty\n"}


def test_a_dash_where_a_writer_folded_a_long_line_is_text(loader):
    text = "chữ " * 20 + "- hết"
    assert read(f"a: {'chữ ' * 20}\n  - hết\n").data == {"a": text}


def test_a_duplicate_key_names_the_first_line():
    (finding,) = findings("a: 1\nb: 2\na: 3\n")
    assert finding.sentence() == "the key “a” is here a second time; the first is in line 1"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: Kết".encode() + b"\nb: x\xe9y", ("file-not-utf8", 2, 5)),
        ("a: x\n".encode("utf-16"), ("file-utf16", 1, 1)),
        ("a: x\n".encode("utf-16-le"), ("file-utf16", 1, 1)),
        ("a: x\n".encode("utf-32"), ("file-utf16", 1, 1)),
        (b"a: \xed\xa0\x80", ("file-not-utf8", 1, 4)),
        (b"a: 1\r\n\xef\xbb\xbf\r\nb: \xff", ("file-not-utf8", 3, 4)),
        (b"#" * 1_000_001, ("file-too-large", 1, 1)),
    ],
)
def test_bytes_that_are_not_utf8_text_are_refused(source, expected):
    assert summary(source) == [expected]


def test_a_file_of_characters_that_no_text_holds_gives_a_bounded_list():
    found = findings("\u200b\u200c" * 1000)
    assert len(found) == yamlfile.MAX_CHARACTER_FINDINGS + 1
    assert found[-1].sentence().startswith("1900 more characters")


@pytest.mark.parametrize("text", ["x: {" + 5000 * "<<: 1, " + "}\n", "x: {" + 5000 * "a, " + "}\n"])
def test_a_line_with_thousands_of_mistakes_is_told_in_a_thousand(text: str) -> None:
    found = findings(text)
    assert yamlfile.MAX_FINDINGS // 2 < len(found) <= yamlfile.MAX_FINDINGS + 1
    assert {each.place.line for each in found} == {1}


# ---- grammar

GRAMMAR = [
    ("title: Kết luận: đạt\n", "yaml-colon", 1, 16, 'put the text in quotes: title: "Kết luận: đạt"'),
    ("- a: b: c # d\n", "yaml-colon", 1, 7, '- a: "b: c" # d'),
    ('t: xin "a": b\n', "yaml-colon", 1, 11, "t: 'xin \"a\": b'"),
    ("t: {vi: a: b, th: c}\n", "yaml-colon", 1, 10, 't: {vi: "a: b", th: c}'),
    ("a:\n  b: 1\n c: 2\n", "yaml-indent", 3, 2, ": 0, 2"),
    ("a:\n  - b: 1\n   c: 2\n", "yaml-indent", 3, 4, ": 0, 2, 4"),
    ("  a: 1\nb: 2\n", "yaml-indent", 2, 1, ": 2"),
    ("a: 1\n  b: 2\n", "yaml-indent-deeper", 2, 3, "“b: 2”"),
    ("- a: 1\n    b: 2\n", "yaml-indent-deeper", 2, 5, "“  b: 2”"),
    ("a: 1\n- b\n", "yaml-list-and-keys", 2, 1, "dash"),
    ("a:\n  - x\n  b: 1\n", "yaml-list-and-keys", 3, 3, "dash"),
    ('a: "xin\nb: c\n', "yaml-quote-open", 1, 4, 'close it: a: "xin"'),
    ("a: 'xin\nb: c\n", "yaml-quote-open", 1, 4, "close it: a: 'xin'"),
    ('a: "xin\nb: "c"\n', "yaml-quote-open", 1, 4, 'close it: a: "xin"'),
    ("a: 'it's'\nb: c\n", "yaml-quote-inside", 1, 8, 'a: "it\'s"'),
    ('a: "Đoàn "611" x"\nb: 1\n', "yaml-quote-inside", 1, 11, "a: 'Đoàn \"611\" x'"),
    ('- "x" y\n', "yaml-quote-inside", 1, 7, "- '\"x\" y'"),
    ("a: 1\nb 2\nc: 3\n", "yaml-no-colon", 2, 1, ": b: 2"),
    ("a 1\nb: 2\n", "yaml-no-colon", 1, 1, ": a: 1"),
    ("a: 1\nb:2\nc: 3\n", "yaml-no-colon", 2, 1, ": b: 2"),
    ("a：1\nb: 2\n", "yaml-no-colon", 1, 1, ": a: 1"),
    ("a: 1\nKết luận\nc: 3\n", "yaml-no-colon", 2, 1, "write “key: value”"),
    ("a:\n  - x\n  y\nb: 1\n", "yaml-no-dash", 3, 3, "write: - y"),
    ("a:\n  - x\n  -y\nb: 1\n", "yaml-no-dash", 3, 3, "write: - y"),
    *((f"a: {c}x\nb: [\n", "yaml-start-character", 1, 4, f'a: "{c}x"') for c in "@`%,]}"),
    ("a: *Nguyễn x\n", "yaml-start-character", 1, 4, 'a: "*Nguyễn x"'),
    ("a: & x\n", "yaml-start-character", 1, 4, 'a: "& x"'),
    ("a: !Chú ý\n", "yaml-start-character", 1, 4, 'a: "!Chú ý"'),
    ("- > x\n", "yaml-start-character", 1, 3, '- "> x"'),
    ("a: [1] xx\nb: 1\n", "yaml-start-character", 1, 4, 'a: "[1] xx"'),
    ("a: - x\n", "yaml-list-on-key-line", 1, 4, 'a: "- x"'),
    ("a: [x\nb: c\n", "yaml-bracket-open", 1, 4, "]"),
    ("a: {x\nb: c\n", "yaml-bracket-open", 1, 4, "}"),
    ('a: "C:\\Users"\n', "yaml-escape", 1, 7, "a: 'C:\\Users'"),
    (": x\n", "yaml-key-missing", 1, 1, "key: value"),
    ("a: 1\n...\nb: 2\n", "yaml-several-documents", 2, 1, "delete the line"),
]


@pytest.mark.parametrize(("source", "name", "line", "column", "advice"), GRAMMAR, ids=[repr(g[0]) for g in GRAMMAR])
def test_a_fault_of_grammar_says_what_to_write(loader, source, name, line, column, advice):
    (finding,) = findings(source)
    assert (finding.name, finding.place.line, finding.place.column) == (name, line, column)
    assert finding.sentence()
    assert advice in finding.advice()


@pytest.mark.parametrize(
    "source", [g[0] for g in GRAMMAR if g[1] in ("yaml-colon", "yaml-start-character", "yaml-escape")]
)
def test_the_line_that_a_hint_shows_can_be_read(source):
    (finding,) = findings(source)
    assert read(finding.values["line"] + "\n").data


def test_every_code_of_this_part_is_used_once_and_in_its_range():
    codes = [entry["code"] for entry in catalogue("en").values() if str(entry.get("code", "")).startswith("RG1")]
    assert codes
    assert len(codes) == len(set(codes))


# ---- properties

# A writer leaves a no-break space at the start of a key as it is; we refuse it as indentation.
TEXT = st.text(max_size=30).filter(lambda text: not list(forbidden_characters(text)) and not text[:1].isspace())
WORDS = st.text(st.sampled_from("ab:-#'\"\\ {}[]|>!&*@%\n\u0e19\u0e49\u0e4d\u0e32\u0e40\u0e34éế"), max_size=120)
SCALAR = TEXT | WORDS
TREE = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT.filter(bool).map(normalize_text), inner, max_size=4)
    ),
    max_leaves=12,
)


class NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def normalized(value):
    if isinstance(value, dict):
        return {normalize_text(key): normalized(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normalized(inner) for inner in value]
    return normalize_text(value)


def dump(tree, flow):
    return yaml.dump(tree, Dumper=NoAliases, allow_unicode=True, default_flow_style=flow, sort_keys=False)


@given(TREE, st.sampled_from([True, False, None]))
def test_what_a_yaml_writer_wrote_reads_back_equal(tree, flow):
    assert read(dump(tree, flow)).data == normalized(tree)


@given(TREE, st.sampled_from([True, False, None]))
def test_the_place_of_each_character_points_at_it_in_the_source(tree, flow):
    file = read(dump(tree, flow))
    for path, value in file.scalars():
        place = file.place(path)
        if file.spans[path].style:
            assert file.lines[place.line - 1][place.column - 1] == file.spans[path].style
        if file.spans[path].raw != value:
            continue
        for offset, character in enumerate(value):
            at = file.locate(path, offset)
            if character not in " \t\n":
                assert file.lines[at.line - 1][at.column - 1] in (character, "\\")


def data_or_advice(source: bytes):
    try:
        return read_yaml(source, "a.yaml").data
    except InputError as error:
        return [(finding.place.line, finding.sentence(), finding.advice()) for finding in error.diagnostics]


SIGNS = st.text(st.sampled_from("ab:-?,#&*!|>'\"%@`[]{} \n\t\\uU1\u00a0\u200b<~"), max_size=40).map(str.encode)


@given(st.binary(max_size=200) | SIGNS, st.sampled_from(LOADERS))
def test_any_bytes_give_a_file_or_an_input_error_that_says_what_to_write(source, loader):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamlfile, "LOADER", loader)
        answer = data_or_advice(source)
    assert answer is not None
    if isinstance(answer, list) and answer and isinstance(answer[0], tuple):
        assert all(line and sentence and advice for line, sentence, advice in answer)


def test_two_hundred_lines_are_read_in_milliseconds():
    text = "".join(f"r{n}:\n  - area: x\n    unit: {{vi: Xã {n}, th: ตำบล {n}}}\n" for n in range(67)).encode()
    durations = []
    for _ in range(5):
        start = time.perf_counter()
        read_yaml(text, "a.yaml")
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.1  # about 5 ms with the C parser, 25 without


@pytest.mark.parametrize(
    "text", ["\t\n" * 400_000, "\t#\n" * 300_000, "{" * 900_000, 'a: "' + "x\n" * 400_000, "- " * 400_000]
)
def test_a_hostile_file_is_answered_soon(text):
    start = time.perf_counter()
    findings(text)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("sign", ["\uf900", "\u1100\u1161"])
def test_a_text_is_composed_where_no_mark_stands_apart(sign):
    file = read_yaml(f"a: x{sign}".encode(), "a.yaml")
    assert [note.name for note in file.notes] == ["marks-apart"]
    assert len(file.data["a"]) == 2
