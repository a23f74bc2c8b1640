"""What a whole picture shows: its class among those a model knows, and its features as a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision.cards import CLASSIFIER, NAME
from nis_backend.capabilities.vision.places import Sized
from nis_backend.capabilities.vision.samples import PORTRAIT
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext

ABOUT_MODEL = (
    "A model by name: efficientnet-lite0 (usual), efficientnet-lite2 (better, slower), or a folder's in "
    "NIS_VISION_MODELS."
)


class ClassifyRequest(Model):
    """A picture to be classified."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    count: int = Field(default=5, ge=1, le=100, description="Most classes to answer, the likeliest first.")
    model: str = Field(default=CLASSIFIER, pattern=NAME, description=ABOUT_MODEL)


class PictureClass(Model):
    """One class of those that the model knows."""

    label: str = Field(description="What the class is called.")
    also: list[str] = Field(description="Its other names.")
    index: int = Field(ge=0, description="Its place among the model's classes: two may have one name.")
    score: float = Field(ge=0, le=1, description="See `score_is`.")


class PictureClasses(Sized):
    """What a picture shows, by a model."""

    classes: list[PictureClass] = Field(description="The likeliest first.")
    model: str
    of: int = Field(description="How many classes the model knows: what is none of them gets some class all the same.")
    score_is: str = Field(description="What a score means.")


class EmbedImageRequest(Model):
    """A picture to be made a vector."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    model: str = Field(default=CLASSIFIER, pattern=NAME, description=ABOUT_MODEL)


class ImageVector(Sized):
    """A picture as a vector of length 1: the scalar product of two is the cosine of their angle."""

    vector: list[float] = Field(description="The features before the model's last layer, divided by their length.")
    dimensions: int
    model: str = Field(description="Vectors of different models are not to be compared.")


def _draw_classes(_request: ClassifyRequest, found: PictureClasses) -> list[View]:
    best = found.classes[0]
    said = f"Most like **{best.label}**: {best.score:.0%} of the score that {found.model} gives {found.of} classes."
    rows: list[list[str | float]] = [[one.label, round(one.score, 4), ", ".join(one.also)] for one in found.classes]
    return [Text(text=said), Table(title="Classes", columns=["class", "score", "also called"], rows=rows)]


def _draw_vector(_request: EmbedImageRequest, made: ImageVector) -> list[View]:
    return [Text(text=f"A vector of {made.dimensions} numbers, length 1, by {made.model}.")]


@operation(
    "vision.classify_image",
    effect="reads",
    pool="vision",
    view=_draw_classes,
    examples=(
        Example(
            title="A portrait",
            request={"image": PORTRAIT, "count": 3},
            question="What kind of thing does this photo show?",
            also=(
                "Classify this image.",
                "What animal or breed is in this picture?",
                "Which ImageNet class is this photograph?",
                "What is in the photo, in one word?",
            ),
        ),
    ),
)
def classify_image(request: ClassifyRequest, ctx: ComputingContext) -> PictureClasses:
    """Say what a photograph shows as a whole, of 1000 kinds: animals and breeds, tools, vehicles, dishes, buildings.

    The middle of the picture is looked at, as wide and as high as seven eighths of its shorter side. Persons are no
    class of ImageNet's, nor is what is drawn or written.

    Source: Tan & Le, EfficientNet, ICML 2019 (arXiv:1905.11946).

    Raises:
        Unavailable: the model's weights are not here; the remedy is the command that fetches them.
    """
    from nis_backend.capabilities.vision.compute.classifying import classify  # noqa: PLC0415 - loads in the worker only

    return classify(request, ctx)


@operation(
    "vision.embed_image",
    effect="reads",
    pool="vision",
    view=_draw_vector,
    examples=(
        Example(
            title="A portrait",
            request={"image": PORTRAIT},
            question="Turn this image into an embedding vector.",
            also=(
                "Get the feature vector of this picture.",
                "Embed this photo so that I can search for similar ones.",
            ),
        ),
    ),
)
def embed_image(request: EmbedImageRequest, ctx: ComputingContext) -> ImageVector:
    """Turn a picture into a vector of length 1, for finding pictures that show something alike.

    The vector is what an ImageNet classifier sees before it decides: pictures of one kind of thing lie near each other,
    whatever the colours. It knows nothing of words.

    Raises:
        Unavailable: the model's weights are not here; the remedy is the command that fetches them.
    """
    from nis_backend.capabilities.vision.compute.classifying import embed  # noqa: PLC0415 - loads in the worker only

    return embed(request, ctx)


OPERATIONS = (classify_image, embed_image)
