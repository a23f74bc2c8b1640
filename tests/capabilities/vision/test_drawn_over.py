"""What was found is drawn over the picture, so much of it as a drawing holds, and it is told how much that is."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.capabilities.vision.codes import read_codes
from nis_backend.capabilities.vision.counting import count_objects
from nis_backend.capabilities.vision.reading import read_text
from nis_backend.capabilities.vision.views import MOST
from nis_backend.operation import Operation
from nis_backend.view import Image

Json = dict[str, Any]

SIZE: Json = {"width": 900, "height": 900}
CORNERS = [{"x": x, "y": y} for x, y in ((0, 0), (9, 0), (9, 5), (0, 5))]


def lines(count: int) -> Json:
    """A page of that many lines."""
    line = {"text": "a", "score": 1, "corners": CORNERS}
    blocks = [{"rows": [{"lines": [line]}]}] * count
    return {**SIZE, "text": "a", "blocks": blocks, "turn": 0, "skew": 0, "noise": 0, "amended": []}


def codes(count: int) -> Json:
    """A sheet of that many codes."""
    code = {"kind": "qr", "text": "a", "base64": "YQ==", "corners": CORNERS, "check": "", "read_in": ""}
    return {**SIZE, "codes": [code] * count}


def objects(count: int) -> Json:
    """A tray of that many things."""
    one: Json = {"box": {"x": 0, "y": 0, "width": 1, "height": 1}, "centre": {"x": 0, "y": 0}, "area": 1}
    told: Json = {"count": count, "regions": count, "polarity": "dark", "threshold": 1, "contrast": 1, "min_area": 1}
    return {**SIZE, **told, "objects": [{**one, "touching": False, "at_edge": False}] * count, "method": ""}


@pytest.mark.parametrize("count", [MOST, MOST + 112])
@pytest.mark.parametrize(
    ("operation", "found"),
    [(read_text, lines), (read_codes, codes), (count_objects, objects)],
    ids=["lines", "codes", "objects"],
)
def test_a_drawing_holds_so_much_and_says_of_how_much(operation: Operation[Any, Any], found: Any, count: int) -> None:
    """Promise: one bound for every operation; what it leaves out is counted in the title and in the words."""
    request = operation.validate({"image": "blob-1"})
    [drawn] = [
        one for one in operation.draw(request, operation.result.model_validate(found(count))) if isinstance(one, Image)
    ]
    assert len(drawn.boxes) + len(drawn.shapes) == MOST
    said = f"({MOST} of {count} drawn)"
    assert [said in drawn.title, said in drawn.alt] == [count > MOST] * 2
