"""Formulas that people write, read into a tree of known nodes: nothing of the text is ever run as Python.

Reads `2x^2 sin(x)`, `-k*(x - x0)`, `exp(-t/τ)`, `x²`, `√x`, `π`, `1.5e-3`; `^` and `**` are powers, and what stands
side by side is multiplied. Bounded: the length of the text, the depth of the tree, the size of powers of constants.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, assert_never

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

LONGEST = 2000
"""Characters of a formula."""
DEEPEST = 64
"""Nested parentheses, calls and powers of one."""
LEVELS = 90
"""Levels of the tree, which grows by one with each term of a sum; Python reads 200 nested parentheses."""
LARGEST = 300
"""Power of ten beyond which a constant of a formula is refused: 9^9^9 has 370 million digits."""

FUNCTIONS = {
    **dict.fromkeys(("sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("asinh", "acosh", "atanh", "exp", "log", "log10", "log2", "sqrt", "cbrt", "abs", "sign"), 1),
    **dict.fromkeys(("floor", "ceil", "erf", "erfc", "gamma", "heaviside", "factorial"), 1),
    "atan2": 2,
    "min": 2,
    "max": 2,
}
"""The functions a formula may call, and how many arguments each takes; `log` is the natural logarithm."""
ALIASES = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "cosec": "csc"}
GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "nu", "rho", "sigma", "tau", "phi"),
    *("omega", "kappa", "xi", "eta", "chi", "psi"),
)
"""Letters that are names, though they are written as words."""
CONSTANTS = {"pi": math.pi, "e": math.e}
"""Names that stand for a number, unless the caller gives them another meaning."""


@dataclass(frozen=True)
class Number:
    """A constant; whole numbers stay whole."""

    value: int | float
    written: str = field(default="", compare=False)
    """Its digits where a double may not hold all of them."""


@dataclass(frozen=True)
class Constant:
    """One of `CONSTANTS`."""

    name: str


@dataclass(frozen=True)
class Name:
    """A variable or a parameter."""

    name: str


@dataclass(frozen=True)
class Sign:
    """Minus one thing."""

    of: Node


@dataclass(frozen=True)
class Binary:
    """Two things and what joins them."""

    operator: Literal["+", "-", "*", "/", "^"]
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    """A function of `FUNCTIONS`."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Constant | Name | Sign | Binary | Call


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A formula that was read."""

    text: str
    tree: Node
    field: str
    """The field of the request it came from, for what is told of it."""

    @property
    def names(self) -> frozenset[str]:
        """The variables in it."""
        return frozenset(one.name for one in walk(self.tree) if isinstance(one, Name))

    def compile(self, *names: str, arrays: bool = True) -> Callable[..., Any]:
        """A function of these names, in this order; of numpy arrays, which broadcast, or of floats alone.

        Written anew from the tree, whose nodes are all known: no word of the text reaches Python.
        """
        from nis_backend.numerics.compiled import compile_tree  # noqa: PLC0415 - numpy loads in workers only

        return compile_tree(self.tree, names, arrays=arrays)

    def sympy(self, **symbols: Any) -> Any:  # Any: sympy has no types
        """The formula as sympy has it, each name a real symbol unless another is given."""
        from nis_backend.numerics.symbolic import to_sympy  # noqa: PLC0415 - sympy loads in workers only

        return to_sympy(self.tree, symbols)


@dataclass(frozen=True, kw_only=True)
class Equation:
    """Two formulas that are to be equal."""

    text: str
    left: Formula
    right: Formula


def walk(node: Node) -> Iterator[Node]:
    """A tree's nodes, the root first."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        match one:
            case Number() | Constant() | Name():
                pass
            case Sign(of):
                waiting.append(of)
            case Binary(_, left, right):
                waiting += [right, left]
            case Call(_, arguments):
                waiting += reversed(arguments)
            case _:
                assert_never(one)


def read_formula(
    text: str, names: Collection[str] | None = None, *, field: str = "expression", largest: int = LARGEST
) -> Formula:
    """Read a formula in which these names may stand; None allows any.

    `largest` is the power of ten that its constants may reach; beyond `LARGEST` they do not fit a double.

    Raises:
        InvalidRequest: it is no formula, names what is not known, or grows beyond bounds; the place is told.
    """
    formula = Formula(text=text, tree=_Reader(text, names, field).whole(), field=field)
    bound(formula, largest)
    return formula


def give(formula: Formula, values: Mapping[str, Node], largest: int = LARGEST) -> Formula:
    """The formula with these in the place of its names.

    Raises:
        InvalidRequest: with them it grows beyond bounds.
    """
    given = replace(formula, tree=put(formula.tree, values))
    bound(given, largest)
    return given


def put(node: Node, values: Mapping[str, Node]) -> Node:
    """The tree with these in the place of its names; what that comes to is not bounded."""
    match node:
        case Number() | Constant():
            return node
        case Name(name):
            return values.get(name, node)
        case Sign(of):
            return Sign(put(of, values))
        case Binary(operator, left, right):
            return Binary(operator, put(left, values), put(right, values))
        case Call(function, arguments):
            return Call(function, tuple(put(one, values) for one in arguments))
        case _:
            assert_never(node)


def read_equation(text: str, names: Collection[str] | None = None, *, field: str = "equation") -> Equation:
    """Read `left = right`; without the sign, the right side is 0.

    Raises:
        InvalidRequest: either side is no formula, or there are two signs.
    """
    left, sign, right = text.replace("==", "=").partition("=")
    if "=" in right:
        raise _refused("has more than one =", text, field, "Give one equation at a time.")
    return Equation(
        text=text,
        left=read_formula(left, names, field=field),
        right=read_formula(right, names, field=field) if sign else Formula(text="0", tree=Number(0), field=field),
    )


def _refused(what: str, text: str, field: str, remedy: str) -> InvalidRequest:
    shown = text if len(text) <= 80 else f"{text[:77]}…"  # noqa: PLR2004 - a line
    return InvalidRequest(f"{field} {what}.", field=field, value=shown, remedy=remedy)


_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([^\W\d]\w*'*)|(\*\*|[-+*/^(),|]))")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2014", "-"),
        **dict.fromkeys("·×⋅\u2217", "*"),
        **dict.fromkeys("÷\u2215", "/"),
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
    }
)
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LOWERED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")


class _Reader:
    """Precedence climbing over the tokens of one formula."""

    def __init__(self, text: str, names: Collection[str] | None, field: str) -> None:
        self._text, self._names, self._field = text, names, field
        if len(text) > LONGEST:
            raise _refused(f"has {len(text)} characters", text, field, f"Give at most {LONGEST}.")
        self._tokens = list(self._cut())
        self._at = self._depth = 0

    def _cut(self) -> Iterator[str]:
        text = _RAISED.sub(lambda power: f"^({power[0].translate(_LOWERED)})", self._text)
        text = text.translate(_PLAIN).replace("√", " sqrt ").replace("π", " pi ")
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._wrong(f"cannot be read at {text[at:].strip()[:12]!r}")
            at = found.end()
            yield found[0].strip()

    def _wrong(self, what: str, remedy: str = "") -> InvalidRequest:
        return _refused(what, self._text, self._field, remedy or "Write it as in 2*x^2 - sin(x)/3.")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> bool:
        if self._peek() not in wanted or not self._peek():
            return False
        self._at += 1
        return True

    def whole(self) -> Node:
        if not self._tokens:
            raise self._wrong("is empty")
        tree = self._sum()
        if self._peek():
            raise self._wrong(f"goes on with {self._peek()!r} where it should end")
        return tree

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"is nested more than {DEEPEST} deep", "Split it into simpler formulas.")
        tree = self._product()
        while (operator := self._peek()) in ("+", "-"):
            self._at += 1
            tree = Binary("+" if operator == "+" else "-", tree, self._product())
        self._depth -= 1
        return tree

    def _product(self) -> Node:
        tree = self._signed()
        while True:
            if self._take("*"):
                tree = Binary("*", tree, self._signed())
            elif self._take("/"):
                tree = Binary("/", tree, self._signed())
            elif self._starts():
                tree = Binary("*", tree, self._power())
            else:
                return tree

    def _starts(self) -> bool:
        """Whether what follows is a factor without a sign of multiplication before it."""
        word = self._peek()
        return bool(word) and (word == "(" or word[0].isalnum() or word[0] in "._")

    def _signed(self) -> Node:
        if self._take("-"):
            return Sign(self._deeper(self._signed))
        if self._take("+"):
            return self._deeper(self._signed)
        return self._power()

    def _power(self) -> Node:
        base = self._atom()
        if self._take("^", "**"):
            # To the right, and -x^2 is -(x^2), but 2^-3 is a power.
            return Binary("^", base, self._deeper(self._exponent))
        return base

    def _exponent(self) -> Node:
        if self._take("-"):
            return Sign(self._deeper(self._exponent))
        self._take("+")
        return self._power()

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"is nested more than {DEEPEST} deep", "Split it into simpler formulas.")
        node = read()
        self._depth -= 1
        return node

    def _atom(self) -> Node:
        word = self._peek()
        self._at += 1
        if word == "(":
            return self._closed(")")
        if word == "|":
            return Call("abs", (self._closed("|"),))
        if word and (word[0].isdigit() or word[0] == "."):
            number = _number(word)
            if number.value == 0 and number.written.lower().partition("e")[0].strip("0."):
                raise self._wrong(f"has {word!r}, which is too close to 0", "Give numbers that are less extreme.")
            return number
        if word and (word[0].isalpha() or word[0] == "_"):
            return self._named(word)
        raise self._wrong(f"has {word!r} where a number or a name belongs" if word else "ends too early")

    def _closed(self, end: str) -> Node:
        tree = self._sum()
        if not self._take(end):
            raise self._wrong(f"lacks a closing {end}")
        return tree

    def _named(self, word: str) -> Node:
        function = ALIASES.get(word, word)
        if self._names is not None and word in self._names:
            return Name(word)
        if function in FUNCTIONS:
            return self._called(function)
        if word in CONSTANTS:
            return Constant(word)
        if self._names is None and "__" not in word:
            return Name(word)
        # xy is x·y where both are known and xy is not.
        if self._names is not None and all(one in self._names for one in word):
            tree: Node = Name(word[0])
            for one in word[1:]:
                tree = Binary("*", tree, Name(one))
            return tree
        known = ", ".join(sorted(self._names or ())) or "numbers alone"
        raise self._wrong(f"names {word!r}, which is not known", f"Known here: {known}; and the usual functions.")

    def _called(self, function: str) -> Node:
        wanted = FUNCTIONS[function]
        if not self._take("("):
            if wanted != 1 or not (self._starts() or self._peek() == "-"):
                raise self._wrong(f"calls {function} without an argument", f"Write {function}(x).")
            # sin x, sin 2x: the factors that follow.
            argument = self._deeper(self._signed)
            while self._starts() and self._peek() not in FUNCTIONS and self._peek() not in ALIASES:
                argument = Binary("*", argument, self._power())
            return Call(function, (argument,))
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        if not self._take(")"):
            raise self._wrong("lacks a closing )")
        if len(arguments) != wanted:
            raise self._wrong(f"gives {function} {len(arguments)} arguments; it takes {wanted}")
        return Call(function, tuple(arguments))


def _number(token: str) -> Number:
    return Number(int(token)) if token.isdecimal() else Number(float(token), token)


def bound(formula: Formula, largest: int = LARGEST) -> None:
    """Refuse what is too deep, and constants that are too large.

    Raises:
        InvalidRequest: it joins more than `LEVELS` things, or a constant is beyond 10^`largest`.
    """
    from nis_backend.numerics.bounds import refuse_large  # noqa: PLC0415 - it stands on this module's nodes

    if (depth := _depth(formula.tree)) > LEVELS:
        what = f"joins {depth} things in one row"
        raise _refused(what, formula.text, formula.field, f"Put parentheses around groups of {LEVELS}.")
    if wrong := refuse_large(formula.tree, largest):
        raise _refused(wrong, formula.text, formula.field, "Give numbers that are less extreme.")


def _depth(tree: Node) -> int:
    """Levels of a tree: 1 + 1 + 1 has three."""
    most, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        most = max(most, level)
        match node:
            case Number() | Constant() | Name():
                pass
            case Sign(of):
                waiting.append((of, level + 1))
            case Binary(_, left, right):
                waiting += [(left, level + 1), (right, level + 1)]
            case Call(_, arguments):
                waiting += [(one, level + 1) for one in arguments]
            case _:
                assert_never(node)
    return most
