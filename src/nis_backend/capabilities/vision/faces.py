"""Faces in a picture: where they are, never whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision import views
from nis_backend.capabilities.vision.places import Box, Point, Sized
from nis_backend.capabilities.vision.samples import PORTRAIT
from nis_backend.limits import Picture
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Shape, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext

FaceModel = Literal["haar", "blazeface"]

SCORES: dict[FaceModel, str] = {
    "haar": "How many windows of like place and size the cascade took for a face, at steps of 10 % in size: at least "
    "5.",
    "blazeface": "Logistic function of the network's answer, at least 0.75. It is not the chance of a face: a cat's "
    "face has got 0.8.",
}


class FacesRequest(Model):
    """A picture in which faces are looked for."""

    image: Annotated[Blob, Picture()] = Field(description="The picture.")
    model: FaceModel = Field(
        default="haar",
        description="haar: OpenCV's cascade for faces that look at the camera; hardly ever wrong, blind to profiles. "
        "blazeface: a small network, which finds turned faces and more of each, and takes animals' faces for faces.",
    )
    limit: int = Field(default=50, ge=1, le=300, description="Most faces to answer, those with the highest scores.")


class Face(Model):
    """A face; right and left are the person's own, so a right eye lies to the left in the picture."""

    box: Box
    score: float = Field(ge=0, description="See `score_is`.")
    right_eye: Point | None = Field(default=None, description="Its middle, where it was found.")
    left_eye: Point | None = None
    nose: Point | None = Field(default=None, description="Its tip; this and what follows by blazeface alone.")
    mouth: Point | None = Field(default=None, description="Its middle.")
    right_ear: Point | None = None
    left_ear: Point | None = None


class Faces(Sized):
    """The faces of a picture."""

    faces: list[Face] = Field(description="The highest score first.")
    model: FaceModel
    score_is: str = Field(description="What a score means.")


def _draw(request: FacesRequest, found: Faces) -> list[View]:
    count = len(found.faces)
    said = "No face was found." if not count else f"{count} face{'s were' if count > 1 else ' was'} found."
    if not count:
        return [Text(text=said)]
    eyes = [(eye.x, eye.y) for one in found.faces for eye in (one.right_eye, one.left_eye) if eye is not None]
    picture = views.over(
        request.image,
        found,
        f"The picture, with a box around each face: {said}",
        [views.box(one.box, "face", one.score) for one in found.faces],
        [Shape(form="points", label="eyes", points=eyes)] if eyes else [],
        title="Faces",
    )
    return [Text(text=said), picture]


@operation(
    "vision.detect_faces",
    effect="reads",
    pool="vision",
    view=_draw,
    examples=(
        Example(
            title="A portrait",
            request={"image": PORTRAIT},
            question="Where are the faces in this photo?",
            also=(
                "How many faces are in the picture?",
                "Detect the faces in this image.",
                "Find the eyes in this portrait.",
            ),
        ),
    ),
)
def detect_faces(request: FacesRequest, ctx: ComputingContext) -> Faces:
    """Find human faces in a photograph, each with its box and eyes; nobody is identified, nothing said of anyone.

    Sources: Viola & Jones, Rapid object detection using a boosted cascade, CVPR 2001; Lienhart et al., DAGM 2003 (the
    cascade `frontalface_alt2`); Bazarevsky et al., BlazeFace, arXiv:1907.05047.

    Raises:
        Unavailable: of blazeface, its weights are not here; the remedy is the command that fetches them.
    """
    from nis_backend.capabilities.vision.compute.faces import find  # noqa: PLC0415 - loads in the worker only

    return find(request, ctx)


OPERATIONS = (detect_faces,)
