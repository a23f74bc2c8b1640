"""Lists and matrices read out of sentences."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.lists import bare_system, find_lists
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.catalog import Catalog


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("mean and sd of 3, 5, 8, 13", [[3, 5, 8, 13]]),
        ("the average of 2.5, -3, 4 and 1e3?", [[2.5, -3, 4, 1000]]),
        ("of [1, 2,3] please", [[1, 2, 3]]),
        ("the mean of 3, 5 and 10", [[3, 5, 10]]),
        ("A = [2 1; 1 3]", [[2, 1], [1, 3]]),
        ("[[2,1],[1, -3]]", [[2, 1], [1, -3]]),
        ("numerator [10]", [[10]]),
    ],
)
def test_a_list_is_read(text: str, rows: list[list[float]]) -> None:
    """In brackets, nested, by semicolons, or three and more set apart by commas."""
    (found,) = find_lists(text)
    assert found.rows == rows
    assert found.nested == (len(rows) > 1)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "on 2024-05-01, 3, 4",
            "1,000, 2,000, 3,000",
            "sin(3)",
            "x^2 + 3, 4",
            "at 20 m/s, 40 degrees",
            "2, 3",
            "a1, 2, 3",
        ),
        *("10.0.0.1, 10.0.0.2", "3:15, 4:20, 5:25", "5 %, 6 %, 7 %"),
    ],
)
def test_what_is_no_list_is_not_read(text: str) -> None:
    """Dates, thousands, calls, sums, quantities, times, addresses, shares; two numbers alone."""
    assert find_lists(text) == []


def test_several_lists_keep_their_order() -> None:
    """x, y and where."""
    found = find_lists("x = [0, 1], y = [2, 3] at [0.5]")
    assert [one.rows[0] for one in found] == [[0, 1], [2, 3], [0.5]]


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("[[2,1],[1,3]] x = [3,5]", True),
        ("Solve A = [[2, 1], [1, 3]] * x = [3, 5]!", True),
        ("Multiply [[2,1],[1,3]] by [3,5]", False),
        ("[[2,1],[1,3]] x = [3,5] and then some", False),
        ("[3,5]", False),
    ],
)
def test_a_matrix_and_a_list_alone_are_a_system(text: str, alone: bool) -> None:
    """Only what needs the two takes them for itself, and only where nothing else is said."""
    operations = {entry.name: declared(entry) for entry in Catalog.from_index().entries()}
    sentence = Sentence(text)
    assert bool(bare_system(sentence, operations["mathematics.solve_linear_system"])) == alone
    assert not bare_system(sentence, operations["mathematics.decompose_matrix"])
