"""Lists and matrices read out of sentences."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.operations.lists import find_lists


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("mean and sd of 3, 5, 8, 13", [[3, 5, 8, 13]]),
        ("the average of 2.5, -3, 4 and 1e3?", [[2.5, -3, 4, 1000]]),
        ("of [1, 2,3] please", [[1, 2, 3]]),
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
