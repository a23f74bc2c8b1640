"""What a whole picture shows, on photographs whose subject is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from photographs import Desk, photograph

from nis_backend.capabilities.vision.classifying import classify_image, embed_image
from nis_backend.errors import InvalidRequest, Unavailable


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Where an operation computes."""
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("chelsea", {"Egyptian cat", "tiger cat", "tabby"}),
        ("coffee", {"espresso"}),
        ("china", {"palace"}),
        ("camera", {"tripod"}),
    ],
)
def test_the_subject_of_a_photograph_comes_first(desk: Desk, name: str, labels: set[str]) -> None:
    """Promise: cat, espresso and palace are what the photographs of that name show; of the cat all three kinds."""
    found = desk.call(classify_image, image=desk.blob(photograph(name)), count=3)
    assert found.classes[0].label in labels
    if name == "chelsea":
        assert {one.label for one in found.classes} == labels
    assert (found.width, found.height) == photograph(name).shape[1::-1]


def test_scores_are_a_softmax_over_all_classes(desk: Desk) -> None:
    """Promise of `score_is`: they fall, and all of them together are 1."""
    found = desk.call(classify_image, image=desk.blob(photograph("coffee")), count=100)
    scores = [one.score for one in found.classes]
    assert scores == sorted(scores, reverse=True)
    assert 0.95 < sum(scores) <= 1
    assert (found.of, len({one.index for one in found.classes})) == (1000, 100)
    assert "Softmax" in found.score_is


def test_names_beyond_the_first_stand_beside_it(desk: Desk) -> None:
    """A class of ImageNet's is called by the first of its names; the others are not lost."""
    found = desk.call(classify_image, image=desk.blob(photograph("chelsea")), count=3)
    assert [one.also for one in found.classes if one.label == "tabby"] == [["tabby cat"]]


def test_a_vector_has_length_one_and_is_near_those_of_like_pictures(desk: Desk) -> None:
    """Promise: the cosine finds what shows something alike, mirrored or darker, before what shows something else."""
    cat = photograph("chelsea")
    pictures = (cat, cat[:, ::-1], (cat * 0.6).astype(np.uint8), photograph("coffee"), photograph("china"))
    made = [desk.call(embed_image, image=desk.blob(one)) for one in pictures]
    assert {one.dimensions for one in made} == {1280}
    vectors = np.array([one.vector for one in made])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    near = vectors[1:] @ vectors[0]
    assert min(near[:2]) > 0.7
    assert max(near[2:]) < 0.4


def test_a_missing_weight_names_the_command(tmp_path: Path) -> None:
    """Promise: without a weight the remedy is the command that fetches it."""
    desk = Desk(tmp_path, weights=str(tmp_path / "nothing"))
    with pytest.raises(Unavailable) as failure:
        desk.call(classify_image, image=desk.blob(photograph("coffee")))
    assert failure.value.remedy == "Run: nis weights pull efficientnet-lite0."


def test_an_unknown_model_names_those_there_are(desk: Desk) -> None:
    """The remedy lists the models, and says where more may lie."""
    with pytest.raises(InvalidRequest) as failure:
        desk.call(classify_image, image=desk.blob(photograph("coffee")), model="resnet-50")
    assert failure.value.field == "model"
    for told in ("efficientnet-lite0", "efficientnet-lite2", "NIS_VISION_MODELS"):
        assert told in failure.value.remedy


def test_a_model_of_another_kind_is_refused(desk: Desk) -> None:
    """A detector classifies nothing."""
    with pytest.raises(InvalidRequest, match="nanodet-g is no classifier"):
        desk.call(classify_image, image=desk.blob(photograph("coffee")), model="nanodet-g")
