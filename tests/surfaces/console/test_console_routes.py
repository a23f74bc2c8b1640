"""How the console's files are served: policy, caching, nothing outside the folder."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message

import pytest
from wire_server import WireServer, listening


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with the console's routes."""
    with listening(WireServer({})) as url:
        yield url


def get(url: str, **headers: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of an answer, whatever the status."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


@pytest.mark.parametrize(("path", "inline_styles"), [("/", False), ("/docs", True)])
def test_a_page_may_load_only_from_its_own_origin(address: str, path: str, inline_styles: bool) -> None:
    """Nothing by default, scripts from our files alone; only the API page's library may set styles."""
    status, headers, body = get(address + path)
    policy = {
        name: values for name, *values in (part.split() for part in headers["Content-Security-Policy"].split(";"))
    }
    assert status == 200
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["connect-src"] == ["'self'"]
    assert ("'unsafe-inline'" in policy["style-src"]) is inline_styles
    assert policy["frame-ancestors"] == ["'none'"]
    assert b"<script>" not in body
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/docs", "/console/console.js", "/console/swagger-ui-bundle.js"])
def test_a_file_the_browser_has_is_not_sent_again(address: str, path: str) -> None:
    """The browser asks each time, and gets 304 without a body until the file has changed."""
    _, first, body = get(address + path)
    assert first["Cache-Control"] == "no-cache"
    assert body
    status, _, nothing = get(address + path, If_None_Match=first["ETag"])
    assert (status, nothing) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/console/../routes.py", "/console/%2e%2e/routes.py", "/console/none.js", "/console/"]
)
def test_nothing_else_is_served(address: str, path: str) -> None:
    """Neither what is not there nor what lies beside the folder."""
    status, _, body = get(address + path)
    assert status == 404
    assert b"Process" not in body
