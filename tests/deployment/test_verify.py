"""Whether a deployment answers, and how it is told what is wrong."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Server
from ports import free_port

from nis_backend.deployment.report import Step
from nis_backend.deployment.verify import verify
from nis_backend.errors import InvalidRequest


def steps(address: str, key: str | None = None) -> dict[str, Step]:
    """What came of each, by its name."""
    told: list[float] = []
    found = verify(address, key=key, tell=lambda share, _text: told.append(share))
    assert told == [0.0, 1 / 3, 2 / 3, 1.0]
    return {step.what: step for step in found}


@contextmanager
def answering(status: int, body: object, **headers: str) -> Generator[str]:
    """The address of what answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text)), "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)
            self.close_connection = True

        do_GET = do_POST = answer  # noqa: N815 - http.server calls them so

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server has it
            """Nothing is written."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_that_answers_is_verified_by_health_a_chat_and_a_socket(server: Server) -> None:
    """As a caller would see it, each with its time."""
    found = steps(server.url)
    assert [step.ok for step in found.values()] == [True] * 3, found
    assert found["GET /health"].told.startswith("ok, nis ")
    assert "42.16" in found["POST /chat"].told
    assert all(step.seconds > 0 for step in found.values())


def test_nobody_there_is_told_three_times_with_what_to_do() -> None:
    """Each check is made, whatever came of the one before."""
    for step in steps(f"http://127.0.0.1:{free_port()}").values():
        assert not step.ok
        assert "nothing listens there" in step.told
        assert "nis deploy status" in step.told


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (401, {"detail": "This server wants a key.", "remedy": "Send one."}, {}, ["401", "wants a key", "Send one."]),
        (503, b"no healthy target", {}, ["503: no healthy target", "No task is healthy"]),
        (301, b"", {"Location": "https://nis.example/"}, ["301", "It leads to https://nis.example/"]),
        (200, b"<html>hello</html>", {}, ["no JSON object", "Something else than nis"]),
    ],
)
def test_an_answer_that_is_none_is_told_with_its_remedy(
    status: int, body: object, headers: dict[str, str], words: list[str]
) -> None:
    """What the server says of it wins over what is usual for the status."""
    with answering(status, body, **headers) as address:
        found = steps(address)
    assert not any(step.ok for step in found.values())
    for word in words:
        assert word in found["GET /health"].told, found


def test_an_address_that_leads_nowhere_yet_is_asked_again() -> None:
    """A load balancer's name is new when its first deployment is verified; where somebody answers, nobody waits."""
    waited = list[float]()

    def health(address: str) -> Step:
        return verify(address, key=None, tell=lambda _share, _text: None, patience=10.0, pause=waited.append)[0]

    nowhere = health(f"http://127.0.0.1:{free_port()}")
    assert (nowhere.ok, waited) == (False, [5.0, 5.0])
    for status, ok in ((200, True), (403, False)):
        with answering(status, {"status": "ok"}) as address:
            assert health(address).ok is ok
    assert len(waited) == 2


def test_a_chat_without_words_is_no_chat() -> None:
    """Health alone would call it well."""
    with answering(200, {"response": " ", "status": "ok"}) as address:
        found = steps(address)
    assert found["GET /health"].ok
    assert "answered nothing" in found["POST /chat"].told
    assert not found["WebSocket /a2a"].ok


def test_an_address_that_is_none_is_refused() -> None:
    """Before anything is asked."""
    with pytest.raises(InvalidRequest):
        verify("nis.example:8000", key=None, tell=lambda _share, _text: None)
