"""A text of any length in few words: read in parts, whose summaries are read in turn.

Each part's summary is a note of the run, so that after a crash no part is read twice. How much a model has room for is
told by itself, or found out: a part that it calls too long is read in halves.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from nis_backend.alongside import each
from nis_backend.asking import ask
from nis_backend.capabilities.models.asking import Asking, Asks, Said, Spent, labelled, system, user
from nis_backend.capabilities.models.judging import A_TEXT
from nis_backend.capabilities.models.parts import size, split
from nis_backend.drivers.llm.base import Prompt
from nis_backend.errors import InvalidRequest, TooLarge, UpstreamFailed, WorkerLost
from nis_backend.event import Progressed
from nis_backend.operation import Example, Recorded, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import Answered

LONGEST, MOST_PARTS = 2_000_000, 1000
"""Characters of a text; parts that it may be read in."""
AT_ONCE = 4
"""Parts that are read side by side: as many answers as the embedded model writes at once."""

SMALL = 16_384
"""Tokens of a context that is filled to its end; of a larger one, half is read at a time."""
BYTES_OF_A_TOKEN = 3
"""So few that a text cut by it fits in most languages."""
UNSTATED = 48_000
"""Bytes of a part for a model that does not say how much it takes: 12,000 to 16,000 tokens."""
LARGEST = 400_000
LEAST = 600
"""Bytes of a part that is not halved again."""
BESIDE = 200
"""Tokens of the instruction and of what a template adds."""
SHORTER = 0.8
"""What the summaries may have of their texts' bytes: with more, reading them in turn would not come to an end."""
BYTES_OF_A_WORD = 6
PART_WORDS = (40, 300)
"""Words of a part's summary, at least and at most."""


class SummaryRequest(Asks):
    """A text, and how it is to be told."""

    text: str = Field(min_length=1, max_length=LONGEST, description="The text.")
    words: int = Field(default=150, ge=10, le=2000, description="Most words of the summary.")
    style: Literal["prose", "bullets"] = Field(default="prose", description="Sentences, or a list of points.")
    focus: str | None = Field(
        default=None, min_length=1, max_length=1000, description="What the reader wants to know of it."
    )


class Summary(Said):
    """What the text says, in few words."""

    summary: str
    parts: int = Field(description="In how many parts the text was read.")
    rounds: int = Field(description="How often summaries of parts were summarised; 0 where it was read whole.")
    finish_reason: Literal["stop", "length"] = Field(description="`length`: it was cut, and is not the whole.")


def _draw(_request: SummaryRequest, result: Summary) -> list[View]:
    return [Text(text=result.summary + labelled(result, cut=result.finish_reason == "length"))]


@operation(
    "models.summarize_text",
    effect="reads",
    outward=True,
    view=_draw,
    examples=(
        Example(
            title="A short one",
            request={
                "text": "The Argo lies in the harbour of Volos.\n\nShe leaves on Monday, with fifty at the oars.",
                "words": 20,
            },
        ),
    ),
)
async def summarize_text(request: SummaryRequest, ctx: Context) -> Recorded[Summary]:
    """Have a language model tell a text of up to two million characters in few words.

    What it has no room for at once is read in parts, four side by side, and the summaries are summarised. The run
    records each: after a crash no part is read again.

    Raises:
        TooLarge: the model's context is so small that there would be more than 1,000 parts.
        UpstreamFailed: summaries do not get shorter than their texts, or no words came.
    """
    driver, info = await ctx.choose_model(request.model, request.provider)
    asking = Asking(driver=driver, info=info, models=ctx.models, max_tokens=request.max_tokens)
    reading = _Reading(request=request, ctx=ctx, asking=asking)
    return await reading.whole()


@dataclass(kw_only=True)
class _Reading:
    """One text being read."""

    request: SummaryRequest
    ctx: Context
    asking: Asking
    rounds: int = 0
    _done: int = 0

    async def whole(self) -> Summary:
        """All of it, in as many rounds as it takes."""
        parts = split(self.request.text, self._room())
        first, step = len(parts), 0
        while True:
            if len(parts) == 1:
                step += 1
                told = await self._last(parts[0], step)
                if told is not None:
                    text, reason = told
                    break
                parts = split(parts[0], size(parts[0]) // 2)
                first = first if self.rounds else len(parts)
            parts = await self._round(parts)
        return Summary(summary=text, parts=first, rounds=self.rounds, finish_reason=reason, **self.asking.said())

    async def _last(self, text: str, step: int) -> tuple[str, Literal["stop", "length"]] | None:
        """The summary, as a step of the run, whose words are heard as they come; None where the text is too long."""
        told = "a text, given as summaries of its parts in their order" if self.rounds else "a text"
        shape = " as a list of points, a line each, beginning with '- '" if self.request.style == "bullets" else ""
        messages = [system(self._instruction(told, self.request.words, shape)), user(text)]
        prompt = Prompt(model=self.asking.info.name, messages=messages, max_tokens=self._most(self.request.words))
        try:
            heard = await ask(self.ctx, self.asking.driver, prompt, step)
        except InvalidRequest as error:
            if error.field != "message" or size(text) < LEAST:
                raise
            return None
        end = heard.end
        self.asking.count(end)
        self._by(await self.ctx.note(f"answered {step}", lambda: self._who(end)))
        if end.refused:
            raise self.asking.refusal(heard.text)
        if not heard.text.strip():
            raise UpstreamFailed(f"{self.asking.info.id} has answered no words.", remedy="Try again, or another model.")
        return heard.text.strip(), "length" if end.finish_reason == "length" else "stop"

    async def _round(self, parts: Sequence[str]) -> list[str]:
        """The parts' summaries, in parts again."""
        if len(parts) > MOST_PARTS:
            raise TooLarge(
                f"{self.asking.info.id} would read the text in {len(parts)} parts; {MOST_PARTS} are allowed.",
                field="text",
                value=f"{len(self.request.text)} characters",
                remedy="Give a shorter text, or a model with a larger context.",
            )
        self.rounds += 1
        self._done = 0
        words = min(max(self._room() // BYTES_OF_A_WORD // len(parts), PART_WORDS[0]), PART_WORDS[1])

        async def one(numbered: tuple[int, str]) -> str:
            number, part = numbered
            summary = await self._part(part, f"round {self.rounds} part {number}", words)
            self._done += 1
            message = f"Round {self.rounds}: {self._done} of {len(parts)} parts are read."
            self.ctx.run.put(Progressed(fraction=self._done / len(parts), message=message))
            return summary

        told = await each(one, enumerate(parts, 1), AT_ONCE)
        together = "\n\n".join(told)
        if size(together) > SHORTER * sum(map(size, parts)):
            raise UpstreamFailed(
                f"What {self.asking.info.id} writes of the parts is no shorter than they are.",
                remedy="Use another model, or give a longer text.",
            )
        return split(together, self._room())

    async def _part(self, part: str, name: str, words: int) -> str:
        """A part's summary, noted; of one that the model calls too long, the summaries of its halves."""

        async def read() -> dict[str, Any]:  # Any: JSON
            return await self._read(part, words)

        noted = await self.ctx.note(name, read)
        if noted["text"] is None:
            halves = split(part, size(part) // 2)
            return "\n".join(
                [await self._part(half, f"{name}.{number}", words) for number, half in enumerate(halves, 1)]
            )
        self.asking.spent.append(Spent(**noted["spent"]))
        self._by(noted["by"])
        return noted["text"]

    async def _read(self, part: str, words: int) -> dict[str, Any]:  # Any: JSON
        """What is noted of a part; asked once more where the call was cut."""
        asking = self._fresh()
        messages = [system(self._instruction("a part of a longer text", words, "")), user(part)]
        try:
            text, _ = await _twice(lambda: asking.words(messages, max_tokens=self._most(words)))
        except InvalidRequest as error:
            if error.field != asking.where or size(part) < LEAST:
                raise
            return {"text": None}
        (spent,) = asking.spent
        return {"text": text.strip(), "spent": asdict(spent), "by": [asking.answered_by, asking.demonstration]}

    async def _who(self, end: Answered) -> list[Any]:  # Any: JSON
        """What is noted of who has answered: a replay asks no provider."""
        asking = self._fresh()
        await asking.by(end.model)
        return [asking.answered_by, asking.demonstration]

    def _by(self, noted: Sequence[Any]) -> None:  # Any: JSON
        """Who has answered, as it was noted."""
        model, demonstration = noted
        self.asking.answered_by = model or self.asking.answered_by
        self.asking.demonstration = self.asking.demonstration or demonstration

    def _fresh(self) -> Asking:
        """The same model, of which nothing was counted yet."""
        return Asking(driver=self.asking.driver, info=self.asking.info, models=self.asking.models)

    def _instruction(self, what: str, words: int, shape: str) -> str:
        focus = f" The reader wants to know: {self.request.focus}" if self.request.focus else ""
        return (
            f"Summarise {what} for someone who has not read it{shape}, in its own language, in at most {words} words. "
            f"Keep names, and numbers with their units, and write only what it says. {A_TEXT}{focus}"
        )

    def _room(self) -> int:
        """Bytes of a part."""
        context = self.asking.info.context_tokens
        if context is None:
            return UNSTATED
        tokens = context - _tokens(self.request.words) - BESIDE if context <= SMALL else context // 2
        return min(max(LEAST, tokens * BYTES_OF_A_TOKEN), LARGEST)

    def _most(self, words: int) -> int | None:
        """Tokens of an answer: a small model is held to its words, others may think first."""
        context = self.asking.info.context_tokens
        return self.request.max_tokens or (_tokens(words) if context is not None and context <= SMALL else None)


def _tokens(words: int) -> int:
    """Tokens that so many words take at most, in most languages."""
    return 2 * words + 32


async def _twice(work: Callable[[], Awaitable[Any]]) -> Any:  # Any: what it answers
    try:
        return await work()
    except (UpstreamFailed, WorkerLost):
        return await work()


OPERATIONS = (summarize_text,)
