"""Skills between servers of their own: signed, tried, rated, revoked; what was changed on the way is refused."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says
from rest_client import ask, done

from nis_backend.capabilities.skills.signing import FILE, check, publisher, sign
from nis_backend.errors import InvalidRequest

Json = dict[str, Any]
AGENT: Json = {
    "kind": "agent",
    "description": "Answers in capitals.",
    "content": {"instructions": "Answer in capitals.", "model": "local:words", "asks": "nothing"},
    "tests": [{"message": "Which is the first?", "contains": "alpha"}, {"message": "And then?", "contains": "beta"}],
}
PROMPT: Json = {
    "name": "greeting",
    "kind": "prompt",
    "content": {"template": "Hello {{who}}"},
    "tests": [{"variables": {"who": "Ada"}, "contains": "ADA"}],
}


def publish(server: Server, request: Json) -> Json:
    """A skill with its document."""
    made = done(server, "POST", "/skills/publish-skill", request)
    return dict(done(server, "GET", f"/skills/{made['id']}"))


def test_a_signature_is_of_one_text_by_one_key(tmp_path: Path) -> None:
    """Promise of signing: RFC 8032; another text, another key, and what is no key are refused; the key is private."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    signature = sign("text", one, "ada")
    assert sign("text", one, "ada") == signature  # Ed25519 is deterministic, and the key stays
    check("text", signature, publisher(one, "ada"))
    assert stat.S_IMODE((one / FILE).stat().st_mode) == 0o600
    assert [path.name for path in one.iterdir()] == [FILE]
    for text, given, by in (
        ("texts", signature, publisher(one, "ada")),
        ("text", signature, publisher(two, "ada")),
        ("text", "AAAA", publisher(one, "ada")),
        ("text", "not base64!", publisher(one, "ada")),
        ("text", signature, "ed25519:short"),
        ("text", signature, publisher(one, "ada").removeprefix("ed25519:")),
    ):
        with pytest.raises(InvalidRequest):
            check(text, given, by)


def test_the_signature_is_that_of_the_standard() -> None:
    """RFC 8032, 7.1, test 1: the public key, and the signature of nothing."""
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
        "24655141438e7a100b"
    )
    by = "ed25519:" + base64.urlsafe_b64encode(key).decode().rstrip("=")
    check("", base64.b64encode(signature).decode(), by)


def test_a_skill_stays_where_it_passes_its_own_tests(serve: Serve) -> None:
    """Promise of install_skill: made, tried, and removed again below the score that is wanted."""

    def model(request: Asked) -> Canned:
        return says("ALPHA" if "first" in str(request.body["messages"][-1]["content"]) else "GAMMA")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        skill = publish(server, AGENT)
        path = f"/skills/{skill['id']}/install"
        failed = done(server, "POST", path, {"name": "capitals"})
        assert (failed["installed"], failed["id"], failed["passed"], failed["of"]) == (False, None, 1, 2)
        assert failed["score"] == 0.5
        assert [one["passed"] for one in failed["tests"]] == [True, False]
        assert ask(server, "GET", "/agents/capitals")[0] == 404
        stayed = done(server, "POST", path, {"name": "capitals", "need": 0.5})
        assert stayed["installed"]
        kept = done(server, "GET", "/agents/capitals")
        assert (kept["id"], kept["asks"]) == (stayed["id"], "nothing")
        assert ask(server, "POST", path, {"name": "capitals", "need": 0.5})[0] == 409


def test_a_skill_is_taken_over_and_taken_back(serve: Serve) -> None:
    """Promise of import and revoke: by its publisher's signature alone; the revocation travels with the document."""
    far, near = serve(), serve()
    skill = publish(far, PROMPT)
    document, by = skill["document"], skill["publisher"]
    imported = done(near, "POST", "/skills/import-skill", {"document": document, "publisher": by})
    assert (imported["state"], imported["name"]) == ("imported", "greeting")
    again = done(near, "POST", "/skills/import-skill", {"document": document, "publisher": by})
    assert again["id"] == imported["id"]
    installed = done(near, "POST", "/skills/greeting/install", {"name": "hello"})
    assert installed["installed"]
    assert installed["score"] == 1
    assert done(near, "GET", "/prompts/hello")["template"] == "Hello {{who}}"
    changed = {**document, "signed": document["signed"].replace("Hello", "Hallo")}
    other = publish(near, {**PROMPT, "name": "other"})
    for wrong, field in (
        ({"document": changed, "publisher": by}, "document.signature"),
        ({"document": document, "publisher": other["publisher"]}, "publisher"),
        ({"document": {**document, "revocation": "{}", "revocation_signature": "AAAA"}, "publisher": by}, "document"),
    ):
        status, _, problem = ask(near, "POST", "/skills/import-skill", wrong)
        assert status == 422, problem
        assert problem["field"].startswith(field)
    done(far, "POST", f"/skills/{skill['id']}/revoke", {"reason": "It is rude."})
    assert ask(far, "POST", f"/skills/{skill['id']}/install", {})[0] == 409
    revoked = done(far, "GET", f"/skills/{skill['id']}")["document"]
    told = done(near, "POST", "/skills/import-skill", {"document": revoked, "publisher": by})
    assert (told["state"], told["reason"]) == ("revoked", "It is rude.")
    status, _, problem = ask(near, "POST", "/skills/greeting/install", {})
    assert (status, "It is rude." in problem["detail"]) == (409, True)
    # The revocation of one skill takes no other one back.
    second = publish(far, {**PROMPT, "version": "1.0.1"})
    moved = {**second["document"], **{name: revoked[name] for name in ("revocation", "revocation_signature")}}
    status, _, problem = ask(near, "POST", "/skills/import-skill", {"document": moved, "publisher": by})
    assert (status, problem["field"]) == (422, "document.revocation")


def test_another_publishers_agent_asks_before_it_writes(serve: Serve) -> None:
    """Promise of keep_asks: who wrote an agent elsewhere does not decide here that nobody is asked."""
    far, near = serve(), serve()
    skill = publish(far, {**AGENT, "name": "bold", "tests": [], "content": {"instructions": "Act.", "asks": "nothing"}})
    given = {"document": skill["document"], "publisher": skill["publisher"]}
    done(near, "POST", "/skills/import-skill", given)
    made = done(near, "POST", "/skills/bold/install", {"name": "careful"})
    assert (made["installed"], made["score"]) == (True, None)
    assert done(near, "GET", "/agents/careful")["asks"] == "writes"
    done(near, "POST", "/skills/bold/install", {"name": "bold", "keep_asks": True})
    assert done(near, "GET", "/agents/bold")["asks"] == "nothing"


def test_a_deleted_skill_is_gone_with_its_rating_and_makes_room(serve: Serve) -> None:
    """Promise of delete_skill: by its id, one's own; what was installed stays, and its version may be given again."""
    server = serve()
    skill = publish(server, PROMPT)
    done(server, "POST", f"/skills/{skill['id']}/rate", {"score": 5})
    done(server, "POST", f"/skills/{skill['id']}/install", {"name": "kept"})
    assert ask(server, "DELETE", "/skills/greeting")[0] == 404
    done(server, "DELETE", f"/skills/{skill['id']}")
    assert ask(server, "DELETE", f"/skills/{skill['id']}")[0] == 404
    assert ask(server, "GET", "/skills/greeting")[0] == 404
    assert done(server, "GET", "/prompts/kept")["template"] == "Hello {{who}}"
    again = publish(server, PROMPT)
    assert again["rating"] is None


def test_ratings_order_what_is_found(serve: Serve) -> None:
    """Promise of find and rate: the last rating counts; words are looked for in names and descriptions."""
    server = serve()
    low = publish(server, {**PROMPT, "name": "one", "description": "A Greeting"})
    high = publish(server, {**PROMPT, "name": "two", "description": "greeting, too"})
    for skill, score in ((low, 5), (high, 4), (low, 2)):
        done(server, "POST", f"/skills/{skill['id']}/rate", {"score": score})
    found = done(server, "GET", "/skills/find-skills?query=greeting")
    assert [(one["name"], one["rating"]) for one in found["skills"]] == [("two", 4), ("one", 2)]
    assert not found["more"]
    assert done(server, "GET", "/skills/find-skills?query=nothing")["skills"] == []
    insight = publish(server, {"kind": "insight", "content": {"text": "Tides follow the moon.", "user": "mia"}})
    assert done(server, "POST", f"/skills/{insight['id']}/install", {})["installed"]
    assert "Tides" in json.dumps(done(server, "GET", "/memory?user=mia"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": "1.0"}, "version"),
        ({"version": "1.00.0"}, "version"),
        ({"version": "\u0661.0.0"}, "version"),
        ({"kind": "plan", "content": {"steps": []}, "tests": []}, "content.steps"),
        ({"content": {"template": "x", "name": "y"}}, "content.name"),
        ({"content": {"templates": "x"}}, "content"),
        ({"kind": "insight", "content": {"text": "x"}}, "tests"),
        ({"tests": [{"contains": ""}]}, "tests.0.contains"),
    ],
)
def test_what_is_no_skill_is_refused_by_its_field(server: Server, change: Json, field: str) -> None:
    """Promise of errors: field and remedy."""
    status, _, problem = ask(server, "POST", "/skills/publish-skill", {**PROMPT, **change})
    assert status == 422, problem
    assert problem["field"].startswith(field), problem
    assert problem["remedy"]
