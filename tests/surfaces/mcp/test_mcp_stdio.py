"""`nis mcp`: what a desktop client or an editor starts, over the data folder itself or the server that holds it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Serve, Server
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from over_mcp import over_mcp
from test_mcp_http import ERAS, Mode
from test_mcp_runs import LONG, scripted

# The packages' clients may let go of a process that has ended before they were told of its end.
pytestmark = [
    pytest.mark.usefixtures("left_by_clients"),
    pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}


def nis(*arguments: str) -> list[str]:
    """The command, by this Python."""
    return [sys.executable, "-m", "nis_backend", *arguments]


def printed(*arguments: str) -> dict[str, Any]:
    """What `--print-config` prints."""
    done = subprocess.run(nis(*arguments), capture_output=True, text=True, check=True, timeout=180)
    return json.loads(done.stdout)


async def use(server: dict[str, Any], mode: Mode) -> None:
    """Start what a configuration names, as a client does, and call it."""
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    parameters = StdioServerParameters(command=server["command"], args=server["args"])
    async with Client(stdio_client(parameters), mode=mode) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "physics-convert_unit" in names
        assert "chat-send_message" not in names
        answer = await client.call_tool("physics-convert_unit", {"value": 1, "unit": "mile", "to": "km"})
        assert answer.structured_content["value"] == pytest.approx(1.609344)
        wrong = await client.call_tool("physics-convert_unit", {"value": 1, "unit": "mile"})
        assert wrong.is_error
        assert wrong.meta is not None
        assert wrong.meta["nis/problem"]["field"] == "to"
        # Not listed in this toolset, and called all the same.
        run = await client.call_tool("chat-send_message", {"message": "Convert 2 miles to km"}, progress_callback=hear)
        assert "3.218688" in run.structured_content["response"]
    assert heard


@ERAS
def test_a_client_starts_what_the_printed_configuration_says(tmp_path: Path, mode: Mode, version: str) -> None:
    """Promise: paste it, and the tools are there: the folder is opened, no server needed."""
    config = printed("--data", str(tmp_path), "mcp", "--toolset", "physics", "--print-config")
    asyncio.run(use(config["mcpServers"]["nis"], mode))
    assert (tmp_path / "nis.db").is_file()


@ERAS
def test_a_client_reaches_the_running_server(server: Server, mode: Mode, version: str) -> None:
    """Promise: with a server on the folder, the same command hands everything on to it."""
    config = printed("--data", str(server.data), "mcp", "--toolset", "physics", "--print-config", "vscode")
    asyncio.run(use(config["servers"]["nis"], mode))


def test_the_configuration_has_the_form_that_clients_read() -> None:
    """Promise: a member per server with type, command and args; the command is absolute: clients know no PATH."""
    for client, member in (("desktop", "mcpServers"), ("vscode", "servers")):
        config = printed("mcp", "--print-config", client)
        assert list(config) == [member]
        assert set(config[member]["nis"]) == {"type", "command", "args"}
        assert config[member]["nis"]["type"] == "stdio"
        assert Path(config[member]["nis"]["command"]).is_absolute()
        assert config[member]["nis"]["args"] == ["-m", "nis_backend", "mcp"]


def test_the_configuration_names_the_folder_that_this_shell_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: paste it, and the tools are there: a client starts its servers without this shell's variables."""
    monkeypatch.setenv("NIS_DATA", str(tmp_path))
    assert printed("mcp", "--print-config")["mcpServers"]["nis"]["args"][2:4] == ["--data", str(tmp_path)]


def test_no_configuration_names_a_toolset_that_there_is_not(tmp_path: Path) -> None:
    """Promise: a slip of the pen is told where it is made, not by a client that lists no tools."""
    done = subprocess.run(
        nis("--data", str(tmp_path), "mcp", "--toolset", "phisics", "--print-config"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "no toolset 'phisics'" in done.stderr
    assert "physics" in done.stderr


def talk(data: Path, *messages: object, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The command with these lines in its input, which stays open."""
    process = subprocess.Popen(
        nis("--data", str(data), "mcp"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(f"{message if isinstance(message, str) else json.dumps(message)}\n")
    process.stdin.flush()
    return process


def test_nothing_but_the_protocol_is_on_its_output(tmp_path: Path) -> None:
    """Promise: each line out is a JSON-RPC message; it ends by itself when its input does (MCP, transports, stdio)."""
    process = talk(tmp_path, "no message", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO})
    assert process.stdout is not None
    first = process.stdout.readline()
    rest, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert [line["id"] for line in lines] == [1]
    assert lines[0]["result"]["serverInfo"]["name"] == "nis"


def test_tasks_are_reached_over_a_running_server_too(server: Server) -> None:
    """Promise: what names a task in a header over HTTP does so for a client of pipes as well (SEP-2663)."""
    able: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": able,
    }
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"taskId": "run-none", "_meta": meta}}
    process = talk(server.data, asked)
    assert process.stdout is not None
    answer = json.loads(process.stdout.readline())
    process.communicate(timeout=120)
    assert (answer["error"]["code"], "run-none" in answer["error"]["message"]) == (-32602, True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ends, and what it says, while its input stays open."""
    with process:
        assert process.stderr is not None
        return process.wait(60), process.stderr.read()


def test_a_server_that_dies_under_it_ends_it_with_a_word(serve: Serve) -> None:
    """Promise: no client waits for ever on a server that is gone; the reason is on standard error."""
    server = serve()
    process = talk(server.data, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO})
    assert process.stdout is not None
    assert process.stdin is not None
    assert json.loads(process.stdout.readline())["id"] == 1
    server.kill()
    process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}) + "\n")
    process.stdin.flush()
    code, errors = ended(process)
    assert code == 69
    assert "does not answer" in errors


def test_a_missing_key_is_told(serve: Serve) -> None:
    """Promise: a client started without the server's key learns which variable it lacks."""
    server = serve(NIS_API_KEY="sesame")
    code, errors = ended(talk(server.data, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}))
    assert code == 77
    assert "NIS_API_KEY" in errors


def test_a_wrong_toolset_or_a_held_folder_is_told(tmp_path: Path) -> None:
    """Promise: what cannot be served is said at once, with what to do."""
    done = subprocess.run(
        nis("--data", str(tmp_path), "mcp", "--toolset", "phisics"),
        capture_output=True,
        text=True,
        check=False,
        input="",
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "Toolsets: essential, all" in done.stderr
    first = talk(tmp_path, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO})
    assert first.stdout is not None
    assert first.stdout.readline()
    second = subprocess.run(
        nis("--data", str(tmp_path), "mcp"), capture_output=True, text=True, check=False, input="", timeout=60
    )
    assert second.returncode == 5
    assert f"process {first.pid}" in second.stderr
    assert "nis serve" in second.stderr
    first.communicate(timeout=120)


@ERAS
def test_cancelling_over_stdio_reaches_the_servers_run(serve: Serve, tmp_path: Path, mode: Mode, version: str) -> None:
    """Promise: what is handed on is whole: the client's cancellation ends the run on the server (MCP, cancellation)."""
    server = serve(NIS_SCRIPTED=scripted(tmp_path, 0.1, LONG))

    async def use() -> str:
        parameters = StdioServerParameters(command=sys.executable, args=nis("--data", str(server.data), "mcp")[1:])
        async with Client(stdio_client(parameters), mode=mode) as client:
            with anyio.CancelScope() as scope:

                async def leave(progress: float, total: float | None, message: str | None) -> None:
                    scope.cancel()

                await client.call_tool("chat-send_message", {"message": "Talk."}, progress_callback=leave)
            assert scope.cancelled_caught
            async with asyncio.timeout(120):
                [run] = over_mcp(server.url, "runs.list_runs", {})["runs"]
                last = await client.call_tool("runs-stream_events", {"id": run["id"]})
                return str(last.structured_content["body"]["type"])

    assert asyncio.run(use()) == "cancelled"
