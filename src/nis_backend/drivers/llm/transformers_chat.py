"""A conversation as a model's template writes it, and where its answer begins, inside a worker process."""

from __future__ import annotations

import importlib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.openai_parts import words_in
from nis_backend.drivers.llm.transformers_folder import calls_in
from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.llm.transformers_folder import Calls

BEGINNINGS: dict[Calls, str] = {"tagged": "<tool_call>\n", "listed": "[TOOL_CALLS]", "bare": ""}
"""What a call begins with, before its JSON."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A prompt as text, and what of it is the answer's beginning already."""

    text: str
    before: str = ""


class Chat:
    """One model's template; `called` is what messages call the model."""

    def __init__(self, tokenizer: Any, called: str) -> None:  # Any: the library's, which differ by family
        self._tokenizer = tokenizer
        self._called = called
        template: object = tokenizer.chat_template
        self._template = template if isinstance(template, str) else json.dumps(template or "")
        self.calls: Calls | None = calls_in(self._template)
        # Words that were these would end a turn and begin another in any role.
        added: dict[int, Any] = tokenizer.added_tokens_decoder
        self.special = {number: str(one.content) for number, one in added.items() if one.special}
        self._marks = [mark for mark in self.special.values() if len(mark) > 1]

    def write(self, request: Json, reasoning: str | None, *, silent: bool) -> Begun:
        """The prompt up to where the answer begins; `silent` is whether it begins without a thought.

        Raises:
            InvalidRequest: the template has no place for such a conversation.
        """
        messages = [self._turn(message) for message in request["messages"]]
        if not self._template.strip('"'):
            # A model that was never taught to converse goes on from the words.
            return Begun(text="\n\n".join(message["content"] for message in messages))
        given: Json = {"tools": self._plain(request.get("tools")) or None}
        if silent or reasoning is not None:
            # Templates name it either way; one that knows neither leaves it.
            given["enable_thinking"] = not silent and reasoning != "none"
            given |= {} if reasoning is None else {"reasoning_effort": reasoning}
        text = self._rendered(messages, given)
        if not text.rstrip().endswith("<think>"):
            return Begun(text=text)
        return Begun(text=f"{text.rstrip()}\n\n</think>\n\n") if silent else Begun(text=text, before="<think>")

    def tokens(self, begun: Begun) -> list[int]:
        """The prompt's tokens; a template has written the marks at its beginning."""
        return list(self._tokenizer(begun.text, add_special_tokens=not self._template.strip('"'))["input_ids"])

    def _rendered(self, messages: list[Json], given: Json) -> str:
        errors: Any = importlib.import_module("jinja2.exceptions")  # Any: only its failure is wanted of it
        reason = ""
        for turns in (messages, _plainer(messages)):
            try:
                return str(
                    self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, **given)
                )
            except (errors.TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
                reason = reason or shorten(str(error))
        raise InvalidRequest(
            f"The template of {self._called[0].lower()}{self._called[1:]} refuses this conversation: {reason}.",
            field="messages",
            remedy="Send turns of the user's and the assistant's by turns, or choose another model.",
        )

    def _turn(self, message: Json) -> Json:
        turn: Json = {**message, "content": words_in(message.get("content"))}
        if message.get("tool_calls"):
            turn["tool_calls"] = [_call(call) for call in message["tool_calls"]]
        return self._plain(turn)

    def _plain(self, given: Any) -> Any:  # Any: JSON
        """The same without a mark in any of its texts, names of members too."""
        if isinstance(given, dict):
            return {self._plain(name): self._plain(one) for name, one in cast("Json", given).items()}
        if isinstance(given, list):
            return [self._plain(one) for one in cast("list[Any]", given)]
        if isinstance(given, str):
            for mark in self._marks:
                given = given.replace(mark, f"{mark[0]} {mark[1:]}")
        return given


def _call(call: Json) -> Json:
    """A call with its arguments as templates want them: an object, where they are one."""
    arguments: object = call["function"]["arguments"]
    with suppress(ValueError):
        arguments = json.loads(str(arguments))
    return {**call, "function": {**call["function"], "arguments": arguments}}


def _plainer(messages: Sequence[Json]) -> list[Json]:
    """The conversation for templates that know the user and the assistant alone, one after the other."""
    turns: list[Json] = []
    for message in messages:
        role = message["role"] if message["role"] == "assistant" else "user"
        if turns and turns[-1]["role"] == role and not message.get("tool_calls"):
            turns[-1] = {**turns[-1], "content": f"{turns[-1]['content']}\n\n{message['content']}"}
        else:
            turns.append({**message, "role": role})
    return turns
