"""What an agent failed at, as the logs have it, and in which classes that falls."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue

from nis_backend.capabilities.metacognition.assess.assessment import was_cut
from nis_backend.capabilities.metacognition.multipath.speaking import AGENT
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.context import Context
    from nis_backend.run import Run

NEAR = 0.3
"""The cosine from which a question falls into a class: below it, questions on one subject come apart; see docs."""
NAMED, SHOWN = 5, 3
"""Words that a class is told by; questions of it that are shown."""
NOT_ITS_OWN = frozenset({"unavailable", "budget_exceeded", "busy", "forbidden", "cancelled", "worker_lost"})
"""Codes of problems that say nothing of what the agent can do."""
MOST_ASSESSED = 2000
MOST_FAILURES, MOST_CLASSES = 1000, 50
"""Failures that are looked at, the newest runs' first; classes that are told of."""
LONGEST_READ = 4000
"""Characters of a question by whose words it falls into a class."""
_WORD = re.compile(r"[^\W\d_]{2,}|\d+")


class Failure(Model):
    """Something that the agent was asked, and did not do well."""

    message: str
    why: str
    of: str = Field(description="The run or the assessment that tells it.")
    expected: JsonValue = Field(default=None, description="The right answer, where it is known.")


class FailureClass(Model):
    """Failures on one subject."""

    words: list[str] = Field(description="The words that tell it from the others best.")
    failures: int
    known: int = Field(description="Those of which the right answer is known.")
    examples: list[str] = Field(description="Some of the questions.")
    unknown: list[str] = Field(description="Runs and assessments of which nobody has said what is right, 20 at most.")


async def gather(agent: Agent, runs: int, known: Mapping[str, JsonValue], ctx: Context) -> list[Failure]:
    """Each question once that failed: runs that ended in a fault of theirs, that were rated bad, assessments wrong.

    What is right is known from those who ask (`known`, by the question), or from the outcome of an assessment. What was
    asked after other turns, or about what was attached, is left out: the words alone are another question.
    """
    found: dict[str, Failure] = {}
    for run in await ctx.runs.list(where={"operation": "agents.run_agent"}, limit=runs):
        message, problem = run.input.get("message"), run.problem or {}
        if run.input.get("id") != agent.id or not isinstance(message, str) or message in found:
            continue
        why = ""
        if run.state == "failed" and problem.get("code") not in NOT_ITS_OWN:
            why = f"It failed: {problem.get('detail', '')}"
        rated = await ctx.store.select("feedback", where={"run_id": run.id}, limit=1)
        if rated and rated[0]["rating"] < 0:
            why = f"A person rated it bad. {rated[0]['comment']}".strip()
        if len(found) == MOST_FAILURES:
            break
        if why and _asked_alone(run):
            found[message] = Failure(message=message, why=why, of=run.id, expected=known.get(message))
    wrong = {"correct": 0, "model": f"{AGENT}{agent.name}"}
    for row in await ctx.store.select("assessments", where=wrong, limit=MOST_ASSESSED):
        detail: dict[str, Any] = json.loads(row["detail"])  # Any: JSON
        message = str(detail["question"])
        # What is kept of a long question is no question to be asked again.
        alone = message and "earlier" not in detail and not was_cut(message)
        if alone and message not in found and len(found) < MOST_FAILURES:
            right = known.get(message, detail.get("truth"))
            found[message] = Failure(message=message, why="It turned out wrong.", of=row["id"], expected=right)
    return sorted(found.values(), key=lambda one: one.of)


def _asked_alone(run: Run) -> bool:
    """Whether the message is all that was asked: else it is no question to be put to anybody by itself."""
    from nis_backend.capabilities.chat.operations import begun_by  # noqa: PLC0415 - loads with the first failure

    given = run.input
    turn = given.get("conversation_id") not in {None, begun_by(run.id)}
    return not (turn or given.get("earlier") or given.get("attachments"))


def classed(failures: Sequence[Failure]) -> list[list[Failure]]:
    """The failures on one subject together, the most that can be checked first.

    Each joins the class whose sum of vectors is the nearest by the cosine, or begins one: the leader algorithm
    (Hartigan 1975, Clustering Algorithms, chapter 3) on words weighed by how rare they are (Salton & Buckley 1988,
    Inf. Process. Manag. 24, 513-523). Numbers are one word.
    """
    classes: list[_Class] = []
    known = vectors(failures)
    for failure in failures:
        vector = known[failure.of]
        near = [one.cosine(vector) for one in classes]
        # Of classes that are as near the one that began first.
        at = max(range(len(near)), key=near.__getitem__, default=None)
        if at is None or near[at] < NEAR:
            classes.append(_Class())
            at = -1
        classes[at].add(failure, vector)
    found = [one.members for one in classes]
    return sorted(found, key=lambda one: (-sum(f.expected is not None for f in one), -len(one), one[0].of))


def described(members: Sequence[Failure], known: Mapping[str, Counter[str]]) -> FailureClass:
    """A class in words, by the `vectors` of all failures."""
    total = Counter[str]()
    for one in members:
        total.update(known[one.of])
    return FailureClass(
        words=[word for word, _ in sorted(total.items(), key=lambda one: (-one[1], one[0])) if word != "#"][:NAMED],
        failures=len(members),
        known=sum(one.expected is not None for one in members),
        examples=[one.message[:200] for one in members[:SHOWN]],
        unknown=[one.of for one in members if one.expected is None][:20],
    )


def vectors(failures: Sequence[Failure]) -> dict[str, Counter[str]]:
    """Each question's words with the weight 1 + ln(count) times ln(1 + texts / texts with it), by what tells of it."""
    texts = [one.message[:LONGEST_READ].lower() for one in failures]
    counted = [Counter("#" if word.isdigit() else word for word in _WORD.findall(text)) for text in texts]
    texts_with = Counter(word for one in counted for word in one)
    weighed: list[Counter[str]] = []
    for one in counted:
        vector = Counter[str]()
        for word, count in one.items():
            vector[word] = (1 + math.log(count)) * math.log1p(len(texts) / texts_with[word])  # pyright: ignore[reportArgumentType] - a counter of weights
        weighed.append(vector)
    return {one.of: vector for one, vector in zip(failures, weighed, strict=True)}


@dataclass(kw_only=True)
class _Class:
    """A class as it grows: the sum of its members' vectors, and that sum's length."""

    members: list[Failure] = field(default_factory=list[Failure])
    total: Counter[str] = field(default_factory=Counter[str])
    length: float = 0.0

    def add(self, failure: Failure, vector: Counter[str]) -> None:
        """Take one in."""
        self.members.append(failure)
        self.total.update(vector)
        self.length = math.hypot(*self.total.values())

    def cosine(self, vector: Mapping[str, float]) -> float:
        """Of the angle between the sum and a vector."""
        shared = sum(weight * self.total[word] for word, weight in vector.items() if word in self.total)
        return shared / (self.length * math.hypot(*vector.values())) if shared else 0.0
