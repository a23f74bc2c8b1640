"""Meaning as evidence: what it adds to words, what it takes away, and what holds without it."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.meaning import Meaning, cosines_with, meaning_of, nobodys
from nis_backend.capabilities.operations.operations import (
    RouteMessage,
    SearchOperations,
    route_message,
    search_operations,
)
from nis_backend.capabilities.operations.route import wanted_units
from nis_backend.capabilities.operations.router import open_to, pick
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.capabilities.operations.weighing import Pick
from nis_backend.capabilities.physics.operations import TextRequest, read_quantities
from nis_backend.catalog import Catalog
from nis_backend.context import Context
from nis_backend.drivers.embeddings.base import Embedded, Embedders, EmbeddingModel
from nis_backend.drivers.gateway.direct import Direct

CATALOG = Catalog.from_index()
ENTRIES = tuple(CATALOG.entries())
SIZE = 64


class Letters:
    """Vectors of a text's letters, of length 1: near for near spellings, and counted, so that a test sees the calls."""

    provider = "embedded"

    def __init__(self) -> None:
        self.texts: Counter[str] = Counter()

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """The one model."""
        return EmbeddingModel(provider=self.provider, name=name or "letters", dimensions=SIZE)

    async def embed(self, model: str, texts: Sequence[str], purpose: object = None) -> Embedded:
        """A count of each letter."""
        assert model
        assert purpose is None
        await asyncio.sleep(0)
        self.texts.update(texts)
        return Embedded(vectors=[self._vector(text) for text in texts], input_tokens=None)

    def _vector(self, text: str) -> list[float]:
        counts = [0.0] * SIZE
        for letter in text.lower():
            counts[ord(letter) % SIZE] += 1.0
        length = math.hypot(*counts)
        return [count / length for count in counts]


def over(folder: Path, driver: Letters | None, ask: Callable[[Context], Awaitable[None]]) -> None:
    """Run with the whole catalog, and with this model for vectors, or none."""

    async def go() -> None:
        async with opened(folder) as ctx:
            gateway = Direct(embedders=Embedders([driver] if driver else []))
            await ask(replace(ctx, drivers=replace(ctx.drivers, operations=CATALOG, metered=lambda: gateway)))

    asyncio.run(go())


def test_vectors_of_declarations_are_computed_once(tmp_path: Path) -> None:
    """A second message costs one vector, its own; the same text has the cosine 1."""
    driver = Letters()

    async def ask(ctx: Context) -> None:
        first = await meaning_of(ctx, "What is the speed of light?", ENTRIES)
        assert isinstance(first, Meaning)
        assert first.cosines["physics.get_constant"] == pytest.approx(1.0, abs=1e-6)
        known = driver.texts.total()
        await meaning_of(ctx, "hello", ENTRIES)
        assert driver.texts.total() == known + 1
        assert driver.texts[nobodys()[0]] == 1

    over(tmp_path, driver, ask)


def test_messages_that_come_first_together_compute_no_vector_twice(tmp_path: Path) -> None:
    """After a restart all runs go on at once: who computed all vectors for each would not be done in time."""
    driver = Letters()

    async def ask(ctx: Context) -> None:
        await asyncio.gather(*(meaning_of(ctx, f"Message {number}", ENTRIES) for number in range(12)))
        assert set(driver.texts.values()) == {1}

    over(tmp_path, driver, ask)


def test_without_a_model_routing_and_finding_say_so_and_go_on(tmp_path: Path) -> None:
    """Words and rules alone decide; what could not be had is named with its remedy."""

    async def ask(ctx: Context) -> None:
        assert "embedding model" in str(await cosines_with(ctx, "hello", ["hi"]))
        route = await ctx.call(route_message, RouteMessage(message="Which language models are there?"))
        assert (route.operation, route.ready) == ("models.list_models", True)
        assert "not compared" in str(route.unused)
        assert route.evidence is not None
        assert route.evidence.cosine is None
        found = await ctx.call(search_operations, SearchOperations(query="pendulum"))
        assert found.operations[0].id == "physics.simulate_pendulum"
        assert "not compared" in str(found.unused)

    over(tmp_path, None, ask)


def test_a_query_finds_by_meaning_what_its_words_do_not_say(tmp_path: Path) -> None:
    """A query that shares no word with an operation still has the nearest first, and the formula says how."""

    async def ask(ctx: Context) -> None:
        found = await ctx.call(search_operations, SearchOperations(query="zzqx swng pndlm", limit=3))
        assert len(found.operations) == 3
        assert "cosine" in found.formula
        assert found.unused is None

    over(tmp_path, Letters(), ask)


def test_a_quantity_and_its_unit_need_no_vectors(tmp_path: Path) -> None:
    """What is named exactly is not looked at twice; talk has no word of an operation."""
    driver = Letters()

    async def ask(ctx: Context) -> None:
        route = await ctx.call(route_message, RouteMessage(message="Thank you, see you soon!"))
        assert route.operation is None
        assert driver.texts.total() == 0

    over(tmp_path, driver, ask)


def test_a_message_is_compared_only_with_what_it_may_ask_for(tmp_path: Path) -> None:
    """The first one in a new data folder waits for some questions, not for the whole catalog's."""
    driver = Letters()

    async def ask(ctx: Context) -> None:
        message = "Show me the pendulum swing"
        route = await ctx.call(route_message, RouteMessage(message=message))
        assert route.unused is None
        about = {one for entry in ENTRIES if "pendulum" in entry.name for one in declared(entry).asked}
        assert driver.texts.keys() == {message, *nobodys(), *about}
        known = driver.texts.total()
        # It shares words with operations, and no nearness would make it a request for one.
        await ctx.call(route_message, RouteMessage(message="Explain what a language model is."))
        assert driver.texts.total() == known

    over(tmp_path, driver, ask)


def test_what_a_message_is_not_compared_with_changes_no_pick() -> None:
    """Whatever all cosines are: those of operations that a message is not open to decide nothing."""
    chance = random.Random(7)  # noqa: S311 - the same messages each time
    candidates = [entry for entry in ENTRIES if entry.routable]
    asked = [question for entry in candidates for question in declared(entry).asked]
    picked = 0
    for said in chance.sample(asked, 20):
        # Cut and mixed, so that rules come close to their limits.
        words = said.split() + chance.choice(asked).split()[: chance.randrange(4)]
        sentence = Sentence(" ".join(words))
        able = {entry.name for entry in open_to(sentence, ENTRIES)}
        for _ in range(3):
            cosines = {entry.name: chance.random() for entry in candidates}
            whole = Meaning(cosines=cosines, nobodys=chance.random())
            part = replace(whole, cosines={name: cosines[name] for name in able})
            found = pick(sentence, ENTRIES, whole)
            assert _said(found) == _said(pick(sentence, ENTRIES, part)), sentence.text
            picked += found is not None
    assert picked > 5


def _said(picked: Pick | None) -> tuple[str, float, float | None] | None:
    return picked and (picked.entry.name, picked.score, picked.cosine)


def test_what_is_near_needs_less_cover_and_what_is_far_is_not_picked() -> None:
    """The two things that meaning decides; words must still be shared, and rules still hold."""
    text = "A pendulum 2 m long let go at 30 degrees: kindly elaborate, if at all feasible, its whereabouts thereafter"
    found = read_quantities.function(TextRequest(text=text, units=wanted_units(ENTRIES)), None)
    odd, name = Sentence(text, found), "physics.simulate_pendulum"
    assert pick(odd, ENTRIES) is None
    near = pick(odd, ENTRIES, Meaning(cosines={name: 0.9}, nobodys=0.3))
    assert near is not None
    assert (near.entry.name, near.reading.arguments) == (name, {"length": 2.0, "angle": 30.0})
    name = "models.list_models"
    plain = Sentence("Which language models are there?")
    assert pick(plain, ENTRIES) is not None
    # Far from all that there are.
    assert pick(plain, ENTRIES, Meaning(cosines={one.name: 0.3 for one in ENTRIES}, nobodys=0.9)) is None
    denied = Sentence("Do not list the language models")
    assert pick(denied, ENTRIES, Meaning(cosines={name: 0.9}, nobodys=0.1)) is None
