"""What a Kolmogorov-Arnold network takes and gives."""

from __future__ import annotations

import math
import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import ALIASES, CONSTANTS, FUNCTIONS
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST_ROWS = 3000
MOST_INPUTS = 6
FEWEST_ROWS = 30
FIRST_GRID = 5
"""Intervals that training begins with."""
MOST_WORK = 2e12
"""Multiplications of a training: some five minutes of one core."""


class KanRequest(Model):
    """A table of inputs and one output, or a formula that is sampled to make one."""

    inputs: list[list[Annotated[float, Unit("")]]] = Field(
        default=[], max_length=MOST_ROWS, description="A row of inputs for each output, 1 to 6 numbers in each."
    )
    outputs: list[Annotated[float, Unit("")]] = Field(
        default=[], max_length=MOST_ROWS, description="What each row of inputs gave."
    )
    names: list[str] = Field(
        default=[], max_length=MOST_INPUTS, description="A name for each input; x1, x2, … where nothing is said."
    )
    formula: Annotated[str, Reads("quote"), Names("formula", "function", "expression")] | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="In the place of a table: a formula to be sampled, such as exp(sin(pi*x) + y^2).",
    )
    low: Annotated[float, Unit(""), Names("between", "low")] = Field(
        default=-1.0, ge=-1e6, le=1e6, description="Least value of each input of the formula."
    )
    high: Annotated[float, Unit(""), Names("high")] = Field(
        default=1.0, ge=-1e6, le=1e6, description="Largest value of each input of the formula."
    )
    rows: Annotated[int, Knob(), Names("rows", "samples")] = Field(
        default=400, ge=FEWEST_ROWS, le=MOST_ROWS, description="How often the formula is sampled."
    )
    held_out: Annotated[float, Unit(""), Knob(), Names("held-out share")] = Field(
        default=0.25, ge=0.1, le=0.5, description="Share of the rows that nothing is trained on, and all is judged by."
    )
    hidden: Annotated[int, Knob(), Names("hidden nodes")] = Field(
        default=3, ge=1, le=6, description="The most hidden nodes; fewer are kept where more gain nothing."
    )
    grid: Annotated[int, Knob(), Names("grid intervals")] = Field(
        default=10, ge=3, le=30, description="Intervals of each edge's spline on the finest grid."
    )
    epochs: Annotated[int, Knob(), Names("epochs")] = Field(
        default=60, ge=5, le=400, description="Steps of the optimiser on each grid."
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy", "error")] = Field(
        default=0.01,
        ge=1e-9,
        le=1,
        description="Held-out root mean square error to accept, by the scatter of the outputs.",
    )
    seed: Annotated[int, Knob(), Names("seed", "random seed")] = Field(
        default=0, ge=0, le=2**31 - 1, description="Of the split and of the start; the same seed gives the same answer."
    )

    @model_validator(mode="after")
    def _is_one_table(self) -> Self:
        if (self.formula is None) == (not self.inputs):
            raise InvalidRequest(
                "There is no table to learn from." if self.formula is None else "Both a table and a formula are given.",
                field="inputs",
                remedy="Give inputs and outputs, or a formula to be sampled.",
            )
        if self.formula is not None and not self.low < self.high:
            raise InvalidRequest(
                f"From {self.low:g} to {self.high:g} is no range.",
                field="high",
                value=self.high,
                remedy="Give a high that is larger than low.",
            )
        if self.inputs:
            self._check()
        return self

    def check_work(self, inputs: int, rows: int) -> None:
        """Refuse what takes longer than any call may.

        Raises:
            InvalidRequest: so many rows, nodes, intervals and epochs are too many together.
        """
        work = 0.0
        for nodes in range(1, self.hidden + 1):
            for grid in (FIRST_GRID, FIRST_GRID, self.grid):
                numbers = nodes * (inputs + 1) * (grid + 4) + 1
                work += self.epochs * numbers**2 * (rows + 4 / 3 * numbers)
        if work > MOST_WORK:
            raise InvalidRequest(
                f"{self.epochs} epochs of {rows} rows, up to {self.hidden} nodes and {self.grid} intervals are "
                f"{work:.2g} multiplications; at most {MOST_WORK:.0g}.",
                field="epochs",
                value=self.epochs,
                remedy="Give fewer epochs, hidden nodes, grid intervals or rows.",
            )

    def _check(self) -> None:
        width = len(self.inputs[0])
        if not 1 <= width <= MOST_INPUTS or any(len(row) != width for row in self.inputs):
            raise InvalidRequest(
                "The rows of inputs are not all of one length from 1 to 6.",
                field="inputs",
                remedy="Give the same 1 to 6 inputs in each row.",
            )
        if len(self.inputs) != len(self.outputs) or len(self.inputs) < FEWEST_ROWS:
            raise InvalidRequest(
                f"{len(self.inputs)} rows of inputs and {len(self.outputs)} outputs.",
                field="outputs",
                value=len(self.outputs),
                remedy=f"Give one output for each row, and at least {FEWEST_ROWS} rows.",
            )
        if self.names and len(self.names) != width:
            raise InvalidRequest(
                f"{len(self.names)} names for {width} inputs.",
                field="names",
                value=self.names,
                remedy="Give a name for each input, or none.",
            )
        for name in self.names:
            known = name in FUNCTIONS or name in ALIASES or name in CONSTANTS
            if known or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", name) or self.names.count(name) > 1:
                raise InvalidRequest(
                    f"{name!r} cannot name an input.",
                    field="names",
                    value=name,
                    remedy="Give different names of letters and digits that no function or constant has.",
                )
        if not math.isfinite(sum(abs(value) for row in self.inputs for value in row)):
            raise InvalidRequest("The inputs are too large.", field="inputs", remedy="Scale them to less.")


class EdgeFunction(Model):
    """What one edge of the network does, and the function that it is most like."""

    name: str = Field(description="From what to what: x -> node 1, node 1 -> output.")
    place: list[Annotated[float, Unit("")]] = Field(description="Where the edge's function is shown.")
    value: list[Annotated[float, Unit("")]] = Field(description="Its value there, less its mean.")
    importance: Annotated[float, Unit("")] = Field(description="Its scatter, by that of the node it leads to.")
    function: str = Field(description="The function of the library that it is most like.")
    r_squared: Annotated[float, Unit("")] = Field(description="How much of its scatter that function explains.")


class Rival(Model):
    """A fit of the same rows, judged by the same held-out rows."""

    name: str = Field(description="What was fitted.")
    parameters: int = Field(description="Its numbers.")
    train_error: Annotated[float, Unit("")] = Field(
        description="Root mean square error over the rows it was fitted to, by the outputs' scatter."
    )
    held_out_error: Annotated[float, Unit("")] = Field(
        description="Root mean square error over the held-out rows, by the outputs' scatter."
    )


class KanFit(Model):
    """The network, the formula read from it, and what simpler fits come to."""

    names: list[str] = Field(description="The inputs.")
    formula: str = Field(description="The law read from the network; its error is under `fits`.")
    formula_error: Annotated[float, Unit("")] = Field(
        description="Root mean square error of the formula as it is written, over the held-out rows, by their scatter."
    )
    held_out_error: Annotated[float, Unit("")] = Field(
        description="Root mean square error of the network over the held-out rows, by their scatter."
    )
    nodes: int = Field(description="Hidden nodes kept.")
    edges: list[EdgeFunction] = Field(description="Each edge that was kept.")
    pruned: int = Field(description="Edges that were taken away because they carried nothing.")
    fits: list[Rival] = Field(description="The network, the formula, a linear and a polynomial fit.")
    loss: list[Annotated[float, Unit("")]] = Field(description="Mean square of the misses after each epoch.")
    truth: list[Annotated[float, Unit("")]] = Field(description="Held-out outputs, at most 200.")
    predicted: list[Annotated[float, Unit("")]] = Field(description="What the network says of them.")
    receipt: Receipt = Field(description="How it was computed and how wrong it is.")
