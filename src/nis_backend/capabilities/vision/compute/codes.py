"""QR codes and barcodes in a picture, by zxing-cpp: as it is, then with what a first look could not read amended.

A pass that finds nothing more ends the reading, once anything was found: a picture with a code takes two passes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import zxingcpp

from nis_backend.capabilities.vision.codes import KINDS, CodesFound, CodesRequest, FoundCode, Kind
from nis_backend.capabilities.vision.compute.arrays import Grey, Picture, luma
from nis_backend.capabilities.vision.places import Point
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cv2.typing import MatLike
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Amend = Callable[[Grey], tuple[Grey, Matrix]]
    """A pass: a picture that is read in another's stead, and the matrix, (3, 3), from that one's pixels to its own."""

MOST_PIXELS = 16_000_000
"""Pixels of a pass; a picture that is larger is made smaller for it."""
ENLARGED_PIXELS = 4_000_000
SAME = 0.5
"""Of a code's size: two of one text that are nearer are one."""

# Whatever else a kind of code is made of, this is what tells a wrong reading from a right one.
CHECKS: dict[Kind, str] = {
    "qr": "Reed-Solomon",
    "micro_qr": "Reed-Solomon",
    "rmqr": "Reed-Solomon",
    "data_matrix": "Reed-Solomon",
    "aztec": "Reed-Solomon",
    "pdf417": "Reed-Solomon",
    "ean_13": "modulo 10",
    "ean_8": "modulo 10",
    "upc_a": "modulo 10",
    "upc_e": "modulo 10",
    "code_128": "modulo 103",
    "code_93": "modulo 47, twice",
    "databar": "modulo 79",
    "databar_expanded": "modulo 211",
    "code_39": "",
    "itf": "",
    "codabar": "",
}
"""How a reading of each kind is checked; empty where the kind has no check of its own."""

FORMATS: dict[Kind, str] = {
    "qr": "QRCode",
    "micro_qr": "MicroQRCode",
    "rmqr": "RMQRCode",
    "data_matrix": "DataMatrix",
    "aztec": "Aztec",
    "pdf417": "PDF417",
    "ean_13": "EAN13",
    "ean_8": "EAN8",
    "upc_a": "UPCA",
    "upc_e": "UPCE",
    "code_128": "Code128",
    "code_93": "Code93",
    "databar": "DataBarOmni",
    "databar_expanded": "DataBarExp",
    "code_39": "Code39",
    "itf": "ITF",
    "codabar": "Codabar",
}
"""Kinds by our names, and zxing's name of each."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code that was read."""

    kind: Kind
    text: str
    content: bytes
    corners: NDArray[np.float64]
    """In pixels of the picture, (4, 2): clockwise from the code's own upper left."""
    read_in: str
    """The pass that read it."""


def find(request: CodesRequest, tell: Callable[[float, str], None]) -> CodesFound:
    """The codes in a picture's file."""
    picture = upright(request.image.path, limits=request.image.limits)
    codes = find_codes(picture, request.kinds or KINDS, tell)
    return CodesFound(width=picture.shape[1], height=picture.shape[0], codes=[_told(code) for code in codes])


def _told(code: Code) -> FoundCode:
    return FoundCode(
        kind=code.kind,
        text=code.text,
        base64=base64.b64encode(code.content).decode("ascii"),
        corners=[Point(x=round(float(x), 1), y=round(float(y), 1)) for x, y in code.corners],
        check=CHECKS[code.kind],
        read_in=code.read_in,
    )


def find_codes(picture: Picture, kinds: Sequence[Kind], tell: Callable[[float, str], None]) -> list[Code]:
    """Every code in a picture, (height, width, 3), from the top down."""
    grey = luma(picture)
    fits = _scaled(grey, min(1.0, float(np.sqrt(MOST_PIXELS / grey.size))))
    codes: list[Code] = []
    for number, (name, amend) in enumerate(PASSES):
        tell(number / len(PASSES), name)
        allowed: list[Kind] = [kind for kind in kinds if number == 0 or CHECKS[kind]]
        new = [code for code in _read(fits, amend, allowed, name) if not any(_same(code, one) for one in codes)]
        codes += new
        if codes and not new:
            break
    back = grey.shape[1] / fits.shape[1]
    codes = [replace(code, corners=code.corners * back) for code in codes]
    return sorted(codes, key=lambda code: tuple(code.corners.mean(axis=0)[::-1]))


def _read(grey: Grey, amend: Amend, kinds: Sequence[Kind], name: str) -> list[Code]:
    if not kinds:
        return []
    amended, onto = amend(grey)
    named: dict[zxingcpp.BarcodeFormat, Kind] = {getattr(zxingcpp.BarcodeFormat, FORMATS[kind]): kind for kind in kinds}
    formats = zxingcpp.BarcodeFormats(list(named))
    back = np.asarray(np.linalg.inv(onto), np.float64)
    codes: list[Code] = []
    for found in zxingcpp.read_barcodes(
        np.ascontiguousarray(amended), formats=formats, text_mode=zxingcpp.TextMode.Plain
    ):
        of_kind: Kind | None = named.get(found.format) or named.get(found.symbology)
        if of_kind is not None:
            kind, cut = _twelve(of_kind, found.text, "upc_a" in kinds)
            corners = _corners(found.position, back)
            text, content = found.text[cut:], found.bytes[cut:]
            codes.append(Code(kind=kind, text=text, content=content, corners=corners, read_in=name))
    return codes


def _twelve(kind: Kind, text: str, wanted: bool) -> tuple[Kind, int]:
    """An article's number that begins with 0 is a UPC, by the same bars (GS1 General Specifications, 5.2)."""
    if kind == "ean_13" and wanted and text.startswith("0"):
        return "upc_a", 1
    return kind, int(kind == "upc_e")


def _corners(place: zxingcpp.Position, back: Matrix) -> Matrix:
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return (np.array([(one.x, one.y, 1.0) for one in points]) @ back.T)[:, :2]


def _same(one: Code, other: Code) -> bool:
    """Whether two readings are of one code: what they say is the same, and where."""
    size = max(float(np.ptp(one.corners, axis=0).max()), 1.0)
    apart = float(np.linalg.norm(one.corners.mean(axis=0) - other.corners.mean(axis=0)))
    return one.content == other.content and apart < SAME * size


def _scaled(grey: Grey, scale: float) -> Grey:
    if scale == 1:
        return grey
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return _bytes(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way))


def _bytes(pixels: MatLike) -> Grey:
    return pixels.astype(np.uint8, copy=False)


def _as_it_is(grey: Grey) -> tuple[Grey, Matrix]:
    return grey, np.eye(3)


def _smoothed(grey: Grey) -> tuple[Grey, Matrix]:
    """Grain taken away; bars of two pixels and more stay."""
    return _bytes(cv2.GaussianBlur(grey, (0, 0), 1.2)), np.eye(3)


def _inverted(grey: Grey) -> tuple[Grey, Matrix]:
    """For bars that are light on dark."""
    return _bytes(cv2.bitwise_not(grey)), np.eye(3)


def _evened(grey: Grey) -> tuple[Grey, Matrix]:
    """Each place between the darkest and the lightest around it: for shade, glare and faint print."""
    small = cv2.GaussianBlur(grey, (0, 0), 1.0)
    reach = np.ones((max(15, min(grey.shape) // 12 | 1),) * 2, np.uint8)
    low = cv2.blur(cv2.erode(small, reach), reach.shape).astype(np.float32)
    high = cv2.blur(cv2.dilate(small, reach), reach.shape).astype(np.float32)
    even = (small - low) / np.maximum(high - low, 8.0)
    return np.clip(even * 255, 0, 255).astype(np.uint8), np.eye(3)


def _enlarged(grey: Grey) -> tuple[Grey, Matrix]:
    """For bars that are thinner than two pixels."""
    scale = float(np.clip(np.sqrt(ENLARGED_PIXELS / grey.size), 1.0, 3.0))
    large = _scaled(grey, scale)
    return large, np.diag([large.shape[1] / grey.shape[1], large.shape[0] / grey.shape[0], 1.0])


def _sharpened(grey: Grey) -> tuple[Grey, Matrix]:
    """For what is out of focus: twice what a blur of 2.5 pixels takes away is added to the enlarged picture."""
    large, onto = _enlarged(grey)
    away = cv2.GaussianBlur(large, (0, 0), 2.5 * onto[0, 0])
    return _bytes(cv2.addWeighted(large, 3.0, away, -2.0, 0)), onto


def _turned(degrees: float) -> Amend:
    """Bars are looked for along rows and columns alone."""

    def turn(grey: Grey) -> tuple[Grey, Matrix]:
        height, width = grey.shape
        onto = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), [0, 0, 1]])
        side = int(np.ceil(np.hypot(height, width)))
        onto[:2, 2] += (side - width) / 2, (side - height) / 2
        return _bytes(cv2.warpAffine(grey, onto[:2], (side, side), borderMode=cv2.BORDER_REPLICATE)), onto

    return turn


PASSES: tuple[tuple[str, Amend], ...] = (
    ("as it is", _as_it_is),
    ("turned by 45 degrees", _turned(45)),
    ("smoothed", _smoothed),
    ("light evened", _evened),
    ("enlarged", _enlarged),
    ("inverted", _inverted),
    ("sharpened", _sharpened),
    ("turned by 22 degrees", _turned(22.5)),
    ("turned by 67 degrees", _turned(67.5)),
)
"""What is read, in this order; see `find_codes` for when it ends."""
