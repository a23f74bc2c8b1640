"""A packed BitNet model that generates, with numpy and a ternary kernel: no torch.

    generator = Generator.open(folder)                       # a folder of packed weights, as transformers saves it
    for token, logprob in generator.generate(tokens, Sampling(max_tokens=64, stop=generator.ends)): ...
    generator.logits(tokens)                                 # (len(tokens), vocabulary) float32, of every position

    cache = generator.open_cache()                           # keeps what was read: a conversation's next turn passes it
    generator.generate(tokens, sampling, cache)              # again, and reads only what is new of `tokens`
    generator.read(tokens, cache)                            # reads without generating, to be done in parts
    generator.step([(token, cache), (other, theirs)])        # logits (2, vocabulary): one token of each of several

A generator changes nothing after it is opened: threads may share it, each with caches of its own. The token of
`Sampling.stop` that was met is handed over too, as the last; an answer that ends with another one met `max_tokens` or
the context's end. `logprob` is the natural logarithm of what the model itself gave the token, whatever the temperature.
What is computed of a token has the same bits whatever is read with it, and whether what comes before was in a cache: an
answer that goes on from one, or is one of several in a step, is the one that would be given alone. (The last product of
`logits` is one for all positions, and may round otherwise.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from nis_backend.errors import InvalidRequest
from nis_backend.ternary.cache import Cache
from nis_backend.ternary.folder import Tensors, read_shape
from nis_backend.ternary.kernel import open_kernel
from nis_backend.ternary.sampling import Sampling, choose, log_chance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.ternary.folder import Shape
    from nis_backend.ternary.kernel import Activations, Kernel, Matrix

AT_ONCE = 128
"""Tokens of a prompt that pass through the model together: what memory they take is bounded by it."""


class Token(NamedTuple):
    """One generated token."""

    token: int
    logprob: float


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A ternary layer: its matrix, and what its sums are divided by besides each token's scale."""

    matrix: Matrix
    divisor: float


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer's weights."""

    before_attention: NDArray[np.float32]
    after_heads: NDArray[np.float32]
    before_inner: NDArray[np.float32]
    after_gate: NDArray[np.float32]
    q: Projection
    k: Projection
    v: Projection
    o: Projection
    gate: Projection
    up: Projection
    down: Projection


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A model's weights as they are held."""

    embedding: NDArray[np.float32]
    head: NDArray[np.float32]
    norm: NDArray[np.float32]
    layers: tuple[Layer, ...]


class Generator:
    """A model that is open."""

    def __init__(self, shape: Shape, weights: Weights, kernel: Kernel) -> None:
        self.shape, self.kernel, self._weights = shape, kernel, weights
        self.context, self.vocabulary, self.ends = shape.context, shape.vocabulary, shape.ends
        self._turns = np.float32(1) / np.float32(shape.theta) ** (
            np.arange(0, shape.head, 2, dtype=np.float32) / np.float32(shape.head)
        )

    @classmethod
    def open(cls, folder: Path, kernel: Kernel | None = None) -> Self:
        """Open a folder with config.json and packed safetensors.

        Raises:
            Unavailable: a file is missing, damaged, or says what is not computed here.
        """
        kernel = kernel or open_kernel()
        shape = read_shape(folder)
        return cls(shape, _read(Tensors(folder), shape, kernel), kernel)

    def open_cache(self) -> Cache:
        """Keys and values of one sequence, empty."""
        return Cache(self.shape, self.kernel)

    def generate(self, tokens: Sequence[int], sampling: Sampling, cache: Cache | None = None) -> Iterator[Token]:
        """Tokens that follow these, one at a time.

        Raises:
            InvalidRequest: there are no tokens, one is unknown, or they fill the context.
        """
        cache = self.open_cache() if cache is None else cache
        self._check(tokens)
        if len(tokens) >= self.context:
            refusal = InvalidRequest(
                f"The prompt has {len(tokens)} tokens, and the model reads {self.context} with its answer.",
                field="messages",
                value=str(len(tokens)),
                remedy="Send less.",
            )
            refusal.too_long = True
            raise refusal
        return self._follow(list(tokens), sampling, cache)

    def _follow(self, tokens: list[int], sampling: Sampling, cache: Cache) -> Iterator[Token]:
        # numpy takes no negative number.
        random = np.random.default_rng(None if sampling.seed is None else sampling.seed % 2**64)
        # The last is read in any case: its logits are what the first token is chosen by.
        cache.keep(min(cache.common(tokens), len(tokens) - 1))
        self.read(tokens[cache.length : -1], cache)
        last, generated = tokens[-1], list[int]()
        while True:
            logits = self.step([(last, cache)])[0]
            if not np.isfinite(logits).all():
                raise InvalidRequest(
                    "The model's output is not a number.", field="model", remedy="Take an earlier checkpoint of it."
                )
            allowed = logits if sampling.adjust is None else sampling.adjust(generated, logits)
            last = choose(allowed, sampling, random)
            generated.append(last)
            yield Token(last, log_chance(logits, last))
            over = len(generated) >= sampling.max_tokens or cache.length >= self.context
            if last in sampling.stop or over:
                return

    def read(self, tokens: Sequence[int], cache: Cache) -> None:
        """Read tokens after what the cache holds."""
        for at in range(0, len(tokens), AT_ONCE):
            self._pass([(tokens[at : at + AT_ONCE], cache)])

    def step(self, ones: Sequence[tuple[int, Cache]]) -> NDArray[np.float32]:
        """One more token of each of several sequences; the logits after each, `(sequences, vocabulary)`."""
        hidden = self._pass([((token,), cache) for token, cache in ones])
        # One at a time: a product of several would round otherwise than that of one.
        return np.concatenate([self._head(hidden[at : at + 1]) for at in range(len(hidden))])

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """The logits after each of these tokens, `(tokens, vocabulary)`."""
        self._check(tokens)
        cache = self.open_cache()
        parts = [tokens[at : at + AT_ONCE] for at in range(0, len(tokens), AT_ONCE)]
        return np.concatenate([self._head(self._pass([(part, cache)])) for part in parts])

    def _check(self, tokens: Sequence[int]) -> None:
        wrong = [one for one in tokens if not 0 <= one < self.vocabulary]
        if wrong or not 1 <= len(tokens) <= self.context:
            raise InvalidRequest(
                f"There are {len(tokens)} tokens, {len(wrong)} of them unknown.",
                field="tokens",
                value=str(wrong[:3] or len(tokens)),
                remedy=f"Pass 1 to {self.context} tokens, each from 0 to {self.vocabulary - 1}.",
            )

    def _head(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        return _norm(hidden, self._weights.norm, self.shape.epsilon) @ self._weights.head.T

    def _pass(self, parts: Sequence[tuple[Sequence[int], Cache]]) -> NDArray[np.float32]:
        """New tokens of several sequences through all layers, `(tokens, width)`; their caches take them in."""
        everything = [token for tokens, _ in parts for token in tokens]
        x = self._weights.embedding[everything]
        turned = self._turned(parts)
        for cache, many in ((cache, len(tokens)) for tokens, cache in parts):
            cache.make_room(many)
        for number, layer in enumerate(self._weights.layers):
            x = x + self._attend(_norm(x, layer.before_attention, self.shape.epsilon), number, parts, turned)
            x += self._inner(_norm(x, layer.before_inner, self.shape.epsilon), layer)
        for tokens, cache in parts:
            cache.take(tokens)
        return x

    def _turned(self, parts: Sequence[tuple[Sequence[int], Cache]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosine and sine of each new token's place, `(tokens, 1, head / 2)`."""
        places = [np.arange(cache.length, cache.length + len(tokens)) for tokens, cache in parts]
        angles = np.concatenate(places).astype(np.float32)[:, None, None] * self._turns
        return np.cos(angles), np.sin(angles)

    def _attend(
        self,
        x: NDArray[np.float32],
        number: int,
        parts: Sequence[tuple[Sequence[int], Cache]],
        turned: tuple[NDArray[np.float32], NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        layer, shape = self._weights.layers[number], self.shape
        seen = self.kernel.quantise(x)
        q = _turn(self._apply(layer.q, seen).reshape(len(x), shape.heads, shape.head), turned)
        k = _turn(self._apply(layer.k, seen).reshape(len(x), shape.kv_heads, shape.head), turned)
        v = self._apply(layer.v, seen).reshape(len(x), shape.kv_heads, shape.head)
        out, at = np.empty((len(x), shape.width), np.float32), 0
        for tokens, cache in parts:
            here = slice(at, at + len(tokens))
            out[here] = cache.attend(number, q[here], k[here], v[here])
            at += len(tokens)
        return self._apply(layer.o, self.kernel.quantise(_norm(out, layer.after_heads, shape.epsilon)))

    def _inner(self, x: NDArray[np.float32], layer: Layer) -> NDArray[np.float32]:
        seen = self.kernel.quantise(x)
        gate = self._apply(layer.gate, seen)
        if self.shape.activation == "silu":
            gate /= np.float32(1) + np.exp(-np.maximum(gate, np.float32(-80)))
        else:
            gate = np.square(np.maximum(gate, 0, out=gate), out=gate)
        gate *= self._apply(layer.up, seen)
        return self._apply(layer.down, self.kernel.quantise(_norm(gate, layer.after_gate, self.shape.epsilon)))

    def _apply(self, projection: Projection, x: Activations) -> NDArray[np.float32]:
        return self.kernel.apply(projection.matrix, x, projection.divisor)


def _norm(x: NDArray[np.float32], weight: NDArray[np.float32], epsilon: float) -> NDArray[np.float32]:
    """Root-mean-square norm of each token."""
    mean = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
    return np.asarray(weight * (x * (np.float32(1) / np.sqrt(mean + np.float32(epsilon)))), np.float32)


def _turn(x: NDArray[np.float32], turned: tuple[NDArray[np.float32], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Rotary positions of `(tokens, heads, head)`: the first half of a head turns with its second."""
    cos, sin = turned
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    out = np.empty_like(x)
    out[..., :half] = first * cos - second * sin
    out[..., half:] = second * cos + first * sin
    return out


def _read(tensors: Tensors, shape: Shape, kernel: Kernel) -> Weights:
    heads, kv = shape.heads * shape.head, shape.kv_heads * shape.head

    def project(name: str, rows: int, columns: int) -> Projection:
        scale = tensors.scale(f"{name}.weight_scale")
        matrix = kernel.hold(tensors.packed(f"{name}.weight", rows, columns))
        return Projection(matrix=matrix, divisor=1 / scale if shape.multiplies else scale)

    def layer(name: str) -> Layer:
        attention, inner = f"{name}.self_attn", f"{name}.mlp"
        return Layer(
            before_attention=tensors.floats(f"{name}.input_layernorm.weight", shape.width),
            after_heads=tensors.floats(f"{attention}.attn_sub_norm.weight", shape.width),
            before_inner=tensors.floats(f"{name}.post_attention_layernorm.weight", shape.width),
            after_gate=tensors.floats(f"{inner}.ffn_sub_norm.weight", shape.inner),
            q=project(f"{attention}.q_proj", heads, shape.width),
            k=project(f"{attention}.k_proj", kv, shape.width),
            v=project(f"{attention}.v_proj", kv, shape.width),
            o=project(f"{attention}.o_proj", shape.width, heads),
            gate=project(f"{inner}.gate_proj", shape.inner, shape.width),
            up=project(f"{inner}.up_proj", shape.inner, shape.width),
            down=project(f"{inner}.down_proj", shape.width, shape.inner),
        )

    embedding = tensors.floats("model.embed_tokens.weight", shape.vocabulary, shape.width)
    return Weights(
        embedding=embedding,
        head=embedding if shape.tied else tensors.floats("lm_head.weight", shape.vocabulary, shape.width),
        norm=tensors.floats("model.norm.weight", shape.width),
        layers=tuple(layer(f"model.layers.{number}") for number in range(shape.layers)),
    )
