"""The run of an assessment: the answer that most samples give, what is known of it, and the row that keeps it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Knob, Plain
from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.metacognition.assess.asking import sample, scored
from nis_backend.capabilities.metacognition.assess.assessment import (
    GENERAL,
    LONGEST_KEPT,
    AnswerClass,
    Assessment,
    Method,
    Task,
    kept,
    row_of,
)
from nis_backend.capabilities.metacognition.assess.calibration import confidence_in
from nis_backend.capabilities.metacognition.multipath.speaking import LONGEST, Question, Talk, Who
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.assess.asking import Sampled
    from nis_backend.capabilities.metacognition.multipath.speaking import Voice
    from nis_backend.context import Context
    from nis_backend.operation import Model

MOST_SAMPLES = 32
SPLIT = 0.1
"""A lead that chance alone gives as often as this is no lead to build on."""


class AssessAnswer(Question):
    """A question, and how it is found out how sure its answer is."""

    model: Who | None = Field(
        default=None, description="As provider:name, a route, or agent:NAME for an agent kept here; unset, the default."
    )
    earlier: list[Annotated[str, Plain, Field(min_length=1, max_length=LONGEST)]] = Field(
        default_factory=list[str],
        max_length=100,
        description="What was said before the question, oldest first: the asker's words, the model's, and so on.",
    )
    task: Task = Field(default=GENERAL, description="The kind of question: outcomes are held against others of it.")
    samples: int = Field(default=5, ge=1, le=MOST_SAMPLES, description="Times that it is answered, at most.")
    stops: Annotated[bool, Knob()] = Field(
        default=True, description="Whether no more are asked once no answer to come could take the leader's place."
    )
    answer: Extraction = Field(default_factory=Extraction, description="What of the words is the answer.")
    methods: list[Method] = Field(
        default_factory=lambda: ["vote"],
        min_length=1,
        max_length=5,
        description="vote, entropy: of the samples; likelihood: of their tokens; truth, verbal: what the model says, "
        "asked once more each, truth `samples` times where it tells no probabilities. Unset, vote. The first one's "
        "score is the one that is calibrated into a confidence.",
    )

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        if len(self.earlier) % 2:
            msg = "the last of `earlier` is the model's answer: give an even number of turns"
            raise ValueError(msg)
        if len(set(self.methods)) < len(self.methods):
            msg = "a method is named twice"
            raise ValueError(msg)
        return self


async def assess(request: AssessAnswer, ctx: Context) -> Assessment:
    """Carry out the run."""
    talk = Talk(ctx=ctx, how=request)
    (voice,) = await talk.voices([request.model])
    sampled = await sample(request, talk, voice)
    scores = await scored(request, talk, voice, sampled)
    votes, answer = sampled.votes, str(sampled.votes.leader)
    setting = setting_for(request, voice)
    method, score = scores[0].method, scores[0].value

    async def judge() -> list[float | str | None]:
        return [*await confidence_in(request.task, method, score, setting, ctx)]

    confidence, rests = await ctx.note("confidence", judge)
    found = Assessment(
        id=ctx.new_id("assessment"),
        task=request.task,
        question=kept(request.question),
        answer=answer,
        response=sampled.words(answer)[:LONGEST_KEPT],
        model=voice.name,
        method=method,
        score=score,
        confidence=confidence,
        confidence_from=rests,
        scores=scores,
        classes=[
            AnswerClass(answer=one, votes=count, share=count / len(sampled.said)) for one, count in votes.counts.items()
        ],
        samples=len(sampled.said),
        missing=votes.missing,
        spared=request.samples - len(sampled.said),
        entropy=votes.entropy(),
        near_split=votes.near_split,
        warnings=_warnings(request, sampled),
        extraction=request.answer,
        setting=setting,
        spent=talk.spent(),
        demonstration=talk.demonstration,
        run_id=ctx.run.run_id,
        correct=None,
        created=ctx.now(),
    )
    await ctx.store.insert("assessments", row_of(found, request.earlier))
    return found


def setting_for(request: AssessAnswer, voice: Voice) -> str:
    """What the scores depend on besides the question; a confidence holds for what was asked alike.

    An agent with other instructions is another one, and so is a model that is told something else.
    """
    how = [voice.name if voice.version is None else f"{voice.name} version {voice.version}"]
    how += [f"{request.samples} samples", "stops" if request.stops else "all", request.answer.kind]
    how += [] if request.temperature is None else [f"temperature {request.temperature}"]
    how += [] if request.answer.digits is None else [f"{request.answer.digits} digits"]
    # An agent has its own bound: of a model's words the last are missing where they are cut.
    how += [] if voice.info is None else [f"{request.max_tokens} tokens"]
    read = [*request.answer.choices, request.answer.path]
    how += [f"read {_digest(repr(read))}"] if any(read) else []
    how += [f"told {_digest(request.system)}"] if request.system else []
    return ", ".join(how)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _warnings(request: AssessAnswer, sampled: Sampled) -> list[str]:
    told: list[str] = []
    votes = sampled.votes
    lost = [one.problem for one in sampled.said if one.problem]
    if lost:
        told.append(f"{len(lost)} of {len(sampled.said)} samples were not answered: {lost[0]}")
    if votes.missing > len(lost):
        told.append(f"In {votes.missing - len(lost)} samples no {request.answer.kind} was found: no vote.")
    if votes.tied:
        told.append(f"The vote is a tie of {', '.join(map(repr, votes.tied))}: the first that was said is taken.")
    elif len(votes.counts) > 1 and votes.near_split > SPLIT:
        told.append(f"The vote is near-split: chance alone gives such a lead in {votes.near_split:.0%} of cases.")
    if request.temperature == 0 and request.samples > 1:
        told.append("At temperature 0 samples are alike by construction: that they agree says nothing.")
    return told


def draw(_request: Model, result: Assessment) -> list[View]:
    """The answer, what is known of it, and what else was said."""
    sure = "not calibrated" if result.confidence is None else f"{result.confidence:.0%}"
    said = [f"**{result.answer}**. Confidence: {sure}. {result.confidence_from}", *result.warnings]
    said.append(f"Its outcome is recorded under {result.id}.")
    scores: list[list[str | float]] = [
        [one.method, one.why if one.value is None else round(one.value, 4), one.formula] for one in result.scores
    ]
    classes: list[list[str | float]] = [[one.answer, one.votes, round(one.share, 3)] for one in result.classes]
    return [
        Text(text="\n\n".join(said)),
        Table(title="Scores", columns=["method", "score", "formula"], rows=scores),
        Table(title="Answers", columns=["answer", "votes", "share"], rows=classes),
    ]
