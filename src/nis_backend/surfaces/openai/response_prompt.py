"""A prompt that a request for a response refers to, put into it: its text are instructions, or else what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nis_backend.calling import call
from nis_backend.errors import NisError
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.body import wrong

if TYPE_CHECKING:
    from nis_backend.capabilities.prompts.operations import Rendered
    from nis_backend.context import Context
    from nis_backend.surfaces.base import Process


REPEATED = 4096
"""Characters of values that the answer repeats; longer ones stand in its instructions, or in what was asked, alone."""


class Words(BaseModel):
    """A variable's value as a part of an input."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["input_text"]
    text: str


def _words(given: object) -> object:
    """A text is such a part."""
    return {"type": "input_text", "text": given} if isinstance(given, str) else given


class PromptNamed(Model):
    """Which prompt, and what is put into it."""

    id: str = Field(min_length=1, max_length=64)
    version: str | None = Field(default=None, pattern=r"^[1-9]\d{0,8}$")
    variables: dict[str, Annotated[Words, BeforeValidator(_words)]] | None = Field(default=None, max_length=64)


class _Asked(Model):
    """The parameter, for the path of what is wrong with it."""

    prompt: PromptNamed


async def prompted(process: Process, body: Json, ctx: Context) -> Json:
    """The request with the prompt's words in it; the prompt's model answers where the request names none.

    Raises:
        NotFound: the caller has no such prompt, or it has no such version.
        InvalidRequest: a value is missing, or is no words.
    """
    if body.get("prompt") is None:
        return body
    given = {"prompt": body["prompt"]}
    try:
        asked = _Asked.model_validate(given).prompt
    except ValidationError as error:
        raise wrong(error, _Asked, given) from None
    variables = {name: one.text for name, one in (asked.variables or {}).items()}
    arguments: Json = {"id": asked.id, "variables": variables}
    if asked.version is not None:
        arguments["version"] = int(asked.version)
    try:
        rendered: Rendered = await call(process.operations.find("prompts.render_prompt"), arguments, ctx)
    except NisError as error:
        error.field = f"prompt.{error.field}" if error.field else "prompt"
        raise
    repeated = variables if sum(map(len, variables.values())) <= REPEATED else None
    told = {"id": asked.id, "version": str(rendered.version), "variables": repeated}
    named = {"model": body.get("model") or rendered.model, "prompt": told}
    if body.get("input") is None:
        return {**body, **named, "input": rendered.text}
    more: object = body.get("instructions")
    return {**body, **named, "instructions": f"{rendered.text}\n\n{more}" if isinstance(more, str) else rendered.text}
