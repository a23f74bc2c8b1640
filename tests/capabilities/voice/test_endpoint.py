"""Where speech begins, pauses and ends, from the probabilities of windows."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.voice.endpoint import WINDOW_SECONDS, Endpoint, Limits

SPEECH, SILENCE, BETWEEN = 0.9, 0.02, 0.4


def told(endpoint: Endpoint, *windows: tuple[float, int]) -> list[tuple[str, float]]:
    """What so many windows of each probability tell, in windows of the sound."""
    return [
        (heard.kind, round(heard.at / WINDOW_SECONDS))
        for probability, count in windows
        for _ in range(count)
        for heard in endpoint.step(probability)
    ]


def test_speech_begins_where_it_began_and_ends_with_its_last_window() -> None:
    """What is told late is told with the place where it was: 96 ms begin an utterance, 600 ms of silence end it."""
    found = told(Endpoint(Limits()), (SILENCE, 10), (SPEECH, 20), (SILENCE, 30))
    assert found == [("started", 10), ("paused", 30), ("stopped", 30)]


def test_a_click_is_no_speech() -> None:
    """Two windows alone, again and again, begin nothing."""
    assert told(Endpoint(Limits()), *[(SPEECH, 2), (SILENCE, 1)] * 20) == []


def test_somebody_who_goes_on_has_only_paused() -> None:
    """A pause is told once, and that it was one."""
    found = told(Endpoint(Limits()), (SPEECH, 10), (SILENCE, 10), (SPEECH, 5), (SILENCE, 25))
    assert found == [("started", 0), ("paused", 10), ("resumed", 20), ("paused", 25), ("stopped", 25)]


@pytest.mark.parametrize(("speaking", "expected"), [(False, []), (True, [("started", 0)])])
def test_speech_goes_on_a_little_below_what_begins_it(speaking: bool, expected: list[tuple[str, int]]) -> None:
    """Hysteresis, as of Silero's own iterator: 0.15."""
    before = [(SPEECH, 4)] if speaking else []
    assert told(Endpoint(Limits()), *before, (BETWEEN, 40)) == expected


def test_an_utterance_is_bounded() -> None:
    """Who speaks without a pause is heard in parts, which follow each other."""
    limits = Limits(longest=100 * WINDOW_SECONDS)
    assert told(Endpoint(limits), (SPEECH, 210)) == [
        *[("started", 0), ("stopped", 100), ("started", 100), ("stopped", 200)],
        ("started", 200),
    ]


def test_whoever_ends_it_ends_it_once() -> None:
    """A client's word ends an utterance at its last speech; without one there is nothing to end."""
    endpoint = Endpoint(Limits())
    told(endpoint, (SPEECH, 10), (SILENCE, 3))
    assert [round(heard.at / WINDOW_SECONDS) for heard in endpoint.stop()] == [10]
    assert endpoint.stop() == []
