"""An answer's sound goes out in time, sentence by sentence, and ends at once when nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nis_backend.errors import Unavailable
from nis_backend.surfaces.voice import speaking
from nis_backend.surfaces.voice.speaking import Sound, Speaking
from nis_backend.surfaces.voice.wire import HEAD

PATIENCE = 30.0
RATE = 8000
TEXT = "One two three four. Five six seven eight. Nine ten eleven twelve."


def spoken(seconds: float) -> Callable[[str], Awaitable[Sound]]:
    """A voice whose sentences all take so long."""

    async def synthesise(words: str) -> Sound:
        assert words
        return Sound(pcm=b"\1\0" * int(RATE * seconds), rate=RATE)

    return synthesise


class Client:
    """What has come."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.sounds = asyncio.Event()

    async def take(self, frame: Any) -> None:  # Any: an object or bytes
        """The next frame."""
        self.frames.append(frame)
        if isinstance(frame, bytes):
            self.sounds.set()


def test_frames_are_numbered_through_and_sentences_say_where_they_begin() -> None:
    """The client knows of each frame which words it is a part of."""

    async def speak() -> list[Any]:
        client = Client()
        one = Speaking(7, spoken(0.25), client.take)
        for end in range(len(TEXT) + 1):
            one.grow(TEXT[:end])
        one.finish()
        async with asyncio.timeout(PATIENCE):
            await one.ended()
        assert one.spoken() == TEXT
        return client.frames

    frames = asyncio.run(speak())
    heads = [HEAD.unpack_from(frame) for frame in frames if isinstance(frame, bytes)]
    assert heads == [(7, number) for number in range(1, 10)]
    told = [(one["text"], one["sequence"], one["start"]) for one in frames if not isinstance(one, bytes)]
    assert told == [
        ("One two three four.", 1, 0),
        (" Five six seven eight.", 4, 19),
        (" Nine ten eleven twelve.", 7, 41),
    ]


def test_what_is_stopped_says_no_more_and_knows_what_was_heard() -> None:
    """Barge-in: the sound ends at once, and the rest of the answer was not heard."""

    async def speak() -> None:
        client = Client()
        one = Speaking(1, spoken(60.0), client.take)
        one.grow(TEXT)
        one.finish()
        async with asyncio.timeout(PATIENCE):
            await client.sounds.wait()
            one.stop()
            await one.ended()
        went_out = len(client.frames)
        assert went_out < 2 + (speaking.AHEAD + PATIENCE) / speaking.PIECE
        assert TEXT.startswith(one.spoken())
        assert "Five" not in one.spoken()
        await asyncio.sleep(0)
        assert len(client.frames) == went_out

    asyncio.run(speak())


@pytest.mark.parametrize(("played", "expected"), [(0.0, ""), (0.13, "One two"), (0.25, TEXT[:19]), (99.0, TEXT)])
def test_a_client_knows_better_what_it_has_played(played: float, expected: str) -> None:
    """Its word counts; more than went out it cannot have heard."""

    async def speak() -> str:
        one = Speaking(1, spoken(0.25), Client().take)
        one.grow(TEXT)
        one.finish()
        async with asyncio.timeout(PATIENCE):
            await one.ended()
        return one.spoken(played)

    assert asyncio.run(speak()) == expected


def test_a_voice_that_is_missing_is_told_where_the_sound_was_to_go_out() -> None:
    """House rule: what cannot be answers `Unavailable` with the remedy, and nothing waits for it for ever."""

    async def missing(words: str) -> Sound:
        raise Unavailable(f"Nobody says {words!r}.", remedy="Install a voice.")

    async def speak() -> None:
        one = Speaking(1, missing, Client().take)
        one.grow(TEXT)
        one.finish()
        with pytest.raises(Unavailable):
            async with asyncio.timeout(PATIENCE):
                await one.ended()
        assert one.spoken() == ""

    asyncio.run(speak())
