"""The arithmetic of closeness and clusters, against definitions written out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.embeddings.closeness import best_matches, closest_pairs, cosines
from nis_backend.capabilities.embeddings.clustering import group, silhouette
from nis_backend.capabilities.embeddings.clusters import Grouping, VectorsRequest

NUMBERS = st.floats(-10, 10, allow_nan=False).filter(lambda number: abs(number) > 1e-3)
VECTORS = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=12)


def unit(vector: Sequence[float]) -> list[float]:
    """The vector at length 1."""
    return [number / math.hypot(*vector) for number in vector]


def by_definition(distances: list[list[float]], labels: list[int]) -> float:
    """Rousseeuw (1987), eq. 1-3, one point at a time."""
    scores: list[float] = []
    for point, own in enumerate(labels):
        others: dict[int, list[float]] = {}
        for other, label in enumerate(labels):
            if other != point:
                others.setdefault(label, []).append(distances[point][other])
        if own not in others:
            scores.append(0.0)
            continue
        a = sum(others[own]) / len(others[own])
        b = min(sum(one) / len(one) for label, one in others.items() if label != own)
        scores.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return sum(scores) / len(scores)


@given(VECTORS, st.data())
def test_the_silhouette_is_the_one_of_the_definition(given_: list[list[float]], data: st.DataObject) -> None:
    """For any grouping into two clusters or more."""
    vectors = [unit(vector) for vector in given_]
    count = data.draw(st.integers(1, len(vectors)))
    labels = [min(n, count - 1) for n in range(len(vectors))]
    labels = data.draw(st.permutations(labels))
    distances = [[math.dist(one, other) ** 2 / 2 for other in vectors] for one in vectors]
    found = silhouette(np.array(distances), np.array(labels))
    if count == 1:
        assert found is None
    else:
        assert found == pytest.approx(by_definition(distances, labels), abs=2e-6)


def grouped(vectors: list[list[float]], clusters: int | None = None) -> Grouping:
    """The vectors' clusters."""
    return group(VectorsRequest(vectors=vectors, clusters=clusters))


@given(VECTORS)
def test_every_vector_is_in_a_cluster_and_every_cluster_has_one(given_: list[list[float]]) -> None:
    """Numbered from the largest; each has its most typical member; a scale changes nothing."""
    found = grouped(given_)
    sizes = [found.labels.count(number) for number in range(len(found.typical))]
    assert sum(sizes) == len(given_)
    assert sizes == sorted(sizes, reverse=True)
    assert all(sizes)
    assert [found.labels[typical] for typical in found.typical] == list(range(len(sizes)))
    assert found.silhouette is None or -1 <= found.silhouette <= 1
    if found.trials:
        assert found.silhouette == max(trial.silhouette for trial in found.trials)
    doubled = grouped([[2 * number for number in vector] for vector in given_])
    assert doubled.labels == found.labels


@given(st.permutations(range(9)))
def test_clusters_do_not_depend_on_the_order(order: list[int]) -> None:
    """Three bundles of directions are found whatever comes first."""
    bundles = [[10.0 if axis == n % 3 else 0.1 * n for axis in range(3)] for n in range(9)]
    found = grouped([bundles[n] for n in order])
    assert len({(label, n % 3) for label, n in zip(found.labels, order, strict=True)}) == 3
    assert len(found.typical) == 3


@pytest.mark.parametrize("wanted", [1, 2, 4])
def test_as_many_clusters_as_were_asked_for(wanted: int) -> None:
    """Also one, and one for each."""
    found = grouped([[1, 0], [1, 0.1], [0, 1], [-1, 0.2]], wanted)
    assert len(found.typical) == wanted
    assert (found.silhouette is None) == (wanted == 1)
    assert found.trials == []


def test_one_vector_is_one_cluster() -> None:
    """And has no silhouette."""
    found = grouped([[3.0, 4.0]])
    assert (found.labels, found.typical, found.silhouette) == ([0], [0], None)


@given(VECTORS, VECTORS)
def test_cosines_are_those_of_the_angles(rows: list[list[float]], columns: list[list[float]]) -> None:
    """Within [-1, 1], and the pairs and matches are the matrix's greatest."""
    ones, others = [unit(row) for row in rows], [unit(column) for column in columns]
    matrix = cosines(ones, others)
    for row, values in zip(ones, matrix, strict=True):
        wanted = [1 - math.dist(row, other) ** 2 / 2 for other in others]
        assert values == pytest.approx(wanted, abs=1e-6)
        assert all(-1 <= value <= 1 for value in values)
    flat = sorted((value for values in matrix for value in values), reverse=True)
    assert [pair.similarity for pair in closest_pairs(matrix, among_themselves=False)] == flat[:10]
    matches = best_matches(ones[0], others, [str(n) for n in range(len(others))], 5)
    assert [match.score for match in matches] == sorted(matrix[0], reverse=True)[:5]


def test_a_matrix_of_texts_with_themselves_is_symmetric() -> None:
    """Half of it is computed."""
    ones = [unit([1, n, n * n]) for n in range(1, 6)]
    matrix = cosines(ones, ones)
    assert matrix == cosines(ones, list(ones))
    assert len(closest_pairs(matrix, among_themselves=True)) == 10
