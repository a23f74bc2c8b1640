"""Answers of the model in the box: nis over HTTP beside xllamacpp called bare in a process, and llama.cpp's own server.

    make bench-generation                      # the tables on standard output, as Markdown
    make bench-generation ARGS="--rounds 2 --tokens 32"

All have the same file, threads, slots and context, and are asked the same words, to be answered greedily. "Bare, same
settings" has what the product sets besides: short batches, keys in eight bits, threads that sleep while they wait for
each other. "Bare, as installed" has none of it. llama.cpp's server is the one that the former listens with.

Each is asked in turn, another one first in each round; a round has other words than the last, and each ratio is of one
round. Others may want the cores: the processor's time of all of a contender's processes is the steadier figure.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from start import Started, descendants, free_port, ours, started

from nis_backend.cores import allowed_threads
from nis_backend.drivers.llm.embedded_pool import CONTEXT, SLOTS
from nis_backend.drivers.llm.embedded_wire import INSTRUCTION
from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights

PEER = Path(__file__).with_name("generation_peer.py")
STREAMED, PLAIN, SAME, BARE, SERVER = (
    "nis, streamed",
    "nis, plain",
    "xllamacpp bare, same settings",
    "xllamacpp bare, as installed",
    "llama.cpp's server, same settings",
)
CALLERS = (1, SLOTS)
SAMPLING = {"dry_multiplier": 0.8}
"""What the product adds to each request."""
PATH = "/v1/chat/completions"
PATIENCE = 600.0
Json = dict[str, Any]  # Any: JSON
Asked = Callable[[Sequence[Json]], list[Json]]
"""Asks all of the requests at once: of each answer its words, tokens, and the seconds to the first word."""

SUBJECTS = ("the sea", "a clock", "bread", "Norway", "the moon", "a horse", "winter", "a library", "rain")
PREFIX, REPEATS = 1000, 50
LONG = "The boat went on over the calm sea and nobody on it said a word about {}. "


@dataclass(kw_only=True)
class Contender:
    """One that answers; `pid` is its first process."""

    pid: int
    ask: Asked
    rates: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Tokens a second of each round, by the number of callers."""
    efforts: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """The same of a second of the processor."""

    def processor_seconds(self) -> float:
        """What its processes have used so far."""
        ticks = 0
        for pid in (self.pid, *descendants(self.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def question(text: str, tokens: int) -> Json:
    """A request of all contenders; the instruction is the product's own."""
    messages = [{"role": "system", "content": INSTRUCTION}, {"role": "user", "content": text}]
    return {"messages": messages, "max_tokens": tokens, "temperature": 0}


def over_http(port: int, *, streamed: bool, **more: object) -> Asked:
    """Asks a server that speaks OpenAI's format."""

    def one(request: Json) -> Json:
        body: Json = {"model": "embedded", **request, **more, "stream": streamed}
        if streamed:
            body["stream_options"] = {"include_usage": True}
        begun = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request("POST", PATH, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != http.client.OK:
                sys.exit(response.read().decode())
            words, tokens, first = "", 0, 0.0
            got: Iterable[Json] = chunks(response) if streamed else [json.load(response)]
            for chunk in got:
                for choice in chunk["choices"]:
                    if text := choice["delta" if streamed else "message"].get("content"):
                        first = first or time.perf_counter() - begun
                        words += text
                if chunk.get("usage"):
                    tokens = int(chunk["usage"]["completion_tokens"])
        return {"text": words, "tokens": tokens, "first": first}

    def ask(requests: Sequence[Json]) -> list[Json]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))

    return ask


def chunks(response: http.client.HTTPResponse) -> Generator[Json]:
    """The events of a stream."""
    for line in response:
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


@contextmanager
def product() -> Generator[Started]:
    """The server, asked as any caller asks it; the model is loaded when it is handed over."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data, started(ours(port, data), port) as server:
        over_http(port, streamed=False)([question("Hello!", 1)])
        yield server


@contextmanager
def bare(file: Path, *, same: bool) -> Generator[tuple[Contender, int]]:
    """The engine in a process that reads requests; and the port that it listens at itself."""
    options = {"slots": SLOTS, "context": CONTEXT, "threads": allowed_threads(None), "same": same}
    command = [sys.executable, str(PEER), str(file), json.dumps(options)]
    environment = {**os.environ, **({"OMP_WAIT_POLICY": "passive"} if same else {})}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        writes, reads = process.stdin, process.stdout
        assert writes is not None
        assert reads is not None

        def line() -> Any:  # Any: JSON
            return json.loads(reads.readline() or sys.exit("the engine's process has ended"))

        def ask(requests: Sequence[Json]) -> list[Json]:
            writes.write(json.dumps([{**one, **SAMPLING} for one in requests]) + "\n")
            writes.flush()
            return line()

        try:
            port = urlsplit(str(line())).port
            ask([question("Hello!", 1)])
            yield Contender(pid=process.pid, ask=ask), port or 0
        finally:
            process.kill()


def measure_rates(contenders: dict[str, Contender], rounds: int, tokens: int) -> int:
    """Each in turn, another one first in each round; answers how many are otherwise than the bare engine's."""
    names, otherwise = list(contenders), 0
    for turn in range(rounds):
        for callers in CALLERS:
            subjects = (SUBJECTS[turn % len(SUBJECTS) :] + SUBJECTS)[:callers]
            texts: dict[str, list[str]] = {}
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                one = contenders[name]
                # Two that share an engine are not asked the same, of which the second would find all read.
                kind = "poem" if name in (PLAIN, SERVER) else "story"
                asked = [question(f"Write {kind} {turn} about {subject}.", tokens) for subject in subjects]
                used, begun = one.processor_seconds(), time.perf_counter()
                answers = one.ask(asked)
                seconds, used = time.perf_counter() - begun, one.processor_seconds() - used
                count = sum(answer["tokens"] for answer in answers)
                one.rates.setdefault(callers, []).append(count / seconds)
                one.efforts.setdefault(callers, []).append(count / used)
                texts[name] = [answer["text"] for answer in answers]
            for mine, bare_one in ((STREAMED, SAME), (PLAIN, SERVER)):
                otherwise += sum(a != b for a, b in zip(texts[mine], texts[bare_one], strict=True))
        print(f"\rround {turn + 1}/{rounds}", end="\n" if turn + 1 == rounds else "", file=sys.stderr, flush=True)
    return otherwise


def print_rates(contenders: dict[str, Contender], tokens: int) -> None:
    """Tokens a second of each, and how many times as many nis streams."""
    ours = contenders[STREAMED]
    for callers in CALLERS:
        title = f"{callers} caller{'s' * (callers > 1)}, {tokens} tokens each"
        print(f"| {title} | tokens/s, median (min-max) | nis, streamed, is | of processor time | nis, streamed, is |")
        print("|---|---|---|---|---|")
        for name, one in contenders.items():
            rates, efforts = one.rates[callers], one.efforts[callers]
            cells = [f"{statistics.median(rates):.1f} ({min(rates):.1f}-{max(rates):.1f})"]
            cells += [ratio(ours.rates[callers], rates), f"{statistics.median(efforts):.1f}"]
            print(f"| {name} | {' | '.join([*cells, ratio(ours.efforts[callers], efforts)])} |")
        print()


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> str:
    """The median of the ratios of each round."""
    return f"{statistics.median(a / b for a, b in zip(mine, theirs, strict=True)):.2f} ×"


def measure_prefixes(ask: Asked, rounds: int) -> None:
    """Print how soon a word comes for a second question with the same 1,000 tokens before it."""
    print(f"| {PREFIX} tokens before the question | first word, first time | second time | second / first |")
    print("|---|---|---|---|")
    for callers in CALLERS:
        firsts, seconds = list[float](), list[float]()
        for turn in range(rounds):
            before = [LONG.format(f"{subject} {turn} {callers}") * REPEATS for subject in SUBJECTS[:callers]]
            for times, end in ((firsts, "Who was on the boat?"), (seconds, "How was the sea?")):
                answers = ask([question(f"{text}{end}", 8) for text in before])
                times.append(statistics.median(answer["first"] for answer in answers))
        kind = "alone" if callers == 1 else f"{callers} callers at once, each with its own"
        cells = [f"{statistics.median(times):.2f} s" for times in (firsts, seconds)]
        print(f"| {kind} | {' | '.join([*cells, ratio(seconds, firsts)])} |")
    print()


def measure_sameness(ask: Asked, tokens: int) -> None:
    """Print how many greedy answers are the same alone and among eight others."""
    asked = [question(f"Tell me about {one}. " * (1 + 4 * number), tokens) for number, one in enumerate(SUBJECTS)]
    alone = [ask([one])[0]["text"] for one in asked]
    together = [answer["text"] for answer in ask(asked)]
    same = sum(a == b for a, b in zip(alone, together, strict=True))
    print(f"{same} of {len(asked)} greedy answers of {tokens} tokens are the same alone and among eight others")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=5, help="rounds of which the median counts (default 5)")
    arguments.add_argument("--tokens", type=int, default=96, help="length of each answer (default 96)")
    arguments.add_argument(
        "--same", action="store_true", help="only with the same settings: busy cores starve the rest"
    )
    given = arguments.parse_args()
    settings = read_settings(os.environ)
    weights = Weights.of(settings)
    file = weights.path(weights.find(settings.embedded_weight))
    with ExitStack() as stack:
        server = stack.enter_context(product())
        streamed = over_http(server.port, streamed=True)
        contenders = {STREAMED: Contender(pid=server.process.pid, ask=streamed)}
        contenders[PLAIN] = Contender(pid=server.process.pid, ask=over_http(server.port, streamed=False))
        contenders[SAME], port = stack.enter_context(bare(file, same=True))
        listening = over_http(port, streamed=True, **SAMPLING)
        contenders[SERVER] = Contender(pid=contenders[SAME].pid, ask=listening)
        if not given.same:
            contenders[BARE], _ = stack.enter_context(bare(file, same=False))
        otherwise = measure_rates(contenders, given.rounds, given.tokens)
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        print(f"{time.strftime('%Y-%m-%d')}, {machine}; {given.rounds} rounds; load at the end {load}\n")
        print_rates(contenders, given.tokens)
        measure_prefixes(streamed, max(1, given.rounds // 3))
        measure_sameness(streamed, given.tokens)
        print(f"{otherwise} of nis's answers are otherwise than those of xllamacpp bare with the same settings")


if __name__ == "__main__":
    main()
