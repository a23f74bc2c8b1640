"""A model that an operation puts its questions to: which one, what it said, what that came to."""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.llm.answer import Answered, TextChunk, total
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import InvalidRequest, NisError, NotSupported, UpstreamFailed, shorten
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
    from nis_backend.drivers.llm.choice import Models

LONGEST_TEXT = 400_000
"""Characters of a text that is handed to a model in one piece."""

DEMONSTRATION = "Whether the model is too small to be relied on."


class Asks(Model):
    """What each of these operations may be told of the model."""

    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Provider to ask.")
    max_tokens: int | None = Field(
        default=None, ge=1, le=131_072, description="Most tokens of each of its answers; unset, the model's own."
    )


class Said(Model):
    """Who has answered, and what it took."""

    model: str = Field(description="The id of the model that has answered; of a route, the one that did so last.")
    demonstration: bool = Field(description=DEMONSTRATION)
    input_tokens: int | None = Field(description="Of all it was asked, by its count; null when it states none.")
    output_tokens: int | None = Field(description="Of all it has answered, by its count; null when it states none.")
    cost: float | None = Field(description="Dollars; null where no price is known.")
    from_cache: int = Field(
        default=0, description="Of its answers, those that the route had kept or another call was getting: at no cost."
    )


def system(words: str) -> Message:
    """What the model is told to do."""
    return Message(role="system", content=words)


def user(words: str) -> Message:
    """What it is to do that with."""
    return Message(role="user", content=words)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one call took: tokens by the provider's count, and nano-dollars; None where it is not known."""

    input: int | None
    output: int | None
    cost: int | None
    kept: bool = False
    """Whether no model was asked for it."""


def dollars(nano: int | None) -> float | None:
    """Billionths of a dollar as dollars."""
    return None if nano is None else nano / DOLLAR


@dataclass(kw_only=True)
class Asking:
    """A model, asked once or more often; the tokens are added up."""

    driver: LanguageModels
    info: ModelInfo
    models: Models
    max_tokens: int | None = None
    where: str = "text"
    """What of the request it is that may be too long for the model."""
    spent: list[Spent] = field(default_factory=list["Spent"])
    """What each call took."""
    answered_by: str = ""
    """The model that answered last, where that is not the one that was asked."""
    demonstration: bool = False
    """Whether one that answered is too small to be relied on."""

    @classmethod
    async def of(cls, request: Asks, ctx: Context, where: str = "text") -> Asking:
        """The model that the request names.

        Raises:
            NotFound: no provider has it.
            Unavailable: its provider cannot answer now.
        """
        models = ctx.models
        driver, info = await models.choose(request.model, request.provider)
        return cls(driver=driver, info=info, models=models, max_tokens=request.max_tokens, where=where)

    async def words(
        self,
        messages: Sequence[Message],
        *,
        schema: dict[str, Any] | None = None,  # Any: a JSON schema
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> tuple[str, Literal["stop", "length"]]:
        """All that it says, and whether it was cut.

        Raises:
            NotSupported: it refuses to answer.
            InvalidRequest: it is asked more than it can read.
        """
        prompt = Prompt(
            model=self.info.name,
            messages=messages,
            json=schema is not None,
            schema=schema,
            max_tokens=max_tokens or self.max_tokens,
            temperature=temperature,
            pieces=False,
        )
        try:
            text, end = await listen(self.driver, prompt)
        except InvalidRequest as error:
            if error.field == "message":
                error.field = self.where
            raise
        await self.ended(end)
        if end.refused:
            raise self.refusal(text)
        return text, "length" if end.finish_reason == "length" else "stop"

    def refusal(self, words: str) -> NotSupported:
        """That it refuses to answer, as it says."""
        return NotSupported(
            f"{self.info.id} refuses to answer: {shorten(words, 300)}",
            field="model",
            value=self.info.id,
            remedy="Ask for something else, or another model.",
        )

    async def ended(self, end: Answered) -> None:
        """Count an answer, and look who has given it."""
        self.count(end)
        await self.by(end.model)

    def count(self, end: Answered) -> None:
        """Add up what an answer took."""
        used = end.spent()
        self.spent.append(Spent(input=used.input, output=used.output, cost=end.cost, kept=bool(end.cache)))

    async def by(self, model: str) -> None:
        """Who has answered: along a route it may be any of its models."""
        model = model.replace("/", ":")
        if model in {"", self.info.id, self.answered_by}:
            return
        self.answered_by = model
        if model.partition(":")[0] == self.info.provider:
            return
        # A model that is gone meanwhile has answered all the same.
        with suppress(NisError):
            _, info = await self.models.choose(model)
            self.demonstration = self.demonstration or info.demonstration

    def said(self) -> dict[str, Any]:  # Any: the fields of `Said`
        """The fields of `Said`."""
        return {
            "model": self.answered_by or self.info.id,
            "demonstration": self.info.demonstration or self.demonstration,
            "input_tokens": total(one.input for one in self.spent),
            "output_tokens": total(one.output for one in self.spent),
            "cost": dollars(total(one.cost for one in self.spent)),
            "from_cache": sum(one.kept for one in self.spent),
        }


class Answer(Protocol):
    """What a model has answered."""

    @property
    def model(self) -> str:
        """Which one."""
        ...

    @property
    def demonstration(self) -> bool:
        """Whether it is too small to be relied on."""
        ...


def labelled(answer: Answer, *, cut: bool = False) -> str:
    """What stands below an answer that was cut, or is of a model that is too small to be relied on."""
    label = f"\n\n*{answer.model} is a demonstration model.*" if answer.demonstration else ""
    return ("\n\n*It was cut.*" if cut else "") + label


async def listen(
    driver: LanguageModels, prompt: Prompt, hear: Callable[[str], None] = lambda _: None
) -> tuple[str, Answered]:
    """All that a model says, and its end; `hear` is told of each word and each thought as it comes."""
    words: list[str] = []
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            if isinstance(item, Answered):
                return "".join(words), item
            hear(item.text)
            if isinstance(item, TextChunk):
                words.append(item.text)
    raise UpstreamFailed(f"{driver.provider} ended without an end to its answer.", remedy="Try again.")
