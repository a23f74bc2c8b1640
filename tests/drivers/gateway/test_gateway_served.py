"""Every call of a model that a server makes is in its ledger: a chat's turn, the dialect's, texts of an operation."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fake_openai import Canned, FakeOpenAI, delta, says, usage
from psycopg.rows import dict_row
from rest_client import ask, done, events_of, send

if TYPE_CHECKING:
    from conftest import Serve, Server

VECTORS = Canned(
    pieces=[b'{"object":"list","data":[{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":5}}'],
    content_type="application/json",
)


def ledger(server: Server, provider: str) -> list[dict[str, Any]]:
    """The rows of a server's ledger about one provider, in their order; others are of its own vectors."""
    with sqlite3.connect(server.data / "nis.db") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(
            "select * from ledger where provider = ? and state <> 'refused' order by created", [provider]
        )
        return [dict(row) for row in found]


def test_calls_of_every_kind_are_in_the_ledger(serve: Serve) -> None:
    """In the operation's name; a turn with its run and conversation. Who looks sees them; a stop writes what waits."""
    with FakeOpenAI(says("One."), says("Two."), says("Three."), VECTORS).in_thread() as upstream:
        server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="fake-large")
        _, _, turn = ask(server, "POST", "/chat", {"message": "Hello?"})
        ask(server, "POST", "/models/generate-text", {"prompt": "Hello?"})
        assert done(server, "GET", "/calls?limit=1")["calls"][0]["operation"] == "models.generate_text"
        messages = [{"role": "user", "content": "Hello?"}]
        ask(server, "POST", "/v1/chat/completions", {"model": "local:fake-large", "messages": messages})
        ask(server, "POST", "/v1/embeddings", {"model": "local:vectors", "input": "Hello?"})
        server.process.terminate()
        server.process.wait(60)
    rows = ledger(server, "local")
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


def priced(server: Server, url: str) -> None:
    """Set up a provider whose prices are OpenAI's."""
    done(
        server, "POST", "/providers", {"name": "lab", "kind": "openai", "url": url, "prices": "openai", "billed": True}
    )


def test_a_run_with_two_cents_never_spends_more_with_fifty_calls_at_once(serve: Serve, root: Path) -> None:
    """`budget` at `runs.start_run`: what is refused is not sent, and the ledger's sum is what the budget says."""
    long = Canned(pieces=[delta(content="Hi."), delta("stop"), usage(7, 2700)])
    with FakeOpenAI(*[long] * 50, models=["gpt-4o-mini"]).in_thread() as upstream:
        server = serve("--app", str(root / "tests" / "spending_app.py"))
        priced(server, upstream.url)
        started = done(server, "POST", "/runs/start-run", {"operation": "tests.ask_fifty", "budget": 0.02})
        events = events_of(server, "GET", f"/runs/{started['id']}/events")
        run = done(server, "GET", f"/runs/{started['id']}")
        (budget,) = done(server, "GET", f"/budgets?scope=run&subject={run['id']}")["budgets"]
        server.process.terminate()
        server.process.wait(60)
    rows = [row for row in ledger(server, "lab") if row["run_id"] == run["id"]]
    spent = sum(row["cost"] for row in rows)
    assert run["result"] == {"answered": len(upstream.asked), "refused": 50 - len(upstream.asked)}
    assert len(rows) == len(upstream.asked) >= 10
    # Not one more would have fitted.
    assert spent <= 20_000_000 < spent + rows[0]["worst"]
    # Its log says once that little is left.
    told = [event for event in events if "warning" in str(event) and "is used by" in str(event)]
    assert len(told) == 1
    assert budget["share"] == budget["used"] / budget["limit"] > 0.8
    assert round(budget["used"] * 1e9) == spent


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str | None:
    """The database of a server; None is the one in the box."""
    return request.getfixturevalue("database") if request.param == "postgresql" else None


def shared_ledger(address: str) -> list[dict[str, Any]]:
    """The rows about the provider in a database that servers share."""
    with psycopg.connect(address) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from ledger where provider = 'lab' and state <> 'refused' order by created"
        ).fetchall()


def test_runs_that_a_run_has_started_spend_of_its_two_cents(serve: Serve, root: Path, address: str | None) -> None:
    """Promise: a run with `budget = $0.02` never spends more: not by ten runs, and theirs, with wider budgets."""
    long = Canned(pieces=[delta(content="Hi."), delta("stop"), usage(7, 2700)])
    with FakeOpenAI(*[long] * 50, models=["gpt-4o-mini"]).in_thread() as upstream:
        app = ("--app", str(root / "tests" / "spending_app.py"))
        server = serve(*app) if address is None else serve(*app, NIS_DATABASE_URL=address)
        priced(server, upstream.url)
        started = done(server, "POST", "/runs/start-run", {"operation": "tests.start_ten", "budget": 0.02})
        events_of(server, "GET", f"/runs/{started['id']}/events")
        run = done(server, "GET", f"/runs/{started['id']}")
        (budget,) = done(server, "GET", f"/budgets?scope=run&subject={run['id']}")["budgets"]
        again = done(server, "POST", f"/runs/{run['id']}/fork")
        events_of(server, "GET", f"/runs/{again['id']}/events")
        more = done(server, "GET", f"/runs/{again['id']}")
        server.process.terminate()
        server.process.wait(60)
    rows = ledger(server, "lab") if address is None else shared_ledger(address)
    spent = sum(row["cost"] for row in rows)
    assert run["result"] == {"answered": len(upstream.asked), "refused": 50 - len(upstream.asked)}
    assert len(rows) == len(upstream.asked) >= 10
    assert run["id"] not in {row["run_id"] for row in rows}
    assert round(budget["used"] * 1e9) == spent
    # Not one more would have fitted; and a fork of the run has no money of its own.
    assert spent <= 20_000_000 < spent + rows[0]["worst"]
    assert more["result"] == {"answered": 0, "refused": 50}


def test_what_a_killed_server_had_under_way_is_booked_at_its_worst(serve: Serve) -> None:
    """Promise: never less is counted than a provider may bill; the next process closes what the dead one left open."""
    held = replace(says("Never done."), released=asyncio.Event())
    with FakeOpenAI(held, says("Hi."), models=["gpt-4o-mini"]).in_thread() as upstream:
        server = serve()
        priced(server, upstream.url)
        done(server, "POST", "/budgets", {"scope": "server", "limit": 1})
        asked = {"prompt": "Hello?", "model": "lab:gpt-4o-mini", "max_tokens": 50}
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(send, server, "POST", "/models/generate-text", asked)
            assert upstream.came.wait(60)
            server.process.kill()
            server.process.wait(60)
            assert asking.exception(30) is not None
        (row,) = ledger(server, "lab")
        assert row["state"] == "open"
        again = serve(data=server.data)
        done(
            again, "POST", "/models/generate-text", {"prompt": "Hello?", "model": "lab:gpt-4o-mini"} | {"max_tokens": 1}
        )
        (budget,) = done(again, "GET", "/budgets")["budgets"]
        again.process.terminate()
        again.process.wait(60)
    lost, later = ledger(server, "lab")
    assert (lost["state"], lost["counted"], lost["cost"]) == ("lost", "worst", row["worst"])
    assert later["state"] == "ok"
    assert round(budget["used"] * 1e9) == row["worst"] + later["cost"] > 0
