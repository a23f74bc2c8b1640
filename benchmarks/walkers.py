"""The callers of `kills.py`: they start walks over server-sent events, read them whoever dies, and answer for a person.

A reader asks again with the number of its last whole event, at once and of whichever server answers.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

LIMIT_SECONDS = 240.0
"""How long nothing may come."""
PAUSE_SECONDS = 0.03
"""Between two looks at a server that is down."""
ENDS = ("succeeded", "failed", "cancelled")

Json = dict[str, Any]  # Any: JSON
Frame = tuple[int, str, bytes]
"""An event's number, its kind, and all of it as it came."""


class Servers:
    """Where to ask: any of these addresses, of which some may be down."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Json]:
        """What a server answers, and its status; asked again until one does."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            try:
                connection = self.connect()
                try:
                    answer = send(connection, method, path, body, **headers)
                    return answer.status, dict(json.loads(answer.read()))
                finally:
                    connection.close()
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                time.sleep(PAUSE_SECONDS)
        msg = f"nobody answered {method} {path}"
        raise RuntimeError(msg)

    def connect(self) -> http.client.HTTPConnection:
        """A connection to one that listens.

        Raises:
            OSError: this one does not.
        """
        connection = http.client.HTTPConnection("127.0.0.1", random.choice(self.ports), timeout=60)  # noqa: S311
        connection.connect()
        return connection


def send(
    connection: http.client.HTTPConnection, method: str, path: str, body: object, **headers: str
) -> http.client.HTTPResponse:
    """The answer to a request, its body to be read."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"Content-Type": "application/json", **named})
    return connection.getresponse()


class Reader:
    """Reads one run's events, over as many connections as it takes."""

    def __init__(self, servers: Servers, heard: Callable[[Frame], None] | None = None) -> None:
        self.frames: list[Frame] = []
        self.faults: list[str] = []
        self.connections = 0
        self.longest_silence = 0.0
        """The most seconds from one event to the next, as they came."""
        self._servers = servers
        self._heard = heard
        self._came = self._until = 0.0

    @property
    def last(self) -> int:
        """The number of the last event it has."""
        return self.frames[-1][0] if self.frames else 0

    @property
    def done(self) -> bool:
        """Whether it has read the end."""
        return bool(self.frames) and self.frames[-1][1] in ENDS

    def read(self, method: str, path: str, body: object = None, **headers: str) -> None:
        """Read to the end; once the run has an id, from `GET /runs/{id}/events`."""
        self._until = time.monotonic() + LIMIT_SECONDS
        while not self.done and time.monotonic() < self._until:
            try:
                if self.frames:
                    self._once("GET", f"/runs/{self.run_id}/events", None, Last_Event_ID=str(self.last))
                else:
                    self._once(method, path, body, **headers)
            except (OSError, http.client.HTTPException):
                time.sleep(PAUSE_SECONDS)
        if not self.done:
            self.faults.append(f"{self.run_id or path}: nothing came after {self.last}")

    @property
    def run_id(self) -> str:
        """Whose events they are."""
        return str(json.loads(self.frames[0][2].partition(b"data: ")[2])["run_id"]) if self.frames else ""

    def _once(self, method: str, path: str, body: object, **headers: str) -> None:
        connection = self._servers.connect()
        self.connections += 1
        try:
            answer = send(connection, method, path, body, Accept="text/event-stream", **headers)
            if answer.status != 200:  # noqa: PLR2004 - HTTP's own
                problem = answer.read()
                if answer.status not in {409, 503}:
                    self.faults.append(f"{method} {path} after {self.last}: {answer.status} {problem[:300]!r}")
                time.sleep(PAUSE_SECONDS)
                return
            held = b""
            while line := answer.readline():
                held += line
                if line == b"\n":
                    self._take(held)
                    held = b""
                    if time.monotonic() > self._until:
                        # The connection is kept open, and nothing comes.
                        return
        finally:
            connection.close()

    def _take(self, text: bytes) -> None:
        """A frame that is whole; one that was cut is asked for again."""
        if not text.startswith(b"id: "):
            return
        head, kind, _ = text.split(b"\n", 2)
        frame = (int(head.removeprefix(b"id: ")), kind.removeprefix(b"event: ").decode(), text)
        now = time.monotonic()
        if self.frames:
            self.longest_silence = max(self.longest_silence, now - self._came)
        self._came = now
        self._until = now + LIMIT_SECONDS
        self.frames.append(frame)
        if self._heard is not None:
            self._heard(frame)


class Walker:
    """Starts one walk, reads it, and decides what it asks a person."""

    def __init__(self, servers: Servers, name: str, seed: int, heard: Callable[[Frame], None] | None = None) -> None:
        self.name = name
        self.readers = [Reader(servers, self._heard)]
        self.questions = 0
        self._servers = servers
        self._tell = heard
        self._chance = random.Random(seed)  # noqa: S311 - the same decisions each time
        self._others: list[threading.Thread] = []

    def walk(self) -> None:
        """Go to the end."""
        key = f"walk-{self.name}"
        self.readers[0].read("POST", "/walk/take-walk", {"name": self.name}, Idempotency_Key=key)
        for other in self._others:
            other.join()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.readers[0].run_id

    def _heard(self, frame: Frame) -> None:
        if not self._others:
            # A second reader, which comes later and watches only.
            reader = Reader(self._servers)
            self.readers.append(reader)
            thread = threading.Thread(target=reader.read, args=("GET", f"/runs/{self.run_id}/events"))
            self._others.append(thread)
            thread.start()
        if self._tell is not None:
            self._tell(frame)
        if frame[1] == "approval_required":
            body = json.loads(frame[2].partition(b"data: ")[2])["body"]
            self._decide(str(body["call_id"]))

    def _decide(self, call_id: str) -> None:
        """Answer what the run waits for, if it is this; a question that a kill has overtaken has no answer."""
        self.questions += 1
        verb = "approve" if self._chance.random() < 0.7 else "reject"  # noqa: PLR2004 - more often than not
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            _, run = self._servers.ask("GET", f"/runs/{self.run_id}")
            if run.get("waiting"):
                if run["waiting"]["call_id"] != call_id:
                    return
                status, _ = self._servers.ask("POST", f"/runs/{self.run_id}/{verb}", {"call_id": call_id})
                if status < 300:  # noqa: PLR2004 - HTTP's own
                    return
            elif run.get("state") in ENDS:
                return
            time.sleep(PAUSE_SECONDS)
        self.readers[0].faults.append(f"{self.run_id}: {call_id} could not be decided")
