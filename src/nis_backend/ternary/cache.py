"""Keys and values of one sequence, for the kernel's attention: keys in transposed blocks, as it wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.ternary.layout import LANES, PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.ternary.folder import Shape
    from nis_backend.ternary.kernel import Kernel


class Cache:
    """What was read of one sequence. Not for two threads at once."""

    def __init__(self, shape: Shape, kernel: Kernel) -> None:
        self._shape, self._kernel = shape, kernel
        self._room = PLACES
        self._tokens: list[int] = []
        self._keys, self._values = self._empty()

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
        # Twice as many, and not beyond the context's last block.
        places = min(max(wanted, 2 * self._room), self._shape.context)
        self._room = -(-places // PLACES) * PLACES
        keys, values = self._empty()
        keys[:, :, : self._keys.shape[2]] = self._keys
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
        begin, end = self.length, self.length + len(k)
        if new == 1:
            self._keys[layer, :, begin // PLACES, :, begin % PLACES] = k[0]
        else:
            places = np.arange(begin, end)
            self._keys[layer][:, places // PLACES, :, places % PLACES] = k
        self._values[layer, :, begin:end, :head] = v.transpose(1, 0, 2)
        scaled = q * np.float32(head**-0.5)
        return self._kernel.attend(scaled, self._keys[layer], self._values[layer], begin).reshape(new, heads * head)

    def _empty(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        shape = self._shape
        wide = -(-shape.head // LANES) * LANES
        keys = np.zeros((shape.layers, shape.kv_heads, self._room // PLACES, shape.head, PLACES), np.float32)
        return keys, np.zeros((shape.layers, shape.kv_heads, self._room, wide), np.float32)
