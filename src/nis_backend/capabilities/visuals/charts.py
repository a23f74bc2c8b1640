"""What is answered of a chart: what it shows in words and numbers, how it was made, and its files."""

from __future__ import annotations

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.operation import Model
from nis_backend.view import BoxPlot, Grid, Network, Series


class Chart(Model):
    """What every chart answers."""

    alt: str = Field(description="What it shows, told by its numbers: ranges, extremes, trends.")
    notes: list[str] = Field(description="What was left out or thinned, and by which rule a number was found.")
    svg: Blob | None = Field(default=None, description="The picture as SVG, where it was asked for.")
    png: Blob | None = Field(default=None, description="The picture as PNG, where it was asked for.")


class Trend(Model):
    """A straight line through points, and how well it tells them."""

    label: str
    count: int = Field(description="Pairs where both values are there.")
    slope: float | None = Field(
        description="Units of y for each unit of x, by least squares; null where x is constant."
    )
    intercept: float | None = Field(description="What the line is at x = 0.")
    correlation: float | None = Field(description="Pearson's r, -1 to 1; null where x or y is constant.")


class SeriesChart(Chart):
    """Lines or bars."""

    chart: Series


class ScatterChart(Chart):
    """Points, with the lines through them."""

    chart: Series
    trends: list[Trend]


class HistogramChart(Chart):
    """Bins and how many fall into each."""

    chart: Series
    edges: list[float] = Field(description="Where the bins begin and end; each has its lower edge, the last one both.")
    counts: list[int] = Field(description="How many numbers fall into each bin.")
    mean: float = Field(description="The arithmetic mean.")
    deviation: float | None = Field(description="The standard deviation of a sample, with n - 1; null for one number.")


class BoxChart(Chart):
    """The five numbers of each group."""

    chart: BoxPlot


class GridChart(Chart):
    """Colours for numbers."""

    chart: Grid


class NetworkChart(Chart):
    """Things where they were laid."""

    chart: Network
