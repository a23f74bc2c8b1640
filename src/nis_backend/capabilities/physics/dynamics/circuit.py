"""Linear circuits by modified nodal analysis: voltages of nodes, currents of coils and voltage sources.

C·x' + G·x = b(t), where C is singular: Radau IIA takes it as it is. One more state adds up the power, so that energy
can be balanced. Source: Ho, Ruehli & Brennan, IEEE Trans. Circuits Syst. 22 (1975), 504-509.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.dynamics.electric import CircuitCourse, CircuitRequest, Mode, Waveforms
from nis_backend.capabilities.physics.dynamics.march import Problem, evenly, march, receipt_of
from nis_backend.capabilities.physics.dynamics.netlist import GROUND, Element, read_netlist
from nis_backend.capabilities.physics.dynamics.radau import Radau
from nis_backend.numerics.receipt import Conserved
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.dynamics.march import Marched
    from nis_backend.capabilities.physics.dynamics.schemes import State
    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]
    Complex = NDArray[np.complex128]


SLIGHT = 1e-6
"""Part of what sources make that is taken for nothing where steps are laid."""


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """A circuit as C·x' + G·x = b(t)."""

    elements: list[Element]
    nodes: list[str]
    branches: list[Element]
    """Coils and voltage sources, whose currents are unknowns."""
    storing: Array
    conducting: Array
    energies: Array
    """Stored energy is x·energies·x/2."""
    losses: Array
    """Lost power is x·losses·x."""
    modes: int
    """How many states it has of its own."""

    @property
    def size(self) -> int:
        """Unknowns."""
        return len(self.conducting)

    def drives(self, t: float) -> Array:
        """The sources, b(t)."""
        return self.driven(lambda one: one.source.at(t) if one.source else 0.0)

    def driven(self, value: Callable[[Element], float]) -> Array:
        """The right side for these values of the sources."""
        b = np.zeros(self.size)
        for one in self.elements:
            if one.kind == "I":
                self.spread(b, one, -value(one))
        for place, one in enumerate(self.branches):
            if one.kind == "V":
                b[len(self.nodes) + place] = value(one)
        return b

    def spread(self, vector: Array, one: Element, value: float) -> None:
        """Add a value at an element's first node and take it away at the second."""
        for node, sign in ((one.a, 1.0), (one.b, -1.0)):
            if node != GROUND:
                vector[self.nodes.index(node)] += sign * value

    def across(self, one: Element) -> Array:
        """The row that gives an element's voltage."""
        row = np.zeros(self.size)
        self.spread(row, one, 1.0)
        return row


def assemble(elements: list[Element]) -> Matrices:
    """The matrices of a netlist."""
    nodes = list(dict.fromkeys(node for one in elements for node in (one.a, one.b) if node != GROUND))
    branches = [one for one in elements if one.kind in ("L", "V")]
    size = len(nodes) + len(branches)
    storing, conducting, energies, losses = (np.zeros((size, size)) for _ in range(4))
    capacitors = [one for one in elements if one.kind == "C"]
    bare = Matrices(
        elements=elements,
        nodes=nodes,
        branches=branches,
        storing=storing,
        conducting=conducting,
        energies=energies,
        losses=losses,
        modes=0,
    )
    for one in elements:
        row = bare.across(one)
        if one.kind == "R":
            losses += np.outer(row, row) / one.value
        if one.kind == "C":
            storing += one.value * np.outer(row, row)
    conducting += losses
    energies += storing
    for place, one in enumerate(branches, start=len(nodes)):
        row = bare.across(one)
        conducting[:, place] += row
        conducting[place] += row
        if one.kind == "L":
            storing[place, place] = -one.value
            energies[place, place] = one.value
    rows = [bare.across(one) for one in capacitors]
    rank = int(np.linalg.matrix_rank(np.array(rows))) if rows else 0
    return replace(bare, modes=rank + sum(one.kind == "L" for one in branches))


def poles(circuit: Matrices) -> tuple[Complex, Complex]:
    """The natural frequencies s of (s·C + G)x = 0, 1/s, the slowest first, and their vectors as columns."""
    if not circuit.modes:
        return np.zeros(0, complex), np.zeros((circuit.size, 0), complex)
    # Shifted by a rate of its own size, so that neither a rate of zero nor an infinite one disturbs.
    shift = _rate(circuit)
    values, vectors = np.linalg.eig(np.linalg.solve(shift * circuit.storing + circuit.conducting, circuit.storing))
    largest = np.argsort(-np.abs(values))[: circuit.modes]
    s: Complex = np.asarray(shift - 1 / values[largest], dtype=np.complex128)
    s[np.abs(s) < 1e-10 * shift] = 0
    # A swing that nothing damps decays by rounding alone.
    s.real[np.abs(s.real) < 1e-12 * np.abs(s)] = 0
    order = np.lexsort((s.imag, np.abs(s.real), np.abs(s)))
    return s[order], vectors[:, largest].astype(complex)[:, order]


def _rate(circuit: Matrices) -> float:
    """The middle, on a logarithmic scale, of the rates that pairs of elements make."""
    resistors = [one.value for one in circuit.elements if one.kind == "R"]
    c = [one.value for one in circuit.elements if one.kind == "C"]
    coils = [one.value for one in circuit.elements if one.kind == "L"]
    logs = [-math.log(r * one) for r in resistors for one in c]
    logs += [math.log(r / one) for r in resistors for one in coils]
    logs += [-math.log(a * b) / 2 for a in c for b in coils]
    return math.exp(sum(logs) / len(logs)) if logs else 1.0


def simulate(request: CircuitRequest, tell: Callable[[float, str], None] = silent) -> CircuitCourse:
    """The course of the circuit that was asked for; `tell` hears how far it is."""
    lines = request.lines()
    circuit = assemble(read_netlist(lines))
    s, vectors = poles(circuit)
    duration = request.duration or _settling(circuit, s)
    point = _operating(circuit)
    start = point if request.start == "operating point" and point is not None else _begun(circuit)
    problem = _problem(request, circuit, start, duration)
    marched = march(problem, tell)
    times, states = marched.at_outputs()
    x = np.array(states)[:, : circuit.size]
    two = len(s) == 2  # noqa: PLR2004 - a swing
    natural = math.sqrt(abs(s[0] * s[1])) if two else 0.0
    damping = float(-(s[0] + s[1]).real / (2 * natural)) if natural else None
    currents = _currents(circuit, x)
    decays = [-one.real for one in s if one.real < 0]
    return CircuitCourse(
        final_voltages={node: float(x[-1, i]) + 0.0 for i, node in enumerate(circuit.nodes)},
        final_currents={name: values[-1] for name, values in currents.items()},
        operating_point=None if point is None else {n: float(point[i]) + 0.0 for i, n in enumerate(circuit.nodes)},
        modes=[Mode(decay=-float(one.real), frequency=abs(float(one.imag)) / (2 * math.pi)) for one in s],
        natural_frequency=natural / (2 * math.pi) if two else None,
        damping_ratio=damping,
        quality=1 / (2 * damping) if damping and damping > 1e-12 else None,  # noqa: PLR2004 - rounding of none
        time_constant=1 / min(decays) if decays else None,
        duration=duration,
        netlist=lines,
        trajectory=Waveforms(
            time=times,
            voltages={node: x[:, i].tolist() for i, node in enumerate(circuit.nodes)},
            currents=currents,
        ),
        receipt=receipt_of(
            marched,
            problem,
            error_of="any voltage or current at any time, relative to its largest size",
            checks=_by_modes(circuit, s, vectors, marched, start, duration),
            conserved=[_balance(circuit, marched)],
        ).model_copy(
            update={
                "residual": _kirchhoff(circuit, times, x),
                "residual_of": "the laws of Kirchhoff and Ohm, in V and A, where nothing is stored",
            }
        ),
    )


def _problem(request: CircuitRequest, circuit: Matrices, start: Array, duration: float) -> Problem:
    size = circuit.size
    mass = np.zeros((size + 1, size + 1))
    mass[:size, :size], mass[size, size] = circuit.storing, 1.0
    slope = np.zeros((size + 1, size + 1))
    slope[:size, :size] = -circuit.conducting
    signs = np.ones(size)
    signs[len(circuit.nodes) :] = -1.0
    given = circuit.drives(1e-300)
    driving = [one for one in circuit.elements if one.source]
    patterns = np.array([circuit.driven(lambda other, own=one: float(other is own)) for one in driving])
    constant = all(one.source is None or one.source.shape == "constant" for one in circuit.elements)

    def together(times: Array, y: Array) -> Array:
        x = y[:, :size]
        levels = [[one.source.at(t) for one in driving if one.source] for t in times.tolist()]
        b = np.broadcast_to(given, x.shape) if constant else np.array(levels) @ patterns
        out = np.empty_like(y)
        out[:, :size] = b - x @ circuit.conducting.T
        # What the sources give, less what the resistors take: a voltage source's current is that through it from plus.
        gained = np.einsum("ti,ti->t", b * signs, x)
        out[:, size] = 0.0 if not circuit.modes else gained - np.einsum("ti,ij,tj->t", x, circuit.losses, x)
        return out

    def rate(t: float, y: State) -> State:
        return tuple(together(np.array([t]), np.array([y]))[0].tolist())

    stored, driven = _consistent(circuit)

    def consistent(t: float, y: State) -> State:
        b = given if constant else circuit.drives(t)
        x = stored @ (circuit.storing @ np.array(y[:size])) + driven @ b
        return (*x.tolist(), y[size])

    def jacobian(_t: float, _y: State) -> Array:
        # The energy follows from the rest: without it in the matrix, the matrix stays, and one more round finds it.
        return slope

    edges = sorted({t for one in circuit.elements if one.source for t in one.source.edges(duration)})
    return Problem(
        scheme=Radau(rate, jacobian, mass, together, consistent),
        start=(*start.tolist(), 0.0),
        outputs=evenly(0, duration, request.points),
        tolerance=request.tolerance,
        max_steps=max(256, min(request.max_steps, 400_000 // (size + 1))),
        names=[
            *(f"the voltage of {n}" for n in circuit.nodes),
            *(f"the current of {one.name}" for one in circuit.branches),
            "energy",
        ],
        jumps=tuple(edges),
        least=_least(circuit, duration),
    )


def _levels(circuit: Matrices) -> tuple[float, float]:
    """The voltage and the current that sources and charges make."""
    volts = [one.source.largest for one in circuit.elements if one.kind == "V" and one.source]
    volts += [abs(one.initial) for one in circuit.elements if one.kind == "C"]
    amperes = [one.source.largest for one in circuit.elements if one.kind == "I" and one.source]
    amperes += [abs(one.initial) for one in circuit.elements if one.kind == "L"]
    resistor = min((one.value for one in circuit.elements if one.kind == "R"), default=1.0)
    volt, ampere = max(volts, default=0.0), max(amperes, default=0.0)
    return max(volt, ampere * resistor), max(ampere, volt / resistor)


def _least(circuit: Matrices, duration: float) -> tuple[float, ...]:
    """A millionth of what sources and charges make, of voltage, of current and of energy."""
    volt, ampere = _levels(circuit)
    nodes, branches = len(circuit.nodes), len(circuit.branches)
    return (*[SLIGHT * volt] * nodes, *[SLIGHT * ampere] * branches, SLIGHT * volt * ampere * duration)


def _consistent(circuit: Matrices) -> tuple[Array, Array]:
    """The matrices that give x from C·x and from b: what is stored stays, everything else obeys Kirchhoff's laws."""
    u, sizes, _ = np.linalg.svd(circuit.storing)
    rank = circuit.modes
    kept, free = (u[:, :rank] / sizes[:rank]).T, u[:, rank:].T
    rows = np.vstack([kept @ circuit.storing, free @ circuit.conducting])
    solved = np.asarray(np.linalg.pinv(rows), dtype=np.float64)
    return solved[:, :rank] @ kept, solved[:, rank:] @ free


def _begun(circuit: Matrices) -> Array:
    """The state in which capacitors and coils are as given."""
    charge = np.zeros(circuit.size)
    for one in circuit.elements:
        if one.kind == "C":
            circuit.spread(charge, one, one.value * one.initial)
    for place, one in enumerate(circuit.branches, start=len(circuit.nodes)):
        if one.kind == "L":
            charge[place] = -one.value * one.initial
    stored, driven = _consistent(circuit)
    return np.asarray(stored @ charge + driven @ circuit.drives(1e-300), dtype=np.float64)


def _operating(circuit: Matrices) -> Array | None:
    """With capacitors open and coils as wires; None where that leaves something undetermined."""
    b = circuit.driven(lambda one: one.source.direct if one.source else 0.0)
    size = np.abs(circuit.conducting).max(axis=1)
    scaled = circuit.conducting / size[:, None] if size.all() else None
    if scaled is None or np.linalg.cond(scaled) > 1e13:  # noqa: PLR2004 - singular, but for rounding
        return None
    return np.asarray(np.linalg.solve(scaled, b / size), dtype=np.float64)


def _settling(circuit: Matrices, s: Complex) -> float:
    """Until what was switched on has settled: five time constants, at most twenty swings; three periods of a source."""
    periods = [3 / one.source.numbers[2] for one in circuit.elements if one.source and one.source.shape == "sine"]
    ends = [2 * one.source.edges(0.0)[-1] for one in circuit.elements if one.source and one.source.shape == "step"]
    ends += [3 * one.source.numbers[6] for one in circuit.elements if one.source and one.source.shape == "pulse"]
    own: list[float] = []
    for one in s:
        decay = 5 / -one.real if one.real < 0 else math.inf
        swings = 20 * 2 * math.pi / abs(one.imag) if one.imag else math.inf
        own.append(min(decay, swings))
    finite = [one for one in (*own, *periods, *ends) if 0 < one < math.inf]
    return max(finite, default=1.0)


def _currents(circuit: Matrices, x: Array) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in circuit.elements:
        if one.kind == "R":
            found[one.name] = ((x @ circuit.across(one)) / one.value).tolist()
    for place, one in enumerate(circuit.branches, start=len(circuit.nodes)):
        found[one.name] = x[:, place].tolist()
    return found


def _balance(circuit: Matrices, marched: Marched) -> Conserved:
    y = np.array(marched.path.states)
    x, gained = y[:, : circuit.size], y[:, circuit.size]
    stored = np.einsum("ti,ij,tj->t", x, circuit.energies, x) / 2
    total = stored - gained
    return Conserved(
        name="energy stored, less what came in and was not lost",
        start=float(total[0]),
        drift=float(np.max(np.abs(total - total[0]))),
        unit="J",
    )


def _kirchhoff(circuit: Matrices, times: Sequence[float], x: Array) -> float:
    """Of the rows in which nothing is stored, from the second time on: at the first, sources are switched on."""
    rows = ~circuit.storing.any(axis=1)
    if not rows.any():
        return 0.0
    missed = [(circuit.conducting @ y - circuit.drives(t))[rows] for t, y in zip(times[1:], x[1:], strict=True)]
    return float(np.max(np.abs(missed)))


def _by_modes(  # noqa: PLR0913, PLR0917 - the circuit, its modes and its course
    circuit: Matrices, s: Complex, vectors: Complex, marched: Marched, start: Array, duration: float
) -> list[Check]:
    """The end by natural modes and phasors, exact for constant and sinusoidal sources."""
    shapes = {one.source.shape for one in circuit.elements if one.source}
    if not shapes <= {"constant", "sine"} or marched.refined.error > 1e-3:  # noqa: PLR2004 - nothing to hold it against
        return []
    forced = _forced(circuit)
    if forced is None or not _known(circuit, s, vectors):
        return []
    parts = np.linalg.lstsq(vectors, (start - forced(0.0)).astype(complex), rcond=None)[0] if len(s) else np.zeros(0)
    expected = forced(duration) + (vectors @ (parts * np.exp(s * duration))).real
    ours, scales = np.array(marched.path.states[-1])[: circuit.size], np.array(marched.scales)[: circuit.size]
    off = np.abs(ours - expected) / scales
    place = int(np.argmax(off))
    nodes = len(circuit.nodes)
    what = (
        f"voltage of {circuit.nodes[place]}" if place < nodes else f"current of {circuit.branches[place - nodes].name}"
    )
    # What is a rounding error beside the others is one here, too.
    level = _levels(circuit)[int(place >= nodes)]
    allowed = (4 * marched.refined.error + 1e-9) * float(scales[place]) + 1e-13 * level
    name = f"{what} at the end, natural modes and phasors"
    return [compare(name, float(ours[place]), float(expected[place]), "V" if place < nodes else "A", allowed=allowed)]


def _known(circuit: Matrices, s: Complex, vectors: Complex) -> bool:
    """Whether the modes differ and satisfy their equations: the fastest may be lost in rounding."""
    if len(s) and np.linalg.cond(vectors / np.abs(vectors).max(axis=0)) > 1e7:  # noqa: PLR2004 - defective
        return False
    for one, vector in zip(s, vectors.T, strict=True):
        parts = one * (circuit.storing @ vector), circuit.conducting @ vector
        if np.abs(parts[0] + parts[1]).max() > 1e-9 * max(np.abs(part).max() for part in parts):
            return False
    return True


def _forced(circuit: Matrices) -> Callable[[float], Array] | None:
    """What the sources alone sustain; None where direct current finds no way."""
    sines: dict[float, Complex] = {}
    for one in circuit.elements:
        if one.source and one.source.shape == "sine":
            _, amplitude, frequency, phase = one.source.numbers
            # The sine is the imaginary part.
            phasor = cmath.rect(amplitude, math.radians(phase))
            real, imaginary = (
                circuit.driven(lambda other, own=one, part=part: part if other is own else 0.0)
                for part in (phasor.real, phasor.imag)
            )
            sines[frequency] = sines.get(frequency, np.zeros(circuit.size, complex)) + real + 1j * imaginary
    direct = circuit.driven(lambda one: one.source.direct if one.source else 0.0)
    still = _operating(circuit) if direct.any() else np.zeros(circuit.size)
    if still is None:
        return None
    answers: list[tuple[float, Complex]] = []
    for frequency, b in sines.items():
        w = 2 * math.pi * frequency
        phasors = np.linalg.solve(circuit.conducting + 1j * w * circuit.storing, b)
        answers.append((w, np.asarray(phasors, dtype=np.complex128)))

    def forced(t: float) -> Array:
        total = still.copy()
        for w, x in answers:
            total += (x * cmath.exp(1j * w * t)).imag
        return total

    return forced
