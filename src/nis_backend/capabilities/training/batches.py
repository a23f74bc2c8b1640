"""Rows as batches of numbers: which rows a step sees is a function of the seed and the step alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.tokens import Tokens
    from nis_backend.drivers.compute.base import Json

    Ids = NDArray[np.int64]
    Ids32 = NDArray[np.int32]
    Flags = NDArray[np.bool_]

LARGEST = 512 * 2**20
"""Numbers of a split, at most: four bytes each."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one step learns from."""

    ids: Ids
    """What is read, `(rows, time)`."""
    targets: Ids
    """What comes next, `(rows, time)`."""
    counted: Flags
    """Which of them are learned, `(rows, time)`."""

    def part(self, rank: int, ranks: int) -> Batch:
        """The rows of one process of several: every so many-th, so that each has as many, give or take one."""
        rows = slice(rank, None, ranks)
        return Batch(ids=self.ids[rows], targets=self.targets[rows], counted=self.counted[rows])


@dataclass(frozen=True)
class Order:
    """Shuffled anew for each pass over `count` rows; nothing is drawn twice within a pass."""

    seed: int
    count: int

    def places(self, step: int, size: int) -> Ids:
        """Which rows a step takes: those from `step · size` on in the endless row of passes."""
        at = np.arange(step * size, (step + 1) * size)
        passes, within = at // self.count, at % self.count
        found = np.empty(size, np.int64)
        for one in np.unique(passes):
            here = passes == one
            found[here] = self._pass(int(one))[within[here]]
        return found

    def _pass(self, number: int) -> Ids:
        return np.random.default_rng([self.seed, number]).permutation(self.count)


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Texts one behind the other, cut into windows of `context` numbers and the one that follows."""

    stream: Ids32
    context: int

    def __len__(self) -> int:
        """Whole windows."""
        return max(0, (self.stream.size - 1) // self.context)

    @property
    def tokens(self) -> int:
        """Numbers in all."""
        return self.stream.size

    def at(self, places: Ids, shift: int = 0) -> Batch:
        """The windows of these places, all cuts moved by `shift`; the last window stays within the text."""
        starts = np.minimum(places * self.context + shift, self.stream.size - self.context - 1)
        cut = self.stream[starts[:, None] + np.arange(self.context + 1)].astype(np.int64)
        return Batch(ids=cut[:, :-1], targets=cut[:, 1:], counted=np.ones(cut[:, 1:].shape, np.bool_))


@dataclass(frozen=True, kw_only=True)
class Talks:
    """Conversations, each a row of its own, filled up to the longest of its batch."""

    ids: list[Ids32]
    said: list[Flags]
    filler: int

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)

    @property
    def tokens(self) -> int:
        """Numbers in all."""
        return sum(one.size for one in self.ids)

    def at(self, places: Ids, shift: int = 0) -> Batch:
        """The conversations of these places; there is nothing to shift."""
        del shift
        ids, words = [self.ids[place] for place in map(int, places)], [self.said[place] for place in map(int, places)]
        longest = max(one.size for one in ids)
        cut = np.full((len(ids), longest), self.filler, np.int64)
        said = np.zeros((len(ids), longest), np.bool_)
        for row, (one, word) in enumerate(zip(ids, words, strict=True)):
            cut[row, : one.size], said[row, : one.size] = one, word
        return Batch(ids=cut[:, :-1], targets=cut[:, 1:], counted=said[:, 1:])


@dataclass(kw_only=True)
class Told:
    """What was found while rows were read."""

    rows: int = 0
    cut: int = 0
    """Conversations longer than the context: their ends are not learned."""
    silent: int = 0
    """Conversations in which the assistant says nothing: left out."""


def texts_of(rows: Iterable[Json]) -> Iterator[str]:
    """Everything that is written in rows of texts or conversations; a tokenizer's pairs are learned from it."""
    for row in rows:
        if "messages" in row:
            yield from (str(message["content"]) for message in row["messages"])
        else:
            yield str(row["text"])


def read(rows: Iterable[Json], tokens: Tokens, context: int, told: Told | None = None) -> Windows | Talks:
    """Rows of texts or of conversations as numbers.

    Raises:
        InvalidRequest: a row is neither, or both kinds are mixed, or there are more than fit.
    """
    told = told or Told()
    stream: list[Ids32] = []
    talks = Talks(ids=[], said=[], filler=tokens.end)
    size = 0
    for row in rows:
        told.rows += 1
        if "messages" in row:
            size += _talk(row, tokens, context, talks, told)
        elif "text" in row:
            stream.append(np.array(tokens.document(str(row["text"])), np.int32))
            size += len(stream[-1])
        else:
            raise _wrong(f"row {told.rows} has neither text nor messages", sorted(row))
        if size > LARGEST:
            raise _wrong(f"the rows have more than {LARGEST} tokens", size)
    talked = bool(talks.ids or told.silent)
    if stream and talked:
        raise _wrong("texts and conversations are mixed", told.rows)
    if talked:
        return talks
    return Windows(stream=np.concatenate(stream) if stream else np.zeros(0, np.int32), context=context)


def _talk(row: Json, tokens: Tokens, context: int, talks: Talks, told: Told) -> int:
    chat = tokens.chat(row["messages"])
    told.cut += len(chat.ids) > context + 1
    said = np.array(chat.said[: context + 1], np.bool_)
    if not said[1:].any():
        told.silent += 1
        return 0
    talks.ids.append(np.array(chat.ids[: context + 1], np.int32))
    talks.said.append(said)
    return len(said)


def _wrong(what: str, value: object) -> InvalidRequest:
    return InvalidRequest(
        f"What is to be learned from cannot be: {what}.",
        field="dataset",
        value=str(value),
        remedy='Take a dataset of kind "text" or "chat".',
    )


@dataclass(frozen=True, kw_only=True)
class Batches:
    """The batches of a training."""

    rows: Windows | Talks
    context: int
    size: int
    """Rows a step."""
    seed: int
    _order: Order = field(init=False)

    def __post_init__(self) -> None:
        if not len(self.rows):
            talked = isinstance(self.rows, Talks)
            raise InvalidRequest(
                f"In no conversation does the assistant say anything within the first {self.context} tokens."
                if talked
                else f"There are {self.rows.tokens} tokens to learn from, which make no row of {self.context + 1}.",
                field="dataset",
                value=self.rows.tokens,
                remedy=f"Add rows to the dataset's split train, or take a {'longer' if talked else 'shorter'} context.",
            )
        object.__setattr__(self, "_order", Order(self.seed, len(self.rows)))

    def at(self, step: int) -> Batch:
        """What this step sees, the first being 0."""
        places = self._order.places(step, self.size)
        # Cuts move with each pass, so that no number is always the first of its window.
        turn = step * self.size // len(self.rows)
        shift = int(np.random.default_rng([self.seed, turn, 1]).integers(0, self.context))
        return self.rows.at(places, shift)


def in_order(rows: Windows | Talks, size: int, most: int) -> Iterator[Batch]:
    """All rows one after the other, up to `most` numbers: what is measured on."""
    each = rows.context if isinstance(rows, Windows) else max(1, math.ceil(rows.tokens / max(1, len(rows))))
    count = min(len(rows), max(1, most // each))
    for at in range(0, count, size):
        yield rows.at(np.arange(at, min(at + size, count)))


def by_frequency(train: Windows | Talks, measured: Windows | Talks, lengths: list[int], most: int) -> float:
    """Bits per byte if each token were told by how often it stood in `train`, whatever stood before: what to beat."""
    counts = np.ones(len(lengths))  # one more than seen, so that none is impossible
    for batch in in_order(train, 256, LARGEST):
        counts += np.bincount(batch.targets[batch.counted], minlength=len(lengths))
    bits = -np.log2(counts / counts.sum())
    long: NDArray[Any] = np.array(lengths)
    spent, bytes_ = 0.0, 0
    for batch in in_order(measured, 256, most):
        targets = batch.targets[batch.counted]
        spent += float(bits[targets].sum())
        bytes_ += int(long[targets].sum())
    return spent / max(1, bytes_)
