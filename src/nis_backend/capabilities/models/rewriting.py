"""A text in another language, or in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.capabilities.models.asking import LONGEST_TEXT, Asking, Asks, Said, labelled, system, user
from nis_backend.capabilities.models.judging import A_TEXT
from nis_backend.drivers.llm.base import Message
from nis_backend.errors import InvalidRequest, UpstreamFailed
from nis_backend.operation import Example, operation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

MOST_TERMS = 64

Language = Annotated[str, StringConstraints(min_length=2, max_length=64)]


class TranslateRequest(Asks):
    """A text, and the language to put it into."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="The text.")
    to: Language = Field(description="The language, by its name or its code: French, pt-BR.")
    source: Language | None = Field(default=None, description="The text's own language; unset, the model tells it.")
    keep: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default_factory=list[str], max_length=MOST_TERMS, description="Words that stay as they are: names, code, terms."
    )


class Rewritten(Said):
    """What became of the text."""

    text: str
    finish_reason: Literal["stop", "length"] = Field(description="`length`: it was cut, and is not the whole.")


class Translation(Rewritten):
    """The text in the other language."""

    lost: list[str] = Field(description="Words of `keep` that stand in the text, and in the translation do not.")


class RewriteRequest(Asks):
    """A text, and how it is to be."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="The text.")
    tone: str | None = Field(
        default=None, min_length=2, max_length=100, description="How it is to sound: formal, friendly, plain."
    )
    instruction: str | None = Field(
        default=None, min_length=1, max_length=4000, description="What is to change: shorter, in the present tense."
    )


def _draw(_request: Asks, result: Rewritten) -> list[View]:
    return [Text(text=result.text + labelled(result, cut=result.finish_reason == "length"))]


@operation(
    "models.translate_text",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=300,
    examples=(
        Example(
            title="A ship's name stays",
            request={"text": "The Sea Rover left the port.", "to": "French", "keep": ["Sea Rover"]},
        ),
    ),
)
async def translate_text(request: TranslateRequest, ctx: Context) -> Translation:
    """Have a language model translate a text; terms that are to stay are looked for in what it writes.

    A translation without them is sent back once, and then answered with `lost` naming them.
    """
    asking = await Asking.of(request, ctx)
    kept = [term for term in dict.fromkeys(request.keep) if term in request.text]
    origin = f" from {request.source}" if request.source else ""
    stay = f" Leave these exactly as they are: {'; '.join(kept)}." if kept else ""
    told = f"Translate a text{origin} into {request.to}. {A_TEXT} Answer with the translation alone.{stay}"
    messages = [system(told), user(request.text)]
    text, reason = await _words(asking, messages)
    lost = [term for term in kept if term not in text]
    if lost and reason == "stop":
        mend = f"Words are missing that stay as they are: {'; '.join(lost)}. Answer with the mended translation alone."
        text, reason = await _words(asking, [*messages, Message(role="assistant", content=text), user(mend)])
        lost = [term for term in kept if term not in text]
    return Translation(text=text, finish_reason=reason, lost=lost, **asking.said())


@operation(
    "models.rewrite_text",
    effect="reads",
    outward=True,
    view=_draw,
    time_limit=300,
    examples=(
        Example(
            title="More friendly",
            request={"text": "Your request was rejected. Submit form 7.", "tone": "friendly"},
        ),
    ),
)
async def rewrite_text(request: RewriteRequest, ctx: Context) -> Rewritten:
    """Have a language model put a text into other words, in its own language: in a tone, or as you instruct it."""
    if request.tone is None and request.instruction is None:
        raise InvalidRequest("Nothing is to change.", field="tone", value="", remedy="Give tone, instruction or both.")
    asking = await Asking.of(request, ctx)
    tone = f" Make it sound {request.tone}." if request.tone else ""
    instruction = f" {request.instruction}" if request.instruction else ""
    told = (
        f"Rewrite a text in its own language.{tone}{instruction} Keep its facts, names and numbers, and add none. "
        f"{A_TEXT} Answer with the rewritten text alone."
    )
    text, reason = await _words(asking, [system(told), user(request.text)])
    return Rewritten(text=text, finish_reason=reason, **asking.said())


async def _words(asking: Asking, messages: Sequence[Message]) -> tuple[str, Literal["stop", "length"]]:
    text, reason = await asking.words(messages)
    if not text.strip():
        raise UpstreamFailed(
            f"{asking.info.id} has answered no words.",
            remedy="Try again, with more max_tokens where it thinks before it answers.",
        )
    return text.strip(), reason


OPERATIONS = (translate_text, rewrite_text)
