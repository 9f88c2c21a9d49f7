"""Photographs: turned, freed of position data, on white, of a size that paper needs; what is no picture is told."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from conftest import REAL, Office
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile
from PIL.ExifTags import IFD, Base

from reportgen import photographs
from reportgen.build import Order, make_jobs
from reportgen.diagnostics import Diagnostic, InputError, Place
from reportgen.folders import Workspace
from reportgen.job import Job
from reportgen.photographs import DOTS_PER_INCH, prepare_picture, without_metadata
from reportgen.pictures import KeptPictures, Picture
from reportgen.workspace import load_inspection, read_library

PLACE = Place("inspections/x.yaml", 3, 11)
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def prepared(source: bytes) -> Image.Image:
    return Image.open(io.BytesIO(prepare_picture(source, "x.jpg", PLACE).content))


def near(found: object, wanted: tuple[int, int, int]) -> bool:
    return isinstance(found, tuple) and all(abs(a - b) < 12 for a, b in zip(found, wanted, strict=True))


def with_orientation(orientation: int) -> bytes:
    """Return a JPEG, red at the left and blue at the right, with a camera's orientation and position."""
    image = Image.new("RGB", (80, 40), RED)
    image.paste(BLUE, (40, 0, 80, 40))
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Make] = "Camera"
    exif.get_ifd(IFD.GPSInfo)[2] = (12.0, 30.0, 0.0)
    return encoded(image, "JPEG", exif=exif, quality=95)


# EXIF 2.32, tag Orientation: where the picture's first row and column are; what must be red after turning
@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (80, 40), (5, 20)),
        (3, (80, 40), (75, 20)),
        (6, (40, 80), (20, 5)),
        (8, (40, 80), (20, 75)),
        (2, (80, 40), (75, 20)),
    ],
)
def test_a_photograph_is_turned_as_the_camera_was_held(
    orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    image = prepared(with_orientation(orientation))
    assert image.size == size
    assert near(image.getpixel(red), RED)


def test_position_and_camera_are_removed() -> None:
    source = with_orientation(6)
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(IFD.GPSInfo)
    image = prepared(source)
    assert not image.getexif()
    assert "exif" not in image.info
    assert b"Camera" not in prepare_picture(source, "x.jpg", PLACE).content


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    assert near(prepared(encoded(Image.new(mode, (10, 10), 0))).getpixel((5, 5)), WHITE)


def test_a_palette_with_a_transparent_colour_becomes_white() -> None:
    image = Image.new("P", (10, 10), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert near(prepared(encoded(image, transparency=0)).getpixel((5, 5)), WHITE)


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (65535, 255), (32768, 128)])
def test_sixteen_bits_of_grey_become_eight(value: int, grey: int) -> None:
    found = prepared(encoded(Image.new("I;16", (10, 10), value))).getpixel((5, 5))
    assert near(found, (grey, grey, grey))


def test_a_printers_colours_become_a_screens() -> None:
    image = prepared(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
    assert image.mode == "RGB"
    pixel = image.getpixel((8, 8))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[1] < 60


@pytest.mark.parametrize("width", [66, 68, 170])
def test_a_large_picture_is_made_as_small_as_paper_needs(width: int) -> None:
    source = encoded(Image.new("RGB", (6000, 3000), RED), "JPEG")
    picture = prepare_picture(source, "x.jpg", PLACE, width)
    assert picture.width == round(width / 25.4 * DOTS_PER_INCH)
    assert picture.height == round(picture.width / 2)
    assert 200 <= DOTS_PER_INCH <= 300


def test_a_tall_picture_is_as_sharp_as_a_wide_one() -> None:
    picture = prepare_picture(encoded(Image.new("RGB", (2000, 3000), RED), "JPEG"), "x.jpg", PLACE, 50.8)
    assert (picture.width, picture.height) == (2 * DOTS_PER_INCH, 3 * DOTS_PER_INCH)


def test_a_small_picture_is_not_made_larger() -> None:
    picture = prepare_picture(encoded(Image.new("L", (30, 20), 7)), "x.png", PLACE)
    assert (picture.width, picture.height) == (30, 20)


def noise(size: tuple[int, int] = (80, 60)) -> Image.Image:
    return Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))


ENCODINGS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "not subsampled": {"subsampling": 0},
    "as red, green, blue": {"keep_rgb": True},
    "with words": {"comment": b"Camera", "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0 Camera"},
}


@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_photograph_that_is_ready_keeps_its_pixels_and_loses_its_metadata(
    mode: str, options: dict[str, object]
) -> None:
    if mode == "L":
        options = {name: value for name, value in options.items() if name != "keep_rgb"}
    source = encoded(noise().convert(mode), "JPEG", **options) + b"Camera: what a telephone puts behind the picture"
    picture = prepare_picture(source, "x.jpg", PLACE)
    found, given = (Image.open(io.BytesIO(content)) for content in (picture.content, source))
    assert found.tobytes() == given.tobytes()
    assert found.size == (picture.width, picture.height)
    assert b"Camera" not in picture.content
    assert set(found.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "adobe",
        "adobe_transform",
        "progression",
        "progressive",
    }


def with_profile(image: Image.Image, swapped: bool) -> bytes:
    """Return a JPEG with a profile: that of sRGB, or one in which red and blue have changed places."""
    profile = (resources.files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
    if swapped:
        profile = profile.replace(b"rXYZ", b"xxxx").replace(b"bXYZ", b"rXYZ").replace(b"xxxx", b"bXYZ")
    return encoded(image, "JPEG", icc_profile=profile, quality=95)


def test_colours_are_those_that_the_profile_says() -> None:
    image = prepared(with_profile(Image.new("RGB", (16, 16), RED), swapped=True))
    assert near(image.getpixel((8, 8)), BLUE)
    assert "icc_profile" not in image.info


def test_a_profile_that_changes_nothing_changes_no_pixel() -> None:
    source = with_profile(noise(), swapped=False)
    picture = prepare_picture(source, "x.jpg", PLACE)
    assert b"ICC_PROFILE" in source
    assert b"ICC_PROFILE" not in picture.content
    assert Image.open(io.BytesIO(picture.content)).tobytes() == Image.open(io.BytesIO(source)).tobytes()


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 500])
def test_a_profile_that_cannot_be_read_says_nothing(profile: bytes) -> None:
    assert near(prepared(encoded(Image.new("RGB", (9, 9), RED), icc_profile=profile)).getpixel((5, 5)), RED)
    assert near(prepared(encoded(Image.new("RGB", (9, 9), RED), "JPEG", icc_profile=profile)).getpixel((5, 5)), RED)


SOURCES = {
    "turned": with_orientation(6),
    "ready": encoded(noise(), "JPEG"),
    "large": encoded(noise((3000, 700)), "JPEG"),
    "PNG": encoded(noise()),
    "grey": encoded(noise().convert("L"), "JPEG"),
    "transparent": encoded(Image.new("RGBA", (10, 10), 0)),
    "for a printer": encoded(noise().convert("CMYK"), "JPEG"),
    "with a profile": with_profile(noise(), swapped=True),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_bytes_come_out_of_the_same_bytes_and_out_of_those_again(name: str) -> None:
    picture = prepare_picture(SOURCES[name], "a.jpg", PLACE, 68)
    assert prepare_picture(SOURCES[name], "b.jpg", Place("other.yaml"), 68) == picture
    assert prepare_picture(picture.content, "a.jpg", PLACE, 68) == picture
    assert isinstance(picture, Picture)


@given(st.data())
def test_a_damaged_photograph_is_read_whole_or_refused(data: st.DataObject) -> None:
    source = bytearray(SOURCES["ready"])
    place = data.draw(st.integers(0, len(source) - 1))
    source[place] = data.draw(st.integers(0, 255))
    try:
        picture = prepare_picture(bytes(source), "x.jpg", PLACE)
    except InputError:
        pass
    else:
        found = Image.open(io.BytesIO(picture.content))
        found.load()
        assert found.size == (picture.width, picture.height)


def test_segments_that_are_not_known_are_not_copied() -> None:
    jpeg = encoded(noise(), "JPEG")
    assert without_metadata(jpeg)
    for frame in (b"\xff\xc3", b"\xff\xc9"):  # lossless, arithmetic codes: not every reader knows them
        assert without_metadata(jpeg.replace(b"\xff\xc0", frame)) is None
    assert without_metadata(jpeg[:-2]) is None


def _finding(source: bytes) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        prepare_picture(source, "x.jpg", PLACE)
    (finding,) = caught.value.diagnostics
    assert finding.place == PLACE
    return finding


def _refused(source: bytes) -> str:
    return _finding(source).name


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG that says it is huge and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_half_a_picture_is_refused_although_weasyprint_would_fill_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    jpeg = encoded(Image.new("RGB", (200, 200), RED), "JPEG")
    assert _refused(jpeg[: len(jpeg) // 2]) == "picture-unreadable"
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_what_is_no_picture_is_told() -> None:
    jpeg = encoded(Image.new("RGB", (200, 200), RED), "JPEG")
    for source in (
        b"",
        b"words",
        b"%PDF-1.7",
        encoded(Image.new("RGB", (5, 5)), "GIF"),
        encoded(Image.new("RGB", (5, 5)), "BMP"),
        jpeg[: len(jpeg) // 2],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        huge_png(10, 10),
    ):
        assert _refused(source) == "picture-unreadable"


def test_a_picture_that_is_cut_off_is_told_otherwise_than_what_is_no_picture() -> None:
    jpeg = encoded(Image.new("RGB", (200, 200), RED), "JPEG")
    assert _finding(jpeg[: len(jpeg) // 2]).sentence().endswith("the file is damaged or cut off")
    assert _finding(b"words").sentence().endswith("it is neither JPEG nor PNG, or its beginning is damaged")


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_told_before_they_are_read(width: int, height: int) -> None:
    assert _refused(huge_png(width, height)) == "picture-too-many-pixels"


def test_too_many_bytes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "MAXIMUM_BYTES", 100)
    assert _refused(b"\xff\xd8" + 200 * b"x") == "picture-too-large"


# ---- kept -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def prepared_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the photographs that were prepared; nothing is kept from before."""
    names: list[str] = []

    def prepare(source: bytes, name: str, *more: Any) -> Picture:
        names.append(name)
        return prepare_picture(source, name, *more)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(photographs, "prepare_picture", prepare)
    return names


def jobs_of(root: Path, office: Office) -> list[Job]:
    workspace = Workspace(root)
    library = read_library(workspace)
    fonts = library.find_fonts(office.cache / "reportgen")
    loaded = load_inspection(workspace, library, REAL, fonts)
    return list(make_jobs(loaded, library, fonts, Order((REAL,))).values())


def test_a_photograph_is_prepared_once_for_all_languages_and_runs(
    office: Office, tmp_path: Path, prepared_names: list[str]
) -> None:
    root = office.copy_workspace(tmp_path)
    first, *others = jobs_of(root, office)
    assert sorted(prepared_names) == sorted(first.pictures)
    assert others
    assert all(other.pictures == first.pictures for other in others)
    assert [job.pictures for job in jobs_of(root, office)] == [first.pictures] * (1 + len(others))
    assert sorted(prepared_names) == sorted(first.pictures)


def test_a_photograph_that_changes_is_prepared_again(office: Office, tmp_path: Path, prepared_names: list[str]) -> None:
    root = office.copy_workspace(tmp_path)
    before, *_ = jobs_of(root, office)
    changed = min(before.pictures)
    (root / "inspections" / REAL / changed).write_bytes(encoded(Image.new("RGB", (900, 600), RED), "JPEG"))
    prepared_names.clear()
    after, *_ = jobs_of(root, office)
    assert prepared_names == [changed]
    assert after.pictures[changed] != before.pictures[changed]


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "pictures").iterdir())


def picture(number: int) -> Picture:
    return Picture(1000 * bytes([number]), number, 2 * number)


def test_a_picture_is_kept_by_photograph_width_and_recipe(tmp_path: Path) -> None:
    pictures = KeptPictures(tmp_path, b"recipe")
    for number, (photograph, width) in enumerate((("one", 80), ("two", 80), ("one", 90)), 1):
        assert pictures.kept(photograph, width) is None
        pictures.keep(photograph, width, picture(number))
    later = KeptPictures(tmp_path, b"recipe")
    assert [later.kept(*key) for key in (("one", 80), ("two", 80), ("one", 90))] == [picture(1), picture(2), picture(3)]
    assert KeptPictures(tmp_path, b"other").kept("one", 80) is None


@pytest.mark.parametrize("damage", [b"", b"x", 40 * b"x"])
def test_a_kept_picture_that_is_damaged_is_made_again(tmp_path: Path, damage: bytes) -> None:
    pictures = KeptPictures(tmp_path, b"")
    pictures.keep("one", 80, picture(1))
    (file,) = kept(tmp_path)
    file.write_bytes(file.read_bytes()[: len(damage)] + damage)
    assert pictures.kept("one", 80) is None
    pictures.keep("one", 80, picture(2))
    assert pictures.kept("one", 80) == picture(2)


def test_a_photograph_that_is_refused_is_refused_again(office: Office, tmp_path: Path) -> None:
    root = office.copy_workspace(tmp_path)
    (root / "inspections" / REAL / "at-work.jpg").write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(InputError):
            jobs_of(root, office)


def test_a_cache_folder_that_cannot_be_written_to_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(b"in the way")
    pictures = KeptPictures(tmp_path, b"")
    pictures.keep("one", 80, picture(1))
    assert pictures.kept("one", 80) is None
    pictures.tidy()


def test_the_oldest_pictures_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.pictures.MOST_BYTES", 2500)
    pictures = KeptPictures(tmp_path, b"")
    for number in range(1, 5):
        before = set(kept(tmp_path)) if number > 1 else set()
        pictures.keep(str(number), 80, picture(number))
        (file,) = set(kept(tmp_path)) - before
        os.utime(file, (number, number))
    pictures.tidy()
    assert len(kept(tmp_path)) == 2
    assert [pictures.kept(str(number), 80) for number in (3, 4)] == [picture(3), picture(4)]
