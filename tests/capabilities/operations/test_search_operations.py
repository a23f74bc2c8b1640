"""Operations found by words: what matches, in which order, and for whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened

from nis_backend.caller import LOCAL, Caller
from nis_backend.capabilities.operations.operations import OperationMatches, SearchOperations, search_operations
from nis_backend.capabilities.operations.search import index_of
from nis_backend.catalog import Catalog

CATALOG = Catalog.from_index()
INDEX = index_of(tuple(CATALOG.entries()))


def search(folder: Path, caller: Caller = LOCAL, **given: object) -> OperationMatches:
    """What the operation answers to this caller."""
    folder.mkdir(exist_ok=True)

    async def ask() -> OperationMatches:
        async with opened(folder) as ctx:
            drivers = replace(ctx.drivers, operations=CATALOG)
            asker = replace(ctx, drivers=drivers, caller=caller)
            return await asker.call(search_operations, SearchOperations.model_validate(given))

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("period of a swinging pendulum", "physics.simulate_pendulum"),
        ("convert miles to kilometres", "physics.convert_unit"),
        ("stop a run", "runs.cancel_run"),
        ("physics.solve_heat", "physics.solve_heat"),
        ("projecti", "physics.simulate_projectile"),
        ("pendulem", "physics.simulate_pendulum"),
        ("fetch a weight", "weights.pull_weight"),
    ],
)
def test_what_is_looked_for_comes_first(query: str, wanted: str) -> None:
    """In words, by name, by the beginning of a word while it is typed, and misspelled."""
    assert INDEX.search(query)[0][1].name == wanted


@pytest.mark.parametrize("query", ["", "?!", "of the", "zzqx"])
def test_what_matches_nothing_finds_nothing(query: str) -> None:
    """No operation is shown for want of a better one."""
    assert INDEX.search(query) == []


def test_a_search_can_be_narrowed_and_is_bounded(tmp_path: Path) -> None:
    """By effect and family; best first, at most `limit`, each with its routes; the formula of the score is named."""
    found = search(tmp_path, query="stop a run", effect="writes", limit=2)
    assert found.operations[0].id == "runs.cancel_run"
    assert found.operations[0].routes == ["POST /runs/{id}/cancel"]
    assert len(found.operations) <= 2
    scores = [one.score for one in found.operations]
    assert scores == sorted(scores, reverse=True)
    assert "BM25" in found.formula
    of_models = search(tmp_path / "again", query="list get", family="models").operations
    assert {one.id.partition(".")[0] for one in of_models} == {"models"}


def test_only_what_the_caller_may_call_is_found(tmp_path: Path) -> None:
    """An operation that would be refused is no answer."""
    reader = Caller(owner="local", scopes=frozenset({"operations:read", "physics:read"}))
    found = search(tmp_path, reader, query="list run pendulum heat model", limit=50)
    families = {one.id.partition(".")[0] for one in found.operations}
    assert families == {"operations", "physics"}
