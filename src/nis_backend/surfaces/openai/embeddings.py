"""`POST /v1/embeddings`: one call of an operation."""

from __future__ import annotations

import asyncio
import sys
from array import array
from base64 import b64encode
from typing import TYPE_CHECKING, Literal, cast

from pydantic import Field, ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from nis_backend.calling import call
from nis_backend.errors import InvalidRequest, NotSupported
from nis_backend.operation import Json, Model
from nis_backend.surfaces.openai.body import hinted, json_object, model_of, refuse_unknown, wrong
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.capabilities.embeddings.texts import Embeddings
    from nis_backend.surfaces.base import Process

HINTS = frozenset({"user"})

FEW = 8
"""Vectors that are written here: each takes a thirtieth of a millisecond, and a thread three of them."""


class EmbeddingsRequest(Model):
    """The body of a request, without what is ignored."""

    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)


KNOWN = frozenset({*EmbeddingsRequest.model_fields, "model"})


async def answer(process: Process, request: Request) -> Response:
    """Answer with a vector for each text; texts that the model could not read to their end are named beside them."""
    body = json_object(await request.body())
    hinted(body, HINTS, request.scope)
    model, asked = read(body)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    ctx = process.context(request.state.caller)
    operation = process.operations.find("embeddings.embed_texts")
    working = asyncio.ensure_future(call(operation, {"texts": texts, "model": model}, ctx))
    await settled(process, request, working)
    found: Embeddings = working.result()
    if asked.dimensions not in (None, found.dimensions):
        raise NotSupported(
            f"{found.model} has {found.dimensions} dimensions, and they cannot be cut to {asked.dimensions}.",
            field="dimensions",
            value=asked.dimensions,
            remedy="Leave it out.",
        )
    if len(texts) <= FEW:
        content = _answered(found, asked.encoding_format)
    else:
        content = await asyncio.to_thread(_answered, found, asked.encoding_format)
    return Response(content, media_type="application/json")


def read(body: Json) -> tuple[str, EmbeddingsRequest]:
    """The model's name, and the request for it.

    Raises:
        NotFound: no model is named.
        InvalidRequest: a parameter is wrong or unknown.
        NotSupported: the input is tokens.
    """
    refuse_unknown(body, KNOWN | HINTS)
    model = model_of(body)
    return model, _read({name: value for name, value in body.items() if name in EmbeddingsRequest.model_fields})


def _read(given: Json) -> EmbeddingsRequest:
    texts: object = given.get("input")
    if isinstance(texts, list) and any(isinstance(one, int | list) for one in cast("list[object]", texts)):
        raise NotSupported(
            "Texts are read, and tokens are not: they belong to another model's vocabulary.",
            field="input",
            remedy="Send strings; OpenAI's tools for LangChain do with check_embedding_ctx_length=False.",
        )
    if texts in ("", []):
        raise InvalidRequest("The input is empty.", field="input", remedy="Send a text, or a list of them.")
    try:
        return EmbeddingsRequest.model_validate(given)
    except ValidationError as error:
        raise wrong(error, EmbeddingsRequest, given) from None


def _answered(found: Embeddings, form: Literal["float", "base64"]) -> bytes:
    vectors = found.vectors if form == "float" else [_base64(vector) for vector in found.vectors]
    data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(vectors)]
    usage = {"prompt_tokens": found.input_tokens, "total_tokens": found.input_tokens}
    body: Json = {"object": "list", "data": data, "model": found.model, "usage": usage}
    return to_json(body | ({"truncated": found.truncated} if found.truncated else {}))


def _base64(vector: list[float]) -> str:
    """The numbers of 32 bits, the lowest byte first."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode("ascii")
