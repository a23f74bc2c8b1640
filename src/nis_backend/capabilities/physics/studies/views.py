"""What studies look like: the answer in words, then curves, maps and bars, then the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Grid, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.studies.search import Fit, FitRequest, Optimum, OptimumRequest
    from nis_backend.capabilities.physics.studies.study import (
        Column,
        Sensitivity,
        SensitivityRequest,
        Sweep,
        SweepRequest,
    )
    from nis_backend.view import View

ROWS = 200
"""Rows of a table of points."""


def draw_sweep(request: SweepRequest, result: Sweep) -> list[View]:
    """Where each measure is least and greatest, then curves over one field or maps over two."""
    words = [f"{result.operation} was called for **{len(result.points)} points**."]
    for number, measure in enumerate(result.measures):
        known = [(value, one.inputs) for one in result.points if (value := one.values[number]) is not None]
        if known:
            least, most = min(known), max(known)
            words.append(
                f"{measure.name} goes from **{_number(least[0], measure)}** at {_where(result, least[1])} to "
                f"**{_number(most[0], measure)}** at {_where(result, most[1])}."
            )
    missed = sum(one.met is False for one in result.points)
    if result.failed:
        words.append(f"{result.failed} calls **failed**: {next(one.problem for one in result.points if one.problem)}")
    if missed:
        words.append(f"{missed} points did **not reach** the error asked of them.")
    return [Text(text=" ".join(words)), *_pictures(request, result), _points(result), receipt_table(result.receipt)]


def _pictures(request: SweepRequest, result: Sweep) -> list[View]:
    if len(request.vary) == 1:
        over, scale = result.parameters[0], request.vary[0].scale
        x = Axis(label=over.name, unit=over.unit, values=[one.inputs[0] for one in result.points], scale=scale)
        return [
            Series(
                title=f"{measure.name} over {over.name}",
                x=x,
                lines=[
                    Axis(label=measure.name, unit=measure.unit, values=[one.values[number] for one in result.points])
                ],
            )
            for number, measure in enumerate(result.measures)
        ]
    if len(request.vary) > 2:  # noqa: PLR2004 - a map has two sides
        return []
    y, x = (
        Axis(label=column.name, unit=column.unit, values=varied.steps(), scale=varied.scale)
        for column, varied in zip(result.parameters, request.vary, strict=True)
    )
    width = len(x.values)
    return [
        Grid(
            title=f"{measure.name} over {x.label} and {y.label}",
            x=x,
            y=y,
            label=measure.name,
            unit=measure.unit,
            cells=[
                [one.values[number] for one in result.points[at : at + width]]
                for at in range(0, len(result.points), width)
            ],
        )
        for number, measure in enumerate(result.measures)
    ]


def _points(result: Sweep) -> Table:
    columns = [f"{one.name}{f', {one.unit}' if one.unit else ''}" for one in (*result.parameters, *result.measures)]
    cut = f": the first {ROWS} of {len(result.points)}" if len(result.points) > ROWS else ""
    return Table(
        title=f"Points{cut}",
        columns=[*columns, "remark"],
        rows=[
            [
                *(float(f"{one:.10g}") for one in point.inputs),
                *("" if one is None else one for one in point.values),
                point.problem or ("error asked not reached" if point.met is False else ""),
            ]
            for point in result.points[:ROWS]
        ],
    )


def draw_sensitivity(request: SensitivityRequest, result: Sensitivity) -> list[View]:
    """What matters most, then bars."""
    sobol = request.method == "sobol"
    size = [(one.total if sobol else one.effect) or 0.0 for one in result.indices]
    order = sorted(range(len(size)), key=lambda i: -size[i])
    first = result.indices[order[0]]
    if sobol:
        told = (
            f"**{first.path}** matters most: with all its interplay it makes "
            f"{format_number(100 * (first.total or 0), 3)} % of the variance (± "
            f"{format_number(100 * (first.total_interval or 0), 2)} %)"
        )
    else:
        told = (
            f"**{first.path}** matters most: over its range {result.measure.name} changes by "
            f"{_number(first.effect or 0, result.measure)} in the mean "
            f"(± {format_number(first.effect_interval or 0, 2)})"
        )
    names = [result.indices[i].path for i in order]
    unit = "" if sobol else result.measure.unit
    kinds = (
        (("first order, by itself", "first"), ("total, with all others", "total"))
        if sobol
        else (("μ*", "effect"), ("σ", "spread"))
    )
    lines = [
        Axis(
            label=label,
            unit=unit,
            values=[getattr(result.indices[i], name) for i in order],
            mark="bars",
            errors=[] if name == "spread" else [getattr(result.indices[i], f"{name}_interval") for i in order],
        )
        for label, name in kinds
    ]
    reached = "" if result.receipt.met else " The intervals are **wider than was asked**: take more samples."
    return [
        Text(
            text=f"{told}, then {', '.join(names[1:])}. {result.measure.name} is "
            f"{_number(result.mean, result.measure)} on average, with a standard deviation of "
            f"{_number(result.deviation, result.measure)}, over {result.calls} calls of {result.operation}.{reached}"
        ),
        Series(
            title=f"What {result.measure.name} depends on",
            x=Axis(label="field", values=list(range(len(names))), names=names),
            lines=lines,
            y="share of the variance" if sobol else "change over the range",
        ),
        receipt_table(result.receipt),
    ]


def _number(value: float, column: Column) -> str:
    return f"{format_number(value)} {column.unit}".strip()


def _where(result: Sweep, inputs: list[float]) -> str:
    shown = zip(result.parameters, inputs, strict=True)
    return ", ".join(f"{column.name} = {_number(value, column)}" for column, value in shown)


def draw_fit(request: FitRequest, result: Fit) -> list[View]:
    """The parameters with their errors, the data and the curve, what is left."""
    told = "; ".join(
        f"{one.path} = **{format_number(one.value, 6)}"
        + ("" if one.standard_error is None else f" ± {format_number(one.standard_error, 2)}")
        + f" {one.unit}".rstrip()
        + "**"
        for one in result.parameters
    )
    quality = f"The residuals are {_number(result.residual_deviation, result.y_is)} (root mean square)"
    if result.chi_square is not None:
        quality += (
            f", chi-square {format_number(result.chi_square)} for {result.degrees_of_freedom} degrees of freedom"
            + ("" if result.p_value is None else f" (p = {format_number(result.p_value, 2)})")
        )
    order = sorted(range(len(result.x)), key=lambda i: result.x[i])
    x = Axis(label=result.x_is.name, unit=result.x_is.unit, values=[result.x[i] for i in order])
    errors = request.errors or []
    each = errors * len(result.x) if len(errors) == 1 else errors
    measured = result.y_is.name
    return [
        Text(text=f"{told} ({error_words(result.receipt)}). {result.verdict} {quality}."),
        Series(
            title=f"{measured}: data and fit",
            x=x,
            lines=[
                Axis(
                    label="measured",
                    unit=result.y_is.unit,
                    values=[result.y[i] for i in order],
                    mark="points",
                    errors=[each[i] for i in order] if each else [],
                ),
                Axis(label="fitted", unit=result.y_is.unit, values=[result.fitted[i] for i in order]),
            ],
        ),
        Series(
            title="Residuals",
            x=x,
            lines=[
                Axis(
                    label="measured less fitted",
                    unit=result.y_is.unit,
                    values=[result.residuals[i] for i in order],
                    mark="points",
                )
            ],
        ),
        Table(
            title="Parameters",
            columns=["parameter", "value", "standard error", "95 % from", "to", "unit"],
            rows=[
                [
                    one.path,
                    one.value,
                    *("" if part is None else part for part in (one.standard_error, one.low, one.high)),
                    one.unit,
                ]
                for one in result.parameters
            ],
        ),
        receipt_table(result.receipt),
    ]


def draw_optimum(request: OptimumRequest, result: Optimum) -> list[View]:
    """The best place, and the way to it."""
    what = {"minimize": "least", "maximize": "greatest", "reach": "nearest to the target"}[request.goal]
    place = ", ".join(
        f"{one.path} = **{format_number(one.value, 6)} {one.unit}".rstrip()
        + "**"
        + (" (an end of its range)" if one.at_bound else "")
        for one in result.settings
    )
    others = "; ".join(
        ", ".join(f"{one.path} = {format_number(value, 6)}" for one, value in zip(result.settings, other, strict=True))
        for other in result.others
    )
    also = f" As good: {others}." if others else ""
    views: list[View] = [
        Text(
            text=f"{result.measure.name} is {what}, **{_number(result.value, result.measure)}**, at {place} "
            f"({error_words(result.receipt)}; {result.calls} calls of {result.operation}).{also}"
        )
    ]
    calls = list(zip(result.inputs, result.values, strict=True))
    if len(result.settings) == 1:
        calls.sort(key=lambda one: one[0])
        over = Axis(
            label=result.settings[0].path,
            unit=result.settings[0].unit,
            values=[inputs[0] for inputs, _ in calls],
            scale=request.vary[0].scale,
        )
    else:
        over = Axis(label="call", values=list(range(1, len(calls) + 1)))
    values = [value for _, value in calls]
    views.append(
        Series(
            title=f"{result.measure.name} where it was called",
            x=over,
            lines=[Axis(label=result.measure.name, unit=result.measure.unit, values=values, mark="points")],
        )
    )
    return [*views, receipt_table(result.receipt)]
