"""Cards of models: what a network is for, and how a picture goes in and its answer is read.

Those in the box have theirs here. Others come from the folder in `NIS_VISION_MODELS`: each has a folder of its own with
an ONNX file and a `model.json` of these fields, and is called by that folder's name. A worker keeps what it has loaded:
what is changed there is read by the next one, after `NIS_IDLE_SECONDS` without a call.

    {"kind": "detector", "file": "yolox_s.onnx", "labels": "coco.txt", "width": 640, "height": 640,
     "output": "yolox", "fit": "letterbox", "fill": 114, "colours": "bgr"}
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model

Kind = Literal["classifier", "detector", "embedder"]

Output = Literal["logits", "probabilities", "features", "yolox", "yolov8", "detr", "rtdetr", "centernet", "nanodet"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

SCORES: dict[Output, str] = {
    "logits": "Softmax over the logits of all classes: e^z / Σ e^z. It says how the classes compare, not how likely "
    "the picture is of any of them.",
    "probabilities": "As the model answers it.",
    "features": "None: the vector is the model's answer divided by its length.",
    "yolox": "Objectness times class score, both as the model answers them.",
    "yolov8": "The model's class score.",
    "detr": "Softmax over the classes and nothing, without nothing.",
    "rtdetr": "Logistic function of the class's logit.",
    "centernet": "Height of the class's heat map, 0 to 1, at a peak of 3 × 3 cells.",
    "nanodet": "The model's class score, which it is trained to make the overlap of its box with the thing (quality "
    "focal loss).",
}
"""What a score means, by how a model answers."""


class Card(Model):
    """A model's file and how it is used; the file's one input is (1, 3, height, width) float32."""

    kind: Kind = Field(description="What it answers: classes of a whole picture, things in boxes, or a vector.")
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", description="The ONNX file in the model's folder.")
    labels: list[str] | str = Field(
        default_factory=list[str],
        description="Names of its classes in order, or the file in its folder that has one a line.",
    )
    width: int = Field(ge=16, le=2048, description="Of its input, pixels.")
    height: int = Field(ge=16, le=2048, description="Of its input, pixels.")
    output: Output = Field(
        description="How its answer is read. logits, probabilities: a number for each class. features: a vector. "
        "yolox: rows of centre, size, objectness and classes on grids of 8, 16 and 32 pixels, not yet decoded. yolov8: "
        "columns of centre, size and classes, pixels. detr: logits with nothing last, and boxes of centre and size "
        "from 0 to 1; rtdetr: the same without nothing."
    )
    fit: Literal["crop", "letterbox", "stretch"] = Field(
        default="letterbox",
        description="How a picture gets the input's size: its middle, as wide or as high as `middle` says; the whole "
        "of it with bars at two sides; or the whole of it, stretched.",
    )
    middle: float = Field(default=0.875, gt=0, le=1, description="The part of the shorter side that `crop` keeps.")
    fill: int = Field(default=0, ge=0, le=255, description="The grey of the bars.")
    colours: Literal["rgb", "bgr"] = Field(default="rgb", description="The order of the three.")
    mean: tuple[float, float, float] = Field(
        default=(0.0, 0.0, 0.0), description="Taken from each colour, of 0 to 255, in that order."
    )
    std: tuple[float, float, float] = Field(
        default=(1.0, 1.0, 1.0), description="What each colour is then divided by; none is 0."
    )
    threshold: float = Field(default=0.4, ge=0, le=1, description="Lowest score of a thing, where none is asked for.")
    licence: str = Field(default="", max_length=200, description="What its makers allow.")


IMAGENET = "imagenet_labels.txt"
COCO = "coco_labels.txt"
"""Labels in the box, beside this module."""


def _lite(weight: str, size: int) -> Card:
    return Card(
        kind="classifier",
        file=weight,
        labels=IMAGENET,
        width=size,
        height=size,
        output="logits",
        fit="crop",
        middle=size / (size + 32),  # as its makers cut ImageNet's pictures
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
        licence="Apache-2.0",
    )


IN_THE_BOX: dict[str, Card] = {
    "efficientnet-lite0": _lite("efficientnet-lite0", 224),
    "efficientnet-lite2": _lite("efficientnet-lite2", 260),
    "centernet-mobilenetv3": Card(
        kind="detector",
        file="centernet-mobilenetv3",
        labels=COCO,
        width=512,
        height=512,
        output="centernet",
        threshold=0.4,
        licence="MIT, by who packaged it; its makers name none",
    ),
    "nanodet-g": Card(
        kind="detector",
        file="nanodet-g",
        labels=COCO,
        width=416,
        height=416,
        output="nanodet",
        colours="bgr",
        mean=(103.53, 116.28, 123.675),
        std=(57.375, 57.12, 58.395),
        threshold=0.5,
        licence="Apache-2.0",
    ),
}
"""By name; of these, `file` is the name of a weight."""

CLASSIFIER, DETECTOR = "efficientnet-lite0", "centernet-mobilenetv3"
"""Those that are used where none is named."""

READS: dict[Kind, tuple[Output, ...]] = {
    "classifier": ("logits", "probabilities"),
    "detector": ("yolox", "yolov8", "detr", "rtdetr", "centernet", "nanodet"),
    "embedder": ("features",),
}
"""What a model of each kind may answer."""
