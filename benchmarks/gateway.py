"""What stands between a caller and a model: nis as a gateway beside LiteLLM's proxy and a bare pass-through.

    make bench-gateway                      # the tables on standard output, as Markdown
    make bench-gateway ARGS="--seconds 8"

All of them pass chat completions on to one stand-in for a model on loopback, which answers with 50 tokens: plain, or an
event each without a pause between them. One machine, one process a server; the callers, the stand-in and the server
share its cores. Each server is asked in turn, so that what else the machine does falls on all. Each caller sends
something else, but those that are answered from the cache. An answer that does not hold the stand-in's last token
counts as failed, and ends the measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import json_request, share
from runs import CALLERS, DIRECT, FLOOR, PASSING, UPSTREAM, Contender, measure
from start import Started, compile_everything, descendants, free_port, ours, post, resident_mb, started
from upstream import asking

PEERS = Path(__file__).resolve().parents[1] / ".venv" / "bench-gateway"
NIS, CAPPED, KEPT, LITELLM = "nis", "nis, under a budget", "nis, from its cache", "LiteLLM's proxy"
PATH = "/v1/chat/completions"
KEY = "sk-bench-0f8fad5bd9cb469fa16570867728950e"
"""Both gateways check that callers send it."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A contender, and the process that it is."""

    contender: Contender
    started: Started


def asks(port: int, model: str, *, same: bool = False) -> Callable[[int, bool], bytes]:
    """What callers send, each time under another label and, unless it is the same, with other words."""

    def request(number: int, streamed: bool) -> bytes:
        said = f"Tell me something about the sea, and call it story {0 if same else number}."
        messages = [{"role": "user", "content": said}]
        body = {"model": model, "messages": messages, "user": str(number), "stream": streamed}
        return json_request(port, PATH, body, Authorization=f"Bearer {KEY}")

    return request


@contextmanager
def servers(data: str) -> Generator[dict[str, Server]]:
    """Every server that can be started here, ready."""
    with ExitStack() as stack:
        found: dict[str, Server] = {}

        def start(
            name: str, command: list[str], port: int, model: str = "prepared", health: str = "/health", **named: str
        ) -> None:
            one = stack.enter_context(started(command, port, health, **named))
            contender = Contender(pids=(one.process.pid,), port=port, request=asks(port, model))
            found[name] = Server(contender=contender, started=one)

        upstream, passing, product = free_port(), free_port(), free_port()
        start(DIRECT, [sys.executable, str(UPSTREAM), str(upstream)], upstream)
        start(FLOOR, [sys.executable, str(PASSING), str(passing), str(upstream)], passing)
        start(NIS, ours(product, f"{data}/nis"), product, "local:prepared", **asking(upstream), NIS_API_KEY=KEY)
        capped = free_port()
        start(CAPPED, ours(capped, f"{data}/capped"), capped, "openai:gpt-4o-mini", **billed(upstream), NIS_API_KEY=KEY)
        set_up(capped)
        kept = Contender(pids=found[CAPPED].contender.pids, port=capped, request=asks(capped, "kept", same=True))
        found[KEPT] = Server(contender=kept, started=found[CAPPED].started)
        if (PEERS / "bin" / "litellm").exists():
            port = free_port()
            start(LITELLM, litellm(data, port, upstream), port, health="/health/liveliness", **LITELLM_SETTINGS)
        yield found


def billed(upstream: int) -> dict[str, str]:
    """The variables of a nis whose model has a price, so that a budget has to be kept."""
    url = f"http://127.0.0.1:{upstream}/v1"
    return {
        "OPENAI_API_KEY": "none",
        "NIS_OPENAI_URL": url,
        "NIS_MODEL": "openai:gpt-4o-mini",
        "NIS_LOG_LEVEL": "warning",
    }


def set_up(port: int) -> None:
    """A budget that is never used up, and a route whose answers are kept."""
    budget = {"name": "bench", "scope": "user", "subject": "*", "period": "month", "limit": 1_000_000}
    post(port, "/budgets", budget, Authorization=f"Bearer {KEY}")
    route = {"name": "kept", "targets": [{"model": "openai:gpt-4o-mini"}], "policy": {"cache": "exact"}}
    post(port, "/routes", route, Authorization=f"Bearer {KEY}")


LITELLM_SETTINGS = {
    # As its page on production has it: no messages of its own, and its table of prices from its package.
    "LITELLM_LOG": "ERROR",
    "LITELLM_MASTER_KEY": KEY,
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}


def litellm(data: str, port: int, upstream: int) -> list[str]:
    """How LiteLLM's proxy is started: one model, one key, no database, one process."""
    served = {"model": "openai/prepared", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "none"}
    config = {
        "model_list": [{"model_name": "prepared", "litellm_params": served}],
        "litellm_settings": {"set_verbose": False, "telemetry": False},
    }
    file = Path(data) / "litellm.yaml"
    # JSON is YAML too.
    file.write_text(json.dumps(config), "utf-8")
    program = str(PEERS / "bin" / "litellm")
    return [program, "--config", str(file), "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]


def print_calls(found: dict[str, Server]) -> None:
    """The tables of calls."""
    for streamed, kind in ((False, "plain"), (True, "streamed, 50 tokens")):
        direct = found[DIRECT].contender.alone[streamed]
        columns = [kind, f"calls/s, {CALLERS} callers", "first byte", "whole, p50 / p99"]
        columns += ["added to one call, p50 / p99", "processor"]
        print(f"| {' | '.join(columns)} |\n|---|---|---|---|---|---|")
        for name, server in found.items():
            one = server.contender
            whole = " / ".join(f"{1e3 * share(one.times[streamed], part):.1f}" for part in (0.5, 0.99))
            added = " / ".join(
                f"{1e3 * (share(one.alone[streamed], part) - share(direct, part)):.2f}" for part in (0.5, 0.99)
            )
            used = 1e6 * middle([seconds for (seconds,) in one.processor[streamed]])
            first, rate = 1e3 * share(one.firsts[streamed], 0.5), middle(one.rates[streamed])
            print(f"| {name} | {rate:.0f} | {first:.1f} ms | {whole} ms | {added} ms | {used:.0f} µs |")
        print()


def print_servers(found: dict[str, Server]) -> None:
    """What the servers themselves take."""
    print("| | ready after | resident after the calls |\n|---|---|---|")
    for name, server in found.items():
        if name == KEPT:
            # The same process as the one before.
            continue
        pid = server.started.process.pid
        resident = sum(resident_mb(one) for one in (pid, *descendants(pid)))
        print(f"| {name} | {server.started.seconds:.2f} s | {resident:.0f} MB |")
    print()


def print_ratios(found: dict[str, Server]) -> None:
    """How nis compares with each."""
    ours = found[NIS].contender
    for name in (FLOOR, LITELLM):
        if name not in found:
            continue
        theirs = found[name].contender
        times = [middle(ours.rates[streamed]) / middle(theirs.rates[streamed]) for streamed in (False, True)]
        print(f"nis / {name}, {CALLERS} callers: {times[0]:.2f} × plain, {times[1]:.2f} × streamed")


def middle(values: list[float]) -> float:
    """The median."""
    return share(values, 0.5)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (default 3)")
    arguments.add_argument("--seconds", type=float, default=3.0, help="length of each load (default 3)")
    given = arguments.parse_args()
    compile_everything()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    with tempfile.TemporaryDirectory() as data, servers(data) as found:
        measure({name: server.contender for name, server in found.items()}, given.rounds, given.seconds)
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        print(f"{time.strftime('%Y-%m-%d')}, {machine}; load at the end {load}\n")
        print_calls(found)
        print_servers(found)
        print_ratios(found)


if __name__ == "__main__":
    main()
