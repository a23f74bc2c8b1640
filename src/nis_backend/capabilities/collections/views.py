"""What the results look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.view import CELL, Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.capabilities.collections.items import ItemList, ListItems
    from nis_backend.capabilities.collections.operations import CollectionList, ListCollections
    from nis_backend.capabilities.collections.reembedding import Reembedded, ReembedItems
    from nis_backend.capabilities.collections.searching import Hits, SearchCollection
    from nis_backend.capabilities.collections.transferring import Exported, ExportItems, Imported, ImportItems


def draw_collections(_request: ListCollections, result: CollectionList) -> list[View]:
    """A row for each."""
    rows: list[list[str | float]] = [
        [one.name, one.items, one.kind, one.model or "words alone", one.id, moment(one.updated)]
        for one in result.collections
    ]
    return [Table(title="Collections", columns=["name", "items", "kind", "model", "id", "changed (UTC)"], rows=rows)]


def draw_items(_request: ListItems, result: ItemList) -> list[View]:
    """A row for each."""
    rows: list[list[str | float]] = [
        [one.id, shorten(one.text, CELL), ", ".join(f"{name}={value}" for name, value in one.metadata.items())]
        for one in result.items
    ]
    return [Table(title="Items", columns=["id", "text", "metadata"], rows=rows)]


def draw_hits(request: SearchCollection, result: Hits) -> list[View]:
    """The best in words, and why each was found."""
    rows: list[list[str | float]] = [
        [
            round(one.score, 4),
            one.id,
            shorten(one.text, CELL),
            "" if one.words_rank is None else one.words_rank,
            "" if one.similarity is None else round(one.similarity, 3),
        ]
        for one in result.hits
    ]
    if not result.hits:
        return [Text(text=" ".join([f"Nothing was found for “{shorten(request.query, CELL)}”.", *result.notes]))]
    return [
        Text(text=" ".join([f"Best of {len(rows)}: {result.hits[0].text}", *result.notes])),
        Table(title="Hits", columns=["score", "id", "text", "by words", "similarity"], rows=rows),
        Text(text=f"Score: {result.formula}."),
    ]


def draw_reembedded(_request: ReembedItems, result: Reembedded) -> list[View]:
    """In a sentence."""
    before = f" {result.before} served before." if result.before else " It had no vectors before."
    return [Text(text=f"{result.items} texts are searched by {result.model} now.{before}")]


def draw_exported(_request: ExportItems, result: Exported) -> list[View]:
    """In a sentence."""
    by = f", with vectors by {result.model}" if result.model else ""
    return [
        Text(text=f"{result.items} items are in {result.file.name} ({result.file.size} bytes){by}: {result.file.id}")
    ]


def draw_imported(_request: ImportItems, result: Imported) -> list[View]:
    """What has become of the lines, and which are no items."""
    said = f"{result.lines} lines: {result.added} added, {result.replaced} replaced, {result.unchanged} unchanged"
    said += f", {result.bad} that are no item." if result.bad else "."
    rows: list[list[str | float]] = [[one.line, one.reason] for one in result.bad_lines]
    return [Text(text=said), *([Table(title="No items", columns=["line", "why"], rows=rows)] if rows else [])]
