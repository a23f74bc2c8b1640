"""Counters: what callers make up names few of them."""

from __future__ import annotations

from nis_backend.drivers.telemetry.counting import LONGEST_MODEL, MOST_MODELS, OTHERS, Counts


def test_models_that_callers_make_up_have_no_counters_of_their_own() -> None:
    """Promise: what a provider does not have takes no place, and neither many names nor long ones grow the process."""
    counts = Counts()
    for number in range(10 * MOST_MODELS):
        counts.asked(f"local:none-{number}", "not_found", None, None)
    counts.asked(f"local:{'x' * LONGEST_MODEL}", "ok", None, 0.1)
    assert {model for model, _ in counts.model_calls} == {OTHERS}
    counts.asked("local:there", "ok", None, 0.1)
    counts.asked("local:there", "not_found", None, None)
    assert (counts.model_calls["local:there", "ok"], counts.model_calls["local:there", "not_found"]) == (1, 1)
    for number in range(10 * MOST_MODELS):
        counts.asked(f"local:{number}", "ok", None, 0.1)
    assert len({model for model, _ in counts.model_calls}) == MOST_MODELS + 1
    assert sum(counts.model_calls.values()) == 20 * MOST_MODELS + 3


def test_methods_that_callers_make_up_are_one() -> None:
    """Promise: as many series as there are methods and routes, whatever is sent."""
    counts = Counts()
    for number in range(1000):
        counts.answered(f"M{number}", "unmatched", 404, 0.001)
    assert counts.requests == {(OTHERS, "unmatched", "4xx"): 1000}
