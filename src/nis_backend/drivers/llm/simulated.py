"""Models that answer by known chances, for tests and proofs: chosen by name, and they say so in their output."""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError, model_validator

from nis_backend.drivers.llm.answer import Answered, TextChunk, TokenLogprob
from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
from nis_backend.drivers.llm.simulated_family import Family, proposed, wants_guesses
from nis_backend.errors import Unavailable, shorten
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from nis_backend.drivers.llm.answer import Item
    from nis_backend.drivers.llm.base import Prompt

MARK = "[simulated]\n"
"""In front of every answer that is not JSON, on a line of its own: no probability is told of it."""
MOST_COUNTED = 65_536
"""Prompts of which it is known how often they were asked; the longest unasked is forgotten first."""


class SimulatedAnswer(Model):
    """What may be answered, and how likely."""

    text: str
    p: float = Field(default=1, gt=0, description="In proportion to those of the others.")
    logprob: float | None = Field(
        default=None, le=0, description="What is told as the whole answer's; unset, the logarithm of its probability."
    )


class Task(Model):
    """Answers to what is asked in certain words."""

    when: str = Field(
        default="",
        description="What the last user message holds, in any case; between slashes, a regular expression. "
        "Empty, any message.",
    )
    system: str = Field(default="", description="What the system message must hold, in any case.")
    answers: list[SimulatedAnswer] = Field(min_length=1, max_length=1000)

    @property
    def _pattern(self) -> str | None:
        slashed = len(self.when) > 2 and self.when[0] == self.when[-1] == "/"  # noqa: PLR2004 - both slashes and a letter
        return self.when[1:-1] if slashed else None

    @model_validator(mode="after")
    def _readable(self) -> Task:
        try:
            re.compile(self._pattern or "")
        except re.error as error:
            msg = f"{self.when} is no regular expression: {error}"
            raise ValueError(msg) from None
        return self

    def fits(self, asked: str) -> bool:
        """Whether these words ask it."""
        if self._pattern is not None:
            return re.search(self._pattern, asked, re.IGNORECASE) is not None
        return self.when.lower() in asked.lower()


class SimulatedModel(Model):
    """One model: the first of its tasks that fits answers."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    seed: int = 0
    tasks: list[Task | Family] = Field(min_length=1, max_length=1000)
    logprobs: bool = Field(default=True, description="Whether it tells probabilities.")
    pause: float = Field(default=0, ge=0, le=10, description="Seconds before it answers.")


class Simulation(Model):
    """The file."""

    models: Annotated[list[SimulatedModel], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _each_once(self) -> Simulation:
        if len({one.name for one in self.models}) < len(self.models):
            msg = "two models have one name"
            raise ValueError(msg)
        return self


class SimulatedModels(LanguageModels):
    """The provider `simulated`.

    An answer is drawn by a generator that is seeded by the model's seed, the prompt, its number, and how often this
    prompt with this number was asked before; where the prompt has a seed of its own, the same answer comes each time.
    At temperature 0 the likeliest answer is given.
    """

    provider = "simulated"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._models: dict[str, SimulatedModel] | None = None
        self._asked: OrderedDict[str, int] = OrderedDict()

    async def models(self) -> list[ModelInfo]:
        """See `LanguageModels.models`."""
        detail = f"Simulated: answers drawn by the chances in {self._path.name}; no model is behind it."
        return [
            ModelInfo(
                provider=self.provider,
                name=one.name,
                tools=False,
                demonstration=True,
                detail=detail,
                logprobs=one.logprobs,
            )
            for one in (await self._read()).values()
        ]

    async def find(self, name: str | None) -> ModelInfo | None:
        """See `LanguageModels.find`; none of them is a default."""
        return None if name is None else await super().find(name)

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        """See `LanguageModels.generate`; one token a word."""
        models = await self._read()
        if prompt.model not in models:
            raise Unavailable(
                f"{self._path.name} has no model {shorten(prompt.model)!r}.",
                remedy=f"Its models are: {', '.join(models)}.",
            )
        model = models[prompt.model]
        text, chances = self._answered(model, prompt)
        await asyncio.sleep(model.pause)
        if text and not prompt.json:
            yield TextChunk(text=MARK)
        words = re.findall(r"\s*\S+\s*", text)
        cut = words if prompt.max_tokens is None else words[: prompt.max_tokens]
        told = prompt.logprobs is not None and model.logprobs
        for at, word in enumerate(cut):
            yield TextChunk(text=word, logprobs=_chances(word, at, len(words), chances) if told else ())
        yield Answered(
            finish_reason="stop" if len(cut) == len(words) else "length",
            input_tokens=_counted(prompt),
            output_tokens=len(cut),
        )

    async def count_tokens(self, prompt: Prompt) -> int:
        """See `LanguageModels.count_tokens`; a word is one."""
        return _counted(prompt)

    async def close(self) -> None:
        """Nothing is open."""

    def _answered(self, model: SimulatedModel, prompt: Prompt) -> tuple[str, dict[str, float]]:
        """The words, and the logarithm of their probability; of `A` or `B`, of both."""
        asked = _asked(prompt)
        system = "\n".join(one.content for one in prompt.messages if one.role == "system").lower()
        draw, steady = self._draw(model, prompt), prompt.temperature == 0
        for task in model.tasks:
            if task.system.lower() not in system:
                continue
            if isinstance(task, Family):
                number = task.question(prompt.messages)
                if number is not None:
                    return _of_family(task, number, prompt, draw, steady=steady)
            elif task.fits(asked):
                whole = sum(one.p for one in task.answers)
                likeliest = max(task.answers, key=lambda one: one.p)
                one = likeliest if steady else draw.choices(task.answers, [one.p for one in task.answers])[0]
                return one.text, {one.text: math.log(one.p / whole) if one.logprob is None else one.logprob}
        raise Unavailable(
            f"{self._path.name} has no answer of {model.name} to {shorten(asked)!r}.",
            remedy="Add a task without `when` to the file that NIS_SIMULATED names.",
        )

    def _draw(self, model: SimulatedModel, prompt: Prompt) -> random.Random:
        this = f"{model.seed} {model.name} {prompt.digest()} {prompt.number}"
        before = self._asked.pop(this, 0) if prompt.seed is None else 0
        if prompt.seed is None:
            self._asked[this] = before + 1
            if len(self._asked) > MOST_COUNTED:
                self._asked.popitem(last=False)
        return random.Random(f"{this} {before}")  # noqa: S311 - a simulation's draw

    async def _read(self) -> dict[str, SimulatedModel]:
        if self._models is None:
            try:
                read = Simulation.model_validate_json(await asyncio.to_thread(self._path.read_bytes))
            except (OSError, ValidationError) as error:
                why = error.strerror if isinstance(error, OSError) else _wrong(error)
                raise Unavailable(
                    f"The simulation {self._path.name} cannot be used: {why}.",
                    remedy='Set NIS_SIMULATED to a file like {"models": [{"name": "even", "tasks": [{"answers": '
                    '[{"text": "Answer: 42"}]}]}]}.',
                ) from None
            self._models = {one.name: one for one in read.models}
        return self._models


def _of_family(
    family: Family, number: int, prompt: Prompt, draw: random.Random, *, steady: bool
) -> tuple[str, dict[str, float]]:
    asked = _asked(prompt)
    answer = proposed(asked)
    if answer is not None:
        true = family.stated(number, answer, "truth")
        chances = {"A": math.log(true), "B": math.log1p(-true)}
        return "A" if (true >= 0.5 if steady else draw.random() < true) else "B", chances  # noqa: PLR2004 - the half
    if wants_guesses(asked):
        text = family.guesses(number, asked, prompt.messages, draw, steady)
        return text, {text: 0.0}
    given = family.answer(number, prompt.messages, draw, steady=steady)
    text = family.says.replace("{answer}", given)
    return text, {text: math.log(max(family.distribution(number)[given], 1e-300))}


def _chances(word: str, at: int, words: int, chances: dict[str, float]) -> tuple[TokenLogprob, ...]:
    """A whole answer's is spread evenly over its words; of `A` and `B` each is told."""
    if len(chances) > 1:
        both = tuple(TokenLogprob(token=one, logprob=value) for one, value in chances.items())
        return (TokenLogprob(token=word, logprob=chances[word], alternatives=both),) if at == 0 else ()
    return (TokenLogprob(token=word, logprob=next(iter(chances.values())) / words),)


def _asked(prompt: Prompt) -> str:
    return next((one.content for one in reversed(prompt.messages) if one.role == "user"), "")


def _counted(prompt: Prompt) -> int:
    return sum(len(message.content.split()) for message in prompt.messages)


def _wrong(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
