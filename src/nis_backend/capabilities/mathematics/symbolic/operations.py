"""Formulas worked on exactly: solved, differentiated, integrated, expanded, transformed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic import asked, views
from nis_backend.capabilities.mathematics.symbolic.requests import EvaluateRequest, SimplifyRequest
from nis_backend.capabilities.mathematics.symbolic.results import Evaluation, Simplified
from nis_backend.operation import Example, Operation, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

SECONDS = 30.0
"""The time limit of these operations; the algebra itself stops before, with a remedy."""


@operation(
    "mathematics.evaluate_expression",
    effect="reads",
    essential=True,
    pool="science",
    time_limit=SECONDS,
    view=views.draw_evaluation,
    examples=(
        Example(
            title="A product", request={"expression": "17 * 23"}, question="What is 17 * 23?", also=asked.EVALUATION
        ),
        Example(
            title="Many digits",
            request={"expression": "sqrt(2)", "digits": 50},
            question="Evaluate sqrt(2) to 50 digits.",
        ),
        Example(
            title="With a value",
            request={"expression": "x^2 + 3x - 1/x", "values": {"x": "1/3"}},
            question="",
        ),
    ),
)
def evaluate_expression(request: EvaluateRequest, _ctx: WorkerContext) -> Evaluation:
    """Evaluate a formula of numbers: its exact value, and up to 1000 digits of it; sums, powers, roots, functions.

    Fractions and roots stay exact; decimals are evaluated until as many digits are sure as were asked for, and compared
    with mpmath on the formula as it was written, with 20 more.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103.

    Raises:
        InvalidRequest: it is no formula, has no value, or is beyond 10^4000.
    """
    from nis_backend.capabilities.mathematics.symbolic.evaluate import evaluate  # noqa: PLC0415 - in the worker only

    return evaluate(request)


@operation(
    "mathematics.simplify_expression",
    effect="reads",
    essential=True,
    pool="science",
    time_limit=SECONDS,
    view=views.draw_simplified,
    examples=(
        Example(
            title="A fraction",
            request={"expression": "(x^2 - 1)/(x - 1)"},
            question="Simplify (x^2 - 1)/(x - 1).",
            also=asked.SIMPLIFICATION,
        ),
        Example(
            title="A product",
            request={"expression": "x^4 - 5x^2 + 4", "form": "factor"},
            question="Factor x^4 - 5x^2 + 4.",
        ),
        Example(
            title="Partial fractions",
            request={"expression": "(x + 3)/(x^2 - 1)", "form": "partial_fractions"},
            question="What is the partial fraction decomposition of (x + 3)/(x^2 - 1)?",
        ),
    ),
)
def simplify_expression(request: SimplifyRequest, _ctx: WorkerContext) -> Simplified:
    """Simplify, expand or factor an algebraic expression, or write it as partial fractions or by identities.

    Exact. The answer is compared with the formula as it was written at three points, by mpmath; where the formula had
    no value and the answer has one is told.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103.

    Raises:
        InvalidRequest: it is no formula, expands to too many terms, or takes too long.
    """
    from nis_backend.capabilities.mathematics.symbolic.simplify import simplify  # noqa: PLC0415 - in the worker only

    return simplify(request)


OPERATIONS: tuple[Operation[Any, Any], ...] = (  # Any: each has models of its own
    evaluate_expression,
    simplify_expression,
)
