"""Embeddings in OpenAI's dialect, by its official client."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from conftest import Server
from rest_client import done

MODEL = "embedded:minilm-l6-v2-int8"
CATS = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "Rates rose again."]


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The client of the shared server, which does not ask twice."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as one:
        yield one


def cosine(one: list[float], other: list[float]) -> float:
    """Of vectors of length 1."""
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_texts_become_vectors_in_their_order(client: openai.OpenAI) -> None:
    """As the client asks by itself, in base64: of length 1, the like near each other."""
    found = client.embeddings.create(model=MODEL, input=CATS)
    assert [one.index for one in found.data] == [0, 1, 2]
    cat, kitten, rates = (one.embedding for one in found.data)
    assert len(cat) == 384
    assert math.isclose(cosine(cat, cat), 1, abs_tol=1e-5)
    assert cosine(cat, kitten) > 0.5 > cosine(cat, rates)
    assert found.model == MODEL
    assert found.usage.prompt_tokens == found.usage.total_tokens > 10


def test_both_encodings_are_the_same_numbers(server: Server) -> None:
    """Base64 is float32, the lowest byte first, on the wire itself."""

    def wire(form: str) -> Any:  # Any: JSON
        body = {"model": MODEL, "input": CATS[0], "encoding_format": form}
        found = done(server, "POST", "/v1/embeddings", body)
        assert (found["object"], found["data"][0]["object"]) == ("list", "embedding")
        return found["data"][0]["embedding"]

    numbers = struct.unpack("<384f", base64.b64decode(wire("base64")))
    assert numbers == pytest.approx(wire("float"), abs=1e-7)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [1, 2, 3]}, "input"),
        ({"input": [[1, 2], [3]]}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": None}, "input"),
        ({"dimensions": 256}, "dimensions"),
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"inputs": "a"}, "inputs"),
    ],
)
def test_a_wrong_parameter_is_a_bad_request_that_names_it(
    client: openai.OpenAI, given: dict[str, Any], param: str
) -> None:
    """Tokens of another model's vocabulary and dimensions that it does not have are refused, not approximated."""
    with pytest.raises(openai.BadRequestError) as error:
        client.embeddings.create(model=MODEL, input="a", extra_body=given)
    assert error.value.param == param


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    """Under its own code."""
    with pytest.raises(openai.NotFoundError) as error:
        client.embeddings.create(model="text-embedding-9", input="a")
    assert (error.value.code, error.value.param) == ("model_not_found", "model")
