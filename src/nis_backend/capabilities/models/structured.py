"""An answer that follows a schema: validated, sent back once with what is wrong, else a failure that says it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.models.asking import LONGEST_TEXT, Asking, Asks, Said, labelled, user
from nis_backend.capabilities.models.text import EarlierMessage
from nis_backend.conforming import Held, Schema, Wrong, hold
from nis_backend.drivers.llm.base import Message
from nis_backend.errors import InvalidRequest, UpstreamFailed
from nis_backend.operation import Example, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.context import Context

LONGEST_REPEATED = 8000
"""Characters of a wrong answer that the model is shown again."""


async def ask_json(
    asking: Asking,
    messages: Sequence[Message],
    held: Held,
    *,
    check: Callable[[Any], None] | None = None,  # Any: JSON
    temperature: float | None = None,
) -> tuple[Any, bool]:
    """The value that the model answers, and whether it had to mend it.

    `check` raises `Wrong` for what the schema cannot say.

    Raises:
        UpstreamFailed: the answer was wrong twice, and says where.
        InvalidRequest: the answer was cut at `max_tokens`; or as the model's driver does.
        NotSupported: the model cannot be held to this schema, or refuses to answer.
    """
    turns = list(messages)
    for mended in (False, True):
        text, reason = await asking.words(turns, schema=held.schema, temperature=temperature)
        if reason == "length":
            raise _cut(asking)
        try:
            value = await asyncio.to_thread(held.read, text)
            if check is not None:
                check(value)
        except Wrong as wrong:
            if mended:
                raise UpstreamFailed(
                    f"{asking.info.id} has not answered as it was asked, nor when it was told what is wrong: {wrong}.",
                    remedy="Ask in other words, for less, or another model.",
                ) from None
            turns += [Message(role="assistant", content=text[:LONGEST_REPEATED]), user(_mend(wrong, held.schema))]
        else:
            return value, mended
    raise AssertionError


def _mend(wrong: Wrong, schema: Schema) -> str:
    return (
        f"That answer is wrong: {wrong}. Answer again, with the mended JSON alone, which follows this JSON schema: "
        f"{json.dumps(schema, ensure_ascii=False)}"
    )


def _cut(asking: Asking) -> InvalidRequest | UpstreamFailed:
    told = f"The answer of {asking.info.id} was cut before its JSON ended"
    if asking.max_tokens is None:
        return UpstreamFailed(f"{told}.", remedy="Ask for less, or set max_tokens as high as the model allows.")
    return InvalidRequest(
        f"{told}, at {asking.max_tokens} tokens.",
        field="max_tokens",
        value=asking.max_tokens,
        remedy="Allow more, or ask for less.",
    )


class JsonRequest(Asks):
    """What a model is asked, and the schema of its answer."""

    prompt: str = Field(min_length=1, max_length=LONGEST_TEXT, description="What the model is to answer.")
    answer_schema: Schema = Field(description="JSON schema that the answer follows.")
    earlier: list[EarlierMessage] = Field(
        default_factory=list[EarlierMessage], max_length=512, description="Instructions and turns before the prompt."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 is the steadiest; unset, the model's own."
    )


class GeneratedJson(Said):
    """A value that follows its schema."""

    value: Any = Field(description="JSON.")  # Any: JSON
    mended: bool = Field(description="Whether a first answer was wrong and was sent back with what is wrong.")


def _draw(_request: JsonRequest, result: GeneratedJson) -> list[View]:
    text = json.dumps(result.value, ensure_ascii=False, indent=2)
    return [Text(text=f"```json\n{text}\n```{labelled(result)}")]


@operation(
    "models.generate_json",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=300,
    examples=(
        Example(
            title="A ship",
            request={
                "prompt": "Invent a sailing ship.",
                "answer_schema": {
                    "type": "object",
                    "properties": {"ship": {"type": "string"}, "masts": {"type": "integer", "minimum": 1}},
                    "required": ["ship", "masts"],
                    "additionalProperties": False,
                },
            },
        ),
    ),
)
async def generate_json(request: JsonRequest, ctx: Context) -> GeneratedJson:
    """Ask a language model for JSON that follows a schema; the answer is checked, and a wrong one is never answered.

    Raises:
        InvalidRequest: the schema is none, or the answer was cut at max_tokens.
        NotSupported: the schema refers elsewhere, or the model cannot be held to it.
        UpstreamFailed: the answer did not follow the schema, nor did the second one.
    """
    held = await hold(request.answer_schema)
    asking = await Asking.of(request, ctx, "prompt")
    messages = [Message(role=one.role, content=one.content) for one in request.earlier]
    value, mended = await ask_json(asking, [*messages, user(request.prompt)], held, temperature=request.temperature)
    return GeneratedJson(value=value, mended=mended, **asking.said())


OPERATIONS = (generate_json,)
