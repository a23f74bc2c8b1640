"""What an agent failed at, as the logs have it, and in which classes that falls."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue

from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.context import Context

NEAR = 0.3
"""The cosine from which a question falls into a class: below it, questions on one subject come apart; see docs."""
NAMED, SHOWN = 5, 3
"""Words that a class is told by; questions of it that are shown."""
NOT_ITS_OWN = frozenset({"unavailable", "budget_exceeded", "busy", "forbidden", "cancelled", "worker_lost"})
"""Codes of problems that say nothing of what the agent can do."""
MOST_ASSESSED = 2000
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

    What is right is known from those who ask (`known`, by the question), or from the outcome of an assessment.
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
        if why:
            found[message] = Failure(message=message, why=why, of=run.id, expected=known.get(message))
    for row in await ctx.store.select("assessments", where={"correct": 0}, limit=MOST_ASSESSED):
        detail: dict[str, Any] = json.loads(row["detail"])  # Any: JSON
        message = detail.get("question")
        if row["model"] in {f"agent:{agent.name}", f"agent:{agent.id}"} and message and message not in found:
            right = known.get(message, detail.get("truth"))
            found[message] = Failure(message=message, why="It turned out wrong.", of=row["id"], expected=right)
    return sorted(found.values(), key=lambda one: one.of)


def classed(failures: Sequence[Failure]) -> list[list[Failure]]:
    """The failures on one subject together, the most that can be checked first.

    Each joins the class whose sum of vectors is the nearest by the cosine, or begins one: the leader algorithm
    (Hartigan 1975, Clustering Algorithms, chapter 3) on words weighed by how rare they are (Salton & Buckley 1988,
    Inf. Process. Manag. 24, 513-523). Numbers are one word.
    """
    vectors = _vectors([one.message for one in failures])
    classes: list[tuple[Counter[str], list[Failure]]] = []
    for failure, vector in zip(failures, vectors, strict=True):
        nearest = max(classes, key=lambda one: _cosine(one[0], vector), default=None)
        if nearest is None or _cosine(nearest[0], vector) < NEAR:
            classes.append((Counter(vector), [failure]))
        else:
            nearest[0].update(vector)
            nearest[1].append(failure)
    found = [members for _, members in classes]
    return sorted(found, key=lambda one: (-sum(f.expected is not None for f in one), -len(one), one[0].of))


def described(members: Sequence[Failure], everything: Sequence[Failure]) -> FailureClass:
    """A class in words."""
    place = {one.of: vector for one, vector in zip(everything, _vectors([f.message for f in everything]), strict=True)}
    total = Counter[str]()
    for one in members:
        total.update(place[one.of])
    return FailureClass(
        words=[word for word, _ in sorted(total.items(), key=lambda one: (-one[1], one[0])) if word != "#"][:NAMED],
        failures=len(members),
        known=sum(one.expected is not None for one in members),
        examples=[one.message[:200] for one in members[:SHOWN]],
        unknown=[one.of for one in members if one.expected is None][:20],
    )


def _vectors(texts: Sequence[str]) -> list[Counter[str]]:
    """Each text's words with the weight 1 + ln(count) times ln(1 + texts / texts with it)."""
    counted = [Counter("#" if word.isdigit() else word for word in _WORD.findall(text.lower())) for text in texts]
    texts_with = Counter(word for one in counted for word in one)
    weighed: list[Counter[str]] = []
    for one in counted:
        vector = Counter[str]()
        for word, count in one.items():
            vector[word] = (1 + math.log(count)) * math.log1p(len(texts) / texts_with[word])  # pyright: ignore[reportArgumentType] - a counter of weights
        weighed.append(vector)
    return weighed


def _cosine(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    shared = sum(weight * first[word] for word, weight in second.items() if word in first)
    norms = math.hypot(*first.values()) * math.hypot(*second.values())
    return shared / norms if norms else 0.0
