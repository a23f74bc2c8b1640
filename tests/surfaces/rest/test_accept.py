"""`Accept` is read as RFC 9110 says, and what is answered follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Server
from rest_client import ask

from nis_backend.errors import NotAcceptable
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS, chosen

RUN = (JSON, VIEWS, SSE)

WISHES = [
    ("", JSON),
    ("*/*", JSON),
    ("application/*", JSON),
    ("text/*", SSE),
    ("text/event-stream", SSE),
    # Both are named and liked equally: whoever names the stream can read it.
    ("application/json, text/event-stream", SSE),
    ("application/json, text/event-stream;q=0.5", JSON),
    ("application/json, */*;q=0.1", JSON),
    ("APPLICATION/VND.NIS.VIEWS+JSON", VIEWS),
    ("application/vnd.nis.views+json, application/json;q=0.9", VIEWS),
    # What names a type speaks for it alone: JSON is refused here.
    ("application/json;q=0, */*", VIEWS),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    ("application/json;q=nonsense", JSON),
    (",;q=1,application/json", JSON),
]


@pytest.mark.parametrize(("accept", "kind"), WISHES)
def test_the_type_liked_best_is_chosen(accept: str, kind: str) -> None:
    """RFC 9110, 12.5.1: weights, and the narrower range before the wider."""
    assert chosen(accept, RUN) == kind


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "*/*;q=0"])
def test_what_cannot_be_answered_is_refused(accept: str) -> None:
    """The remedy names what can be had."""
    with pytest.raises(NotAcceptable) as refused:
        chosen(accept, RUN)
    assert JSON in refused.value.remedy


@pytest.mark.parametrize("accept", ["text/html", SSE])
def test_a_type_that_a_route_does_not_answer_is_406(server: Server, accept: str) -> None:
    """A stream of what is one result would be a lie."""
    status, _, problem = ask(server, "GET", "/runs", None, {"accept": accept})
    assert (status, problem["code"], problem["field"]) == (406, "not_acceptable", "Accept")


def views_of(server: Server, path: str, body: Any) -> tuple[Any, list[str]]:
    """The result, and the kinds of its views."""
    status, headers, answer = ask(server, "POST", path, body, {"accept": VIEWS})
    assert (status, headers["content-type"]) == (200, VIEWS)
    return answer["result"], [view["kind"] for view in answer["views"]]


def test_a_result_comes_with_its_views(server: Server) -> None:
    """DESIGN: `view=` draws it, and a table of its fields where none is declared."""
    body = {"speed": 20, "angle": 40}
    plain = ask(server, "POST", "/physics/simulate-projectile", body)[2]
    result, kinds = views_of(server, "/physics/simulate-projectile", body)
    assert result == plain
    assert {"text", "series"} <= set(kinds)
    assert views_of(server, "/physics/convert-unit", {"value": 1, "unit": "mile", "to": "km"})[1]


def test_a_runs_result_comes_with_its_views(server: Server) -> None:
    """A turn that computes shows what its reply shows."""
    call = {"operation": "physics.simulate_projectile", "arguments": {"speed": 20, "angle": 40}}
    result, kinds = views_of(server, "/chat/send-message", {"message": "again", "call": call})
    assert kinds == ["text", *(view["kind"] for view in result["views"])]
    assert "series" in kinds
