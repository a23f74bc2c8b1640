"""Claims that end with a formula: that it is the derivative, the integral, the transform of another, or equal to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.operations.operations import RouteMessage, route_message
from nis_backend.capabilities.physics.claims.claimed import ClaimVerdict, Verification
from nis_backend.capabilities.physics.claims.computed import receipt_in, result_of
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import GREEK, read_formula
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.claims.claimed import Verdict
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

_SPLITS = re.compile(r"\s+(?:is|are|equals?|is equal to|are equal to|gives|yields)\s+|\s*(?<![<>=!:])=(?!=)\s*")
_CONSTANT = re.compile(r"\s*(?:\+|plus)\s*(?:C|c|const\.?|a constant|some constant)$")
_LIST = re.compile(r"\s*(?:,\s*and\b|,|\band\b|;)\s*")
_PLACES = (0.7, 1.3, -0.6, 2.1, -1.7)
"""Values that variables are given, to find where two formulas differ."""
SAME = 1e-9
"""Difference of two values, of the larger or of 1, that is rounding."""


@dataclass(frozen=True, kw_only=True)
class _Held:
    """Two formulas that are one or not: as it was claimed, and as it was computed."""

    verdict: Verdict
    reason: str


async def of_formulas(statement: str, ctx: Context, but: Sequence[str]) -> Verification | None:
    """The verdict on a claim that ends with a formula, or with the roots of an equation; None for any other claim."""
    claim = statement.strip().rstrip(".!?")
    for split in reversed(list(_SPLITS.finditer(claim))):
        said, claimed = claim[: split.start()], _CONSTANT.sub("", claim[split.end() :])
        if split[0].strip() == "=" and _names(said) and _names(claimed) is not None:
            return None if _no_identity(said, claimed) else await _identity(said, claimed, ctx)
        listed = _LIST.split(claimed)
        if any(_names(one) is None for one in listed):
            continue
        asked = await ctx.call(route_message, RouteMessage(message=f"{said}?", excluding=[*but]))
        if asked.operation is None or not asked.ready:
            return None
        entry = ctx.operations.entry(asked.operation)
        answers = entry.result_schema.get("properties", {})
        if "solutions" in answers:
            return await _roots(entry, asked.arguments, listed, ctx)
        # The beginning of a series may be claimed with fewer terms.
        if len(listed) == 1 and _names(claimed) and "expression" in answers and "terms" not in answers:
            return await _answer(entry, asked.arguments, claimed, ctx)
    return None


def _no_identity(said: str, claimed: str) -> bool:
    """Whether it is no identity of real variables: a name alone, E = m c^2, is a law; i is no variable."""
    one, other = _names(said) or frozenset[str](), _names(claimed) or frozenset[str]()
    if "i" in one | other:
        return True
    sides = ((said, one, other), (claimed, other, one))
    return any(own == frozenset([text.strip()]) and own.isdisjoint(others) for text, own, others in sides)


def _names(text: str) -> frozenset[str] | None:
    """The variables of a formula; None where the text is none."""
    # A word of a sentence would be read as a variable, or as a product of them.
    if re.search(r"[A-Za-z]\w*\s+[A-Za-z]", text):
        return None
    try:
        names = read_formula(text, None, field="statement").names
    except InvalidRequest:
        return None
    # Nor is a word a variable of its own: 60 degrees, 10 mod 3, 3 dozen; ab is a product, and not said to be.
    return None if any(re.fullmatch("[A-Za-z]{2,}", one) and one not in GREEK for one in names) else names


async def _identity(left: str, right: str, ctx: Context) -> Verification:
    held = await _same(left, right, f"`{left}` and `{right}`", ctx)
    return _verdict("mathematics.simplify_expression", {"expression": f"({left}) - ({right})"}, held, {})


async def _answer(entry: Entry, arguments: Json, claimed: str, ctx: Context) -> Verification | None:
    found = await result_of(entry.name, arguments, ctx)
    computed = str(found.get("expression", ""))
    if not computed or _names(computed) is None:
        return None
    if "antiderivative" in found and found.get("value") is None:
        # Any constant may be added: the derivatives are compared.
        of = {name: value for name, value in arguments.items() if name in ("expression", "variable")}
        own = (await result_of("mathematics.differentiate_expression", {**of, "expression": claimed}, ctx))[
            "expression"
        ]
        words = f"The derivative of `{claimed}`, `{own}`, and the integrand, `{of['expression']}`,"
        held = await _same(str(own), str(of["expression"]), words, ctx)
    else:
        held = await _same(claimed, computed, f"`{claimed}`, which is claimed, and `{computed}`, computed,", ctx)
    return _verdict(entry.name, arguments, held, found)


async def _roots(entry: Entry, arguments: Json, claimed: Sequence[str], ctx: Context) -> Verification | None:
    found = await result_of(entry.name, arguments, ctx)
    if found.get("outcome") not in ("solved", "none"):
        return None
    roots = [one["roots"] for one in cast("list[dict[str, Any]]", found["solutions"])]
    if any(len(one) != 1 or one[0]["value"] is None for one in roots):
        return None
    own = [float(one[0]["value"]) for one in roots]
    said = [await _value(re.sub(r"^\w+\s*=\s*", "", one), {}, ctx) for one in claimed]
    wrong = [text for text, value in zip(claimed, said, strict=True) if not any(_close(value, one) for one in own)]
    missing = [one for one in own if not any(_close(value, one) for value in said)]
    answer = f"{found['answer']} is computed."
    if wrong:
        held = _Held(verdict="refuted", reason=f"{', '.join(wrong)} is no solution: {answer}")
    elif missing:
        held = _Held(verdict="refuted", reason=f"There is more than was claimed: {answer}")
    else:
        held = _Held(verdict="confirmed", reason=answer)
    return _verdict(entry.name, arguments, held, found)


async def _same(one: str, other: str, words: str, ctx: Context) -> _Held:
    """Whether two formulas are one: not where they differ at a place; surely where their difference is 0."""
    names = sorted((_names(one) or frozenset[str]()) | (_names(other) or frozenset[str]()))
    compared = 0
    for shift in range(len(_PLACES) if names else 1):
        at = {name: _PLACES[(shift + place) % len(_PLACES)] for place, name in enumerate(names)}
        values = [await _value(formula, at, ctx) for formula in (one, other)]
        if None in values:
            continue
        compared += 1
        if not _close(*values):
            where = " at " + ", ".join(f"{name} = {value:g}" for name, value in at.items()) if at else ""
            first, second = (format_number(value or 0.0, 6) for value in values)
            return _Held(verdict="refuted", reason=f"{words} differ: {first} and {second}{where}.")
    left = await result_of("mathematics.simplify_expression", {"expression": f"({one}) - ({other})"}, ctx)
    if left.get("expression") == "0":
        return _Held(verdict="confirmed", reason=f"{words} are the same: their difference is 0.")
    return _Held(verdict="cannot say", reason=f"{words} agree at {compared} places; between them nothing is proven.")


def _close(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= SAME * max(1.0, abs(one), abs(other))


async def _value(formula: str, at: dict[str, float], ctx: Context) -> float | None:
    """A formula's value; None where it has none, or none that is real."""
    try:
        found = await result_of("mathematics.evaluate_expression", {"expression": formula, "values": at}, ctx)
    except InvalidRequest:
        return None
    return None if found.get("imaginary") is not None else found.get("value")


def _verdict(operation: str, arguments: Json, held: _Held, result: Json) -> Verification:
    claim = ClaimVerdict(
        path="expression",
        verdict=held.verdict,
        reason=held.reason,
        claimed=None,
        computed=None,
        error=None,
        allowed=None,
        unit="",
    )
    return Verification(
        verdict=held.verdict,
        reason=held.reason,
        claims=[claim],
        operation=operation,
        request=arguments,
        receipt=receipt_in(result),
    )
