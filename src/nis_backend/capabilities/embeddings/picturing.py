"""Texts as points of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings import asked, drawing
from nis_backend.capabilities.embeddings.operations import for_worker, read_lists
from nis_backend.capabilities.embeddings.projection import (
    MOST_GROUPS,
    Place,
    Projection,
    ProjectionRequest,
    TextMap,
    VectorProjectionRequest,
)
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


@operation(
    "embeddings.project_texts",
    effect="reads",
    outward=True,
    view=drawing.draw_map,
    time_limit=300,
    examples=(
        Example(
            title="Six words of two kinds",
            request={
                "texts": ["apple", "pear", "cherry", "hammer", "saw", "drill"],
                "groups": ["fruit", "fruit", "fruit", "tool", "tool", "tool"],
            },
            question='Draw a map by meaning of "apple", "pear", "cherry", "hammer", "saw", "drill".',
            also=asked.MAP,
        ),
    ),
)
async def project_texts(request: ProjectionRequest, ctx: Context) -> TextMap:
    """Draw texts as points of a plane by what they mean, and say how much of it a plane can show.

    Principal components of their vectors: linear and without a random start, so the same texts always give the same
    picture. The share of variance along each axis is stated, and whether neighbours there are neighbours in full.

    Source: Pearson (1901), Phil. Mag. 2, 559-572; Venna & Kaski (2001), ICANN, LNCS 2130, 485-491.
    """
    groups = _groups(request)
    read = await read_lists(ctx, request.model, {"texts": request.texts})
    found = await ctx.call(project_vectors, VectorProjectionRequest(vectors=for_worker(read.vectors["texts"])))
    return TextMap(
        model=read.model,
        places=[
            Place(text=text, x=x, y=y, group=group)
            for text, (x, y), group in zip(request.texts, found.points, groups, strict=True)
        ],
        explained=found.explained,
        trust=found.trust,
        neighbours=found.neighbours,
        method=found.method,
        formula=found.formula,
        truncated=read.truncated,
    )


@operation(
    "embeddings.project_vectors",
    effect="reads",
    pool="science",
    examples=(
        Example(
            title="Five in space",
            request={"vectors": [[1, 0, 0.1], [0.9, 0.1, 0], [0, 1, 0], [0.1, 0.8, 0.1], [0, 0.2, 1]]},
        ),
    ),
)
def project_vectors(request: VectorProjectionRequest, ctx: Context) -> Projection:
    """Lay vectors out in a plane by their principal components, with the variance that each axis explains.

    Source: Pearson (1901), Phil. Mag. 2, 559-572; Venna & Kaski (2001), ICANN, LNCS 2130, 485-491.
    """
    from nis_backend.capabilities.embeddings.projecting import project  # noqa: PLC0415 - loads in the worker only

    return project(request)


def _groups(request: ProjectionRequest) -> list[str] | list[None]:
    if request.groups is None:
        return [None] * len(request.texts)
    if len(request.groups) != len(request.texts) or len(set(request.groups)) > MOST_GROUPS:
        raise InvalidRequest(
            f"groups has {len(request.groups)} entries, {len(set(request.groups))} different ones, for"
            f" {len(request.texts)} texts.",
            field="groups",
            remedy=f"Give one for each text, at most {MOST_GROUPS} different ones.",
        )
    return request.groups


OPERATIONS = (project_texts, project_vectors)
