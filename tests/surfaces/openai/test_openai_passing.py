"""What passes through a real server to a provider: the official client, the guard, the ledger, a stop in the middle."""

from __future__ import annotations

import json
import socket
import sqlite3
from typing import TYPE_CHECKING, Any

import openai
import pytest
from fake_openai import Canned, FakeOpenAI, delta, says, whole

if TYPE_CHECKING:
    from conftest import Serve, Server

KEY = "a-key-of-the-tests"
ASKED = {"role": "user", "content": "Hello?"}


def rows(server: Server) -> list[dict[str, Any]]:
    """The ledger of a server that has ended."""
    with sqlite3.connect(server.data / "nis.db") as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from ledger order by created")]


def test_the_official_client_uses_what_its_provider_has(serve: Serve) -> None:
    """A parameter that is not known here reaches it; each call is in the ledger, for the label that it gave."""
    with FakeOpenAI(whole(says("Good day.")), says("Good day to you.")).in_thread() as upstream:
        server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="fake-large", NIS_API_KEY=KEY)
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
            create: Any = client.chat.completions.with_raw_response.create  # Any: one overload for each argument
            raw = create(model="local:fake-large", messages=[ASKED], user="bob", extra_body={"top_k": 5})
            assert raw.parse().choices[0].message.content == "Good day."
            assert (raw.headers["x-nis-model"], raw.headers["x-nis-attempts"]) == ("local:fake-large", "1")
            assert raw.headers["x-request-id"]
            streamed: Any = client.chat.completions.create  # Any: as above
            stream: list[Any] = list(streamed(model="local", messages=[ASKED], stream=True))
            assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Good day to you."
        assert upstream.asked[0].body["top_k"] == 5
        assert KEY not in json.dumps([asked.headers for asked in upstream.asked])
        server.process.terminate()
        server.process.wait(60)
    found = rows(server)
    assert [(row["state"], row["operation"], row["end_user"], row["output"]) for row in found] == [
        ("ok", "models.complete_chat", "bob", 3),
        ("ok", "models.stream_chat", "", 3),
    ]


def test_a_server_that_stops_ends_its_streams_with_word_of_it(serve: Serve) -> None:
    """In the place of the mark; the provider is left, and the ledger has the call."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    with FakeOpenAI(held).in_thread() as upstream:
        server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="fake-large")
        body = json.dumps({"model": "local:fake-large", "messages": [ASKED], "stream": True}).encode()
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=60) as caller:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            caller.sendall(head.encode() + body)
            seen = b""
            while b"Once" not in seen:
                seen += caller.recv(4096)
            server.process.terminate()
            while piece := caller.recv(4096):
                seen += piece
        assert b"The server is stopping." in seen
        assert b"[DONE]" not in seen
        assert upstream.gone.wait(60)
        server.process.wait(60)
    assert [(row["state"], row["counted"]) for row in rows(server)] == [("left", "estimated")]


def test_images_pass_that_are_larger_than_other_bodies_may_be(serve: Serve) -> None:
    """As large as a blob; and whatever is larger is refused."""
    with FakeOpenAI(whole(says("A boat."))).in_thread() as upstream:
        server = serve(NIS_LOCAL_URL=upstream.url, NIS_MAX_BODY="4096", NIS_MAX_BLOB="3000000")
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
            create: Any = client.chat.completions.create  # Any: as above
            image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 2_000_000}"}}
            answer = create(model="local:m", messages=[{"role": "user", "content": [image]}])
            assert answer.choices[0].message.content == "A boat."
            assert upstream.asked[0].body["messages"][0]["content"] == [image]
            with pytest.raises(openai.APIStatusError) as error:
                create(model="local:m", messages=[{"role": "user", "content": [image, image]}])
            assert error.value.status_code == 413
