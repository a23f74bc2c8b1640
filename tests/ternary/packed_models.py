"""Packed BitNet models made by transformers, for tests: random weights, and transformers' own answers."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

torch: Any = import_module("torch")  # Any: torch's types are partly unknown to a strict reader

SMALL: dict[str, Any] = {
    "vocab_size": 96,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.05,
}


def packed_model(
    folder: Path, *, way: tuple[str, str] = ("bitlinear", "offline"), seed: int = 0, **changes: Any
) -> Any:
    """A random model in `folder` as transformers packs it; answers transformers' own, open."""
    models = import_module("transformers")
    bitnet = import_module("transformers.integrations.bitnet")
    torch.manual_seed(seed)
    config = models.BitNetConfig(**{**SMALL, **changes})
    plain = models.BitNetForCausalLM(config).eval()
    for name, one in plain.named_parameters():
        if "norm" in name:
            one.data.uniform_(0.5, 1.5)
    state = dict(plain.state_dict())
    quantisation = models.BitNetQuantConfig(
        modules_to_not_convert=["lm_head"], linear_class=way[0], quantization_mode=way[1]
    )
    for name in [name for name in state if name.endswith("_proj.weight")]:
        scale = state[name].abs().mean().clamp(min=1e-5)
        codes = (state[name] / scale).round().clamp(-1, 1)
        state[name] = bitnet.pack_weights(codes)
        # transformers' BitLinear divides by it, its AutoBitLinear multiplies.
        state[f"{name}_scale"] = (1 / scale if way[0] == "bitlinear" else scale).reshape(1)
    if config.tie_word_embeddings:
        del state["lm_head.weight"]
    folder.mkdir(parents=True, exist_ok=True)
    import_module("safetensors.torch").save_file(state, folder / "model.safetensors", {"format": "pt"})
    said = {**config.to_dict(), "quantization_config": quantisation.to_dict(), "architectures": ["BitNetForCausalLM"]}
    (folder / "config.json").write_text(json.dumps(said), "utf-8")
    return _opened(plain, config, quantisation, bitnet, state)


def _opened(plain: Any, config: Any, quantisation: Any, bitnet: Any, state: dict[str, Any]) -> Any:
    """The model as transformers opens the folder, without accelerate, which its loader asks for."""
    model = bitnet.replace_with_bitnet_linear(plain, ["lm_head"], quantisation)
    model.to_empty(device="cpu")
    rotary = type(plain.model.rotary_emb)(config)
    model.model.rotary_emb = rotary
    for name in [name for name in state if name.endswith("_proj.weight")]:
        if quantisation.linear_class == "autobitlinear":
            with torch.compiler.set_stance("force_eager"):
                state = {**state, name: bitnet.unpack_weights(state[name], torch.float32)}
    if config.tie_word_embeddings:
        state = {**state, "lm_head.weight": state["model.embed_tokens.weight"]}
    model.load_state_dict(state)
    return model.eval()


def answers_of(model: Any, tokens: list[int]) -> Any:
    """What transformers computes, its layers as they are written, as numpy."""
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        return model(torch.tensor([tokens])).logits[0].numpy()
