"""Thinking along several paths as operations: sampled and voted, searched as a tree, debated, revised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.multipath.checking import admit
from nis_backend.capabilities.metacognition.multipath.debating import Debate, RunDebate, debated, draw_debate
from nis_backend.capabilities.metacognition.multipath.reflecting import (
    Reflected,
    ReflectOnAnswer,
    draw_reflection,
    reflected,
)
from nis_backend.capabilities.metacognition.multipath.sampling import Paths, SamplePaths, draw_paths, sampled
from nis_backend.capabilities.metacognition.multipath.searching import searched
from nis_backend.capabilities.metacognition.multipath.speaking import check_voices
from nis_backend.capabilities.metacognition.multipath.tree import SearchTree, Tree, draw_tree
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

SHORT = {"question": "What is 17 + 25?", "max_tokens": 8}


async def _prepare_paths(request: SamplePaths, ctx: Context) -> SamplePaths:
    await check_voices([request.model], ctx)
    await admit(request.check, ctx)
    return request


@operation(
    "metacognition.sample_paths",
    effect="writes",
    outward=True,
    view=draw_paths,
    prepare=_prepare_paths,
    examples=(Example(title="A sum, answered three times", request={**SHORT, "paths": 3}),),
)
async def sample_paths(request: SamplePaths, ctx: Context) -> Recorded[Paths]:
    """Answer a question several times and take what most paths say, or what passes a check outside the model.

    A vote helps where single answers are right more often than any one wrong answer is given, and makes errors surer
    where not; an operation, a schema or texts to be quoted decide better, where there is one. All paths are kept.

    Source: Wang et al. (2022), Self-consistency improves chain of thought reasoning, arXiv:2203.11171.
    """
    return await sampled(request, ctx)


async def _prepare_tree(request: SearchTree, ctx: Context) -> SearchTree:
    await check_voices([request.model], ctx)
    await admit(request.check, ctx)
    await admit(request.scorer, ctx, "scorer")
    return request


@operation(
    "metacognition.search_tree",
    effect="writes",
    outward=True,
    view=draw_tree,
    prepare=_prepare_tree,
    examples=(
        Example(title="Two steps, no more", request={**SHORT, "branches": 1, "beam": 1, "depth": 2, "done": "The"}),
    ),
)
async def search_tree(request: SearchTree, ctx: Context) -> Recorded[Tree]:
    """Search for an answer along a tree of steps: propose the next ones, score them, go on with the best.

    Worth its cost where early steps decide and can be scored, best by something outside the model; where single answers
    are as good, sample_paths costs less.

    Source: Yao et al. (2023), Tree of thoughts, arXiv:2305.10601: breadth-first, scored by value.
    """
    return await searched(request, ctx)


async def _prepare_debate(request: RunDebate, ctx: Context) -> RunDebate:
    if len(request.members) == 1:
        raise InvalidRequest(
            "One member has nobody to debate with.",
            field="members",
            value=request.members[0],
            remedy="Name two or more; the same one may be named more than once.",
        )
    await check_voices(request.members or [None], ctx, "members")
    return request


@operation(
    "metacognition.run_debate",
    effect="writes",
    outward=True,
    view=draw_debate,
    prepare=_prepare_debate,
    examples=(
        Example(
            title="A model with itself, one round",
            request={**SHORT, "rounds": 1},
        ),
    ),
)
async def run_debate(request: RunDebate, ctx: Context) -> Recorded[Debate]:
    """Have several models or agents debate a question, and show beside it what a vote at the same cost says.

    Source: Du et al. (2023), Improving factuality and reasoning through multiagent debate, arXiv:2305.14325. That it is
    no better than a vote of as many tokens in general: Smit et al. (2024), arXiv:2311.17371.
    """
    return await debated(request, ctx)


async def _prepare_reflection(request: ReflectOnAnswer, ctx: Context) -> ReflectOnAnswer:
    await check_voices([request.model], ctx)
    if request.judge is not None:
        await check_voices([request.judge], ctx, "judge")
    await admit(request.check, ctx)
    return request


@operation(
    "metacognition.reflect_on_answer",
    effect="writes",
    outward=True,
    view=draw_reflection,
    prepare=_prepare_reflection,
    examples=(
        Example(
            title="An answer that has to be a number",
            request={
                **SHORT,
                "first": "42",
                "answer": {"kind": "number"},
                "check": {"answer_schema": {"type": "integer", "minimum": 0}},
            },
        ),
    ),
)
async def reflect_on_answer(request: ReflectOnAnswer, ctx: Context) -> Recorded[Reflected]:
    """Revise an answer by what a check outside the model finds; without one, only what a blind comparison prefers.

    The original stands unless a revision passes the check, or a judge who does not know which is which prefers it in
    both orders: models do not mend their own reasoning by looking at it again.

    Source: Huang et al. (2023), Large language models cannot self-correct reasoning yet, arXiv:2310.01798.
    """
    return await reflected(request, ctx)


OPERATIONS = (sample_paths, search_tree, run_debate, reflect_on_answer)
