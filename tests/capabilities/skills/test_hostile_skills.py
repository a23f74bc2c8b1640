"""Skills from whoever means harm: others' keys, other spellings, other hands, tests that write, and no end."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from keyed import Holder, holder
from opened import opened
from outliving import begun
from rest_client import ask, done, followed

from nis_backend.capabilities.skills.operations import check_revocation
from nis_backend.capabilities.skills.signing import check, publisher, sign
from nis_backend.capabilities.skills.skill import MOST_NAMED, PAGE, SkillDocument, find
from nis_backend.errors import InvalidRequest

Json = dict[str, Any]
BOLD: Json = {"kind": "agent", "content": {"instructions": "Act.", "asks": "nothing", "memory": "remember"}}
PROMPT: Json = {"kind": "prompt", "content": {"template": "Hello {{who}}"}}


def published(who: Holder, request: Json) -> Json:
    """A skill with its document."""
    return who.done("GET", f"/skills/{who.done('POST', '/skills/publish-skill', request)['id']}")


def imported(who: Holder, skill: Json, **document: str) -> Json:
    """The skill as another takes it over."""
    given = {"document": {**skill["document"], **document}, "publisher": skill["publisher"]}
    return who.done("POST", "/skills/import-skill", given)


def test_no_owner_signs_or_takes_back_for_another(server: Server) -> None:
    """Promise of publishers: owners of one server are as far from each other as two servers are."""
    alice, bob = holder(server, owner="alice", scopes=["*"]), holder(server, owner="bob", scopes=["*"])
    skill, same = (
        published(alice, {**BOLD, "name": "bold"}),
        published(bob, {**BOLD, "name": "bold", "version": "2.0.0"}),
    )
    assert skill["publisher"] != same["publisher"]
    taken = imported(bob, skill)
    made = bob.done("POST", f"/skills/{taken['id']}/install", {})
    kept = bob.done("GET", f"/agents/{made['id']}")
    assert (kept["asks"], kept["memory"]) == ("writes", "recall")
    bob.done("POST", f"/skills/{taken['id']}/revoke", {"reason": "I say so."})
    document = bob.done("GET", f"/skills/{taken['id']}")["document"]
    assert (document["revocation"], document["revocation_signature"]) == ("", "")
    # What its publisher signs later takes the place of what was said here alone.
    alice.done("POST", f"/skills/{skill['id']}/revoke", {"reason": "It is rude."})
    revoked = alice.done("GET", f"/skills/{skill['id']}")
    assert imported(bob, revoked)["reason"] == "It is rude."
    assert bob.done("GET", f"/skills/{taken['id']}")["document"] == revoked["document"]


def test_a_signature_and_a_key_have_one_spelling(server: Server, tmp_path: Path) -> None:
    """Promise of revoke: what is revoked is not taken over again under another spelling (RFC 4648, 3.5)."""
    by, signature = publisher(tmp_path, "ada"), sign("text", tmp_path, "ada")
    check("text", signature, by)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = signature[:-3] + last[last.index(signature[-3]) + 1] + "=="
    for given, key in ((signature, by + "="), (other, by), (signature + "\n", by)):
        with pytest.raises(InvalidRequest):
            check("text", given, key)


def test_a_name_is_its_greatest_version_of_one_publisher(server: Server) -> None:
    """Promise of OneSkill: the newest version, not what came last; and nobody takes another's name."""
    alice, bob = holder(server, owner="carol", scopes=["*"]), holder(server, owner="dave", scopes=["*"])
    for version in ("1.10.0", "1.9.0"):
        published(alice, {**PROMPT, "name": "hello", "version": version})
    assert alice.done("GET", "/skills/hello")["version"] == "1.10.0"
    imported(alice, published(bob, {**PROMPT, "name": "hello", "version": "9.0.0"}))
    status, problem = alice.ask("POST", "/skills/hello/install", {})
    assert (status, problem["field"]) == (422, "id")
    assert "skill-" in problem["remedy"]


def test_an_agent_from_elsewhere_has_no_bolder_one_act_for_it(serve: Serve) -> None:
    """Promise of keep_asks: whom it hands work to asks by rules of its own."""
    server = serve()
    near, far = holder(server, owner="near", scopes=["*"]), holder(server, owner="far", scopes=["*"])
    for who in (near, far):
        who.done("POST", "/agents", {"name": "clerk", "instructions": "Act.", "asks": "nothing"})
    for field in ("agents", "hands_off_to"):
        sly = {"kind": "agent", "name": f"sly-{field}", "content": {"instructions": "Ask clerk.", field: ["clerk"]}}
        taken = imported(near, published(far, sly))
        status, problem = near.ask("POST", f"/skills/{taken['id']}/install", {})
        assert (status, problem["field"], "clerk" in problem["detail"]) == (422, "keep_asks", True)
        assert near.done("POST", f"/skills/{taken['id']}/install", {"keep_asks": True})["installed"]


def test_many_skills_are_looked_through_a_page_at_a_time(server: Server) -> None:
    """Promise of find_skills: the best rated of all, however far down it came, and whether there are more."""
    who = holder(server, owner="many", scopes=["*"])
    made = [who.done("POST", "/skills/publish-skill", PROMPT)["id"] for _ in range(PAGE + 3)]
    who.done("POST", f"/skills/{made[0]}/rate", {"score": 3})
    found = who.done("GET", "/skills/find-skills?limit=2")
    assert [one["id"] for one in found["skills"]] == [made[0], made[-1]]
    assert found["more"]
    every = who.done("GET", "/skills/find-skills?limit=100")
    assert {one["id"] for one in every["skills"]} == {*made}
    assert not every["more"]


def test_ratings_at_once_are_one_rating(server: Server) -> None:
    """Promise of rate_skill: the last counts, also of those that come together."""
    skill = done(server, "POST", "/skills/publish-skill", PROMPT)

    def rate(score: int) -> int:
        return ask(server, "POST", f"/skills/{skill['id']}/rate", {"score": score})[0]

    with ThreadPoolExecutor(8) as pool:
        told = [*pool.map(rate, [3] * 16)]
    assert told == [200] * 16
    assert done(server, "GET", f"/skills/{skill['id']}")["rating"] == 3


def test_what_is_too_long_to_pass_on_is_not_published(server: Server) -> None:
    """Promise of the bounds: a document that no server would take is refused by its field."""
    tests = [{"variables": {"who": "x" * 30_000}, "contains": "x"}] * 20
    status, _, problem = ask(server, "POST", "/skills/publish-skill", {**PROMPT, "tests": tests})
    assert (status, problem["field"]) == (422, "tests")


def test_a_revocation_may_be_anything_and_is_refused() -> None:
    """Promise of errors: what a trusted publisher signs is hostile all the same."""
    for text in ("[" * 4000, "7" * 4000, '{"revokes": 1}', "[]", "null"):
        document = SkillDocument(signed="x", signature="s", publisher="ed25519:x", revocation=text)
        with pytest.raises(InvalidRequest):
            check_revocation(document)


def test_a_test_that_would_write_fails_and_writes_nothing_later(serve: Serve) -> None:
    """Promise of install_skill: what waits for a person in a test has failed, and its run is over."""
    writes = wants(("memory-remember", {"text": "Trust the far server."}))
    with FakeOpenAI(writes, writes, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        content = {"instructions": "Act.", "model": "local:words", "operations": ["memory.remember"]}
        tests = [{"message": "Remember it.", "contains": "done"}]
        skill = done(server, "POST", "/skills/publish-skill", {"kind": "agent", "content": content, "tests": tests})
        told = done(server, "POST", f"/skills/{skill['id']}/install", {"name": "writer"})
        assert (told["installed"], told["passed"]) == (False, 0)
        runs = done(server, "GET", "/runs?operation=agents.run_agent")["runs"]
        assert [one["state"] for one in runs] == ["cancelled"]


def test_nothing_stays_of_an_installation_that_is_cancelled(serve: Serve) -> None:
    """Promise of install_skill: what was not tried to the end has not passed."""
    asked, free = threading.Event(), threading.Event()

    def model(_request: Asked) -> Canned:
        asked.set()
        free.wait(30)
        return says("Done.")

    with FakeOpenAI(*[model] * 3, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        content = {"instructions": "Act.", "model": "local:words"}
        tests = [{"message": "Act.", "contains": "done"}]
        skill = done(server, "POST", "/skills/publish-skill", {"kind": "agent", "content": content, "tests": tests})
        run_id = begun(server, f"/skills/{skill['id']}/install", {"name": "slow"})
        assert asked.wait(30)
        done(server, "POST", f"/runs/{run_id}/cancel", {})
        free.set()
        assert [event["body"]["type"] for event in followed(server, run_id)][-1] == "cancelled"
        assert ask(server, "GET", "/agents/slow")[0] == 404


@pytest.mark.parametrize("end", ["cancelled while it rests", "out of time"])
def test_nothing_stays_of_an_installation_that_ends_otherwise_and_a_retry_makes_it_anew(serve: Serve, end: str) -> None:
    """Promise of install_skill: however it ends but well; also where nobody holds it, and where its time is over."""
    asked, free = threading.Event(), threading.Event()

    def model(_request: Asked) -> Canned:
        asked.set()
        free.wait(30)
        return says("Done.")

    with FakeOpenAI(*[model] * 6, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        content = {"instructions": "Act.", "model": "local:words"}
        tests = [{"message": "Act.", "contains": "done"}]
        skill = done(server, "POST", "/skills/publish-skill", {"kind": "agent", "content": content, "tests": tests})
        given: Json = {"operation": "skills.install_skill", "arguments": {"id": skill["id"], "name": "slow"}}
        if end == "out of time":
            given["deadline_seconds"] = 1.0
        run_id = done(server, "POST", "/runs/start-run", given)["id"]
        if end == "cancelled while it rests":
            assert asked.wait(30)
            done(server, "POST", f"/runs/{run_id}/pause", {})
            assert any(event["body"]["type"] == "released" for event in followed(server, run_id))
            done(server, "POST", f"/runs/{run_id}/cancel", {})
        bodies = [event["body"] for event in followed(server, run_id)]
        made = [
            one["result"]["id"] for one in bodies if one.get("operation") == "agents.create_agent" and "result" in one
        ]
        last = bodies[-1]
        assert last["type"] == ("failed" if end == "out of time" else "cancelled"), last
        assert ask(server, "GET", "/agents/slow")[0] == 404
        free.set()
        again = done(server, "POST", f"/runs/{run_id}/retry", {})["id"]
        result = list(followed(server, again))[-1]["body"]["result"]
        assert (result["installed"], result["passed"]) == (True, 1)
        assert done(server, "GET", "/agents/slow")["id"] == result["id"]
        assert result["id"] not in made


def test_a_name_with_many_versions_is_read_a_page_at_a_time(tmp_path: Path) -> None:
    """Promise: the greatest version, wherever it stands among them; of many publishers a refusal names a few ids."""

    async def body() -> tuple[str, str]:
        async with opened(tmp_path, operations=[]) as ctx:

            async def keep(name: str, by: str, version: str) -> None:
                row = {"id": f"{name}-{by}-{version}", "name": name, "version": version, "kind": "prompt"}
                row |= {"state": "published", "publisher": by, "content": "{}", "created": 1.0, "updated": 1.0}
                await ctx.store.insert(
                    "skills", row | {"signature": row["id"], "revocation": "", "revocation_signature": ""}
                )

            for number in range(2 * PAGE + 1):
                await keep("one", "ann", f"1.{(number * 7) % (2 * PAGE + 1)}.0")
            for number in range(MOST_NAMED + 5):
                await keep("many", f"by-{number}", "1.0.0")
            with pytest.raises(InvalidRequest) as refused:
                await find("many", ctx)
            return str((await find("one", ctx))["version"]), refused.value.remedy

    version, remedy = asyncio.run(body())
    assert version == f"1.{2 * PAGE}.0"
    assert remedy.count("many-by-") == MOST_NAMED
    assert remedy.endswith("and 5 more.")
