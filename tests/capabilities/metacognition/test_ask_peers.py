"""Peers on servers of their own: who agrees, who is named as silent, and what a death in the middle does."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server, running_server
from outliving import begun, check_whole
from ports import free_port
from rest_client import ask, done, followed

from nis_backend.capabilities.metacognition.collective.agreeing import classes, disagreement, leader
from nis_backend.capabilities.metacognition.collective.spelling import spelled

Json = dict[str, Any]
ALLOWED = "127.0.0.1"
LONG = " ".join(["word"] * 500)


def script(answer: str) -> Json:
    """What a peer's model says: quickly, or over many seconds to what is slow."""
    return {"replies": [{"when": "slowly", "text": LONG, "pause": 0.02}, {"text": f"It is so.\nAnswer: {answer}"}]}


def keys(folder: Path) -> tuple[Path, str]:
    """A private key's file, and the public half as text."""
    private = folder / "card.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", str(private)], check=True)
    public = subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout"], check=True, capture_output=True)
    return private, public.stdout.decode()


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Server, str]]]:
    """Two servers that say 42, each with its key; one of them writes it otherwise."""
    made: dict[str, tuple[Server, str]] = {}
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    environments: list[Json] = []
    for folder, answer in ((first, "42"), (second, "42.0")):
        (folder / "script.json").write_text(json.dumps(script(answer)))
        private, public = keys(folder)
        given = {"NIS_SCRIPTED": str(folder / "script.json"), "NIS_MODEL": "scripted", "NIS_CARD_KEY": str(private)}
        environments.append({"given": given, "public": public})
    with (
        running_server(first / "data", environment=environments[0]["given"]) as one,
        running_server(second / "data", environment=environments[1]["given"]) as two,
    ):
        made["first"] = (one, environments[0]["public"])
        made["second"] = (two, environments[1]["public"])
        yield made


def register(here: Server, peers: dict[str, tuple[Server, str]]) -> None:
    """The two, one whose card is not signed by its key, and one at whose port nobody listens."""
    for name, (server, public) in peers.items():
        done_or_made(here, {"name": name, "url": server.url, "trusted_key": public})
    another = keys(here.data)[1]
    done_or_made(here, {"name": "forged", "url": peers["first"][0].url, "trusted_key": another})
    done_or_made(here, {"name": "dead", "url": f"http://127.0.0.1:{free_port()}", "trusted_key": keys(here.data)[1]})


def done_or_made(here: Server, request: Json) -> None:
    """Register an agent."""
    status, _, told = ask(here, "POST", "/remote-agents", request)
    assert status in {200, 201}, told


def test_a_key_has_one_voice_however_it_is_written_down(server: Server, tmp_path: Path) -> None:
    """Promise of one voice each: PEM, its line ends, and JSON Web Keys (RFC 8037) of one key are one peer."""
    pem = keys(tmp_path)[1]
    raw = base64.b64decode("".join(pem.splitlines()[1:-1]))[-32:]
    web: Json = {"x": base64.urlsafe_b64encode(raw).decode().rstrip("="), "crv": "Ed25519", "kty": "OKP"}
    spellings = [pem, pem.replace("\n", "\r\n"), json.dumps(web), json.dumps({"kid": "two", **web})]
    assert len({spelled(one) for one in spellings}) == 1
    assert len({spelled(one) for one in (pem, keys(tmp_path)[1], "no key", "{}", "{" * 4000)}) == 5
    names = [
        done(server, "POST", "/remote-agents", {"url": f"https://{number}.example.org", "trusted_key": one})["id"]
        for number, one in enumerate(spellings)
    ]
    for other in names[1:]:
        request: Json = {"peers": [names[0], other], "question": "How many?"}
        status, _, problem = ask(server, "POST", "/metacognition/ask-peers", request)
        assert (status, problem["field"]) == (422, "peers.1")


def test_a_quorum_is_of_those_asked_and_the_silent_are_named(
    serve: Serve, peers: dict[str, tuple[Server, str]]
) -> None:
    """Promise of ask_peers: 42 and 42.0 are one answer; the forged and the dead are named, and agree with none."""
    here = serve(NIS_ALLOWED_AGENTS=ALLOWED)
    register(here, peers)
    question: Json = {
        "peers": ["first", "second", "forged", "dead"],
        "question": "How much is it?",
        "reading": {"kind": "number"},
        "seconds": 20,
    }
    told = done(here, "POST", "/metacognition/ask-peers", {**question, "quorum": 2})
    assert (told["answer"], told["agreed"], told["heard"], told["asked"]) == ("42", True, 2, 4)
    assert told["classes"] == [{"answer": "42", "peers": ["first", "second"]}]
    assert (told["silent"], told["disagreement"]) == (["forged", "dead"], 0)
    by = {one["peer"]: one for one in told["peers"]}
    assert "signed" in by["forged"]["why"]
    assert by["dead"]["why"]
    # More than half of four are three: two voices are not, and silence is none.
    unset = done(here, "POST", "/metacognition/ask-peers", question)
    assert (unset["quorum"], unset["agreed"], unset["answer"]) == (3, False, None)
    late = done(here, "POST", "/metacognition/ask-peers", {**question, "question": "Say it slowly", "seconds": 1})
    assert (late["heard"], late["silent"]) == (0, question["peers"])
    assert "not done after 1 s" in late["peers"][0]["why"]


def test_who_has_answered_is_not_asked_again_after_a_death(
    serve: Serve, peers: dict[str, tuple[Server, str]], tmp_path: Path
) -> None:
    """Promise of the steps: `kill -9` while one peer still talks; the other's answer stands, and each was told once."""
    data = tmp_path / "data"
    here = serve(data=data, NIS_ALLOWED_AGENTS=ALLOWED)
    register(here, peers)
    done_or_made(here, {"name": "echo", "url": "scripted:echo"})
    question = "Say it slowly: 7"
    request: Json = {"peers": ["echo", "first"], "question": question, "reading": {"kind": "number"}, "signed": False}
    run_id = begun(here, "/metacognition/ask-peers", {**request, "seconds": 200})
    for event in followed(here, run_id):
        if event["body"]["type"] == "tool_answered":
            break
    for event in followed(here, run_id):
        if event["body"]["type"] == "noted" and str(event["body"]["value"]).startswith("run-"):
            break  # the far task is known: it goes on without a second message
    here.kill()
    again = serve(data=data, NIS_ALLOWED_AGENTS=ALLOWED)
    events = list(followed(again, run_id))
    check_whole(events)
    result = events[-1]["body"]["result"]
    assert [one["peer"] for one in result["peers"]] == ["echo", "first"]
    assert result["peers"][0]["answer"] == "7"
    assert done(again, "GET", f"/runs/{run_id}/replay")["identical"]
    far = peers["first"][0]
    runs = done(far, "GET", "/runs?limit=100")["runs"]
    said = [done(far, "GET", f"/runs/{one['id']}")["input"].get("message") for one in runs]
    assert said.count(question) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"peers": ["nobody"]}, "peers.0"),
        ({"peers": ["one", "one"], "signed": False}, "peers.1"),
        ({"peers": ["one"]}, "peers.0"),
        ({"peers": ["one"], "signed": False, "quorum": 2}, "quorum"),
        ({"peers": [], "signed": False}, "peers"),
        ({"peers": ["one"], "signed": False, "seconds": 1e9}, "seconds"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(server: Server, change: Json, field: str) -> None:
    """Promise of errors: field and remedy, before there is a run."""
    ask(server, "POST", "/remote-agents", {"name": "one", "url": "scripted:echo"})
    status, _, told = ask(server, "POST", "/metacognition/ask-peers", {"question": "x", **change})
    assert (told.get("field") or told["errors"][0]["field"]) == field, told
    assert status == (404 if change["peers"] == ["nobody"] else 422)
    assert told["remedy"]


def test_disagreement_is_the_chance_that_two_differ() -> None:
    """Promise of the formula, against counting every pair; a tie has no leader, whatever the quorum."""
    found = classes({"a": "x", "b": "y", "c": "x", "d": "z"})
    assert found[0] == ("x", ["a", "c"])
    answers = "xyxz"
    pairs = [(i, j) for i in range(4) for j in range(i)]
    assert disagreement([2, 1, 1]) == pytest.approx(sum(answers[i] != answers[j] for i, j in pairs) / len(pairs))
    assert disagreement([1]) is None
    assert leader([2, 1], 2)
    assert not leader([2, 1], 3)
    assert not leader([2, 2], 2)
    assert not leader([], 1)
