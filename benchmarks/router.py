"""How often the router picks the right operation and reads the right arguments.

    make bench-router                    # the tables on standard output, as Markdown
    make bench-router ARGS="--wrong"     # with what went otherwise than wanted on the seen questions

Each question is sent to `POST /operations/route-message` of a server of this checkout: what a chat turn itself calls.
The seen questions (router_seen.json) were looked at while the rules were made. The unseen ones (router_unseen.json)
were written by somebody who had only a description of the operations; nothing of them is ever printed but counts.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from nis_backend.capabilities.physics.operations import ConversionRequest, convert_unit
from nis_backend.catalog import Catalog
from nis_backend.errors import InvalidRequest

HERE = Path(__file__).resolve().parent
SPLITS = {"seen": HERE / "router_seen.json", "unseen": HERE / "router_unseen.json"}
LIMIT_SECONDS = 60.0

# Any, here and below: JSON.
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Label:
    """What should come of a question; `operation` None is nobody's."""

    operation: str | None
    arguments: Json = field(default_factory=dict[str, Any])
    missing: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, and every outcome that is right, the likeliest first."""

    text: str
    labels: tuple[Label, ...]

    @property
    def operation(self) -> str | None:
        """The operation wanted."""
        return self.labels[0].operation


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a question."""

    asked: Question
    operation: str | None
    arguments: Json
    missing: list[str]
    answered: bool
    """Whether it would be computed as it stands, without a question first."""
    seconds: float

    @property
    def picked(self) -> bool:
        """Whether it is an operation wanted, or rightly none."""
        return any(label.operation == self.operation for label in self.asked.labels)

    @property
    def false(self) -> bool:
        """Whether an operation was picked that is not wanted."""
        return self.operation is not None and not self.picked

    @property
    def right(self) -> bool:
        """Whether operation, arguments and what is asked for are all as they should be."""
        return any(
            label.operation == self.operation
            and same_arguments(stated(self.operation, label.arguments), stated(self.operation, self.arguments))
            and set(label.missing) == set(self.missing)
            for label in self.asked.labels
        )


def questions(split: str) -> list[Question]:
    """Those of a split; none where its file is not here."""
    path = SPLITS[split]
    return [_question(one) for one in json.loads(path.read_text("utf-8"))] if path.is_file() else []


def _question(one: Json) -> Question:
    labels = [one, *(one.get("also") or ())]
    return Question(
        text=one["question"],
        labels=tuple(
            Label(
                operation=label["operation"], arguments=label.get("arguments") or {}, missing=label.get("missing") or []
            )
            for label in labels
        ),
    )


class Router:
    """A server's router, over one connection."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=LIMIT_SECONDS)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def ask(self, question: Question) -> Outcome:
        """Have a question routed."""
        began = time.perf_counter()
        route = self.send("POST", "/operations/route-message", {"message": question.text})
        return Outcome(
            asked=question,
            operation=route["operation"],
            arguments=route["arguments"],
            missing=route["missing"],
            answered=route["ready"],
            seconds=time.perf_counter() - began,
        )

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request's answer.

        Raises:
            RuntimeError: it is none of 200.
        """
        given = json.dumps(body) if body else None
        try:
            answer = self._answer(method, path, given)
        except ConnectionError:  # the server let go of a connection that was idle; the next one opens by itself
            self._connection.close()
            answer = self._answer(method, path, given)
        text = answer.read()
        if answer.status != http.client.OK:
            msg = f"{path} answered {answer.status}: {text[:300]!r}"
            raise RuntimeError(msg)
        return json.loads(text)

    def _answer(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, {"content-type": "application/json"})
        return self._connection.getresponse()


@cache
def defaults(operation: str) -> Json:
    """The default of each field that has one."""
    fields = Catalog.from_index().entry(operation).request_schema.get("properties", {})
    return {name: field["default"] for name, field in fields.items() if "default" in field}


def stated(operation: str | None, arguments: Json) -> Json:
    """The arguments without those that say what holds without them: of "a mile", the 1."""
    usual = defaults(operation) if operation else {}
    return {name: value for name, value in arguments.items() if name not in usual or usual[name] != value}


def same_arguments(wanted: Json, got: Json) -> bool:
    """Whether two requests mean the same: numbers to nine digits, units and quoted texts however they are spelled."""
    return wanted.keys() == got.keys() and all(_same(name, wanted[name], got[name]) for name in wanted)


def _same(name: str, wanted: object, got: object) -> bool:
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return math.isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(wanted, list) and isinstance(got, list):
        pairs = zip(cast("list[object]", wanted), cast("list[object]", got), strict=False)
        return len(wanted) == len(got) and all(_same(name, *pair) for pair in pairs)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(wanted, str) and isinstance(got, str):
        return _same_unit(wanted, got) if name in ("unit", "to") else _plain(wanted) == _plain(got)
    return wanted == got


def _same_unit(wanted: str, got: str) -> bool:
    # The same at two values: neither scaled nor shifted.
    at = (ConversionRequest(value=value, unit=wanted, to=got) for value in (1.0, 3.0))
    try:
        return all(math.isclose(convert_unit.function(one, None).value, one.value, rel_tol=1e-9) for one in at)
    except InvalidRequest:
        # Of another dimension, or a label whose unit is none.
        return False


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".?!").casefold()


@dataclass(frozen=True, kw_only=True)
class Share:
    """Some of several."""

    part: int
    whole: int

    @property
    def percent(self) -> float:
        """The share, in percent; 0 of none."""
        return 100 * self.part / self.whole if self.whole else 0.0

    def __str__(self) -> str:
        low, high = wilson(self.part, self.whole)
        return f"{self.percent:.1f} % ({100 * low:.1f}-{100 * high:.1f}), {self.part}/{self.whole}"


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share.

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212.
    """
    if not whole:
        return 0.0, 1.0
    share, spread = part / whole, z * z / whole
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / whole + spread / (4 * whole)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The shares that are promised."""

    right_operation: Share
    """Of the questions that want an operation: that operation was picked."""
    false_picks: Share
    """Of all questions: an operation was picked that was not wanted."""
    arguments_right: Share
    """Of those answered without asking: operation and every argument are right."""
    wrong_unasked: Share
    """Of all questions: answered without asking, and not right."""
    whole: Share
    """Of all questions: the operation or none, each argument, and each field asked for."""


def score(outcomes: Sequence[Outcome]) -> Scores:
    """The shares over some outcomes."""
    wanting = [one for one in outcomes if one.asked.operation is not None]
    answered = [one for one in outcomes if one.answered]
    return Scores(
        right_operation=_share(wanting, lambda one: one.operation is not None and one.picked),
        false_picks=_share(outcomes, lambda one: one.false),
        arguments_right=_share(answered, lambda one: one.right),
        wrong_unasked=_share(outcomes, lambda one: one.answered and not one.right),
        whole=_share(outcomes, lambda one: one.right),
    )


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> Share:
    return Share(part=sum(map(holds, outcomes)), whole=len(outcomes))


def by_operation(outcomes: Sequence[Outcome]) -> str:
    """A row per operation wanted: asked, picked rightly, picked wrongly, not picked, right as a whole."""
    rows = ["| operation | asked | right | wrong | none | whole |", "|---|---|---|---|---|---|"]
    counts = Counter(one.asked.operation for one in outcomes)
    for name in sorted(counts, key=str):
        some = [one for one in outcomes if one.asked.operation == name]
        right, wrong = sum(one.picked for one in some), sum(one.false for one in some)
        rows.append(
            f"| {name or 'none'} | {len(some)} | {right} | {wrong} | {sum(one.operation is None for one in some)} "
            f"| {sum(one.right for one in some)} |"
        )
    return "\n".join(rows)


@contextmanager
def serving(**environment: str) -> Generator[str]:
    """A server of this checkout with a data folder of its own; its address."""
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "server.json"
        command = [sys.executable, "-m", "nis_backend", "serve", "--port", "0", "--data", folder]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
        )
        try:
            yield _url(process, address)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _url(process: subprocess.Popen[bytes], address: Path) -> str:
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            url = json.loads(address.read_text("utf-8"))["url"]
            # It is written before the server listens, without its address.
            with closing(Router(url or "")) as router:
                router.send("GET", "/health/live")
        except (OSError, ValueError, KeyError):
            time.sleep(0.02)
        else:
            return str(url)
    msg = "the server did not start"
    raise RuntimeError(msg)


def measure(router: Router) -> tuple[dict[str, list[Outcome]], float]:
    """The outcomes of each split, and the median time of a request that routes nothing."""
    # What loads at first use is loaded.
    router.ask(Question(text="How far does a ball fly at 1 m/s?", labels=(Label(operation=None),)))
    outcomes = {split: [router.ask(one) for one in questions(split)] for split in SPLITS}
    floors: list[float] = []
    for _ in range(200):
        began = time.perf_counter()
        router.send("GET", "/health/live")
        floors.append(time.perf_counter() - began)
    return outcomes, statistics.median(floors)


def report(name: str, outcomes: Sequence[Outcome], floor: float) -> str:
    """One row of the table."""
    shares = score(outcomes)
    times = [one.seconds for one in outcomes]
    median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    took = f"median {1e3 * median:.1f} ms, 95 % below {1e3 * slow:.0f}, floor {1e3 * floor:.1f}"
    return (
        f"| {name} | {len(outcomes)} | {shares.right_operation} | {shares.false_picks} | {shares.arguments_right} "
        f"| {shares.wrong_unasked} | {shares.whole} | {took} |"
    )


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--wrong", action="store_true", help="print the seen questions that went otherwise than wanted"
    )
    wanted = options.parse_args()
    print(
        "| questions | vectors | n | right operation | false picks | arguments right | wrong, unasked | whole | time |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    results: dict[str, list[Outcome]] = {}
    with tempfile.TemporaryDirectory() as nothing:
        # Without the model's weights there are no vectors.
        for vectors, environment in (("without", {"NIS_WEIGHTS": nothing}), ("with", {})):
            with serving(**environment) as url, closing(Router(url)) as router:
                results, floor = measure(router)
            for split, outcomes in results.items():
                if outcomes:
                    print(report(f"{split} | {vectors}", outcomes, floor), flush=True)
    for split, outcomes in results.items():
        if outcomes:
            print(f"\n{split}, with vectors:\n\n{by_operation(outcomes)}")
    if wanted.wrong:
        for one in results["seen"]:
            if not one.right:
                label = one.asked.labels[0]
                print(f"\n{one.asked.text}\n  wanted {label.operation} {label.arguments} {label.missing}")
                print(f"  got    {one.operation} {one.arguments} {one.missing}")


if __name__ == "__main__":
    main()
