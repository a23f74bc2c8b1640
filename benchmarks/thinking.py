"""Ways of thinking compared: how often each is right, and for how many tokens, against exact theory where there is one.

    make bench-thinking                                  # both parts
    make bench-thinking ARGS="--questions 40 --real 0"   # small, without the model in the box

First a simulated model (docs/confidence.md), of which every chance is known: the accuracy of each way follows exactly,
by enumeration, and what is measured has to be within four standard errors of it. Then the model in the box and
questions of which the answer is known: what the same ways are worth to a model of 135 million parameters.

One question at a time, by the operations that callers have. Tokens are the provider's count, a simulated model's words.
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
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from start import free_port, ours, started

from nis_backend.drivers.llm.simulated_family import Family, Revises, Spread, Wrong

sys.path.append(str(Path(__file__).parents[1] / "tests"))
exact: Any = importlib.import_module("exact_votes")  # Any: a module of the tests, found by the line above

Json = Any

MEMBERS, ROUNDS, PATHS, REVISIONS = 3, 2, 7, 2
MODEL, JUDGE = "simulated:thinker", "simulated:judge"
FAMILY = Family(
    family="q",
    accuracy=Spread(beta=(3, 2)),
    wrong=Wrong(kinds=3, lead=0.5),
    revises=Revises(right_to_wrong=0.15, wrong_to_right=0.15, follows=0.5),
)
ALONE = FAMILY.model_copy(
    update={"system": "alone", "revises": Revises(right_to_wrong=0.15, wrong_to_right=0.15, follows=0.0)}
)
"""The same questions of a model that is shown its own answer only, and so follows nobody."""
SAYS = ("answer 1", "answer 2", "as good")
FARTHEST = 4.0
"""Standard errors."""

REAL = {
    "What is 7 + 5?": "12",
    "What is 9 - 4?": "5",
    "What is 6 times 7?": "42",
    "What is 20 divided by 4?": "5",
    "What is 15 + 16?": "31",
    "What is 100 - 1?": "99",
    "What is 8 times 8?": "64",
    "How many days are in a week?": "7",
    "How many months are in a year?": "12",
    "How many hours are in a day?": "24",
    "How many legs does a spider have?": "8",
    "How many sides does a triangle have?": "3",
    "How many minutes are in an hour?": "60",
    "How many letters are in the English alphabet?": "26",
    "How many continents are there?": "7",
    "How many degrees are in a right angle?": "90",
}


@dataclass(kw_only=True)
class Way:
    """One way of thinking: what is asked, what of the result is the answer, and how often it should be right."""

    name: str
    operation: str
    request: Callable[[str, str], Json]
    read: Callable[[Json], tuple[str | None, int]] = lambda told: (told["answer"], told["spent"]["tokens"])
    exact: Callable[[dict[str, float]], float] | None = None
    right: int = 0
    tokens: int = 0
    expected: list[float] = field(default_factory=list[float])

    def line(self, asked: int) -> str:
        """Its row of the table."""
        exact = f"{sum(self.expected) / asked:.3f}" if self.expected else ""
        off = f"{self.off():+.1f}" if self.expected else ""
        return f"| {self.name} | {self.right / asked:.3f} | {exact} | {off} | {self.tokens / asked:.0f} |"

    def off(self) -> float:
        """How far the count is from what is expected, in standard errors of a sum of independent draws."""
        spread = math.sqrt(sum(one * (1 - one) for one in self.expected))
        return (self.right - sum(self.expected)) / spread if spread else float(self.right != sum(self.expected))


def ways(model: str, system: str, judge: str, *, simulated: bool) -> list[Way]:
    """All ways of one model."""
    common: Json = {"model": model, "answer": {"kind": "number"}, "max_tokens": 32, "system": system}
    # The model in the box, left to itself, says the same each time.
    common |= {} if simulated else {"temperature": 0.8}

    def sampled(**more: Json) -> Callable[[str, str], Json]:
        return lambda question, _: {**common, "question": question, **more}

    def debated(question: str, _: str) -> Json:
        plain = {name: value for name, value in common.items() if name != "model"}
        return {**plain, "question": question, "members": [model] * MEMBERS, "rounds": ROUNDS}

    def reflected(question: str, right: str, *, checks: bool) -> Json:
        check = {
            "operation": "mathematics.evaluate_expression",
            "arguments": {"expression": f"{{value}} - {right}"},
            "field": "exact",
            "equals": "0",
        }
        alone = f"{system} alone".strip() if simulated else system
        return {
            **common,
            "question": question,
            "system": alone,
            "judge": judge,
            "rounds": REVISIONS,
            "check": check if checks else None,
        }

    def of_vote(told: Json) -> tuple[str | None, int]:
        return told["vote"]["answer"], told["vote"]["spent"]["tokens"]

    def of_debate(told: Json) -> tuple[str | None, int]:
        return told["debate"]["answer"], told["debate"]["spent"]["tokens"]

    def voted(chances: dict[str, float]) -> float:
        right, *wrong = chances.values()
        return float(exact.chance_right(right, wrong, PATHS))

    known = simulated
    found = [
        Way(name="single", operation="sample-paths", request=sampled(paths=1), exact=lambda p: next(iter(p.values()))),
        Way(name=f"vote of {PATHS}", operation="sample-paths", request=sampled(paths=PATHS), exact=voted),
        Way(
            name=f"vote of {PATHS}, ended once settled",
            operation="sample-paths",
            request=sampled(paths=PATHS, stops=True),
            exact=voted,
        ),
        Way(
            name=f"debate, {MEMBERS} members, {ROUNDS} rounds",
            operation="run-debate",
            request=debated,
            read=of_debate,
            exact=debate_right,
        ),
        Way(name="… vote of no more tokens than it", operation="run-debate", request=debated, read=of_vote),
        Way(
            name="reflection, blind comparison",
            operation="reflect-on-answer",
            request=lambda question, right: reflected(question, right, checks=False),
            exact=compared_right,
        ),
        Way(
            name=f"reflection by a check, {REVISIONS} revisions",
            operation="reflect-on-answer",
            request=lambda question, right: reflected(question, right, checks=True),
            exact=checked_right,
        ),
    ]
    for one in found:
        one.exact = one.exact if known else None
    return found


def debate_right(chances: dict[str, float]) -> float:
    """How often the last round's vote is right: over all first answers, and all that each member may make of them."""
    revises = FAMILY.revises
    assert revises is not None
    answers = list(chances)
    right, wrong = answers[0], answers[1:]
    whole = 0.0
    for first in product(answers, repeat=MEMBERS):
        likely = math.prod(chances[one] for one in first)
        after: list[dict[str, float]] = []
        for place, own in enumerate(first):
            # Its own stands first in what it is shown: where all have as many votes, that is the one it follows.
            shown = [own, *(one for number, one in enumerate(first) if number != place)]
            made = dict.fromkeys(answers, 0.0)
            made[max(dict.fromkeys(shown), key=shown.count)] += revises.follows
            rest = 1 - revises.follows
            if own == right:
                made[right] += rest * (1 - revises.right_to_wrong)
                others = sum(chances[one] for one in wrong)
                for one in wrong:
                    made[one] += rest * revises.right_to_wrong * chances[one] / others
            else:
                made[right] += rest * revises.wrong_to_right
                made[own] += rest * (1 - revises.wrong_to_right)
            after.append(made)
        for last in product(answers, repeat=MEMBERS):
            if max(dict.fromkeys(last), key=last.count) == right:
                whole += likely * math.prod(made[one] for made, one in zip(after, last, strict=True))
    return whole


def compared_right(chances: dict[str, float]) -> float:
    """As single, but for revisions that a judge who draws among three words prefers in both orders: once in nine."""
    revises = ALONE.revises
    assert revises is not None
    right = next(iter(chances.values()))
    taken = 1 / len(SAYS) ** 2
    return right * (1 - revises.right_to_wrong * taken) + (1 - right) * revises.wrong_to_right * taken


def checked_right(chances: dict[str, float]) -> float:
    """Right at once, or in one of the revisions: a wrong answer is told to be wrong, and a right one is kept."""
    revises = ALONE.revises
    assert revises is not None
    right = next(iter(chances.values()))
    return right + (1 - right) * (1 - (1 - revises.wrong_to_right) ** REVISIONS)


def simulation(path: Path) -> None:
    """The file of the simulated models."""
    drawn = [{"text": json.dumps({"label": one}), "p": 1} for one in SAYS]
    models = [
        {"name": "thinker", "seed": 7, "tasks": [ALONE.model_dump(mode="json"), FAMILY.model_dump(mode="json")]},
        {"name": "judge", "seed": 8, "tasks": [{"answers": drawn}]},
    ]
    path.write_text(json.dumps({"models": models}))


def measure(base: str, several: Sequence[Way], questions: Sequence[tuple[str, str, dict[str, float]]]) -> None:
    """Put every question to every way, and print the table."""
    for question, right, chances in questions:
        heard: dict[str, Json] = {}
        for way in several:
            request = way.request(question, right)
            key = json.dumps([way.operation, request])
            # A debate and the vote beside it are one run.
            told = heard[key] = heard.get(key) or post(base, way.operation, request)
            answer, tokens = way.read(told)
            way.right += answer == right
            way.tokens += tokens
            way.expected += [way.exact(chances)] if way.exact else []
    print("| way | right | by theory | off, standard errors | tokens a question |\n|---|---|---|---|---|")
    for way in several:
        print(way.line(len(questions)))


def post(base: str, action: str, request: Json) -> Json:
    """What the operation answers."""
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{base}/metacognition/{action}", json.dumps(request).encode(), headers)
    with urllib.request.urlopen(asked, timeout=300) as answer:
        return json.load(answer)


def main() -> None:
    """Start the server, measure both models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=400, help="of the simulated model")
    parser.add_argument("--real", type=int, default=len(REAL), help="of the model in the box")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        models = Path(data) / "models.json"
        simulation(models)
        port = free_port()
        with started(ours(port, data), port, NIS_SIMULATED=str(models)):
            base = f"http://127.0.0.1:{port}"
            far = []
            if chosen.questions:
                several = ways(MODEL, "", JUDGE, simulated=True)
                asked = [
                    (f"What is q-{number}?", FAMILY.right(number), FAMILY.distribution(number))
                    for number in range(1, chosen.questions + 1)
                ]
                print(f"A simulated model, {len(asked)} questions\n")
                measure(base, several, asked)
                far = [way.name for way in several if way.expected and abs(way.off()) > FARTHEST]
            if chosen.real:
                print(f"\nThe model in the box, {chosen.real} questions\n")
                words = "Answer with a number alone."
                real = [(question, right, {right: 1.0}) for question, right in [*REAL.items()][: chosen.real]]
                measure(base, ways("embedded", words, "embedded", simulated=False), real)
    if far:
        sys.exit(f"Farther from theory than {FARTHEST:g} standard errors: {', '.join(far)}")
    if chosen.questions:
        print("\nEvery way is as often right as theory says.")


if __name__ == "__main__":
    main()
