"""Solitons in closed form, on the whole line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.nonlinear.spectral import Array, Spectrum


def kdv(x: Array, t: float, amplitudes: Sequence[float], centers: Sequence[float]) -> Array:
    """One or two solitons of u_t + 6uu_x + u_xxx = 0 by Hirota: u = 2·(log F)_xx.

    Where two are far apart, the shift that their meeting costs is half before and half after it, and is not part of
    `centers`. Source: Hirota, Phys. Rev. Lett. 27 (1971), 1192-1194.
    """
    k = np.sqrt(2 * np.array(amplitudes))
    if len(k) == 1:
        return k[0] ** 2 / 2 * _sech(k[0] / 2 * (x - centers[0] - k[0] ** 2 * t)) ** 2
    a = ((k[0] - k[1]) / (k[0] + k[1])) ** 2
    # Shifted so that the factor of the joint term is symmetric.
    phase = [one * (x - center - one**2 * t) - np.log(a) / 2 for one, center in zip(k, centers, strict=True)]
    exponents = np.array([np.zeros_like(x), phase[0], phase[1], phase[0] + phase[1] + np.log(a)])
    rates = np.array([0.0, k[0], k[1], k[0] + k[1]])[:, None]
    weights = np.exp(exponents - exponents.max(axis=0))
    total = weights.sum(axis=0)
    mean = (weights * rates).sum(axis=0) / total
    # The second derivative of a logarithm of a sum of exponentials is the spread of their rates.
    return 2 * (weights * (rates - mean) ** 2).sum(axis=0) / total


def bright(x: Array, t: float, amplitude: float, center: float, speed: float) -> Spectrum:
    """One soliton of i·ψ_t + ψ_xx + 2|ψ|²ψ = 0. Source: Zakharov & Shabat, Sov. Phys. JETP 34 (1972), 62-69."""
    phase = speed / 2 * (x - center) + (amplitude**2 - speed**2 / 4) * t
    return amplitude * _sech(amplitude * (x - center - speed * t)) * np.exp(1j * phase)


def _sech(x: Array) -> Array:
    """One over cosh, zero where cosh is beyond a double."""
    small = np.exp(-np.abs(x))
    return 2 * small / (1 + small * small)
