"""A claim held against the operation that computes it, called twice: as asked, and a hundred times finer."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.operations import RouteMessage, route_message
from nis_backend.capabilities.physics.claims import wording
from nis_backend.capabilities.physics.claims.claimed import ClaimVerdict, Verification
from nis_backend.capabilities.physics.claims.computed import receipt_in, result_of
from nis_backend.capabilities.physics.claims.formulas import of_formulas
from nis_backend.capabilities.physics.operations import TextRequest, read_quantities
from nis_backend.errors import DeadlineExceeded, InvalidRequest
from nis_backend.fields import flat
from nis_backend.found import named_in
from nis_backend.numerics.quantity import from_text
from nis_backend.numerics.written import format_number
from nis_backend.places import number_at

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from nis_backend.capabilities.operations.operations import Route
    from nis_backend.capabilities.physics.claims.claimed import Claim, ClaimRequest, Verdict
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

FINER = 100.0
"""How much finer the second computation is."""
ROOM, FINER_ROOM = 180.0, 90.0
"""Seconds that the two computations may take, of the five minutes that a claim has."""
COARSEST = 0.05
"""The most that digits left out may excuse, relative: 'a period of 2 s' is no claim of 1.5 to 2.5 s for 1.6 s."""

_OWN = ["physics.verify", "physics.verify_trajectory", "physics.check_equation"]
"""What a statement is not about: itself."""
_CONVENTIONS = (
    (r"\blog\(", "log10(", "for logarithms to base 10, written log10(x), and not for natural ones, log(x)"),
    (r"\b(sin|cos|tan)\(([^()]*)\)", r"\1((\2)*pi/180)", "for degrees, written sin(pi*x/180), and not for radians"),
)
"""What a formula may mean besides what it means here."""
_DIGITS = re.compile(r"[\d.,]+(?:[eE]([+-]?\d+))?")


async def verify(request: ClaimRequest, ctx: Context) -> Verification:
    """The verdict on a statement, or on numbers that an operation is claimed to come to.

    Raises:
        InvalidRequest: the operation does not compute, or refuses its request.
    """
    if request.statement:
        return await _of_statement(request.statement, ctx)
    with named_in("operation"):
        entry = ctx.operations.entry(request.operation)
    _computes(entry)
    return await _held(entry, request.request, request.claims, ctx)


def _computes(entry: Entry) -> None:
    if entry.effect != "reads" or entry.shape != "model" or entry.pool is None:
        raise InvalidRequest(
            f"{entry.name} computes nothing.",
            field="operation",
            value=entry.name,
            remedy="Name one that computes, such as physics.simulate_pendulum.",
        )


async def _held(entry: Entry, arguments: Json, claims: Sequence[Claim], ctx: Context) -> Verification:
    found = await _within(ROOM, result_of(entry.name, arguments, ctx))
    if found is None:
        return _unsaid(
            f"{entry.name} was not done within {ROOM:g} s, the time that a claim has. Ask it for less: a larger "
            "tolerance, a shorter duration, fewer points. Or call it as a run, and compare its result."
        )
    finer = await _finer(entry, arguments, ctx)
    verdicts = [_judge(entry, place, claim, found, finer) for place, claim in enumerate(claims)]
    kinds = {one.verdict for one in verdicts}
    verdict: Verdict = "refuted" if "refuted" in kinds else "cannot say" if "cannot say" in kinds else "confirmed"
    return Verification(
        verdict=verdict,
        reason=next(one.reason for one in verdicts if one.verdict == verdict),
        claims=verdicts,
        operation=entry.name,
        request=arguments,
        receipt=receipt_in(finer or found),
    )


async def _within(seconds: float, work: Coroutine[Any, Any, Json]) -> Json | None:
    """What it comes to; None where it does not within this time, or its own."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except (TimeoutError, DeadlineExceeded):
        return None


async def _finer(entry: Entry, arguments: Json, ctx: Context) -> Json | None:
    """The same with a finer tolerance; None where there is none, or it cannot be had."""
    field = flat(entry.request_schema["properties"].get("tolerance", {}), entry.request_schema.get("$defs", {}))
    usual = arguments.get("tolerance", field.get("default"))
    if isinstance(usual, str):
        usual = from_text(usual, field.get("unit", ""), "tolerance")
    if not isinstance(usual, int | float):
        return None
    try:
        return await _within(FINER_ROOM, result_of(entry.name, {**arguments, "tolerance": usual / FINER}, ctx))
    except InvalidRequest:
        return None


def _judge(entry: Entry, place: int, claim: Claim, found: Json, finer: Json | None) -> ClaimVerdict:
    unit = _unit_of(entry, claim.path) or (str(found.get("unit", "")) if claim.path == "value" else "")
    computed = _at(finer or found, claim.path)
    if computed is None:
        return ClaimVerdict(
            path=claim.path,
            verdict="cannot say",
            reason=f"{entry.name} answers no number at {claim.path!r}.",
            claimed=None,
            computed=None,
            error=None,
            allowed=None,
            unit=unit,
        )
    claimed, slack = _claimed(claim, unit, f"claims.{place}.value")
    allowed = claim.tolerance * abs(computed) if claim.tolerance else min(slack, COARSEST * abs(computed))
    allowed += 1e-12 * abs(computed)
    error = _error(found, finer, claim.path)
    doubt = max(4 * (error or 0.0), _reached(finer or found, unit))
    off = {"is": abs(claimed - computed), "at most": computed - claimed, "at least": claimed - computed}[claim.relation]
    if not _trusted(finer or found):
        verdict: Verdict = "cannot say"
        why = "the computation did not reach the error it was asked for"
    elif claim.relation == "is":
        verdict, why = _equal(off, allowed, error or 0.0, doubt)
    else:
        verdict, why = _bounded(off, allowed, doubt)
    why = why or f"off by {_said(off, unit, 2)}, {_said(allowed, unit, 2)} allowed"
    bound = "" if claim.relation == "is" else f"{claim.relation} "
    reason = f"{bound}{_said(claimed, unit)} is claimed, {_said(computed, unit)} computed: {why}."
    return ClaimVerdict(
        path=claim.path,
        verdict=verdict,
        reason=reason,
        claimed=claimed,
        computed=computed,
        error=error,
        allowed=allowed,
        unit=unit,
    )


def _error(found: Json, finer: Json | None, path: str) -> float | None:
    """How far a finer tolerance has moved the value, or what the result itself says of its error, if that is more."""
    named = f"{path.rpartition('_')[0] or path}_error"
    # A standard error is how samples scatter, not how far a computation is off.
    own = None if named.endswith("standard_error") else _at(finer or found, named)
    before, after = _at(found, path), _at(finer, path) if finer else None
    # The two differ by about the error of the coarser one; the finer one's is less.
    moved = abs(after - before) if after is not None and before is not None else None
    return max((one for one in (moved, own) if one is not None), default=None)


def _reached(result: Json, unit: str) -> float:
    """The error that the receipt tells, where it is told in this unit."""
    receipt = receipt_in(result)
    return receipt.error_reached if receipt is not None and receipt.unit == unit else 0.0


def _equal(off: float, allowed: float, error: float, doubt: float) -> tuple[Verdict, str]:
    """Whether two numbers are one, for a computed one that is off by `error` or so and by no more than `doubt`."""
    if off <= allowed and error <= allowed:
        return "confirmed", "they agree to the digits claimed"
    if off > allowed + doubt:
        return "refuted", ""
    return "cannot say", "they differ by less than the computation's own error"


def _bounded(over: float, allowed: float, doubt: float) -> tuple[Verdict, str]:
    """Whether a number is within its bound, which it is over by `over`; below 0, it is within."""
    if over <= -doubt:
        return "confirmed", "it is within"
    if over > allowed + doubt:
        return "refuted", ""
    return "cannot say", "it is as near to the bound as the digits claimed, or the computation's own error"


def _trusted(result: Json) -> bool:
    receipt = receipt_in(result)
    return receipt is None or (receipt.met and all(check.agrees for check in receipt.checks))


def _said(value: float, unit: str, digits: int = 5) -> str:
    return f"{format_number(value, digits)} {unit}".strip()


def _claimed(claim: Claim, unit: str, field: str) -> tuple[float, float]:
    """The claimed number in the result's unit, and half of its last digit.

    Raises:
        InvalidRequest: it is no quantity, or measures something else.
    """
    # A whole number's digits are those before its zeros: JSON does not tell 300000000 from 3e8.
    text = claim.value if isinstance(claim.value, str) else repr(claim.value).removesuffix(".0")
    value = claim.value if isinstance(claim.value, float) else from_text(text, unit, field)
    if value is None:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
    if not math.isfinite(value):
        raise InvalidRequest(
            f"{text!r} is no quantity in {unit or 'numbers'}.",
            field=field,
            value=text,
            remedy=f"Give a number{f' in {unit}' if unit else ''}, or a number with its unit.",
        )
    digits = _DIGITS.search(text)
    number = float(digits[0].replace(",", "")) if digits and digits[0].strip(".,") else value
    scale = abs(value / number) if number else 1.0
    return value, _half_digit(digits[0] if digits else "1") * scale


def _half_digit(digits: str) -> float:
    mantissa, _, power = digits.lower().replace(",", "").partition("e")
    # Zeros at the end of a whole number are no digits: 300000 km/s is the speed of light, rounded.
    places = len(mantissa.partition(".")[2]) if "." in mantissa else len(mantissa.rstrip("0")) - len(mantissa)
    return 0.5 * 10.0 ** min(int(power or 0) - places, 300)


def _at(result: Any, path: str) -> float | None:  # Any: JSON
    """The number at a path of names and places; a last place may count from the end."""
    here = number_at(result, path)
    return float(here) if here is not None and math.isfinite(here) else None


def _unit_of(entry: Entry, path: str) -> str:
    definitions: Json = entry.result_schema.get("$defs", {})
    here = entry.result_schema
    for part in path.split("."):
        here = flat(here, definitions)
        here = here.get("items", {}) if "items" in here else here.get("properties", {}).get(part, {})
    return str(flat(here, definitions).get("unit", ""))


async def _of_statement(statement: str, ctx: Context) -> Verification:
    """Find what the statement speaks of, take the claimed number out of it, and compute the rest."""
    statement = await _as_said(statement, ctx)
    if (held := await of_formulas(statement, ctx, _OWN)) is not None:
        return held
    routed = await ctx.call(route_message, RouteMessage(message=statement, excluding=_OWN))
    if routed.operation is None:
        routed = await _without_its_end(statement, ctx)
    if routed is None or routed.operation is None:
        return _unsaid("No computation here is about this.")
    entry = ctx.operations.entry(routed.operation)
    _computes(entry)
    units = sorted({unit for _, unit, _ in wording.numbers_of(entry)})
    found = await ctx.call(read_quantities, TextRequest(text=statement, units=units))
    said = wording.read(statement, entry, found.quantities)
    if isinstance(said, str):
        return _unsaid(said)
    asked = await ctx.call(route_message, RouteMessage(message=said.rest, excluding=_OWN))
    if (asked.operation != entry.name or not asked.ready) and (end := await _without_its_end(statement, ctx)):
        asked = end
    if asked.operation != entry.name or not asked.ready:
        lacking = ", ".join(asked.missing) or "its arguments"
        return _unsaid(f"{entry.name} would tell, but the statement does not give {lacking}.")
    held = await _held(entry, asked.arguments, said.claims, ctx)
    if held.verdict == "refuted" and (otherwise := await _read_otherwise(entry, asked.arguments, said.claims, ctx)):
        return otherwise
    return held


async def _read_otherwise(
    entry: Entry, arguments: Json, claims: Sequence[Claim], ctx: Context
) -> Verification | None:  # fmt: skip
    """What is open because it holds by another convention: log to base 10, an angle in degrees."""
    formula = str(arguments.get("expression", ""))
    for pattern, put, meant in _CONVENTIONS:
        other = re.sub(pattern, put, formula)
        if other == formula:
            continue
        if (await _held(entry, {**arguments, "expression": other}, claims, ctx)).verdict == "confirmed":
            return _unsaid(f"It holds {meant}: say which is meant.")
    return None


async def _as_said(statement: str, ctx: Context) -> str:
    """One inch is 1 inch; and of two quantities, "1 atm = 760 mmHg", one is the other: their units are no variables."""
    said = re.sub(r"^one (?=[a-z])", "1 ", statement.strip(), flags=re.IGNORECASE)
    found = (await ctx.call(read_quantities, TextRequest(text=said, units=[]))).quantities
    if not (found and found[0].unit and found[0].start == 0):
        return statement
    left, _, right = said.partition("=")
    whole = len(found) == 2 and bool(found[1].unit) and left.strip() == said[: found[0].end].strip()  # noqa: PLR2004 - a pair
    whole = whole and right.strip(" .!") == said[found[1].start : found[1].end].strip()
    return f"{left.strip()} is {right.strip()}" if whole else said


async def _without_its_end(statement: str, ctx: Context) -> Route | None:
    """What the statement asks for as a question, without the number it ends with; of a conversion, in that unit."""
    numbers = (await ctx.call(read_quantities, TextRequest(text=statement, units=[]))).quantities
    ended = wording.ended_by(statement, numbers)
    if ended is None:
        return None
    question = wording.question_of(statement, ended)
    return await ctx.call(route_message, RouteMessage(message=question, excluding=_OWN))


def _unsaid(reason: str) -> Verification:
    return Verification(verdict="cannot say", reason=reason, claims=[], operation="", request={}, receipt=None)
