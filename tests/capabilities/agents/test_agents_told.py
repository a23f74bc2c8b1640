"""What agents are told and hand back: conversations, what is attached, files, and what is remembered."""

from __future__ import annotations

import base64
import io
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from PIL import Image
from rest_client import ask, done

Json = dict[str, Any]
AGENT: Json = {"name": "a", "instructions": "You answer.", "model": "local:words"}


def picture() -> Json:
    """A red square."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return {"base64": base64.b64encode(file.getvalue()).decode(), "media_type": "image/png", "name": "square.png"}


def test_a_conversation_goes_on_with_agents_and_the_chat(serve: Serve) -> None:
    """Promise of conversation_id: its answered turns are told, whoever gave them; one begins where that is said."""
    asked: list[Asked] = []

    def model(request: Asked) -> Canned:
        asked.append(request)
        return says(f"Answer {len(asked)}.")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", AGENT)
        first = done(server, "POST", "/agents/a/run", {"message": "One?", "begins": True})
        turn: Json = {"conversation_id": first["conversation_id"]}
        second = done(server, "POST", "/agents/a/run", {"message": "Two?", **turn})
        done(server, "POST", "/chat", {"message": "Three?", "model": "local:words", "operations": False, **turn})
        alone = done(server, "POST", "/agents/a/run", {"message": "Alone?"})
        shown = done(server, "GET", f"/conversations/{first['conversation_id']}")
        wrong = ask(server, "POST", "/agents/a/run", {"message": "x", "conversation_id": "conversation-none"})
    said = [[(one["role"], one["content"]) for one in request.body["messages"]] for request in asked]
    assert said[1][1:] == [("user", "One?"), ("assistant", "Answer 1."), ("user", "Two?")]
    assert said[2][-4:] == [
        ("assistant", "Answer 1."),
        ("user", "Two?"),
        ("assistant", "Answer 2."),
        ("user", "Three?"),
    ]
    assert said[3][1:] == [("user", "Alone?")]
    assert (second["conversation_id"], alone["conversation_id"]) == (first["conversation_id"], None)
    assert [one["message"] for one in shown["turns"]] == ["One?", "Two?", "Three?"]
    assert (shown["title"], wrong[0], wrong[2]["field"]) == ("One?", 404, "conversation_id")


def test_what_is_attached_is_shown_or_looked_at_and_files_come_back(serve: Serve) -> None:
    """Promise of attachments: a model that sees is shown them, and offered what looks; what tools make is in files."""
    asked: list[Asked] = []

    def model(request: Asked) -> Canned:
        asked.append(request)
        if request.tool_results:
            return says("It is smaller now.")
        words = str(request.body["messages"][-1]["content"])
        blob = words.rpartition("blob id ")[2].partition("]")[0]
        return wants(("vision-transform_image", {"image": blob, "steps": [{"step": "resize", "width": 8}]}))

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**AGENT, "operations": ["vision.transform_image"], "asks": "destroys"})
        done(server, "POST", "/agents", {**AGENT, "name": "small", "model": "embedded"})
        given: Json = {"message": "Make it smaller.", "attachments": [picture()]}
        reply = done(server, "POST", "/agents/a/run", given)
        events = done(server, "GET", f"/runs/{reply['run_id']}/events")["items"]
        looked = done(server, "POST", "/agents/small/run", {"message": "Is it blurred?", "attachments": [picture()]})
        many = ask(server, "POST", "/agents/a/run", {"message": "x", "attachments": [picture()] * 9})
    content = asked[0].body["messages"][-1]["content"]
    offered = {one["function"]["name"] for one in asked[0].body["tools"]}
    assert [one["type"] for one in content] == ["text", "image_url"]
    assert {"vision-transform_image", "vision-assess_quality"} <= offered
    made = [one["body"] for one in events if one["body"]["type"] == "artifact"]
    assert [one["media_type"] for one in reply["files"]] == ["image/png"]
    assert [one["blob_id"] for one in made] == [one["id"] for one in reply["files"]]
    assert (looked["provider"], looked["model"]) == ("nis", "router")
    assert "vision.assess_quality" in looked["response"]
    assert many[0] == 422


def test_what_is_remembered_is_of_whom_it_serves(serve: Serve) -> None:
    """Promise of memory: nothing, what is known is told, or it may add to that, of this person whatever it writes."""

    def model(request: Asked) -> Canned:
        names = {one["function"]["name"] for one in request.body.get("tools", [])}
        if "memory-remember" in names and not request.tool_results:
            return wants(("memory-remember", {"text": "Mia likes tea.", "user": "bob"}))
        return says("tea" if "likes tea" in str(request.body["messages"][0]["content"]) else "no idea")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        for policy in ("none", "recall", "remember"):
            done(server, "POST", "/agents", {**AGENT, "name": policy, "memory": policy})
        said = {
            (policy, user): done(
                server,
                "POST",
                f"/agents/{policy}/run",
                {"message": "What does she like to drink, tea?", "user_id": user},
            )["response"]
            for policy, user in (("remember", "mia"), ("none", "mia"), ("recall", "mia"), ("recall", "bob"))
        }
        kept = {user: done(server, "GET", f"/memory?user={user}")["memories"] for user in ("mia", "bob")}
    assert [one["text"] for one in kept["mia"]] == ["Mia likes tea."]
    assert not kept["bob"]
    assert said["none", "mia"] == "no idea"
    assert said["recall", "mia"] == "tea"
    assert said["recall", "bob"] == "no idea"
