"""Anthropic's messages on the wire: the request's body, and what of it a model's refusal is about.

Source: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import json
import weakref
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.anthropic_schema import enforceable
from nis_backend.drivers.llm.anthropic_turns import Json, instructions, name_of, turns
from nis_backend.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Container

    from nis_backend.drivers.llm.base import Prompt, Tool

VERSION = "2023-06-01"
"""The version of the format; every server that speaks it knows this one, and the later one takes no `temperature`."""

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_768, "max": 65_536}
"""Tokens to think with, for models that want to be told; the vendor names none for an effort."""
LEAST_BUDGET = 1024

COUNTED = frozenset({"model", "messages", "system", "tool_choice", "thinking", "output_config"})
"""Members of a body of which the tokens are counted; another one is refused there."""

PASSING = frozenset({"format", "thoughts", "thinking"})
"""What a refusal is about that says nothing of the model: another schema, another conversation may be taken."""


def body_of(prompt: Prompt, origin: str, most: int, left_out: Container[str]) -> Json:
    """The request for an answer of at most `most` tokens, without its tools; see `faults` for what may be left out.

    Raises:
        NotSupported: a part of the conversation is of a kind that is not taken.
    """
    system, rest = instructions(prompt.messages)
    body: Json = {"model": prompt.model, "max_tokens": most, "stream": prompt.pieces}
    body["messages"] = turns(rest, origin, thoughts="thoughts" not in left_out)
    if prompt.tools:
        body |= _choice(prompt, left_out)
    elif _called(prompt):
        body["tool_choice"] = {"type": "none"}
    if _forced(prompt) and "tool_choice" not in body:
        system.append(f"Call {f'the tool {name_of(prompt.tool_name)}' if prompt.tool_name else 'a tool'} now.")
    output = _output(prompt, left_out)
    if prompt.json and "format" not in output:
        system.append(_asked_in_words(prompt))
    if system:
        body["system"] = "\n\n".join(system)
    if output:
        body["output_config"] = output
    body |= _thinking(prompt, most, left_out, forced="tool_choice" in body and _forced(prompt))
    return body | _sampling(prompt, body, left_out) | _labels(prompt, left_out)


def written(body: Json, prompt: Prompt, left_out: Container[str]) -> bytes:
    """The body as it is sent, with the tools."""
    text = dumps(body)
    if prompt.tools:
        # Most of a request, and the same from turn to turn: each tool is written once for as long as it is offered.
        offered = [one for one in prompt.tools if "tool_choice" not in left_out or prompt.tool_name in (None, one.name)]
        strict = "strict" not in left_out
        texts = [_tool_text(one, strict=strict) for one in offered]
    else:
        # Who has called tools before is to have some, though none may be called now.
        texts = [dumps({"name": name, "input_schema": {"type": "object"}}) for name in _called(prompt)]
    return (f'{text[:-1]},"tools":[{",".join(texts)}]}}' if texts else text).encode()


def dumps(value: Json) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def faults(body: Json, prompt: Prompt, message: str) -> set[str]:
    """What the refused body has that the refusal names, and that an answer can do without."""
    said = message.lower()
    thinking: str | None = body.get("thinking", {}).get("type")
    output: Json = body.get("output_config", {})
    found: set[str] = set()
    if "thinking" in said:
        found |= _fault_of_thinking(said, thinking, given=any(one.reasoning for one in prompt.messages))
    if ("temperature" in body or "top_p" in body) and any(name in said for name in ("temperature", "top_p")):
        found.add("sampling")
    if "effort" in output and ("effort" in said or ("output_config" in said and "format" not in said)):
        found.add(f"effort {output['effort']}")
    if "format" in output and any(name in said for name in ("format", "structured output", "schema")):
        found.add("format")
    if _forced(prompt) and "tool_choice" in body and "tool_choice" in said:
        found.add("tool_choice")
    if "cache_control" in body and "cache_control" in said:
        found.add("cache")
    if any(tool.strict for tool in prompt.tools) and "strict" in said:
        found.add("strict")
    return found


def _fault_of_thinking(said: str, kind: str | None, *, given: bool) -> set[str]:
    """Whether the way of thinking is refused, or what of it the conversation has or lacks: a path leads there."""
    if kind and not said.startswith("messages."):
        return {kind}
    if given and "expected" not in said:
        return {"thoughts"}
    return {"thinking"} if kind else set()


def ignored(body: Json, prompt: Prompt) -> tuple[str, ...]:
    """What was asked for and is not in the body."""
    gone = [name for name in ("seed", "frequency_penalty", "presence_penalty") if getattr(prompt, name) is not None]
    gone += [name for name in ("temperature", "top_p") if getattr(prompt, name) is not None and name not in body]
    if _forced(prompt) and "tool_choice" not in body:
        gone.append("tool_choice")
    if prompt.reasoning and "thinking" not in body and "effort" not in body.get("output_config", {}):
        gone.append("reasoning")
    return tuple(gone)


def check(prompt: Prompt, provider: str) -> None:
    """Refuse what would change the answer and cannot be followed.

    Raises:
        NotSupported: naming it.
    """
    if prompt.logprobs is not None:
        raise NotSupported(f"{provider} states no probabilities of tokens.", field="logprobs", remedy="Leave it out.")


def _called(prompt: Prompt) -> list[str]:
    """The tools that the conversation has called."""
    return sorted({name_of(call.name) for message in prompt.messages for call in message.tool_calls})


def _sampling(prompt: Prompt, body: Json, left_out: Container[str]) -> Json:
    """How the words are drawn; who thinks has no say in it."""
    if "thinking" in body or "sampling" in left_out:
        return {}
    # The scale of others goes to 2.
    warmth = {} if prompt.temperature is None else {"temperature": min(prompt.temperature, 1.0)}
    return warmth if prompt.top_p is None else {**warmth, "top_p": prompt.top_p}


def _labels(prompt: Prompt, left_out: Container[str]) -> Json:
    """Where it ends, whom it is for, and whether what was read is kept."""
    body: Json = {}
    if stops := [word for word in prompt.stop if word.strip()]:
        body["stop_sequences"] = stops
    if _goes_on(prompt) and "cache" not in left_out:
        # For five minutes: it costs a quarter more once, and a tenth each time it is read again.
        body["cache_control"] = {"type": "ephemeral"}
    if prompt.user:
        body["metadata"] = {"user_id": prompt.user}
    return body


def _goes_on(prompt: Prompt) -> bool:
    """Whether more of the same conversation is to be expected: it has gone on before, or the model may call a tool."""
    return any(one.role == "assistant" for one in prompt.messages) or (bool(prompt.tools) and not _forced(prompt))


def _forced(prompt: Prompt) -> bool:
    return bool(prompt.tools) and (prompt.tool_name is not None or prompt.tool_choice == "required")


def _choice(prompt: Prompt, left_out: Container[str]) -> Json:
    """The choice among the tools; what is the default is left to the server."""
    choice: Json = {"type": "auto"}
    if prompt.tool_choice == "none" and prompt.tool_name is None:
        return {"tool_choice": {"type": "none"}}
    if _forced(prompt):
        if "tool_choice" in left_out:
            return {}
        choice = {"type": "tool", "name": name_of(prompt.tool_name)} if prompt.tool_name else {"type": "any"}
    if not prompt.parallel_tool_calls:
        choice["disable_parallel_tool_use"] = True
    return {} if choice == {"type": "auto"} else {"tool_choice": choice}


def _thinking(prompt: Prompt, most: int, left_out: Container[str], *, forced: bool) -> Json:
    """How it is to think, in the first form that the model has not refused; who must call a tool may not think."""
    if prompt.reasoning is None or "thinking" in left_out:
        return {}
    if prompt.reasoning == "none":
        kind = next((one for one in ("disabled", "between_tools") if one not in left_out), None)
        return {"thinking": {"type": kind}} if kind else {}
    if forced:
        return {}
    if "adaptive" not in left_out:
        return {"thinking": {"type": "adaptive", "display": "summarized"}}
    if "enabled" not in left_out and most > LEAST_BUDGET:
        return {"thinking": {"type": "enabled", "budget_tokens": min(BUDGETS[prompt.reasoning], most - 1)}}
    return {}


def _output(prompt: Prompt, left_out: Container[str]) -> Json:
    output: Json = {}
    if prompt.reasoning not in (None, "none"):
        wanted = "low" if prompt.reasoning == "minimal" else prompt.reasoning
        # Not every model knows the two highest.
        known = next((one for one in (wanted, "high") if f"effort {one}" not in left_out), None)
        output |= {"effort": known} if known else {}
    if prompt.json and prompt.schema is not None and "format" not in left_out:
        schema = prompt.schema if prompt.strict else enforceable(prompt.schema)
        if schema is not None:
            output["format"] = {"type": "json_schema", "schema": schema}
    return output


def _asked_in_words(prompt: Prompt) -> str:
    words = "Answer with one JSON object alone, without a fence around it"
    return f"{words}." if prompt.schema is None else f"{words}. It follows this JSON schema: {dumps(prompt.schema)}"


_texts: weakref.WeakKeyDictionary[Tool, tuple[str, str]] = weakref.WeakKeyDictionary()
"""Each tool as JSON, with and without what makes it strict; gone with the tool."""


def _tool_text(tool: Tool, *, strict: bool) -> str:
    texts = _texts.get(tool)
    if texts is None:
        plain = {"name": name_of(tool.name), "input_schema": {"type": "object", **tool.parameters}}
        plain |= {"description": tool.description} if tool.description else {}
        loose = dumps(plain)
        texts = _texts[tool] = (loose, dumps({**plain, "strict": True}) if tool.strict else loose)
    return texts[strict]
