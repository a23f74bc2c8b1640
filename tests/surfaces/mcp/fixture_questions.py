"""The conformance suite's tools that ask the client something first, as the stateless era does it.

A round answers with questions; the client calls again with the answers and the state it was given.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import CLIENT_CAPABILITIES_META_KEY, INVALID_PARAMS

Json = dict[str, Any]
Asked = ServerRequestContext[Any, Any]
SECRET = b"of this process alone"


def form(message: str, field: str, kind: str = "string") -> Json:
    """A question to the person."""
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sampled(words: str, most: int) -> Json:
    """A question to the client's model."""
    message = {"role": "user", "content": {"type": "text", "text": words}}
    return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": most}}


ROOTS: Json = {"method": "roots/list", "params": {}}
NAME = form("What is your name?", "name")


def sealed(words: str) -> str:
    """A state that a client can carry and not change."""
    return f"{words}.{hmac.new(SECRET, words.encode(), hashlib.sha256).hexdigest()}"


def opened(state: str | None) -> str:
    """The words of a state that was given back."""
    words = (state or "").rpartition(".")[0]
    if state is None or not hmac.compare_digest(sealed(words), state):
        raise MCPError(INVALID_PARAMS, "The request state is not one of this server.")
    return words


def rounds(*questions: Json, state: bool = False) -> Callable[[Asked, Json], Awaitable[Json]]:
    """A tool that asks each round's questions in turn, then answers with what it was told."""

    async def answer(asked: Asked, _arguments: Json) -> Json:
        params = asked.params or {}
        given: Json = params.get("inputResponses") or {}
        number = 0
        if given and (state or len(questions) > 1):
            number = int(opened(params.get("requestState")))
        # The answers to this round are wanted; whatever else came is left alone.
        if all(
            isinstance(given.get(key), dict) and _whole(given[key], question)
            for key, question in questions[number].items()
        ):
            number += 1
            if number == len(questions):
                return {"resultType": "complete", "content": [{"type": "text", "text": f"state-ok {given}"}]}
        elif params.get("requestState") is not None:
            opened(params["requestState"])
        again: Json = {"resultType": "input_required", "inputRequests": questions[number]}
        if state or len(questions) > 1:
            again["requestState"] = sealed(str(number))
        return again

    return answer


def _whole(given: Json, question: Json) -> bool:
    """Whether an answer is of the question's kind."""
    member = {"elicitation/create": "action", "sampling/createMessage": "content", "roots/list": "roots"}
    return member[question["method"]] in given


async def only_declared(asked: Asked, _arguments: Json) -> Json:
    """Ask only what the client said it can answer."""
    declared: Json = (asked.meta or {}).get(CLIENT_CAPABILITIES_META_KEY) or {}
    questions = {"elicitation": NAME, "sampling": sampled("Say hello", 20), "roots": ROOTS}
    return {
        "resultType": "input_required",
        "inputRequests": {key: question for key, question in questions.items() if key in declared},
    }


QUESTIONS: dict[str, Callable[[Asked, Json], Awaitable[Json]]] = {
    "test_input_required_result_elicitation": rounds({"user_name": NAME}),
    "test_input_required_result_sampling": rounds({"capital_question": sampled("What is the capital of France?", 100)}),
    "test_input_required_result_list_roots": rounds({"client_roots": ROOTS}),
    "test_input_required_result_request_state": rounds(
        {"confirm": form("Please confirm", "ok", "boolean")}, state=True
    ),
    "test_input_required_result_multiple_inputs": rounds(
        {"user_name": NAME, "greeting": sampled("Generate a greeting", 50), "client_roots": ROOTS}, state=True
    ),
    "test_input_required_result_multi_round": rounds(
        {"step1": form("Step 1: What is your name?", "name")},
        {"step2": form("Step 2: What is your favorite color?", "color")},
    ),
    "test_input_required_result_tampered_state": rounds(
        {"confirm": form("Please confirm", "ok", "boolean")}, state=True
    ),
    "test_input_required_result_capabilities": only_declared,
    "test_input_required_result_prompt": rounds(
        {"user_context": form("What context should the prompt use?", "context")}
    ),
}
