"""What the results look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.view import CELL, Axis, Series, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.embeddings.closeness import Comparison, ComparisonRequest, Matches, SearchRequest
    from nis_backend.capabilities.embeddings.clusters import ClusterRequest, Clusters
    from nis_backend.capabilities.embeddings.known import EmbeddingModels, ListModels
    from nis_backend.capabilities.embeddings.texts import EmbeddingRequest, Embeddings
    from nis_backend.view import View

MOST_ROWS, MOST_COLUMNS, LABEL = 50, 12, 24
"""Rows and columns of a drawn table; characters of a column's name."""


def draw_vectors(request: EmbeddingRequest, result: Embeddings) -> list[View]:
    """How many there are, and how they begin."""
    rows: list[list[str | float]] = [
        [shorten(text, CELL), *vector[:4]]
        for text, vector in zip(request.texts[:MOST_ROWS], result.vectors, strict=False)
    ]
    many = "1 vector" if len(result.vectors) == 1 else f"{len(result.vectors)} vectors"
    words = f"{many} of {result.dimensions} numbers, by {result.model}."
    return [
        Text(text=words + said_of_cut([f"texts.{index}" for index in result.truncated])),
        Table(title="How each vector begins", columns=["text", "1", "2", "3", "4"], rows=rows),
    ]


def draw_comparison(request: ComparisonRequest, result: Comparison) -> list[View]:
    """The closest pairs in words, and the matrix."""
    others = request.texts if request.others is None else request.others
    pairs: list[list[str | float]] = [
        [round(pair.similarity, 3), shorten(request.texts[pair.text], CELL), shorten(others[pair.other], CELL)]
        for pair in result.closest
    ]
    rows: list[list[str | float]] = [
        [shorten(text, CELL), *(round(value, 3) for value in values[:MOST_COLUMNS])]
        for text, values in zip(request.texts[:MOST_ROWS], result.matrix, strict=False)
    ]
    first = (
        f"Closest, at {pairs[0][0]}: “{pairs[0][1]}” and “{pairs[0][2]}”." if pairs else "There is nothing to compare."
    )
    return [
        Text(text=first + said_of_cut(result.truncated)),
        Table(title="Closest pairs", columns=["similarity", "text", "other"], rows=pairs),
        Table(
            title="Each with each",
            columns=["", *(shorten(text, LABEL) for text in others[:MOST_COLUMNS])],
            rows=rows,
        ),
        Text(text=f"Similarity: {result.formula}."),
    ]


def draw_matches(request: SearchRequest, result: Matches) -> list[View]:
    """The matches with their scores."""
    rows: list[list[str | float]] = [
        [round(match.score, 3), match.index, shorten(match.text, CELL)] for match in result.matches
    ]
    best = f"Closest of {len(request.texts)}: {shorten(result.matches[0].text, CELL)}"
    return [
        Text(text=best + said_of_cut(result.truncated)),
        Table(title="Matches", columns=["score", "place", "text"], rows=rows),
        Text(text=f"Score: {result.formula}."),
    ]


def draw_clusters(request: ClusterRequest, result: Clusters) -> list[View]:
    """The clusters with their most typical texts, every text's place, and how good each number of clusters was."""
    rows: list[list[str | float]] = [
        [number, one.size, shorten(one.typical_text, CELL)] for number, one in enumerate(result.clusters)
    ]
    texts: list[list[str | float]] = [
        [number, shorten(request.texts[index], CELL)]
        for number, one in enumerate(result.clusters)
        for index in one.members
    ]
    many = "1 cluster" if len(rows) == 1 else f"{len(rows)} clusters"
    quality = "" if result.silhouette is None else f", silhouette {result.silhouette:.2f}"
    views: list[View] = [
        Text(text=f"{len(request.texts)} texts in {many}{quality}.{said_of_cut(result.truncated)}"),
        Table(title="Clusters", columns=["cluster", "texts", "most typical"], rows=rows),
        Table(title="Every text", columns=["cluster", "text"], rows=texts[:MOST_ROWS]),
    ]
    if len(result.trials) > 1:
        views.append(
            Series(
                title="How good each number of clusters is",
                x=Axis(label="clusters", values=[float(one.clusters) for one in result.trials]),
                lines=[Axis(label="silhouette", values=[one.silhouette for one in result.trials])],
            )
        )
    return [*views, Text(text=f"Method: {result.method}. Silhouette: {result.formula}.")]


def draw_models(request: ListModels, result: EmbeddingModels) -> list[View]:
    """The default in words, and a row for each."""
    ready = sum(one.ready for one in result.models)
    first = f"{result.default} answers when no model is named." if result.default else "No model is ready."
    rows: list[list[str | float]] = [
        [one.id, one.dimensions or "", one.max_tokens or "", one.problem or (one.version or "")[:19]]
        for one in result.models
    ]
    others = f" Models of {', '.join(result.servers)} can be named as well." if result.servers else ""
    return [
        Text(text=f"{ready} of {len(result.models)} embedding models on this machine can be asked. {first}{others}"),
        Table(title="Models of vectors", columns=["model", "dimensions", "tokens read", "version"], rows=rows),
    ]


def said_of_cut(places: Sequence[str]) -> str:
    """What is said of texts that were longer than the model reads; nothing where there are none."""
    if not places:
        return ""
    some = ", ".join(places[:5]) + (", …" if len(places) > 5 else "")  # noqa: PLR2004 - enough to find the others
    return f" Longer than the model reads, so only the beginning counted: {some}."
