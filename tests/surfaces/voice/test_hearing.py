"""What a person says is cut out of the sound, and its transcripts never queue up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nis_backend.capabilities.voice.endpoint import WINDOW, WINDOW_SECONDS, Endpoint, Heard, Limits
from nis_backend.errors import NisError, Unavailable
from nis_backend.surfaces.voice.hearing import AFTER, BEFORE, Hearing, Utterance
from nis_backend.surfaces.voice.transcripts import MOST_UNDER_WAY

PATIENCE = 30.0
RATE = 16_000
SPEECH, SILENCE = b"\1\1" * WINDOW, b"\0\0" * WINDOW


class Windows:
    """A listener that takes a window for speech which is not silent."""

    def __init__(self) -> None:
        self._endpoint = Endpoint(Limits())
        self._rest = b""

    @property
    def speaking(self) -> bool:
        """See `hearing.Listener`."""
        return self._endpoint.speaking

    @property
    def speech(self) -> float:
        """See `hearing.Listener`."""
        return self._endpoint.speech

    async def hear(self, pcm: bytes) -> list[Heard]:
        """See `hearing.Listener`."""
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % len(SPEECH)
        self._rest = sound[whole:]
        windows = [sound[at : at + len(SPEECH)] for at in range(0, whole, len(SPEECH))]
        return [heard for one in windows for heard in self._endpoint.step(float(any(one)))]

    def stop(self) -> list[Heard]:
        """See `hearing.Listener`."""
        return self._endpoint.stop()


class Missing(Windows):
    """A listener whose package is not installed."""

    async def hear(self, pcm: bytes) -> list[Heard]:
        """See `hearing.Listener`."""
        raise Unavailable(f"{len(pcm)} bytes cannot be heard.", remedy="Install it.")


class Notes:
    """Who is told, and writes it down; a transcript is the length of its sound in windows, made when it is let."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.said_one = asyncio.Event()
        self.failed = asyncio.Event()
        self.let = asyncio.Event()
        self.let.set()
        self.under_way = self.most = 0

    async def transcribe(self, pcm: bytes) -> str:
        """See `hearing.Ear`."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.let.wait()
        self.under_way -= 1
        return str(round(len(pcm) / len(SPEECH)))

    def spare(self) -> bool:
        """As above."""
        return True

    async def speech_started(self, at: float) -> None:
        """As above."""
        self.told.append(("started", round(at / WINDOW_SECONDS)))

    async def speech_goes_on(self, seconds: float) -> None:
        """As above."""
        del seconds

    async def speech_stopped(self, at: float) -> None:
        """As above."""
        self.told.append(("stopped", round(at / WINDOW_SECONDS)))

    async def partly_said(self, text: str) -> None:
        """As above."""
        self.told.append(("partial", text))

    async def said(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        """As above."""
        self.told.append(("said", (round(utterance.seconds / WINDOW_SECONDS), await text)))
        self.said_one.set()

    async def deaf(self, error: NisError) -> None:
        """As above."""
        self.told.append(("deaf", error.code))
        self.failed.set()


class Hasty(Notes):
    """One who does not wait for the words."""

    async def said(self, utterance: Utterance, text: asyncio.Task[str]) -> None:
        """See `hearing.Ear`."""
        del utterance
        self.told.append(("said", text))


async def until(there: Callable[[], bool]) -> None:
    """Let the others go on until it is so."""
    while not there():  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0)


def heard(
    play: Callable[[Hearing, Notes], Any],
    listener: Windows | None,
    *,
    partials: bool = False,
    longest: float = 30.0,
    ear: type[Notes] = Notes,
) -> list[tuple[str, Any]]:
    """What is told of a sound that `play` sends."""

    async def hear() -> list[tuple[str, Any]]:
        notes = ear()
        hearing = Hearing(RATE, listener, notes, partials=partials, longest=longest)
        try:
            async with asyncio.timeout(PATIENCE):
                await play(hearing, notes)
        finally:
            hearing.task.cancel()
        return notes.told

    return asyncio.run(hear())


def test_an_utterance_is_cut_out_with_a_little_around_it() -> None:
    """Its transcript is of the speech, and of so much before and after it that no word is cut."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        sound = SILENCE * 50 + SPEECH * 40 + SILENCE * 40
        for at in range(0, len(sound), 1000):
            await hearing.put(sound[at : at + 1000])
        await notes.said_one.wait()

    around = round(40 + (BEFORE + AFTER) / WINDOW_SECONDS)
    assert heard(play, Windows()) == [("started", 50), ("stopped", 90), ("said", (40, str(around)))]


def test_transcripts_do_not_queue_up_behind_one_that_takes_long() -> None:
    """While one is made of the sound so far, no second is begun but at a pause: the final one comes all the same."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        notes.let.clear()
        for _ in range(20):
            await hearing.put(SPEECH * 10)
        await until(lambda: notes.under_way > 0)
        await hearing.put(SILENCE * 40)
        await until(lambda: ("stopped", 200) in notes.told and notes.under_way == 2)
        notes.let.set()
        await notes.said_one.wait()
        assert notes.most == 2

    told = heard(play, Windows(), partials=True)
    assert told[:2] == [("started", 0), ("stopped", 200)]
    assert ("said", (200, str(round(200 + AFTER / WINDOW_SECONDS)))) in told


def test_without_a_listener_the_client_ends_what_is_said() -> None:
    """Push to talk: all of the sound between two commits is what was said."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        for count in (10, 20):
            notes.said_one.clear()
            await hearing.put(SPEECH * count)
            hearing.commit()
            await notes.said_one.wait()

    assert heard(play, None) == [
        *[("started", 0), ("stopped", 10), ("said", (10, "10"))],
        *[("started", 10), ("stopped", 30), ("said", (20, "20"))],
    ]


def test_a_commit_ends_what_had_come_by_then() -> None:
    """What is sent right after it is the next thing that is said, however quickly both come."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        for count in (10, 20, 1):
            await hearing.put(SPEECH * count)
            hearing.commit()
            hearing.commit()
        await until(lambda: sum(kind == "said" for kind, _ in notes.told) == 3)

    told = heard(play, None)
    assert [what for kind, what in told if kind == "said"] == [(10, "10"), (20, "20"), (1, "1")]


def test_who_says_much_at_once_is_heard_out_in_turn() -> None:
    """Bounded: few transcripts are made at once, and the sound waits meanwhile."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        notes.let.clear()
        for _ in range(50):
            await hearing.put(SPEECH)
            hearing.commit()
        await until(lambda: notes.under_way == MOST_UNDER_WAY)
        for _ in range(100):
            await asyncio.sleep(0)
        assert (notes.under_way, hearing.waiting) == (MOST_UNDER_WAY, (50 - MOST_UNDER_WAY) * len(SPEECH))
        notes.let.set()
        texts = [text for kind, text in notes.told if kind == "said"]
        while len(texts) < 50:
            await asyncio.sleep(0)
            texts = [text for kind, text in notes.told if kind == "said"]
        assert await asyncio.gather(*texts) == ["1"] * 50
        assert notes.most == MOST_UNDER_WAY

    heard(play, None, ear=Hasty)


def test_a_sound_without_an_end_is_ended() -> None:
    """Bounded: a client that never commits is heard in parts."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        await hearing.put(SPEECH * 100)
        await notes.said_one.wait()

    told = heard(play, None, longest=2.0)
    assert told[:2] == [("started", 0), ("stopped", round(2.0 / WINDOW_SECONDS))]


def test_what_cannot_be_heard_is_told_once() -> None:
    """A missing package is missing for each frame of the sound: the client is told of it with the first."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        for _ in range(50):
            await hearing.put(SPEECH * 10)
        await notes.failed.wait()
        await hearing.put(SPEECH * 10)
        await asyncio.sleep(0)

    assert heard(play, Missing()) == [("deaf", "unavailable")]


def test_what_is_cleared_is_not_said() -> None:
    """The client takes back what it has sent."""

    async def play(hearing: Hearing, notes: Notes) -> None:
        await hearing.put(SPEECH * 30)
        await until(lambda: hearing.speaking)
        hearing.clear()
        await hearing.put(SPEECH * 10 + SILENCE * 30)
        await notes.said_one.wait()

    told = heard(play, Windows())
    assert told[-1][0] == "said"
    assert [kind for kind, _ in told].count("said") == 1
