"""The schemas that the OpenAPI document shares: what an operation's refers to there is what it refers to by itself."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, cast

import pytest

from nis_backend.catalog import index
from nis_backend.surfaces.rest.schemas import Schemas

Json = dict[str, Any]
DOCUMENT = json.loads(resources.files("nis_backend").joinpath("openapi.json").read_text("utf-8"))


def apart(shared: Any, own: Any, roots: tuple[Json, Json], seen: set[tuple[str, str]], at: str = "") -> str:
    """Where two schemas differ once each reference is followed in its own document; empty where nowhere."""
    if isinstance(shared, str) and isinstance(own, str) and own.startswith("#/$defs/"):
        pair = (shared, own)
        if pair in seen:
            return ""
        seen.add(pair)
        there, here = (root[name.rpartition("/")[2]] for root, name in zip(roots, pair, strict=True))
        return apart(there, here, roots, seen, f"{at} {pair[0]}")
    if isinstance(shared, dict) and isinstance(own, dict):
        one, other = cast("Json", shared), cast("Json", own)
        if one.keys() != other.keys():
            return f"{at}: {sorted(one.keys() ^ other.keys())}"
        return next((told for key in one if (told := apart(one[key], other[key], roots, seen, f"{at}/{key}"))), "")
    if isinstance(shared, list) and isinstance(own, list):
        some, others = cast("list[Any]", shared), cast("list[Any]", own)
        pairs = zip(some, others, strict=False) if len(some) == len(others) else ()
        told = next((told for one, other in pairs if (told := apart(one, other, roots, seen, at))), "")
        return told if len(some) == len(others) else f"{at}: {len(some)} and not {len(others)}"
    return "" if shared == own else f"{at}: {shared} is not {own}"


def test_every_result_of_the_document_is_that_of_its_operation() -> None:
    """Promise: no name of the document stands for two things, however many models are called alike."""
    shared = DOCUMENT["components"]["schemas"]
    declared = {one.name: one for one in index() if one.shape == "model"}
    looked = 0
    for method in (one for item in DOCUMENT["paths"].values() for one in item.values()):
        entry = declared.get(".".join(method["operationId"].split(".")[:2]))
        content = method["responses"].get("200", {}).get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if entry is None or not name:
            continue
        own = {key: value for key, value in entry.result_schema.items() if key != "$defs"}
        assert not apart(shared[name], own, (shared, entry.result_schema.get("$defs", {})), set()), entry.name
        looked += 1
    assert looked > 300


@pytest.mark.parametrize("times", [1, 2])
def test_models_of_one_name_keep_apart(times: int) -> None:
    """Also where three operations have one, what refers to it is alike, and each is told more than once."""
    schemas = Schemas()
    for operation, kind in (("a.first", "string"), ("b.second", "integer"), ("c.third", "boolean")):
        price: Json = {"type": "object", "properties": {"of": {"$ref": "#/$defs/Rate"}}}
        rate: Json = {"type": kind}
        listed: Json = {"title": "Listed", "items": {"$ref": "#/$defs/Price"}, "$defs": {"Price": price, "Rate": rate}}
        told = [schemas.model(listed, operation, "Result") for _ in range(times)]
        assert all(one == told[0] for one in told)
        own = {key: value for key, value in listed.items() if key != "$defs"}
        there = schemas.shared[told[0]["$ref"].rpartition("/")[2]]
        assert not apart(there, own, (schemas.shared, listed["$defs"]), set())
    assert sum(name.endswith(("Price", "PriceResult")) for name in schemas.shared) == 3
