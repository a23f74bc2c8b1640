"""The lines of a batch in this dialect, as those of the operation; and what came of them, as lines of this dialect."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from nis_backend.capabilities.batches.lines import LONGEST_LINE, members, numbered
from nis_backend.capabilities.models.completion import ChatCompletion
from nis_backend.errors import InvalidRequest, NisError, NotSupported, from_problem
from nis_backend.surfaces.openai import request as chat
from nis_backend.surfaces.openai import response_request
from nis_backend.surfaces.openai.batched import written
from nis_backend.surfaces.openai.problem import document, tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nis_backend.operation import Json

CHAT, RESPONSES, EMBEDDINGS = "/v1/chat/completions", "/v1/responses", "/v1/embeddings"
CALLS = {
    CHAT: "models.complete_chat",
    RESPONSES: "models.complete_chat",
    EMBEDDINGS: "embeddings.embed_texts",
}
"""What is called for the lines of a batch."""

MEMBERS = frozenset({"custom_id", "method", "url", "body"})


def translated(path: Path, endpoint: str) -> Iterator[tuple[bytes, str | None]]:
    """The lines as the operation's, and the model; a body that cannot be followed is that line's refusal.

    Raises:
        InvalidRequest: a line is none of this endpoint's.
    """
    model: str | None = None
    for number, text in numbered(path):
        name, body = _line(number, text, endpoint)
        model = model or _model(body)
        if _model(body) not in {None, model}:
            raise _wrong(number, f"it asks {body['model']!r}, and another line {model!r}")
        try:
            line: Json = {"id": name, "arguments": arguments(endpoint, body)}
        except NisError as error:
            line = {"id": name, "problem": error.problem()}
        yield written(line), model


def _model(body: Json) -> str | None:
    model: object = body.get("model")
    return model if isinstance(model, str) else None


def _line(number: int, text: bytes, endpoint: str) -> tuple[str, Json]:
    if len(text) > LONGEST_LINE:
        raise _wrong(number, f"it has more than {LONGEST_LINE} bytes")
    try:
        line = members(text, MEMBERS)
    except ValueError as error:
        raise _wrong(number, str(error)) from None
    if not isinstance(line.get("custom_id"), str):
        raise _wrong(number, "it has no custom_id")
    if line.get("method") != "POST":
        raise _wrong(number, "its method is not POST")
    if line.get("url") != endpoint:
        raise _wrong(number, f"its url is not {endpoint}")
    if not isinstance(line.get("body"), dict):
        raise _wrong(number, "it has no body")
    return line["custom_id"], line["body"]


def _wrong(number: int, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"Line {number} of the file: {why}.",
        field="input_file_id",
        value=f"line {number}",
        remedy='A line is {"custom_id": …, "method": "POST", "url": …, "body": {…}}.',
    )


def arguments(endpoint: str, body: Json) -> Json:
    """The operation's request.

    Raises:
        NisError: it cannot be followed.
    """
    if body.get("stream"):
        raise InvalidRequest("A line of a batch is not streamed.", field="stream", remedy="Leave it out.")
    if endpoint == CHAT:
        model, asked = chat.read(body)
        return asked.arguments(model)
    if endpoint == EMBEDDINGS:
        return _embeddings(body)
    if body.get("prompt") is not None:
        raise NotSupported("A line of a batch says its own words.", field="prompt", remedy="Send them as its input.")
    model, responses = response_request.read(body)
    given = responses.arguments(model, body)
    if given.pop("previous") or given.pop("labels", {}).get("background"):
        raise NotSupported(
            "A line of a batch follows no other response.",
            field="previous_response_id",
            remedy="Send the turns before it as its input.",
        )
    instructions = given.pop("instructions")
    first = [{"role": "system", "content": instructions}] if instructions else []
    return {**given, "messages": [*first, *given["messages"]]}


def _embeddings(body: Json) -> Json:
    from nis_backend.surfaces.openai import embeddings  # noqa: PLC0415 - of the two, one is needed

    model, asked = embeddings.read(body)
    if asked.encoding_format != "float" or asked.dimensions is not None:
        field = "dimensions" if asked.dimensions is not None else "encoding_format"
        raise NotSupported("A line of a batch is answered with all numbers.", field=field, remedy="Leave it out.")
    return {"texts": [asked.input] if isinstance(asked.input, str) else asked.input, "model": model}


# -- what came of them -------------------------------------------------------------------------------------------------


def told(endpoint: str, suffix: str, outcomes: Iterable[tuple[int, Json, float]], *, failed: bool) -> Iterator[bytes]:
    """Those lines that have `failed`, or those that have not; each with its number and when it was done."""
    for number, outcome, at in outcomes:
        if ("problem" in outcome) is not failed:
            continue
        own = f"{suffix}_{number}"
        status, body = (
            _refused(outcome["problem"]) if failed else (HTTPStatus.OK, _answered(endpoint, own, outcome["result"], at))
        )
        name = f"batch_req_{own}"
        response = {"status_code": int(status), "request_id": name, "body": body}
        line = {"id": name, "custom_id": outcome["id"], "response": response, "error": None}
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _refused(problem: Json) -> tuple[int, Json]:
    error = from_problem(problem)
    return HTTPStatus(tell(error, {}).status), document(error)


def _answered(endpoint: str, name: str, result: Json, at: float) -> Json:
    if endpoint == EMBEDDINGS:
        vectors: list[list[float]] = result["vectors"]
        data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(vectors)]
        tokens = result["input_tokens"]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": result["model"], "usage": usage}
    answer = ChatCompletion.model_validate(result)
    if endpoint == CHAT:
        from nis_backend.surfaces.openai.wire import completion  # noqa: PLC0415 - as above

        return {**completion(answer), "id": f"chatcmpl-{name}", "created": int(at)}
    from nis_backend.surfaces.openai.response_events import Asked  # noqa: PLC0415 - as above
    from nis_backend.surfaces.openai.response_told import response_told  # noqa: PLC0415 - as above

    asked = Asked(suffix=name, created=at, model=answer.model, input={}, kept=False)
    return response_told(asked, answer, at)
