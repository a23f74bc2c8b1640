"""SIGTERM: what is served, what is told, and how soon it is over; quiet streams behind a proxy."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Serve
from rest_client import ask

from nis_backend.capabilities.system import misset
from nis_backend.settings import read_settings

PATIENCE = 60.0


def test_no_stream_of_200_is_cut_unannounced_and_quiet_ones_outlive_a_proxy(root: Path) -> None:
    """Each has finished or was told in its protocol's words; its run goes on in the next process."""
    script = [sys.executable, str(root / "benchmarks" / "drain.py"), "--linger=1", "--drain=6", "--watch=4"]
    done = subprocess.run([*script, "--cut=2", "--ping=0.5"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_lingering_server_serves_on_and_says_that_it_drains_until_a_second_signal(
    serve: Serve, tmp_path: Path
) -> None:
    """New requests are answered on connections that end with them; the second SIGTERM tells streams at once."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"when": "forever", "text": "on and on", "pause": 600}, {"text": "hi"}]}))
    server = serve(
        NIS_SCRIPTED=str(script), NIS_MODEL="scripted:scripted", NIS_LINGER_SECONDS="600", NIS_DRAIN_SECONDS="600"
    )
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)) as connection:
        body = json.dumps({"message": "Go on forever.", "operations": False})
        connection.request("POST", "/chat", body, {"accept": "text/event-stream"})
        stream = connection.getresponse()
        assert stream.readline() == b"id: 1\n"
        server.process.terminate()
        deadline = time.monotonic() + PATIENCE
        while (found := ask(server, "GET", "/health"))[0] == 200:
            assert time.monotonic() < deadline
        status, headers, problem = found
        assert (status, headers["connection"]) == (503, "close")
        assert "draining" in problem["detail"]
        assert ask(server, "GET", "/health/ready")[0] == 503
        assert ask(server, "GET", "/health/live")[0] == 200
        status, headers, answer = ask(server, "POST", "/chat", {"message": "hello", "operations": False})
        assert (status, headers["connection"], answer["response"]) == (200, "close", "[scripted] hi")
        assert server.process.poll() is None
        server.process.terminate()
        assert "event: closing" in stream.read().decode()
    assert server.process.wait(PATIENCE) == 0
    log = server.log.read_text()
    assert "of 1 streams and callers 1 were told that the server stops" in log
    assert "Traceback" not in log


def test_a_caller_who_waits_longer_than_the_server_is_told_so(serve: Serve, tmp_path: Path) -> None:
    """Not cut off: 503, with when to ask again."""
    app = tmp_path / "slow.py"
    app.write_text(SLOW)
    server = serve("--app", str(app), NIS_DRAIN_SECONDS="1")
    answers: list[tuple[int, object]] = []

    def wait() -> None:
        status, headers, problem = ask(server, "POST", "/tests/wait-long", {})
        answers.append((status, (headers["retry-after"], problem["detail"])))

    waiting = threading.Thread(target=wait)
    waiting.start()
    deadline = time.monotonic() + PATIENCE
    while "waits" not in server.log.read_text():
        assert time.monotonic() < deadline
    server.process.terminate()
    waiting.join(PATIENCE)
    assert answers == [(503, ("1", "The server is stopping."))]
    assert server.process.wait(PATIENCE) == 0


SLOW = '''
import asyncio
import sys

from nis_backend.operation import Model, operation


class Nothing(Model):
    """A request without fields."""


@operation("tests.wait_long", effect="reads")
async def wait_long(request: Nothing, ctx: "Context") -> Nothing:
    """Wait longer than anybody."""
    print("waits", file=sys.stderr, flush=True)
    await asyncio.Event().wait()
    return request


OPERATIONS = (wait_long,)
'''


FEW = """
import sys
from pathlib import Path
from nis_backend import server
from nis_backend.settings import read_settings

server.MANY, server.SHORT_SECONDS = 2, 0
server.serve(read_settings({}, data=Path(sys.argv[1]), port=0))
"""


def answered(caller: socket.socket, request: bytes) -> bool:
    """Whether a request is answered well, to the end of its body."""
    caller.sendall(request)
    told = b""
    while not told.endswith(b"}"):
        told += caller.recv(65_536)
    return told.startswith(b"HTTP/1.1 200")


def test_of_very_many_connections_those_without_a_request_are_not_kept(tmp_path: Path) -> None:
    """Who opens more than a server keeps takes no descriptors from others; those within stay for their next request."""
    command = [sys.executable, "-c", FEW, str(tmp_path / "data")]
    with ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        stack.callback(process.kill)
        assert process.stderr is not None
        told = ""
        while "http://" not in told:
            told = process.stderr.readline()
            assert process.poll() is None
        address = urlsplit(told[told.index("http://") :].strip())
        opened = [
            stack.enter_context(socket.create_connection((address.hostname or "", address.port or 0), PATIENCE))
            for _ in range(3)
        ]
        ask = f"GET /health/live HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
        for one in (opened[2], opened[0]):
            assert answered(one, ask)
            if one is opened[2]:
                # Of three it is one too many.
                assert one.recv(1) == b""
        assert answered(opened[0], ask)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, []),
        ({"NIS_PING_SECONDS": "80"}, ["setting NIS_PING_SECONDS"]),
        ({"NIS_LINGER_SECONDS": "20", "NIS_DRAIN_SECONDS": "97"}, ["setting NIS_DRAIN_SECONDS"]),
    ],
)
def test_times_that_contradict_each_other_are_told(given: dict[str, str], named: list[str]) -> None:
    """Ping below keep-alive; the whole stop below what ECS grants."""
    assert [part.name for part in misset(read_settings(given))] == named
