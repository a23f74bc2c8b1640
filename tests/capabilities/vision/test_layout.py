"""Reading order: columns by themselves, tables across, what spans both where it stands."""

from __future__ import annotations

from nis_backend.capabilities.vision.compute.layout import Span, blocks_of


def spans(*lines: tuple[float, float, float]) -> list[Span]:
    """Lines of 20 pixels' height, each by its left, right and top."""
    return [Span(left=left, right=right, top=top, bottom=top + 20) for left, right, top in lines]


def test_two_columns_are_read_one_after_the_other() -> None:
    """Promise: a gutter that no line crosses, between long lines, parts two columns."""
    page = spans((0, 300, 0), (340, 640, 0), (0, 300, 25), (340, 640, 25), (0, 280, 50), (340, 500, 50))
    assert blocks_of(page) == [[[0], [2], [4]], [[1], [3], [5]]]


def test_columns_whose_lines_do_not_stand_level_are_still_two() -> None:
    """A scan is bent, and columns are of other sizes: rows of one need not be rows of the other."""
    page = spans((0, 300, 0), (340, 640, 12), (0, 300, 25), (340, 640, 37), (0, 280, 50), (340, 640, 62), (0, 300, 75))
    assert blocks_of(page) == [[[0], [2], [4], [6]], [[1], [3], [5]]]


def test_a_title_over_both_columns_comes_first_and_a_footer_last() -> None:
    """Promise: what spans both stands where it is."""
    page = spans((0, 640, 0), (0, 300, 60), (340, 640, 60), (0, 300, 85), (340, 640, 85), (0, 640, 160))
    assert blocks_of(page) == [[[0]], [[1], [3]], [[2], [4]], [[5]]]


def test_a_bill_is_read_across() -> None:
    """Promise: short lines side by side are cells of a row."""
    bill = spans((0, 90, 0), (300, 340, 2), (0, 110, 25), (300, 340, 24), (0, 60, 50), (300, 340, 51))
    assert blocks_of(bill) == [[[0, 1], [2, 3], [4, 5]]]


def test_a_wide_gap_or_another_size_ends_a_block() -> None:
    """Promise: headings and paragraphs are blocks."""
    page = [
        Span(left=0, right=300, top=0, bottom=40),
        *spans((0, 300, 45), (0, 300, 70), (0, 300, 140), (0, 300, 165)),
    ]
    assert blocks_of(page) == [[[0]], [[1], [2]], [[3], [4]]]


def test_nothing_has_no_order() -> None:
    """An empty page."""
    assert blocks_of([]) == []
