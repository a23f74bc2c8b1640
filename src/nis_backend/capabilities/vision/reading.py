"""Text in a picture: what is asked, and what was read, with its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Point, Sized
from nis_backend.capabilities.vision.scans import NOTE, RECEIPT
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View, verbatim

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext


class ReadRequest(Model):
    """A picture with text in it."""

    image: Annotated[Blob, Picture()] = Field(description="The picture: a scan, a photograph, a screenshot.")


class TextLine(Model):
    """A line of text, or what of a row stands by itself."""

    text: str
    score: float = Field(
        ge=0,
        le=1,
        description="Mean of the recogniser's likelihoods of the signs it chose: no probability of being right.",
    )
    corners: list[Point] = Field(
        min_length=4, max_length=4, description="Corners, clockwise from where the text begins at its top."
    )


class TextRow(Model):
    """Lines side by side, from left to right: one, or the cells of a table."""

    lines: list[TextLine]


class TextBlock(Model):
    """Rows that belong together: a heading, a paragraph."""

    rows: list[TextRow]


class TextRead(Sized):
    """The text of a picture in reading order: columns from the left, each from the top."""

    text: str = Field(
        description="All of it: a row a line, tabs between what is side by side, an empty line between blocks."
    )
    blocks: list[TextBlock]
    turn: Literal[0, 90, 180, 270] = Field(
        description="Degrees clockwise by which the picture has to be turned for its text to stand upright."
    )
    skew: float = Field(description="Median slope of the lines after that turn, degrees clockwise.")
    noise: float = Field(description="Standard deviation of the noise in the luma, by the median of Immerkær's mask.")
    amended: list[str] = Field(description="What was done to the picture before it was read, by these measures.")


def _draw(request: ReadRequest, read: TextRead) -> list[View]:
    lines = [line for block in read.blocks for row in block.rows for line in row.lines]
    if not lines:
        return [Text(text=f"No text was read in the picture ({read.width} × {read.height} pixels).")]
    alt = f"The picture, with the outline of {len(lines)} line{'s' if len(lines) > 1 else ''} of text."
    shapes = [views.polygon(line.corners, line.text, round(line.score, 3)) for line in lines]
    return [
        Text(text=verbatim(read.text, lines=True)),
        views.over(request.image, read, alt, shapes=shapes, title="Lines"),
    ]


@operation(
    "vision.read_text",
    effect="reads",
    pool="vision",
    view=_draw,
    time_limit=120.0,
    examples=(
        Example(
            title="A note",
            request={"image": NOTE},
            question="What does the text in this picture say?",
            also=("Read the text in this image.", "Do OCR on this scan.", "Transcribe this scanned page."),
        ),
        Example(
            title="A receipt that stands on its head",
            request={"image": RECEIPT},
            question="Read this receipt, which is upside down.",
        ),
    ),
)
def read_text(request: ReadRequest, ctx: ComputingContext) -> TextRead:
    """Read the text in a picture, scan or photograph (OCR): whole text in reading order, lines with places and scores.

    Text that is turned by 90, 180 or 270 degrees is found and read; small text is enlarged and looked at again; bent
    lines are straightened, noise is smoothed, faint contrast stretched, poor lines are read again. What is done follows
    from measures of the picture and the recogniser's own scores, and is told. Lines whose score is below 0.5 are left
    out. Print in Latin letters, Chinese and Japanese; rarer accents (Polish, Czech, Vietnamese) come out wrong,
    Cyrillic, Greek and Korean are not read, handwriting poorly.

    Source: PP-OCRv6 small (PaddleOCR), its files as rapidocr ships them.

    Raises:
        Unavailable: the files are not here; the remedy is the command that fetches them.
    """
    from nis_backend.capabilities.vision.compute.reading import read  # noqa: PLC0415 - loads in the worker only

    return read(request, ctx)


OPERATIONS = (read_text,)
