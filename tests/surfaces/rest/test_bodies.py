"""Bodies that are small in bytes and large in values: reading one holds up everybody, in a thread too."""

from __future__ import annotations

import pytest
from rest_client import Served, ask

MANY = b",".join([b"[[]]"] * 200_000)
TEXT = b",[{" * 400_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"limit": [' + MANY + b"]}", 413),
        (b'{"query": "' + TEXT + b'"}', 422),  # read: its marks are text
        (b'{"query": "' + b',\\"' * 400_000, 400),  # a text without an end
    ],
    ids=["lists", "a text", "no end"],
)
def test_a_body_of_too_many_values_is_refused_before_it_is_read(server: Served, body: bytes, status: int) -> None:
    """Promise: what sets the cost of a call has a maximum; a long text has none of its marks counted."""
    answer = ask(server, "POST", "/operations/search-operations", body, {"content-type": "application/json"})
    assert answer[0] == status
