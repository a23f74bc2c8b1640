"""Every call of a model that a server makes is in its ledger: a chat's turn, the dialect's, texts of an operation."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from fake_openai import Canned, FakeOpenAI, says
from rest_client import ask

if TYPE_CHECKING:
    from conftest import Serve, Server

VECTORS = Canned(
    pieces=[b'{"object":"list","data":[{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":5}}'],
    content_type="application/json",
)


def ledger(server: Server) -> list[dict[str, Any]]:
    """The rows of a server's ledger about the provider `local`, in their order; others are of its own vectors."""
    with sqlite3.connect(server.data / "nis.db") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("select * from ledger where provider = 'local' order by created")
        return [dict(row) for row in found]


def test_calls_of_every_kind_are_in_the_ledger(serve: Serve) -> None:
    """In the operation's name; a turn of a chat with its run and its conversation. A stop writes what waits."""
    with FakeOpenAI(says("One."), says("Two."), says("Three."), VECTORS).in_thread() as upstream:
        server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="fake-large")
        _, _, turn = ask(server, "POST", "/chat", {"message": "Hello?"})
        ask(server, "POST", "/models/generate-text", {"prompt": "Hello?"})
        messages = [{"role": "user", "content": "Hello?"}]
        ask(server, "POST", "/v1/chat/completions", {"model": "local:fake-large", "messages": messages})
        ask(server, "POST", "/v1/embeddings", {"model": "local:vectors", "input": "Hello?"})
        server.process.terminate()
        server.process.wait(30)
    rows = ledger(server)
    assert [(row["operation"], row["kind"], row["model"], row["input"], row["output"]) for row in rows] == [
        ("chat.send_message", "chat", "fake-large", 7, 3),
        ("models.generate_text", "chat", "fake-large", 7, 3),
        ("models.complete_chat", "chat", "fake-large", 7, 3),
        ("embeddings.embed_texts", "embeddings", "vectors", 5, 0),
    ]
    assert {(row["state"], row["counted"], row["owner"], row["cost"], row["priced"]) for row in rows} == {
        ("ok", "stated", "local", 0, 1)
    }
    assert (rows[0]["run_id"], rows[0]["conversation_id"]) == (turn["run_id"], turn["conversation_id"])
