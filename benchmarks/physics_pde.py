"""The library py-pde as `physics.py` asks it: a line naming a problem, an effort and places in; seconds and values out.

Started by the Python of an environment that has it, with the name of its backend: numpy or numba. What numba compiles
is compiled once for each problem and effort, before anything is timed; with "anew" each call makes its equation and
compiles it, and is timed with that.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

import numpy as np

NU = 0.01 / np.pi

# Any from here on: the library is not installed where this is checked.


class Problems:
    """What is to be solved, and the solvers made for it so far."""

    def __init__(self, backend: str, *, anew: bool) -> None:
        self.pde: Any = importlib.import_module("pde")
        self.solvers: Any = importlib.import_module("pde.solvers")
        self.backend = backend
        self.anew = anew
        self.made: dict[tuple[str, int], tuple[Any, Any, float, float]] = {}

    def make(self, name: str, effort: int) -> tuple[Any, Any, float, float]:
        """The start, a stepper that advances it, the time to go, and the first step."""
        cells = (512 if name == "burgers" else 32) * 2**effort
        held = {"value": 0}
        bounds = [-1, 1] if name == "burgers" else [0, 1]
        grid = self.pde.CartesianGrid([bounds], [cells], periodic=False)
        x = grid.axes_coords[0]
        duration, h = {"heat": 0.5, "wave": 0.9, "burgers": 1.0}[name], (bounds[1] - bounds[0]) / cells
        if name == "heat":
            equation = self.pde.DiffusionPDE(diffusivity=0.1, bc=held)
            start, step = self.pde.ScalarField(grid, np.sin(np.pi * x) + 0.5 * np.sin(3 * np.pi * x)), h**2
        elif name == "wave":
            equation = self.pde.WavePDE(speed=1, bc=held)
            shape = self.pde.ScalarField(grid, np.sin(np.pi * x) + 0.5 * np.sin(3 * np.pi * x))
            start, step = equation.get_initial_condition(shape), h / 4
        else:
            equation = self.pde.PDE({"u": f"-u * d_dx(u) + {NU} * laplace(u)"}, bc=held)
            start, step = self.pde.ScalarField(grid, -np.sin(np.pi * x)), h / 8
        solver = self.solvers.RungeKuttaSolver(
            equation, backend=self.backend, adaptive=True, tolerance=min(1e-4, 1e-4 * 16.0**-effort)
        )
        stepper = solver.make_stepper(start, dt=step)
        if not self.anew:
            stepper(start.copy(), 0, duration)
        return start, stepper, duration, step

    def solve(self, name: str, effort: int, places: list[float]) -> tuple[float, list[float]]:
        """Seconds, and the values at these places."""
        if name == "poisson":
            return self._poisson(effort)
        begun = time.perf_counter()
        if self.anew or (name, effort) not in self.made:
            self.made[name, effort] = self.make(name, effort)
        start, stepper, duration, _ = self.made[name, effort]
        state = start.copy()
        if not self.anew:
            begun = time.perf_counter()
        stepper(state, 0, duration)
        seconds = time.perf_counter() - begun
        field = state[0] if name == "wave" else state
        return seconds, [self._at(field, [one]) for one in places]

    def _poisson(self, effort: int) -> tuple[float, list[float]]:
        cells = 16 * 2**effort + 1  # odd, so that a cell has the middle
        grid = self.pde.CartesianGrid([[0, 1]] * 2, cells)
        begun = time.perf_counter()
        found = self.pde.solve_poisson_equation(self.pde.ScalarField(grid, -1), bc={"value": 0})
        return time.perf_counter() - begun, [float(found.data[cells // 2, cells // 2])]

    def _at(self, field: Any, place: list[float]) -> float:
        """By a cubic through the four nearest cells: its own straight lines would be the error."""
        x, values = field.grid.axes_coords[0], field.data
        first = int(np.clip(np.searchsorted(x, place[0]) - 2, 0, len(x) - 4))
        near, of = x[first : first + 4], values[first : first + 4]
        shares = [np.prod([(place[0] - b) / (a - b) for b in near if b != a]) for a in near]
        return float(np.dot(shares, of))


def main() -> None:
    """Answer until there is no line."""
    problems = Problems(sys.argv[1], anew="anew" in sys.argv)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            seconds, values = problems.solve(asked["problem"], asked["effort"], asked["places"])
            answer = {"seconds": seconds, "values": values}
        except Exception as error:  # noqa: BLE001 - told in the table
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
