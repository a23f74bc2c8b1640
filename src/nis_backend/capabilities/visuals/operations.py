"""Charts as operations: each answers a chart that every surface shows, what it says in words, and files of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.visuals.asked import (
    BarChart,
    BoxPlotAsked,
    HeatMap,
    Histogram,
    LineChart,
    NetworkAsked,
    ScatterPlot,
)
from nis_backend.capabilities.visuals.charts import (
    BoxChart,
    GridChart,
    HistogramChart,
    NetworkChart,
    ScatterChart,
    SeriesChart,
)
from nis_backend.capabilities.visuals.fetching import filled
from nis_backend.operation import Before, Example, Json, operation
from nis_backend.view import Text

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext
    from nis_backend.view import BoxPlot, Grid, Network, Series, View

    Any = SeriesChart | ScatterChart | HistogramChart | BoxChart | GridChart | NetworkChart

__all__ = ["OPERATIONS"]

_SMALL: Json = {"width": 320, "height": 200, "formats": ["svg"]}
_FLIGHT = Before(
    name="flight",
    operation="runs.start_run",
    request={"operation": "physics.simulate_projectile", "arguments": {"speed": 20, "angle": 40}},
)


def _draw(_request: object, result: Any) -> list[View]:
    """What it shows in words, then the chart; notes are what an honest caption says."""
    chart: Series | BoxPlot | Grid | Network = result.chart
    notes = f"\n\n{' '.join(result.notes)}" if result.notes else ""
    return [Text(text=f"{result.alt}{notes}"), chart]


@operation(
    "visuals.draw_line_chart",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="A temperature over a day",
            request={
                "title": "Greenhouse",
                "x": {"label": "time", "unit": "h", "values": [6, 10, 14, 18]},
                "lines": [{"label": "temperature", "unit": "°C", "values": [18.2, 19.1, None, 21.4]}],
                **_SMALL,
            },
            question="Draw a line chart of the temperatures over the day.",
            also=("Plot these values as a curve over time.", "Make a line graph of the measurements."),
        ),
    ),
)
def draw_line_chart(request: LineChart, ctx: WorkerContext) -> SeriesChart:
    """Draw a line chart of numbers over numbers, dates or words, from the request or a run's result; SVG and PNG.

    Lines of different units get panels of their own. Of very many points, each column of pixels keeps its extremes,
    and the answer says so. The words that describe it are computed: ranges, extremes, the trend by least squares.
    """
    from nis_backend.capabilities.visuals.drawn import line_chart  # noqa: PLC0415 - loads in the worker only

    return line_chart(request)


@operation(
    "visuals.draw_bar_chart",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="A harvest",
            request={
                "title": "Harvest",
                "categories": ["apples", "pears", "plums"],
                "bars": [{"label": "harvest", "unit": "t", "values": [3.1, 4.5, 2.2], "errors": [0.2, 0.3, 0.1]}],
                **_SMALL,
            },
            question="Draw a bar chart: apples 3.1, pears 4.5, plums 2.2.",
            also=("Compare these categories in a column chart.", "Make a bar graph of sales by region."),
        ),
    ),
)
def draw_bar_chart(request: BarChart, ctx: WorkerContext) -> SeriesChart:
    """Draw a bar chart of one or several numbers for each category, with error bars where known; SVG and PNG."""
    from nis_backend.capabilities.visuals.drawn import bar_chart  # noqa: PLC0415 - loads in the worker only

    return bar_chart(request)


@operation(
    "visuals.draw_scatter_plot",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="Voltage over current",
            request={
                "title": "A resistor",
                "x": {"label": "current", "unit": "A"},
                "y": {"label": "voltage", "unit": "V"},
                "groups": [{"x": [0.1, 0.2, 0.3, 0.4], "y": [1.1, 1.9, 3.2, 3.9]}],
                **_SMALL,
            },
            question="Draw a scatter plot of voltage against current with the trend line.",
            also=("Show how the two measurements correlate in a plot of points.",),
        ),
    ),
)
def draw_scatter_plot(request: ScatterPlot, ctx: WorkerContext) -> ScatterChart:
    """Draw a scatter plot of pairs of numbers, with the line of least squares and the correlation; SVG and PNG.

    Source of the correlation: Pearson (1895), Proc. R. Soc. Lond. 58, 240-242.
    """
    from nis_backend.capabilities.visuals.points import scatter_plot  # noqa: PLC0415 - loads in the worker only

    return scatter_plot(request)


@operation(
    "visuals.draw_histogram",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="Speeds along a flight",
            request={"title": "Speeds", "run": "{flight.id}", "values": "/trajectory/speed", **_SMALL},
            before=(_FLIGHT,),
        ),
        Example(
            title="Waiting times",
            request={"label": "waiting time", "unit": "min", "values": [2, 3, 3, 4, 4, 4, 5, 5, 6, 9], **_SMALL},
            question="Draw a histogram of the waiting times.",
            also=("Show the distribution of these numbers in bins.",),
        ),
    ),
)
def draw_histogram(request: Histogram, ctx: WorkerContext) -> HistogramChart:
    """Draw a histogram: how many numbers fall into each of equal bins, with their mean and deviation; SVG and PNG.

    Source of the number of bins: Freedman & Diaconis (1981), Z. Wahrscheinlichkeitstheorie 57, 453-476.
    """
    from nis_backend.capabilities.visuals.drawn import histogram  # noqa: PLC0415 - loads in the worker only

    return histogram(request)


@operation(
    "visuals.draw_box_plot",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="Two groups",
            request={
                "label": "reaction time",
                "unit": "ms",
                "groups": [
                    {"label": "control", "values": [250, 262, 270, 281, 300, 420]},
                    {"label": "caffeine", "values": [210, 222, 231, 240, 255]},
                ],
                **_SMALL,
            },
            question="Draw a box plot of the reaction times of both groups.",
            also=("Compare the spread of the groups with medians, quartiles and outliers.",),
        ),
    ),
)
def draw_box_plot(request: BoxPlotAsked, ctx: WorkerContext) -> BoxChart:
    """Draw a box plot: median, quartiles, whiskers and outliers of each group of numbers, side by side; SVG and PNG.

    Source: Tukey, Exploratory Data Analysis (1977).
    """
    from nis_backend.capabilities.visuals.drawn import box_plot  # noqa: PLC0415 - loads in the worker only

    return box_plot(request)


@operation(
    "visuals.draw_heat_map",
    effect="reads",
    pool="visuals",
    view=_draw,
    prepare=filled,
    examples=(
        Example(
            title="Correlations",
            request={
                "title": "Correlations",
                "cells": [[1, 0.8, -0.2], [0.8, 1, None], [-0.2, None, 1]],
                "x": {"values": ["mass", "length", "speed"]},
                "y": {"values": ["mass", "length", "speed"]},
                "label": "r",
                "middle": 0,
                **_SMALL,
            },
            question="Draw a heat map of the correlation matrix.",
            also=("Show the table of numbers as colours.",),
        ),
    ),
)
def draw_heat_map(request: HeatMap, ctx: WorkerContext) -> GridChart:
    """Draw a heat map of a table of numbers: a colour for each cell, with the scale of the colours; SVG and PNG."""
    from nis_backend.capabilities.visuals.drawn import heat_map  # noqa: PLC0415 - loads in the worker only

    return heat_map(request)


@operation(
    "visuals.draw_network",
    effect="reads",
    pool="visuals",
    view=_draw,
    examples=(
        Example(
            title="Who calls whom",
            request={
                "title": "Services",
                "links": [
                    {"source": "web", "target": "shop"},
                    {"source": "shop", "target": "stock", "weight": 3},
                    {"source": "shop", "target": "payment"},
                ],
                "directed": True,
                **_SMALL,
            },
            question="Draw the network: web calls shop, shop calls stock and payment.",
            also=("Draw a graph of nodes and edges.", "Show who is connected to whom."),
        ),
    ),
)
def draw_network(request: NetworkAsked, ctx: WorkerContext) -> NetworkChart:
    """Draw a network of things and the links between them, laid out so that joined things lie together; SVG and PNG."""
    from nis_backend.capabilities.visuals.drawn import network  # noqa: PLC0415 - loads in the worker only

    return network(request)


OPERATIONS = (
    draw_line_chart,
    draw_bar_chart,
    draw_scatter_plot,
    draw_histogram,
    draw_box_plot,
    draw_heat_map,
    draw_network,
)
