"""Codes: what other writers have written is read, wherever it stands and whatever was done to the picture."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from photographs import Desk, photograph

from nis_backend.capabilities.vision.codes import KINDS, Kind, read_codes
from nis_backend.capabilities.vision.compute.codes import CHECKS, FORMATS, Code, find_codes

Grey = NDArray[np.uint8]

SAYS: dict[Kind, str] = {
    "qr": "https://example.org/ä/1",
    "micro_qr": "A1B2",
    "rmqr": "narrow 17",
    "data_matrix": "part 4711",
    "aztec": "seat 12A",
    "pdf417": "licence 99",
    "ean_13": "4006381333931",
    "ean_8": "96385074",
    "upc_a": "036000291452",
    "upc_e": "01234565",
    "code_128": "AB-1234",
    "code_93": "RAIL 7",
    "databar": "(01)24012345678905",
    "databar_expanded": "(01)98898765432106(3202)012345",
    "code_39": "BOX 42",
    "itf": "00123456",
    "codabar": "A40156B",
}

# EAN-13 by GS1's General Specifications, 5.2: digits of the left half in two parities, those of the right half.
ARTICLE = "4006381333931"
_LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")

_BRACKETS = str.maketrans("", "", "()")


def ean_13(digits: str, module: int = 3, high: int = 120) -> Grey:
    """The bars of an article's number, drawn by the standard's tables; the last digit is drawn as it is given."""
    right = [code.translate(str.maketrans("01", "10")) for code in _LEFT]
    half = zip(digits[1:7], _PARITY[int(digits[0])], strict=True)
    left = "".join(_LEFT[int(one)] if way == "L" else right[int(one)][::-1] for one, way in half)
    bars = f"101{left}01010{''.join(right[int(one)] for one in digits[7:])}101"
    row = np.array([255 - 255 * int(bar) for bar in bars], np.uint8).repeat(module)
    return np.pad(np.tile(row, (high, 1)), 12 * module, constant_values=255)


_create: Callable[..., zxingcpp.Barcode] = zxingcpp.create_barcode  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any options


def qr(text: str, module: int = 4) -> Grey:
    """A QR code, by OpenCV's writer, which leaves two modules around it, with four more."""
    drawn = np.asarray(cv2.QRCodeEncoder.create().encode(text), np.uint8)
    return np.pad(drawn.repeat(module, 0).repeat(module, 1), 4 * module, constant_values=255)


def written(kind: Kind, module: int = 4) -> Grey:
    """A code of any kind, by zxing's writer."""
    form = getattr(zxingcpp.BarcodeFormat, FORMATS[kind])
    drawn = np.asarray(_create(SAYS[kind], form).to_image(scale=module), np.uint8)
    return np.pad(drawn, 20, constant_values=255)


def turned(picture: Grey, degrees: float) -> Grey:
    """On a larger sheet."""
    side = int(np.hypot(*picture.shape)) + 20
    onto = cv2.getRotationMatrix2D((picture.shape[1] / 2, picture.shape[0] / 2), degrees, 1)
    onto[:, 2] += (side - picture.shape[1]) / 2, (side - picture.shape[0]) / 2
    return np.asarray(cv2.warpAffine(picture, onto, (side, side), flags=cv2.INTER_CUBIC, borderValue=255), np.uint8)


def noisy(picture: Grey, sigma: float) -> Grey:
    """With white noise."""
    noise = np.random.default_rng(3).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def tilted(picture: Grey) -> Grey:
    """Seen aslant."""
    high, wide = picture.shape
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    slant = (flat + np.array([[0.1, 0.05], [-0.1, 0.15], [0, -0.1], [0.1, 0]]) * (wide, high)).astype(np.float32)
    onto = cv2.getPerspectiveTransform(flat, slant)
    return np.asarray(cv2.warpPerspective(picture, onto, (wide, high), borderValue=255), np.uint8)


def shaded(picture: Grey) -> Grey:
    """Faint, and darker to the left."""
    light = np.linspace(0.3, 1, picture.shape[1])
    return (picture * 0.25 * light + 40).astype(np.uint8)


def found(picture: Grey, *kinds: Kind) -> list[Code]:
    """The codes in a grey picture."""
    return find_codes(np.repeat(picture[..., None], 3, axis=2), kinds or KINDS, lambda _fraction, _pass: None)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where an operation computes."""
    return Desk(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read(kind: Kind) -> None:
    """Promise: every kind of the list, with what it says and its own name."""
    told = {"upc_e": "012345000065"}.get(kind, SAYS[kind].translate(_BRACKETS) if "databar" in kind else SAYS[kind])
    assert [(one.kind, one.text) for one in found(written(kind))] == [(kind, told)]


def test_each_kind_has_its_check_stated() -> None:
    """Promise: a code says how its reading was checked; three kinds have no check of their own."""
    assert set(CHECKS) == set(FORMATS) == set(KINDS)
    assert [kind for kind in KINDS if not CHECKS[kind]] == ["code_39", "itf", "codabar"]


SPOILT: dict[str, Callable[[Grey], Grey]] = {
    "turned by 17": lambda one: turned(one, 17),
    "turned by 45": lambda one: turned(one, 45),
    "turned by 90": lambda one: np.rot90(one, 1),
    "upside down": lambda one: np.rot90(one, 2),
    "tilted": tilted,
    "in noise": lambda one: noisy(one, 60),
    "out of focus": lambda one: np.asarray(cv2.GaussianBlur(one, (0, 0), 2.2), np.uint8),
    "small": lambda one: np.asarray(cv2.resize(one, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8),
    "in shade": shaded,
    "light on dark": lambda one: 255 - one,
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_codes_of_other_writers_are_read_whatever_was_done_to_them(spoilt: str) -> None:
    """OpenCV's QR code, and an EAN-13 drawn by the standard's own tables."""
    for picture, text in ((qr("a code, drawn by OpenCV"), "a code, drawn by OpenCV"), (ean_13(ARTICLE), ARTICLE)):
        assert [one.text for one in found(np.ascontiguousarray(SPOILT[spoilt](picture)))] == [text]


def test_a_wrong_check_digit_is_no_code() -> None:
    """GS1 General Specifications, 7.9: the last digit is the sum of the others, modulo 10."""
    assert found(ean_13("4006381333932")) == []


def test_corners_are_where_the_code_is_also_when_it_was_read_turned() -> None:
    """Promise: pixels of the picture as it came in, clockwise from the code's own upper left."""
    sheet = np.full((400, 600), 255, np.uint8)
    code = qr("corner")
    inner = code.shape[0] - 48
    sheet[50 : 50 + code.shape[0], 300 : 300 + code.shape[1]] = np.rot90(code)  # a quarter against the clock
    (one,) = found(sheet)
    left, top = 300 + 24, 50 + 24
    expected = [[left, top + inner], [left, top], [left + inner, top], [left + inner, top + inner]]
    assert np.abs(one.corners - expected).max() <= 3
    bars = turned(ean_13(ARTICLE), 45)
    (one,) = found(bars)
    assert one.read_in == "turned by 45 degrees"
    middle = np.array(bars.shape)[::-1] / 2
    assert np.abs(one.corners.mean(axis=0) - middle).max() <= 12


def test_several_codes_are_read_from_the_top_down_and_kinds_can_be_chosen() -> None:
    """Promise: each once, also two of one text; `kinds` leaves others out."""
    sheet = np.full((700, 900), 255, np.uint8)
    for place, one in (((20, 20), qr("same")), ((20, 500), qr("same")), ((300, 100), ean_13(ARTICLE))):
        sheet[place[0] : place[0] + one.shape[0], place[1] : place[1] + one.shape[1]] = one
    sheet[500:636, 500:636] = written("data_matrix", 6)
    assert [one.kind for one in found(sheet)] == ["qr", "qr", "ean_13", "data_matrix"]
    assert [one.kind for one in found(sheet, "ean_13")] == ["ean_13"]
    assert found(sheet, "aztec") == []


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "page", "brick", "grass", "china"])
def test_photographs_without_codes_have_none(name: str) -> None:
    """Promise: no code is made up, in whichever pass."""
    picture = photograph(name)
    assert (
        found(picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)) == []
    )


def test_bytes_that_are_no_text_come_as_they_are(desk: Desk) -> None:
    """Promise: `base64` has the bytes."""
    content = bytes(range(128, 160))
    drawn = np.asarray(_create(content, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4), np.uint8)
    (one,) = desk.call(read_codes, image=desk.blob(drawn)).codes
    assert base64.b64decode(one.base64) == content


def test_the_answer_has_the_pictures_size_and_progress_by_pass(desk: Desk) -> None:
    """Boxes are in pixels of an image of that size; a blank sheet takes every pass."""
    answer = desk.call(read_codes, image=desk.blob(np.full((30, 50), 255, np.uint8)))
    assert (answer.width, answer.height, answer.codes) == (50, 30, [])
    assert desk.told[0] == (0.0, "as it is")
    assert len(desk.told) == 9
