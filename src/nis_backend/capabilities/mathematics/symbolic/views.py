"""What answers on formulas look like: the answer in words, LaTeX as text, a curve, and the receipt as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.view import Axis, Series, Table, Text, verbatim

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.symbolic.requests import (
        DifferentiateRequest,
        EvaluateRequest,
        FourierRequest,
        IntegrateRequest,
        LaplaceRequest,
        LimitRequest,
        SeriesRequest,
        SimplifyRequest,
        SolveRequest,
    )
    from nis_backend.capabilities.mathematics.symbolic.results import (
        Curve,
        Derivative,
        Evaluation,
        Expansion,
        Integral,
        LimitValue,
        Simplified,
        Solutions,
        Transform,
    )
    from nis_backend.view import View

LONGEST = 300
"""Characters of an answer that are shown in words."""


def draw_evaluation(request: EvaluateRequest, found: Evaluation) -> list[View]:
    """The value, exact and as a decimal."""
    given = ", ".join(f"{name} = {value}" for name, value in request.values.items())
    where = f" where {verbatim(given)}" if given else ""
    exact = ""
    if found.exact and found.exact not in (found.decimal, request.expression.strip()):
        exact = f"exactly {_shown(found.exact)}, "
    words = f"{_shown(request.expression)}{where} = **{_cut(found.decimal)}** ({exact}{error_words(found.receipt)})."
    return [Text(text=words), _latex(found.latex), receipt_table(found.receipt)]


def draw_simplified(request: SimplifyRequest, found: Simplified) -> list[View]:
    """The form that was found, and where it has more values than the formula had."""
    same = "" if found.changed else " It is in that form already."
    lost = f" The formula as given has no value at {', '.join(found.excluded)}." if found.excluded else ""
    form = found.form.replace("_", " ")
    verdict = error_words(found.receipt)
    words = f"{_shown(request.expression)} = **{_shown(found.expression)}** ({form}; {verdict}).{same}{lost}"
    return [Text(text=words), _latex(found.latex), receipt_table(found.receipt)]


def draw_solutions(request: SolveRequest, found: Solutions) -> list[View]:
    """The solutions, in words and as a table, and the curve that is 0 there."""
    said = {
        "none": "has **no solution**",
        "every value": f"holds for **{found.answer}**",
        "unknown": "was **not solved**",
    }.get(found.outcome, f"is solved by **{_shown(found.answer)}**")
    notes = " ".join(found.receipt.notes[:2])
    domain = "real" if found.domain == "real" else "complex"
    listed = _shown("; ".join(request.equations))
    words = f"{listed} {said} among {domain} numbers ({error_words(found.receipt)}). {notes}".rstrip()
    views: list[View] = [Text(text=words)]
    if found.solutions:
        views.append(_roots(found))
    if found.latex:
        views.append(_latex(found.latex))
    return [
        *views,
        *_curve(found.curve, "left side minus right side", "Where the sides meet"),
        receipt_table(found.receipt),
    ]


def _roots(found: Solutions) -> Table:
    rows: list[list[str | float]] = [
        [
            ", ".join(f"{root.name} = {_cut(root.exact)}" if root.exact else root.name for root in one.roots),
            ", ".join(_cut(root.decimal) for root in one.roots),
            float(one.multiplicity),
        ]
        for one in found.solutions
    ]
    return Table(title="Solutions", columns=["exact", "decimal", "multiplicity"], rows=rows)


def draw_derivative(request: DifferentiateRequest, found: Derivative) -> list[View]:
    """The derivative, its value, and both curves."""
    at = ", ".join(f"{name} = {value}" for name, value in request.at.items())
    value = f" At {verbatim(at)} it is **{found.decimal}**." if found.decimal else ""
    words = (
        f"{found.notation} {_shown(request.expression)} = **{_shown(found.expression)}** "
        f"({error_words(found.receipt)}).{value}"
    )
    views: list[View] = [Text(text=words)]
    if found.gradient:
        rows: list[list[str | float]] = [[one.variable, _cut(one.expression), one.decimal] for one in found.gradient]
        views.append(Table(title="Partial derivatives", columns=["by", "derivative", "value"], rows=rows))
    return [
        *views,
        _latex(found.latex),
        *_curve(found.curve, "formula", "Formula and derivative"),
        receipt_table(found.receipt),
    ]


def draw_integral(request: IntegrateRequest, found: Integral) -> list[View]:
    """The integral, and how it was checked."""
    limits = f" from {request.lower} to {request.upper}" if request.lower else ""
    what = f"The integral of {_shown(request.expression)}{limits}"
    verdict, notes = error_words(found.receipt), " ".join(found.receipt.notes[:2])
    match found.outcome:
        case "closed form" if not request.lower:
            words = f"{what} is **{_shown(found.expression)}** + C ({verdict})."
        case "closed form":
            about = f" ≈ **{found.decimal}**" if found.decimal not in ("", found.expression) else ""
            words = f"{what} is **{_shown(found.expression)}**{about} ({verdict})."
        case "number only":
            words = f"{what} is **{found.decimal}** ({verdict}). {notes}"
        case "diverges":
            words = f"{what} **diverges**: it has no finite value{f', {found.expression}' if found.expression else ''}."
        case "not found":
            words = f"{what}: {notes}"
    latex = [_latex(found.latex)] if found.latex else []
    return [
        Text(text=words),
        *latex,
        *_curve(found.curve, "formula", "Formula and antiderivative"),
        receipt_table(found.receipt),
    ]


def draw_expansion(request: SeriesRequest, found: Expansion) -> list[View]:
    """The terms, and the sum beside the formula."""
    rest = "nothing is left out" if found.complete else f"what is left out is of order {found.order}"
    words = (
        f"{_shown(request.expression)} around {request.point} is **{_shown(found.expression)}** "
        f"({found.kind} series; {rest}; {error_words(found.receipt)})."
    )
    rows: list[list[str | float]] = [[one.power, _cut(one.coefficient), one.decimal] for one in found.terms]
    table = Table(title="Terms", columns=["power", "coefficient", "decimal"], rows=rows)
    curve = _curve(found.curve, "formula", "Formula and series")
    return [Text(text=words), table, _latex(found.latex), *curve, receipt_table(found.receipt)]


def draw_limit(request: LimitRequest, found: LimitValue) -> list[View]:
    """The limit, or what it is from each side."""
    what = f"As the variable tends to {request.towards}, {_shown(request.expression)}"
    if found.exists:
        about = f" ≈ {found.decimal}" if found.decimal not in ("", found.expression) else ""
        words = f"{what} tends to **{_shown(found.expression)}**{about} ({error_words(found.receipt)})."
    else:
        sides = [f"{found.left} from the left"] * bool(found.left) + [f"{found.right} from the right"] * bool(
            found.right
        )
        words = f"{what} has **no limit**: {', '.join(sides)} ({error_words(found.receipt)})."
    latex = [_latex(found.latex)] if found.latex else []
    return [Text(text=words), *latex, *_curve(found.curve, "formula", "On the way"), receipt_table(found.receipt)]


def draw_transform(request: LaplaceRequest | FourierRequest, found: Transform) -> list[View]:
    """The transform, with its convention and region."""
    kind = "inverse transform" if request.inverse else "transform"
    region = f" It holds where {verbatim(found.region)}." if found.region else ""
    words = (
        f"The {kind} of {_shown(request.expression)} is **{_shown(found.expression)}** "
        f"({error_words(found.receipt)}).{region} Convention: {found.convention}."
    )
    return [Text(text=words), _latex(found.latex), receipt_table(found.receipt)]


def _curve(curve: Curve | None, name: str, title: str) -> list[Series]:
    if curve is None:
        return []
    lines = [Axis(label=name, values=curve.function)]
    if curve.beside_name:
        lines.append(Axis(label=curve.beside_name, values=curve.beside))
    return [Series(title=title, x=Axis(label="x", values=curve.x), lines=lines)]


def _shown(text: str) -> str:
    return verbatim(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _latex(text: str) -> Text:
    return Text(text=f"LaTeX: {_shown(text)}")
