"""A question about a picture is answered from what the operations find in it, by the kind of model there is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from opened import opened
from photographs import photograph
from texts import Prepared

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.capabilities.vision import asking
from nis_backend.capabilities.vision.asking import PictureAnswer, ask_about_image
from nis_backend.catalog import Catalog
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.settings import read_settings

LIMIT = 120.0


@pytest.fixture(autouse=True)
def _three_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classifier, a detector and a cascade are enough here."""
    monkeypatch.setattr(asking, "LOOKING", asking.LOOKING[:3])


class Informed(Prepared):
    """A model of which it is said what it takes."""

    def __init__(self, *answers: object, **info: Any) -> None:
        super().__init__(*answers)
        self._info = info

    async def models(self) -> list[ModelInfo]:
        """One."""
        return [replace(one, **self._info) for one in await super().models()]


@asynccontextmanager
async def looking(folder: Path, *models: Prepared, weights: str = "") -> AsyncGenerator[Context]:
    """A call's context with the vision pool's workers."""
    options = {"weights": weights or str(read_settings(os.environ).weights)}
    entry = "nis_backend.drivers.compute.operations:perform_operations"
    compute = WorkerPools([Pool(name="vision", kind="exclusive", entry=entry, options=options)])
    try:
        async with opened(folder, *models) as ctx:
            yield replace(
                ctx, journal=None, drivers=replace(ctx.drivers, compute=compute, operations=Catalog.from_index())
            )
    finally:
        await compute.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    """A test's body, within the limit."""

    async def go() -> None:
        async with asyncio.timeout(LIMIT):
            await test()

    asyncio.run(go())


def picture(name: str) -> Blob:
    """A photograph, as a request brings it."""
    return Blob.of(cv2.imencode(".jpg", photograph(name)[..., ::-1])[1].tobytes(), media_type="image/jpeg")


async def ask(ctx: Context, question: str = "What is on the table?", **request: Any) -> PictureAnswer:
    """Ask about the cup."""
    return await call(ask_about_image, {"image": picture("coffee"), "question": question, **request}, ctx)


def test_a_model_answers_as_far_as_it_can(tmp_path: Path) -> None:
    """Promise: one that sees is shown the picture; one that reads must quote; one not to be relied on is not asked."""

    async def test() -> None:
        quoted = {"quotes": [{"text": 0, "words": "espresso"}], "found": True, "answer": "An espresso."}
        unborne = {"quotes": [{"text": 0, "words": "green tea"}], "found": True, "answer": "Green tea."}
        seer = Informed("A cup of espresso.", vision=True)
        reader = Informed(quoted, unborne, vision=False)
        small = Informed("Something made up.", vision=True, demonstration=True)
        refuser = Informed(InvalidRequest("no pictures", field="message"), quoted, vision=None, tools=True)
        for place, model in enumerate((seer, reader, small, refuser)):
            model.provider = f"prepared{place}"
        async with looking(tmp_path, seer, reader, small, refuser) as ctx:
            seen = await ask(ctx, model="prepared0:model")
            assert (seen.by, seen.answer, seen.model) == ("picture", "A cup of espresso.", "prepared0:model")
            (prompt,) = seer.asked
            (part,) = prompt.messages[1].parts
            assert part.media_type == "image/jpeg"
            assert part.data == picture("coffee").content
            assert "espresso" in prompt.messages[0].content
            assert [(one.operation, one.failed) for one in seen.findings] == [
                ("vision.classify_image", False),
                ("vision.detect_objects", False),
                ("vision.detect_faces", False),
            ]

            read = await ask(ctx, model="prepared1:model")
            assert (read.by, read.answer, read.quotes) == ("quotes", "An espresso.", ["espresso"])
            assert reader.asked[0].messages[1].parts == ()
            none = await ask(ctx, model="prepared1:model")
            assert (none.by, none.answer, none.quotes) == ("quotes", "", [])
            assert "does not say" in str(ask_about_image.draw(ask_about_image.validate(REQUEST), none)[0])

            plain = await ask(ctx, model="prepared2:model")
            assert (plain.by, plain.model, small.asked) == ("findings", None, [])
            for told in ("espresso", "cup", "No face"):
                assert told in plain.answer

            fallen = await ask(ctx, model="prepared3:model")
            assert (fallen.by, fallen.answer) == ("quotes", "An espresso.")
            assert len(refuser.asked) == 2

    run(test)


REQUEST = {"image": "data:image/png;base64,", "question": "What?"}


def test_what_could_not_look_is_told_and_when_nothing_could_there_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without weights faces are still looked for, by the cascades; without those nothing, and the remedy is told."""

    async def test() -> None:
        async with looking(tmp_path, Informed("x", demonstration=True), weights=str(tmp_path / "none")) as ctx:
            got = await ask(ctx)
            assert [one.failed for one in got.findings] == [True, True, False]
            assert "nis weights pull efficientnet-lite0" in got.findings[0].said
            assert got.answer == got.findings[2].said
            monkeypatch.setattr(asking, "LOOKING", asking.LOOKING[:2])
            with pytest.raises(Unavailable, match="nis weights pull centernet-mobilenetv3-graph"):
                await ask(ctx)

    run(test)
