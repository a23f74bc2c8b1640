"""What holds for every name and every value: routes from names, values through query, body and path, blobs."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field
from starlette.requests import Request

from nis_backend.blob import Blob
from nis_backend.catalog import entry_of
from nis_backend.drivers.telemetry.counting import Counts
from nis_backend.entry import Entry
from nis_backend.errors import InvalidRequest, NisError, NotAcceptable
from nis_backend.operation import Model, operation
from nis_backend.settings import read_settings
from nis_backend.surfaces.guard import Exchange
from nis_backend.surfaces.rest.accept import chosen
from nis_backend.surfaces.rest.arguments import arguments_of
from nis_backend.surfaces.rest.content import disposition
from nis_backend.surfaces.rest.derive import ID, RestRoute, check_clashes, in_order, routes_of

SETTINGS = read_settings({})

words = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
actions = st.lists(words, min_size=1, max_size=3).map("_".join)
families = st.lists(words, min_size=1, max_size=2).map("_".join)
ids = st.from_regex(ID, fullmatch=True).filter(lambda one: len(one) <= 64)
quick = settings(deadline=None, max_examples=60)


def entry(family: str, action: str, effect: Literal["reads", "writes"], on: str | None, resource: str | None) -> Entry:
    """A declaration of this name and these traits, with one scalar field beside its id."""
    schema = {"properties": {"id": {"type": "string"}, "limit": {"type": "integer"}}}
    return Entry(
        name=f"{family}.{action}",
        summary="",
        description="",
        effect=effect,
        shape="model",
        module="",
        request_schema=schema,
        result_schema={},
        scopes=(),
        on=on,
        resource=resource,
    )


effects = st.sampled_from(["reads", "writes"])
entries = st.builds(entry, families, actions, effects, st.none() | words, st.none() | words)


@quick
@given(entries)
def test_each_name_has_a_route_that_a_router_can_tell(one: Entry) -> None:
    """Below its collection, of literals and at most one id, without a mark that a path would have to escape."""
    for route in routes_of(one):
        assert route.method in {"GET", "POST", "PATCH", "DELETE"}
        assert route.path.startswith("/" + one.collection.replace("_", "-"))
        assert re.fullmatch(r"(/[a-z0-9-]+|/\{id\})+", route.path)
        assert route.path.count("{id}") <= 1
        assert (route.method == "GET") <= (one.effect == "reads")


@quick
@given(entries)
def test_a_route_follows_from_the_declaration_alone(one: Entry) -> None:
    """Asked twice, in whatever order, it is the same; a hyphen is never in a name, so none is lost."""
    assert routes_of(one) == routes_of(one)
    check_clashes(routes_of(one))


def matches(pattern: str, path: str) -> bool:
    """Whether a route's path takes this one."""
    return re.fullmatch(re.escape(pattern).replace(r"\{id\}", ID), path) is not None


segments = st.lists(st.sampled_from(["a", "b", "{id}"]), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)


@quick
@given(st.lists(segments, min_size=2, max_size=4, unique=True), st.lists(st.sampled_from(["a", "b", "c"]), max_size=3))
def test_what_is_not_refused_is_answered_by_the_most_literal_route(paths: list[str], asked: list[str]) -> None:
    """Whatever is asked: among the routes that take it, the first in order is narrower than every other."""
    routes = [RestRoute(method="GET", path=path, operation=f"a.find_{n}") for n, path in enumerate(paths)]
    try:
        check_clashes(routes)
    except InvalidRequest:
        return
    taking = [route.path for route in in_order(routes) if matches(route.path, "/" + "/".join(asked))]
    for other in taking[1:]:
        pairs = zip(taking[0].split("/"), other.split("/"), strict=True)
        assert all(mine in {theirs, *asked} if theirs == "{id}" else mine == theirs for mine, theirs in pairs)


class Values(Model):
    """A field of each kind that fits a query."""

    id: str = Field(pattern=f"^{ID}$")
    text: str
    number: float
    whole: int
    flag: bool
    choice: Literal["one", "two"]
    maybe: str | None = None


@operation("values.read_values", effect="reads")
def read_values(request: Values, ctx: Any) -> Values:
    """Answer what was read."""
    return request


READ = entry_of(read_values)
values = st.builds(
    Values,
    id=ids,
    text=st.text(st.characters(codec="utf-8"), max_size=40),
    number=st.floats(allow_nan=False, allow_infinity=False),
    whole=st.integers(-(2**63), 2**63),
    flag=st.booleans(),
    choice=st.sampled_from(["one", "two"]),
    maybe=st.none() | st.text(st.characters(codec="utf-8"), max_size=10),
)


def read(method: str, query: str, body: bytes, path: dict[str, str], media: str = "application/json") -> Values:
    """What the operation is given of a request, as the endpoint reads it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        pytest.fail(f"an answer: {message}")

    headers = [(b"content-type", media.encode())] if body else []
    scope = {
        "type": "http",
        "method": method,
        "path": "/values",
        "query_string": query.encode(),
        "headers": headers,
        "path_params": path,
        "state": {"exchange": Exchange(receive, send, "request-1", SETTINGS.max_body, Counts())},
    }
    return read_values.validate(asyncio.run(arguments_of(Request(scope, receive), READ, SETTINGS)))


def said(value: object) -> str:
    """A value as a query spells it."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


@quick
@given(values)
def test_a_value_is_the_same_by_query_and_by_body(value: Values) -> None:
    """A read of scalars is a GET and a POST: neither loses nor changes anything."""
    given_ = value.model_dump()
    path = {"id": given_.pop("id")}
    query = urlencode({name: said(one) for name, one in given_.items() if one is not None})
    assert read("GET", query, b"", path) == value
    assert read("POST", "", json.dumps(given_).encode(), path) == value


@quick
@given(st.binary(max_size=60), st.sampled_from(["GET", "POST", "DELETE", "PATCH"]), st.text(max_size=30))
def test_whatever_comes_is_read_or_refused(body: bytes, method: str, query: str) -> None:
    """No request makes a fault of ours."""
    refusal = None
    try:
        read(method, urlencode({"text": query}) if method != "POST" else "", body, {"id": "x"})
    except NisError as error:
        refusal = error
    if refusal is not None:
        assert refusal.codes.http < 500
        assert len(str(refusal.problem())) < 5000


@quick
@given(st.text(max_size=60))
def test_any_accept_chooses_or_refuses(accept: str) -> None:
    """And it never chooses what was not offered."""
    offered = ("application/json", "text/event-stream")
    with contextlib.suppress(NotAcceptable):
        assert chosen(accept, offered) in offered


@quick
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_name_is_one_header(name: str) -> None:
    """What a stranger calls a file cannot begin another header, nor end its own."""
    header = disposition(name, shown=True)
    assert header.isascii()
    assert not re.search(r"[\x00-\x1f\x7f]", header)
    assert header.count('"') == 2


@quick
@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_bytes_are_the_same_by_base64_and_by_address(data: bytes, name: str) -> None:
    """Two ways into one blob."""
    text = base64.b64encode(data).decode()
    by_object = Blob.model_validate({"base64": text, "name": name})
    by_address = Blob.model_validate(f"data:application/octet-stream;base64,{text}")
    assert by_object.content == by_address.content == data
    assert by_object.sha256 == by_address.sha256


def test_the_properties_can_fail() -> None:
    """A clash that is there is found."""
    routes = [RestRoute(method="GET", path="/a/{id}", operation=name) for name in ("a.get_a", "a.find_a")]
    with pytest.raises(InvalidRequest):
        check_clashes(routes)
