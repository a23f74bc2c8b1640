"""A receipt as words and as a table: the same for whatever was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.written import format_number
from nis_backend.view import Table

if TYPE_CHECKING:
    from nis_backend.numerics.receipt import Receipt

_UNITS = {"degC": "°C", "1/s²": "s⁻²"}


def error_words(receipt: Receipt) -> str:
    """The method and its error, as they follow a number in parentheses."""
    if receipt.error_reached == 0 and receipt.met:
        return f"{receipt.method}, exact"
    reached = f"{format_number(receipt.error_reached, 1)} {receipt.unit}".strip()
    asked = f"{format_number(receipt.error_asked, 2)} {receipt.unit}".strip()
    if receipt.met:
        return f"{receipt.method}, error {reached} against {asked} asked"
    return f"{receipt.method}, error {reached}: the {asked} asked was **not reached**"


def receipt_table(receipt: Receipt) -> Table:
    """What the number stands on, a line each."""
    rows: list[list[str | float]] = [["method", receipt.method]]
    if receipt.order is not None:
        seen = receipt.observed_order
        rows.append(["order claimed", str(receipt.order)])
        rows.append(["order observed", f"{seen:.2f}" if seen is not None else "hidden by rounding"])
    if receipt.steps:
        rows.append(["steps", f"{receipt.steps:,}"])
    in_unit = f", {receipt.unit}" if receipt.unit else ""
    rows.append([f"error asked{in_unit}", format_number(receipt.error_asked, 2)])
    rows.append([f"error reached{in_unit}", format_number(receipt.error_reached, 2)])
    rows.append(["error of", receipt.error_of])
    rows.append(["error estimated by", receipt.estimate])
    if receipt.residual is not None:
        rows.append([f"residual: {receipt.residual_of}", format_number(receipt.residual, 2)])
    rows.extend(
        [
            f"{one.name} kept",
            f"{f'{one.start:.10g} {one.unit}'.rstrip()}, left by at most {format_number(one.drift, 2)}",
        ]
        for one in receipt.conserved
    )
    if receipt.cost is not None:
        unknowns = f", {receipt.cost.unknowns:,} unknowns" if receipt.cost.unknowns else ""
        rows.append(["work", f"{receipt.cost.evaluations:,} {receipt.cost.of}{unknowns}"])
    rows.append(["source", receipt.source])
    for check in receipt.checks:
        verdict = "agrees" if check.agrees else "DISAGREES"
        unit = _UNITS.get(check.unit, check.unit)
        rows.append([check.name, f"{verdict}: {check.computed:.10g} against {check.expected:.10g} {unit}".rstrip()])
    rows.extend(["note", note] for note in receipt.notes)
    return Table(title="How it was computed", columns=["what", "value"], rows=rows)
