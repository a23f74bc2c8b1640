"""What samples, tests, curves and optima look like: the answer in words, a drawing, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, BoxPlot, Series, Spread, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.data.curves import CurveFit, Fitted, Interpolated, Interpolation
    from nis_backend.capabilities.mathematics.data.optima import Optimization, Optimum
    from nis_backend.capabilities.mathematics.data.samples import (
        Description,
        HypothesisRequest,
        SampleRequest,
        SampleSummary,
        TestResult,
    )
    from nis_backend.view import View


def draw_summary(request: SampleRequest, summary: SampleSummary) -> list[View]:
    """Mean, spread, intervals; boxes, a histogram, a table of all samples."""
    samples: list[Description] = [summary, *summary.others]
    percent = format_number(100 * request.confidence, 3)
    spread = (
        f", standard deviation **{format_number(summary.standard_deviation, 5)}**"
        if summary.standard_deviation is not None
        else ""
    )
    interval = (
        f" With {percent} % confidence the mean is between {_span(summary.mean_low, summary.mean_high)} (Student) and, "
        f"by the bootstrap, {_span(summary.bootstrap_low, summary.bootstrap_high)}."
        if summary.bootstrap_low is not None
        else ""
    )
    outliers = f" {summary.outlier_count} of them lie beyond Tukey's fences." if summary.outlier_count else ""
    words = (
        f"{_name(summary, 1)}: mean **{format_number(summary.mean, 6)}**{spread}, median "
        f"**{format_number(summary.median, 6)}**, of {summary.count} number{'' if summary.count == 1 else 's'} "
        f"({error_words(summary.receipt)}).{interval}{outliers}"
    )
    more = "".join(
        f"\n\n{_name(one, number)}: mean **{format_number(one.mean, 6)}**, median {format_number(one.median, 6)}, of "
        f"{one.count}."
        for number, one in enumerate(samples[1:6], 2)
    )
    centres = [(a + b) / 2 for a, b in zip(summary.histogram.edges[:-1], summary.histogram.edges[1:], strict=True)]
    return [
        Text(text=words + more),
        BoxPlot(title="Spread", label="value", boxes=[_box(one, number) for number, one in enumerate(samples, 1)]),
        Series(
            title="Histogram",
            x=Axis(label="value", values=centres, edges=summary.histogram.edges),
            lines=[Axis(label="count", values=summary.histogram.counts, mark="bars")],
        ),
        Table(
            title="In numbers",
            columns=["what", *(_name(one, number) for number, one in enumerate(samples, 1))],
            rows=[[label, *(_cell(one, field) for one in samples)] for field, label in _ROWS.items()],
        ),
        receipt_table(summary.receipt),
    ]


_ROWS = {
    "count": "count",
    "mean": "mean",
    "mean_low": "mean, lower end (Student)",
    "mean_high": "mean, upper end (Student)",
    "bootstrap_low": "mean, lower end (bootstrap)",
    "bootstrap_high": "mean, upper end (bootstrap)",
    "median": "median",
    "median_low": "median, lower end",
    "median_high": "median, upper end",
    "standard_deviation": "standard deviation",
    "standard_error": "standard error of the mean",
    "minimum": "minimum",
    "first_quartile": "first quartile",
    "third_quartile": "third quartile",
    "maximum": "maximum",
    "skewness": "skewness",
    "excess_kurtosis": "excess kurtosis",
    "outlier_count": "outliers",
}


def _cell(of: Description, field: str) -> str | float:
    value = getattr(of, field)
    return "—" if value is None else value


def _span(low: float | None, high: float | None) -> str:
    return f"{format_number(low or 0.0, 5)} and {format_number(high or 0.0, 5)}"


def _name(of: Description, number: int) -> str:
    return of.name or (f"sample {number}" if number > 1 else "Sample 1")


def _box(of: Description, number: int) -> Spread:
    reach = 1.5 * (of.third_quartile - of.first_quartile)
    return Spread(
        label=_name(of, number),
        count=of.count,
        low=max(of.minimum, of.first_quartile - reach),
        first_quartile=of.first_quartile,
        median=of.median,
        third_quartile=of.third_quartile,
        high=min(of.maximum, of.third_quartile + reach),
        outliers=of.outliers,
    )


def draw_test(request: HypothesisRequest, result: TestResult) -> list[View]:
    """What the test says, in words that do not say more than it does."""
    level = format_number(100 * (1 - request.confidence), 3)
    verdict = f"This is **rejected** at {level} %" if result.rejected else f"This is **not rejected** at {level} %"
    degrees = (
        f" with {', '.join(format_number(one, 4) for one in result.degrees)} degrees of freedom"
        if result.degrees
        else ""
    )
    interval = (
        f", between {_span(result.low, result.high)} with {format_number(100 * request.confidence, 3)} % confidence"
        if result.low is not None
        else ""
    )
    doubts = [one for one in result.assumptions if one.holds is False]
    doubt = "".join(f" **Doubtful**: {one.name} ({one.detail})." for one in doubts)
    words = (
        f"{result.hypothesis} {verdict}: p = **{format_number(result.p_value, 4)}**, {result.statistic_name} = "
        f"{format_number(result.statistic, 5)}{degrees} ({error_words(result.receipt)}). The {result.estimate_name} is "
        f"{format_number(result.estimate, 5)}{interval}; {result.effect_name}: {format_number(result.effect, 3)}. "
        f"{result.power}{doubt}"
    )
    rows: list[list[str | float]] = [
        [one.name, "cannot be told" if one.holds is None else "holds" if one.holds else "DOUBTFUL", one.detail]
        for one in result.assumptions
    ]
    drawings: list[View] = (
        [Table(title="Assumptions", columns=["assumption", "verdict", "why"], rows=rows)] if rows else []
    )
    return [Text(text=words), *drawings, receipt_table(result.receipt)]


def draw_interpolation(request: Interpolation, found: Interpolated) -> list[View]:
    """The values asked for, the curve, the points."""
    told = "; ".join(
        f"at {format_number(at, 6)}: **{format_number(value, 6)}**"
        for at, value in list(zip(request.at, found.values, strict=True))[:6]
    )
    more = f" and {len(request.at) - 6} more" if len(request.at) > 6 else ""  # noqa: PLR2004 - as told above
    values = f"{told[:1].upper()}{told[1:]}{more} ({error_words(found.receipt)}). " if told else ""
    words = (
        f"{values}The {found.rule.value} misses a point that is left out by at most "
        f"{format_number(found.left_out, 3)}, typically {format_number(found.left_out_typical, 3)}. The area under the "
        f"curve is {format_number(found.integral, 6)}."
    )
    if found.beyond:
        words += f" **{found.beyond} beyond the points**: there the error is not known."
    rows: list[list[str | float]] = [list(row) for row in zip(request.at, found.values, found.slopes, strict=True)]
    return [
        Text(text=words),
        Series(
            title="Curve",
            x=Axis(label="x", values=found.curve.x),
            lines=[Axis(label=found.rule.value, values=found.curve.y)],
        ),
        _points("Points", request.x, request.y),
        *([Table(title="Values", columns=["x", "value", "slope"], rows=rows[:200])] if rows else []),
        receipt_table(found.receipt),
    ]


def _points(title: str, x: list[float], y: list[float]) -> Series:
    return Series(
        title=title,
        x=Axis(label="x", values=x[:2000]),
        lines=[Axis(label="y", values=y[:2000], mark="points")],
    )


def draw_fit(request: CurveFit, fitted: Fitted) -> list[View]:
    """The parameters with their errors, the curve with its band, what is left over."""
    named = ", ".join(
        f"{one.name} = **{format_number(one.value, 6)}** ± {format_number(one.standard_error, 2)}"
        for one in fitted.parameters
    )
    r_squared = f"R² = {format_number(fitted.r_squared, 5)}, " if fitted.r_squared is not None else ""
    doubt = (
        " **What is left over has a pattern**: another shape would fit better."
        if fitted.runs_p is not None and fitted.runs_p < 0.01  # noqa: PLR2004 - one in a hundred
        else ""
    )
    words = (
        f"{fitted.formula} with {named} ({error_words(fitted.receipt)}). {r_squared}standard deviation of what is left "
        f"over {format_number(fitted.residual_deviation, 4)}, {fitted.count} points, {fitted.degrees} degrees of "
        f"freedom.{doubt}"
    )
    percent = format_number(100 * request.confidence, 3)
    rows: list[list[str | float]] = [
        [one.name, one.value, one.standard_error, one.low, one.high] for one in fitted.parameters
    ]
    return [
        Text(text=words),
        Series(
            title="Fitted curve",
            x=Axis(label="x", values=fitted.curve.x),
            lines=[
                Axis(label="curve", values=fitted.curve.y),
                Axis(label=f"{percent} % band, lower", values=fitted.curve.low),
                Axis(label=f"{percent} % band, upper", values=fitted.curve.high),
            ],
        ),
        _points("Points", request.x, request.y),
        Series(
            title="What is left over",
            x=Axis(label="x", values=fitted.residuals.x),
            lines=[Axis(label="y less the curve", values=fitted.residuals.left, mark="points")],
        ),
        Table(
            title="Parameters",
            columns=["name", "value", "standard error", f"{percent} % from", "to"],
            rows=rows,
        ),
        receipt_table(fitted.receipt),
    ]


def draw_optimum(request: Optimization, found: Optimum) -> list[View]:
    """Where the optimum is, what holds it there, how sure it is."""
    places = ", ".join(
        f"{one.name} = **{format_number(one.value, 8)}**" + (" (at its bound)" if one.bound else "")
        for one in found.variables
    )
    sure = {
        "strict": "Second derivatives say that nothing near is better.",
        "flat or saddle": "Second derivatives do **not** tell that it is one: it is flat in some direction.",
        "unknown": "The formula has a kink here: second derivatives say nothing.",
    }[found.kind]
    rows: list[list[str | float]] = [
        [one.constraint, "holds it" if one.active else "free", one.multiplier, one.slack] for one in found.constraints
    ]
    words = (
        f"The {request.goal} found is **{format_number(found.value, 8)}** at {places} ({error_words(found.receipt)}). "
        f"{sure} {found.reached} of {found.searches} searches ended here"
        + (f", others in {found.others} worse place{'' if found.others == 1 else 's'}" if found.others else "")
        + ". That no better one exists is not proved."
    )
    table = Table(title="Constraints", columns=["constraint", "state", "multiplier", "slack"], rows=rows)
    return [Text(text=words), *([table] if rows else []), receipt_table(found.receipt)]
