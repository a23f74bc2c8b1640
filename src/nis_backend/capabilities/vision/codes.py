"""Codes in a picture: what is asked, and what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Point, Sized
from nis_backend.capabilities.vision.scans import LABEL, QR
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View, verbatim

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

Kind = Literal[
    "qr",
    "micro_qr",
    "rmqr",
    "data_matrix",
    "aztec",
    "pdf417",
    "ean_13",
    "ean_8",
    "upc_a",
    "upc_e",
    "code_128",
    "code_93",
    "databar",
    "databar_expanded",
    "code_39",
    "itf",
    "codabar",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class CodesRequest(Model):
    """A picture with codes in it."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    kinds: list[Kind] = Field(
        default_factory=list[Kind],
        max_length=len(KINDS),
        description="Only codes of these kinds; empty for all.",
    )


class FoundCode(Model):
    """A code that was read."""

    kind: Kind = Field(description="What kind of code it is.")
    text: str = Field(
        description="What it says; a UPC-E's twelve digits. Where the bytes name no alphabet, one is guessed."
    )
    base64: str = Field(description="The same as bytes, in base64.")
    corners: list[Point] = Field(
        min_length=4, max_length=4, description="Its corners, clockwise from the one that is its own upper left."
    )
    check: str = Field(description="The check that its signs have passed; empty for a kind that has none of its own.")
    read_in: str = Field(description="What was done to the picture before it could be read.")


class CodesFound(Sized):
    """The codes of a picture, from the top down."""

    codes: list[FoundCode]


def _draw(request: CodesRequest, found: CodesFound) -> list[View]:
    if not found.codes:
        return [Text(text=f"No code was read in the picture ({found.width} × {found.height} pixels).")]
    said = "\n".join(f"- {_NAMES[one.kind]}: {verbatim(one.text)}" for one in found.codes)
    alt = f"The picture, with the outline of {len(found.codes)} code{'s' if len(found.codes) > 1 else ''}."
    shapes = [views.polygon(one.corners, f"{_NAMES[one.kind]}: {one.text}") for one in found.codes]
    picture = views.over(request.image, found, alt, shapes=shapes, title="Codes")
    rows: list[list[str | float]] = [
        [_NAMES[one.kind], one.text, one.check or "none", one.read_in] for one in found.codes
    ]
    return [Text(text=said), picture, Table(title="Codes", columns=["kind", "text", "check", "read"], rows=rows)]


_NAMES: dict[Kind, str] = {
    "qr": "QR",
    "micro_qr": "Micro QR",
    "rmqr": "rMQR",
    "data_matrix": "Data Matrix",
    "aztec": "Aztec",
    "pdf417": "PDF417",
    "ean_13": "EAN-13",
    "ean_8": "EAN-8",
    "upc_a": "UPC-A",
    "upc_e": "UPC-E",
    "code_128": "Code 128",
    "code_93": "Code 93",
    "databar": "DataBar",
    "databar_expanded": "DataBar Expanded",
    "code_39": "Code 39",
    "itf": "ITF",
    "codabar": "Codabar",
}
"""What people call the kinds."""


@operation(
    "vision.read_codes",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A QR code",
            request={"image": QR},
            question="What does this QR code say?",
            also=("Scan the barcode in this picture.", "Read the codes in the image.", "Decode this barcode."),
        ),
        Example(
            title="Only the article's number on a label of two codes",
            request={"image": LABEL, "kinds": ["ean_13"]},
            question="Read the EAN barcode on this label.",
        ),
    ),
)
def read_codes(request: CodesRequest, ctx: WorkerContext) -> CodesFound:
    """Read every QR code and barcode in a picture: what each says, its kind, its corners, and the check it passed.

    Reads QR, Micro QR, rMQR, Data Matrix, Aztec, PDF417, EAN-13 and -8, UPC-A and -E, Code 128, Code 93, Code 39, ITF,
    Codabar and DataBar, several in one picture, turned, tilted, in noise or shade. What a first look cannot read is
    looked at again turned by 45 degrees, smoothed, with its light evened, enlarged, inverted and sharpened, until a
    look finds no more; kinds without a check of their own are read in the first look alone. No code is made up: an
    answer without codes means that none could be read.

    Source: zxing-cpp.
    """
    from nis_backend.capabilities.vision.compute.codes import find  # noqa: PLC0415 - loads in the worker only

    return find(request, ctx.progress)


OPERATIONS = (read_codes,)
