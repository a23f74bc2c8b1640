"""Thinking along several paths as operations: sampled and voted, searched as a tree, debated, revised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.metacognition.multipath.checking import admit
from nis_backend.capabilities.metacognition.multipath.sampling import Paths, SamplePaths, draw_paths, sampled
from nis_backend.capabilities.metacognition.multipath.speaking import check_voices
from nis_backend.operation import Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


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
    examples=(
        Example(
            title="A sum, answered three times",
            request={"question": "What is 17 + 25?", "paths": 3, "max_tokens": 8},
        ),
    ),
)
async def sample_paths(request: SamplePaths, ctx: Context) -> Recorded[Paths]:
    """Answer a question several times and take what most paths say, or what passes a check outside the model.

    A vote helps where single answers are right more often than any one wrong answer is given, and makes errors surer
    where not; an operation, a schema or texts to be quoted decide better, where there is one. All paths are kept.

    Source: Wang et al. (2022), Self-consistency improves chain of thought reasoning, arXiv:2203.11171.
    """
    return await sampled(request, ctx)


OPERATIONS = (sample_paths,)
