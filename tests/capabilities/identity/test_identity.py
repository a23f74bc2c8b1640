"""Keys as their owners meet them: what a key may make, what it may do, and what ends it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from ground import Ground
from keyed import Holder, holder
from rest_client import ask, done, send
from stored import cells

Json = dict[str, Any]


def code(answer: tuple[int, Json]) -> tuple[int, str]:
    """The status and the code of a problem, which has a remedy."""
    status, problem = answer
    assert problem.get("remedy"), problem
    return status, problem["code"]


def asked(ground: Ground, path: str, body: Json, headers: Json | None = None) -> tuple[int, Json]:
    """A request of the server's own person: status and JSON."""
    status, _, answer = ask(ground, "POST", path, body, headers)
    return status, answer


def test_a_key_says_whose_it_is_and_what_it_may_do(ground: Ground) -> None:
    """Promise: owner, scopes and end; the key itself is shown once, its beginning afterwards."""
    made = done(ground, "POST", "/keys", {"name": "ci", "owner": "ann", "scopes": ["runs:read", "runs:*"], "days": 2})
    ann = Holder(server=ground, id=made["id"], key=made.pop("key"))
    assert ann.key.startswith(made["prefix"])
    assert len(ann.key) > 3 * len(made["prefix"])
    assert made["expires"] == pytest.approx(time.time() + 2 * 86_400, abs=60)
    assert (made["owner"], made["scopes"], made["state"]) == ("ann", ["runs:*", "runs:read"], "active")
    told = ann.done("GET", "/identity/get-caller")
    assert told == {
        "owner": "ann", "scopes": ["runs:*", "runs:read"], "key": ann.id, "expires": made["expires"]
    }  # fmt: skip
    shown = done(ground, "GET", f"/keys/{ann.id}")
    assert shown == {**made, "last_used": shown["last_used"]}
    listed = done(ground, "GET", "/keys?owner=ann&limit=100")["keys"]
    # That it was used is written down behind the call that used it.
    assert shown in [{**one, "last_used": shown["last_used"]} for one in listed]
    assert {one["owner"] for one in listed} == {"ann"}
    assert ann.key not in json.dumps(shown)


def test_a_key_does_what_its_scopes_say_and_no_more(ground: Ground) -> None:
    """Promise: scopes are checked at the one gate; what is missing is named."""
    reader = holder(ground, owner="dan", scopes=["runs:read"])
    assert reader.done("GET", "/runs")["runs"] == []
    status, problem = reader.ask("POST", "/chat", {"message": "Hello"})
    assert (status, problem["code"], problem["value"]) == (403, "forbidden", "chat:write")
    assert "chat:write" in problem["detail"]
    # By another way in, the same.
    by_name = reader.ask("POST", "/operations/chat.send_message/call", {"arguments": {"message": "Hello"}})
    assert code(by_name) == (403, "forbidden")
    talker = holder(ground, owner="dan", scopes=["chat:write"])
    run_id = talker.done("POST", "/chat", {"message": "Hello"})["run_id"]
    assert reader.done("GET", f"/runs/{run_id}")["scopes"] == ["chat:write"]


REFUSED: list[tuple[Json, int, str, str]] = [
    ({"scopes": ["runs:delete"]}, 422, "invalid_request", "scopes"),
    ({"scopes": []}, 422, "invalid_request", "scopes"),
    ({"days": 0}, 422, "invalid_request", "days"),
    ({"owner": "ann\nbob"}, 422, "invalid_request", "owner"),
    ({"scopes": ["*"]}, 403, "forbidden", "scopes"),
    ({"scopes": ["chat:write"]}, 403, "forbidden", "scopes"),
    ({"scopes": ["identity:admin"]}, 403, "forbidden", "scopes"),
    ({"owner": "bob"}, 403, "forbidden", "owner"),
    ({"days": 9}, 403, "forbidden", "days"),
]


@pytest.mark.parametrize(("request_", "status", "kind", "field"), REFUSED)
def test_a_key_gives_nothing_it_has_not(ground: Ground, request_: Json, status: int, kind: str, field: str) -> None:
    """Promise: no scope, owner or time by way of another key; an unknown scope is answered with those there are."""
    maker = holder(ground, owner="ann", scopes=["identity:write", "runs:*"], days=3)
    got, problem = maker.ask("POST", "/keys", {"name": "more", **request_})
    assert (got, problem["code"]) == (status, kind), problem
    assert problem["field"].startswith(field)
    assert problem["remedy"]
    if request_ == {"scopes": ["runs:delete"]}:
        assert "runs:read" in problem["remedy"]
        assert "runs:*" in problem["remedy"]


def test_a_key_that_is_made_without_more_said_is_like_its_maker(ground: Ground) -> None:
    """Promise: unset scopes are the maker's, its end is the latest, and administering is given by name alone."""
    maker = holder(ground, owner="ann", scopes=["identity:write", "runs:*"], days=3)
    end = maker.done("GET", "/identity/get-caller")["expires"]
    told = maker.make().done("GET", "/identity/get-caller")
    assert (told["owner"], told["scopes"], told["expires"]) == ("ann", ["identity:write", "runs:*"], end)
    assert "identity:admin" not in holder(ground).done("GET", "/identity/get-caller")["scopes"]
    admin = holder(ground, scopes=["*", "identity:admin"])
    assert admin.make(owner="bob").done("GET", "/identity/get-caller")["owner"] == "bob"


def test_a_revoked_key_is_refused_at_once(ground: Ground) -> None:
    """Promise: on this host no request passes after the answer; the key stays listed, revoking again is no change."""
    ann = holder(ground, owner="ann", scopes=["*"])
    assert ann.ask("GET", "/runs")[0] == 200
    revoked = done(ground, "POST", f"/keys/{ann.id}/revoke")
    assert revoked["state"] == "revoked"
    assert code(ann.ask("GET", "/runs")) == (401, "unauthenticated")
    assert "was revoked" in ann.ask("GET", "/runs")[1]["detail"]
    assert done(ground, "POST", f"/keys/{ann.id}/revoke")["revoked"] == revoked["revoked"]
    status, _, problem = ask(ground, "POST", f"/keys/{ann.id}/rotate")
    assert (status, problem["code"]) == (409, "conflict")


def test_a_rotated_key_has_one_in_its_place(ground: Ground) -> None:
    """Promise: same id, owner, scopes and length of life; the old one counts no more, or for as long as was said."""
    ann = holder(ground, owner="ann", scopes=["runs:read"], days=1)
    again = done(ground, "POST", f"/keys/{ann.id}/rotate")
    assert (again["id"], again["owner"], again["scopes"]) == (ann.id, "ann", ["runs:read"])
    assert again["key"] != ann.key
    assert again["expires"] == pytest.approx(time.time() + 86_400, abs=60)
    assert code(ann.ask("GET", "/runs")) == (401, "unauthenticated")
    first = Holder(server=ground, id=ann.id, key=again["key"])
    assert first.ask("GET", "/runs")[0] == 200
    second = done(ground, "POST", f"/keys/{ann.id}/rotate", {"overlap_seconds": 600})
    assert first.ask("GET", "/runs")[0] == 200
    assert Holder(server=ground, id=ann.id, key=second["key"]).ask("GET", "/runs")[0] == 200
    overlap = first.done("GET", "/identity/get-caller")
    assert overlap["expires"] == pytest.approx(time.time() + 600, abs=60)
    assert overlap["key"] != ann.id


def test_no_key_comes_by_more_by_rotating_another(ground: Ground) -> None:
    """Promise: a key with few scopes cannot have a wider one of its owner's answered to it; it may take one away."""
    wide = holder(ground, owner="ann", scopes=["*"])
    narrow = holder(ground, owner="ann", scopes=["identity:write"])
    assert code(narrow.ask("POST", f"/keys/{wide.id}/rotate")) == (403, "forbidden")
    assert wide.ask("GET", "/runs")[0] == 200
    assert narrow.ask("POST", f"/keys/{narrow.id}/rotate")[0] == 200


def test_keys_of_other_owners_are_not_there(ground: Ground) -> None:
    """Promise: whatever its scopes; only identity:admin reaches them."""
    ann, bob = holder(ground, owner="ann", scopes=["*"]), holder(ground, owner="bob", scopes=["*"])
    for method, path in (("GET", ""), ("POST", "/revoke"), ("POST", "/rotate")):
        assert code(bob.ask(method, f"/keys/{ann.id}{path}")) == (404, "not_found")
    assert bob.done("GET", "/keys?owner=ann")["keys"] == []
    assert {one["owner"] for one in bob.done("GET", "/keys?limit=100")["keys"]} == {"bob"}
    admin = holder(ground, owner="ops", scopes=["identity:read", "identity:admin"])
    assert admin.done("GET", f"/keys/{ann.id}")["owner"] == "ann"
    assert {"ann", "bob"} <= {one["owner"] for one in admin.done("GET", "/keys?limit=100")["keys"]}


def test_a_secret_is_answered_once_and_kept_nowhere(ground: Ground) -> None:
    """Promise: neither log, nor kept reply, nor another's way in holds a key."""
    made = holder(ground)
    repeated = {"idempotency-key": "once"}
    assert code(asked(ground, "/keys", {"name": "again"}, repeated)) == (400, "not_supported")
    by_another = asked(ground, "/operations/identity.create_key/call", {"arguments": {"name": "again"}}, repeated)
    assert code(by_another) == (400, "not_supported")
    call = {"operation": "identity.create_key", "arguments": {"name": "by chat"}}
    assert code(asked(ground, "/chat", {"message": "-", "call": call})) == (400, "not_supported")
    by_name = {
        "operation": "operations.call_operation",
        "arguments": {"id": "identity.create_key", "arguments": {"name": "x"}},
    }
    assert code(asked(ground, "/chat", {"message": "-", "call": by_name})) == (400, "not_supported")
    assert not [cell for cell in cells(ground.data) if made.key in cell]
    names = {one["name"] for one in done(ground, "GET", "/keys?limit=100")["keys"]}
    assert names.isdisjoint({"again", "by chat", "x"})


WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "has none"),
    ({"authorization": "Bearer"}, "not of the form"),
    ({"authorization": "Basic bmlzOm5pcw=="}, "not of the form"),
    ({"authorization": "Bearer one two"}, "another one"),
    ({"authorization": "Bearer something"}, "another one"),
    ({"authorization": "Bearer nis_something"}, "not one of this server's"),
    ({"authorization": f"Bearer nis_{'A' * 43}"}, "not one of this server's"),
]


def test_each_way_of_having_no_key_says_what_to_do(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: keyless, malformed and wrong are told apart, on a server that wants a key; none is quoted."""
    key = "first-key"
    monkeypatch.setattr(ground.process, "settings", ground.settings.model_copy(update={"api_key": _secret(key)}))
    for headers, words in WRONG:
        status, told, problem = ask(ground, "GET", "/runs", headers=headers)
        assert (status, problem["code"]) == (401, "unauthenticated")
        assert told["www-authenticate"].startswith("Bearer")
        assert words in problem["detail"]
        assert "Bearer KEY" in problem["remedy"] or "nis keys create" in problem["remedy"]
        assert "value" not in problem
        for path in ("/health", "/health/live", "/health/ready", "/.well-known/agent-card.json"):
            assert send(ground, "GET", path, headers=headers)[0] == 200
    first = holder(ground, key, owner="ann", scopes=["runs:read"])
    assert first.ask("GET", "/runs")[0] == 200
    done(ground, "GET", "/keys", headers={"authorization": f"bearer {key}"})


def test_beside_no_login_a_key_is_who_it_is(ground: Ground) -> None:
    """Promise: on this machine alone no key is wanted, what is none of ours is none, one of ours is its holder's."""
    for sent in ("Bearer none", "Bearer sk-12345", "Basic bmlzOm5pcw=="):
        told = done(ground, "GET", "/identity/get-caller", headers={"authorization": sent})
        assert (told["owner"], told["key"]) == ("local", None)
    assert ask(ground, "GET", "/runs", headers={"authorization": "Bearer nis_typo"})[0] == 401


def _secret(text: str) -> Any:  # Any: a type of pydantic's
    from pydantic import SecretStr  # noqa: PLC0415

    return SecretStr(text)
