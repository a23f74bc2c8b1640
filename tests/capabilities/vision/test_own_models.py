"""Models of one's own from a folder: a card and an ONNX file each, used as the ones in the box are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from photographs import Desk

from nis_backend.capabilities.vision.classifying import classify_image, embed_image
from nis_backend.capabilities.vision.compute.onnx_file import OnnxGraph
from nis_backend.capabilities.vision.detecting import Things, detect_objects
from nis_backend.errors import InvalidRequest, Unavailable

SIDE = 64

PICTURE = np.full((50, 100, 3), (200, 30, 60), np.uint8)
"""Mostly red, twice as wide as high: in a letterbox it is 64 × 32, with 16 pixels above it."""


def mean_colour() -> bytes:
    """A network that answers the mean of each colour: of a picture of one colour, that colour."""
    graph = OnnxGraph()
    pooled = graph.node("GlobalAveragePool", graph.input("image", (1, 3, SIDE, SIDE)))
    return graph.finish(out=graph.node("Flatten", pooled))


def fixed(**answers: NDArray[np.float32]) -> bytes:
    """A network that answers these, whatever it sees."""
    graph = OnnxGraph()
    zero = graph.node("Mul", graph.input("image", (1, 3, SIDE, SIDE)), graph.constant(np.zeros((), np.float32)))
    nothing = graph.node("ReduceMean", zero, keepdims=0)
    return graph.finish(**{name: graph.node("Add", graph.constant(one), nothing) for name, one in answers.items()})


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of models."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def desk(tmp_path: Path, models: Path) -> Desk:
    """Where an operation computes, told of that folder."""
    return Desk(tmp_path, vision_models=str(models))


def put(models: Path, network: bytes, name: str = "own", **card: Any) -> None:
    """A model in the folder."""
    folder = models / name
    folder.mkdir()
    (folder / "model.onnx").write_bytes(network)
    known = {"kind": "detector", "file": "model.onnx", "labels": ["cat", "dog"], "width": SIDE, "height": SIDE}
    (folder / "model.json").write_text(json.dumps({**known, **card}))


def test_a_classifier_of_ones_own_is_called_by_its_folders_name(desk: Desk, models: Path) -> None:
    """Its labels come from a file, its mean and deviation from the card; the score is a softmax of its logits."""
    card: dict[str, Any] = {
        "kind": "classifier",
        "output": "logits",
        "fit": "stretch",
        "mean": [100, 100, 100],
        "std": [50, 50, 50],
    }
    put(models, mean_colour(), **card, labels="colours.txt")
    (models / "own" / "colours.txt").write_text("red\ngreen\nblue\n")
    found = desk.call(classify_image, image=desk.blob(PICTURE), model="own", count=2)
    powers = np.exp((np.array([200, 30, 60]) - 100) / 50)
    assert [one.label for one in found.classes] == ["red", "blue"]
    assert [one.score for one in found.classes] == pytest.approx(powers[[0, 2]] / powers.sum(), rel=1e-4)
    assert (found.model, found.of) == ("own", 3)


def test_the_order_of_colours_is_the_cards(desk: Desk, models: Path) -> None:
    """Blue first: the first number is the blue's."""
    put(models, mean_colour(), kind="embedder", output="features", fit="stretch", colours="bgr", labels=[])
    made = desk.call(embed_image, image=desk.blob(PICTURE), model="own")
    blue_first = np.array([60, 30, 200])
    assert made.vector == pytest.approx(blue_first / np.linalg.norm(blue_first), abs=1e-5)


def things(desk: Desk) -> Things:
    """What a model of one's own finds in the picture."""
    return desk.call(detect_objects, image=desk.blob(PICTURE), model="own", threshold=0.5)


def logit(score: float) -> float:
    """What a logistic function makes the score of."""
    return float(np.log(score / (1 - score)))


def yolox() -> NDArray[np.float32]:
    """Rows for grids of 8 × 8, 4 × 4 and 2 × 2 cells; one dog, in the second grid's third column and second row."""
    rows = np.zeros((1, 64 + 16 + 4, 7), np.float32)
    # Its middle is (40, 28): 2.5 and 1.75 cells of 16; it is 32 × 16: 2 and 1 of them.
    rows[0, 64 + 4 + 2] = [0.5, 0.75, np.log(2), 0, 0.9, 0.1, 0.8]
    return rows


def yolov8() -> NDArray[np.float32]:
    """Columns: one dog and a worse box over it, and a cat that is none."""
    columns = np.zeros((1, 6, 10), np.float32)
    columns[0, :, 3] = [40, 28, 32, 16, 0.1, 0.72]
    columns[0, :, 4] = [41, 28, 32, 16, 0.1, 0.60]
    columns[0, :, 5] = [10, 20, 8, 8, 0.3, 0.1]
    return columns


QUERY = np.array([[[40 / 64, 28 / 64, 32 / 64, 16 / 64], [0.1, 0.1, 0.1, 0.1]]], np.float32)
DETR = np.log(np.array([[[0.08, 0.72, 0.2], [0.01, 0.01, 0.98]]], np.float32))
RTDETR = np.array([[[-5, logit(0.72)], [-5, -5]]], np.float32)


@pytest.mark.parametrize(
    ("output", "answers"),
    [
        ("yolox", {"out": yolox()}),
        ("yolov8", {"out": yolov8()}),
        ("detr", {"logits": DETR, "boxes": QUERY}),
        ("rtdetr", {"logits": RTDETR, "boxes": QUERY}),
    ],
)
def test_each_layout_of_a_detector_is_read(
    desk: Desk, models: Path, output: str, answers: dict[str, NDArray[np.float32]]
) -> None:
    """A dog of 32 × 16 around (40, 28) in the input: the picture is 1.5625 times as large and lies 16 lower."""
    put(models, fixed(**answers), output=output)
    (dog,) = things(desk).things
    assert dog.label == "dog"
    assert dog.score == pytest.approx(0.72, abs=1e-5)
    scale = 100 / 64
    box = (24 * scale, (20 - 16) * scale, 32 * scale, 16 * scale)
    assert (dog.box.x, dog.box.y, dog.box.width, dog.box.height) == pytest.approx(box, abs=0.06)


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"output": "logits"}, "output: a detector answers yolox or"),
        ({"output": "yolov8", "std": [1, 0, 1]}, "std: none may be 0"),
        ({"output": "yolov8", "width": 100}, "the card says float32"),
        ({"output": "yolov8", "labels": []}, "labels: there are none"),
        ({"output": "yolov8", "labels": "names.txt"}, "names.txt cannot be read"),
        ({"output": "yolov8", "file": "../model.onnx"}, "file: String should match"),
        ({"output": "yolov8", "file": "other.onnx"}, "there is no other.onnx"),
        ({"output": "yolov8", "colour": "rgb"}, "colour: Extra inputs"),
        ({"output": "yolov8", "labels": ["cat"]}, "it answers class 1 and has 1 labels"),
        ({"output": "yolox"}, "not of the layout yolox"),
        ({"output": "detr"}, "not of the layout detr"),
        ({"output": "centernet"}, "not of the layout centernet"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_with_what_is_wrong(
    desk: Desk, models: Path, card: dict[str, Any], told: str
) -> None:
    """The operator reads which field of which folder's card to mend; no path of the server's is told."""
    put(models, fixed(out=yolov8()), **card)
    with pytest.raises(Unavailable) as failure:
        things(desk)
    assert told in failure.value.message
    assert "model.json in the folder own" in failure.value.remedy
    assert str(models) not in str(failure.value.problem())


@pytest.mark.parametrize("content", [b"no network", b""])
def test_a_file_that_is_no_network_is_refused(desk: Desk, models: Path, content: bytes) -> None:
    """And the next call as well: nothing half loaded stays."""
    put(models, content, output="yolov8")
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"model\.onnx is no ONNX file") as failure:
            things(desk)
        assert str(models) not in str(failure.value.problem())


def test_a_network_that_fails_as_it_is_computed_is_refused(desk: Desk, models: Path) -> None:
    """What only shows then: an answer of a shape that does not come out."""
    graph = OnnxGraph()
    shape = graph.node("Shape", graph.node("NonZero", graph.input("image", (1, 3, SIDE, SIDE))))
    wrong = graph.node("Reshape", "image", graph.node("Mul", shape, graph.constant(np.array([7, 1], np.int64))))
    put(models, graph.finish(out=wrong), output="yolov8")
    with pytest.raises(Unavailable, match="failed as it was computed"):
        things(desk)


def test_a_card_that_is_no_json_is_refused(desk: Desk, models: Path) -> None:
    """The fault's place is told."""
    put(models, fixed(out=yolov8()), output="yolov8")
    (models / "own" / "model.json").write_text("{")
    with pytest.raises(Unavailable, match="it is no JSON"):
        things(desk)


def test_only_folders_with_a_card_are_models(desk: Desk, models: Path) -> None:
    """A name is looked up among those, so no path leads elsewhere."""
    put(models, fixed(out=yolov8()), output="yolov8")
    (models / "empty").mkdir()
    for name in ("empty", "own.x"):
        with pytest.raises(InvalidRequest, match="no model") as failure:
            desk.call(detect_objects, image=desk.blob(PICTURE), model=name)
        assert "Of your own: own" in failure.value.remedy
    with pytest.raises(InvalidRequest):
        desk.call(detect_objects, image=desk.blob(PICTURE), model="../own")
