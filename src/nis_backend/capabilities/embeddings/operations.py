"""Embeddings as operations. Vectors come from a driver; cosines are taken here, clusters in the pool `science`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings import views
from nis_backend.capabilities.embeddings.closeness import (
    COSINE,
    Comparison,
    ComparisonRequest,
    Matches,
    SearchRequest,
    best_matches,
    closest_pairs,
    cosines,
)
from nis_backend.capabilities.embeddings.clusters import (
    Cluster,
    ClusterRequest,
    Clusters,
    Grouping,
    VectorsRequest,
)
from nis_backend.capabilities.embeddings.texts import EmbeddingRequest, Embeddings, Read
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

MOST_NUMBERS = 1_400_000
"""Numbers of one message to a worker: eleven characters each, and 16 MiB in all."""

__all__ = [
    "OPERATIONS",
    "EmbeddingRequest",
    "Embeddings",
    "cluster_texts",
    "cluster_vectors",
    "compare_texts",
    "embed_apart",
    "embed_texts",
    "for_worker",
    "read_lists",
    "search_texts",
]


@operation(
    "embeddings.embed_texts",
    effect="reads",
    outward=True,
    view=views.draw_vectors,
    time_limit=300,
    examples=(Example(title="Two sentences", request={"texts": ["A cat sleeps on the sofa.", "Rates rose again."]}),),
)
async def embed_texts(request: EmbeddingRequest, ctx: Context) -> Embeddings:
    """Turn texts into vectors of length 1, whose dot product says how close the texts are in meaning.

    Raises:
        Unavailable: the model's package, weights or server are missing.
        InvalidRequest: a text has nothing in it that the model reads.
    """
    driver, model = await ctx.embedders.choose(request.model)
    embedded = await driver.embed(model.name, request.texts, request.purpose)
    return Embeddings(
        model=model.id,
        version=embedded.version or model.version,
        dimensions=len(embedded.vectors[0]),
        vectors=embedded.vectors,
        input_tokens=embedded.input_tokens,
        max_tokens=model.max_tokens,
        truncated=list(embedded.truncated),
    )


@operation(
    "embeddings.compare_texts",
    effect="reads",
    outward=True,
    view=views.draw_comparison,
    time_limit=300,
    examples=(
        Example(
            title="Three sentences with each other",
            request={"texts": ["A cat sleeps on the sofa.", "The kitten naps on a couch.", "Rates rose again."]},
            question='How similar are "A cat sleeps on the sofa." and "The kitten naps on a couch."?',
            also=(
                "Compare two texts: how close are they in meaning?",
                "What is the semantic similarity of these sentences?",
                "Do the texts mean the same?",
                "Do these two phrases or sentences say the same thing, are they synonymous, paraphrases, alike?",
                "How near, related, alike or different are these statements or lines by meaning? Rate or score them.",
                "Calculate the cosine, the semantic distance, closeness or resemblance between the following.",
                "Which of these are closest, most alike?",
                "How much do they resemble each other?",
                "Check whether two wordings, titles, headlines or messages match in meaning.",
            ),
        ),
        Example(
            title="A question with two answers",
            request={
                "texts": ["How do I get my money back?"],
                "others": ["Refunds take five days.", "The shop opens at nine."],
            },
        ),
    ),
)
async def compare_texts(request: ComparisonRequest, ctx: Context) -> Comparison:
    """Say how close texts are in meaning: a matrix of cosines of their vectors, and the closest pairs."""
    lists = {"texts": request.texts} | ({"others": request.others} if request.others else {})
    read = await read_lists(ctx, request.model, lists)
    rows = read.vectors["texts"]
    matrix = await asyncio.to_thread(cosines, rows, read.vectors.get("others", rows))
    return Comparison(
        model=read.model,
        formula=COSINE,
        matrix=matrix,
        closest=closest_pairs(matrix, among_themselves=request.others is None),
        truncated=read.truncated,
    )


@operation(
    "embeddings.search_texts",
    effect="reads",
    essential=True,
    outward=True,
    view=views.draw_matches,
    time_limit=300,
    examples=(
        Example(
            title="A question to a few notes",
            request={
                "query": "how long does a refund take",
                "texts": ["We open at nine.", "Money is paid back within five days.", "Parking is behind the house."],
                "limit": 2,
            },
        ),
    ),
)
async def search_texts(request: SearchRequest, ctx: Context) -> Matches:
    """Find those of the given texts that are closest in meaning to a query, by the cosine of their vectors."""
    read = await read_lists(ctx, request.model, {"query": [request.query], "texts": request.texts}, apart=True)
    (query,) = read.vectors["query"]
    matches = await asyncio.to_thread(best_matches, query, read.vectors["texts"], request.texts, request.limit)
    return Matches(model=read.model, formula=COSINE, matches=matches, truncated=read.truncated)


@operation(
    "embeddings.cluster_texts",
    effect="reads",
    outward=True,
    view=views.draw_clusters,
    time_limit=300,
    examples=(
        Example(
            title="Notes about three things",
            request={
                "texts": [
                    "The goalkeeper saved a penalty.",
                    "Our striker scored twice.",
                    "The match ended in a draw.",
                    "Bake the bread for forty minutes.",
                    "Knead the dough until it is smooth.",
                    "Let the sourdough rise overnight.",
                    "The central bank raised interest rates.",
                    "Inflation fell to two percent.",
                    "Bond yields climbed on Tuesday.",
                ]
            },
        ),
    ),
)
async def cluster_texts(request: ClusterRequest, ctx: Context) -> Clusters:
    """Group texts by what they are about, and say how well the groups are apart.

    Ward's minimum variance linkage of the vectors, cut into the clusters wanted, or into as many as have the greatest
    mean silhouette. Nothing is random.

    Source: Ward (1963), J. Am. Stat. Assoc. 58, 236-244; Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65.
    """
    read = await read_lists(ctx, request.model, {"texts": request.texts})
    vectors = for_worker(read.vectors["texts"])
    found = await ctx.call(cluster_vectors, VectorsRequest(vectors=vectors, clusters=request.clusters))
    members = [
        [index for index, label in enumerate(found.labels) if label == number] for number in range(len(found.typical))
    ]
    return Clusters(
        model=read.model,
        method=found.method,
        clusters=[
            Cluster(size=len(places), typical=typical, typical_text=request.texts[typical], members=places)
            for places, typical in zip(members, found.typical, strict=True)
        ],
        labels=found.labels,
        silhouette=found.silhouette,
        formula=found.formula,
        trials=found.trials,
        truncated=read.truncated,
    )


@operation(
    "embeddings.cluster_vectors",
    effect="reads",
    pool="science",
    examples=(
        Example(
            title="Two directions",
            request={"vectors": [[1, 0, 0.1], [0.9, 0.1, 0], [0, 1, 0], [0.1, 0.8, 0.1]], "clusters": 2},
        ),
    ),
)
def cluster_vectors(request: VectorsRequest, ctx: Context) -> Grouping:
    """Group vectors by direction, and say how well the groups are apart.

    Ward's minimum variance linkage of the vectors at length 1, cut into the clusters wanted, or into as many as have
    the greatest mean silhouette. Nothing is random. Time grows with the square of their number: 500 take 0.1 s.

    Source: Ward (1963), J. Am. Stat. Assoc. 58, 236-244; Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65.
    """
    from nis_backend.capabilities.embeddings.clustering import group  # noqa: PLC0415 - loads in the worker only

    return group(request)


async def embed_apart(ctx: Context, model: str | None, query: str, texts: Sequence[str]) -> Embeddings:
    """The vectors of a query and, behind it, of the texts that are looked through: each as its model wants it read.

    Raises:
        InvalidRequest: the model reads nothing in one; the query is `texts.0`.
    """
    if not (await ctx.embedders.choose(model))[1].asymmetric:
        return await ctx.call(embed_texts, EmbeddingRequest(texts=[query, *texts], model=model))
    asked = await ctx.call(embed_texts, EmbeddingRequest(texts=[query], model=model, purpose="query"))
    try:
        read = await ctx.call(embed_texts, EmbeddingRequest(texts=[*texts], model=model, purpose="passage"))
    except InvalidRequest as error:
        index = (error.field or "").removeprefix("texts.")
        if not index.isdigit():
            raise
        raise _renamed(error, f"texts.{int(index) + 1}") from None
    counts = asked.input_tokens, read.input_tokens
    return read.model_copy(
        update={
            "vectors": [*asked.vectors, *read.vectors],
            "input_tokens": None if None in counts else sum(filter(None, counts)),
            "truncated": [*asked.truncated, *(index + 1 for index in read.truncated)],
        }
    )


async def read_lists(ctx: Context, model: str | None, lists: dict[str, list[str]], *, apart: bool = False) -> Read:
    """Each list's vectors, asked for at once; what is said of one text names it by its own field.

    Apart, the first text of all is a query, and the others are what is looked through.
    """
    places = [_place(name, index, len(texts)) for name, texts in lists.items() for index in range(len(texts))]
    try:
        together = [text for texts in lists.values() for text in texts]
        if apart:
            embedded = await embed_apart(ctx, model, together[0], together[1:])
        else:
            embedded = await ctx.call(embed_texts, EmbeddingRequest(texts=together, model=model))
    except InvalidRequest as error:
        field, _, index = (error.field or "").partition(".")
        if field == "texts" and index.isdigit():
            raise _renamed(error, places[int(index)]) from None
        raise
    vectors: dict[str, list[list[float]]] = {}
    at = 0
    for name, texts in lists.items():
        vectors[name] = embedded.vectors[at : at + len(texts)]
        at += len(texts)
    return Read(model=embedded.model, vectors=vectors, truncated=[places[index] for index in embedded.truncated])


def for_worker(vectors: list[list[float]]) -> list[list[float]]:
    """The texts' vectors, where a worker can be handed them all.

    Raises:
        InvalidRequest: they are more numbers than one message to it holds.
    """
    numbers = len(vectors[0])
    if len(vectors) * numbers > MOST_NUMBERS:
        raise InvalidRequest(
            f"{len(vectors)} vectors of {numbers} numbers are more than {MOST_NUMBERS} numbers.",
            field="texts",
            value=len(vectors),
            remedy=f"Send at most {MOST_NUMBERS // numbers} texts at once, or choose a model of fewer dimensions.",
        )
    return vectors


def _renamed(error: InvalidRequest, place: str) -> InvalidRequest:
    """The same of a text, by the field it came in."""
    message = error.message.replace(error.field or "", place, 1)
    return InvalidRequest(message, field=place, value=error.value, remedy=error.remedy)


def _place(name: str, index: int, count: int) -> str:
    return name if name == "query" and count == 1 else f"{name}.{index}"


OPERATIONS = (embed_texts, compare_texts, search_texts, cluster_texts, cluster_vectors)
