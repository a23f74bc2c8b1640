"""A decoder whose projections are ternary, BitNet b1.58, and its float twin: read it from top to bottom.

Shapes in the comments: batch b, time t, width w, heads h, heads of keys and values g, a head's size d, hidden width f,
vocabulary v. Every projection has the output of a norm before it (SubLN), so that what is rounded to eight bits has one
scale. State names and arithmetic are those of Transformers' BitNetForCausalLM.

Sources: Ma et al. (2024), arXiv:2402.17764 (b1.58: absmean, no biases, SiLU, rotary places); Wang et al. (2023),
arXiv:2310.11453 (SubLN, straight-through); Ma et al. (2025), arXiv:2504.12285 (both norms inside a layer).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

torch: Any = import_module("torch")  # Any: this project reads it without its types
nn: Any = torch.nn
Tensor = Any

LEAST = 1e-5
"""The smallest scale, as Transformers': a row of zeros stays zeros."""
LARGEST = 127
"""Of eight bits with a sign; -128 is not used, the largest of a row becomes 127."""
EMBEDDED, ADDED = 0.1, 0.02
"""Spread of embeddings to begin with, and of what adds to the stream, as part of the others'; docs/experiments.md."""
WEIGHTS, CONFIG = "model.safetensors", "config.json"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How large a model is."""

    vocabulary: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    hidden: int = 384
    context: int = 128
    theta: float = 10_000.0
    epsilon: float = 1e-5
    ternary: bool = True
    """Whether projections are ternary; the float twin has the same shapes and norms."""

    @property
    def head(self) -> int:
        """Numbers of one head."""
        return self.width // self.heads

    @property
    def parameters(self) -> int:
        """How many numbers are learned; what reads and what writes tokens is one matrix."""
        projections = 2 * self.width * (self.heads + self.kv_heads) * self.head + 3 * self.width * self.hidden
        norms = 3 * self.width + self.hidden
        return self.vocabulary * self.width + self.layers * (projections + norms) + self.width

    @property
    def ternary_parameters(self) -> int:
        """How many of them are in projections."""
        return (
            self.parameters - self.vocabulary * self.width - self.width - self.layers * (3 * self.width + self.hidden)
        )


# ── rounding, with gradients straight through ────────────────────────────────────────────────────────────────────────


def codes(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Each weight as -1, 0 or 1, and the scale (mean size) that they are multiplied by."""
    scale = weight.abs().mean().clamp_(min=LEAST)
    return (weight * (1 / scale)).round_().clamp_(-1, 1), scale


class Ternary(torch.autograd.Function):
    """`weight + share · (ternary(weight) - weight)`; what comes back goes to `weight` as it is."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, share: float) -> Tensor:
        """The weight that is multiplied by."""
        del ctx  # nothing is kept for the way back
        one, scale = codes(weight)
        one.div_(1 / scale)
        return one if share == 1 else torch.lerp(weight, one, share)

    @staticmethod
    def backward(ctx: Any, *turned: Tensor) -> tuple[Tensor, None]:
        """Straight through."""
        del ctx
        return turned[0], None


class NormedEight(torch.autograd.Function):
    """RMS norm, then eight bits for each token; back, the rounding is passed straight through.

    One function, because its passes over memory are what ternary training costs beyond float: what is rounded is
    written over what was normed, and what comes back is computed in place.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, epsilon: float, share: float) -> Tensor:
        """`x` is (…, w), `gain` (w)."""
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)  # (…, 1)
        by = torch.rsqrt(size.square_().div_(x.shape[-1]).add_(epsilon))
        ctx.save_for_backward(x, gain, by)
        normed = (x * by).mul_(gain)
        # Twice over the numbers, and still ten times as fast as the norm of order infinity.
        largest = torch.maximum(normed.amax(-1, keepdim=True), normed.amin(-1, keepdim=True).neg_())
        scale = LARGEST / largest.clamp_(min=LEAST)
        if share == 1:
            return normed.mul_(scale).round_().div_(scale)  # within ±127 already
        return torch.lerp(normed, (normed * scale).round_().div_(scale), share)

    @staticmethod
    def backward(ctx: Any, *turned: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """By `x` and by the gain."""
        x, gain, by = ctx.saved_tensors
        unit = x * by  # (…, w)
        along = turned[0] * unit
        by_gain = along.reshape(-1, x.shape[-1]).sum(0)
        back = turned[0] * gain
        mean = (along @ gain).div_(x.shape[-1]).unsqueeze_(-1)  # (…, 1)
        return back.addcmul_(unit, mean, value=-1).mul_(by), by_gain, None, None


# ── layers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Norm(nn.Module):
    """RMS norm with a gain; `eight` rounds what comes out to eight bits a token, once for all who read it."""

    def __init__(self, width: int, epsilon: float, *, eight: bool) -> None:
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon
        self.eight = eight
        self.share = 1.0

    def forward(self, x: Tensor) -> Tensor:
        """(…, w) to (…, w)."""
        if self.eight and self.share > 0:
            return NormedEight.apply(x, self.weight, self.epsilon, self.share)
        return nn.functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


class BitLinear(nn.Module):
    """A projection without bias: float weights are kept, ternary ones are multiplied by."""

    def __init__(self, before: int, after: int, *, ternary: bool) -> None:
        nn.Module.__init__(self)
        self.weight = nn.Parameter(torch.empty(after, before))
        self.ternary = ternary
        self.share = 1.0

    def used(self) -> Tensor:
        """The weights as they are multiplied by."""
        return Ternary.apply(self.weight, self.share) if self.ternary and self.share > 0 else self.weight

    def forward(self, x: Tensor) -> Tensor:
        """(…, before) to (…, after); `x` comes from a `Norm`, which has rounded it."""
        return nn.functional.linear(x, self.used())


def together(x: Tensor, *projections: BitLinear) -> Tensor:
    """What several projections make of the same `x`, side by side: one product instead of several."""
    return nn.functional.linear(x, torch.cat([one.used() for one in projections]))


class Rotated(torch.autograd.Function):
    """Places by rotation, halves of a head against each other (Su et al. 2021, arXiv:2104.09864)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """`x` (b, h, t, d); `cos` and `sin` (t, d/2)."""
        ctx.save_for_backward(cos, sin)
        return _turn(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, *turned: Tensor) -> tuple[Tensor, None, None]:
        """Back by the same angle."""
        cos, sin = ctx.saved_tensors
        return _turn(turned[0], cos, -sin), None, None


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    one, other = x.chunk(2, -1)
    made = torch.empty_like(x)
    first, second = made.chunk(2, -1)
    torch.mul(one, cos, out=first).addcmul_(other, sin, value=-1)
    torch.mul(other, cos, out=second).addcmul_(one, sin)
    return made


class Attention(nn.Module):
    """Causal attention; a group of heads may share keys and values."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        self.shape = shape
        w, d = shape.width, shape.head
        self.q_proj = BitLinear(w, shape.heads * d, ternary=shape.ternary)
        self.k_proj = BitLinear(w, shape.kv_heads * d, ternary=shape.ternary)
        self.v_proj = BitLinear(w, shape.kv_heads * d, ternary=shape.ternary)
        self.o_proj = BitLinear(shape.heads * d, w, ternary=shape.ternary)
        self.attn_sub_norm = Norm(w, shape.epsilon, eight=shape.ternary)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(b, t, w) to (b, t, w)."""
        h, g, d = self.shape.heads, self.shape.kv_heads, self.shape.head
        b, t, _ = x.shape
        made = together(x, self.q_proj, self.k_proj, self.v_proj)  # (b, t, (h + 2g)·d)
        made = made.view(b, t, h + 2 * g, d).transpose(1, 2)  # (b, h + 2g, t, d)
        turned = Rotated.apply(made[:, : h + g], cos, sin)
        seen = nn.functional.scaled_dot_product_attention(
            turned[:, :h], turned[:, h:], made[:, h + g :], is_causal=True, enable_gqa=g < h
        )  # (b, h, t, d)
        return self.o_proj(self.attn_sub_norm(seen.transpose(1, 2).reshape(b, t, h * d)))


class FeedForward(nn.Module):
    """SiLU of one projection times another, and back."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        self.gate_proj = BitLinear(shape.width, shape.hidden, ternary=shape.ternary)
        self.up_proj = BitLinear(shape.width, shape.hidden, ternary=shape.ternary)
        self.down_proj = BitLinear(shape.hidden, shape.width, ternary=shape.ternary)
        self.ffn_sub_norm = Norm(shape.hidden, shape.epsilon, eight=shape.ternary)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, w) to (b, t, w)."""
        gate, up = together(x, self.gate_proj, self.up_proj).chunk(2, -1)  # (b, t, f) each
        return self.down_proj(self.ffn_sub_norm(nn.functional.silu(gate) * up))


class Layer(nn.Module):
    """Attention and feed-forward, each added to what came in."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        self.self_attn = Attention(shape)
        self.mlp = FeedForward(shape)
        self.input_layernorm = Norm(shape.width, shape.epsilon, eight=shape.ternary)
        self.post_attention_layernorm = Norm(shape.width, shape.epsilon, eight=shape.ternary)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(b, t, w) to (b, t, w)."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding, layers and a last norm, which is not rounded."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon, eight=False)
        angles = torch.arange(shape.context)[:, None] * shape.theta ** (
            -torch.arange(0, shape.head, 2, dtype=torch.float32) / shape.head
        )  # (t, d/2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """(b, t) to (b, t, w)."""
        t = ids.shape[1]
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:t], self.sin[:t])
        return self.norm(x)


class TernaryModel(nn.Module):
    """The whole model: numbers of tokens to a score of each token that may follow."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        self.shape = shape
        self.model = Decoder(shape)

    def forward(self, ids: Tensor) -> Tensor:
        """(b, t) to (b, t, v)."""
        return nn.functional.linear(self.model(ids), self.model.embed_tokens.weight)

    def begin(self, seed: int) -> None:
        """Draw the weights a training begins with: normal, in projections of a size that keeps a unit norm a unit.

        What a layer adds to the stream is next to nothing at first, so that tokens are told apart from the first step
        on: of 300 steps, this saves about half.
        """
        generator = torch.Generator().manual_seed(seed)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:  # noqa: PLR2004 - a matrix
                spread = EMBEDDED if "embed" in name else weight.shape[1] ** -0.5
                adds = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=ADDED * spread if adds else spread, generator=generator)

    def projections(self) -> Iterator[tuple[str, BitLinear]]:
        """Every projection and its name."""
        return ((name, one) for name, one in self.named_modules() if isinstance(one, BitLinear))

    def blend(self, share: float) -> None:
        """Multiply by `weight + share · (ternary - weight)` from now on, and round activations by the same share."""
        for one in self.modules():
            if isinstance(one, BitLinear | Norm):
                one.share = share


# ── the folder ───────────────────────────────────────────────────────────────────────────────────────────────────────

ONLINE = {
    "quant_method": "bitnet",
    "linear_class": "autobitlinear",
    "quantization_mode": "online",
    "use_rms_norm": False,
    "rms_norm_eps": 1e-6,
    "modules_to_not_convert": ["lm_head"],
}
"""How Transformers is told to multiply by ternary weights and to keep float ones."""


def config_of(shape: Shape, *, begin: int, end: int) -> dict[str, Any]:
    """`config.json`, as Transformers reads it; `begin` and `end` are the marks of a text."""
    config: dict[str, Any] = {
        "architectures": ["BitNetForCausalLM"],
        "model_type": "bitnet",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "intermediate_size": shape.hidden,
        "max_position_embeddings": shape.context,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.theta},
        "rms_norm_eps": shape.epsilon,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "bos_token_id": begin,
        "eos_token_id": end,
        "pad_token_id": end,
        "dtype": "float32",
    }
    return {**config, "quantization_config": ONLINE} if shape.ternary else config


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The shape that a `config.json` of this kind tells."""
    return Shape(
        vocabulary=config["vocab_size"],
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        hidden=config["intermediate_size"],
        context=config["max_position_embeddings"],
        theta=config["rope_parameters"]["rope_theta"],
        epsilon=config["rms_norm_eps"],
        ternary="quantization_config" in config,
    )


def save(model: TernaryModel, folder: Path, *, begin: int, end: int) -> None:
    """Write `config.json` and `model.safetensors`, with the weights as they are kept: float32."""
    safetensors: Any = import_module("safetensors.torch")
    config = config_of(model.shape, begin=begin, end=end)
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    state = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    # As bytes: the library's own writing raises an error of its own where the disk is full.
    (folder / WEIGHTS).write_bytes(safetensors.save(state, metadata={"format": "pt"}))


def load(folder: Path) -> TernaryModel:
    """The model of a folder that `save` wrote."""
    safetensors: Any = import_module("safetensors.torch")
    model = TernaryModel(shape_of(json.loads((folder / CONFIG).read_text(encoding="utf-8"))))
    model.load_state_dict(safetensors.load_file(str(folder / WEIGHTS)))
    return model
