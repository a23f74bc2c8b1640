"""The sizes of a model, as its config.json says them, held to its numbers: a file that says others is no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from nis_backend.capabilities.training.packing.folder import Source

Width = Annotated[int, Field(ge=1, le=65_536)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
USUAL_TURNS = {"bitnet": 500_000.0, "llama": 10_000.0}
"""Of the kinds that llama.cpp computes, the base of rotary places where a config leaves it out, as in Transformers."""


class Rope(BaseModel):
    """How places turn."""

    model_config = ConfigDict(strict=True, frozen=True)

    rope_type: str = "default"
    rope_theta: Positive | None = None


class Shape(BaseModel):
    """What config.json says."""

    model_config = ConfigDict(strict=True, frozen=True)

    model_type: str
    hidden_size: Width
    intermediate_size: Width
    num_hidden_layers: int = Field(ge=1, le=1024)
    num_attention_heads: Width
    num_key_value_heads: Width | None = None
    head_dim: Width | None = None
    vocab_size: int = Field(ge=1, le=2**20)
    max_position_embeddings: int = Field(ge=1, le=2**24)
    rms_norm_eps: Positive
    hidden_act: str
    tie_word_embeddings: bool = False
    rope_parameters: Rope | None = None
    rope_theta: Positive | None = None
    rope_scaling: Any = None

    @property
    def head(self) -> int:
        """Numbers of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.num_key_value_heads or self.num_attention_heads

    @property
    def turns(self) -> float:
        """The base of rotary places."""
        rope = self.rope_parameters or Rope()
        return rope.rope_theta or self.rope_theta or USUAL_TURNS[self.model_type]

    @property
    def scaled(self) -> bool:
        """Whether rotary places are scaled."""
        return (self.rope_parameters or Rope()).rope_type != "default" or bool(self.rope_scaling)

    def sides(self, name: str) -> tuple[int, ...]:
        """The sides of a matrix, or the length of a vector, by llama.cpp's name for it."""
        width, inner, queries = self.hidden_size, self.intermediate_size, self.num_attention_heads * self.head
        shared = self.kv_heads * self.head
        return {
            "token_embd": (self.vocab_size, width),
            "output": (self.vocab_size, width),
            "attn_q": (queries, width),
            "attn_k": (shared, width),
            "attn_v": (shared, width),
            "attn_output": (width, queries),
            "attn_sub_norm": (queries,),
            "ffn_gate": (inner, width),
            "ffn_up": (inner, width),
            "ffn_down": (width, inner),
            "ffn_sub_norm": (inner,),
        }.get(name, (width,))


def shape_of(source: Source) -> Shape:
    """The sizes.

    Raises:
        InvalidRequest: config.json leaves one out, or says one that is none.
    """
    try:
        return Shape.model_validate(source.config)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(
            f"The model's config.json has no {where} that can be used: {first['msg'][:1].lower()}{first['msg'][1:]}.",
            field="format",
            value=shorten(first["input"]) if first["type"] != "missing" else where,
            remedy="Take the format safetensors or zip; or bring back the model's folder from a backup.",
        ) from None
