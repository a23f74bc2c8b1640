"""What a model was asked by an operation or in a run, answered once more from what is kept: words, thoughts, calls.

What the model said is kept and nothing else: an operation that it wants called is called each time.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import override

from nis_backend.drivers.gateway.route import Target
from nis_backend.drivers.gateway.wanted import Hit, Wanted
from nis_backend.drivers.llm.answer import Answered, Item, ReasoningChunk, TextChunk
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from nis_backend.drivers.gateway.answering import Answering
    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.caching import Answers
    from nis_backend.drivers.gateway.kept import Kept
    from nis_backend.drivers.gateway.route import Route
    from nis_backend.drivers.gateway.until import Until
    from nis_backend.drivers.llm.base import Prompt

JSON = "application/json"


class Coming:
    """A model's answer that has begun."""

    def __init__(self) -> None:
        self.capped = False
        self.end: Answered | None = None

    def begun(self, answering: Answering[Item]) -> None:
        """Hear of the call, before its first item."""
        self.capped = answering.capped

    def reads(self, first: Item, rest: AsyncGenerator[Item, None]) -> None:
        """Have its items: this one, and those that follow."""
        self.items = self._items(first, rest)

    @property
    def target(self) -> Target:
        """The model that has answered, by its end."""
        assert self.end is not None
        provider, _, model = self.end.model.partition(":")
        return Target(provider=provider, model=model)

    @property
    def cost(self) -> int | None:
        """See `flight.Coming.cost`."""
        return None if self.end is None else self.end.cost

    async def settle(self) -> None:
        """The end that was read has settled it."""

    async def _items(self, first: Item, rest: AsyncGenerator[Item, None]) -> AsyncGenerator[Item, None]:
        async with aclosing(rest) as items:
            yield self._heard(first)
            async for item in items:
                yield self._heard(item)

    def _heard(self, item: Item) -> Item:
        if isinstance(item, Answered):
            self.end = item
        return item


class Ask(Protocol):
    """Asks a model."""

    def __call__(
        self, prompt: Prompt, /, *, until: Until, begun: Callable[[Answering[Item]], None]
    ) -> AsyncGenerator[Item, None]:
        """Ask; `begun` hears of the call before its first item."""
        ...


class WantedAsked(Wanted[Coming, Item]):
    """A prompt."""

    kind = "chat"

    def __init__(
        self,
        who: Who,
        route: Route,
        prompt: Prompt,
        ask: Ask,
    ) -> None:
        super().__init__(who, route)
        self.streamed = prompt.pieces
        self._prompt = prompt
        self._ask = ask

    @override
    def said(self) -> list[Any]:
        return ["asked", self._prompt.number, replace(self._prompt, model="", user=None).digest()]

    @override
    def question(self) -> tuple[str, list[Any]] | None:
        *before, last = self._prompt.messages or [None]
        if last is None or last.role != "user" or last.parts:
            return None
        unasked = replace(self._prompt, model="", user=None, messages=[*before, replace(last, content="")])
        return last.content, ["asked", self._prompt.number, unasked.digest()]

    @override
    def flights(self) -> list[str]:
        # Who wants no pieces may read them; who wants them waits for no answer that comes whole.
        return ["pieces"] if self.streamed else ["whole", "pieces"]

    @override
    async def ask(self, until: Until) -> Coming:
        coming = Coming()
        items = self._ask(replace(self._prompt, fresh=True), until=until, begun=coming.begun)
        try:
            coming.reads(await anext(items), items)
        except BaseException:
            await items.aclose()
            raise
        return coming

    @override
    def weigh(self, piece: Item) -> int:
        calls = piece.tool_calls if isinstance(piece, Answered) else ()
        words = "" if isinstance(piece, Answered) else piece.text
        return len(words) + sum(len(call.name) + len(call.arguments) for call in calls)

    @override
    def write(self, answer: Coming, pieces: Sequence[Item]) -> tuple[str, bytes] | None:
        *items, end = pieces
        words = "".join(item.text for item in items if isinstance(item, TextChunk))
        # A refusal may be a whim, and who gets nothing, or no JSON where it was to be some, asks once more.
        if not isinstance(end, Answered) or end.refused or not (words.strip() or end.tool_calls):
            return None
        if end.finish_reason == "length" and self._prompt.max_tokens is None:
            return None
        if self._prompt.json and not end.tool_calls and not _is_json(words):
            return None
        told = [("text" if isinstance(item, TextChunk) else "thought", item) for item in items]
        return JSON, _form().dump_json((told, end))  # pyright: ignore[reportArgumentType] - each with its own word

    @override
    def read(self, kept: Kept) -> list[Item] | None:
        try:
            told, end = _form().validate_json(kept.body)
        except ValidationError:
            return None
        return [*(item for _, item in told), end]

    @override
    def comparable(self, pieces: Sequence[Item]) -> bool:
        # A call's arguments are taken from the words.
        return not any(isinstance(piece, Answered) and piece.tool_calls for piece in pieces)


Told = tuple[Literal["text"], TextChunk] | tuple[Literal["thought"], ReasoningChunk]


@cache
def _form() -> TypeAdapter[tuple[list[Told], Answered]]:
    return TypeAdapter(tuple[list[Told], Answered])


def _is_json(words: str) -> bool:
    try:
        from_json(words)
    except ValueError:
        return False
    return True


async def asked_again(answers: Answers, wanted: WantedAsked) -> AsyncGenerator[Item, None]:
    """The answer in its pieces; its end says where it is from, and that it costs nothing unless a model was asked."""
    given = await answers.given(wanted)
    if isinstance(given, Hit):
        for item in given.pieces:
            yield replace(item, cache="hit", cost=0) if isinstance(item, Answered) else item
        return
    end: Answered | None = None
    async with aclosing(given):
        async for item in given:
            if isinstance(item, Answered):
                # Told once it is kept: who asks the same then is given it.
                end = item
            else:
                yield item
    if end is None:
        raise UpstreamFailed(f"{wanted.route.name} ended without an end to its answer.", remedy="Try again.")
    yield end if given.how == "miss" else replace(end, cache="shared", cost=0)
