"""Spectra, filters and systems against closed forms and their own claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.mathematics.signals.filtering import apply
from nis_backend.capabilities.mathematics.signals.recordings import Filtered, FilterRequest, Spectrum, SpectrumRequest
from nis_backend.capabilities.mathematics.signals.responses import analyze as analyze_system
from nis_backend.capabilities.mathematics.signals.spectrum import analyze
from nis_backend.capabilities.mathematics.signals.systems import SystemAnalysis, SystemRequest
from nis_backend.errors import InvalidRequest

TONE = np.sin(2 * np.pi * 3 * np.arange(400) / 100)


def spectrum(**given: Any) -> Spectrum:
    """The spectrum of it."""
    return analyze(SpectrumRequest.model_validate(given))


def filtered(**changes: Any) -> Filtered:
    """A tone of 3 Hz sampled at 100 Hz, filtered."""
    return apply(FilterRequest.model_validate({"samples": TONE.tolist(), "sample_rate": 100, "cutoff": 10, **changes}))


def system(**given: Any) -> SystemAnalysis:
    """The system, analysed."""
    return analyze_system(SystemRequest.model_validate(given))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(frequency=st.floats(20, 400), phase=st.floats(0, 6.2), noise=st.sampled_from([0, 1e-3, 0.1]))
def test_a_line_is_found_between_the_lines(frequency: float, phase: float, noise: float) -> None:
    """The true frequency of a tone, with noise or without, is within the error told; so is the amplitude, roughly."""
    t = np.arange(500) / 1000
    draw = np.random.default_rng(round(frequency * 1000))
    x = 1.5 * np.cos(2 * np.pi * frequency * t + phase) + noise * draw.normal(size=500)
    peak = spectrum(samples=x.tolist(), sample_rate=1000).peaks[0]
    assert abs(peak.frequency - frequency) <= peak.error
    assert peak.amplitude == pytest.approx(1.5, abs=1e-3 + noise / 2)


def test_two_lines_and_their_amplitudes() -> None:
    """50.3 Hz of 1 and 120 Hz of 0.2; Parseval's sum agrees."""
    found = spectrum(formula="sin(2*pi*50.3*t) + 0.2*sin(2*pi*120*t)", sample_rate=1000)
    assert [round(one.frequency, 4) for one in found.peaks] == [50.3, 120]
    assert [one.amplitude for one in found.peaks] == pytest.approx([1, 0.2], rel=1e-4)
    assert found.receipt.met
    assert all(check.agrees for check in found.receipt.checks)


def test_the_density_integrates_to_the_power() -> None:
    """Of white noise the density is flat and its integral the variance, by either method."""
    x = np.random.default_rng(1).normal(size=8192)
    for method in ("periodogram", "Welch"):
        found = spectrum(samples=x.tolist(), sample_rate=10, method=method, window="boxcar", peaks=0)
        if method == "Welch":
            step = found.curve.frequency[1] - found.curve.frequency[0]
            assert sum(found.curve.density) * step == pytest.approx(1, rel=0.05)
        assert found.power == pytest.approx(float(np.var(x)), rel=1e-12)


@pytest.mark.parametrize("kind", ["Butterworth", "Chebyshev", "inverse Chebyshev", "elliptic", "FIR"])
@pytest.mark.parametrize("band", ["lowpass", "highpass", "bandpass", "bandstop"])
def test_each_design_is_as_specified(kind: str, band: str) -> None:
    """The response meets the specification, and two ways of filtering agree."""
    found = filtered(kind=kind, band=band, upper_cutoff=20, tolerance=0.1)
    assert found.receipt.met
    assert found.receipt.checks
    assert all(check.agrees for check in found.receipt.checks)
    assert found.pole_radius < 1


def test_without_phase_nothing_is_shifted() -> None:
    """A tone of 3 Hz passes a low-pass at 10 Hz as it is when filtered both ways, and late when causal."""
    inner = slice(100, 300)
    both = np.array(filtered().samples)
    gain = 1 / (1 + (math.tan(math.pi * 0.03) / math.tan(math.pi * 0.1)) ** 8)
    assert both[inner] == pytest.approx(gain * TONE[inner], abs=1e-4)
    late = np.array(filtered(zero_phase=False).samples)
    assert float(np.max(np.abs(late[inner] - TONE[inner]))) > 0.3


@pytest.mark.parametrize(("taps", "degree"), [(301, 8), (31, 13), (101, 20)])
def test_savitzky_and_golay_of_high_degree_are_least_squares(taps: int, degree: int) -> None:
    """Each value is that of the polynomial fitted to its window, at the ends that of the last whole window."""
    noisy = np.random.default_rng(5).normal(size=400)
    found = apply(
        FilterRequest.model_validate(
            {"samples": noisy.tolist(), "sample_rate": 1, "kind": "Savitzky-Golay", "taps": taps, "order": degree}
        )
    )
    for place in (0, 3, 200, 287, 399):
        begin = min(max(0, place - taps // 2), 400 - taps)
        window = np.arange(begin, begin + taps)
        fitted = np.polynomial.Legendre.fit(window, noisy[begin : begin + taps], degree)
        assert found.samples[place] == pytest.approx(float(fitted(place)), abs=1e-11)
    assert found.receipt.met


def test_an_fir_that_damps_more_than_asked_agrees_with_its_check() -> None:
    """Kaiser's window damps by 21 dB at least."""
    found = filtered(kind="FIR", attenuation=12)
    assert all(one.agrees for one in found.receipt.checks)


def test_savitzky_and_golay_leave_a_parabola() -> None:
    """Degree 2 gives 2·x² + x back."""
    x = np.arange(30.0)
    found = filtered(samples=(2 * x**2 + x).tolist(), kind="Savitzky-Golay", order=2, taps=7)
    assert found.samples == pytest.approx((2 * x**2 + x).tolist(), rel=1e-12, abs=1e-10)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cutoff": 60}, "cutoff"),
        ({"band": "bandpass"}, "upper_cutoff"),
        ({"band": "bandpass", "upper_cutoff": 5}, "upper_cutoff"),
        ({"kind": "Savitzky-Golay", "taps": 8}, "taps"),
        ({"kind": "FIR", "taps": 3, "attenuation": 100}, "taps"),
        ({"cutoff": 1e-9, "order": 20}, "order"),
        ({"kind": "elliptic", "ripple": 15, "attenuation": 10}, "ripple"),
    ],
)
def test_designs_that_cannot_be_are_refused(changes: dict[str, Any], field: str) -> None:
    """Beyond half the sample rate, one edge of a band, unstable in doubles, no band left."""
    with pytest.raises(InvalidRequest) as refused:
        filtered(**changes)
    assert refused.value.field == field


@pytest.mark.parametrize("damping", [0.1, 0.4, 0.7])
def test_a_second_order_system_has_its_closed_forms(damping: float) -> None:
    """Overshoot exp(-πζ/√(1-ζ²)), peak π/(ω√(1-ζ²)), bandwidth ω·√(1-2ζ²+√((1-2ζ²)²+1)) (Ogata 5.3)."""
    w = 3.0
    found = system(numerator=[w * w], denominator=[1, 2 * damping * w, w * w])
    root = math.sqrt(1 - damping**2)
    assert found.overshoot == pytest.approx(100 * math.exp(-math.pi * damping / root), rel=1e-4)
    assert found.peak_time == pytest.approx(math.pi / (w * root), rel=1e-4)
    wide = 1 - 2 * damping**2
    assert found.bandwidth == pytest.approx(w * math.sqrt(wide + math.sqrt(wide**2 + 1)), rel=1e-9)
    assert found.stable
    assert found.receipt.met
    assert all(check.agrees for check in found.receipt.checks)


def test_margins_of_a_known_loop() -> None:
    """1/(s·(s+1)·(s+2)): gain margin 6 at √2 rad/s; phase margin 53.4° at 0.4457 rad/s."""
    found = system(formula="1/(s*(s + 1)*(s + 2))", duration=20)
    assert found.gain_margin == pytest.approx(6, rel=1e-9)
    assert found.gain_margin_frequency == pytest.approx(math.sqrt(2), rel=1e-9)
    assert found.phase_margin == pytest.approx(53.4109, abs=1e-3)
    assert not found.stable


def test_a_cancelled_pole_is_told() -> None:
    """(s + 1)/((s + 1)(s + 2)) is 1/(s + 2); an unstable one that cancels leaves it unstable inside."""
    found = system(formula="(s + 1)/((s + 1)*(s + 2))")
    assert found.order == 1
    hidden = system(zeros=[{"real": 1}], poles=[{"real": 1}, {"real": -2}])
    assert [one.real for one in hidden.cancelled] == [1]
    assert not hidden.stable
    assert any("cancels" in note for note in hidden.receipt.notes)


def test_repeated_poles_are_exact() -> None:
    """1/(s+1)³: three poles at -1, and a step response 1 - e^(-t)·(1 + t + t²/2)."""
    found = system(numerator=[1], denominator=[1, 3, 3, 1])
    assert [one.real for one in found.poles] == pytest.approx([-1] * 3, abs=1e-12)
    t = np.array(found.response.time)
    assert found.response.step == pytest.approx((1 - np.exp(-t) * (1 + t + t**2 / 2)).tolist(), abs=1e-11)


def test_a_discrete_system_is_its_difference_equation() -> None:
    """0.2/(z - 0.8): 1 - 0.8^n, a pole inside the circle."""
    found = system(numerator=[0.2], denominator=[1, -0.8], sample_time=0.1)
    n = np.rint(np.array(found.response.time) / 0.1)
    assert found.response.step == pytest.approx((1 - 0.8**n).tolist(), abs=1e-13)
    assert found.stable
    assert not system(formula="1/(z - 1.5)", sample_time=1).stable


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "denominator"),
        ({"denominator": [1, 2]}, "numerator"),
        ({"numerator": [1], "denominator": [0, 0]}, "denominator"),
        ({"formula": "s^2/(s + 1)"}, "formula"),
        ({"formula": "exp(-s)"}, "formula"),
        ({"formula": "9^9^9/s"}, "formula"),
        ({"poles": [{"real": -1, "imaginary": 2}]}, "poles"),
        ({"formula": "1/(s - 1)", "duration": 1000}, "duration"),
    ],
)
def test_what_is_no_system_is_refused(given: dict[str, Any], field: str) -> None:
    """Nothing, half of it, 0, a differentiator, a delay, a hostile formula, a lone complex pole, growth."""
    with pytest.raises(InvalidRequest) as refused:
        system(**given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("given", "pole", "times"),
    [
        ({"formula": "1/(s + 1)^3"}, -1, 3),
        ({"formula": "1/(pi*s + 1)^3"}, -1 / math.pi, 3),
        ({"numerator": [1], "denominator": [1, 1, 1 / 3, 1 / 27]}, -1 / 3, 3),
        ({"numerator": [1], "denominator": np.poly([-0.7] * 6 + [-3]).tolist()}, -0.7, 6),
        ({"formula": "1/(0.7*s + 1)^5"}, -1 / 0.7, 5),
        ({"formula": "1/(s + 0.001)^8"}, -0.001, 8),
    ],
)
def test_poles_that_repeat_are_found_once_and_answered_to_their_end(
    given: dict[str, Any], pole: float, times: int
) -> None:
    """Rounding of the coefficients takes such poles apart by its root; the response is followed until it settles."""
    found = system(**given)
    same = [one for one in found.poles if one.real == pytest.approx(pole, rel=1e-13) and not one.imaginary]
    assert len(same) == times
    assert found.stable
    assert found.receipt.met
    assert found.settling_time is not None


def test_poles_that_differ_are_not_taken_as_one() -> None:
    """A thousandth apart is no rounding."""
    found = system(formula="1/((s + 1)*(s + 1.001)*(s + 0.999))")
    assert [one.real for one in found.poles] == pytest.approx([-0.999, -1, -1.001], abs=1e-14)


def test_a_slow_system_with_one_fast_zero_is_seen_within_its_first_step() -> None:
    """Its rise is that of the closed form: 0.1 to 0.9 of 1 - 0.5·exp(-t) - 0.5·exp(-10000·t)."""
    found = system(formula="0.5/(s + 1) + 5000/(s + 10000)")
    assert found.rise_time == pytest.approx(-math.log(0.2) + math.log(0.8 / 0.9 + 0.1 / 0.9) / 1e4, rel=1e-3)
    assert found.receipt.met


def test_margins_are_seen_far_from_the_corners() -> None:
    """A gain of 10⁸ crosses 1 at 10⁸ rad/s, where the phase is -90°; an integrator of 10⁻⁶ at 10⁻⁶ rad/s."""
    loud = system(formula="1e8/(s + 1)")
    assert loud.phase_margin_frequency == pytest.approx(1e8, rel=1e-9)
    assert loud.phase_margin == pytest.approx(90, abs=1e-5)
    quiet = system(formula="1e-6/(s*(s + 1))")
    assert quiet.phase_margin_frequency == pytest.approx(1e-6, rel=1e-9)
    assert system(formula="1/(s^10 + 1)").gain_margin is None


@pytest.mark.parametrize("given", [{"poles": [{"real": -1e-200}]}, {"numerator": [1], "denominator": [1e-300, 1]}])
def test_poles_that_no_double_follows_are_refused(given: dict[str, Any]) -> None:
    """The field is named, and the remedy."""
    with pytest.raises(InvalidRequest, match="beyond what doubles can follow") as refused:
        system(**given)
    assert refused.value.field in ("poles", "denominator")
