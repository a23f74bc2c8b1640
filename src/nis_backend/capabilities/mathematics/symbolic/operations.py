"""Formulas worked on exactly: solved, differentiated, integrated, expanded, transformed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.mathematics.symbolic import asked, views
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
    Derivative,
    Evaluation,
    Expansion,
    Integral,
    LimitValue,
    Simplified,
    Solutions,
    Transform,
)
from nis_backend.operation import Example, Operation, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

SECONDS = 20.0
"""The time limit of these operations; the algebra itself stops before, by counted steps, with a remedy."""


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


@operation(
    "mathematics.solve_equation",
    effect="reads",
    essential=True,
    pool="science",
    time_limit=SECONDS,
    view=views.draw_solutions,
    examples=(
        Example(
            title="A quadratic equation",
            request={"equations": ["x^2 - 5x + 6 = 0"]},
            question="Solve x^2 - 5x + 6 = 0.",
            also=asked.SOLUTION,
        ),
        Example(
            title="Two equations",
            request={"equations": ["2x + y = 7", "x - y = 2"]},
            question="Solve the system 2x + y = 7 and x - y = 2.",
        ),
        Example(
            title="No closed form",
            request={"equations": ["cos(x) = x"]},
            question="For which x is cos(x) = x?",
        ),
        Example(
            title="An inequality",
            request={"equations": ["x^2 - 4 < 0"]},
            question="Solve the inequality x^2 - 4 < 0.",
        ),
    ),
)
def solve_equation(request: SolveRequest, _ctx: WorkerContext) -> Solutions:
    """Solve an equation, a system of equations or an inequality for its unknowns: exact and decimal roots.

    Polynomials by their factors, other equations by inverting functions, systems by elimination; each root is put back
    into the equations to 40 digits. Where there is no closed form a range is searched by numbers, and the answer says
    so, as it says when there is no solution, or infinitely many.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103; by numbers:
    Anderson & Bjorck, BIT 13 (1973), 253-264.

    Raises:
        InvalidRequest: it is no equation, the unknown is not plain, or a degree is beyond 60.
    """
    from nis_backend.capabilities.mathematics.symbolic.solve import solve  # noqa: PLC0415 - in the worker only

    return solve(request)


@operation(
    "mathematics.differentiate_expression",
    effect="reads",
    essential=True,
    pool="science",
    time_limit=SECONDS,
    view=views.draw_derivative,
    examples=(
        Example(
            title="A product",
            request={"expression": "x^2 sin(x)"},
            question="Differentiate x^2 sin(x).",
            also=asked.DERIVATIVE,
        ),
        Example(
            title="The second derivative at a point",
            request={"expression": "exp(-x^2)", "order": 2, "at": {"x": 1}},
            question="",
        ),
        Example(
            title="A gradient",
            request={"expression": "x^2 y + sin(y)", "gradient": True},
            question="What is the gradient of x^2 y + sin(y)?",
        ),
        Example(
            title="A partial derivative",
            request={"expression": "x^3 y^2", "variables": ["y"]},
            question="What is the derivative of x^3 y^2 with respect to y?",
        ),
    ),
)
def differentiate_expression(request: DifferentiateRequest, _ctx: WorkerContext) -> Derivative:
    """Differentiate a formula: derivatives of any order to 12, partial and mixed ones, the gradient, values at a point.

    Exact. The derivative is compared at three points with differences of the formula as it was written, to 40 digits.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103.

    Raises:
        InvalidRequest: it is no formula, or which variable is meant is not plain.
    """
    from nis_backend.capabilities.mathematics.symbolic.differentiate import (  # noqa: PLC0415 - in the worker only
        differentiate,
    )

    return differentiate(request)


@operation(
    "mathematics.integrate_expression",
    effect="reads",
    essential=True,
    pool="science",
    time_limit=SECONDS,
    view=views.draw_integral,
    examples=(
        Example(
            title="An antiderivative",
            request={"expression": "x cos(x)"},
            question="What is the antiderivative of x cos(x)?",
            also=asked.INTEGRAL,
        ),
        Example(
            title="Between limits",
            request={"expression": "1/(1+x^2)", "lower": "0", "upper": "1"},
            question="What is the integral of 1/(1+x^2) from 0 to 1?",
        ),
        Example(
            title="To infinity",
            request={"expression": "exp(-x^2)", "lower": "-infinity", "upper": "infinity"},
            question="Integrate exp(-x^2) from -infinity to infinity.",
        ),
        Example(
            title="No closed form",
            request={"expression": "exp(sin(x))", "lower": "0", "upper": "2"},
            question="",
        ),
    ),
)
def integrate_expression(request: IntegrateRequest, _ctx: WorkerContext) -> Integral:
    """Integrate a formula: its antiderivative, or the definite integral between limits, which may be infinite.

    A closed form is differentiated again by numbers, a definite one held against tanh-sinh quadrature of the formula
    as it was written; what quadrature contradicts is not given. Where no closed form is found the number is given
    with its error: the whole against the same with each piece cut in two.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103; quadrature:
    Takahasi & Mori, Publ. RIMS 9 (1974), 721-741.

    Raises:
        InvalidRequest: it is no formula, not real between the limits, or a limit is missing.
    """
    from nis_backend.capabilities.mathematics.symbolic.integrate import integrate  # noqa: PLC0415 - in the worker only

    return integrate(request)


@operation(
    "mathematics.expand_series",
    effect="reads",
    pool="science",
    time_limit=SECONDS,
    view=views.draw_expansion,
    examples=(
        Example(
            title="Around 0",
            request={"expression": "sin(x)/x"},
            question="What is the Taylor series of sin(x)/x?",
            also=asked.SERIES,
        ),
        Example(
            title="Around 1",
            request={"expression": "log(x)", "point": "1", "order": 5},
            question="Expand log(x) in a Taylor series around x = 1 to order 5.",
        ),
        Example(
            title="A pole",
            request={"expression": "1/(x^2 (1 - x))"},
            question="What is the Laurent series of 1/(x^2 (1 - x))?",
        ),
    ),
)
def expand_series(request: SeriesRequest, _ctx: WorkerContext) -> Expansion:
    """Expand a formula in a Taylor, Laurent or Puiseux series around a point: the terms up to an order.

    Exact coefficients. The remainder is measured at two distances from the point: halved, it falls by 2^order or more.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103.

    Raises:
        InvalidRequest: it is no formula, or has no series there.
    """
    from nis_backend.capabilities.mathematics.symbolic.series import expand  # noqa: PLC0415 - in the worker only

    return expand(request)


@operation(
    "mathematics.compute_limit",
    effect="reads",
    pool="science",
    time_limit=SECONDS,
    view=views.draw_limit,
    examples=(
        Example(
            title="0/0",
            request={"expression": "sin(x)/x", "towards": "0"},
            question="What is the limit of sin(x)/x as x approaches 0?",
            also=asked.LIMIT,
        ),
        Example(
            title="At infinity",
            request={"expression": "(1 + 1/n)^n", "towards": "infinity"},
            question="Compute the limit of (1 + 1/n)^n as n goes to infinity.",
        ),
        Example(
            title="Two sides that differ",
            request={"expression": "1/x", "towards": "0"},
            question="What does 1/x tend to as x tends to 0?",
        ),
    ),
)
def compute_limit(request: LimitRequest, _ctx: WorkerContext) -> LimitValue:
    """Compute the limit of a formula as its variable tends to a number or to infinity, from the left and the right.

    Gruntz's algorithm, each side by itself; the formula as it was written is worked out to 80 digits on the way there.

    Source: Gruntz, On computing limits in a symbolic manipulation system, thesis, ETH Zurich (1996).

    Raises:
        InvalidRequest: it is no formula, or the limit is not found.
    """
    from nis_backend.capabilities.mathematics.symbolic.limits import find_limit  # noqa: PLC0415 - in the worker only

    return find_limit(request)


@operation(
    "mathematics.transform_laplace",
    effect="reads",
    pool="science",
    time_limit=SECONDS,
    view=views.draw_transform,
    examples=(
        Example(
            title="A damped wave",
            request={"expression": "exp(-2t) sin(3t)"},
            question="What is the Laplace transform of exp(-2t) sin(3t)?",
            also=asked.LAPLACE,
        ),
        Example(
            title="Back to time",
            request={"expression": "1/(s^2 + 2s + 5)", "inverse": True},
            question="Compute the inverse Laplace transform of 1/(s^2 + 2s + 5) in closed form.",
        ),
    ),
)
def transform_laplace(request: LaplaceRequest, _ctx: WorkerContext) -> Transform:
    """Find the Laplace transform of a function of time, or the inverse transform, in closed form, with its region.

    Exact. A transform is held against quadrature of its integral, an inverse against Talbot's inversion by numbers.

    Source: Meurer et al., SymPy: symbolic computing in Python, PeerJ Computer Science 3 (2017), e103.

    Raises:
        InvalidRequest: it is no formula, or no closed form is found.
    """
    from nis_backend.capabilities.mathematics.symbolic.laplace import (  # noqa: PLC0415 - in the worker only
        transform_laplace as transform,
    )

    return transform(request)


@operation(
    "mathematics.transform_fourier",
    effect="reads",
    pool="science",
    time_limit=SECONDS,
    view=views.draw_transform,
    examples=(
        Example(
            title="Two-sided decay",
            request={"expression": "exp(-abs(t))"},
            question="What is the Fourier transform of exp(-abs(t))?",
            also=asked.FOURIER,
        ),
        Example(
            title="A bell",
            request={"expression": "exp(-t^2)", "convention": "frequency"},
            question="",
        ),
        Example(
            title="Back to time",
            request={"expression": "1/(1 + w^2)", "inverse": True},
            question="Find the inverse Fourier transform of 1/(1 + w^2).",
        ),
    ),
)
def transform_fourier(request: FourierRequest, _ctx: WorkerContext) -> Transform:
    """Find the Fourier transform of a formula in closed form, or the inverse transform, in the convention named.

    The sum of the Laplace transforms of both halves on the imaginary axis; held against quadrature of the integral.

    Source: Bracewell, The Fourier Transform and Its Applications (2000), ch. 2 and 14.

    Raises:
        InvalidRequest: it is no formula, does not fall off to both sides, or no closed form is found.
    """
    from nis_backend.capabilities.mathematics.symbolic.fourier import (  # noqa: PLC0415 - in the worker only
        transform_fourier as transform,
    )

    return transform(request)


OPERATIONS: tuple[Operation[Any, Any], ...] = (  # Any: each has models of its own
    evaluate_expression,
    simplify_expression,
    solve_equation,
    differentiate_expression,
    integrate_expression,
    expand_series,
    compute_limit,
    transform_laplace,
    transform_fourier,
)
