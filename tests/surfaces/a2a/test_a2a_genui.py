"""The profile of Flutter's `genui_a2a` 0.10: what it sends is understood, and what it reads is there.

Source: https://pub.dev/packages/genui_a2a, `a2ui_agent_connector.dart`: it reads statuses and tasks alone, a text of a
status as words of the answer, a data part as one A2UI message.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
from a2a_process import PATIENCE, served

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from a2a_process import StandIn

    Json = dict[str, Any]

A2UI = "https://a2ui.org/a2a-extension/a2ui/v0.9"
SHOWN = ("createSurface", "updateComponents", "updateDataModel", "deleteSurface")


class Flutter:
    """A connector as that package has it: posts to the address it was given, and goes by what comes."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url, self.http = url, http
        self.heard = asyncio.Event()
        self.task_id = self.context_id = ""
        self.texts: list[str] = []
        self.surfaces: list[Json] = []
        self.states: list[str] = []

    async def call(self, method: str, params: Json) -> Json:
        """One call, and its answer."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = await self.http.post(self.url, json=body, headers={"X-A2A-Extensions": A2UI})
        return answer.json()

    async def stream(self, method: str, params: Json, until: Callable[[], bool] = lambda: False) -> None:
        """One call, and all that comes of it."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"X-A2A-Extensions": A2UI, "Accept": "text/event-stream"}
        async with self.http.stream("POST", self.url, json=body, headers=headers) as answer:
            assert answer.headers["x-a2a-extensions"] == A2UI
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self.take(json.loads(line.removeprefix("data: "))["result"])
                if until():
                    return

    def message(self, *parts: Json) -> Json:
        """A message about what was said before."""
        told = {"kind": "message", "messageId": uuid4().hex, "role": "user", "parts": [*parts]}
        if self.task_id:
            told |= {"referenceTaskIds": [self.task_id], "contextId": self.context_id}
        return {"message": told}

    def take(self, event: Json) -> None:
        """What it makes of an event."""
        self.heard.set()
        if event["kind"] not in {"status-update", "task"}:
            return
        self.task_id = event["taskId"] if event["kind"] == "status-update" else event["id"]
        self.context_id = event["contextId"]
        self.states.append(event["status"]["state"])
        for part in event["status"].get("message", {}).get("parts", ()):
            if part["kind"] == "text":
                self.texts.append(part["text"].strip())
            elif part["kind"] == "data":
                assert any(key in part["data"] for key in SHOWN), part
                self.surfaces.append(part["data"])


def _with_flutter(data: Path, talk: Callable[[Flutter, StandIn], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(data) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            await talk(Flutter(f"http://{address}/a2a", http), process)

    asyncio.run(run())


def test_it_finds_the_card_below_the_address(tmp_path: Path) -> None:
    """`<base>/.well-known/agent-card.json`, in the members of 0.3, whose address is the one it posts to."""

    async def talk() -> None:
        async with served(tmp_path) as (_, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            card = (await http.get(f"http://{address}/a2a/.well-known/agent-card.json")).json()
            assert (card["url"], card["protocolVersion"]) == (f"http://{address}/a2a", "0.3.0")
            assert card["capabilities"]["extensions"][0]["uri"] == A2UI

    asyncio.run(talk())


def test_it_sees_surfaces_and_the_words_once(tmp_path: Path) -> None:
    """One A2UI message a data part within a status; the answer whole at the end, and nothing of the way there."""

    async def talk(app: Flutter, _: StandIn) -> None:
        await app.stream("message/stream", app.message({"kind": "text", "text": "draw"}))
        assert app.texts == ["Look."]
        assert "createSurface" in app.surfaces[0]
        assert all(one["version"] == "v0.9" for one in app.surfaces)
        assert app.states[-1] == "completed"
        whole = (await app.call("tasks/get", {"id": app.task_id}))["result"]
        again = Flutter("", app.http)
        again.take(whole)
        assert (again.surfaces, again.texts) == (app.surfaces, app.texts)

    _with_flutter(tmp_path, talk)


def test_an_action_comes_back_without_a_media_type(tmp_path: Path) -> None:
    """By `message/send`, about the task, as a data part that is only known by what is in it."""

    async def talk(app: Flutter, _: StandIn) -> None:
        await app.stream("message/stream", app.message({"kind": "text", "text": "draw"}))
        call = {"operation": "throws.toss_ball", "arguments": {"speed": 20, "angle": 40}}
        action = {"name": "call", "sourceComponentId": "send", "context": call}
        answer = await app.call(
            "message/send", app.message({"kind": "data", "data": {"version": "v0.9", "action": action}})
        )
        task = answer["result"]
        assert (task["status"]["state"], task["contextId"]) == ("completed", app.context_id)
        assert task["status"]["message"]["parts"][0]["text"].startswith('{"distance":800')

    _with_flutter(tmp_path, talk)


def test_a_dropped_stream_is_taken_up_and_cancelled(tmp_path: Path) -> None:
    """`tasks/resubscribe` gives the task as it is and what follows; `tasks/cancel` is seen there."""

    async def talk(app: Flutter, process: StandIn) -> None:
        wait = app.message({"kind": "text", "text": "wait"})
        await app.stream("message/stream", wait, until=lambda: app.states[-1:] == ["working"])
        await asyncio.wait_for(process.reached.wait(), PATIENCE)
        other = Flutter(app.url, app.http)
        watching = asyncio.create_task(other.stream("tasks/resubscribe", {"id": app.task_id}))
        await asyncio.wait_for(other.heard.wait(), PATIENCE)
        cancelled = await app.call("tasks/cancel", {"id": app.task_id})
        assert cancelled["result"]["status"]["state"] == "canceled"
        await asyncio.wait_for(watching, PATIENCE)
        assert other.states == ["working", "canceled"]

    _with_flutter(tmp_path, talk)


def test_who_asks_for_no_surfaces_gets_words(tmp_path: Path) -> None:
    """Without the extension a client of 0.3 gets artifacts, as one of 1.0 does."""

    async def talk() -> None:
        async with served(tmp_path) as (_, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            said = {"kind": "message", "messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "draw"}]}
            body = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": said}}
            task = (await http.post(f"http://{address}/a2a", json=body)).json()["result"]
            assert [one["name"] for one in task["artifacts"]] == ["answer", "surface"]

    asyncio.run(talk())
