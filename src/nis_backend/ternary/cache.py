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
        kv, end = k.shape[1], self.length + len(k)
        self._keys[layer, :, self.length : end] = k.transpose(1, 0, 2)
        self._values[layer, :, self.length : end] = v.transpose(1, 0, 2)
        keys, values = self._keys[layer, :, :end], self._values[layer, :, :end]
        # Heads that share keys are rows of one product: (kv, new * group, head) by (kv, head, end).
        grouped = q.reshape(new, kv, heads // kv, head).transpose(1, 0, 2, 3).reshape(kv, -1, head)
        scores = (grouped @ keys.transpose(0, 2, 1)) * np.float32(head**-0.5)
        if new > 1:
            # All earlier tokens are seen by all of these, and of these each sees those before it.
            later = np.triu(np.full((new, new), -np.inf, np.float32), 1)
            scores.reshape(kv, new, heads // kv, end)[..., self.length :] += later[:, None]
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ values).reshape(kv, new, heads // kv, head)
        return mixed.transpose(1, 0, 2, 3).reshape(new, heads * head)

    def _empty(self) -> NDArray[np.float32]:
        shape = self._shape
        return np.zeros((shape.layers, shape.kv_heads, self._room, shape.head), np.float32)
