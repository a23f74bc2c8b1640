"""How often does an evolution promote what is no better? And how often what is?

    make prove-evolution                                      # 200 without a true improvement, 60 with one; 10 minutes
    make prove-evolution ARGS="--null 20 --true 5"

A server of its own, with models of the provider `simulated`, whose chances are in a file: `fair` answers right half the
time, whatever its instructions are; `able` in four of ten cases, and in seven of ten where it is told to work
carefully. The model that reflects writes other instructions each time, for `able` also those, now and then. Each
evolution has an agent and questions of its own, and goes through the whole of `metacognition.start_evolution`: search
by GEPA, the choice on validation cases, 40 held-out cases, McNemar's exact one-sided test at 5 %.

The exact chances, which what is counted is held against: the test's size at 40 pairs each won and lost with 1/4, and
its power at 40 pairs won with 0.6 · 0.7 and lost with 0.4 · 0.3. Exit status: 0 where at most 5 % of those without a
true improvement were promoted, and where of the looks at a true one as many passed as the exact power says, within what
is likely (each tail 1 in 1,000).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from start import free_port, started

from nis_backend.numerics.superiority import mcnemar_power

Json = dict[str, Any]
HELD_OUT, REST, LEVEL = 40, 24, 0.05
BEFORE, AFTER = 0.4, 0.7
WIN, LOSS = (1 - BEFORE) * AFTER, BEFORE * (1 - AFTER)
WORD = "carefully"
UNLIKELY = 0.001


def main() -> int:
    """Evolve what cannot get better, and what can."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--null", type=int, default=200, help="evolutions without a true improvement")
    parser.add_argument("--true", type=int, default=60, help="evolutions with one to be found")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nis-evolution-") as made:
        folder, port = Path(made), free_port()
        (folder / "simulation.json").write_text(json.dumps(simulation()), "utf-8")
        command = [sys.executable, "-m", "nis_backend", "serve", "--port", str(port), "--data", str(folder / "data")]
        with started(command, port, NIS_SIMULATED=str(folder / "simulation.json")):
            null = evolutions(port, "fair", asked.null)
            true = evolutions(port, "able", asked.true)
    size, power = mcnemar_power(HELD_OUT, 0.25, 0.25, LEVEL), mcnemar_power(HELD_OUT, WIN, LOSS, LEVEL)
    promoted = sum(one["state"] == "promoted" for one in null)
    # One whose best candidate is not the one that helps looks at something else.
    looks = [one for one in true if one["verdict"] and WORD in one["candidates"][one["best"]]["instructions"]]
    passed = sum(one["verdict"]["passed"] for one in looks)
    print("| evolutions | came to look | promoted | of the looks | exact chance of a look |\n|---|---|---|---|---|")
    print(row("without a true improvement", null, promoted, [one for one in null if one["verdict"]], size))
    print(row("with one", true, sum(one["state"] == "promoted" for one in true), looks, power))
    fine = promoted <= LEVEL * len(null) and likely(passed, len(looks), power)
    print("\nAs the theory has it." if fine else "\nNOT as the theory has it.")
    return 0 if fine else 1


def simulation() -> Json:
    """The models."""
    told = {"family": "q", "count": 1_000_000, "wrong": {"kinds": 3}}
    idle = [{"text": f"```\nAnswer in manner {number}.\n```"} for number in range(50)]
    careful = {"text": f"```\nWork {WORD}.\n```", "p": 15}
    able = [{**told, "system": WORD, "accuracy": AFTER}, {**told, "accuracy": BEFORE}]
    return {
        "models": [
            {"name": "fair", "seed": 1, "tasks": [{**told, "accuracy": 0.5}]},
            {"name": "able", "seed": 2, "tasks": able},
            {"name": "fair-writer", "seed": 3, "tasks": [{"answers": idle}]},
            {"name": "able-writer", "seed": 4, "tasks": [{"answers": [careful, *idle]}]},
        ]
    }


def evolutions(port: int, model: str, count: int) -> list[Json]:
    """What became of so many, two at a time."""
    began = time.monotonic()

    def one(number: int) -> Json:
        name = f"{model}-{number}"
        agent = {"name": name, "instructions": "Answer.", "model": f"simulated:{model}"}
        call(port, "/agents", agent)
        first = number * (HELD_OUT + REST)
        questions = range(first, first + HELD_OUT + REST)
        request = {
            "agent": name,
            "cases": [{"input": f"What is q-{one}?", "expected": 10 * one} for one in questions],
            "metrics": ["numeric"],
            "reflection_model": f"simulated:{model}-writer",
            "held_out": HELD_OUT / (HELD_OUT + REST),
            "answers": 100,
            "seed": number,
            "significance": LEVEL,
            "promotes": "at once",
        }
        return call(port, "/metacognition/start-evolution", request)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, range(count)))
    print(f"{model}: {count} evolutions in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return done


def call(port: int, path: str, body: Json) -> Json:
    """Post, and read what is answered."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def row(what: str, done: list[Json], promoted: int, looks: list[Json], chance: float) -> str:
    """A line of the table."""
    passed = sum(one["verdict"]["passed"] for one in looks)
    shown = "none" if not looks else f"{passed} of {len(looks)}"
    return f"| {len(done)} {what} | {len(looks)} | {promoted} | {shown} | {chance:.4f} |"


def likely(count: int, of: int, chance: float) -> bool:
    """Whether so many of so many are no surprise, by either tail of the binomial distribution."""
    chances = [math.comb(of, one) * chance**one * (1 - chance) ** (of - one) for one in range(of + 1)]
    return of > 0 and sum(chances[: count + 1]) > UNLIKELY and sum(chances[count:]) > UNLIKELY


if __name__ == "__main__":
    sys.exit(main())
