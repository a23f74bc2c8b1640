"""A photograph with a message: looked at by the same operations whatever surface it came by; what a model is shown."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Serve, Server
from fake_openai import FakeOpenAI, fails, says, wants
from over_mcp import over_mcp
from pictured import jpeg
from rest_client import ask, done, send

from nis_backend.catalog import Catalog
from nis_backend.settings import read_settings

Json = dict[str, Any]

WHAT = "What is this?"
LOOKED = ["vision.classify_image", "vision.detect_objects"]


def encoded(name: str) -> str:
    """A photograph in base64."""
    return base64.b64encode(jpeg(name)).decode()


def address(name: str) -> str:
    """The same as a data: address."""
    return f"data:image/jpeg;base64,{encoded(name)}"


# -- saying it on each surface -----------------------------------------------------------------------------------------


def by_json(server: Server, question: str, name: str) -> str:
    """REST, base64 in JSON."""
    attached = {"base64": encoded(name), "name": f"{name}.jpg"}
    return str(done(server, "POST", "/chat", {"message": question, "attachments": [attached]})["run_id"])


def by_form(server: Server, question: str, name: str) -> str:
    """REST, a form in parts."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + question.encode(),
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.jpg"\r\n\r\n' + jpeg(name),
    ]
    body = b"\r\n".join([*parts, b"--x--\r\n"])
    status, _, text = send(server, "POST", "/chat", body, {"content-type": "multipart/form-data; boundary=x"})
    assert status == 200, text
    return str(json.loads(text)["run_id"])


def by_id(server: Server, question: str, name: str) -> str:
    """REST, a blob that is kept already."""
    kept = done(server, "POST", "/blobs", {"content": address(name)})["id"]
    return str(done(server, "POST", "/chat", {"message": question, "attachments": [kept]})["run_id"])


def by_completions(server: Server, question: str, name: str) -> str:
    """OpenAI's client, chat completions."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        content: Any = [
            {"type": "text", "text": question},
            {"type": "image_url", "image_url": {"url": address(name)}},
        ]
        said = client.chat.completions.create(model="agent:chat", messages=[{"role": "user", "content": content}])
    assert said.choices[0].message.content
    return newest(server)


def by_responses(server: Server, question: str, name: str) -> str:
    """OpenAI's client, responses."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        content: Any = [
            {"type": "input_text", "text": question},
            {"type": "input_image", "image_url": address(name), "detail": "auto"},
        ]
        said = client.responses.create(model="agent:chat", input=[{"role": "user", "content": content}])
        (item,) = client.responses.input_items.list(said.id).data
    assert item.model_dump()["content"][1]["file_id"]
    return said.id.replace("resp_", "run-")


def told_over_a2a(server: Server, question: str, name: str, **headers: str) -> Json:
    """The task of a message with a picture, over A2A 1.0."""
    parts = [{"text": question}, {"raw": encoded(name), "mediaType": "image/jpeg", "filename": f"{name}.jpg"}]
    frame = {"message": {"messageId": "m", "role": "ROLE_USER", "parts": parts}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": frame}
    headers = {"a2a-version": "1.0", "content-type": "application/json", **headers}
    return done(server, "POST", "/a2a", body, headers)["result"]["task"]


def by_a2a(server: Server, question: str, name: str) -> str:
    """A2A 1.0, a part with bytes."""
    task = told_over_a2a(server, question, name)
    assert task["status"]["state"] == "TASK_STATE_COMPLETED"
    (asked,) = task["history"]
    status, _, found = send(server, "GET", asked["parts"][1]["url"].removeprefix(server.url))
    assert (status, found) == (200, jpeg(name))
    return str(task["id"])


def by_older_a2a(server: Server, question: str, name: str) -> str:
    """A2A 0.3, a file part."""
    file = {"bytes": encoded(name), "mimeType": "image/jpeg", "name": f"{name}.jpg"}
    parts = [{"kind": "text", "text": question}, {"kind": "file", "file": file}]
    frame = {"message": {"kind": "message", "messageId": "m", "role": "user", "parts": parts}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": frame}
    return str(done(server, "POST", "/a2a", body, {"content-type": "application/json"})["result"]["id"])


def by_agui(server: Server, question: str, name: str) -> str:
    """AG-UI 1.0, an image part."""
    source = {"type": "data", "value": encoded(name), "mimeType": "image/jpeg"}
    return agui(server, [{"type": "text", "text": question}, {"type": "image", "source": source}])


def by_older_agui(server: Server, question: str, name: str) -> str:
    """AG-UI before 1.0, a binary part."""
    binary = {"type": "binary", "mimeType": "image/jpeg", "data": encoded(name), "filename": f"{name}.jpg"}
    return agui(server, [{"type": "text", "text": question}, binary])


def agui(server: Server, content: list[Json]) -> str:
    """One run of a thread of its own."""
    body: Json = {
        "threadId": f"thread-{len(done(server, 'GET', '/conversations?limit=100')['conversations'])}-{newest(server)}",
        "runId": "r",
        "messages": [{"id": "1", "role": "user", "content": content}],
        **{name: [] for name in ("tools", "context")},
        "state": {},
        "forwardedProps": {},
    }
    status, _, text = send(server, "POST", "/agui", body, {"content-type": "application/json"})
    assert status == 200, text
    events = [json.loads(line[6:]) for line in text.decode().splitlines() if line.startswith("data: ")]
    assert events[-1]["type"] == "RUN_FINISHED", events[-1]
    return str(events[-1]["result"]["run_id"])


def newest(server: Server) -> str:
    """The run that was begun last."""
    found = done(server, "GET", "/runs?limit=1")["runs"]
    return str(found[0]["id"]) if found else ""


def by_mcp(server: Server, question: str, name: str) -> str:
    """MCP, a tool's argument."""
    return str(
        over_mcp(server.url, "chat.send_message", {"message": question, "attachments": [address(name)]})["run_id"]
    )


def by_command(server: Server, question: str, name: str) -> str:
    """The command line, a file."""
    file = server.data / f"{name}.jpg"
    file.write_bytes(jpeg(name))
    command = [sys.executable, "-m", "nis_backend", "--data", str(server.data), "chat", question]
    done = subprocess.run(
        [*command, "--attachments", f"@{file}", "--json"], capture_output=True, timeout=180, check=True
    )
    return str(json.loads(done.stdout)["run_id"])


WAYS = (
    by_json,
    by_form,
    by_id,
    by_completions,
    by_responses,
    by_a2a,
    by_older_a2a,
    by_agui,
    by_older_agui,
    by_mcp,
    by_command,
)

_BEGUN: dict[tuple[str, str], str] = {}
"""Runs by the server's address and the way: what one test has begun, another reads."""


def begun(server: Server, way: Callable[[Server, str, str], str]) -> str:
    """The run of a turn that asks what the coffee is."""
    key = server.url, way.__name__
    if key not in _BEGUN:
        _BEGUN[key] = way(server, WHAT, "coffee")
    return _BEGUN[key]


def without_names(log: list[Json]) -> list[Json]:
    """The events of a run but for moments, ids and the file's name, which are each run's own."""
    found: dict[str, str] = {}
    kept = [{name: value for name, value in one.items() if name != "time"} for one in log]
    text = re.sub(r'("name": "now", "value"|"timestamp"): ("[^"]+"|[0-9.]+)', r"\1: 0", json.dumps(kept))
    text = re.sub(r"Looked at .*? \(", "Looked at it (", text)
    return json.loads(
        re.sub(r"\b[a-z]+-[0-9a-f]{24}\b", lambda one: found.setdefault(one[0], f"id-{len(found)}"), text)
    )


def told(server: Server, run_id: str) -> tuple[str, list[str], Json]:
    """What a run has answered, what it called for it, and its row."""
    log = done(server, "GET", f"/runs/{run_id}/events")["items"]
    called = [one["body"]["operation"] for one in log if one["body"]["type"] == "tool_called"]
    return str(log[-1]["body"]["result"]["response"]), called, done(server, "GET", f"/runs/{run_id}")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_picture_is_looked_at_by_the_same_operations_from_everywhere(
    server: Server, way: Callable[[Server, str, str], str]
) -> None:
    """Promise: one log; the answer says what was found, with numbers, and by what; the bytes are kept with the run."""
    said, called, run = told(server, begun(server, way))
    assert called == LOOKED
    assert "espresso" in said
    assert "%" in said
    assert all(f"`{name}`" in said for name in LOOKED)
    (attached,) = run["input"]["attachments"]
    assert (attached["media_type"], attached["size"]) == ("image/jpeg", len(jpeg("coffee")))


def test_a_turn_with_a_picture_has_the_same_log_whichever_surface_began_it(server: Server) -> None:
    """Promise: event by event, with the same numbers, results and views; source: README, The same everywhere."""
    logs = {
        way.__name__: without_names(done(server, "GET", f"/runs/{begun(server, way)}/events")["items"]) for way in WAYS
    }
    first = logs["by_json"]
    assert [one["body"]["type"] for one in first].count("tool_answered") == len(LOOKED)
    assert {name for name, log in logs.items() if log != first} == set()


THERE = {entry.name for entry in Catalog.from_index().entries()}
QUESTIONS = (
    ("astronaut", "Who is this?", "vision.detect_faces", "never told"),
    ("coins", "How many coins are there?", "vision.count_objects", "24"),
    ("page", "What does it say?", "vision.read_text", "Region-based segmentation"),
)
"""A photograph, what is asked, what looks at it, and what it finds."""


@pytest.mark.parametrize(("name", "question", "operation", "found"), [one for one in QUESTIONS if one[2] in THERE])
def test_the_question_chooses_what_looks(server: Server, name: str, question: str, operation: str, found: str) -> None:
    """Promise: faces are found and nobody is named, coins are counted, a page is read."""
    said, called, _ = told(server, by_json(server, question, name))
    assert called == [operation]
    assert found in said


def test_a_conversation_shows_what_came_with_its_messages_and_says_what_is_gone(server: Server) -> None:
    """Promise: by id; a question that goes back looks at the same picture; export, branch and another answer hold."""
    first = done(server, "POST", "/chat", {"message": WHAT, "attachments": [address("coffee")]})
    conversation = first["conversation_id"]
    again = done(server, "POST", "/chat", {"message": "And is it blurred?", "conversation_id": conversation})
    said, called, _ = told(server, again["run_id"])
    assert called == ["vision.assess_quality"]
    assert "sharp" in said
    shown = done(server, "GET", f"/conversations/{conversation}")["turns"]
    (attached,), none = shown[0]["attachments"], shown[1]["attachments"]
    assert (attached["media_type"], attached["gone"], none) == ("image/jpeg", False, [])
    branch = done(server, "POST", f"/conversations/{conversation}/branch", {"run_id": first["run_id"]})
    other = done(server, "POST", f"/conversations/{branch['id']}/regenerate-answer", {"message": "Is it sharp?"})
    assert told(server, other["run_id"])[1] == ["vision.assess_quality"]
    assert send(server, "DELETE", f"/blobs/{attached['id']}")[0] in {200, 204}
    shown = done(server, "GET", f"/conversations/{conversation}")["turns"]
    assert shown[0]["attachments"] == [{**attached, "gone": True}]
    assert "deleted since" in done(server, "GET", f"/conversations/{conversation}/export")["text"]
    lost = done(server, "POST", "/chat", {"message": "What is in the picture?", "conversation_id": conversation})
    assert "deleted since" in lost["response"]
    status, _, refused = ask(server, "POST", f"/conversations/{branch['id']}/regenerate-answer", {})
    assert (status, refused["field"]) == (404, "attachments.0")


def test_earlier_pictures_of_a_client_who_keeps_the_conversation_are_meant_too(server: Server) -> None:
    """Promise: OpenAI's clients send all turns; "is it sharp?" after a picture asks of that picture."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        picture: Any = [
            {"type": "text", "text": WHAT},
            {"type": "image_url", "image_url": {"url": address("coffee")}},
        ]
        said = client.chat.completions.create(
            model="agent:chat",
            messages=[
                {"role": "user", "content": picture},
                {"role": "assistant", "content": "A cup."},
                {"role": "user", "content": "Is it sharp?"},
            ],
        )
    assert "`vision.assess_quality`" in str(said.choices[0].message.content)


def test_a_surface_over_a2a_has_the_pixels_under_its_boxes(server: Server) -> None:
    """Whoever draws a surface fetches its images without a key: a small picture travels in it, with what was found."""
    extension = "https://a2ui.org/a2a-extension/a2ui/v0.9"
    task = told_over_a2a(server, "Find the things in this picture.", "coffee", **{"A2A-Extensions": extension})
    shown = [part["data"] for one in task["artifacts"] for part in one["parts"] if "data" in part]
    urls = re.findall(r'"url": "data:image/svg\+xml;base64,([^"]+)"', json.dumps(shown))
    assert urls
    drawn = base64.b64decode(urls[0]).decode()
    assert f'href="{address("coffee")}"' in drawn
    assert 'class="box"' in drawn


def test_a_turn_that_is_refused_leaves_nothing(server: Server) -> None:
    """Promise: typed, by field; what came with it is not kept."""
    before = done(server, "GET", "/blobs?limit=1")["blobs"]
    good, torn = address("coffee"), "data:image/png;base64,iVBORw0KGgo="
    status, _, refused = ask(server, "POST", "/chat", {"message": WHAT, "attachments": [good, torn]})
    assert (status, refused["field"]) == (422, "attachments.1")
    status, _, refused = ask(server, "POST", "/chat", {"message": "", "attachments": []})
    assert (status, refused["field"]) == (422, "message")
    status, _, refused = ask(server, "POST", "/chat", {"message": WHAT, "attachments": [good, "blob-of-another"]})
    assert (status, refused["field"]) == (404, "attachments.1")
    status, _, refused = ask(server, "POST", "/chat", {"message": WHAT, "links": ["http://127.0.0.1:1/a.png"]})
    assert (status, refused["field"]) == (403, "links.0")
    status, _, refused = ask(server, "POST", "/chat", {"message": WHAT, "links": [*["data:,Hello"] * 2, torn]})
    assert (status, refused["field"]) == (422, "links.2")
    status, _, refused = ask(server, "POST", "/chat", {"message": WHAT, "attachments": [good] * 9})
    assert (status, refused["field"]) == (422, "attachments")
    assert done(server, "GET", "/blobs?limit=1")["blobs"] == before


# -- models that see ---------------------------------------------------------------------------------------------------


@pytest.fixture
def upstream() -> Iterator[FakeOpenAI]:
    """A provider that says what a test tells it to; nobody says whether its model sees."""
    with FakeOpenAI(models=["m"]).in_thread() as fake:
        yield fake


def asked(fake: FakeOpenAI, number: int) -> Any:  # Any: JSON
    """The content of the last user's message of a request."""
    return [one for one in fake.asked[number].body["messages"] if one["role"] == "user"][-1]["content"]


def test_a_model_is_shown_the_picture_and_offered_what_looks_at_it(upstream: FakeOpenAI, serve: Serve) -> None:
    """Promise: the bytes arrive as a part, a line names the blob, and a tool is called with that name."""
    server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="m")
    kept = done(server, "POST", "/blobs", {"content": address("coffee")})["id"]
    upstream.replies += [wants(("vision-assess_quality", {"image": kept})), says("It is sharp."), says("As I said.")]
    reply = done(server, "POST", "/chat", {"message": "Is it in focus?", "attachments": [kept], "provider": "local"})
    assert reply["response"] == "It is sharp."
    words, picture = asked(upstream, 0)
    assert f"blob id {kept}]" in words["text"]
    assert picture == {"type": "image_url", "image_url": {"url": address("coffee")}}
    offered = [one["function"]["name"] for one in upstream.asked[0].body["tools"]]
    assert {"vision-classify_image", "vision-detect_objects", "vision-assess_quality"} <= {*offered[:8]}
    assert json.loads(upstream.asked[1].tool_results[0])["blurred"] is False
    said = {"message": "Are you sure?", "conversation_id": reply["conversation_id"], "provider": "local"}
    done(server, "POST", "/chat", said)
    first = next(one for one in upstream.asked[2].body["messages"] if one["role"] == "user")
    assert first["content"][1] == picture


def test_a_model_that_refuses_the_picture_is_told_of_it(upstream: FakeOpenAI, serve: Serve) -> None:
    """Promise: what does not see answers all the same; that it was not shown the picture is in the log."""
    server = serve(NIS_LOCAL_URL=upstream.url, NIS_LOCAL_MODEL="m")
    upstream.replies += [fails(400, "This model takes no images."), says("I cannot see it.")]
    asked_for = {"message": WHAT, "attachments": [address("coffee")], "provider": "local"}
    reply = done(server, "POST", "/chat", asked_for)
    assert reply["response"] == "I cannot see it."
    assert "blob id" in asked(upstream, 1)
    assert isinstance(asked(upstream, 1), str)
    log = done(server, "GET", f"/runs/{reply['run_id']}/events")["items"]
    warned = [one["body"]["message"] for one in log if one["body"]["type"] == "warning"]
    assert any("was not shown what is attached" in one for one in warned)


def test_without_weights_the_answer_says_what_mends_it_and_the_turn_does_not_fail(serve: Serve, tmp_path: Path) -> None:
    """Promise: what is missing is named with its command; what can be told is told."""
    for file in read_settings(os.environ).weights.glob("SmolLM2*"):
        (tmp_path / file.name).symlink_to(file)
    server = serve(NIS_WEIGHTS=str(tmp_path))
    reply = done(server, "POST", "/chat", {"message": "", "attachments": [address("coffee")]})
    assert "sharp" in reply["response"]
    assert "nis weights pull efficientnet-lite0" in reply["response"]
    assert "`vision.assess_quality`" in reply["response"]
