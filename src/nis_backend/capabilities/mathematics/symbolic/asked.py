"""How people ask for each of these operations, beside its examples: the words that reach it, and what it is near to."""

from __future__ import annotations

EVALUATION = (
    "What does this expression come to, in numbers? Evaluate the formula.",
    "Calculate the value of 3*4 + 5, compute 2^10, work out (7 + 5)/3.",
    "Give me pi to 50 digits, the square root of 2 to 30 decimal places, e to 100 digits.",
    "How much is 12 times 34, 144 divided by 12, 15 plus 27, 1/3 + 1/6 exactly?",
    "What is 2^10? What is sqrt(2)? What is factorial(20)? What is sin(pi/3)?",
    "Evaluate x^2 + 3x at x = 2.",
    "The numerical value of an arithmetic expression, to more digits than a pocket calculator has.",
    "Add, subtract, multiply, divide these numbers; raise one to a power; take a logarithm or a root.",
)

SIMPLIFICATION = (
    "Simplify the algebraic expression.",
    "Expand (x + 1)^3, multiply out the brackets.",
    "Factor x^2 - 5x + 6, factorise the polynomial into its factors.",
    "What is the factorisation of x^2 - 1? What are the factors of this polynomial?",
    "Write it as partial fractions: the partial fraction decomposition of a rational function.",
    "Put it over a common denominator, as one fraction.",
    "Simplify sin(x)^2 + cos(x)^2 by trigonometric identities.",
    "Reduce, rewrite, rearrange, shorten or tidy the expression; cancel the common factors.",
    "What is the simplest form of this fraction of polynomials?",
)

SOLUTION = (
    "Solve the equation for x. What are its roots, its solutions?",
    "Find the roots or zeros of x^3 - 6x^2 + 11x - 6.",
    "What is x if 3x + 5 = 20?",
    "Solve these simultaneous equations for x and y.",
    "For which values of x is x^2 less than 9? Solve the inequality.",
    "What are the complex roots of x^2 + x + 1 = 0?",
    "Where is the polynomial zero? Which numbers satisfy the equation?",
    "Solve for y: 2y - 7 = 3.",
    "Solve the quadratic, cubic, linear, trigonometric or exponential equation.",
)

DERIVATIVE = (
    "What is the derivative of x^3 + 2x?",
    "Differentiate the function with respect to x.",
    "Find the second derivative of exp(-x^2), the third derivative of sin(x).",
    "What is the partial derivative of x*y^2 by y, the gradient of the function?",
    "What is the slope of x^2 at x = 3?",
    "Compute d/dx of ln(x).",
    "Take the derivative of this expression; derive it by t.",
)

INTEGRAL = (
    "What is the integral of x^2?",
    "Integrate sin(x) from 0 to pi.",
    "Find the antiderivative, the indefinite integral, the primitive of the function.",
    "Compute the definite integral between the limits 0 and 1.",
    "What is the area under the curve of x^2 between 0 and 3?",
    "Evaluate the improper integral of 1/x^2 from 1 to infinity.",
)

SERIES = (
    "What is the Taylor series of the function around a point?",
    "Expand cos(x) in a power series up to x^8.",
    "Give the Maclaurin series of exp(x), the first terms of its expansion.",
    "What is the Laurent series of the function at its pole?",
    "Approximate the function by a Taylor polynomial of degree 4.",
)

LIMIT = (
    "What is the limit of the function as x tends to 0, approaches 1, goes to infinity?",
    "Compute the one-sided limit from the left, from the right.",
    "What does the expression tend to, converge to, approach, as x goes to zero?",
    "Find the limit as x goes to infinity of x*exp(-x).",
)

LAPLACE = (
    "What is the Laplace transform of t^2, of a step, of cos(3t)?",
    "Transform the function of time to the s domain.",
    "Find the inverse Laplace transform in closed form of this function of s.",
    "Where does the Laplace integral converge? Its region of convergence.",
)

FOURIER = (
    "What is the Fourier transform of the formula exp(-t^2)?",
    "Find the spectrum of the function in closed form: its continuous Fourier transform.",
    "Transform the expression to the frequency domain exactly.",
    "Compute the inverse Fourier transform of a formula.",
)
