"""Pictures in the worker: upright, three colours, whatever the file held, and typed refusals of what is none."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nis_backend.errors import InvalidRequest, TooLarge, WrongMedia
from nis_backend.limits import Limits
from nis_backend.pictures import FORMATS, encoded, upright

Save = Callable[..., Path]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# Three wide, two high, each pixel of a colour of its own, so that each of the eight turns is told from the others.
CORNERS = np.array([[RED, GREEN, BLUE], [WHITE, (0, 0, 0), (128, 128, 128)]], dtype=np.uint8)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a picture to a file by Pillow."""

    def to_file(picture: Image.Image, kind: str = "PNG", **how: Any) -> Path:  # Any: what a format's writer takes
        path = tmp_path / "picture"
        picture.save(path, kind, **how)
        return path

    return to_file


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_read_as_three_colours(kind: str, save: Save) -> None:
    """The formats that the docstring names are decoded by the Pillow that is installed; lossy ones come near."""
    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    picture[:, :30] = (200, 60, 40)
    read = upright(save(Image.fromarray(picture), kind))
    assert read.shape == (40, 60, 3)
    assert read.dtype == np.uint8
    assert read.flags.writeable
    # A GIF's palette and the colours of JPEG, which are halved, come to no more than this away from the edge.
    assert np.abs(read[10:30, 5:20].astype(int) - (200, 60, 40)).max() <= 12
    assert read[10:30, 40:55].max() <= 12


UPRIGHT = {
    1: CORNERS,
    2: CORNERS[:, ::-1],
    3: CORNERS[::-1, ::-1],
    4: CORNERS[::-1],
    5: CORNERS.transpose(1, 0, 2),
    6: np.rot90(CORNERS, -1),
    7: np.rot90(CORNERS, 2).transpose(1, 0, 2),
    8: np.rot90(CORNERS, 1),
    9: CORNERS,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_as_exif_says(orientation: int, save: Save) -> None:
    """EXIF 2.32, tag 0x0112: what is row 0 and column 0 of the file, for each of eight values; others say nothing."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(upright(save(Image.fromarray(CORNERS), exif=exif)), UPRIGHT[orientation])


def test_broken_exif_leaves_the_picture(save: Save) -> None:
    """What a camera wrote beside the picture is no reason to refuse it."""
    path = save(Image.fromarray(CORNERS), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert np.array_equal(upright(path), CORNERS)


def test_what_is_transparent_lies_over_white(save: Save) -> None:
    """By an alpha channel, half of it mixed; by a palette's clear entry; in grey."""
    clear = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    clear.putpixel((1, 0), (255, 0, 0, 128))
    assert upright(save(clear)).tolist() == [[[255, 255, 255], [255, 127, 127]]]
    palette = Image.new("P", (1, 1), 3)
    assert upright(save(palette, "GIF", transparency=3)).tolist() == [[[255, 255, 255]]]
    assert upright(save(Image.new("LA", (1, 1), (0, 0)))).tolist() == [[[255, 255, 255]]]


def test_deep_numbers_become_bytes(save: Save) -> None:
    """Sixteen bits by their upper half; floats from lowest to highest, with what is no number as the lowest."""
    deep = Image.fromarray(np.array([[0, 255, 256, 65535]], dtype=np.uint16))
    assert upright(save(deep))[0, :, 0].tolist() == [0, 0, 1, 255]
    floats = Image.fromarray(np.array([[-2.0, 0.0, 2.0, np.nan, np.inf]], dtype=np.float32))
    assert upright(save(floats, "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 0, 255]


def test_four_inks_are_mixed(save: Save) -> None:
    """CMYK: no ink is white, all black is black."""
    inks = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    assert upright(save(inks, "TIFF")).min() == 255
    assert upright(save(Image.new("CMYK", (16, 16), (0, 0, 0, 255)), "TIFF")).max() == 0


def test_the_first_frame_is_read_of_an_animation(save: Save) -> None:
    """A GIF of three colours."""
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    path = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert upright(path)[0, 0].tolist() == list(RED)


def test_a_large_picture_is_refused_before_it_is_decoded(save: Save) -> None:
    """30,000 × 30,000 pixels in a file of 100 bytes would take 2.7 GB."""
    path = save(Image.new("1", (1, 1)))
    data = bytearray(path.read_bytes())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    with pytest.raises(TooLarge, match="30000 × 30000"):
        upright(path)
    with pytest.raises(TooLarge, match="image has 8 × 5 pixels; at most 39 are read"):
        upright(save(Image.new("L", (8, 5))), limits=Limits(pixels=39))
    with pytest.raises(TooLarge, match="no side longer"):
        upright(save(Image.new("1", (40_000, 1))))


def test_a_jpeg_that_is_sent_over_and_over_is_refused(save: Save) -> None:
    """A progressive one of ten scans is read; with its last one a hundred times it would be decoded a hundred times."""
    path = save(Image.fromarray(np.tile(CORNERS, (8, 8, 1))), "JPEG", progressive=True)
    data = path.read_bytes()
    assert data.count(b"\xff\xda") == 10
    assert upright(path).shape == (16, 24, 3)
    last = data.rindex(b"\xff\xda")
    path.write_bytes(data[:last] + data[last:-2] * 100 + data[-2:])
    with pytest.raises(TooLarge, match="JPEG of 109 scans"):
        upright(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_that_is_cut_short_is_refused(kind: str, save: Save) -> None:
    """Half of a file of noise, in each format; the caller hears what is wrong, and no path."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(Image.fromarray(noise), kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((InvalidRequest, WrongMedia)) as refused:
        upright(path, field="photo")
    assert refused.value.field == "photo"
    assert str(path) not in str(refused.value.problem())


@pytest.mark.parametrize(
    "data", [b"", b"%!PS-Adobe-3.0 EPSF-3.0", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x00" * 99]
)
def test_what_is_no_picture_is_named(data: bytes, tmp_path: Path) -> None:
    """Nothing, a program that draws, a drawing, and zeros."""
    path = tmp_path / "picture"
    path.write_bytes(data)
    with pytest.raises(WrongMedia, match="no picture that can be read"):
        upright(path)


def test_what_is_encoded_is_read_again() -> None:
    """PNG keeps each pixel, of colours and of grey."""
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded(CORNERS)))), CORNERS)
    grey = CORNERS[..., 0]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded(grey)))), grey)
