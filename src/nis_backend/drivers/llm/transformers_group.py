"""Answers that are computed together, and what is kept of what each has read; inside a worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.errors import NisError


class Row(Protocol):
    """An answer as the engine knows it; all of it is called in the engine's thread."""

    tokens: list[int]
    """Those of the prompt, then those of the answer."""
    alone: bool
    """Whether it is computed by itself."""

    @property
    def stopped(self) -> bool:
        """Whether nobody wants it any longer."""
        ...

    def take(self, numbers: Any) -> bool:
        """Choose the next token by the model's numbers; False when that was the last."""
        ...

    def leave(self, error: NisError | None) -> None:
        """The engine is done with it."""
        ...


class Group:
    """Answers that are computed together; `length` is that of their past, of which `pads` are none of a row's."""

    def __init__(self, row: Row, cache: Any, length: int) -> None:
        self.rows = [row]
        self.cache = cache
        self.length = length
        self.pads = [0]
        self.alone = row.alone

    def add(self, other: Group, torch: Any) -> None:
        """Take another's answers in."""
        longest = max(self.length, other.length)

        def whole(past: Any, length: int) -> Any:
            return torch.nn.functional.pad(past, (0, 0, longest - length, 0))

        for mine, its in zip(self.cache.layers, other.cache.layers, strict=True):
            if mine.keys is None:
                continue  # it reads another layer's
            for name in ("keys", "values"):
                both = [whole(getattr(mine, name), self.length), whole(getattr(its, name), other.length)]
                setattr(mine, name, torch.cat(both))
        self.pads = [pad + longest - self.length for pad in self.pads]
        self.pads += [pad + longest - other.length for pad in other.pads]
        self.rows += other.rows
        self.length = longest

    def keep(self, kept: Sequence[int], torch: Any) -> None:
        """Let go of the other rows, and of what is now padding in each."""
        self.rows = [self.rows[at] for at in kept]
        pads = [self.pads[at] for at in kept]
        spare = min(pads)
        rows = torch.tensor(kept)
        for layer in self.cache.layers:
            if layer.keys is not None:
                layer.keys, layer.values = layer.keys[rows][:, :, spare:], layer.values[rows][:, :, spare:]
        self.pads = [pad - spare for pad in pads]
        self.length -= spare
