"""Faces are found where they are, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from photographs import Desk, photograph

from nis_backend.capabilities.vision.faces import FaceModel, detect_faces
from nis_backend.errors import Unavailable

EYES = ((202, 102), (247, 103))
"""Of the astronaut, by hand: the right one first, which lies to the left."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where an operation computes."""
    return Desk(tmp_path)


@pytest.mark.parametrize("model", ["haar", "blazeface"])
def test_the_astronauts_face_and_both_eyes_are_found(desk: Desk, model: FaceModel) -> None:
    """Promise: one face, around the eyes, whose places are right to six pixels."""
    found = desk.call(detect_faces, image=desk.blob(photograph("astronaut")), model=model)
    (face,) = found.faces
    for eye, (x, y) in zip((face.right_eye, face.left_eye), EYES, strict=True):
        assert abs(eye.x - x) < 6
        assert abs(eye.y - y) < 6
        assert face.box.x < eye.x < face.box.x + face.box.width
        assert face.box.y < eye.y < face.box.y + face.box.height
    assert 90 < face.box.width < 115


def test_the_network_finds_nose_mouth_and_ears(desk: Desk) -> None:
    """By where they lie to the eyes: the nose between and below, the mouth below that, the ears outside."""
    (face,) = desk.call(detect_faces, image=desk.blob(photograph("astronaut")), model="blazeface").faces
    assert face.right_ear.x < face.right_eye.x < face.nose.x < face.left_eye.x < face.left_ear.x
    assert face.right_eye.y < face.nose.y < face.mouth.y


@pytest.mark.parametrize("name", ["chelsea", "coffee", "china", "page", "coins", "text", "rocket", "flower"])
def test_no_face_is_claimed_where_there_is_none(desk: Desk, name: str) -> None:
    """Promise: none on a cat, a cup, a palace and a page, nor on what made other cascades err: coins and a flower."""
    picture = photograph(name)
    assert desk.call(detect_faces, image=desk.blob(picture)).faces == []
    if name != "chelsea":  # the network's own mistake, which its score's description tells
        assert desk.call(detect_faces, image=desk.blob(picture), model="blazeface").faces == []


def test_a_turned_face_is_for_the_network(desk: Desk) -> None:
    """What the descriptions of the two models say of profiles."""
    image = desk.blob(photograph("camera"))
    assert desk.call(detect_faces, image=image).faces == []
    (face,) = desk.call(detect_faces, image=image, model="blazeface").faces
    assert 170 < face.box.x < 190


def test_a_large_picture_has_its_boxes_in_its_own_pixels(desk: Desk) -> None:
    """The cascade looks at a smaller one."""
    picture = np.kron(photograph("astronaut"), np.ones((4, 4, 1), np.uint8))
    (face,) = desk.call(detect_faces, image=desk.blob(picture, ".jpg")).faces
    assert abs(face.box.x - 4 * 177) < 40
    assert abs(face.left_eye.x - 4 * EYES[1][0]) < 30


def test_only_the_network_needs_a_weight(tmp_path: Path) -> None:
    """The cascades come with OpenCV."""
    desk = Desk(tmp_path, weights=str(tmp_path / "nothing"))
    image = desk.blob(photograph("astronaut"))
    assert len(desk.call(detect_faces, image=image).faces) == 1
    with pytest.raises(Unavailable) as failure:
        desk.call(detect_faces, image=image, model="blazeface")
    assert failure.value.remedy == "Run: nis weights pull blazeface-graph."
