"""Events that pass: whole, in any pieces, without what their reader has not asked for."""

from __future__ import annotations

import json

import pytest
from counted_pieces import counted
from fake_openai import DONE, delta, event, usage
from hypothesis import given
from hypothesis import strategies as some

from nis_backend.drivers.gateway.events import Events, data_of

ANSWER = [delta(role="assistant", content="One"), delta(content=' "usage": {"x": 1}\n\n[DONE]'), delta("stop")]
COUNT = usage(7, 3)


def passed(events: Events, body: bytes, cuts: list[int]) -> bytes:
    """What passes of a body that comes in pieces."""
    out, start = b"", 0
    for cut in [*sorted({cut % (len(body) + 1) for cut in cuts}), len(body)]:
        if cut > start:
            out += events.feed(body[start:cut])
            start = cut
    return out + events.rest()


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_the_count_is_found_at_every_cut(end: bytes) -> None:
    """In two pieces, cut at each place; what passes is what came."""
    body = b"".join([*ANSWER, COUNT, DONE]).replace(b"\n\n", end)
    for cut in range(len(body) + 1):
        events = Events(drops_counts=False)
        assert passed(events, body, [cut]) == body
        assert [data_of(one)["usage"]["prompt_tokens"] for one in events.counted] == [7]  # type: ignore[index]
        assert events.ended


@given(cuts=some.lists(some.integers(0, 2000), max_size=12), crlf=some.booleans())
def test_a_count_that_was_added_never_passes(cuts: list[int], crlf: bool) -> None:
    """Whatever the pieces, all else does."""
    end = b"\r\n\r\n" if crlf else b"\n\n"
    before, after = b"".join(ANSWER).replace(b"\n\n", end), DONE.replace(b"\n\n", end)
    events = Events(drops_counts=True)
    assert passed(events, before + COUNT.replace(b"\n\n", end) + after, cuts) == before + after
    assert len(events.counted) == 1


def test_each_piece_that_passes_is_whole_events() -> None:
    """So that what has to be said at any time never stands within another event."""
    body = b"".join([*ANSWER, COUNT, DONE])
    for cut in range(1, len(body)):
        events = Events(drops_counts=False)
        first = events.feed(body[:cut])
        assert first == b"" or first.endswith(b"\n\n")


def test_an_event_in_many_small_pieces_is_not_copied_for_each_of_them() -> None:
    """Bounded: an event without an end costs its length, not its square, of the one loop of the process."""
    events, piece = Events(drops_counts=False), counted()
    for number in range(1000):
        assert events.feed(piece(b"x" * 100)) == b""
        assert events.held == 100 * (number + 1)
    assert events.feed(piece(b"\n\n")) == b"x" * 100_000 + b"\n\n"
    # Two bytes of what came before may belong to its end.
    assert piece.copied <= 2 * 1001


@given(cuts=some.lists(some.integers(0, 2000), max_size=12))
def test_nothing_passes_from_a_failure_on(cuts: list[int]) -> None:
    """The provider's own words of it may name what is not the caller's."""
    failure = event(error={"message": "out of memory", "type": "server_error"})
    events = Events(drops_counts=False)
    assert passed(events, b"".join([ANSWER[0], failure]), cuts) == ANSWER[0]
    assert events.broken is not None
    assert events.broken["error"]["message"] == "out of memory"
    assert not events.ended


@pytest.mark.parametrize("said", ['"error": {"a": 1}', "data: [DONE]", '"finish_reason": "stop"'])
def test_words_that_look_like_an_end_are_words(said: str) -> None:
    """Within a text their quotes are escaped, and its lines are none of the stream's."""
    events = Events(drops_counts=True)
    one = delta(content=f"\n{said}\n")
    assert events.feed(one) == one
    assert (events.broken, events.ended, events.counted) == (None, False, [])


def test_an_answer_whose_server_counts_in_every_event_is_kept_short() -> None:
    """The first and the last are kept: some count up in each."""
    events = Events(drops_counts=False)
    for number in range(100):
        events.feed(event(choices=[{"index": 0, "delta": {}}], usage={"prompt_tokens": 1, "completion_tokens": number}))
    assert len(events.counted) == 2
    assert json.loads(events.counted[-1][6:])["usage"]["completion_tokens"] == 99


def test_words_are_counted_without_what_is_around_them() -> None:
    """For an answer that nobody has counted: not less than its events, and not those themselves."""
    events = Events(drops_counts=False)
    for part in [delta(content=""), *(delta(content="word ") for _ in range(50))]:
        events.feed(part)
    assert 200 <= events.said <= 260
