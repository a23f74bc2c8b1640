"""Models that speak and hear, as calls see them: what they are asked is routed, limited and counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from nis_backend.drivers.gateway.attempt import Begun, Call
from nis_backend.drivers.gateway.base import Needs
from nis_backend.drivers.gateway.bounds import AUDIO_OPENING, AUDIO_TOKENS_A_SECOND, several
from nis_backend.drivers.gateway.registry import direct, gone
from nis_backend.drivers.speech.base import Heard, Speech, Spoken, ToHear, ToSpeak
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.metered import Gate
    from nis_backend.drivers.gateway.route import Route, Target

Answer = TypeVar("Answer", Spoken, Heard)

SPOKEN_TOKENS_A_SECOND = 21
"""Of a voice that is charged by tokens: OpenAI's, whose minute costs 1.5 cents at 12 dollars for a million."""
SECONDS_A_BYTE = 0.5
"""Of text, at most, as spoken at the usual speed: a digit or a sign becomes a word, a letter a tenth of one."""
WORDS_A_SECOND = 25
"""Tokens that are said in a second, at most: some ten times what is usual."""
LEAST_WORDS = 2048
"""Tokens that a transcript of any sound may have: where a model repeats itself, OpenAI's end there."""


class MeteredSpeech(Speech):
    """The models that speak and hear, asked in one caller's name."""

    def __init__(self, gate: Gate, who: Who) -> None:
        self._gate = gate
        self._who = who

    async def speak(self, model: str, wanted: ToSpeak) -> Spoken:
        """See `Speech.speak`."""
        seconds = SECONDS_A_BYTE * len(wanted.text.encode()) / min(1.0, wanted.speed)
        needs = Needs(
            input_bound=None,
            output=math.ceil(SPOKEN_TOKENS_A_SECOND * seconds),
            characters=len(wanted.text),
        )
        texts = several([wanted.text, wanted.instructions])

        def estimated(spoken: Spoken) -> int:
            # What is stated nowhere is guessed: of the usual 15 characters a second.
            return math.ceil(SPOKEN_TOKENS_A_SECOND * len(wanted.text) / 15 / wanted.speed) if spoken.data else 0

        return await self._asked(model, needs, "speech", texts, lambda one, name: one.speak(name, wanted), estimated)

    async def hear(self, model: str, sound: ToHear) -> Heard:
        """See `Speech.hear`."""
        words = max(LEAST_WORDS, math.ceil(WORDS_A_SECOND * sound.seconds))
        needs = Needs(input_bound=None, output=words, seconds=sound.seconds)
        tokens = AUDIO_OPENING + math.ceil(AUDIO_TOKENS_A_SECOND * sound.seconds) + several([sound.prompt])

        def estimated(heard: Heard) -> int:
            return len(heard.text.encode())

        return await self._asked(
            model, needs, "transcription", tokens, lambda one, name: one.hear(name, sound), estimated
        )

    async def _asked(  # noqa: PLR0913, PLR0917 - what is asked, and what it comes to
        self,
        model: str,
        needs: Needs,
        kind: str,
        tokens: int,
        ask: Callable[[Speech, str], Awaitable[Answer]],
        estimated: Callable[[Answer], int],
    ) -> Answer:
        route = await self._route(model)

        async def send(target: Target, most: int | None) -> Begun[Answer]:
            del most  # no such endpoint takes one
            found = await ask(self._speech(target), target.model)
            return Begun(first=found, rest=_nothing(), used=lambda: found.usage, said=lambda: estimated(found))

        call = Call(
            who=self._who,
            route=route,
            needs=needs,
            kind=kind,
            streamed=False,
            bound=lambda _family, _context: tokens,
        )
        return await self._gate.attempts.whole(call, send)

    async def _route(self, model: str) -> Route:
        """The route of this name, or the one model of a provider: the one that is named, or that lists it."""
        registry = self._gate.registry
        await registry.ready()
        found = registry.resolve(model)
        if found is not None:
            return found
        driver, info = await registry.models.choose(model)
        return direct(driver.provider, info.name)

    def _speech(self, target: Target) -> Speech:
        registry = self._gate.registry
        driver = registry.driver(target.provider)
        if driver is None:
            raise gone(target.provider)
        found = driver.speech(registry.family(target.provider))
        if found is None:
            raise _silent(target)
        return found


def _silent(target: Target) -> NotSupported:
    error = NotSupported(
        f"{target.provider} neither speaks nor hears.",
        field="model",
        value=target.id,
        remedy="Leave the model out, or name one of a provider that speaks OpenAI's format.",
    )
    error.sent = "no"
    return error


async def _nothing() -> AsyncGenerator[Answer, None]:
    """No more items."""
    return
    yield
