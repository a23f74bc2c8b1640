"""Providers and routes that are set up while the server runs: asked at once, by whom it is allowed, written down."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_openai import FakeOpenAI, fails, says
from ground import Ground
from keyed import holder
from rest_client import ask, done, events_of

SECRET = "sk-marker-9876543210"  # noqa: S105 - it is looked for where it must not be
MESSAGES = [{"role": "user", "content": "Hello?"}]


@pytest.fixture(scope="module")
def nis(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Ground]:
    """A server of these tests' own, with a key for providers that are set up while it runs."""
    monkeypatch_module.setenv("NIS_PROVIDER_KEYS", f"LAB={SECRET}")
    with Ground(tmp_path_factory.mktemp("gateway")).open() as one:
        yield one


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """Settings for as long as the server lives."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def chat(nis: Ground, model: str) -> tuple[int, Any]:
    """A chat completion in the dialect."""
    status, _, body = ask(nis, "POST", "/v1/chat/completions", {"model": model, "messages": MESSAGES})
    return status, body


def words(answer: Any) -> str:
    """What a completion says."""
    return str(answer["choices"][0]["message"]["content"])


def test_a_provider_is_asked_from_the_moment_it_is_set_up(nis: Ground) -> None:
    """With the key that it names; gone again, its name is unknown."""
    with FakeOpenAI(says("From the lab.")).in_thread() as lab:
        made = done(nis, "POST", "/providers", {"name": "lab", "kind": "openai", "url": lab.url, "key_name": "LAB"})
        assert (made["source"], made["billed"], made["state"]) == ("run time", False, "ready")
        status, answer = chat(nis, "lab:fake-large")
        assert (status, words(answer)) == (200, "From the lab.")
        assert lab.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
        tested = done(nis, "GET", "/providers/lab/test")
        assert (tested["ok"], tested["models"]) == (True, ["lab:fake-large", "lab:vendor:fake-small"])
        assert "lab:fake-large" in [one["id"] for one in done(nis, "GET", "/models")["models"]]
        done(nis, "DELETE", "/providers/lab")
        assert chat(nis, "lab:fake-large")[0] == 404


def test_a_route_falls_back_on_chat_and_in_the_dialect(nis: Ground) -> None:
    """`/chat` and `/v1` take its name for a model's; the log of the turn says which model has answered."""
    down, up = FakeOpenAI(), FakeOpenAI(says("Up."), says("Up."))
    with down.in_thread(), up.in_thread():
        done(nis, "POST", "/providers", {"name": "down", "kind": "openai", "url": down.url})
        done(nis, "POST", "/providers", {"name": "up", "kind": "openai", "url": up.url})
        targets = [{"model": "down:m"}, {"model": "up:m", "tier": 1}]
        done(nis, "POST", "/routes", {"name": "steady", "targets": targets, "policy": {"retries": 0}})
        turn = done(nis, "POST", "/chat", {"message": "Hello?", "model": "steady"})
        assert (turn["response"], turn["provider"], turn["model"]) == ("Up.", "route", "steady")
        events = [one["data"] for one in events_of(nis, "GET", f"/runs/{turn['run_id']}/events")]
        (answered,) = [one["body"] for one in events if one["body"]["type"] == "model_answered"]
        assert (answered["answered_by"], answered["cost"]) == ("up:m", 0)
        assert words(chat(nis, "route:steady")[1]) == "Up."
        assert "route:steady" in [one["id"] for one in ask(nis, "GET", "/v1/models")[2]["data"]]
        done(nis, "PATCH", "/routes/steady", {"targets": [{"model": "down:m"}]})
        assert chat(nis, "steady")[0] == 502
        done(nis, "PATCH", "/routes/steady", {"enabled": False})
        assert chat(nis, "steady")[0] == 404


def test_an_explanation_says_which_models_are_left_out_and_why(nis: Ground) -> None:
    """By what is known of them now: that they are gone, that they lack what is needed."""
    with FakeOpenAI().in_thread() as lab:
        done(nis, "POST", "/providers", {"name": "known", "kind": "openai", "url": lab.url})
        targets = [
            {"model": "known:a", "weight": 3},
            {"model": "known:b"},
            {"model": "openai:gpt", "weight": 5},
            {"model": "known:c", "tier": 1},
        ]
        done(nis, "POST", "/routes", {"name": "explained", "targets": targets})
        places = done(nis, "GET", "/routes/explained/explain?tools=true")["places"]
        assert [(one["model"], one["tier"], one["share"], one["left_out"]) for one in places] == [
            ("known:a", 0, 0.75, None),
            ("known:b", 0, 0.25, None),
            ("openai:gpt", 0, 0.0, "its provider is not set up"),
            ("known:c", 1, 1.0, None),
        ]
        done(nis, "PATCH", "/providers/known", {"enabled": False})
        left_out = {one["left_out"] for one in done(nis, "GET", "/routes/explained/explain")["places"]}
        assert left_out == {"its provider is disabled", "its provider is not set up"}
        assert done(nis, "GET", "/providers/known")["state"] == "it is disabled"


def test_who_does_not_administer_the_server_reads_and_changes_nothing(nis: Ground) -> None:
    """`server:admin` is in no wildcard."""
    bob = holder(nis, owner="bob", scopes=["*"])
    assert bob.ask("GET", "/routes")[0] == bob.ask("GET", "/providers")[0] == 200
    for method, path, body in (
        ("POST", "/providers", {"kind": "openai", "url": "https://models.example.org/v1"}),
        ("PATCH", "/providers/embedded", {"enabled": False}),
        ("POST", "/routes", {"targets": [{"model": "embedded:any"}]}),
        ("GET", "/routes/list-changes", None),
    ):
        status, answer = bob.ask(method, path, body)
        assert (status, answer["code"]) == (403, "forbidden"), path


def test_a_key_sets_up_no_address_of_the_servers_own_network(nis: Ground) -> None:
    """Else a key would ask what only the machine itself may: its metadata, its neighbours."""
    admin = holder(nis, owner="ada", scopes=["*", "server:admin"])
    for url in (
        "http://127.0.0.1:11434/v1",
        "http://169.254.169.254/latest",
        "http://[::1]/v1",
        "http://localhost/v1",
        "http://2130706433/v1",
        "http://0x7f.1/v1",
        "http://10.0.0.7/v1",
        "http://neighbour/v1",
        "http://db.internal/v1",
    ):
        status, answer = admin.ask("POST", "/providers", {"kind": "openai", "url": url})
        assert (status, answer["field"]) == (403, "url"), url
    assert admin.ask("POST", "/providers", {"kind": "openai", "url": "https://models.example.org/v1"})[0] == 200


def test_changes_are_written_down_with_who_made_them(nis: Ground) -> None:
    """Before and after, in the same transaction as the change."""
    admin = holder(nis, owner="ada", scopes=["*", "server:admin"])
    route = admin.ask("POST", "/routes", {"targets": [{"model": "embedded:any"}]})[1]
    admin.ask("PATCH", f"/routes/{route['id']}", {"policy": {"retries": 3}})
    admin.ask("DELETE", f"/routes/{route['id']}")
    changes = done(nis, "GET", f"/routes/list-changes?subject=route&subject_id={route['id']}")["changes"]
    assert [(one["action"], one["by_owner"], one["by_key"]) for one in changes] == [
        (action, "ada", admin.id) for action in ("delete", "update", "create")
    ]
    deleted, updated, created = changes
    assert (created["before"], deleted["after"]) == (None, None)
    assert updated["before"]["policy"]["retries"] == 1
    assert updated["after"]["policy"]["retries"] == deleted["before"]["policy"]["retries"] == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/providers", {"kind": "openai", "url": "ftp://models.example.org"}, 422, "url"),
        ("/providers", {"kind": "openai", "url": "https://user:word@models.example.org"}, 422, "url"),
        ("/providers", {"kind": "openai", "url": "https://models.example.org/v1?key=1"}, 422, "url"),
        ("/providers", {"kind": "openai", "url": "https://[models"}, 422, "url"),
        ("/providers", {"name": "openai", "kind": "openai", "url": "https://models.example.org"}, 422, "name"),
        ("/providers", {"name": "A:B", "kind": "openai", "url": "https://models.example.org"}, 422, "name"),
        ("/routes", {"targets": []}, 422, "targets"),
        ("/routes", {"targets": [{"model": "nowhere:m"}]}, 422, "targets.0.model"),
        ("/routes", {"targets": [{"model": "gpt"}]}, 422, "targets.0.model"),
        ("/routes", {"targets": [{"model": "embedded:a"}, {"model": "embedded:a"}]}, 422, "targets.1.model"),
        *(
            ("/routes", {"name": name, "targets": [{"model": "embedded:a"}]}, 422, "name")
            for name in ("embedded", "transformers", "scripted", "file", "openai", "agent")
        ),
        ("/routes", {"targets": [{"model": "embedded:a"}], "policy": {"ladder": ["none"]}}, 422, "policy.ladder.0"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(nis: Ground, path: str, body: Any, status: int, field: str) -> None:
    """And nothing of it is there afterwards."""
    before = done(nis, "GET", path)
    answered, _, answer = ask(nis, "POST", path, body)
    assert (answered, answer["field"]) == (status, field)
    assert done(nis, "GET", path) == before


def test_no_provider_takes_a_routes_name(nis: Ground) -> None:
    """Who names it would ask the one or the other, as it happens."""
    done(nis, "POST", "/routes", {"name": "quick", "targets": [{"model": "embedded:a"}]})
    status, _, answer = ask(
        nis, "POST", "/providers", {"name": "quick", "kind": "openai", "url": "http://127.0.0.1:9/v1"}
    )
    assert (status, answer["field"], "route" in answer["detail"]) == (409, "name", True)
    done(nis, "DELETE", "/routes/quick")


def test_a_provider_of_the_settings_may_be_changed_and_not_removed(nis: Ground) -> None:
    """How many calls it is given, whether it is asked; where it is, its settings alone say."""
    changed = done(nis, "PATCH", "/providers/scripted", {"concurrency": 3})
    assert (changed["concurrency"], changed["source"]) == (3, "settings")
    assert ask(nis, "PATCH", "/providers/scripted", {"url": "https://models.example.org"})[0] == 409
    assert ask(nis, "DELETE", "/providers/scripted")[0] == 409
    done(nis, "PATCH", "/providers/scripted", {"enabled": False})
    assert chat(nis, "scripted:scripted")[0] == 404
    done(nis, "PATCH", "/providers/scripted", {"enabled": True})
    assert chat(nis, "scripted:scripted")[0] == 200


def test_no_key_is_kept_or_told(nis: Ground, caplog: pytest.LogCaptureFixture) -> None:
    """Promise: not in the database, an answer, an event or the log, however a provider repeats it."""
    refused = fails(401, f"Incorrect API key provided: {SECRET}")
    with FakeOpenAI(refused, refused, fails(500, SECRET), fails(400, SECRET)).in_thread() as lab:
        done(nis, "POST", "/providers", {"name": "leaky", "kind": "openai", "url": lab.url, "key_name": "LAB"})
        said = [json.dumps(chat(nis, "leaky:m")) for _ in range(2)]
        said += [json.dumps(ask(nis, "POST", "/chat", {"message": "Hello?", "model": "leaky:m"})[2]) for _ in range(2)]
        said += [json.dumps(done(nis, "GET", path)) for path in ("/providers", "/routes/list-changes", "/runs")]
        said += [repr(events_of(nis, "GET", f"/runs/{one['id']}/events")) for one in done(nis, "GET", "/runs")["runs"]]
        said.append(json.dumps(done(nis, "GET", "/providers/leaky/test")))
    with sqlite3.connect(nis.data / "nis.db") as connection:
        said += connection.iterdump()
    said += [record.getMessage() for record in caplog.records]
    said += [repr(path.read_bytes()) for path in Path(nis.data).glob("nis.db*")]
    assert len(said) > 50
    assert [one for one in said if SECRET in one] == []
