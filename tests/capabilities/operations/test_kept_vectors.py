"""Vectors of the catalog's own texts in the data folder: the second start has them, and nobody else's."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened

from nis_backend.capabilities.operations import kept_vectors
from nis_backend.capabilities.operations.kept_vectors import load, place, save
from nis_backend.capabilities.operations.meaning import cosines_with
from nis_backend.drivers.embeddings.base import Embedded, Embedders, EmbeddingModel
from nis_backend.drivers.gateway.direct import Direct

KEPT = {"one": array("f", [1.0, 0.5]), "größer": array("f", [0.25, -1.0])}


class Counting:
    """A model of one version that counts what it is asked."""

    provider = "embedded"

    def __init__(self, version: str | None) -> None:
        self.version = version
        self.texts: Counter[str] = Counter()

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """The one model."""
        return EmbeddingModel(provider=self.provider, name=name or "counting", version=self.version)

    async def embed(self, model: str, texts: Sequence[str], purpose: object = None) -> Embedded:
        """Two numbers that depend on the text."""
        assert model
        assert purpose is None
        self.texts.update(texts)
        return Embedded(vectors=[[len(text) / 100, 1.0] for text in texts], input_tokens=None)


def asked(folder: Path, version: str | None, *texts: str) -> set[str]:
    """What a process that was just started computes to compare these texts with a message."""
    driver = Counting(version)

    async def go() -> None:
        async with opened(folder) as ctx:
            fresh = replace(ctx.drivers, metered=lambda: Direct(embedders=Embedders([driver])), vectors={})
            found = await cosines_with(replace(ctx, drivers=fresh), "said", texts)
            assert isinstance(found, dict)
            assert found == pytest.approx({text: (4 * len(text)) / 10_000 + 1 for text in texts}, abs=1e-6)

    asyncio.run(go())
    return set(driver.texts) - {"said"}


def test_the_second_start_computes_nothing_that_the_first_has(tmp_path: Path) -> None:
    """Only texts that are new to it; another version of the model computes all."""
    assert asked(tmp_path, "sha256:a", "one", "two") == {"one", "two"}
    assert asked(tmp_path, "sha256:a", "one", "two") == set()
    assert asked(tmp_path, "sha256:a", "two", "three") == {"three"}
    assert asked(tmp_path, "sha256:a", "one", "three") == set()
    assert asked(tmp_path, "sha256:b", "two", "three") == {"two", "three"}
    assert asked(tmp_path, "sha256:b", "two", "three") == set()


def test_texts_of_earlier_releases_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would grow beyond its bound begins anew with what is asked for now."""
    monkeypatch.setattr(kept_vectors, "MOST_KEPT", 3)
    assert asked(tmp_path, "sha256:a", "one", "two") == {"one", "two"}
    assert asked(tmp_path, "sha256:a", "three", "four") == {"three", "four"}
    assert load(place(tmp_path), "sha256:a", ["one", "two", "three", "four"]).keys() == {"three", "four"}


def test_a_model_whose_version_nobody_states_keeps_nothing(tmp_path: Path) -> None:
    """Its name could stand for other numbers tomorrow."""
    assert asked(tmp_path, None, "one") == {"one"}
    assert asked(tmp_path, None, "one") == {"one"}


def test_what_is_kept_comes_back_to_the_bit(tmp_path: Path) -> None:
    """For the texts asked for, and no others."""
    save(place(tmp_path), "sha256:a", KEPT)
    assert load(place(tmp_path), "sha256:a", ["größer", "one", "two"]) == KEPT
    assert load(place(tmp_path), "sha256:b", ["one"]) == {}
    assert [path.name for path in place(tmp_path).parent.iterdir()] == [place(tmp_path).name]


def test_a_torn_file_is_none(tmp_path: Path) -> None:
    """Cut anywhere, or with a byte changed: the vectors are computed anew, never wrong."""
    file = place(tmp_path)
    save(file, "sha256:a", KEPT)
    whole = file.read_bytes()
    for end in range(0, len(whole), 3):
        file.write_bytes(whole[:end])
        assert load(file, "sha256:a", KEPT) == {}
    for at in range(0, len(whole), 2):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        assert load(file, "sha256:a", KEPT) in ({}, KEPT)


def test_a_folder_that_cannot_be_written_to_costs_time_and_no_answer(tmp_path: Path) -> None:
    """A file lies where the folder should be."""
    (tmp_path / "embedded").write_text("in the way")
    assert asked(tmp_path, "sha256:a", "one") == {"one"}
    assert asked(tmp_path, "sha256:a", "one") == {"one"}
