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
    "Write it as partial fractions: the partial fraction decomposition of a rational function.",
    "Put it over a common denominator, as one fraction.",
    "Simplify sin(x)^2 + cos(x)^2 by trigonometric identities.",
    "Reduce, rewrite, rearrange, shorten or tidy the expression; cancel the common factors.",
    "What is the simplest form of this fraction of polynomials?",
)
