"""The fourth-order step and the grids that nonlinear fields are solved on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nis_backend.capabilities.physics.exponential import coefficients
from nis_backend.capabilities.physics.nonlinear.spectral import march, needed, sampled, valued


def test_the_coefficients_are_those_of_the_formulas_and_do_not_cancel() -> None:
    """Cox & Matthews: the limits at z = 0 are 1/6 and 1/2; at z = -40 the formulas hold as written."""
    c = coefficients(np.array([0.0, 1e-7, -40.0], dtype=complex), 1.0)
    assert c.first[:2] == pytest.approx([1 / 6, 1 / 6], abs=1e-7)
    assert c.middle[:2] == pytest.approx([1 / 6, 1 / 6], abs=1e-7)
    assert c.last[:2] == pytest.approx([1 / 6, 1 / 6], abs=1e-7)
    assert c.inner[:2] == pytest.approx([0.5, 0.5], abs=1e-7)
    z = -40.0
    assert c.first[2] == pytest.approx((-4 - z + math.exp(z) * (4 - 3 * z + z * z)) / z**3, rel=1e-12)


@pytest.mark.parametrize("stiffness", [-1.0, -1000.0, 300j])
def test_the_step_converges_with_order_four(stiffness: complex) -> None:
    """Promise of the docstring, on v' = L·v + v² whose exact solution is that of Bernoulli."""
    linear, start = np.array([stiffness + 0j]), np.array([0.5 + 0j])
    duration = 1.0 if abs(stiffness) < 10 else 4 / abs(stiffness)
    start = start * max(1.0, abs(stiffness) / 4)
    grown = np.exp(stiffness * duration)
    exact = stiffness * start * grown / (stiffness + start * (1 - grown))
    errors = [
        abs(march(start, linear, lambda v: v * v, duration, steps, 2).spectra[-1] - exact)[0] for steps in (32, 64, 128)
    ]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.2)


def test_what_is_linear_is_exact_at_any_step() -> None:
    """One step of a stiff decay."""
    frames = march(np.array([1 + 0j]), np.array([-50 + 3j]), np.zeros_like, 1.0, 1, 2)
    assert frames.spectra[-1] == pytest.approx(np.exp(np.array([-50 + 3j])), rel=1e-13)


def test_what_blows_up_is_stopped_and_said() -> None:
    """From 1, v' = v² is infinite at 1."""
    frames = march(np.array([1 + 0j]), np.array([0j]), lambda v: v * v, 4.0, 64, 65)
    assert not frames.finite
    assert np.all(np.isfinite(frames.spectra[-1]))


def test_sampling_takes_values_and_not_fewer_waves() -> None:
    """A wave that 16 intervals cannot carry is still met at their ends."""
    x = 2 * np.pi * np.arange(64) / 64
    spectrum = np.fft.rfft(np.cos(13 * x))
    assert sampled(spectrum, 16) == pytest.approx(np.cos(13 * 2 * np.pi * np.arange(17) / 16), abs=1e-13)
    assert valued(spectrum, 64) == pytest.approx(np.cos(13 * x), abs=1e-13)


def test_the_first_grid_holds_every_wave_of_the_start() -> None:
    """A wave of number 257 looks like the first one on 256 points, and on 128, so that doubling would not tell."""
    x = 2 * np.pi * np.arange(4096) / 4096
    assert needed(np.fft.rfft(np.sin(257 * x))) == 1024
    assert needed(np.fft.rfft(np.sin(x))) == 64
