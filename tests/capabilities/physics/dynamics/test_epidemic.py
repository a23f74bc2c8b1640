"""Epidemics: invariants, the equation of the final size, thresholds, and limits of the models."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy.special import lambertw  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - scipy has none

from nis_backend.capabilities.physics.dynamics.epidemic import left_over, spread
from nis_backend.capabilities.physics.dynamics.kinetics import EpidemicRequest
from nis_backend.errors import InvalidRequest


def request(**changes: Any) -> EpidemicRequest:
    """A million people, one of them infectious for five days, changed."""
    return EpidemicRequest.model_validate({"reproduction_number": 2.5, "infectious_time": 5, **changes})


@pytest.mark.parametrize("number", [0.3, 0.99, 1.01, 1.5, 2.5, 8, 40])
@pytest.mark.parametrize("immune", [0, 300_000])
def test_those_left_over_are_by_lamberts_function(number: float, immune: float) -> None:
    """The share is -W(-R0·s0·exp(-R0·(s0 + i0)))/R0, its principal branch."""
    given = request(reproduction_number=number, immune=immune, infected=100)
    s0, i0 = (1e6 - immune - 100) / 1e6, 1e-4
    expected = -float(lambertw(-number * s0 * math.exp(-number * (s0 + i0))).real) / number
    assert left_over(given) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("latent", [0, 4, 1e-4])
def test_an_epidemic_ends_at_its_final_size_and_keeps_its_people(latent: float) -> None:
    """Whether with a latent time or without; a very short one makes it stiff, and changes nothing of this."""
    course = spread(request(latent_time=latent, points=51))
    assert course.receipt.met
    assert [one.agrees for one in course.receipt.checks] == [True, True]
    people, invariant = course.receipt.conserved
    assert people.drift < 1e-12 * 1e6
    assert invariant.drift < 1e-7
    assert course.infected_share == pytest.approx(course.final_share, abs=1e-9)
    assert course.herd_threshold == 0.6


@pytest.mark.parametrize("duration", [100, 1_000, 30_000])
def test_at_the_threshold_it_is_not_over_because_few_are_infectious(duration: float) -> None:
    """At R0 = 1 one in a million stays infectious for years: the final size is no check of what goes on."""
    course = spread(request(reproduction_number=1, infected=1, duration=duration, points=11))
    assert all(one.agrees for one in course.receipt.checks)


def test_the_peak_is_where_the_susceptible_fall_below_one_in_r0() -> None:
    """I at the peak is 1 - (1 + ln(R0·s0))/R0 of all, by the invariant."""
    course = spread(request(infected=1000))
    s0, number = 0.999, 2.5
    assert course.peak_infectious / 1e6 == pytest.approx(1 - (1 + math.log(number * s0)) / number, rel=1e-9)
    assert course.peak_time is not None
    assert course.peak_infectious >= max(course.trajectory.infectious)


def test_the_error_reached_bounds_the_error() -> None:
    """Against a tolerance ten thousand times tighter."""
    loose, tight = spread(request(tolerance=1e-6, points=21)), spread(request(tolerance=1e-11, points=21))
    pairs = zip(loose.trajectory.infectious, tight.trajectory.infectious, strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 1.5e6 * loose.receipt.error_reached + 1e-6


def test_below_one_nothing_grows_and_enough_immune_people_stop_it() -> None:
    """R0 below 1, or more immune people than the threshold asks for."""
    for changes in ({"reproduction_number": 0.8}, {"immune": 700_000}):
        course = spread(request(**changes))
        assert course.peak_time is None
        assert course.doubling_time is None
        assert course.peak_infectious == 1
    assert spread(request(immune=500_000)).doubling_time is not None


def test_at_first_it_grows_as_fast_as_it_says() -> None:
    """Cases after the doubling time, in SIR and, once the stages are in proportion, in SEIR."""
    sir = spread(request(infected=1e-3, duration=20, points=2, tolerance=1e-12))
    assert sir.doubling_time == pytest.approx(math.log(2) / 0.3, rel=1e-8)
    assert sir.trajectory.infectious[-1] == pytest.approx(1e-3 * math.exp(0.3 * 20), rel=1e-5)
    seir = spread(request(infected=1e-3, latent_time=3, duration=80, points=81))
    assert seir.doubling_time is not None
    grown = seir.trajectory.infectious[60] / seir.trajectory.infectious[40]
    assert grown == pytest.approx(2 ** (20 / seir.doubling_time), rel=2e-3)


def test_lost_immunity_makes_it_stay() -> None:
    """SIRS and SEIRS tend to (1 - 1/R0)·infectious/(infectious + latent + immune)."""
    for latent, kind in ((0, "SIRS"), (5, "SEIRS")):
        course = spread(request(immune_time=60, latent_time=latent, duration=2500, points=3))
        assert course.model == kind
        assert course.final_share is None
        assert course.trajectory.infectious[-1] == pytest.approx(course.endemic_infectious, rel=1e-6)


def test_more_infected_than_people_are_refused() -> None:
    """The field and what to do."""
    with pytest.raises(InvalidRequest) as refused:
        request(population=10, infected=11)
    assert refused.value.field == "infected"


def test_an_outbreak_from_almost_nothing_is_met() -> None:
    """Of 47 doublings by e the first decide when the peak comes: steps follow the infectious, not the population."""
    request = EpidemicRequest(
        reproduction_number=3, infectious_time=5, population=1e11, infected=1e-9, duration=180, points=2
    )
    found = spread(request)
    assert found.receipt.met
    # The peak by shares: i = 1 - s + ln(s·R0)/R0 at s = 1/R0.
    assert abs(found.peak_infectious / 1e11 - (1 - (1 + math.log(3)) / 3)) < 1e-8
    assert found.peak_time is not None
    assert abs(found.peak_time - 117.0540070) < 1e-5
