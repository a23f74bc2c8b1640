"""The same problems as a scientist writes them with scipy: the method of lines and `solve_ivp`."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]  # of floats

# Any: scipy has no types.
integrate: Any = import_module("scipy.integrate")
interpolate: Any = import_module("scipy.interpolate")
sparse: Any = import_module("scipy.sparse")
solvers: Any = import_module("scipy.sparse.linalg")

NU = 0.01 / np.pi
Answer = tuple[float, list[float]]


def _start(x: Array) -> Array:
    return np.sin(np.pi * x) + 0.5 * np.sin(3 * np.pi * x)


def _laplace(inner: int, h: float) -> Any:
    return sparse.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(inner, inner), format="csc") / h**2


def _read(x: Array, u: Array, places: list[float]) -> list[float]:
    return interpolate.CubicSpline(x, u)(places).tolist()


def heat(effort: int, places: list[float]) -> Answer:
    """Differences of second order, BDF with the matrix given."""
    n, tolerance = 32 * 2**effort, 1e-4 * 16.0**-effort
    x = np.linspace(0, 1, n + 1)
    begun = time.perf_counter()
    matrix = 0.1 * _laplace(n - 1, 1 / n)

    def rate(_: float, u: Array) -> Array:
        return matrix @ u

    found = integrate.solve_ivp(
        rate, (0, 0.5), _start(x[1:-1]), method="BDF", jac=matrix, rtol=tolerance, atol=tolerance
    )
    u = np.concatenate([[0], found.y[:, -1], [0]])
    return time.perf_counter() - begun, _read(x, u, places)


def wave(effort: int, places: list[float]) -> Answer:
    """Differences of second order, DOP853 on (u, u_t)."""
    n, tolerance = 32 * 2**effort, 1e-4 * 16.0**-effort
    x = np.linspace(0, 1, n + 1)
    begun = time.perf_counter()
    matrix = _laplace(n - 1, 1 / n)

    def rate(_: float, y: Array) -> Array:
        return np.concatenate([y[n - 1 :], matrix @ y[: n - 1]])

    start = np.concatenate([_start(x[1:-1]), np.zeros(n - 1)])
    found = integrate.solve_ivp(rate, (0, 0.9), start, method="DOP853", rtol=tolerance, atol=tolerance)
    u = np.concatenate([[0], found.y[: n - 1, -1], [0]])
    return time.perf_counter() - begun, _read(x, u, places)


def burgers(effort: int, places: list[float]) -> Answer:
    """Central differences of u²/2 and u_xx, BDF with the matrix's bands told."""
    n, tolerance = 128 * 2**effort, 1e-4 * 16.0**-effort
    x = np.linspace(-1, 1, n + 1)
    h = 2 / n
    begun = time.perf_counter()

    def rate(_: float, u: Array) -> Array:
        wide = np.concatenate([[0], u, [0]])
        square = wide**2 / 2
        return -(square[2:] - square[:-2]) / (2 * h) + NU * (wide[2:] - 2 * u + wide[:-2]) / h**2

    bands = sparse.diags([1.0, 1.0, 1.0], [-1, 0, 1], shape=(n - 1, n - 1))
    found = integrate.solve_ivp(
        rate, (0, 1), -np.sin(np.pi * x[1:-1]), method="BDF", jac_sparsity=bands, rtol=tolerance, atol=tolerance
    )
    u = np.concatenate([[0], found.y[:, -1], [0]])
    return time.perf_counter() - begun, _read(x, u, places)


def poisson(effort: int, _: list[float]) -> Answer:
    """Five points and a sparse factorisation."""
    n = 16 * 2**effort
    begun = time.perf_counter()
    one, eye = _laplace(n - 1, 1 / n), sparse.identity(n - 1)
    matrix = -(sparse.kron(one, eye) + sparse.kron(eye, one)).tocsc()
    u = solvers.spsolve(matrix, np.ones((n - 1) ** 2)).reshape(n - 1, n - 1)
    return time.perf_counter() - begun, [float(u[n // 2 - 1, n // 2 - 1])]


def kepler(effort: int, _: list[float]) -> Answer:
    """DOP853 in Cartesian coordinates."""
    tolerance = 1e-4 * 100.0**-effort

    def rate(_: float, y: Array) -> Array:
        r3 = (y[0] ** 2 + y[1] ** 2) ** 1.5
        return np.array([y[2], y[3], -y[0] / r3, -y[1] / r3])

    begun = time.perf_counter()
    found = integrate.solve_ivp(
        rate, (0, 100), [0.4, 0, 0, 2.0], method="DOP853", rtol=max(tolerance, 3e-14), atol=tolerance
    )
    return time.perf_counter() - begun, found.y[:2, -1].tolist()


def robertson(effort: int, _: list[float], *, duration: float = 1e5) -> Answer:
    """Radau with the matrix given."""
    tolerance = 1e-4 * 100.0**-effort

    def rate(_: float, y: Array) -> Array:
        a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
        return np.array([b - a, a - b - c, c])

    def slopes(_: float, y: Array) -> Array:
        return np.array(
            [
                [-0.04, 1e4 * y[2], 1e4 * y[1]],
                [0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1]],
                [0, 6e7 * y[1], 0],
            ]
        )

    begun = time.perf_counter()
    found = integrate.solve_ivp(
        rate,
        (0, duration),
        [1.0, 0, 0],
        method="Radau",
        jac=slopes,
        rtol=max(tolerance, 3e-14),
        atol=[tolerance * 1e-3, tolerance * 1e-8, tolerance * 1e-3],
    )
    return time.perf_counter() - begun, found.y[:, -1].tolist()


PROBLEMS: dict[str, Callable[[int, list[float]], Answer]] = {
    one.__name__: one for one in (heat, wave, burgers, poisson, kepler, robertson)
}
