"""Records read from YAML: every key and value that is not as the model says is told with its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reportgen.diagnostics import InputError, one_line
from reportgen.model import Count, IdOrText, OrUnknown, Rate, Record, Text, Unknown, texts_in, validate
from reportgen.yamlfile import read_yaml


class Inner(Record):
    name: Text
    count: Count | None = None


class Outer(Record):
    title: str
    inner: Inner | None = None
    known: OrUnknown[Count] = 1
    items: tuple[Inner, ...] = ()
    reference: IdOrText | None = None
    rate: Rate | None = None


def read(text: str) -> Outer:
    return validate(Outer, read_yaml(text.encode(), "x.yaml"))


def told(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text)
    return [one_line(replace(finding, hint=None)) for finding in caught.value.diagnostics]


def test_values_become_what_the_model_says() -> None:
    items = "items: [{name: a, count: 1.000}, {name: {vi: b, th: c}}]"
    found = read(f"title: 5\nknown: unknown\nrate: 96,7\n{items}\nreference: an-id")
    assert (found.title, found.known, found.rate, found.reference) == ("5", Unknown(), Decimal("96.7"), "an-id")
    assert found.items[0].count == 1000
    assert found.items[1].name.in_language("th") == "c"
    with pytest.raises(KeyError):
        found.items[1].name.in_language("en")


def test_a_plain_text_is_the_same_in_every_language() -> None:
    text = read("title: a\ninner: {name: 12}").inner
    assert text is not None
    assert text.name.in_language("xx") == "12"
    assert "xx" in text.name
    assert text.name.languages == frozenset()


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("- a", ["x.yaml:1:1: error[RG203]: “x.yaml” must be lines of “key: value”; found a list"]),
        ("a", ["x.yaml:1:1: error[RG203]: “x.yaml” must be lines of “key: value”; found the text “a”"]),
        ("inner: {name: a}", ["x.yaml:1:1: error[RG201]: “title” is missing here"]),
        ("titel: a", ["x.yaml:1:1: error[RG202]: the key “titel” is not known here"]),
        ("title: [a]", ["x.yaml:1:8: error[RG203]: “title” must be a text; found a list"]),
        ("title:", ["x.yaml:1:7: error[RG204]: “title” has no value"]),
        ("title: a\ninner:", ["x.yaml:2:7: error[RG204]: “inner” has no value"]),
        (
            "title: a\nitems: [a, {nam: x}]",
            [
                "x.yaml:2:9: error[RG203]: “items” must be lines of “key: value”; found the text “a”",
                "x.yaml:2:13: error[RG202]: the key “nam” is not known here",
            ],
        ),
        (
            "title: a\nitems: {name: x}",
            ["x.yaml:2:8: error[RG203]: “items” must be a list; found lines of “key: value”"],
        ),
        ("title: a\nknown: [1]", ["x.yaml:2:8: error[RG203]: “known” must be a text; found a list"]),
        ("title: a\nknown: x", ["x.yaml:2:8: error[RG231]: “x” is not a whole number that can be read"]),
        ("title: a\nrate: {a: b}", ["x.yaml:2:7: error[RG203]: “rate” must be a text; found lines of “key: value”"]),
        ("title: a\ninner: {name: {vi: a, th: }}", ["x.yaml:2:27: error[RG204]: “th” has no value"]),
        ("title: a\ninner: {name: {vi: a, th: ' '}}", ["x.yaml:2:27: error[RG205]: the text is empty here"]),
        ("title: a\ninner: {name: {}}", ["x.yaml:2:15: error[RG205]: the text is empty here"]),
        ("title: a\ninner: {name: {vi: [x]}}", ["x.yaml:2:20: error[RG203]: “vi” must be a text; found a list"]),
        (
            "title: a\nreference: [x]",
            ["x.yaml:2:12: error[RG203]: “reference” must be lines of “key: value”; found a list"],
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(text: str, findings: list[str]) -> None:
    assert told(text) == findings


def test_a_misspelt_key_is_told_once_and_others_are_still_missing() -> None:
    assert told("items: [{nam: a}, {count: 1}]\ntitel: x") == [
        "x.yaml:1:10: error[RG202]: the key “nam” is not known here",
        "x.yaml:1:19: error[RG201]: “name” is missing here",
        "x.yaml:2:1: error[RG202]: the key “titel” is not known here",
    ]


def test_a_long_wrong_value_is_shortened() -> None:
    (line,) = told("title: a\nknown: " + 500 * "x")
    assert len(line) < 200


def test_walking_tells_paths_as_the_file_has_them() -> None:
    found = read("title: a\nitems: [{name: {vi: b}}]\nreference: {vi: c}")
    assert [path for path, _ in texts_in(found)] == [("items", 0, "name"), ("reference",)]
    assert ("items", 0, "count") in dict(found.parts)


def test_what_a_record_holds_is_found_once_and_anew_for_a_copy() -> None:
    found = read("title: a\nitems: [{name: {vi: b}}]")
    told = dict(found.parts)
    assert found.parts is found.parts
    others = [read(f"title: {title}\nitems: [{{name: {{vi: b}}}}]") for title in "aac"]
    assert found == others[0]
    assert [other.parts is not found.parts and found == other for other in others] == [True, True, False]
    copy = found.model_copy(update={"title": "c"})
    assert dict(copy.parts) == {**told, (): copy, ("title",): "c"}
    assert copy.model_dump() == {**found.model_dump(), "title": "c"}
