"""Texts sorted by their vectors: the nearest of each, what says the same, what does not belong, what goes where."""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING

from nis_backend.capabilities.embeddings import asked, drawing
from nis_backend.capabilities.embeddings.labels import (
    SCORE,
    Labels,
    LabelsRequest,
    directions,
    labelled,
    words_of,
)
from nis_backend.capabilities.embeddings.nearest import (
    Deduplicated,
    Duplicate,
    DuplicatesRequest,
    Neighbours,
    VectorDuplicates,
    VectorDuplicatesRequest,
    VectorSearch,
)
from nis_backend.capabilities.embeddings.operations import for_worker, read_lists
from nis_backend.capabilities.embeddings.outliers import (
    MOST_UNUSUAL,
    OUTLIER,
    Outliers,
    OutliersRequest,
    Unusual,
    deviations,
    held_against,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


@operation(
    "embeddings.search_vectors",
    effect="reads",
    pool="science",
    examples=(
        Example(
            title="The nearest of three",
            request={"vectors": [[1, 0, 0.1], [0, 1, 0], [0.9, 0.2, 0]], "queries": [[1, 0.1, 0]], "limit": 2},
        ),
        Example(title="Each one's nearest other", request={"vectors": [[1, 0], [0, 1], [0.8, 0.3]], "limit": 1}),
    ),
)
def search_vectors(request: VectorSearch, ctx: Context) -> Neighbours:
    """Find the nearest of vectors that are given, by cosine: of each query, or of each of them among the others.

    Exact: every pair is looked at. Time grows with vectors times queries: 2,048 by 2,048 of 384 numbers take 1 s.
    """
    from nis_backend.capabilities.embeddings.finding import neighbours  # noqa: PLC0415 - loads in the worker only

    return neighbours(request)


@operation(
    "embeddings.deduplicate_texts",
    effect="reads",
    outward=True,
    view=drawing.draw_duplicates,
    time_limit=300,
    examples=(
        Example(
            title="Three tickets, two of which say the same",
            request={
                "texts": [
                    "How can I reset my password?",
                    "How do I reset my password?",
                    "The app crashes when I open the camera.",
                ],
                "threshold": 0.9,
            },
            question='Remove the duplicates: "How can I reset my password?", "How do I reset my password?", "The app '
            'crashes when I open the camera.", threshold 0.9',
            also=asked.DUPLICATES,
        ),
    ),
)
async def deduplicate_texts(request: DuplicatesRequest, ctx: Context) -> Deduplicated:
    """Find which of the given texts say the same as an earlier one, and keep one of each, by the cosine of vectors.

    In the order given, each text that reaches the threshold with a kept one is its duplicate, so nothing is merged
    through a chain of texts between. What is the same to the letter has cosine 1.
    """
    read = await read_lists(ctx, request.model, {"texts": request.texts})
    found = await ctx.call(
        deduplicate_vectors,
        VectorDuplicatesRequest(vectors=for_worker(read.vectors["texts"]), threshold=request.threshold),
    )
    return Deduplicated(
        model=read.model,
        kept=found.kept,
        texts=[request.texts[index] for index in found.kept],
        duplicates=[
            Duplicate(index=index, text=request.texts[index], of=of, similarity=similarity)
            for index, (of, similarity) in enumerate(zip(found.of, found.similarities, strict=True))
            if of is not None and similarity is not None
        ],
        threshold=request.threshold,
        formula=found.formula,
        truncated=read.truncated,
    )


@operation(
    "embeddings.deduplicate_vectors",
    effect="reads",
    pool="science",
    examples=(
        Example(title="Two of one direction", request={"vectors": [[1, 0], [0, 1], [2, 0.1]], "threshold": 0.95}),
    ),
)
def deduplicate_vectors(request: VectorDuplicatesRequest, ctx: Context) -> VectorDuplicates:
    """Find which of the given vectors point where an earlier one does, and keep one of each direction.

    In the order given, each that reaches the threshold with a kept one is its duplicate: no two kept ones reach it.
    """
    from nis_backend.capabilities.embeddings.finding import duplicates  # noqa: PLC0415 - as above

    return duplicates(request)


@operation(
    "embeddings.find_outliers",
    effect="reads",
    outward=True,
    view=drawing.draw_outliers,
    time_limit=300,
    examples=(
        Example(
            title="Six of one topic and one of another",
            request={
                "texts": [
                    "The goalkeeper saved a penalty.",
                    "Our striker scored twice.",
                    "The match ended in a draw.",
                    "The referee showed a red card.",
                    "The team won the cup final.",
                    "The coach praised the defenders.",
                    "Knead the dough until it is smooth.",
                ]
            },
            question='Which is the odd one out: "The goalkeeper saved a penalty.", "Our striker scored twice.", "The '
            'match ended in a draw.", "The referee showed a red card.", "Knead the dough until it is smooth."?',
            also=asked.OUTLIERS,
        ),
    ),
)
async def find_outliers(request: OutliersRequest, ctx: Context) -> Outliers:
    """Find the outliers among texts that are given: those out of place, by how far their nearest neighbours are.

    The score is the mean cosine distance to the nearest others; an outlier's is more robust standard deviations above
    the median than the threshold. Strangers who are near each other are seen when they are at most as many as
    `neighbours`; below ten texts a median says little, so look at the order as well.

    Source: Angiulli & Pizzuti (2002), PKDD, LNCS 2431, 15-27; Iglewicz & Hoaglin (1993), How to Detect and Handle
    Outliers, ASQC Quality Press.
    """
    read = await read_lists(ctx, request.model, {"texts": request.texts})
    count = held_against(request)
    near = await ctx.call(search_vectors, VectorSearch(vectors=for_worker(read.vectors["texts"]), limit=count))
    scores = [round(1 - sum(one.similarity for one in some) / count, 6) for some in near.neighbours]
    away = deviations(scores)
    order = sorted(range(len(scores)), key=lambda index: (-scores[index], index))
    far = {index for index, deviation in enumerate(away) if deviation is not None and deviation > request.threshold}
    return Outliers(
        model=read.model,
        outliers=[index for index in order if index in far],
        unusual=[
            Unusual(
                index=index,
                text=request.texts[index],
                score=scores[index],
                deviation=away[index],
                outlier=index in far,
            )
            for index in order[:MOST_UNUSUAL]
        ],
        neighbours=count,
        median=round(statistics.median(scores), 6),
        threshold=request.threshold,
        formula=OUTLIER,
        truncated=read.truncated,
    )


@operation(
    "embeddings.classify_texts",
    effect="reads",
    outward=True,
    view=drawing.draw_labels,
    time_limit=300,
    examples=(
        Example(
            title="Two messages under three labels",
            request={
                "texts": ["I want my money back.", "Where is my parcel?"],
                "labels": ["refund", "delivery", "praise"],
            },
            question='Classify the texts "I want my money back." and "Where is my parcel?" under labels of mine.',
            also=asked.LABELS,
        ),
        Example(
            title="With examples, and no label where two are near",
            request={
                "texts": ["The bread did not rise.", "Who won the match?", "Hm."],
                "labels": ["baking", "football"],
                "examples": {"baking": ["Knead the dough."], "football": ["He scored a goal."]},
                "template": "This is about {}.",
                "least_margin": 0.1,
            },
        ),
    ),
)
async def classify_texts(request: LabelsRequest, ctx: Context) -> Labels:
    """Sort texts under labels without training, by the cosine of a text's vector and each label's.

    A label is what its words mean, in a sentence of your own when you give a template, and the mean with examples of
    it where you give some. The margin to the second label says how clear it was; neither number is a probability.
    """
    lists = words_of(request)
    read = await read_lists(ctx, request.model, {"texts": request.texts, **lists})
    labels = directions(request.labels, read.vectors)
    found = await asyncio.to_thread(labelled, request, read.vectors["texts"], labels)
    return Labels(model=read.model, formula=SCORE, labels=request.labels, texts=found, truncated=read.truncated)


OPERATIONS = (search_vectors, deduplicate_texts, deduplicate_vectors, find_outliers, classify_texts)
