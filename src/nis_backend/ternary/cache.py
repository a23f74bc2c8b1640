"""Keys and values of one sequence, and the attention over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.ternary.folder import Shape

LEAST = 64
"""Places that a cache begins with; it doubles."""


class Cache:
    """What was read of one sequence. Not for two threads at once."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._room = min(LEAST, shape.context)
        self._tokens: list[int] = []
        self._keys, self._values = self._empty(), self._empty()

    @property
    def length(self) -> int:
        """Tokens that are in it."""
        return len(self._tokens)

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self._keys.nbytes + self._values.nbytes

    def common(self, tokens: Sequence[int]) -> int:
        """How many of the first tokens are these."""
        pairs = zip(self._tokens, tokens, strict=False)
        return next((at for at, (a, b) in enumerate(pairs) if a != b), min(self.length, len(tokens)))

    def keep(self, length: int) -> None:
        """Forget all after the first `length` tokens."""
        del self._tokens[length:]

    def make_room(self, many: int) -> None:
        """See that so many more fit."""
        wanted = self.length + many
        assert wanted <= self._shape.context, f"{wanted} tokens do not fit a context of {self._shape.context}"
        if wanted <= self._room:
            return
        self._room = min(self._shape.context, max(wanted, 2 * self._room))
        keys, values = self._empty(), self._empty()
        keys[:, :, : self.length] = self._keys[:, :, : self.length]
        values[:, :, : self.length] = self._values[:, :, : self.length]
        self._keys, self._values = keys, values

    def take(self, tokens: Sequence[int]) -> None:
        """Count tokens as read, whose keys and values all layers have put here."""
        self._tokens.extend(tokens)

    def attend(
        self, layer: int, q: NDArray[np.float32], k: NDArray[np.float32], v: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """New tokens' queries `(new, heads, head)` over all keys up to each; theirs are put here. `(new, width)`."""
        new, heads, head = q.shape
        kv, begin, end = k.shape[1], self.length, self.length + len(k)
        self._keys[layer, :, begin:end] = k.transpose(1, 0, 2)
        self._values[layer, :, begin:end] = v.transpose(1, 0, 2)
        # Heads that share keys are rows of one product: (kv, group, head) by (kv, head, places).
        grouped = (q * np.float32(head**-0.5)).reshape(new, kv, heads // kv, head)
        out = np.empty_like(grouped)
        # One token at a time, whose products have the same shape whatever is read with it: the same bits, then.
        for number, one in enumerate(grouped):
            upto = begin + number + 1
            scores = one @ self._keys[layer, :, :upto].transpose(0, 2, 1)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            np.matmul(scores, self._values[layer, :, :upto], out=out[number])
        return out.reshape(new, heads * head)

    def _empty(self) -> NDArray[np.float32]:
        shape = self._shape
        return np.zeros((shape.layers, shape.kv_heads, self._room, shape.head), np.float32)
