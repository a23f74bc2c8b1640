"""Formulas as terms: read with their symbols, bounded, worked on within counted steps, written as text and as LaTeX."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.errors import InvalidRequest, NisError
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.interrupting import OutOfSteps, charged, within
from nis_backend.numerics.symbolic import sympy, to_sympy, write_latex, write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from nis_backend.numerics.formula import Formula

log = logging.getLogger("nis.mathematics")

R = TypeVar("R")
T = TypeVar("T")

STEPS = 20_000_000
"""Steps that one piece of algebra may take."""
MOST_STEPS = 40_000_000
"""Steps of a whole request: 8 s of a quiet core, well below the time limit of the operations."""
MOST_TERMS = 3000
"""Terms that a formula may expand to."""
MOST_PARTS = 6000
"""Symbols, numbers and operations of an answer."""
MOST_DIGITS = 4000
"""Power of ten that an exact number may reach: Python writes no whole number of more than 4300 digits."""
IMAGINARY = ("i", "I")
"""Names of the imaginary unit, where complex numbers are wanted."""
_LIKELY = ("x", "t", "s", "y", "z", "u", "w", "r", "n", "k")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A formula, and what sympy has for it; any from here on: sympy has no types."""

    formula: Formula
    expression: Any
    symbols: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """Its variables in order."""
        return sorted(self.formula.names & {name for name, one in self.symbols.items() if one.is_Symbol})


@dataclass(frozen=True)
class Failed:
    """Why a piece of algebra came to nothing."""

    reason: str


def read_terms(
    text: str, *, field: str, positive: Collection[str] = (), complex_numbers: bool = False, extra: Iterable[str] = ()
) -> Terms:
    """Read a formula in any names; they are real, and with `complex_numbers` complex.

    Raises:
        InvalidRequest: it is no formula, grows beyond bounds, or would expand to very many terms.
    """
    formula = read_formula(text, field=field, largest=MOST_DIGITS)
    symbols = symbols_of({*formula.names, *extra}, positive, complex_numbers=complex_numbers)
    expression = insist(lambda: to_sympy(formula.tree, symbols), f"{field} cannot be read", field=field, value=text)
    if expression.has(sympy.nan, sympy.zoo):
        raise InvalidRequest(
            f"{field} divides by 0.", field=field, value=text, remedy="Give an expression that has a value."
        )
    check_size(expression, field, text)
    return Terms(formula=formula, expression=expression, symbols=symbols)


def symbols_of(
    names: Iterable[str], positive: Collection[str] = (), *, complex_numbers: bool = False
) -> dict[str, Any]:
    """A symbol for each name: real, positive where that is said; `i` is the imaginary unit among complex numbers."""
    made: dict[str, Any] = {}
    for name in names:
        if name in positive:
            made[name] = sympy.Symbol(name, positive=True)
        elif complex_numbers:
            made[name] = sympy.I if name in IMAGINARY else sympy.Symbol(name)
        else:
            made[name] = sympy.Symbol(name, real=True)
    return made


def choose_variable(terms: Terms, wanted: str, *, field: str = "variable") -> Any:
    """The symbol that is wanted, or the one that must be meant.

    Raises:
        InvalidRequest: several could be.
    """
    names = terms.names
    if wanted:
        check_name(wanted, field)
        return terms.symbols.get(wanted, sympy.Symbol(wanted, real=True))
    if len(names) == 1:
        return terms.symbols[names[0]]
    if not names:
        return sympy.Symbol("x", real=True)
    likely = [name for name in _LIKELY if name in names]
    if likely and likely[0] in ("x", "t", "s"):
        return terms.symbols[likely[0]]
    raise InvalidRequest(
        f"{terms.formula.field} holds {', '.join(names)}: which one is the variable is not said.",
        field=field,
        value=wanted,
        remedy=f"Give {field}: one of {', '.join(names)}.",
    )


def check_name(name: str, field: str) -> None:
    """Refuse what is not one name.

    Raises:
        InvalidRequest: it is none.
    """
    if set(read_formula(name, field=field).names) != {name}:
        raise InvalidRequest(f"{field} {name!r} is not a name.", field=field, value=name, remedy="Give one as x.")


def read_number(text: str, *, field: str) -> Any:
    """A number that a formula stands for: pi/2, infinity, -1/3.

    Raises:
        InvalidRequest: it holds a name, or has no value.
    """
    plain = text.strip().lower().replace("∞", "infinity")
    sign = -1 if plain.startswith("-") else 1
    if plain.lstrip("+-").strip() in ("infinity", "inf", "oo"):
        return sign * sympy.oo
    terms = read_terms(text, field=field)
    if terms.formula.names:
        raise InvalidRequest(
            f"{field} holds {', '.join(terms.names)}.", field=field, value=text, remedy="Give a number, as pi/2."
        )
    return terms.expression


def check_size(expression: Any, field: str, text: str) -> None:
    """Refuse what would grow beyond bounds when it is expanded.

    Raises:
        InvalidRequest: it would.
    """
    if (terms := count_terms(expression)) > MOST_TERMS:
        raise InvalidRequest(
            f"{field} expands to {'more than 10^9' if terms > 10**9 else terms} terms.",
            field=field,
            value=text if len(text) <= 80 else f"{text[:77]}…",  # noqa: PLR2004 - a line
            remedy=f"Give one that expands to at most {MOST_TERMS}.",
        )


def count_terms(expression: Any) -> int:
    """Terms that an expression expands to, at most."""
    if expression.is_Add:
        return sum(count_terms(one) for one in expression.args)
    if expression.is_Mul:
        return math.prod(count_terms(one) for one in expression.args)
    if expression.is_Pow:
        inner, exponent = count_terms(expression.base), expression.exp
        count_terms(exponent)
        if inner > 1 and exponent.is_Rational:
            whole = abs(int(exponent))
            return math.comb(whole + inner - 1, inner - 1) if whole * inner < 10**6 else 10**12
        return 1
    return max((count_terms(one) for one in expression.args), default=1)


@cache
def _fill_tables() -> None:
    """Make sympy's tables of integrals, which the first integral of a process would pay for with its own steps."""
    x = sympy.Symbol("x", positive=True)
    sympy.integrate(sympy.exp(-(x**2)), (x, 0, sympy.oo))


def bounded(field: str, *, integrates: bool = False) -> Callable[[Callable[[R], T]], Callable[[R], T]]:
    """Answer requests each as a new process would, within `MOST_STEPS`; `field` is the one that a refusal names.

    What sympy remembers, and its chance, would otherwise decide how many steps the next request takes.
    """

    def bound(answer: Callable[[R], T]) -> Callable[[R], T]:
        @wraps(answer)
        def bounded_answer(request: R) -> T:
            if integrates:
                _fill_tables()
            sympy.core.cache.clear_cache()
            sympy.core.random.seed(1)
            try:
                with within(MOST_STEPS):
                    return answer(request)
            except OutOfSteps:
                raise InvalidRequest(
                    f"It is not worked out within {MOST_STEPS // 10**6} million steps.",
                    field=field,
                    value=str(getattr(request, field))[:80],
                    remedy="Give a simpler expression, or parts of it one by one.",
                ) from None

        return bounded_answer

    return bound


def attempt(work: Callable[[], T], steps: int = STEPS) -> T | Failed:
    """What the work comes to, or why it came to nothing: sympy gives up in many ways."""
    try:
        with within(steps):
            return work()
    except NisError:
        raise
    except OutOfSteps:
        return Failed(f"nothing was found within {steps // 10**6} million steps")
    except RecursionError:
        return Failed("it nests too deep")
    except Exception as error:  # noqa: BLE001 - sympy's own faults are of any class, and none is the caller's to see
        log.info("sympy gave up: %s: %s", type(error).__name__, error)
        return Failed(f"the algebra gave up ({type(error).__name__})")


def attempt_numbers(work: Callable[[], T], steps: int = STEPS) -> T | Failed:
    """`attempt` for what evaluates formulas to many digits: by the evaluations, which takes half the time."""

    def counted() -> T:
        with charged():
            return work()

    return attempt(counted, steps)


def insist(work: Callable[[], T], what: str, *, field: str, value: str, steps: int = STEPS) -> T:
    """What the work comes to.

    Raises:
        InvalidRequest: nothing, within the steps.
    """
    found = attempt(work, steps)
    if isinstance(found, Failed):
        raise InvalidRequest(
            f"{what}: {found.reason}.",
            field=field,
            value=value if len(value) <= 80 else f"{value[:77]}…",  # noqa: PLR2004 - a line
            remedy="Give a simpler expression, or parts of it one by one.",
        )
    return found


def write(expression: Any, *, field: str = "expression") -> tuple[str, str]:
    """The expression as plain text and as LaTeX.

    Raises:
        InvalidRequest: it is too long to be of use.
    """
    parts = 0
    for parts, _ in enumerate(sympy.preorder_traversal(expression)):
        if parts > MOST_PARTS:
            raise InvalidRequest(
                f"The answer has more than {MOST_PARTS} parts.",
                field=field,
                remedy="Ask for less: a lower order or degree.",
            )
    return insist(
        lambda: (write_text(expression), write_latex(expression)), "The answer is too long", field=field, value=""
    )
