"""A server of two embedding models, whose vectors depend on the model and the text alone."""

from __future__ import annotations

import hashlib
import json

from fake_openai import Asked, Canned, FakeOpenAI

SIZES = {"one": 3, "two": 5}
"""The models, and the numbers of their vectors."""
OFTEN = 200


def vector_of(model: str, text: str) -> list[float]:
    """Its numbers; their length is not 1."""
    return [byte - 127.5 for byte in hashlib.sha256(f"{model} {text}".encode()).digest()[: SIZES[model]]]


def embeds(asked: Asked) -> Canned:
    """The vectors of what is asked."""
    model = str(asked.body["model"])
    rows = [{"index": place, "embedding": vector_of(model, text)} for place, text in enumerate(asked.body["input"])]
    body = {"object": "list", "data": rows, "model": model, "usage": {"prompt_tokens": len(rows)}}
    return Canned(pieces=[json.dumps(body).encode()], content_type="application/json")


def never(_: Asked) -> Canned:
    """No answer, for as long as the caller waits."""
    return Canned(pieces=[], held=True)


def serving(*first: object) -> FakeOpenAI:
    """A server that answers so first, and then with vectors."""
    return FakeOpenAI(*first, *[embeds] * OFTEN, models=[*SIZES])  # pyright: ignore[reportArgumentType] - replies
