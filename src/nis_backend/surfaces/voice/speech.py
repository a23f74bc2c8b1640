"""What a conversation has transcribed and synthesised: one call of an operation each, with nothing of it kept."""

from __future__ import annotations

import asyncio
import io
import wave
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.surfaces.voice.speaking import Sound
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.voice.speech import SynthesizedSpeech, Transcription
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.voice.wire import Start

SHORTEST = 0.2
"""Seconds of silence that a model is woken with."""
TRANSCRIBE, SYNTHESISE = "voice.transcribe_audio", "voice.synthesize_speech"


class Speech:
    """Speech in the language and the voice that the conversation was begun with."""

    def __init__(self, process: Process, context: Callable[[], Context], start: Start) -> None:
        self._process = process
        self._context = context
        self._rate = start.sample_rate
        self._speaks = start.speaks
        self._heard: Json = {} if start.language is None else {"language": start.language.partition("-")[0]}
        spoken = {"voice": start.voice, "language": start.language, "rate": start.speed}
        self._spoken: Json = {name: value for name, value in spoken.items() if value is not None}

    async def wake(self) -> None:
        """Have the models loaded before somebody waits for them.

        Raises:
            Unavailable: what is needed is not there.
        """
        if self._speaks:
            await self.synthesise("Yes.")
        await self.transcribe(bytes(2 * int(self._rate * SHORTEST)))

    def spare(self) -> bool:
        """Whether the pool that transcribes has nothing to do."""
        ctx = self._context()
        pool = ctx.operations.entry(TRANSCRIBE).pool
        return all(one.busy == 0 for one in ctx.drivers.compute.status() if one.name == pool)

    async def transcribe(self, pcm: bytes) -> str:
        """What is said in samples of 16 bits.

        Like the sound of a sentence, it is made to its end, whoever is gone: a call that is stopped takes its process
        with it, and the model in that.

        Raises:
            NisError: as the operation does.
        """
        return await whole(self._transcribed(pcm))

    async def _transcribed(self, pcm: bytes) -> str:
        sound = Blob.of(_wave(pcm, self._rate), media_type="audio/wav", name="utterance.wav")
        # The microphone was listened to before: what is left is speech.
        asked = {"audio": sound, "only_speech": False, **self._heard}
        heard: Transcription = await self._called(TRANSCRIBE, asked)
        return heard.text.strip()

    async def synthesise(self, words: str) -> Sound:
        """The sound of a sentence.

        Raises:
            NisError: as the operation does.
        """
        return await whole(self._synthesised(words))

    async def _synthesised(self, words: str) -> Sound:
        asked = {"text": words, "format": "wav", **self._spoken}
        said: SynthesizedSpeech = await self._called(SYNTHESISE, asked)
        shelf = self._context().blobs
        try:
            data = await shelf.read(said.audio.id)
        finally:
            # It can be made again from the run's words.
            await shelf.delete(said.audio.id)
        return await asyncio.to_thread(_samples, data)

    async def _called(self, operation: str, asked: Json) -> Any:  # Any: that operation's result
        return await call(self._process.operations.find(operation), asked, replace(self._context(), passing=True))


def _wave(pcm: bytes, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()


def _samples(data: bytes) -> Sound:
    with wave.open(io.BytesIO(data)) as reader:
        return Sound(pcm=reader.readframes(reader.getnframes()), rate=reader.getframerate())
