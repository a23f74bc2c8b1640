"""Things found in photographs, in boxes that are right in the photograph's own pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from photographs import Desk, photograph

from nis_backend.capabilities.vision.detecting import detect_objects
from nis_backend.errors import InvalidRequest, Unavailable


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where an operation computes."""
    return Desk(tmp_path)


# Boxes drawn by hand around what is there: x, y, width, height.
PERSON, CUP, CAT, MACHINE, MAN = (
    (15, 10, 355, 500),
    (165, 15, 255, 255),
    (0, 0, 440, 300),
    (100, 70, 590, 385),
    (5, 65, 310, 447),
)


def overlap(found: Any, drawn: tuple[int, int, int, int]) -> float:  # Any: a box of the result
    """Intersection over union."""
    left, top = max(found.x, drawn[0]), max(found.y, drawn[1])
    right = min(found.x + found.width, drawn[0] + drawn[2])
    bottom = min(found.y + found.height, drawn[1] + drawn[3])
    both = max(0.0, right - left) * max(0.0, bottom - top)
    return both / (found.width * found.height + drawn[2] * drawn[3] - both)


@pytest.mark.parametrize(
    ("model", "name", "label", "drawn"),
    [
        ("centernet-mobilenetv3", "astronaut", "person", PERSON),
        ("centernet-mobilenetv3", "coffee", "cup", CUP),
        ("centernet-mobilenetv3", "chelsea", "cat", CAT),
        ("centernet-mobilenetv3", "camera", "person", MAN),
        ("nanodet-g", "astronaut", "person", PERSON),
        ("nanodet-g", "chelsea", "cat", CAT),
        ("nanodet-g", "camera", "person", MAN),
    ],
)
def test_a_thing_is_found_where_it_is(
    desk: Desk, model: str, name: str, label: str, drawn: tuple[int, int, int, int]
) -> None:
    """Promise: the person and the cup; each the only thing of the photograph, its box over that drawn by hand."""
    found = desk.call(detect_objects, image=desk.blob(photograph(name)), model=model)
    assert [one.label for one in found.things] == [label]
    assert overlap(found.things[0].box, drawn) > 0.8
    assert (found.width, found.height) == photograph(name).shape[1::-1]


@pytest.mark.parametrize("shape", [(700, 300), (300, 900)])
def test_boxes_are_right_when_bars_were_needed(desk: Desk, shape: tuple[int, int]) -> None:
    """The letterbox is undone: a man in a tall and in a wide picture has his box around him."""
    small = cv2.resize(photograph("camera"), (300, 300), interpolation=cv2.INTER_AREA)
    picture = np.full(shape, 90, np.uint8)
    down, right = shape[0] - 300, shape[1] - 300
    picture[down : down + 300, right : right + 300] = small
    (man,) = desk.call(detect_objects, image=desk.blob(picture), labels=["person"]).things
    x, y, width, height = (round(side * 300 / 512) for side in MAN)
    assert overlap(man.box, (right + x, down + y, width, height)) > 0.8


def test_nothing_is_found_in_a_page_of_text(desk: Desk) -> None:
    """No thing is made up where there is none."""
    for model in ("centernet-mobilenetv3", "nanodet-g"):
        assert desk.call(detect_objects, image=desk.blob(photograph("page")), model=model).things == []


def test_boxes_lie_in_the_picture_and_of_one_kind_apart(desk: Desk) -> None:
    """A low threshold lets many through: none beyond the edges, none of a kind over another, no more than asked."""
    request = {"image": desk.blob(photograph("coins")), "threshold": 0.05, "overlap": 0.5, "limit": 60}
    found = desk.call(detect_objects, **request)
    assert len(found.things) == 60
    scores = [one.score for one in found.things]
    assert scores == sorted(scores, reverse=True)
    for place, one in enumerate(found.things):
        assert one.box.x >= 0
        assert one.box.y >= 0
        assert one.box.x + one.box.width <= found.width + 0.15
        assert one.box.y + one.box.height <= found.height + 0.15
        for other in found.things[:place]:
            sides = (other.box.x, other.box.y, other.box.width, other.box.height)
            assert other.label != one.label or overlap(one.box, sides) < 0.52


def test_only_the_kinds_asked_for_are_answered(desk: Desk) -> None:
    """A filter by the model's names; one that it has not is refused with those it has."""
    image = desk.blob(photograph("astronaut"))
    assert desk.call(detect_objects, image=image, labels=["cup"]).things == []
    with pytest.raises(InvalidRequest, match="spaceship") as failure:
        desk.call(detect_objects, image=image, labels=["person", "spaceship"])
    assert failure.value.field == "labels.1"
    assert "person, bicycle" in failure.value.remedy


def test_a_missing_graph_names_the_command(tmp_path: Path) -> None:
    """Of the two files of a graph each has a name of its own."""
    desk = Desk(tmp_path, weights=str(tmp_path / "nothing"))
    with pytest.raises(Unavailable, match=r"centernet-mobilenetv3\.tfjs\.json") as failure:
        desk.call(detect_objects, image=desk.blob(photograph("coffee")))
    assert failure.value.remedy == "Run: nis weights pull centernet-mobilenetv3-graph."
