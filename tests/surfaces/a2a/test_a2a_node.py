"""A2A's own client for Node: each binding, and 0.3."""

from __future__ import annotations

import json

import pytest
from conftest import Server
from node_clients import node

KEY = "not-asked-for"
WORDS = "26.2 mi = **42.1648128 km**."


@pytest.mark.parametrize(
    ("arguments", "errors"),
    [
        (("JSONRPC", KEY), "JsonRpc"),
        (("HTTP+JSON", KEY), "Rest"),
        (("JSONRPC", KEY, "0.3"), ""),
    ],
)
def test_the_client_for_node_gets_the_same_over_each(server: Server, arguments: tuple[str, ...], errors: str) -> None:
    """A message, a stream, the task again, push configurations, what is not there, what has ended, and the list."""
    got = json.loads(node("@a2a-js/sdk", "a2a.mjs", server.url, *arguments))
    assert got["plain"].startswith(WORDS)
    assert got["found"] == got["plain"]
    assert (got["kinds"][0], got["kinds"][-1], got["last"]) == ("task", "statusUpdate", 3)
    assert (got["pushed"], got["listed"]) == ("hook", ["hook"])
    assert got["missing"].endswith("TaskNotFoundError")
    assert got["ended"].endswith("TaskNotCancelableError")
    if errors:
        assert got["missing"].startswith(errors)
        assert got["tasks"] == [got["plain"]]
