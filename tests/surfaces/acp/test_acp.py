"""`nis acp`: what an editor starts, by the protocol's own client over real pipes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from acp.client.connection import ClientSideConnection
from acp.exceptions import RequestError
from acp.helpers import embedded_text_resource, image_block, resource_block, resource_link_block, text_block
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse
from acp.stdio import spawn_agent_process
from conftest import Serve, Server, running_server
from rest_client import done

# The packages' clients may let go of a process that has ended before they were told of its end.
pytestmark = [
    pytest.mark.usefixtures("left_by_clients"),
    pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

Json = dict[str, Any]

KEY = "sesame"
PATIENCE = 60.0
SCRIPT: Json = {
    "tools": True,
    "replies": [
        {"after_tool": True, "text": "I was told {tool}"},
        {"when": "add two", "tool_calls": [{"name": "mcp-demo-add", "arguments": {"a": 2, "b": 3}}]},
        {"when": "long story", "text": " ".join(f"word{number}" for number in range(400)), "pause": 0.2},
        {"when": "Greet", "reasoning": "A greeting is due.", "text": "Hello from the script.", "pause": 0.05},
        {"text": "Nothing to do."},
    ],
}


def environment(folder: Path) -> dict[str, str]:
    """A model that says what the script holds."""
    (folder / "script.json").write_text(json.dumps(SCRIPT))
    return {"NIS_SCRIPTED": str(folder / "script.json"), "NIS_MODEL": "scripted:scripted"}


def asked(server: Server, method: str, path: str, body: Json | None = None) -> Any:
    """The answer of a request with the key."""
    return done(server, method, path, body, {"authorization": f"Bearer {KEY}"})


@pytest.fixture(scope="module")
def tooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model calls a tool of another server, for which a person is asked; it wants a key."""
    folder = tmp_path_factory.mktemp("tooled")
    with running_server(folder, environment={**environment(folder), "NIS_API_KEY": KEY}) as server:
        made = asked(server, "POST", "/mcp-servers", {"name": "demo", "command": "example"})
        asked(server, "POST", f"/mcp-servers/{made['id']}/refresh-tools", {})
        yield server


class Editor:
    """What an editor does with what it is told: it keeps it, and answers questions as it was told to."""

    def __init__(self, answer: str = "allow") -> None:
        self.answer = answer
        self.updates: list[Json] = []
        self.questions: list[Json] = []
        self.told = asyncio.Condition()

    async def session_update(self, update: Any, **_: Any) -> None:
        """Keep it."""
        async with self.told:
            self.updates.append(update.model_dump(mode="json", by_alias=True, exclude_none=True))
            self.told.notify_all()

    async def request_permission(self, tool_call: Any, options: Any, **_: Any) -> Any:
        """Answer what the user would."""
        self.questions.append(tool_call.model_dump(mode="json", by_alias=True, exclude_none=True))
        assert [one.kind for one in options] == ["allow_once", "reject_once"]
        async with self.told:
            self.told.notify_all()
        if self.answer == "later":
            await asyncio.Event().wait()
        if self.answer == "cancelled":
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=self.answer))

    def on_connect(self, conn: Any) -> None:
        """Nothing is to be kept of it."""

    def words(self, kind: str = "agent_message_chunk") -> str:
        """What was said."""
        return "".join(one["content"]["text"] for one in self.updates if one["sessionUpdate"] == kind)

    def of(self, kind: str) -> list[Json]:
        """The updates of a kind."""
        return [one for one in self.updates if one["sessionUpdate"] == kind]

    async def until(self, text: str) -> None:
        """Wait for words."""
        async with asyncio.timeout(PATIENCE), self.told:
            await self.told.wait_for(lambda: text in self.words())


@asynccontextmanager
async def opened(
    data: Path, editor: Editor, *arguments: str, **variables: str
) -> AsyncGenerator[tuple[ClientSideConnection, asyncio.subprocess.Process]]:
    """The agent as an editor starts it."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("NIS_", "COVERAGE"))}
    async with asyncio.timeout(2 * PATIENCE):
        async with spawn_agent_process(
            editor,  # pyright: ignore[reportArgumentType] - the methods that are called here
            sys.executable,
            *("-m", "nis_backend", "--data", str(data), "acp", *arguments),
            env={"NIS_API_KEY": KEY, **kept, **variables},
            transport_kwargs={"stderr": None, "shutdown_timeout": PATIENCE},
        ) as (agent, process):
            yield agent, process


async def session_of(agent: ClientSideConnection) -> str:
    """A new session."""
    return (await agent.new_session(cwd="/", mcp_servers=[])).session_id


async def refused(answer: Any) -> Json:
    """The problem that a request was answered with, and its code."""
    with pytest.raises(RequestError) as caught:
        await answer
    problem: Any = caught.value.data
    return {**problem, "rpc": caught.value.code}


def test_an_agent_that_is_kept_answers_where_it_is_named(tooled: Server) -> None:
    """Promise: a session is a conversation of the agent's; one that is not there is refused before a session is."""
    asked(tooled, "POST", "/agents", {"name": "greeter", "instructions": "You greet.", "model": "scripted:scripted"})

    async def use() -> None:
        editor = Editor()
        async with opened(tooled.data, editor, "--agent", "greeter") as (agent, _):
            await agent.initialize(protocol_version=1)
            session = await session_of(agent)
            for words in ("Greet me.", "Greet me again."):
                await agent.prompt(session_id=session, prompt=[text_block(words)])
            assert editor.words().count("Hello from the script.") == 2
            runs = asked(tooled, "GET", "/runs?operation=agents.run_agent&limit=2")["runs"]
            assert {one["conversation_id"] for one in runs} == {session}
        async with opened(tooled.data, Editor(), "--agent", "nobody") as (agent, _):
            await agent.initialize(protocol_version=1)
            assert (await refused(agent.new_session(cwd="/", mcp_servers=[])))["rpc"] == -32002

    asyncio.run(use())


def test_a_turn_is_a_run_told_word_by_word_and_kept(tooled: Server) -> None:
    """Promise: words and thoughts as they come; the session is a conversation of the server, told again when loaded."""

    async def use() -> None:
        editor = Editor()
        async with opened(tooled.data, editor) as (agent, _):
            able = await agent.initialize(protocol_version=1)
            assert able.agent_capabilities is not None
            assert (able.protocol_version, able.agent_capabilities.load_session, able.auth_methods) == (1, True, [])
            session = await session_of(agent)
            ended = await agent.prompt(
                session_id=session,
                prompt=[
                    text_block("Greet me."),
                    resource_link_block("a.py", "file:///a.py"),
                    resource_block(embedded_text_resource("file:///b.py", "print(1)")),
                ],
            )
            assert ended.stop_reason == "end_turn"
            assert "Hello from the script." in editor.words()
            assert len(editor.of("agent_message_chunk")) > 1
            assert "A greeting is due." in editor.words("agent_thought_chunk")
            said = editor.updates[:]
            turn = asked(tooled, "GET", f"/conversations/{session}")["turns"][0]
            assert turn["message"] == "Greet me.\n\n[a.py](file:///a.py)\n\nfile:///b.py\n```\nprint(1)\n```"
            assert ended.field_meta == {"nis": {"runId": turn["run_id"]}}
        again = Editor()
        async with opened(tooled.data, again) as (agent, _):
            await agent.load_session(cwd="/", session_id=session, mcp_servers=[])
            assert again.words("user_message_chunk") == turn["message"]
            assert again.updates[1:] == said
            assert (await agent.prompt(session_id=session, prompt=[text_block("Go on.")])).stop_reason == "end_turn"
        assert len(asked(tooled, "GET", f"/conversations/{session}")["turns"]) == 2

    asyncio.run(use())


def test_a_call_that_waits_for_a_person_asks_the_editors_user(tooled: Server) -> None:
    """Promise: allowed it is made, rejected the agent goes on without, left it is cancelled; elsewhere counts too."""

    async def use() -> None:
        editor = Editor()
        async with opened(tooled.data, editor) as (agent, _):
            session = await session_of(agent)

            async def turn(answer: str) -> str:
                editor.answer = answer
                editor.updates.clear()
                return (await agent.prompt(session_id=session, prompt=[text_block("Please add two.")])).stop_reason

            assert await turn("allow") == "end_turn"
            assert '"text":"5"' in editor.words()
            [started], updates = editor.of("tool_call"), editor.of("tool_call_update")
            assert started["rawInput"]["arguments"] == {"a": 2, "b": 3}
            assert [one["status"] for one in updates] == ["pending", "in_progress", "completed"]
            assert {one["toolCallId"] for one in [*updates, *editor.questions]} == {started["toolCallId"]}
            assert "add of the server demo" in editor.questions[0]["content"][0]["content"]["text"]
            assert await turn("reject") == "end_turn"
            assert "rejected" in editor.words()
            assert editor.of("tool_call_update")[-1]["status"] == "failed"
            assert await turn("cancelled") == "cancelled"
            editor.questions.clear()
            going = asyncio.create_task(turn("later"))
            async with editor.told:
                await editor.told.wait_for(lambda: editor.questions)
            run_id = editor.questions[0]["toolCallId"].partition(":")[0]
            await asyncio.to_thread(asked, tooled, "POST", f"/runs/{run_id}/approve", {})
            assert await going == "end_turn"
            assert '"text":"5"' in editor.words()

    asyncio.run(use())


def test_a_cancelled_turn_ends_its_run(tooled: Server) -> None:
    """Promise: `session/cancel` cancels the run, and the turn's stop reason says it; one turn a session at a time."""

    async def use() -> None:
        editor = Editor()
        async with opened(tooled.data, editor) as (agent, _):
            session = await session_of(agent)
            going = asyncio.create_task(agent.prompt(session_id=session, prompt=[text_block("A long story, please.")]))
            await editor.until("word1")
            second = await refused(agent.prompt(session_id=session, prompt=[text_block("And?")]))
            assert (second["code"], second["field"]) == ("conflict", "sessionId")
            await agent.cancel(session_id=session)
            ended = await going
            assert ended.stop_reason == "cancelled"
            assert ended.field_meta is not None
            run = await asyncio.to_thread(asked, tooled, "GET", f"/runs/{ended.field_meta['nis']['runId']}")
            assert run["state"] == "cancelled"

    asyncio.run(use())


def test_what_is_wrong_is_told_by_field_and_the_next_message_is_heard(tooled: Server) -> None:
    """Promise: typed errors with field, value, remedy; a line that is no message ends nothing."""

    async def use() -> None:
        async with opened(tooled.data, Editor()) as (agent, process):
            assert process.stdin is not None
            process.stdin.write(b"no JSON\n[]\n\xff\n")
            unknown = await refused(agent.prompt(session_id="none", prompt=[text_block("Hello")]))
            assert (unknown["rpc"], unknown["field"], unknown["value"]) == (-32002, "sessionId", "none")
            missing = await refused(agent.load_session(cwd="/", session_id="none", mcp_servers=[]))
            assert (missing["rpc"], missing["field"], missing["value"]) == (-32002, "sessionId", "none")
            session = await session_of(agent)
            picture = await refused(agent.prompt(session_id=session, prompt=[image_block("AA==", "image/png")]))
            assert (picture["rpc"], picture["field"], picture["value"]) == (-32602, "prompt", "image/png")
            assert "remedy" in picture
            empty = await refused(agent.prompt(session_id=session, prompt=[text_block(" ")]))
            assert (empty["code"], empty["field"]) == ("invalid_request", "prompt")
            long = await refused(agent.prompt(session_id=session, prompt=[text_block("a" * 100_001)]))
            assert (long["code"], long["field"]) == ("invalid_request", "prompt")
            raw: Any = agent
            method = await refused(raw._conn.send_request("session/nothing", {}))
            assert (method["rpc"], method["field"]) == (-32601, "method")
            shape = await refused(raw._conn.send_request("session/prompt", {"sessionId": session, "prompt": 5}))
            assert (shape["rpc"], shape["field"], shape["value"]) == (-32602, "prompt", "5")
            key = await refused(agent.authenticate(method_id="none"))
            assert (key["rpc"], key["field"]) == (-32602, "methodId")

    asyncio.run(use())


def test_a_server_that_dies_ends_the_turn_and_the_session_is_there_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: the turn says so at once; a server started anew goes on with the run, and the session is loaded."""
    server = serve(data=tmp_path, **environment(tmp_path))

    async def use() -> None:
        editor = Editor()
        async with opened(tmp_path, editor) as (agent, _):
            session = await session_of(agent)
            going = asyncio.create_task(agent.prompt(session_id=session, prompt=[text_block("A long story, please.")]))
            await editor.until("word1")
            await asyncio.to_thread(server.kill)
            broken = await refused(going)
            assert broken["code"] == "unavailable"
            assert "loading the session" in broken["remedy"]
            gone = await refused(agent.prompt(session_id=session, prompt=[text_block("Still there?")]))
            assert (gone["code"], "nis serve" in gone["remedy"]) == ("unavailable", True)
            another = await asyncio.to_thread(serve, data=tmp_path, **environment(tmp_path))
            editor.updates.clear()
            await agent.load_session(cwd="/", session_id=session, mcp_servers=[])
            assert editor.words("user_message_chunk") == "A long story, please."
            assert "word1" in editor.words()
            run_id = editor.of("agent_message_chunk")[0]["messageId"].partition(":")[0]
            await asyncio.to_thread(done, another, "POST", f"/runs/{run_id}/cancel", {})
            ended = await agent.prompt(session_id=session, prompt=[text_block("Greet me.")])
            assert ended.stop_reason == "end_turn"

    asyncio.run(use())


def test_without_a_server_the_folder_is_opened(tmp_path: Path) -> None:
    """Promise: the same over the data folder itself; it ends when its input does."""

    async def use() -> None:
        editor = Editor()
        async with opened(tmp_path, editor, **environment(tmp_path)) as (agent, process):
            session = await session_of(agent)
            assert (await agent.prompt(session_id=session, prompt=[text_block("Greet me.")])).stop_reason == "end_turn"
            assert len(editor.of("agent_message_chunk")) > 1
            said = editor.updates[:]
            editor.updates.clear()
            await agent.load_session(cwd="/", session_id=session, mcp_servers=[])
            assert editor.updates[1:] == said
        assert process.returncode == 0

    asyncio.run(use())


def test_an_editor_without_the_servers_key_is_told_what_it_lacks(tooled: Server) -> None:
    """Promise: `initialize` names the key where one is wanted; a session without it is refused with the remedy."""

    async def use() -> None:
        async with opened(tooled.data, Editor(), NIS_API_KEY="") as (agent, _):
            [method] = (await agent.initialize(protocol_version=1)).auth_methods or []
            for answer in (session_of(agent), agent.authenticate(method_id=method.id)):
                lacking = await refused(answer)
                assert (lacking["rpc"], "NIS_API_KEY" in lacking["remedy"]) == (-32000, True)

    asyncio.run(use())


def test_the_configuration_is_what_an_editor_starts(tmp_path: Path) -> None:
    """Promise: pasted into Zed's settings it starts this very Python over this folder."""
    command = [sys.executable, "-m", "nis_backend", "--data", str(tmp_path), "acp", "--print-config"]
    printed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    one = printed["agent_servers"]["nis"]
    assert (one["type"], one["command"]) == ("custom", sys.executable)
    assert one["args"] == ["-m", "nis_backend", "--data", str(tmp_path), "acp"]
