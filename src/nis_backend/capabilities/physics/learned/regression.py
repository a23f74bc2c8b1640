"""Fitting a Kolmogorov-Arnold network to a table, reading a formula from it, and holding both against simpler fits."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.physics.learned.kan import Kan, basis, descend, pruned
from nis_backend.capabilities.physics.learned.network import torch
from nis_backend.capabilities.physics.learned.symbols import Law, Likeness, likest, settle
from nis_backend.capabilities.physics.learned.table import FIRST_GRID, MOST_INPUTS, EdgeFunction, KanFit, Rival
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.learned.marching import Tell
    from nis_backend.capabilities.physics.learned.table import KanRequest

    Array = NDArray[np.float64]

LARGEST = 1e50
"""Sizes of columns, and one over it: fourth powers of these are numbers still."""
ENOUGH = 0.7
"""By what a node more has to lower the validation error to be kept."""
SHOWN = 60
MOST_SHOWN = 200
POLYNOMIAL_TERMS = 60
SOURCE = "Liu et al., KAN: Kolmogorov-Arnold Networks, ICLR 2025, arXiv:2404.19756"


class Table:
    """The rows, split; inputs scaled to -1 to 1, outputs to a mean of 0 and a scatter of 1, by what is trained on."""

    def __init__(self, names: list[str], inputs: Array, outputs: Array, request: KanRequest) -> None:
        self.names = names
        order: NDArray[np.int64] = np.random.default_rng(request.seed).permutation(len(outputs))
        held = max(5, round(request.held_out * len(outputs)))
        self.train: NDArray[np.int64] = order[held:]
        self.test: NDArray[np.int64] = order[:held]
        self.inputs, self.outputs = inputs, outputs
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        self.middle, self.width = (low + high) / 2, np.maximum((high - low) / 2, 1e-300)
        self.mean, self.scatter = float(outputs[self.train].mean()), float(outputs[self.train].std())
        self.x, self.y = (inputs - self.middle) / self.width, (outputs - self.mean) / self.scatter

    def error(self, told: Array, rows: NDArray[np.int64]) -> float:
        """Root mean square of what is told of the outputs, by the scatter."""
        return float(np.sqrt(np.mean((told - self.outputs[rows]) ** 2))) / self.scatter


def tabled(request: KanRequest) -> Table:
    """The table that was given, or the formula's.

    Raises:
        InvalidRequest: the formula has no value somewhere, or nothing varies.
    """
    if request.formula is None:
        inputs, outputs = np.array(request.inputs), np.array(request.outputs)
        names = request.names or [f"x{number + 1}" for number in range(inputs.shape[1])]
    else:
        formula = read_formula(request.formula, field="formula")
        names = sorted(formula.names)
        if not 1 <= len(names) <= MOST_INPUTS:
            raise InvalidRequest(
                f"The formula has {len(names)} variables.",
                field="formula",
                value=request.formula,
                remedy=f"Give one of 1 to {MOST_INPUTS} variables.",
            )
        chance = np.random.default_rng(request.seed)
        inputs = chance.uniform(request.low, request.high, (request.rows, len(names)))
        with np.errstate(all="ignore"):
            outputs = np.broadcast_to(np.asarray(formula.compile(*names)(*inputs.T), dtype=float), len(inputs)).copy()
        if not np.all(np.isfinite(outputs)):
            raise InvalidRequest(
                "The formula has no value somewhere in its range.",
                field="formula",
                value=request.formula,
                remedy="Give low and high between which it has one.",
            )
    request.check_work(inputs.shape[1], len(outputs))
    _check_scales(request, names, inputs, outputs)
    return Table(names, inputs, outputs, request)


def _check_scales(request: KanRequest, names: list[str], inputs: Array, outputs: Array) -> None:
    """Refuse columns of one value, and those whose squares no double holds."""
    field = "outputs" if request.formula is None else "formula"
    columns = [("inputs", name, column) for name, column in zip(names, inputs.T, strict=True)]
    for where, name, column in (*columns, (field, "output", outputs)):
        size = float(np.max(np.abs(column)))
        # What varies less than the doubles about it can say is the same.
        if size == 0 or (size <= LARGEST and float(np.ptp(column)) <= 1e-12 * size):
            raise InvalidRequest(
                f"{name} is the same in every row.", field=where, remedy="Leave out what does not vary."
            )
        if not (size <= LARGEST and float(np.ptp(column)) >= 1 / LARGEST):
            raise InvalidRequest(
                f"{name} is of the size {size:.3g}.",
                field=where,
                value=name,
                remedy=f"Give it in a unit in which it is between {1 / LARGEST:g} and {LARGEST:g}.",
            )


def fit(request: KanRequest, tell: Tell) -> KanFit:
    """The network, its formula and its rivals."""
    torch.set_num_threads(1)
    table = tabled(request)
    losses: list[float] = []
    most = request.hidden * 3 * request.epochs

    def heard(loss: float) -> None:
        losses.append(loss)
        tell(min(0.9, 0.9 * len(losses) / most), f"Epoch {len(losses)}, loss {loss:.2e}", {"loss": loss})

    kan, parameters, tried, judged = _grown(request, table, heard)
    network = table.mean + table.scatter * kan.at(parameters, table.x)
    likenesses = _read(kan, parameters)
    tell(0.95, "Reading the formula", {})
    law, numbers = _law(kan, likenesses, table)
    text = law.text(settle(law, numbers, table.inputs[table.train], table.outputs[table.train]))
    with np.errstate(all="ignore"):
        formula = read_formula(text, table.names).compile(*table.names)(*table.inputs.T)
    # Where the formula has no value, it is as wrong as can be.
    formula = np.nan_to_num(np.asarray(formula, dtype=float), nan=1e150, posinf=1e150, neginf=-1e150)
    formula = np.broadcast_to(formula, len(network))
    fits = [
        _rival(table, "network", network, len(parameters)),
        _rival(table, "formula", formula, int(np.sum(law.free()))),
        *_classical(table),
    ]
    error = fits[0].held_out_error
    some = table.test[:MOST_SHOWN]
    return KanFit(
        names=table.names,
        formula=text,
        formula_error=fits[1].held_out_error,
        held_out_error=error,
        nodes=kan.nodes,
        edges=_shown(kan, parameters, likenesses, table),
        pruned=tried - len(kan.inner),
        fits=fits,
        loss=losses[:2000],
        truth=table.outputs[some].tolist(),
        predicted=network[some].tolist(),
        receipt=_receipt(request, table, network, fits, (len(losses), judged)),
    )


def _grown(request: KanRequest, table: Table, heard: Callable[[float], None]) -> tuple[Kan, Array, int, float]:
    """Networks of one hidden node, two, … as long as another node is worth it: the last that was, its edges pruned.

    With how many edges it had, and its error over the rows that it was chosen by.
    """
    # Judged by rows of the training's own: the held-out ones are for the end.
    cut = _choosing(table)
    judged, used = table.train[:cut], table.train[cut:]
    best: tuple[float, Kan, Array, int] | None = None
    for nodes in range(1, request.hidden + 1):
        inner = [(one, node) for node in range(nodes) for one in range(table.x.shape[1])]
        kan = Kan(inner=inner, nodes=nodes, intervals=FIRST_GRID, inputs=table.x[used], outputs=table.y[used])
        begun = kan.begin(np.random.default_rng(request.seed + nodes))
        parameters, _ = descend(kan, begun, request.epochs, heard, compete=True)
        kan, parameters = kan.recentred(parameters, FIRST_GRID, pruned(kan, parameters))
        found: list[tuple[float, Kan, Array]] = []
        for grid in sorted({min(FIRST_GRID, request.grid), request.grid}):
            kan, parameters = kan.recentred(parameters, grid, kan.inner)
            parameters, _ = descend(kan, parameters, request.epochs, heard)
            miss = float(np.sqrt(np.mean((kan.at(parameters, table.x[judged]) - table.y[judged]) ** 2)))
            found.append((miss, kan, parameters))
        miss, kan, parameters = min(found, key=lambda one: one[0])
        if best is not None and miss > ENOUGH * best[0]:
            break
        best = miss, kan, parameters, len(inner)
        if miss < request.tolerance / 10:
            break
    assert best is not None
    return *best[1:], best[0]


def _choosing(table: Table) -> int:
    """How many of the rows that are not held out choose between networks, and are not trained on either."""
    return max(5, len(table.train) // 5)


def _read(kan: Kan, parameters: Array) -> list[Likeness]:
    """Each edge's likeness, over what the rows reach of it, scaled."""
    own, _ = kan.split(parameters)
    sums = kan.sums(parameters)
    found: list[Likeness] = []
    for edge, (one, _) in enumerate(kan.inner):
        places = np.quantile(kan.inputs[:, one], np.linspace(0, 1, SHOWN))
        found.append(likest(places, basis(places, kan.intervals)[0] @ own[edge]))
    for node in range(kan.nodes):
        places = np.quantile(sums[:, node], np.linspace(0, 1, SHOWN))
        scaled = (places - kan.middles[node]) / kan.widths[node]
        found.append(likest(places, basis(scaled, kan.intervals)[0] @ own[len(kan.inner) + node]))
    return found


def _law(kan: Kan, likenesses: list[Likeness], table: Table) -> tuple[Law, Array]:
    """The formula of these likenesses, in the table's own units, with as few numbers as say it."""
    inner, outer = likenesses[: len(kan.inner)], likenesses[len(kan.inner) :]
    law = Law(
        inner=tuple((one, node, like.symbol) for (one, node), like in zip(kan.inner, inner, strict=True)),
        outer=tuple(like.symbol for like in outer),
        names=tuple(table.names),
    )
    # The network's own constant is found anew with the rest.
    constant = table.mean
    nodes: list[list[float]] = []
    shifts = [like.b for like in outer]
    numbers: list[float] = []
    for (one, node), like in zip(kan.inner, inner, strict=True):
        a = like.a / table.width[one]
        b = like.b - like.a * table.middle[one] / table.width[one]
        c, extra = like.c * outer[node].a, outer[node].a * like.d
        c, a, b, moved = _plain(like.symbol.name, c, a, b)
        shifts[node] += extra + moved
        numbers += [c, a, b]
    for node, like in enumerate(outer):
        scale, shift = like.c * table.scatter, shifts[node]
        constant += like.d * table.scatter
        if like.symbol.name == "x":
            constant += scale * shift
            shift = 0.0
            for edge, (_, to) in enumerate(kan.inner):
                if to == node:
                    numbers[3 * edge] *= scale
            scale = 1.0
        elif like.symbol.name == "exp":
            scale, shift = scale * math.exp(max(-300.0, min(300.0, shift))), 0.0
        nodes.append([scale, shift])
    return law, np.array([*numbers, *(one for pair in nodes for one in pair), constant])


def _plain(  # noqa: PLR0911 - one a kind of function
    name: str, c: float, a: float, b: float
) -> tuple[float, float, float, float]:
    """c·f(a·x + b) with no number that says what another says: c, a, b, and what becomes a constant."""
    powers = {"x^2": 2, "x^3": 3, "x^4": 4}
    match name:
        case "x":
            return c * a, 1.0, 0.0, c * b
        case "x^2" | "x^3" | "x^4":
            return c * a ** powers[name], 1.0, b / a, 0.0
        case "abs":
            return c * abs(a), 1.0, b / a, 0.0
        case "1/x":
            return c / a, 1.0, b / a, 0.0
        case "exp":
            return c * math.exp(max(-300.0, min(300.0, b))), a, 0.0, 0.0
        case "sin":
            c, a, b = (-c, -a, -b) if a < 0 else (c, a, b)
            turns = round(b / math.pi)
            return c * (-1) ** turns, a, b - turns * math.pi, 0.0
        case "tanh":
            return (-c, -a, -b, 0.0) if a < 0 else (c, a, b, 0.0)
        case _:
            return c, a, b, 0.0


def _rival(table: Table, name: str, told: Array, parameters: int) -> Rival:
    with np.errstate(all="ignore"):
        errors = [min(1e12, table.error(told[rows], rows)) for rows in (table.train, table.test)]
    return Rival(name=name, parameters=parameters, train_error=errors[0], held_out_error=errors[1])


def _classical(table: Table) -> list[Rival]:
    """A linear and a polynomial fit, by least squares on the same rows."""
    found: list[Rival] = []
    inputs = table.x.shape[1]
    room = max(inputs + 1, min(POLYNOMIAL_TERMS, len(table.train) // 3))
    degree = max(power for power in (1, 2, 3, 4, 5) if math.comb(inputs + power, power) <= room)
    for name, power in (("linear fit", 1), (f"polynomial fit of degree {max(2, degree)}", max(2, degree))):
        terms = [one for own in range(power + 1) for one in combinations_with_replacement(range(inputs), own)]
        matrix = np.column_stack([np.prod(table.x[:, list(one)], axis=1) for one in terms])
        best = np.asarray(np.linalg.lstsq(matrix[table.train], table.y[table.train], rcond=None)[0], dtype=float)
        found.append(_rival(table, name, table.mean + table.scatter * (matrix @ best), len(terms)))
    return found


def _shown(kan: Kan, parameters: Array, likenesses: list[Likeness], table: Table) -> list[EdgeFunction]:
    own, _ = kan.split(parameters)
    sums = kan.sums(parameters)
    scatter = kan.scatter(parameters)
    found: list[EdgeFunction] = []
    for edge, like in enumerate(likenesses):
        if edge < len(kan.inner):
            one, node = kan.inner[edge]
            scaled = np.linspace(-1, 1, SHOWN)
            places, name = table.middle[one] + table.width[one] * scaled, f"{table.names[one]} → node {node + 1}"
            whole = float(np.std(sums[:, node]))
        else:
            node = edge - len(kan.inner)
            places = np.linspace(float(sums[:, node].min()), float(sums[:, node].max()), SHOWN)
            name = f"node {node + 1} → output"
            scaled, whole = (places - kan.middles[node]) / kan.widths[node], 1.0
        value = basis(scaled, kan.intervals)[0] @ own[edge]
        found.append(
            EdgeFunction(
                name=name,
                place=places.tolist(),
                value=(value - value.mean()).tolist(),
                importance=float(scatter[edge]) / max(whole, 1e-300),
                function=like.symbol.name,
                r_squared=like.r_squared,
            )
        )
    return found


def _receipt(
    request: KanRequest, table: Table, network: Array, fits: list[Rival], trained: tuple[int, float]
) -> Receipt:
    epochs, judged = trained
    error, best = fits[0].held_out_error, min(fits[2:], key=lambda one: one.held_out_error)
    # A few held-out rows may miss where it is wrong; those that it was chosen by were not trained on either.
    reached = max(error, judged)
    choosing, row = _choosing(table), int(table.test[0])
    verdict = "better than" if error < best.held_out_error else "NO better than"
    return Receipt(
        method="Kolmogorov-Arnold network, cubic splines on its edges, Levenberg-Marquardt",
        order=None,
        observed_order=None,
        steps=epochs,
        error_of="output, root mean square over rows of the same ranges, by the outputs' scatter",
        error_asked=request.tolerance,
        error_reached=reached,
        unit="",
        estimate="rows that nothing was trained on: those held out, and those the network was chosen by",
        met=reached <= request.tolerance,
        cost=Cost(evaluations=epochs, of="steps of the optimiser", unknowns=fits[0].parameters),
        source=SOURCE,
        checks=[
            compare(
                "the first held-out row, network against what was measured",
                float(network[row]),
                float(table.outputs[row]),
                "",
                allowed=5 * max(request.tolerance, error) * table.scatter,
            )
        ],
        notes=[
            f"{len(table.train) - choosing} rows were trained on, {choosing} chose it, {len(table.test)} held out.",
            f"The network is {verdict} the {best.name}, whose held-out error is {best.held_out_error:.2g}.",
            f"The formula's held-out error, as it is written, is {fits[1].held_out_error:.2g}.",
            "Beyond the least and largest of each input, and between rows that lie far apart, nothing is known of it.",
        ],
    )
