"""A language model that composes from documents: one that may be relied on, or one that was named; asked for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from nis_backend.annotations import Knob
from nis_backend.errors import NotFound, TooLarge, Unavailable
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.documents.citing import Passage
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo

FOR_JSON = "models.generate_json"
CHARACTERS_OF_A_TOKEN, LEAST_ROOM = 3, 1500
"""At the least, of English; and what a model reads at once however small its context is."""


class Composes(Model):
    """By whom an answer is composed."""

    by: Annotated[Literal["any", "model", "sentences"], Knob()] = Field(
        default="any",
        description="any: a language model where there is one to rely on, else the documents' own sentences; model: "
        "only a model; sentences: without one.",
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Provider to ask.")


@dataclass(kw_only=True)
class Composing:
    """A model, asked once or more often; what that took is added up."""

    ctx: Context
    info: ModelInfo
    request: Composes
    model: str = ""
    """The model that answered last."""
    spent: list[Json] = field(default_factory=list[Json])

    @classmethod
    async def of(cls, ctx: Context, request: Composes) -> Composing | None:
        """The model to ask; None where it is done without one: asked so, or there is none to rely on.

        Raises:
            NotFound, Unavailable: the model that was named, or asked for, is not there.
        """
        if request.by == "sentences":
            return None
        wanted = request.by == "model" or request.model is not None or request.provider is not None
        try:
            _, info = await ctx.choose_model(request.model, request.provider)
        except (NotFound, Unavailable):
            if wanted:
                raise
            return None
        if info.demonstration and not wanted:
            return None
        return cls(ctx=ctx, info=info, request=request, model=info.id)

    async def ask(
        self, told: str, shown: str, schema: Json, name: str = ""
    ) -> Any:  # Any: JSON that follows the schema
        """What it answers; in a run, noted under the name, so that it is asked once.

        Raises:
            UpstreamFailed: the answer was wrong in its form, twice.
        """

        async def asked() -> Json:
            request = {
                "prompt": shown,
                "earlier": [{"role": "system", "content": told}],
                "answer_schema": schema,
                "model": self.request.model,
                "provider": self.request.provider,
            }
            found = await self.ctx.call_named(FOR_JSON, {key: one for key, one in request.items() if one is not None})
            return found.model_dump(mode="json")

        answer = await self.ctx.note(name, asked) if name else await asked()
        self.spent.append(answer)
        self.model = answer["model"]
        return answer["value"]

    def room(self, most: int, beside: int) -> int:
        """Characters of documents that it reads at once: `most`, or what its context has left by so many tokens."""
        context = self.info.context_tokens
        return most if context is None else min(most, max(LEAST_ROOM, (context - beside) * CHARACTERS_OF_A_TOKEN))

    def parts(self, passages: Sequence[Passage], room: int, most: int, *, what: str, field: str) -> list[list[int]]:
        """The passages' numbers, as many together as there is room for.

        Raises:
            TooLarge: naming the field; they are more than `most`.
        """
        parts, held = list[list[int]](), 0
        for number, passage in enumerate(passages):
            if not parts or held + len(passage.text) > room:
                parts.append([])
                held = 0
            parts[-1].append(number)
            held += len(passage.text)
        if len(parts) > most:
            raise TooLarge(
                f"{self.model} would read {what} in {len(parts)} parts; {most} are allowed.",
                field=field,
                value=f"{len(parts)} parts",
                remedy="Give fewer pages, or a model with a larger context.",
            )
        return parts

    def said(self) -> Json:
        """Who has answered, and what it took."""
        return {
            "model": self.model,
            "input_tokens": _total(one["input_tokens"] for one in self.spent),
            "output_tokens": _total(one["output_tokens"] for one in self.spent),
            "cost": _total(one["cost"] for one in self.spent),
        }


def _total(counts: Iterable[Any]) -> Any:  # Any: numbers, or None where they are not known
    known = list(counts)
    return None if not known or any(one is None for one in known) else sum(known)


def closed(properties: Json) -> Json:
    """An object of these members, all of them and no other."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
