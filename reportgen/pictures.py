"""Pictures ready for paper, kept in the cache folder: a photograph is prepared once, however often it is printed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reportgen.kept import read_sealed, write_sealed

LARGEST_WIDTH = 170.0  # mm: as wide as text on A4
MOST_BYTES = 256_000_000  # in the cache folder: some 3,000 pictures of half the width of the page

_SIZE = 4  # bytes of a number, in the file of a picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for paper: JPEG in sRGB or grey, upright, without metadata; its size in pixels."""

    content: bytes
    width: int
    height: int


class KeptPictures:
    """Pictures that were prepared before, in this run or an earlier one.

    Args:
        cache: the cache folder
        recipe: what a picture depends on beside the photograph and its width on paper: who prepares it
    """

    def __init__(self, cache: Path, recipe: bytes) -> None:
        self._folder = cache / "pictures"
        self._recipe = recipe
        self._is_new = False

    def kept(self, photograph: str, width: float) -> Picture | None:
        """Return the picture of a photograph, where it is kept.

        Args:
            photograph: the SHA-256 of its file
            width: on paper, in millimetres
        """
        return _read(self._file(photograph, width))

    def keep(self, photograph: str, width: float, picture: Picture) -> None:
        """Keep the picture of a photograph; one that cannot be kept is prepared again next time."""
        self._is_new |= write_sealed(self._file(photograph, width), _packed(picture))

    def _file(self, photograph: str, width: float) -> Path:
        key = hashlib.sha256(b"\0".join((self._recipe, photograph.encode(), f"{width:f}".encode()))).hexdigest()
        return self._folder / key

    def tidy(self) -> None:
        """Delete the oldest pictures where there are too many."""
        if not self._is_new:
            return
        with suppress(OSError):  # another process may tidy up too
            files = [(path, path.stat()) for path in self._folder.iterdir()]
            left = sum(stat.st_size for _, stat in files)
            for path, stat in sorted(files, key=lambda file: file[1].st_mtime_ns):
                if left <= MOST_BYTES:
                    break
                path.unlink()
                left -= stat.st_size
        self._is_new = False


def _packed(picture: Picture) -> bytes:
    numbers = b"".join(number.to_bytes(_SIZE, "big") for number in (picture.width, picture.height))
    return numbers + picture.content


def _read(path: Path) -> Picture | None:
    packed = read_sealed(path)
    if packed is None:
        return None
    width, height = (int.from_bytes(packed[start : start + _SIZE], "big") for start in (0, _SIZE))
    return Picture(packed[2 * _SIZE :], width, height)
