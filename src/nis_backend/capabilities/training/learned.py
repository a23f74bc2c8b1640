"""Which cases of an evaluation a model has learned: rows of its training, and of the models that it began with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.datasets.operations import OneDataset, get_dataset
from nis_backend.capabilities.training.data import EXPORT
from nis_backend.capabilities.training.registry import named
from nis_backend.errors import Conflict, NotFound

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.store.base import Row

LEARNED = ("train", "validation")
"""Parts that a recipe sees: by the second it stops, chooses and calibrates."""
MOST_BASES = 16
"""Models that began with each other, as far as they are followed."""


@dataclass(kw_only=True)
class Learned:
    """What is found in the rows."""

    cases: set[int] = field(default_factory=set[int])
    """Numbers of cases whose question and answer are a row's."""
    asked: set[int] = field(default_factory=set[int])
    """Numbers of those whose question alone is."""
    unknown: str = ""
    """Why it cannot be told of all rows."""


async def learned(model: Row, lines: bytes, ctx: Context) -> Learned:
    """What the model has learned of the cases that the lines of an evaluation's answers have."""
    cases = await asyncio.to_thread(_Cases, lines)
    found = Learned()
    seen: set[str] = set()
    while len(seen) < MOST_BASES and model["id"] not in seen:
        seen.add(model["id"])
        try:
            async for rows in _rows(model, ctx):
                await asyncio.to_thread(cases.look, rows, found)
            if not str(model["base"] or "").startswith("local:"):
                break
            model = await named(model["base"], ctx)
        except (NotFound, Conflict) as gone:
            found.unknown = gone.message
            break
    found.asked -= found.cases
    return found


async def _rows(model: Row, ctx: Context) -> AsyncIterator[bytes]:
    """Lines that it learned from; of a version that was parted otherwise then than it is now, all."""
    dataset = await ctx.call(get_dataset, OneDataset(id=model["dataset_id"]))
    training = await ctx.store.get("trainings", model["training_id"])
    then = None if training is None else json.loads(training["summary"]).get("splits")
    same = dataset.splits is not None and dataset.splits.model_dump(mode="json") == then
    for split in LEARNED if same else ("all",):
        wanted = {"id": dataset.id, "version": model["version"], "split": split, "format": "jsonl"}
        blob = await replace(ctx, passing=True).call_named(EXPORT, wanted)
        rest = b""
        async for piece in ctx.blobs.stream(blob):
            lines, _, rest = (rest + piece).rpartition(b"\n")
            if lines:
                yield lines
        yield rest


class _Cases:
    """Cases, to be found by what they ask, and by what they expect of the answer too."""

    def __init__(self, lines: bytes) -> None:
        self._whole: dict[tuple[str, str], int] = {}
        self._asked: dict[str, int] = {}
        self._texts: dict[str, int] = {}
        for line in lines.splitlines():
            case: Json = json.loads(line)
            expected = case["expected"]
            several: list[Any] = cast("list[Any]", expected or [""]) if isinstance(expected, list) else [expected]
            question = _asked(case["input"])
            self._asked[question] = case["number"]
            for one in several:
                self._whole[question, _plain(one)] = case["number"]
                if isinstance(one, str) and one:
                    self._texts[_plain(one)] = case["number"]

    def look(self, rows: bytes, found: Learned) -> None:
        """Look whether rows are among them."""
        for line in rows.splitlines():
            row: Json = json.loads(line)
            if row.keys() & {"text", "label"} == {"text"}:
                text = _plain(row["text"])
                found.cases |= {these[text] for these in (self._texts, self._asked) if text in these}
                continue
            for question, answer in _pairs(row):
                if question in self._asked:
                    found.asked.add(self._asked[question])
                if (question, answer) in self._whole:
                    found.cases.add(self._whole[question, answer])


def _pairs(row: Json) -> Iterator[tuple[str, str]]:
    """What a row asks and answers, as evaluations ask it: of a conversation each answer, of a pair both."""
    if "chosen" in row:
        yield _asked(row["messages"]), _plain(row["chosen"])
        yield _asked(row["messages"]), _plain(row["rejected"])
    elif "messages" in row:
        for place, one in enumerate(row["messages"]):
            if one["role"] == "assistant":
                yield _asked(row["messages"][:place]), _plain(one["content"])
    elif "features" in row:
        yield _plain(json.dumps(row["features"], ensure_ascii=False)), _plain(row["label"])
    elif "text" in row:
        yield _plain(row["text"]), _plain(row["label"])


def _asked(asked: str | Sequence[Json]) -> str:
    """A question alone is its words."""
    if isinstance(asked, str):
        return _plain(asked)
    if len(asked) == 1 and asked[0]["role"] == "user":
        return _plain(asked[0]["content"])
    return "\n".join(f"{one['role']}: {_plain(one['content'])}" for one in asked)


def _plain(value: Any) -> str:  # Any: JSON
    """A value as it is held against others: spaces and letters' case tell nothing apart."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return " ".join(text.split()).casefold()
