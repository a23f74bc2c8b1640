"""One model's answers under way, token by token, in the one thread that computes; inside a worker process.

Prompts are read one at a time, in pieces; then each turn of the loop makes one token of every answer. Answers that may
share a batch do: padded on the left, they join and leave between two tokens. One that must be the same alone and among
others (greedy, or with a seed) is computed by itself, since a batch of another size rounds otherwise.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import math
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.transformers_group import Group
from nis_backend.errors import InternalError, NisError, TooLarge, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.drivers.llm.transformers_group import Row

log = logging.getLogger("nis.transformers")

PIECE = 128
"""Tokens of a prompt read in one go: a cancel is heeded, and the other answers go on, between two."""


class Engine:
    """The loop over one model; `slots` answers are under way at once, more wait in the order they came."""

    def __init__(self, model: Any, *, slots: int, called: str) -> None:  # Any: the library's, which differ by family
        self._torch: Any = importlib.import_module("torch")  # Any: this project reads it without its types
        self._library: Any = importlib.import_module("transformers")  # Any: as above
        self._model = model
        self._called = called
        self._slots = slots
        taken = inspect.signature(model.forward).parameters
        self._last: dict[str, int] = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}
        layers = self._cache().layers
        plain: Any = importlib.import_module("transformers.cache_utils")  # Any: as above
        grows = all(isinstance(layer, plain.DynamicLayer) for layer in layers)
        self._piece = PIECE if grows else 2**31
        # Of other kinds of layers, a piece of the past cannot be cut off or padded.
        self.joins = "position_ids" in taken and all(type(layer) is plain.DynamicLayer for layer in layers)
        with self._torch.inference_mode():
            self.joins = self._try_out()
        self._waiting: deque[Row] = deque()
        self._reading: deque[_Read] = deque()
        self._groups: list[Group] = []
        self._doubted: deque[tuple[list[int], int, Future[float]]] = deque()
        self._wake = threading.Condition()
        threading.Thread(target=self._run, name="answers", daemon=True).start()

    def add(self, row: Row) -> None:
        """Have an answer made; callable from any thread."""
        with self._wake:
            self._waiting.append(row)
            self._wake.notify()

    def surprise(self, tokens: list[int], known: int) -> Future[float]:
        """How unlikely the tokens are after the first `known`, in bits; callable from any thread."""
        told: Future[float] = Future()
        with self._wake:
            self._doubted.append((tokens, known, told))
            self._wake.notify()
        return told

    def _try_out(self) -> bool:
        """Whether answers may share a batch: their numbers there are those of each alone.

        Raises:
            Unavailable: it does not go on from what it has read, or two answers get in each other's way.
        """
        top = self._model.config.get_text_config().vocab_size - 1
        tried = [[at * step % top for at in range(1, count)] for step, count in ((7919, 12), (104_729, 6))]
        whole = [self._ask([tokens], self._cache())[0] for tokens in tried]
        for together in (True, False) if self.joins else (False,):
            groups = [Group(_Tried(tokens), self._cache(), len(tokens) - 1) for tokens in tried]
            for group in groups:
                self._ask([group.rows[0].tokens[:-1]], group.cache)
            if together:
                groups[0].add(groups.pop(), self._torch)
            numbers = [row for group in groups for row in self._next(group)]
            if all(self._alike(one, other) for one, other in zip(numbers, whole, strict=True)):
                return together
        raise Unavailable(
            f"{self._called} does not go on from what it has read, as models are asked here.",
            remedy="Choose a model of another kind.",
        )

    def _alike(self, one: Any, other: Any) -> bool:
        """Whether two rows of numbers are the same, but for how they were rounded."""
        rounded = 0.001 if one.dtype == self._torch.float32 else 0.25
        return bool((one - other).abs().max() <= rounded * other.abs().max())

    def _run(self) -> None:
        with self._torch.inference_mode():
            while True:
                with self._wake:
                    while not (self._waiting or self._reading or self._groups or self._doubted):
                        self._wake.wait()
                try:
                    self._turn()
                except Exception as error:  # noqa: BLE001 - the worker loop: it must go on, and nobody may wait for ever
                    self._give_up(self._failure(error))

    def _give_up(self, error: NisError) -> None:
        """End every answer under way."""
        rows = [read.row for read in self._reading] + [row for group in self._groups for row in group.rows]
        self._reading.clear()
        self._groups.clear()
        for row in rows:
            row.leave(error)

    def _turn(self) -> None:
        """One token of each answer under way, and a piece of the prompt whose turn it is."""
        for group in list(self._groups):
            self._drop(group, [row for row in group.rows if row.stopped])
        with self._wake:
            for row in [row for row in self._waiting if row.stopped]:
                self._waiting.remove(row)
                row.leave(None)
            while self._waiting and len(self._reading) + sum(len(group.rows) for group in self._groups) < self._slots:
                self._reading.append(_Read(self._waiting.popleft(), self._cache()))
        if self._reading:
            self._read(self._reading.popleft())
        for group in list(self._groups):
            self._step(group)
        if self._doubted:
            self._tell(*self._doubted.popleft())

    def _tell(self, tokens: list[int], known: int, told: Future[float]) -> None:
        """The bits of a whole text, read in pieces as a prompt is: of each token by what the model expected there."""
        torch, cache, nats, piece = self._torch, self._cache(), 0.0, self._piece
        try:
            for start in range(0, len(tokens) - 1, piece):
                ids = torch.tensor([tokens[start : start + piece]], device=self._model.device)
                numbers = self._model(input_ids=ids, cache=cache, use_cache=True).logits[0].float().log_softmax(-1)
                places = range(max(start, known - 1), min(start + piece, len(tokens) - 1))
                nats -= sum(float(numbers[at - start, tokens[at + 1]]) for at in places)
            told.set_result(nats / math.log(2))
        except Exception as error:  # noqa: BLE001 - the worker loop: whatever it is, it is this call's end
            told.set_exception(self._failure(error))

    def _read(self, read: _Read) -> None:
        row = read.row
        if row.stopped:
            row.leave(None)
            return
        piece = row.tokens[read.done : read.done + self._piece]
        try:
            numbers = self._ask([piece], read.cache)
            read.done += len(piece)
            if read.done < len(row.tokens):
                # To the end of the queue: a short prompt is not held up by a long one.
                self._reading.append(read)
            elif row.take(numbers[0]):
                self._join(Group(row, read.cache, read.done))
            else:
                row.leave(None)
        except Exception as error:  # noqa: BLE001 - the worker loop: whatever it is, it is this answer's end
            row.leave(self._failure(error))

    def _step(self, group: Group) -> None:
        """The next token of a group's answers."""
        try:
            numbers = self._next(group)
        except Exception as error:  # noqa: BLE001 - the worker loop: it is the end of these answers
            self._drop(group, group.rows, self._failure(error))
            return
        ended: list[Row] = []
        for row, its in zip(group.rows, numbers, strict=True):
            try:
                if not row.take(its):
                    ended.append(row)
            except Exception as error:  # noqa: BLE001 - as above, and of this one alone
                self._drop(group, [row], self._failure(error))
        self._drop(group, ended)

    def _next(self, group: Group) -> Any:
        """The model's numbers of what comes next in each of a group's rows."""
        given = {} if len(group.rows) == 1 and not group.pads[0] else self._places(group)
        numbers = self._ask([[row.tokens[-1]] for row in group.rows], group.cache, **given)
        group.length += 1
        return numbers

    def _ask(self, tokens: list[list[int]], cache: Any, **given: Any) -> Any:
        """The model's numbers of what comes after the last token of each row."""
        ids = self._torch.tensor(tokens, device=self._model.device)
        return self._model(input_ids=ids, cache=cache, use_cache=True, **self._last, **given).logits[:, -1]

    def _places(self, group: Group) -> dict[str, Any]:
        """Which of a group's past is padding, and how far each answer is."""
        torch, device, width = self._torch, self._model.device, group.length + 1
        pads = torch.tensor(group.pads, device=device)[:, None]
        return {
            "attention_mask": (torch.arange(width, device=device)[None] >= pads).long(),
            "position_ids": group.length - pads,
        }

    def _join(self, group: Group) -> None:
        other = next((one for one in self._groups if not one.alone), None)
        if not self.joins or group.alone or other is None:
            self._groups.append(group)
            return
        try:
            other.add(group, self._torch)
        except Exception as error:
            # Both are of no use when one was half added.
            self._drop(other, other.rows, self._failure(error))
            raise

    def _drop(self, group: Group, rows: Iterable[Row], error: NisError | None = None) -> None:
        gone = list(rows)
        if not gone:
            return
        kept = [at for at, row in enumerate(group.rows) if row not in gone]
        if not kept:
            self._groups.remove(group)
        else:
            group.keep(kept, self._torch)
        for row in gone:
            row.leave(error)

    def _cache(self) -> Any:
        return self._library.DynamicCache(config=self._model.config)

    def _failure(self, error: Exception) -> NisError:
        if isinstance(error, NisError):
            return error
        if isinstance(error, MemoryError) or "allocate" in str(error) or "out of memory" in str(error):
            return TooLarge(
                f"{self._called} has not the memory for this answer.",
                remedy="Send a shorter message, or fewer at once; or raise NIS_WORKER_MEMORY where it is set.",
            )
        log.error("an answer failed", exc_info=error)
        return InternalError(f"{self._called} failed inside; the server's log has the traceback.", remedy="Ask again.")


class _Tried:
    """A row of nobody's."""

    alone = stopped = False

    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens

    def take(self, numbers: Any) -> bool:
        """Nothing is made of it."""
        del numbers
        return False

    def leave(self, error: NisError | None) -> None:
        """Nobody waits."""
        del error


class _Read:
    """A prompt that is being read."""

    def __init__(self, row: Row, cache: Any) -> None:
        self.row = row
        self.cache = cache
        self.done = 0
