"""Numbers that were measured or are to be found: optima, curves, intervals, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.mathematics.data import asked, views
from nis_backend.capabilities.mathematics.data.curves import CurveFit, Fitted, Interpolated, Interpolation
from nis_backend.capabilities.mathematics.data.optima import Optimization, Optimum
from nis_backend.capabilities.mathematics.data.samples import (
    HypothesisRequest,
    SampleRequest,
    SampleSummary,
    TestResult,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "mathematics.describe_sample",
    effect="reads",
    pool="science",
    view=views.draw_summary,
    examples=(
        Example(
            title="Four numbers",
            request={"values": [3, 5, 8, 13]},
            question="What are the mean and standard deviation of 3, 5, 8, 13?",
            also=asked.SAMPLE,
        ),
        Example(
            title="With an outlier",
            request={"values": [9.8, 10.1, 10.4, 9.9, 10.0, 10.2, 14.7], "confidence": 0.99},
            question="Describe the sample [9.8, 10.1, 10.4, 9.9, 10.0, 10.2, 14.7] with a confidence of 0.99.",
        ),
        Example(
            title="Two groups",
            request={"values": [12, 15, 11, 14], "others": [[18, 21, 17, 20]], "names": ["old", "new"]},
            question="Give me the median, the quartiles and the average of 12, 15, 11, 14.",
        ),
    ),
)
def describe_sample(request: SampleRequest, ctx: WorkerContext) -> SampleSummary:
    """Describe a list of numbers: mean, median, standard deviation, quartiles, intervals, skewness, outliers.

    Mean and standard deviation by sums without rounding. Intervals of the mean by Student's t and by the bootstrap
    (BCa, seeded), of the median by order statistics; outliers by Tukey's fences.

    Source: Hyndman & Fan, Am. Stat. 50 (1996), 361-365; Efron & Tibshirani, An Introduction to the Bootstrap (1993),
    14.3; Joanes & Gill, The Statistician 47 (1998), 183-189.
    """
    from nis_backend.capabilities.mathematics.data.describing import describe  # noqa: PLC0415 - loads in the worker only

    return describe(request, ctx.progress)


@operation(
    "mathematics.test_hypothesis",
    effect="reads",
    pool="science",
    view=views.draw_test,
    examples=(
        Example(
            title="Two samples",
            request={"test": "Welch t-test", "first": [5.1, 4.9, 5.6, 5.8, 5.3], "second": [6.2, 6.0, 6.8, 5.9, 6.5]},
            question="Do a Welch t-test of [5.1, 4.9, 5.6, 5.8, 5.3] against [6.2, 6.0, 6.8, 5.9, 6.5].",
            also=asked.HYPOTHESIS,
        ),
        Example(
            title="A coin",
            request={"test": "binomial test", "successes": 60, "trials": 100},
            question="Binomial test: is a coin with 60 heads in 100 tosses fair?",
        ),
        Example(
            title="A table",
            request={"test": "Fisher exact test", "table": [[8, 2], [1, 5]]},
            question="Make Fisher's exact test of the table [[8, 2], [1, 5]].",
        ),
        Example(
            title="Ranks",
            request={"test": "Mann-Whitney test", "first": [1.1, 2.2, 3.3, 4.4], "second": [2.5, 3.5, 5.5, 6.6, 7.7]},
            question="Use the Mann-Whitney test on [1.1, 2.2, 3.3, 4.4] and [2.5, 3.5, 5.5, 6.6, 7.7].",
        ),
    ),
)
def test_hypothesis(request: HypothesisRequest, ctx: WorkerContext) -> TestResult:
    """Test a statistical hypothesis: t-tests, Mann-Whitney, Wilcoxon, ANOVA, chi-square, Fisher, binomial, correlation.

    Exact distributions of small samples, with ties too, limits of large ones beyond, and it is said which. Each with
    the size of the effect, its interval, what the samples' size could have shown, and whether the assumptions hold.

    Source: the method's own, named in the receipt.
    """
    from nis_backend.capabilities.mathematics.data.testing import examine  # noqa: PLC0415 - loads in the worker only

    return examine(request)


@operation(
    "mathematics.interpolate_data",
    effect="reads",
    pool="science",
    view=views.draw_interpolation,
    examples=(
        Example(
            title="A spline",
            request={"x": [0, 1, 2, 3, 4, 5, 6], "y": [0, 0.84, 0.91, 0.14, -0.76, -0.96, -0.28], "at": [2.5]},
            question="Interpolate x = [0, 1, 2, 3, 4, 5, 6], y = [0, 0.84, 0.91, 0.14, -0.76, -0.96, -0.28] by a cubic "
            "spline at [2.5].",
            also=asked.INTERPOLATION,
        ),
        Example(
            title="Without overshoot",
            request={
                "x": [0, 1, 2, 3, 4, 5, 6],
                "y": [0, 0, 0.02, 0.5, 0.98, 1, 1],
                "at": [2.2, 3.5],
                "rule": "PCHIP",
                "tolerance": 0.5,
            },
            question="Use PCHIP interpolation between [0, 1, 2, 3, 4, 5, 6] and [0, 0, 0.02, 0.5, 0.98, 1, 1] at "
            "[2.2, 3.5].",
        ),
    ),
)
def interpolate_data(request: Interpolation, ctx: WorkerContext) -> Interpolated:
    """Interpolate between data points: values, slopes and the integral of a curve that passes through all of them.

    Linear (second order), cubic spline (fourth order on smooth data), PCHIP, Akima, barycentric. The error is seen by
    leaving each inner point out in turn. Places beyond the points are refused unless extrapolation is asked for.

    Source: de Boor, A Practical Guide to Splines (2001); Fritsch & Carlson (1980); Akima (1970); Berrut & Trefethen,
    SIAM Review 46 (2004), 501-517.
    """
    from nis_backend.capabilities.mathematics.data.interpolation import between  # noqa: PLC0415 - loads in the worker only

    return between(request, ctx.progress)


@operation(
    "mathematics.fit_curve",
    effect="reads",
    pool="science",
    view=views.draw_fit,
    examples=(
        Example(
            title="A line",
            request={"x": [1, 2, 3, 4, 5, 6], "y": [2.1, 3.9, 6.2, 7.8, 10.1, 11.9]},
            question="Fit a line to x = [1, 2, 3, 4, 5, 6] and y = [2.1, 3.9, 6.2, 7.8, 10.1, 11.9].",
            also=asked.FIT,
        ),
        Example(
            title="A decay",
            request={"x": [0, 1, 2, 3, 4, 5], "y": [9.9, 6.1, 3.7, 2.2, 1.4, 0.8], "shape": "exponential"},
            question="Fit an exponential to the points x = [0, 1, 2, 3, 4, 5], y = [9.9, 6.1, 3.7, 2.2, 1.4, 0.8].",
        ),
        Example(
            title="A given formula",
            request={
                "x": [0.02, 0.06, 0.11, 0.22, 0.56, 1.1],
                "y": [61, 102, 123, 155, 192, 204],
                "shape": "formula",
                "formula": "vmax*x/(km + x)",
                "start": {"vmax": 200, "km": 0.1},
            },
            question="Fit Michaelis and Menten's rate law to measured data.",
        ),
    ),
)
def fit_curve(request: CurveFit, ctx: WorkerContext) -> Fitted:
    """Fit a curve to data points: a line or polynomial, exponential, power law, logistic, sine, Gaussian, or a formula.

    Least squares, weighed by the uncertainties where given: polynomials by normal equations in 60 digits, others by
    Levenberg-Marquardt from several starts and then Gauss-Newton. With standard errors, intervals, R², AIC, a band, and
    tests of what is left over.

    Source: NIST/SEMATECH e-Handbook of Statistical Methods, 4.1.4; Moré, Lecture Notes in Math. 630 (1978), 105-116;
    Bates & Watts, Nonlinear Regression Analysis (1988).
    """
    from nis_backend.capabilities.mathematics.data.fitting import fit  # noqa: PLC0415 - loads in the worker only

    return fit(request, ctx.progress)


@operation(
    "mathematics.optimize_function",
    effect="reads",
    pool="science",
    view=views.draw_optimum,
    examples=(
        Example(
            title="A disc and a line",
            request={"formula": "(x - 2)^2 + (y - 1)^2", "constraints": ["x + y <= 2", "x^2 <= y"]},
            question="Find the minimum of the function (x - 2)^2 + (y - 1)^2 with the constraint x + y <= 2.",
            also=asked.OPTIMUM,
        ),
        Example(
            title="Rosenbrock's valley",
            request={"formula": "(1 - x)^2 + 100*(y - x^2)^2"},
            question="Minimize the function (1 - x)^2 + 100*(y - x^2)^2.",
        ),
        Example(
            title="A highest point",
            request={"formula": "x*exp(-x)", "goal": "maximum", "variables": [{"name": "x", "low": 0, "high": 5}]},
            question="Where does x*exp(-x) have its maximum for x between 0 and 5?",
        ),
    ),
)
def optimize_function(request: Optimization, ctx: WorkerContext) -> Optimum:
    """Find the minimum or maximum of a formula of up to ten variables, with bounds and constraints.

    Quasi-Newton (SLSQP, L-BFGS-B) from many evenly strewn starts, then Newton on the KKT equations, quadratic near the
    optimum. With multipliers, what gradient is left, and what second derivatives say. How many searches ended there is
    told; that no better one exists is not proved.

    Source: Nocedal & Wright, Numerical Optimization (2006), 7.2, 12 and 18.

    Raises:
        InvalidRequest: no place meets the constraints, or the formula goes on without bound.
    """
    from nis_backend.capabilities.mathematics.data.optimising import search  # noqa: PLC0415 - loads in the worker only

    return search(request, ctx.progress)


OPERATIONS = (describe_sample, test_hypothesis, interpolate_data, fit_curve, optimize_function)
