"""What studies look like: the answer in words, then curves, maps and bars, then the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Grid, Series, Table, Text

if TYPE_CHECKING:
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
