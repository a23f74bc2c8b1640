"""Things in a picture, each with its box, found by a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.cards import DETECTOR, NAME
from nis_backend.capabilities.vision.places import Box, Sized
from nis_backend.capabilities.vision.samples import PORTRAIT
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext


class DetectRequest(Model):
    """A picture, and which things to answer."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    labels: list[str] = Field(
        default_factory=list[str],
        max_length=100,
        description="Only these kinds of things, by the model's names (person, cat, cup, ...); empty for all.",
    )
    threshold: float | None = Field(
        default=None,
        ge=0.05,
        le=1,
        description="Lowest score; the model's own where it is not given (centernet-mobilenetv3 0.4, nanodet-g 0.5).",
    )
    overlap: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Of two boxes of one kind whose intersection is more than this part of their union, the one with "
        "the lower score is dropped.",
    )
    limit: int = Field(default=100, ge=1, le=300, description="Most things to answer, those with the highest scores.")
    model: str = Field(
        default=DETECTOR,
        pattern=NAME,
        description="A model by name: centernet-mobilenetv3 (usual), nanodet-g, or a folder's in NIS_VISION_MODELS.",
    )


class Thing(Model):
    """A thing that was found."""

    label: str = Field(description="What kind of thing.")
    score: float = Field(ge=0, le=1, description="See `score_is`.")
    box: Box


class Things(Sized):
    """What a model found in a picture."""

    things: list[Thing] = Field(description="The highest score first.")
    model: str
    threshold: float = Field(description="The lowest score that was answered.")
    score_is: str = Field(description="What a score means.")


def _draw(request: DetectRequest, found: Things) -> list[View]:
    counts: dict[str, int] = {}
    for one in found.things:
        counts[one.label] = counts.get(one.label, 0) + 1
    told = ", ".join(f"{count} × {label}" if count > 1 else label for label, count in counts.items()) or "nothing"
    said = f"Found by {found.model} with a score of at least {found.threshold:g}: {told}."
    if not found.things:
        return [Text(text=said)]
    alt = f"The picture, with a box around each thing: {told}."
    boxes = [views.box(one.box, one.label, one.score) for one in found.things]
    return [Text(text=said), views.over(request.image, found, alt, boxes, title="Things")]


@operation(
    "vision.detect_objects",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A portrait",
            request={"image": PORTRAIT},
            question="Which objects are in this picture, and where?",
            also=(
                "Detect the objects in this image.",
                "Find the people, cars and cups in this photo.",
                "Draw boxes around the things in the picture.",
                "Is there a dog or a bicycle in this photo?",
            ),
        ),
    ),
)
def detect_objects(request: DetectRequest, ctx: ComputingContext) -> Things:
    """Find things of 80 kinds in a photograph (people, animals, vehicles, furniture, food, ...), each with its box.

    The kinds are those of COCO. The detectors in the box are small ones: they miss things that are small or stand close
    together, and see some that are not there; a higher threshold trades the one for the other.

    Sources: Zhou et al., Objects as points, arXiv:1904.07850; Li et al., Generalized focal loss, arXiv:2006.04388.

    Raises:
        InvalidRequest: the model has no kind of one of the labels.
        Unavailable: the model's weights are not here; the remedy is the command that fetches them.
    """
    from nis_backend.capabilities.vision.compute.detecting import detect  # noqa: PLC0415 - loads in the worker only

    return detect(request, ctx)


OPERATIONS = (detect_objects,)
