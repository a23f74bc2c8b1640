"""Netlists as people write them: elements, values with SI prefixes, sources over time, and what cannot be a circuit."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PREFIXES = {
    **dict.fromkeys(("meg", "Meg", "MEG", "M"), 1e6),
    **dict.fromkeys(("u", "\u00b5", "\u03bc"), 1e-6),
    **dict.fromkeys(("k", "K"), 1e3),
    **dict(zip(("f", "p", "n", "m", "", "G", "T"), (1e-15, 1e-12, 1e-9, 1e-3, 1.0, 1e9, 1e12), strict=True)),
}
MOST_ELEMENTS = 40
MOST_EDGES = 2000
"""Edges of pulses within the time followed."""
LEAST = 1e-30
"""Of a value, in its unit; the largest is one over it: products of four stay within a double."""
GROUND = "0"
WITHIN = 1 + 1e-13
"""How far behind an edge a time still is before it: steps that end there are off by rounding."""

_VALUE = re.compile(
    r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(meg|Meg|MEG|[fpnuµμmkKMGT]?)(?:[ΩΩVAFHs]|Hz|ohms?|Ohms?)?"
)
_SHAPE = re.compile(r"(sin|sine|step|pulse)\s*\(?([^()]*)\)?")

Kind = Literal["R", "C", "L", "V", "I"]
_KINDS: tuple[Kind, ...] = ("R", "C", "L", "V", "I")
_VALUED: tuple[Kind, ...] = ("R", "C", "L")
"""Kinds that have a value; the others are sources."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a source gives over time; of an edge's own time, what it gave before."""

    shape: Literal["constant", "sine", "step", "pulse"]
    numbers: tuple[float, ...]

    def at(self, t: float) -> float:
        """Its value at a time."""
        match self.shape:
            case "constant":
                return self.numbers[0]
            case "sine":
                offset, amplitude, frequency, phase = self.numbers
                return offset + amplitude * math.sin(2 * math.pi * frequency * t + math.radians(phase))
            case "step":
                level, delay = self.numbers
                return level if t > delay * WITHIN else 0.0
            case "pulse":
                return self._pulse(t)

    def _pulse(self, t: float) -> float:
        low, high, delay, rise, fall, width, period = self.numbers
        if t <= delay * WITHIN:
            return low
        whole = math.floor((t - delay) / period)
        # The end of a period belongs to it, not to the next.
        if t <= (delay + whole * period) * WITHIN:
            whole -= 1
        since, edge = t - delay - whole * period, t * (WITHIN - 1)
        if since < rise:
            return low + (high - low) * since / rise
        if since <= rise + width + edge:
            return high
        if since < rise + width + fall:
            return high - (high - low) * (since - rise - width) / fall
        return low

    def edges(self, end: float) -> list[float]:
        """Times up to the end at which it jumps or bends."""
        if self.shape == "step":
            return [self.numbers[1]]
        if self.shape != "pulse":
            return []
        _, _, delay, rise, fall, width, period = self.numbers
        many = max(0, math.ceil((end - delay) / period)) if period < math.inf else 1
        if 4 * many > MOST_EDGES:
            raise InvalidRequest(
                f"A pulse every {period:g} s has {4 * many} edges in {end:g} s.",
                field="duration",
                value=end,
                remedy=f"Give a duration below {MOST_EDGES / 4 * period:.3g} s, or a longer period.",
            )
        corners = (0.0, rise, rise + width, rise + width + fall)
        return sorted({delay + k * period + corner for k in range(many) for corner in corners})

    @property
    def largest(self) -> float:
        """A bound of what it gives."""
        match self.shape:
            case "constant" | "step":
                return abs(self.numbers[0])
            case "sine":
                return abs(self.numbers[0]) + abs(self.numbers[1])
            case "pulse":
                return max(abs(self.numbers[0]), abs(self.numbers[1]))

    @property
    def direct(self) -> float:
        """What it gives of direct current."""
        return self.numbers[0] if self.shape in ("constant", "sine", "pulse") else 0.0


@dataclass(frozen=True, kw_only=True)
class Element:
    """A part of a circuit between two nodes."""

    name: str
    kind: Kind
    a: str
    b: str
    value: float = 0.0
    source: Source | None = None
    initial: float = 0.0
    """Voltage of a capacitor or current of a coil at the start."""
    line: int = 0


def read_netlist(lines: Sequence[str]) -> list[Element]:
    """Read a netlist and refuse what is no circuit.

    Raises:
        InvalidRequest: a line cannot be read, a node is cut off, sources contradict each other.
    """
    elements = [
        _read(line, number) for number, line in enumerate(lines) if line.strip() and line.strip()[0] not in "*."
    ]
    if len(elements) > MOST_ELEMENTS:
        what = f"The netlist has {len(elements)} elements"
        raise _refused(what, lines[-1], len(lines) - 1, f"Give at most {MOST_ELEMENTS}.")
    if not elements:
        raise _refused("The netlist has no element", lines[0] if lines else "", 0, "Write a line for each.")
    seen: set[str] = set()
    for one in elements:
        if one.name in seen:
            raise _refused(f"{one.name} is there twice", lines[one.line], one.line, "Give each element its own name.")
        seen.add(one.name)
    _connected(elements, lines)
    _determined(elements, lines)
    return elements


def read_value(text: str) -> float | None:
    """A number with an SI prefix: 4.7k, 100n, 2meg, 1e-6; None where it is none."""
    found = _VALUE.fullmatch(text)
    return float(found[1]) * PREFIXES[found[2]] if found else None


def _read(line: str, number: int) -> Element:
    words = line.strip().split(None, 3)
    example = "Write it as R1 a b 1k, C1 b 0 1u, L1 a b 10m, V1 a 0 5 or I1 a 0 sin(0 1m 50)."
    kind = _kind(line)
    if kind is None or len(words) < 4:  # noqa: PLR2004 - a name, two nodes, a value
        raise _refused("The line is no element", line, number, example)
    name, a, b, rest = words
    a, b = (GROUND if one.lower() in ("gnd", "ground") else one for one in (a, b))
    if not all(re.fullmatch(r"\w{1,20}", one) for one in (name, a, b)):
        raise _refused("A name or a node has other signs than letters and digits", line, number, example)
    if a == b:
        raise _refused(f"{name} has both ends at node {a}", line, number, "Give it two nodes.")
    if kind not in _VALUED:
        return Element(name=name, kind=kind, a=a, b=b, source=_source(rest, line, number), line=number)
    value_text, _, initial_text = rest.partition("ic=")
    value, initial = read_value(value_text.strip()), read_value(initial_text.strip()) if initial_text else 0.0
    if value is None or initial is None:
        raise _refused(f"{rest!r} is no value", line, number, "Write 1k, 4.7u, 10m, 2meg or 1e-6.")
    if not LEAST <= value <= 1 / LEAST:
        remedy = f"Give a value above 0, from {LEAST:g} to {1 / LEAST:g}."
        raise _refused(f"{name} has the value {value:g}", line, number, remedy)
    return Element(name=name, kind=kind, a=a, b=b, value=value, initial=initial, line=number)


def _kind(line: str) -> Kind | None:
    for one in _KINDS:
        if line.strip()[:1].upper() == one:
            return one
    return None


def _source(text: str, line: str, number: int) -> Source:
    plain = re.sub(r"^(dc|DC)\s+", "", text.strip())
    shaped = _SHAPE.fullmatch(plain.replace(",", " ").strip()) or _SHAPE.fullmatch(plain.lower().replace(",", " "))
    words = shaped[2].split() if shaped else [plain]
    numbers = [read_value(one) for one in words]
    remedy = (
        "Write 5, sin(offset amplitude frequency), step(level delay) or pulse(low high delay rise fall width period)."
    )
    values = [one for one in numbers if one is not None and math.isfinite(one)]
    if len(values) != len(numbers) or not values or max(map(abs, values)) > 1 / LEAST:
        raise _refused(f"{text!r} is no source", line, number, remedy)
    if shaped is None:
        return Source(shape="constant", numbers=(values[0],))
    match shaped[1]:
        case "sin" | "sine" if 3 <= len(values) <= 4 and values[2] > 0:  # noqa: PLR2004 - the phase may be left out
            return Source(shape="sine", numbers=(*values[:3], values[3] if values[3:] else 0.0))
        case "step" if 1 <= len(values) <= 2 and min(values[1:], default=0) >= 0:  # noqa: PLR2004 - as may the delay
            return Source(shape="step", numbers=(values[0], values[1] if values[1:] else 0.0))
        case "pulse" if len(values) == 7 and min(values[2:]) >= 0 and sum(values[3:6]) <= values[6]:  # noqa: PLR2004 - named
            return Source(shape="pulse", numbers=tuple(values))
        case _:
            raise _refused(f"{text!r} is no source", line, number, remedy)


def join(edges: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    """Which group of connected nodes each node is in, by one node of it."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in edges:
        parent[root(a)] = root(b)
    return root


def _connected(elements: Sequence[Element], lines: Sequence[str]) -> None:
    nodes = {node for one in elements for node in (one.a, one.b)}
    if GROUND not in nodes:
        raise InvalidRequest(
            "No element is at the ground, node 0.", field="netlist", value=lines[0], remedy="Call one node 0 or gnd."
        )
    root = join((one.a, one.b) for one in elements)
    floating = sorted(node for node in nodes if root(node) != root(GROUND))
    if floating:
        raise InvalidRequest(
            f"Node {floating[0]} floats: nothing connects it to the ground.",
            field="netlist",
            value=floating[0],
            remedy="Connect it to the rest, if only by a large resistor.",
        )


def _determined(elements: Sequence[Element], lines: Sequence[str]) -> None:
    """Refuse loops of voltages and cuts of currents: what they would drive is infinite, or anything."""
    for one in elements:
        others = [other for other in elements if other is not one]
        if one.kind == "V":
            voltages = join((other.a, other.b) for other in others if other.kind == "V")
            if voltages(one.a) == voltages(one.b):
                remedy = "Put a resistor between them."
                raise _refused(f"{one.name} is in a loop of voltage sources", lines[one.line], one.line, remedy)
            held = join((other.a, other.b) for other in others if other.kind in ("V", "C"))
            if held(one.a) == held(one.b):
                what = f"{one.name} is in a loop with capacitors alone: a change would drive an infinite current"
                raise _refused(what, lines[one.line], one.line, "Put a resistor, however small, in the loop.")
        if one.kind in ("I", "L"):
            free = join((other.a, other.b) for other in others if other.kind in ("R", "C", "V"))
            if free(one.a) != free(one.b):
                what = f"The current of {one.name} has no other way than through coils and current sources"
                remedy = "Put a resistor, however large, beside it; coils in series are one coil."
                raise _refused(what, lines[one.line], one.line, remedy)


def _refused(what: str, line: str, number: int, remedy: str) -> InvalidRequest:
    return InvalidRequest(f"{what}.", field=f"netlist.{number}", value=line[:80], remedy=remedy)
