"""The protocol's own suite, and its inspector, against `nis` itself.

Every scenario runs on the served product; `fixture_server.py` adds the suite's own tools, prompts and resources.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, running_server
from node_clients import CLIENTS, program_for

PACKAGES = CLIENTS / "node_modules" / "@modelcontextprotocol"
LINE = re.compile(r"^(✓|✗) ([a-z0-9-]+): (\d+) passed, (\d+) failed$", re.MULTILINE)


def node(package: str, script: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the clients' packages with the wheel's Node."""
    command = [str(program_for(f"@modelcontextprotocol/{package}")), str(PACKAGES / package / script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def dressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the suite's fixtures added."""
    program = (str(Path(__file__).with_name("fixture_server.py")),)
    tasks = ("--app", str(Path(__file__).with_name("fixture_tasks.py")))
    with running_server(tmp_path_factory.mktemp("dressed"), tasks, program=program) as server:
        yield server


def scenarios(server: Server, version: str, folder: Path) -> dict[str, tuple[int, int]]:
    """Checks passed and failed of each scenario that a version of the protocol requires."""
    done = node(
        "conformance", "dist/index.js", "server", "--url", f"{server.url}/mcp", "--requirements", version, folder=folder
    )
    found = {name: (int(passed), int(failed)) for _, name, passed, failed in LINE.findall(done.stdout)}
    assert found, done.stdout + done.stderr
    return found


def test_the_suite_of_2025_11_25_has_no_failures(dressed: Server, tmp_path: Path) -> None:
    """Promise: the era of sessions, whole: @modelcontextprotocol/conformance; `make conformance` prints each count."""
    found = scenarios(dressed, "2025-11-25", tmp_path)
    assert not {name: failed for name, (_, failed) in found.items() if failed}
    assert sum(passed for passed, _ in found.values()) >= 81
    assert {"server-initialize", "tools-call-elicitation", "dns-rebinding-protection"} <= set(found)


def test_the_suite_of_2026_07_28_has_no_failures(dressed: Server, tmp_path: Path) -> None:
    """Promise: the stateless era, and the extension of tasks on the run log (SEP-2663)."""
    found = scenarios(dressed, "2026-07-28", tmp_path)
    assert not {name: failed for name, (_, failed) in found.items() if failed}
    assert sum(passed for passed, _ in found.values()) >= 191
    assert {"server-stateless", "http-header-validation", "caching", "tasks-lifecycle", "tasks-mrtr-input"} <= set(
        found
    )


def inspect(server: Server, folder: Path, *arguments: str) -> Any:
    """What the inspector's command line answers."""
    address = f"{server.url}/mcp?toolset=all"
    done = node(
        "inspector",
        "clients/launcher/build/index.js",
        "--cli",
        address,
        "--transport",
        "http",
        *arguments,
        folder=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_everything_and_calls(server: Server, tmp_path: Path) -> None:
    """Promise: `?toolset=all` works in the inspector's command line."""
    names = {tool["name"] for tool in inspect(server, tmp_path, "--method", "tools/list")["tools"]}
    assert {"physics-solve_heat", "runs-stream_events", "weights-list_weights"} <= names
    given = ("value=26.2", "unit=mile", "to=km")
    arguments = [word for one in given for word in ("--tool-arg", one)]
    answer = inspect(server, tmp_path, "--method", "tools/call", "--tool-name", "physics-convert_unit", *arguments)
    assert answer["structuredContent"]["value"] == pytest.approx(42.1648128)
