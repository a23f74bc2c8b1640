"""DeepXDE, on torch, as `physics.py` asks it: a line naming a problem, an effort and places in; seconds and values out.

Started by the Python of an environment that has it. A network of three layers of 32 is trained anew each time, by Adam
and then L-BFGS, as its examples do; the effort is how long.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from contextlib import redirect_stdout
from typing import Any

import numpy as np

NU = 0.01 / np.pi
ITERATIONS = (500, 2000, 6000)

# Any from here on: the library is not installed where this is checked.


def _train(name: str, effort: int, places: list[float]) -> list[float]:
    dde: Any = importlib.import_module("deepxde")
    duration = {"heat": 0.5, "wave": 0.9, "burgers": 1.0}[name]
    left = -1 if name == "burgers" else 0
    region = dde.geometry.GeometryXTime(dde.geometry.Interval(left, 1), dde.geometry.TimeDomain(0, duration))

    def missed(x: Any, u: Any) -> Any:
        u_t = dde.grad.jacobian(u, x, i=0, j=1)
        u_xx = dde.grad.hessian(u, x, i=0, j=0)
        if name == "heat":
            return u_t - 0.1 * u_xx
        if name == "wave":
            return dde.grad.hessian(u, x, i=1, j=1) - u_xx
        return u_t + u * dde.grad.jacobian(u, x, i=0, j=0) - NU * u_xx

    def start(x: Any) -> Any:
        at = np.pi * x[:, :1]
        return -np.sin(at) if name == "burgers" else np.sin(at) + 0.5 * np.sin(3 * at)

    def edge(_: Any, on: Any) -> Any:
        return on

    def nothing(x: Any) -> Any:
        return 0 * x[:, :1]

    def pace(x: Any, u: Any, _: Any) -> Any:
        return dde.grad.jacobian(u, x, i=0, j=1)

    def first(x: Any, _: Any) -> Any:
        return np.isclose(x[1], 0)

    conditions = [dde.icbc.DirichletBC(region, nothing, edge), dde.icbc.IC(region, start, edge)]
    if name == "wave":
        conditions.append(dde.icbc.OperatorBC(region, pace, first))
    data = dde.data.TimePDE(region, missed, conditions, num_domain=2540, num_boundary=80, num_initial=160)
    model = dde.Model(data, dde.nn.FNN([2, 32, 32, 32, 1], "tanh", "Glorot normal"))
    model.compile("adam", lr=1e-3)
    model.train(iterations=ITERATIONS[effort], display_every=10**6)
    dde.optimizers.config.set_LBFGS_options(maxiter=ITERATIONS[effort])
    model.compile("L-BFGS")
    model.train(display_every=10**6)
    asked = np.array([[one, duration] for one in places])
    return [float(one) for one in model.predict(asked)[:, 0]]


def main() -> None:
    """Answer until there is no line."""
    os.environ["DDE_BACKEND"] = "pytorch"
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            with redirect_stdout(sys.stderr):
                importlib.import_module("deepxde")
                begun = time.perf_counter()
                values = _train(asked["problem"], asked["effort"], asked["places"])
            answer: dict[str, Any] = {"seconds": time.perf_counter() - begun, "values": values}
        except Exception as error:  # noqa: BLE001 - told in the table
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
