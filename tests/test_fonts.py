"""fonts.py: the right font for each typeface, its letters and metrics, and no other font in sight."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from reportgen.diagnostics import SetupError
from reportgen.fonts import Candidate, FontSet, Typeface, find_fonts, fonts_asked

TIMES = Typeface(
    "Times New Roman",
    (Candidate("Times New Roman"), Candidate("Liberation Serif", package="fonts-liberation2")),
)
TWIN = Candidate("Laksaman", package="fonts-tlwg-laksaman-ttf", twin="RG Saraban", units_per_em=1503, line_gap=44)
SARABAN = Typeface("TH SarabunPSK", (Candidate("TH SarabunPSK"), Candidate("TH Sarabun New"), TWIN))
LETTERS = {"Times New Roman": "ơưạẫđĐ₫ŏČč\u0306", "TH SarabunPSK": "กขฃคฅฆงำ๏๙ơưạẫ"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def fonts(cache: Path) -> FontSet:
    return find_fonts([TIMES, SARABAN], cache, LETTERS)


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A computer on which only the given faces are installed: (file, new family or None, changes)."""

    def install(*faces: tuple[Path, str | None, Callable[[Any], None]]) -> Path:
        folder = tmp_path / "installed"
        folder.mkdir()
        for number, (source, family, change) in enumerate(faces):
            font = TTFont(source, recalcTimestamp=False)
            for record in font["name"].names:
                if family is not None and record.nameID == 1:
                    record.string = family
            change(font)
            font.save(folder / f"{number}.ttf")
        configuration = tmp_path / "fonts.conf"
        configuration.write_text(
            f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path}/fontconfig</cachedir></fontconfig>"
        )
        monkeypatch.setenv("FONTCONFIG_FILE", str(configuration))
        return folder

    return install


@pytest.fixture(scope="module")
def laksaman(cache: Path) -> list[Path]:
    """The four faces of Laksaman as Debian has them."""
    plain = Typeface("Laksaman", (Candidate("Laksaman"),))
    return [file.path for file in find_fonts([plain], cache, {}).families[0].files]


def unchanged(font: Any) -> None:
    del font


def raised(error: pytest.ExceptionInfo[SetupError]) -> list[tuple[str, str]]:
    return [(diagnostic.code, diagnostic.sentence()) for diagnostic in error.value.diagnostics]


def fc(*command: str, configuration: Path) -> str:
    environment = {**os.environ, "FONTCONFIG_FILE": str(configuration)}
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout


# ---- finding


def test_the_first_candidate_that_is_installed_draws_the_typeface(fonts: FontSet) -> None:
    assert [(f.typeface.family, f.drawn_with) for f in fonts.families] == [
        ("Times New Roman", "Liberation Serif"),
        ("TH SarabunPSK", "RG Saraban"),
    ]


def test_a_family_has_its_four_faces(fonts: FontSet) -> None:
    for family in fonts.families:
        faces = [(f.bold, f.italic) for f in family.files]
        assert faces == [(False, False), (True, False), (False, True), (True, True)]
        for file in family.files:
            style = TTFont(file.path, fontNumber=file.index)["head"].macStyle
            assert (bool(style & 1), bool(style & 2)) == (file.bold, file.italic)


def test_the_real_font_is_preferred_to_its_twin(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    computer(*((face, name, unchanged) for face in laksaman for name in (None, "TH SarabunPSK")))
    found = find_fonts([SARABAN], tmp_path / "cache", LETTERS)
    assert found.families[0].drawn_with == "TH SarabunPSK"
    assert "RG Saraban" not in fc("fc-list", configuration=found.fontconfig())


def test_a_substitute_that_fontconfig_would_offer_is_not_taken(tmp_path: Path) -> None:
    typeface = Typeface("No Such Font", (Candidate("No Such Font", package="fonts-none"), Candidate("Neither This")))
    with pytest.raises(SetupError) as error:
        find_fonts([typeface], tmp_path, {})
    assert raised(error) == [
        ("RG700", "no font for “No Such Font” is installed on this computer; looked for: No Such Font, Neither This")
    ]
    assert error.value.diagnostics[0].advice() == "install fonts-none, then run reportgen again"


def test_without_a_package_there_is_no_advice(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as error:
        find_fonts([Typeface("No Such Font", (Candidate("No Such Font"),))], tmp_path, {})
    assert error.value.diagnostics[0].advice() == ""


def test_every_typeface_that_cannot_be_drawn_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as error:
        find_fonts([Typeface(n, (Candidate(n),)) for n in ("No Such Font", "Nor This")], tmp_path, {})
    assert [code for code, _ in raised(error)] == ["RG700", "RG700"]


def test_a_font_without_bold_is_refused(computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path) -> None:
    computer((laksaman[0], None, unchanged), (laksaman[2], None, unchanged))
    with pytest.raises(SetupError) as error:
        find_fonts([SARABAN], tmp_path / "cache", {})
    assert raised(error) == [
        ("RG701", "the font “Laksaman” cannot draw “TH SarabunPSK”: it is installed without its bold face")
    ]


def test_a_font_without_italic_is_accepted_and_the_upright_measured(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    computer((laksaman[0], None, unchanged), (laksaman[1], None, unchanged))
    found = find_fonts([SARABAN], tmp_path / "cache", {})
    assert len(found.families[0].files) == 2
    upright = found.text_width("ABC", "TH SarabunPSK", 16, bold=True)
    assert found.text_width("ABC", "TH SarabunPSK", 16, bold=True, italic=True) == upright


def test_a_font_that_lacks_a_letter_in_one_face_is_refused(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    def without_horn(font: Any) -> None:
        for table in font["cmap"].tables:
            table.cmap.pop(ord("ơ"), None)

    computer((laksaman[0], None, unchanged), (laksaman[1], None, without_horn))
    with pytest.raises(SetupError) as error:
        find_fonts([SARABAN], tmp_path / "cache", LETTERS)
    ((code, sentence),) = raised(error)
    assert code == "RG702"
    assert sentence.endswith("it lacks 1 of the letters of the language: ơ (U+01A1)")


def test_a_refused_candidate_gives_way_to_the_next(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    computer((laksaman[0], "TH SarabunPSK", unchanged), *((face, None, unchanged) for face in laksaman))
    assert find_fonts([SARABAN], tmp_path / "cache", LETTERS).families[0].drawn_with == "RG Saraban"


def test_of_two_versions_of_a_face_the_newer_is_taken(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    def old(font: Any) -> None:
        font["head"].fontRevision = 1.0
        for table in font["cmap"].tables:
            table.cmap.pop(ord("ơ"), None)

    for order in (1, -1):
        versions = [(face, None, change) for face in laksaman[:2] for change in (old, unchanged)[::order]]
        folder = computer(*versions)
        assert find_fonts([SARABAN], tmp_path / "cache", LETTERS).families
        shutil.rmtree(folder)


def test_a_file_that_is_no_font_any_more_is_told(
    computer: Callable[..., Path], laksaman: list[Path], tmp_path: Path
) -> None:
    folder = computer((laksaman[0], None, unchanged), (laksaman[1], None, unchanged))
    with fonts_asked(tmp_path / "cache") as answer:
        listing = answer()
    assert listing.count("\n") == 2
    (folder / "1.ttf").write_bytes(b"not a font")  # the package is taken away just after fc-list has answered
    with pytest.raises(SetupError) as error:
        find_fonts([SARABAN], tmp_path / "cache", {}, lambda: listing)
    ((code, sentence),) = raised(error)
    assert code == "RG703"
    assert f"{folder / '1.ttf'} cannot be read" in sentence


def test_a_computer_without_fontconfig_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError) as error:
        find_fonts([TIMES], tmp_path / "cache", {})
    assert error.value.diagnostics[0].code == "RG704"


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SetupError) as error:
        find_fonts([TIMES], tmp_path / "cache", {})
    assert error.value.diagnostics[0].code == "RG705"


def test_a_typeface_that_two_locales_declare_alike_is_taken_once(cache: Path) -> None:
    assert len(find_fonts([TIMES, SARABAN, TIMES], cache, LETTERS).families) == 2


def test_a_typeface_declared_in_two_ways_is_an_error(cache: Path) -> None:
    other = Typeface("Times New Roman", (Candidate("Liberation Serif"),))
    with pytest.raises(ValueError, match="declared twice"):
        find_fonts([TIMES, other], cache, {})


@pytest.mark.parametrize("wrong", [{"twin": "A"}, {"units_per_em": 1503}, {"line_gap": 3}])
def test_a_twin_needs_a_name_and_an_em(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a twin has"):
        Candidate("Laksaman", **wrong)


# ---- the twin


def test_the_twin_has_the_metrics_of_th_sarabun_new(fonts: FontSet, laksaman: list[Path]) -> None:
    for file, source in zip(fonts.families[1].files, laksaman, strict=True):
        twin, original = TTFont(file.path), TTFont(source)
        assert twin["head"].unitsPerEm == 1503
        assert not twin["OS/2"].fsSelection & 1 << 7
        assert twin["hmtx"].metrics == original["hmtx"].metrics
        assert twin["OS/2"].sCapHeight / 1503 == pytest.approx(0.476, abs=0.001)  # standards: 0.476 em
        assert twin["head"].modified == original["head"].modified


def test_the_twin_has_its_own_name_and_keeps_copyright_and_licence(fonts: FontSet, laksaman: list[Path]) -> None:
    names = TTFont(fonts.families[1].files[3].path)["name"]
    original = TTFont(laksaman[3])["name"]
    assert [names.getDebugName(n) for n in (1, 2, 3, 4, 6)] == [
        "RG Saraban", "Bold Italic", "RG Saraban Bold Italic", "RG Saraban Bold Italic", "RGSaraban-BoldItalic",
    ]  # fmt: skip
    assert not any("Laksaman" in str(r) for r in names.names if r.nameID in (1, 3, 4, 6, 16, 17, 18, 21, 22))
    assert original.getDebugName(13)
    assert {n: names.getDebugName(n) for n in (0, 13)} == {n: original.getDebugName(n) for n in (0, 13)}


def test_the_twin_is_the_same_bytes_whenever_it_is_made(fonts: FontSet, tmp_path: Path) -> None:
    again = find_fonts([SARABAN], tmp_path, LETTERS)
    assert [f.sha256 for f in again.families[0].files] == [f.sha256 for f in fonts.families[1].files]


def test_the_cache_is_used_again(fonts: FontSet, cache: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache.iterdir() if path.is_file()}
    assert find_fonts([TIMES, SARABAN], cache, LETTERS) == fonts
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir() if path.is_file()} == before
    assert {path.suffix for path in before} == {".ttf", ".json", ".conf"}  # nothing half written


def test_another_recipe_is_another_twin(fonts: FontSet, cache: Path) -> None:
    wider = Typeface("Wide", (Candidate("Laksaman", twin="RG Wide", units_per_em=1000),))
    found = find_fonts([wider, SARABAN], cache, LETTERS)
    assert found.text_width("กขค", "Wide", 10) == pytest.approx(1.503 * fonts.text_width("กขค", "TH SarabunPSK", 10))


def test_a_second_process_needs_no_fonttools(fonts: FontSet, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.test_fonts import TIMES, SARABAN, LETTERS\n"
        "for name in [n for n in sys.modules if n.startswith('fontTools')]: del sys.modules[name]\n"
        "from reportgen.fonts import find_fonts\n"
        "found = find_fonts([TIMES, SARABAN], Path(sys.argv[1]), LETTERS)\n"
        "assert found.missing('ก☐', ['TH SarabunPSK']) == {'☐'}\n"
        "assert found.text_width('ก', 'TH SarabunPSK', 16) > 0 < found.line_ratio('Times New Roman')\n"
        "print([n for n in sys.modules if n.startswith('fontTools')])\n"
    )
    command = [sys.executable, "-c", code, str(cache)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_font_set_travels_to_another_process(fonts: FontSet) -> None:
    parcel = pickle.dumps(fonts)
    assert pickle.loads(parcel) == fonts
    assert len(parcel) < 10_000


# ---- letters and widths


def test_missing_names_what_no_declared_family_has(fonts: FontSet) -> None:
    assert fonts.missing("ก Lắk ☐", ["TH SarabunPSK"]) == {"☐"}
    assert fonts.missing("ก Lắk ☐", ["Times New Roman"]) == {"ก", "☐"}
    assert fonts.missing("ก Lắk", ["Times New Roman", "TH SarabunPSK"]) == set()


def test_what_leaves_no_ink_is_never_missing(fonts: FontSet) -> None:
    assert fonts.missing("a \u00a0\u202f\n\t\u200b\u2060\u00ad", ["TH SarabunPSK"]) == set()


def test_the_letters_of_the_highland_names(fonts: FontSet) -> None:
    # Ê-đê and M'nông names; the Thai font lacks some, the Vietnamese one none.
    highland = "ŎŏČčɃƀÊĐêđƠơƯưÔô\u0306\u0302"
    assert fonts.missing(highland, ["Times New Roman"]) == set()
    assert fonts.missing(highland, ["TH SarabunPSK"]) == set("ŎŏɃƀ\u0306\u0302")


def test_the_first_family_that_has_a_character_draws_it(fonts: FontSet) -> None:
    order = ["TH SarabunPSK", "Times New Roman"]
    assert [fonts.family_for(char, order) for char in "กaŏ☐"] == [order[0], order[0], order[1], None]


def test_a_letter_and_its_marks_are_drawn_by_one_family(fonts: FontSet) -> None:
    order = ["TH SarabunPSK", "Times New Roman"]
    assert fonts.family_for("ê", order) == "TH SarabunPSK"
    assert fonts.family_for("ê\u0306", order) == "Times New Roman"
    assert fonts.family_for("ก\u0306", order) is None


def test_an_undeclared_family_is_a_bug(fonts: FontSet) -> None:
    with pytest.raises(KeyError, match="Liberation Serif"):
        fonts.missing("a", ["Liberation Serif"])


def test_widths_are_those_of_the_font(fonts: FontSet) -> None:
    # Times New Roman: A 0.722 em, B 0.667 em; bold B 0.667 em, A 0.722 em; italic A 0.611 em, B 0.611 em.
    assert fonts.text_width("AB", "Times New Roman", 10) == pytest.approx(13.89, abs=0.01)
    assert fonts.text_width("AB", "Times New Roman", 10, italic=True) == pytest.approx(12.22, abs=0.01)
    assert fonts.text_width("ที่นี่", "TH SarabunPSK", 16) == pytest.approx(fonts.text_width("ทน", "TH SarabunPSK", 16))


def test_a_character_of_another_family_is_measured_there(fonts: FontSet) -> None:
    assert fonts.text_width("ก", "Times New Roman", 16) == fonts.text_width("ก", "TH SarabunPSK", 16)
    assert fonts.text_width("a\n\u200b", "Times New Roman", 16) == fonts.text_width("a", "Times New Roman", 16)
    with pytest.raises(ValueError, match=r"U\+2610"):
        fonts.text_width("☐", "Times New Roman", 16)


def test_a_single_line_is_as_high_as_in_word(fonts: FontSet) -> None:
    assert fonts.line_ratio("Times New Roman") == pytest.approx(1.149, abs=0.001)
    assert fonts.line_ratio("TH SarabunPSK") == pytest.approx(1.331, abs=0.001)


def test_typographic_metrics_count_where_the_font_asks_for_them(
    fonts: FontSet, cache: Path, laksaman: list[Path]
) -> None:
    plain = find_fonts([Typeface("Laksaman", (Candidate("Laksaman"),))], cache, {})
    windows = TTFont(laksaman[0])["OS/2"]
    assert windows.fsSelection & 1 << 7
    typographic = windows.sTypoAscender - windows.sTypoDescender + windows.sTypoLineGap
    assert plain.line_ratio("Laksaman") == typographic / 1000


def test_the_size_factor_is_kept_for_the_printers(cache: Path) -> None:
    smaller = Typeface("Liberation Serif", (Candidate("Liberation Serif"),), Decimal("0.7"))
    assert find_fonts([smaller], cache, {}).families[0].typeface.size_factor == Decimal("0.7")


# ---- the private fontconfig file


def test_only_the_chosen_files_are_visible(fonts: FontSet, cache: Path) -> None:
    find_fonts([Typeface("Liberation Sans", (Candidate("Liberation Sans"),))], cache, {})  # a neighbour in the cache
    listed = fc("fc-list", "--format", "%{file}\n", configuration=fonts.fontconfig()).split()
    assert sorted(listed) == sorted(str(file.path) for family in fonts.families for file in family.files)


def test_a_declared_name_leads_to_the_drawn_family(fonts: FontSet) -> None:
    for family in fonts.families:
        for file in family.files:
            asked = f"{family.typeface.family}:weight={200 if file.bold else 80}:slant={100 if file.italic else 0}"
            answer = fc("fc-match", "--format", "%{file}\t%{matrix}", asked, configuration=fonts.fontconfig())
            assert answer == f"{file.path}\t"  # no matrix: the size is the font's own


def test_a_folder_with_odd_characters_works(tmp_path: Path) -> None:
    found = find_fonts([SARABAN], tmp_path / "bản in & <ký>", LETTERS)
    assert "RG Saraban" in fc("fc-match", "TH SarabunPSK", configuration=found.fontconfig())


def test_a_process_with_the_private_file_still_finds_what_is_installed(
    fonts: FontSet, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts.fontconfig()))
    assert find_fonts([TIMES, SARABAN], cache, LETTERS) == fonts


def test_the_printer_draws_with_these_fonts_at_these_widths(fonts: FontSet, tmp_path: Path) -> None:
    code = (
        "import sys, json, weasyprint\n"
        "html = '''<style>span{font-size:100pt;white-space:nowrap} .t{font-family:\"TH SarabunPSK\"}"
        ' .v{font-family:"Times New Roman"}</style><body>'
        "<span class=v>Đắk Lắk</span><br><b><span class=v>Đắk Lắk</span></b><br><span class=t>สำนักงาน</span>"
        "<br><i><span class=t>ที่ทำการ</span></i>'''\n"
        "document = weasyprint.HTML(string=html).render()\n"
        "boxes = [b for b in document.pages[0]._page_box.descendants() if hasattr(b, 'pango_layout')]\n"
        "document.write_pdf(sys.argv[1])\n"
        "print(json.dumps([b.width * .75 for b in boxes]))\n"
    )
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts.fontconfig())}
    pdf = tmp_path / "a.pdf"
    command = [sys.executable, "-c", code, str(pdf)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    measured = [
        fonts.text_width("Đắk Lắk", "Times New Roman", 100),
        fonts.text_width("Đắk Lắk", "Times New Roman", 100, bold=True),
        fonts.text_width("สำนักงาน", "TH SarabunPSK", 100),
        fonts.text_width("ที่ทำการ", "TH SarabunPSK", 100, italic=True),
    ]
    assert json.loads(run.stdout) == pytest.approx(measured, rel=0.005)
    listed = subprocess.run(["pdffonts", pdf], capture_output=True, text=True, check=True).stdout
    assert {line.split("+")[1].split()[0] for line in listed.splitlines()[2:]} == {
        "Liberation-Serif", "Liberation-Serif-Bold", "RG-Saraban", "RG-Saraban-Italic",
    }  # fmt: skip
