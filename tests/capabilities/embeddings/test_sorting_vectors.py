"""The arithmetic of neighbours, duplicates, outliers, labels and maps, against definitions written out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.embeddings.finding import duplicates, neighbours
from nis_backend.capabilities.embeddings.labels import LabelsRequest, directions, labelled, words_of
from nis_backend.capabilities.embeddings.nearest import MOST_PAIRS, VectorDuplicatesRequest, VectorSearch
from nis_backend.capabilities.embeddings.operations import for_worker
from nis_backend.capabilities.embeddings.outliers import deviations
from nis_backend.capabilities.embeddings.projecting import project, trust
from nis_backend.capabilities.embeddings.projection import VectorProjectionRequest
from nis_backend.errors import InvalidRequest

NUMBERS = st.integers(-9, 9).map(float)
VECTORS = st.lists(st.lists(NUMBERS, min_size=3, max_size=3).filter(any), min_size=1, max_size=12)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """By definition, to six decimals."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return round(dot / math.hypot(*one) / math.hypot(*other), 6)


@given(VECTORS, VECTORS, st.integers(1, 5), st.floats(-1, 1))
def test_neighbours_are_the_greatest_cosines(
    vectors: list[list[float]], queries: list[list[float]], limit: int, least: float
) -> None:
    """All of them from the least on, as many as asked for, nearest first."""
    found = neighbours(VectorSearch(vectors=vectors, queries=queries, limit=limit, least=least)).neighbours
    for query, near in zip(queries, found, strict=True):
        wanted = sorted((cosine(query, vector) for vector in vectors), reverse=True)[:limit]
        assert [one.similarity for one in near] == pytest.approx([one for one in wanted if one >= least], abs=2e-6)
        assert all(one.similarity == pytest.approx(cosine(query, vectors[one.index]), abs=2e-6) for one in near)


def test_of_equal_neighbours_the_earlier_is_first_and_none_is_its_own() -> None:
    """Among vectors that are given alone, each is held against the others."""
    found = neighbours(VectorSearch(vectors=[[1, 0], [2, 0], [3, 0], [0, 1]])).neighbours
    assert [[one.index for one in near] for near in found] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    assert neighbours(VectorSearch(vectors=[[1, 0]])).neighbours == [[]]


@given(VECTORS, st.sampled_from([0.3, 0.9, 1.0]))
def test_no_two_that_are_kept_are_duplicates_and_each_duplicate_has_its_kept_one(
    vectors: list[list[float]], threshold: float
) -> None:
    """The nearest of the kept ones before it; what is kept once is kept when only that is given."""
    found = duplicates(VectorDuplicatesRequest(vectors=vectors, threshold=threshold))
    near = 2e-6
    for place, index in enumerate(found.kept):
        assert all(cosine(vectors[index], vectors[other]) < threshold + near for other in found.kept[:place])
    for index, (of, similarity) in enumerate(zip(found.of, found.similarities, strict=True)):
        if of is None:
            assert index in found.kept
            continue
        assert of < index
        assert similarity is not None
        assert similarity >= threshold
        before = max(cosine(vectors[index], vectors[one]) for one in found.kept if one < index)
        assert similarity == pytest.approx(before, abs=near)
    again = duplicates(VectorDuplicatesRequest(vectors=[vectors[index] for index in found.kept], threshold=threshold))
    assert again.kept == list(range(len(found.kept)))


def test_a_chain_of_near_ones_is_not_one_duplicate() -> None:
    """Each is near to the next, and the last is far from the first: it is kept."""
    fan = [[math.cos(math.radians(angle)), math.sin(math.radians(angle))] for angle in range(0, 91, 15)]
    found = duplicates(VectorDuplicatesRequest(vectors=fan, threshold=0.96))
    assert found.of == [None, 0, None, 2, None, 4, None]


def test_deviations_are_iglewicz_and_hoaglins() -> None:
    """Their example's numbers by the formula; the mean deviation where the median one is 0; none where all are one.

    Source: Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers, p. 11-13.
    """
    scores = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    middle = statistics.median(scores)
    spread = statistics.median(abs(score - middle) for score in scores)
    assert deviations(scores) == pytest.approx([0.6745 * (score - middle) / spread for score in scores], abs=1e-4)
    assert [score for score, far in zip(scores, deviations(scores), strict=True) if far and far > 3.5] == [8.2, 8.3]
    assert deviations([1, 1, 1, 1, 2]) == pytest.approx([0, 0, 0, 0, 1 / (1.2533 * 0.2)], abs=1e-4)
    assert deviations([0.25] * 5) == [None] * 5


def test_a_label_is_the_mean_of_its_words_and_examples() -> None:
    """And a text below the least score or margin has none, though its best is told."""
    request = LabelsRequest(
        texts=["a", "b", "c"], labels=["x", "y"], examples={"y": ["e"]}, least_margin=0.5, template="On {}."
    )
    assert words_of(request) == {"labels": ["On x.", "On y."], "examples.y": ["e"]}
    vectors = directions(["x", "y"], {"labels": [[1, 0], [0, 1]], "examples.y": [[-1, 0]]})
    assert vectors == [[1, 0], pytest.approx([-math.sqrt(0.5), math.sqrt(0.5)])]
    found = labelled(request, [[1, 0], [0, 1], [math.sqrt(0.5)] * 2], vectors)
    assert [(one.label, one.best) for one in found] == [("x", "x"), ("y", "y"), ("x", "x")]
    assert [one.margin for one in found] == pytest.approx(
        [1 + math.sqrt(0.5), math.sqrt(0.5), math.sqrt(0.5)], abs=2e-6
    )
    unsure = labelled(request.model_copy(update={"texts": ["b"], "least_margin": 0.8}), [[0, 1]], vectors)
    assert (unsure[0].label, unsure[0].best) == (None, "y")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (LabelsRequest(texts=["a"], labels=["x", "x"]), "labels.1"),
        (LabelsRequest(texts=["a"], labels=["x", "y"], template="no place"), "template"),
        (LabelsRequest(texts=["a"], labels=["x", "y"], examples={"z": ["e"]}), "examples.z"),
        (LabelsRequest(texts=["a"], labels=["x", "y"], examples={"y": []}), "examples.y"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(request_: LabelsRequest, field: str) -> None:
    """By the field that is wrong."""
    with pytest.raises(InvalidRequest) as refusal:
        words_of(request_)
    assert refusal.value.field == field


def test_more_neighbours_than_are_answered_are_refused_beforehand() -> None:
    """With how many may be asked for."""
    many = [[1.0, n] for n in range(2000)]
    with pytest.raises(InvalidRequest, match=str(MOST_PAIRS)) as refusal:
        neighbours(VectorSearch(vectors=many, limit=100))
    assert (refusal.value.field, "at most 50" in refusal.value.remedy) == ("limit", True)


def test_more_numbers_than_a_worker_is_handed_are_refused_with_how_many_texts_are_not() -> None:
    """By the model's dimensions; what fits is handed on as it is."""
    fits = [[0.5] * 1536] * 911
    assert for_worker(fits) is fits
    with pytest.raises(InvalidRequest, match="912 vectors of 1536") as refusal:
        for_worker([*fits, fits[0]])
    assert (refusal.value.field, "at most 911" in refusal.value.remedy) == ("texts", True)


def test_what_lies_in_a_plane_is_drawn_as_it_is() -> None:
    """All of the variance is explained, distances stay, every neighbour is a true one, and signs are settled."""
    angles = [0, 10, 25, 45, 70, 100, 135]
    circle = [[math.cos(math.radians(a)), math.sin(math.radians(a)), 0, 0] for a in angles]
    found = project(VectorProjectionRequest(vectors=circle))
    assert found.explained is not None
    assert sum(found.explained) == pytest.approx(1, abs=2e-6)
    assert (found.trust, found.neighbours) == (1, 3)
    for one, at in zip(circle, found.points, strict=True):
        assert [math.dist(at, to) for to in found.points] == pytest.approx(
            [math.dist(one, other) for other in circle], abs=3e-6
        )
    scaled = project(VectorProjectionRequest(vectors=[[3 * number for number in one] for one in circle]))
    assert scaled == found


def test_shares_of_variance_are_those_of_the_covariance() -> None:
    """The first two eigenvalues over their sum, which another routine finds."""
    points = np.random.default_rng(1).normal(size=(40, 6)) * [3, 2, 1, 1, 1, 0.5]
    found = project(VectorProjectionRequest(vectors=points.tolist()))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(np.cov(unit.T))[::-1]
    assert found.explained == pytest.approx((values[:2] / values.sum()).tolist(), abs=2e-6)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(6, 30))
def test_trust_is_venna_and_kaskis(seed: int, count: int) -> None:
    """The definition, one point at a time; about a half for points that have nothing to do with the vectors."""
    random = np.random.default_rng(seed)
    vectors, points = random.normal(size=(count, 5)), random.normal(size=(count, 2))
    k = (count - 1) // 2
    penalty = 0
    for i in range(count):
        others = [j for j in range(count) if j != i]
        full = sorted(others, key=lambda j: math.dist(vectors[i], vectors[j]))
        drawn = sorted(others, key=lambda j: math.dist(points[i], points[j]))
        penalty += sum(full.index(j) + 1 - k for j in drawn[:k] if full.index(j) >= k)
    assert trust(vectors, points, k) == pytest.approx(1 - 2 * penalty / (count * k * (2 * count - 3 * k - 1)), abs=2e-6)


def test_a_picture_of_nothing_is_trusted_by_half() -> None:
    """As the formula's words say."""
    random = np.random.default_rng(3)
    assert trust(random.normal(size=(300, 9)), random.normal(size=(300, 2)), 10) == pytest.approx(0.5, abs=0.05)


def test_the_same_vectors_are_one_place_of_which_nothing_is_explained() -> None:
    """No share of no variance is made up; two of three in a line have no second axis."""
    found = project(VectorProjectionRequest(vectors=[[1, 2, 3]] * 6))
    assert (found.points, found.explained, found.trust) == ([(0.0, 0.0)] * 6, None, None)
    flat = project(VectorProjectionRequest(vectors=[[1], [-1], [2]]))
    assert flat.explained == [1.0, 0.0]
    assert [y for _, y in flat.points] == [0.0] * 3
