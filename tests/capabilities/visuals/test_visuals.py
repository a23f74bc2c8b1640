"""Charts: their numbers are numpy's, their files are what was asked for, and what is left out is said."""

from __future__ import annotations

import io
import itertools
import math
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from nis_backend.blob import Blob
from nis_backend.capabilities.visuals import operations as visuals
from nis_backend.capabilities.visuals.charts import (
    BoxChart,
    GridChart,
    HistogramChart,
    NetworkChart,
    ScatterChart,
    SeriesChart,
)
from nis_backend.capabilities.visuals.figures import counted, edges_of, quartiles, spread, trend
from nis_backend.capabilities.visuals.layout import laid_out
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Operation
from nis_backend.view import Text

RNG = np.random.default_rng(7)
REAL = st.floats(-1e6, 1e6, allow_nan=False)


def drawn(operation: Operation[Any, Any], **request: Any) -> Any:  # Any: each its own request and result
    """What the worker computes."""
    return operation.function(operation.validate(request), None)


def content(blob: Blob | None) -> bytes:
    """The bytes of a file that was made."""
    assert blob is not None
    assert isinstance(blob.content, bytes)
    return blob.content


@settings(max_examples=60, deadline=None)
@given(values=st.lists(REAL, min_size=1, max_size=60))
def test_quartiles_are_numpys(values: list[float]) -> None:
    """Linear between the ordered values, which is numpy's default."""
    assert quartiles(values) == pytest.approx(np.percentile(values, [25, 50, 75]), rel=1e-9, abs=1e-6)


def test_a_box_is_tukeys() -> None:
    """Whiskers end at the last values within 1.5 quartile distances; what is beyond is shown, none is lost."""
    values = [float(one) for one in RNG.normal(0, 1, 400)] + [8.0, -9.0]
    box = spread("all", values)
    first, third = np.percentile(values, [25, 75])
    inside = [one for one in values if first - 1.5 * (third - first) <= one <= third + 1.5 * (third - first)]
    assert (box.low, box.high) == (min(inside), max(inside))
    assert len(inside) + len(box.outliers) == box.count == 402
    assert {8.0, -9.0} <= set(box.outliers)


@pytest.mark.parametrize("values", [RNG.normal(5, 2, 500), RNG.exponential(3, 1200), RNG.uniform(0, 1, 30)])
def test_bins_are_those_of_freedman_and_diaconis(values: Any) -> None:
    """As numpy's `fd`, edges and counts."""
    column = [float(one) for one in values]
    edges, rule = edges_of(column, None)
    expected = np.histogram_bin_edges(values, bins="fd")
    assert edges == pytest.approx(expected)
    assert "Freedman" in rule
    assert counted(column, edges) == np.histogram(values, bins=np.array(edges))[0].tolist()


@settings(max_examples=60, deadline=None)
@given(values=st.lists(REAL, min_size=2, max_size=50), bins=st.integers(1, 40))
def test_no_number_falls_between_bins(values: list[float], bins: int) -> None:
    """Every number is counted once, in the bin whose edges hold it."""
    edges, _ = edges_of(values, bins)
    if any(b <= a for a, b in itertools.pairwise(edges)):
        return  # numbers so alike that a double has no edges between them
    assert counted(values, edges) == np.histogram(values, bins=np.array(edges))[0].tolist()


def test_a_trend_is_of_least_squares_and_pearson() -> None:
    """As numpy's polyfit and corrcoef, of the pairs that are whole."""
    x = RNG.uniform(0, 10, 200)
    y = 3 * x - 2 + RNG.normal(0, 2, 200)
    found = trend("t", [*map(float, x), None, 3.0], [*map(float, y), 1.0, None])
    slope, intercept = np.polyfit(x, y, 1)
    assert found.count == 200
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept))
    assert found.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert trend("t", [1.0, 1.0], [2.0, 3.0]).slope is None


@pytest.mark.parametrize(
    ("asked", "called"),
    [
        ({"title": "", "categories": ["a", "b"], "bars": [{"values": [1, 2]}]}, "Bar chart. The height goes"),
        (
            {"categories": ["a", "b"], "label": "month", "bars": [{"label": "sales", "values": [1, 2]}]},
            "Bar chart of sales by month.",
        ),
        ({"title": "Sales", "categories": ["a", "b"], "bars": [{"values": [1, 2]}]}, "Sales. The height goes"),
    ],
)
def test_a_chart_is_called_what_a_person_would_call_it(asked: dict[str, Any], called: str) -> None:
    """Promise: by its title, else by what it is of and along what."""
    chart: SeriesChart = drawn(visuals.draw_bar_chart, **asked)
    assert chart.alt.startswith(called)


def test_a_line_chart_draws_what_it_was_given() -> None:
    """The view holds the numbers, its words their extremes, its files are of the size that was asked for."""
    chart: SeriesChart = drawn(
        visuals.draw_line_chart,
        title="Fall",
        x={"label": "time", "unit": "s", "values": [0, 1, 2, 3]},
        lines=[{"label": "height", "unit": "m", "values": [20, 15.1, None, -24.1]}],
        width=500,
        height=300,
    )
    assert chart.chart.lines[0].values == [20, 15.1, None, -24.1]
    assert "from -24.1 m at time 3 s to 20 m at time 0 s" in chart.alt
    assert chart.notes == ["height: 1 of 4 values are missing and left out."]
    svg = ET.fromstring(content(chart.svg))  # noqa: S314 - our own
    assert (svg.attrib["width"], svg.attrib["height"]) == ("500", "300")
    with Pillow.open(io.BytesIO(content(chart.png))) as picture:
        assert picture.size == (500, 300)
        colours = picture.convert("RGB").getcolors(1 << 20)
    assert colours is not None
    assert len(colours) > 20
    assert max(count for count, _ in colours) < 500 * 300


def test_dark_is_dark() -> None:
    """The corner of the picture is the page."""
    chart: SeriesChart = drawn(visuals.draw_line_chart, lines=[{"values": [1, 2]}], theme="dark")
    with Pillow.open(io.BytesIO(content(chart.png))) as picture:
        pixel = picture.convert("RGB").getpixel((1, 1))
    assert isinstance(pixel, tuple)
    assert sum(pixel) < 120


def test_letters_of_other_scripts_are_drawn() -> None:
    """A word in Greek or Cyrillic is no row of empty frames: two of them differ."""
    pictures = [
        content(drawn(visuals.draw_line_chart, title=title, lines=[{"values": [1, 2]}]).png)
        for title in ("αβγδε", "ωψχφυ")
    ]
    assert pictures[0] != pictures[1]


def test_a_hundred_thousand_points_are_thinned_and_it_is_said() -> None:
    """The highest and the lowest are among what is drawn."""
    values = [float(one) for one in RNG.normal(0, 1, 100_000)]
    values[77_777], values[12_345] = 30.0, -30.0
    chart: SeriesChart = drawn(visuals.draw_line_chart, lines=[{"values": values}], formats=["svg"])
    there = [one for one in chart.chart.lines[0].values if one is not None]
    assert len(there) < 5000
    assert (min(there), max(there)) == (-30.0, 30.0)
    assert f"{len(there)} of 100000 points are drawn" in chart.notes[-1]


def test_dates_are_times_and_words_are_categories() -> None:
    """A date without a zone is UTC."""
    lines = [{"values": [1, 2]}]
    dates: SeriesChart = drawn(
        visuals.draw_line_chart, x={"values": ["1970-01-02", "1970-01-03T12:00"]}, lines=lines, formats=[]
    )
    assert (dates.chart.x.scale, [*dates.chart.x.values]) == ("time", [86400.0, 216000.0])
    words: SeriesChart = drawn(visuals.draw_line_chart, x={"values": ["low", "high"]}, lines=lines, formats=[])
    assert words.chart.x.names == ["low", "high"]
    assert words.svg is words.png is None


def test_a_scatter_plot_has_the_line_of_each_group() -> None:
    """From the first to the last x of its points; the answer has its slope and the correlation."""
    x = [float(one) for one in RNG.uniform(0, 5, 50)]
    chart: ScatterChart = drawn(
        visuals.draw_scatter_plot,
        groups=[{"label": "a", "x": x, "y": [2 * one + 1 for one in x]}, {"label": "b", "x": x, "y": x}],
        formats=[],
    )
    assert [one.slope for one in chart.trends] == pytest.approx([2, 1])
    assert [one.correlation for one in chart.trends] == pytest.approx([1, 1])
    lines = [one for one in chart.chart.lines if one.mark == "line"]
    ends = [one for one in lines[0].values if one is not None]
    assert ends == pytest.approx([2 * min(x) + 1, 2 * max(x) + 1])
    assert [line.group for line in lines] == ["a", "b"]


def test_a_histogram_answers_its_edges_and_counts() -> None:
    """And the mean and deviation of a sample, as numpy has them."""
    values = [float(one) for one in RNG.normal(3, 1, 300)]
    chart: HistogramChart = drawn(visuals.draw_histogram, values=[*values, None], formats=[])
    assert sum(chart.counts) == 300
    assert (chart.mean, chart.deviation) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert any("1 of 301 values are missing" in note for note in chart.notes)


def test_a_box_plot_and_a_heat_map_say_what_they_show() -> None:
    """The median of each group, the greatest cell and where it is."""
    boxes: BoxChart = drawn(
        visuals.draw_box_plot, groups=[{"label": "a", "values": [1, 2, 3, 4]}], unit="s", formats=[]
    )
    assert "a: median 2.5 s" in boxes.alt
    grid: GridChart = drawn(
        visuals.draw_heat_map, cells=[[1, 2], [9, None]], y={"values": ["up", "down"]}, formats=["png"]
    )
    assert "greatest 9 at down, column 0" in grid.alt
    assert grid.notes == ["1 cell without a number."]
    with Pillow.open(io.BytesIO(content(grid.png))) as picture:
        assert picture.size == (800, 450)


@pytest.mark.parametrize(
    "values",
    [[3, 2, 1], [0, 1, 10, 100], [2, None, 4], ["2026-01-03", "2026-01-01"], [0, 1, 2]],
    ids=["falling", "uneven", "missing", "dates", "few"],
)
def test_each_cell_of_a_heat_map_stands_by_its_own_value(values: list[Any]) -> None:
    """An even scale from the least to the greatest value would put cells where they do not belong."""
    count = len(values)
    across: GridChart = drawn(visuals.draw_heat_map, cells=[[*range(count)]], x={"values": values}, formats=[])
    assert across.chart.x.names == ["" if one is None else str(one) for one in values]
    assert across.chart.cells == [[*range(count)]]
    up: GridChart = drawn(visuals.draw_heat_map, cells=[[at] for at in range(count)], y={"values": values}, formats=[])
    by_name = dict(zip(up.chart.y.names, (row[0] for row in up.chart.cells), strict=True))
    assert by_name == {"" if one is None else str(one): float(at) for at, one in enumerate(values)}
    assert f"greatest {count - 1} at " + ("y " if isinstance(values[0], int) else "") + str(values[-1]) in up.alt


def test_many_even_cells_stand_on_a_scale() -> None:
    """Names of a thousand columns could not be read; numbers that rise evenly are told by round ticks."""
    even = [at / 4 for at in range(400)]
    chart: GridChart = drawn(visuals.draw_heat_map, cells=[even], x={"values": even}, formats=[])
    assert not chart.chart.x.names
    uneven: GridChart = drawn(visuals.draw_heat_map, cells=[even], x={"values": [*even[:-1], 200]}, formats=["svg"])
    assert uneven.chart.x.names[-1] == "200"


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1.0, 1e200, 8e307])
def test_a_trend_is_the_same_at_any_size_of_numbers(size: float) -> None:
    """Squares of the greatest doubles overflow: the answer is that of smaller ones, in proportion."""
    found = trend("", [size * (one / 4) for one in (1, 2, 3)], [size * (one / 4) for one in (1, -2, 3)])
    assert found.slope == pytest.approx(1.0, rel=1e-3)
    assert found.correlation == pytest.approx(float(np.corrcoef([1, 2, 3], [1, -2, 3])[0, 1]), rel=1e-3)


def test_numbers_whose_distance_no_double_holds_are_refused_for_a_histogram() -> None:
    """A pool turns the overflow into the caller's error."""
    with pytest.raises(OverflowError):
        drawn(visuals.draw_histogram, values=[1e308, -1e308, 0], formats=[])


def test_what_a_mean_is_of_is_not_lost_to_rounding() -> None:
    """A plain sum of these is 0."""
    chart: HistogramChart = drawn(visuals.draw_histogram, values=[1e16, 1, -1e16], formats=[])
    assert chart.mean == pytest.approx(1 / 3)


def test_groups_of_points_do_not_hide_what_is_measured() -> None:
    """The axis has its name though each group has one of its own."""
    chart: ScatterChart = drawn(
        visuals.draw_scatter_plot,
        groups=[{"label": "new", "x": [1, 2], "y": [3, 4]}, {"label": "old", "x": [1, 2], "y": [5, 6]}],
        y={"label": "voltage", "unit": "V"},
        formats=["svg"],
    )
    assert "voltage (V)" in content(chart.svg).decode()


def test_a_chart_is_as_high_as_its_panels_need() -> None:
    """Unless a height is asked for."""
    lines = [{"label": unit, "unit": unit, "values": [1, 2]} for unit in ("m", "s", "kg")]
    for asked, high in (({}, 450 + 2 * 240), ({"height": 300}, 300)):
        chart: SeriesChart = drawn(visuals.draw_line_chart, lines=lines, formats=["svg"], **asked)
        assert ET.fromstring(content(chart.svg)).attrib["height"] == str(high)  # noqa: S314 - our own


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 25), links=st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=40))
def test_a_network_is_laid_out_within_its_frame(count: int, links: list[tuple[int, int]]) -> None:
    """The same each time, and no two things in one place."""
    links = [(a, b) for a, b in links if a < count and b < count]
    places = laid_out(count, links)
    assert places == laid_out(count, links)
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places)
    assert len({(round(x, 4), round(y, 4)) for x, y in places}) == count


def test_joined_things_lie_nearer_than_others() -> None:
    """Two groups that one link joins are two groups to the eye."""
    groups = [(a, b) for start in (0, 8) for a in range(start, start + 8) for b in range(start, a)]
    places = laid_out(16, [*groups, (0, 8)])
    inside = np.mean([math.dist(places[a], places[b]) for a, b in groups])
    between = np.mean([math.dist(places[a], places[b]) for a in range(8) for b in range(8, 16)])
    assert inside < between / 2
    chart: NetworkChart = drawn(
        visuals.draw_network, links=[{"source": "a", "target": "b"}, {"source": "b", "target": "c"}], formats=["svg"]
    )
    assert "3 things and 2 links; most are at b (2)" in chart.alt


@pytest.mark.parametrize(
    ("operation", "request_", "field"),
    [
        (visuals.draw_line_chart, {"lines": [{"values": [1, 2]}, {"values": [1]}]}, "lines.1.values"),
        (visuals.draw_line_chart, {"lines": [{"values": [1, 2]}], "x": {"values": [1, 2, 3]}}, "x.values"),
        (visuals.draw_line_chart, {"lines": [{"values": [1, 2], "errors": [1]}]}, "lines.0.errors"),
        (visuals.draw_line_chart, {"lines": [{"values": [1, 2], "errors": [1, -1]}]}, "lines.0.errors"),
        (visuals.draw_bar_chart, {"categories": ["a"], "bars": [{"values": [1, 2]}]}, "bars.0.values"),
        (visuals.draw_scatter_plot, {"groups": [{"x": [1], "y": [1, 2]}]}, "groups.0.y"),
        (visuals.draw_histogram, {"values": [None]}, "values"),
        (visuals.draw_box_plot, {"groups": [{"values": [None, None]}]}, "groups.0.values"),
        (visuals.draw_heat_map, {"cells": []}, "cells"),
        (visuals.draw_network, {"links": []}, "links"),
        (
            visuals.draw_box_plot,
            {"groups": [{"unit": "s", "values": [1]}, {"unit": "ms", "values": [1000]}]},
            "groups.1.unit",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    operation: Operation[Any, Any], request_: dict[str, Any], field: str
) -> None:
    """With the value and what to do."""
    with pytest.raises(InvalidRequest) as refused:
        drawn(operation, **request_)
    assert refused.value.field == field
    assert refused.value.remedy


def test_the_view_is_the_words_and_the_chart() -> None:
    """What every surface shows first is what the chart says."""
    request = {"lines": [{"values": [1, None, 3]}], "formats": []}
    chart = drawn(visuals.draw_line_chart, **request)
    words, view = visuals.draw_line_chart.draw(visuals.draw_line_chart.validate(request), chart)
    assert isinstance(words, Text)
    assert words.text.startswith(chart.alt)
    assert "1 of 3 values are missing" in words.text
    assert view == chart.chart
