"""Do methods that tell how sure an answer is measure what they say? Against models of which everything is known.

    make prove-metacognition                            # about 8,900 assessments, some minutes
    make prove-metacognition ARGS="--questions 100"

A server of its own, with models of the provider `simulated`, whose chances are in a file (docs/confidence.md), is asked
over HTTP. What it answers is held against exact theory:

- a vote's share of right answers, and the mean entropy of its classes, against the multinomial distribution;
- the answers asked until a vote is settled, against the same, and whether settling changes what is answered;
- calibration: what P(True) says is overconfident by one in log-odds; Platt's scaling has to find that, and the ECE on
  questions held out has to be 0.05 at most;
- answer sets of split conformal prediction, against the beta-binomial distribution of their coverage;
- of what is answered by a threshold, the share wrong, against the bound.

Exit status: 0 where all agree within what is likely (four standard deviations, or a tail of 1 in 1,000).
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from start import free_port, started

from nis_backend.numerics.conformal import place

sys.path.append(str(Path(__file__).parents[1] / "tests"))
exact: Any = importlib.import_module("exact_votes")  # Any: a module of the tests, found by the line above

Json = dict[str, Any]
CHANCES = {"helps": [0.5, 0.3, 0.1, 0.1], "harms": [0.3, 0.5, 0.1, 0.1]}
VOTES, BIAS, LIKELY, UNLIKELY = 9, 1.0, 4.0, 0.001
AT_ONCE = 4
ENOUGH, MOST_OFF = 3000, 0.05
"""Outcomes from which on the ECE has to be this small: with fewer it is noise."""


def simulation() -> Json:
    """The file: two models whose right answer is the likeliest, and is not; one whose questions differ."""
    fixed = [
        {"name": name, "seed": 1, "tasks": [{"family": "q", "count": 100_000, "accuracy": p[0], "wrong": wrong(p)}]}
        for name, p in CHANCES.items()
    ]
    varied: Json = {"family": "q", "count": 100_000, "accuracy": {"beta": [4, 2]}, "truth": {"bias": BIAS}}
    return {"models": [*fixed, {"name": "varied", "seed": 2, "tasks": [varied]}]}


def wrong(chances: Sequence[float]) -> Json:
    """How the wrong answers share what is left of the right one."""
    return {"kinds": len(chances) - 1, "lead": chances[1] / (1 - chances[0])}


class Proof:
    """A server, and what was found amiss."""

    def __init__(self, port: int, questions: int) -> None:
        self.port, self.questions, self.amiss = port, questions, 0

    def call(self, path: str, request: Json | None = None) -> Any:  # Any: JSON
        """What an operation answers; without a request, what is read."""
        sent = None if request is None else json.dumps(request).encode()
        headers = {"content-type": "application/json", "accept": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", sent, headers)
        with urllib.request.urlopen(asked, timeout=300) as answer:
            return json.load(answer)

    def assess(self, model: str, first: int, many: int, **how: Any) -> list[Json]:  # Any: fields of the request
        """Questions from `first` on, a few at once, with their outcomes recorded."""
        request: Json = {"model": f"simulated:{model}", "answer": {"kind": "number"}, "max_tokens": 32, **how}

        def one(number: int) -> Json:
            return self.call("/metacognition/assess-answer", {**request, "question": f"What is q-{number}?"})

        numbers = range(first, first + many)
        with ThreadPoolExecutor(AT_ONCE) as workers:
            told = list(workers.map(one, numbers))
        for found, number in zip(told, numbers, strict=True):
            found["right"] = found["answer"] == str(10 * number)
            found["expected"] = str(10 * number)
        return told

    def record(self, told: Sequence[Json]) -> None:
        """What became of them."""
        outcomes = [{"id": one["id"], "expected": one["expected"]} for one in told]
        for start in range(0, len(outcomes), 500):
            self.call("/metacognition/record-outcome", {"outcomes": outcomes[start : start + 500]})

    def mean(self, what: str, values: Sequence[float], wanted: float, spread: float) -> None:
        """Hold a mean against what it has to be."""
        found = math.fsum(values) / len(values)
        off = abs(found - wanted) / (spread / math.sqrt(len(values))) if spread else 0.0
        self.tell(f"{what}: {found:.4f}, exactly {wanted:.4f}: {off:.1f} standard deviations", off <= LIKELY)

    def tell(self, what: str, holds: bool) -> None:
        """A line of the report."""
        print(f"{'   ' if holds else 'NOT'} {what}")
        self.amiss += not holds


def votes(proof: Proof) -> None:
    """Votes that help and that harm, settled early or not."""
    for name, chances in CHANCES.items():
        right: float = exact.chance_right(chances[0], chances[1:], VOTES)
        spread = _spread(right)
        single = proof.assess(name, 0, proof.questions, samples=1)
        proof.mean(f"{name}: one answer right", [one["right"] for one in single], chances[0], _spread(chances[0]))
        told = proof.assess(name, 0, proof.questions, samples=VOTES, stops=False)
        proof.mean(f"{name}: vote of {VOTES} right", [one["right"] for one in told], right, spread)
        proof.mean(f"{name}: entropy of {VOTES}", [one["entropy"] for one in told], *exact.entropy_of(chances, VOTES))
        told = proof.assess(name, 0, proof.questions, samples=VOTES)
        proof.mean(f"{name}: vote settled early right", [one["right"] for one in told], right, spread)
        asked = [one["samples"] for one in told]
        proof.mean(f"{name}: answers until settled", asked, *exact.asked_until_settled(chances, VOTES))


def _spread(chance: float) -> float:
    """Of something that happens so often."""
    return math.sqrt(chance * (1 - chance))


def calibrated(proof: Proof) -> None:
    """What is overconfident by a known amount."""
    many = 10 * proof.questions
    told = proof.assess("varied", 0, many, samples=1, methods=["truth"], task="sure")
    proof.record(told)
    found = proof.call("/metacognition/calibrate-task", {"task": "sure", "method": "truth", "fit": "platt"})
    slope, shift = found["map"]["slope"], found["map"]["shift"]
    # Of a logistic regression on log-odds x of mean m and variance v, with p(1 - p) of about 0.2 at n outcomes.
    error = LIKELY * math.sqrt((1 + 2.0**2) / (0.18 * found["fitted"]))
    fits = abs(slope - 1) <= error and abs(shift + BIAS) <= error
    proof.tell(f"Platt: slope {slope:.3f}, shift {shift:.3f}; exactly 1 and {-BIAS:g}, within {error:.2f}", fits)
    for fit in ("platt", "isotonic", "temperature"):
        found = proof.call("/metacognition/calibrate-task", {"task": "sure", "method": "truth", "fit": fit})
        ece = found["measures"][0]
        chance = next(one["value"] for one in found["measures"] if one["name"] == "ece_by_chance")
        line = f"{fit}: ECE {ece['before']:.3f} before, {ece['value']:.3f} after, on {found['held_out']} held out"
        line += f"; exact probabilities would have {chance:.3f}"
        # One number cannot mend a bias: temperature is shown, not asked for.
        proof.tell(line, fit == "temperature" or many < ENOUGH or ece["value"] <= MOST_OFF)
    again = proof.assess("varied", 50_000, 1, samples=1, methods=["truth"], task="sure")[0]
    proof.tell(f"the next answer has a confidence: {again['confidence']}", again["confidence"] is not None)


def promised(proof: Proof) -> None:
    """Sets of answers, and answers above a threshold."""
    alpha = 0.1
    how: Json = {"samples": VOTES, "stops": False, "task": "sets"}
    proof.record(proof.assess("varied", 0, proof.questions, **how))
    told = proof.assess("varied", 20_000, proof.questions, **how)

    def decided(promise: str) -> Callable[[Json], Json]:
        return lambda one: proof.call(f"/assessments/{one['id']}/abstention?alpha={alpha}&promise={promise}")

    with ThreadPoolExecutor(AT_ONCE) as workers:
        sets = list(workers.map(decided("answer_sets"), told))
        above = list(workers.map(decided("selective_risk"), told))
    held = sum(
        one["answer_set"] is None or was["expected"] in one["answer_set"] for one, was in zip(sets, told, strict=True)
    )
    known = sets[0]["outcomes"]
    at = place(known, alpha)
    tail = math.fsum(_beta_binomial(count, len(told), at, known + 1 - at) for count in range(held + 1))
    line = (
        f"sets hold {held} of {len(told)}, promised {1 - alpha:.0%} by {known} outcomes; so few by chance: {tail:.3f}"
    )
    proof.tell(line, tail >= UNLIKELY)
    answered = [was["right"] for one, was in zip(above, told, strict=True) if one["decision"] == "answer"]
    wrong_ones = answered.count(False)
    allowed = alpha * len(answered) + LIKELY * math.sqrt(alpha * (1 - alpha) * len(answered))
    line = f"above the threshold {above[0]['threshold']} {len(answered)} are answered, {wrong_ones} wrongly"
    proof.tell(f"{line}; promised {alpha:.0%} at most", wrong_ones <= allowed)


def _beta_binomial(count: int, of: int, a: int, b: int) -> float:
    def beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    return math.exp(math.log(math.comb(of, count)) + beta(count + a, of - count + b) - beta(a, b))


def main() -> int:
    """Ask, and hold against theory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--questions", type=int, default=400, help="that each finding is made on")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nis-metacognition-") as made:
        folder, port = Path(made), free_port()
        (folder / "simulation.json").write_text(json.dumps(simulation()), "utf-8")
        command = [sys.executable, "-m", "nis_backend", "serve", "--port", str(port), "--data", str(folder / "data")]
        with started(command, port, NIS_SIMULATED=str(folder / "simulation.json")):
            proof = Proof(port, asked.questions)
            for part in (votes, calibrated, promised):
                part(proof)
    print("All agrees with theory." if not proof.amiss else f"{proof.amiss} findings do not agree with theory.")
    return int(proof.amiss > 0)


if __name__ == "__main__":
    sys.exit(main())
