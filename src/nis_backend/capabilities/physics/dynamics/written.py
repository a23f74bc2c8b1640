"""Differential equations as people write them, read into a system of first order.

`x'' = -k*x/m - c*x'`, `dx/dt = v`, `m*x'' + c*x' + k*x = F*cos(w*t)`: the highest derivative of each state is isolated
where it stands by itself or linearly. Nothing of the text is run as Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import (
    FUNCTIONS,
    Binary,
    Call,
    Constant,
    Formula,
    Name,
    Node,
    Number,
    Sign,
    put,
    read_formula,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

HIGHEST = 4
"""Derivatives of one state."""
MOST_STATES = 24
"""Numbers of a state: of all equations, reduced to first order."""

_PRIMES = str.maketrans({"\u2032": "'", "″": "''", "‴": "'''", "\u2019": "'", "\u201d": "''", '"': "''"})
_RAISED = str.maketrans("²³⁴", "234")
_LEIBNIZ = re.compile(r"\bd(?:\^?([2-4²³⁴]))?\s*([^\W\d]\w*?)\s*/\s*dt(?:\^?([2-4²³⁴]))?(?!\w)")
_PRIMED = re.compile(r"([^\W\d]\w*)('+)")
_ALONE = re.compile(r"\s*([^\W\d]\w*)('{1,9})\s*$")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A system y' = f(t, y): the states' names and the formula of each one's rate."""

    states: list[str]
    rates: list[Node]
    texts: list[str]
    """The equation that each rate comes from."""


def read_system(lines: Sequence[str], parameters: Collection[str]) -> Written:
    """Read equations, one or several a line, into a system of first order.

    Raises:
        InvalidRequest: a line is no equation, a name is not known, or a state has no equation or two.
    """
    texts = [one.strip() for line in lines for one in re.split(r"[;\n]", _plain(line)) if one.strip()]
    orders = _orders(texts)
    _name(orders, parameters)
    states = [name + "'" * level for name, order in orders.items() for level in range(order)]
    if len(states) > MOST_STATES:
        raise _refused(f"come to {len(states)} states of first order", texts[-1], f"Give at most {MOST_STATES}.")
    found: dict[str, tuple[Node, str]] = {}
    for text in texts:
        name, rate = _isolated(_unargued(text, orders), orders, {*states, *parameters, "t"})
        if name in found:
            raise _refused(f"give {name} twice", text, f"Give one equation for each of {', '.join(orders)}.")
        found[name] = rate, text
    lacking = [name for name in orders if name not in found]
    if lacking:
        raise _refused(f"have none for {lacking[0]}", texts[0], f"Give an equation for {lacking[0]}.")
    rates: list[Node] = []
    whence: list[str] = []
    for name, order in orders.items():
        rates += [Name(name + "'" * level) for level in range(1, order)] + [found[name][0]]
        whence += [found[name][1]] * order
    return Written(states=states, rates=rates, texts=whence)


def read_state(key: str) -> str:
    """The name of a state in an initial value: `x`, `x'`, `x(0)`, `x'(0)`, `dx/dt`."""
    return re.sub(r"\(.*\)$", "", _plain(key)).strip()


def _plain(text: str) -> str:
    def primes(found: re.Match[str]) -> str:
        over, under = ((one or "1").translate(_RAISED) for one in (found[1], found[3]))
        return found[2] + "'" * int(over) if over == under else found[0]

    return _LEIBNIZ.sub(primes, text.translate(_PRIMES))


def _unargued(text: str, orders: Mapping[str, int]) -> str:
    """Without the (t) of x(t)."""
    known = "|".join(map(re.escape, orders))
    return re.sub(rf"(?<!\w)((?:{known})'*)\(\s*t\s*\)", r"\1", text)


def _orders(texts: Sequence[str]) -> dict[str, int]:
    """The highest derivative of each name that has one, in the order of the equations."""
    if not texts:
        raise _refused("are empty", "", "Give them as in x' = v; v' = -x.")
    orders: dict[str, int] = {}
    for text in texts:
        for name, primes in _PRIMED.findall(text):
            orders[name] = max(orders.get(name, 0), len(primes))
    for name, order in orders.items():
        if order > HIGHEST:
            raise _refused(f"have a derivative of order {order} of {name}", texts[0], f"Give at most order {HIGHEST}.")
    if not orders:
        raise _refused("have no derivative", texts[0], "Write the rate of a state with a prime, as in x' = -x.")
    return orders


def _name(orders: Mapping[str, int], parameters: Collection[str]) -> None:
    for name in orders:
        if name == "t" or name in FUNCTIONS or "__" in name:
            raise _refused(f"use {name} as a state, which means something else", name, "Give it another name.")
        if name in parameters:
            raise InvalidRequest(
                f"{name} is a state and a parameter.",
                field=f"parameters.{name}",
                remedy=f"Leave out the parameter {name}: what changes with time has an initial value instead.",
            )
    for name in parameters:
        if name == "t" or name in FUNCTIONS or not re.fullmatch(r"[^\W\d]\w*", name) or "__" in name:
            raise InvalidRequest(
                f"{name!r} is no name for a parameter.",
                field=f"parameters.{name}"[:60],
                value=name,
                remedy="Take letters, digits and underscores; t is the time, and functions keep their names.",
            )


def _isolated(text: str, orders: Mapping[str, int], known: set[str]) -> tuple[str, Node]:
    """The state whose highest derivative an equation gives, and the formula of it."""
    left, sign, right = text.replace("==", "=").partition("=")
    if not sign or "=" in right:
        raise _refused("need one = each", text, "Write each as in x' = -k*x.")
    highest = {name + "'" * order: name for name, order in orders.items()}
    alone = _ALONE.match(left)
    if alone and left.strip() in highest:
        rate = read_formula(right, known, field="equations").tree
        return highest[left.strip()], rate
    sides = [read_formula(side, known | set(highest), field="equations").tree for side in (left, right)]
    miss = Binary("-", *sides)
    inside = {one.name for one in walk(miss) if isinstance(one, Name)} & set(highest)
    if len(inside) != 1:
        lacking = "no highest derivative" if not inside else f"{' and '.join(sorted(inside))} together"
        raise _refused(f"have {lacking} in one", text, "Write each as in x'' = -x, its highest derivative alone.")
    wanted = inside.pop()
    if _degree(miss, wanted) != 1:
        raise _refused(f"are not linear in {wanted}", text, f"Write it as {wanted} = …")
    # Of a·w + b = 0, a is what one more w adds.
    nothing, one = (put(miss, {wanted: Number(many)}) for many in (0, 1))
    return highest[wanted], Binary("/", nothing, Binary("-", nothing, one))


def _degree(node: Node, name: str) -> int:
    """The power of a name in a polynomial of it; 9 where it stands elsewhere."""
    match node:
        case Number() | Constant():
            return 0
        case Name(one):
            return int(one == name)
        case Sign(of):
            return _degree(of, name)
        case Binary(operator, left, right):
            a, b = _degree(left, name), _degree(right, name)
            return {"+": max(a, b), "-": max(a, b), "*": a + b, "/": a + 9 * b, "^": 9 * (a + b)}[operator]
        case Call(_, arguments):
            return 9 * max(_degree(one, name) for one in arguments)
        case _:
            assert_never(node)


def _refused(what: str, text: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(f"The equations {what}.", field="equations", value=text[:80], remedy=remedy)


def forcings(trees: Sequence[Node], values: Mapping[str, float]) -> list[tuple[Formula, tuple[int, ...]]]:
    """The parts that depend on the time alone and may have narrow peaks, each once; values stand for parameters.

    With each, the trees that it is added to; none where it stands otherwise in one.
    """
    found: dict[Node, set[int]] = {}
    other = set[Node]()
    numbers = {name: Number(value) for name, value in values.items()}
    for number, tree in enumerate(trees):
        for part, added in _timed(tree, {"t", *values}, added=True):
            whole = put(part, numbers)
            found.setdefault(whole, set()).add(number)
            other |= set() if added else {whole}
    return [
        (Formula(text="", tree=one, field="equations"), () if one in other else (*sorted(found[one]),))
        for one in sorted(found, key=repr)
    ]


def _timed(node: Node, known: Collection[str], *, added: bool) -> Iterator[tuple[Node, bool]]:
    names = _names(node)
    if "t" not in names:
        return
    if names <= {*known}:
        if any(_steep(one) for one in walk(node)):
            yield node, added
        return
    match node:
        case Sign(of):
            yield from _timed(of, known, added=added)
        case Binary(operator, left, right):
            for one in (left, right):
                yield from _timed(one, known, added=added and operator in ("+", "-"))
        case Call(_, arguments):
            for one in arguments:
                yield from _timed(one, known, added=False)
        case Number() | Constant() | Name():
            pass
        case _:
            assert_never(node)


def _steep(node: Node) -> bool:
    """Whether more than sums, products, powers and waves: those show themselves wherever they are looked at."""
    match node:
        case Call(function, _):
            return function not in ("sin", "cos") and "t" in _names(node)
        case Binary("/", _, right):
            return "t" in _names(right)
        case Binary("^", _, Number(value)) if value > 0:
            return False
        case Binary("^"):
            return "t" in _names(node)
        case _:
            return False


def _names(node: Node) -> set[str]:
    return {one.name for one in walk(node) if isinstance(one, Name)}
