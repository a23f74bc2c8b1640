"""Adapters of low rank beside a frozen model, by peft: attached, learned, kept, and merged into the model's numbers.

W' = W + (alpha / rank) · B·A, with A (rank, before) drawn by lot and B (after, rank) zero: it begins as the base.

Source: Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.training import frozen
from nis_backend.capabilities.training.turns import Turns
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nis_backend.capabilities.training.settings.lora import AdapterSettings

torch: Any = frozen.torch
peft: Any = import_module("peft")  # Any: this project reads it without its types
save_file: Any = import_module("safetensors.torch").save_file  # Any: as above
Tensor = Any

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj")
FEEDFORWARD = ("gate_proj", "up_proj", "down_proj", "gate_up_proj")
"""What projections are called in the kinds of models that are known here."""
ADAPTER, WEIGHTS, CONFIG = "adapter", "adapter_model.safetensors", "adapter_config.json"
WHOLE = "float32"


def attached(model: Any, settings: AdapterSettings, seed: int) -> Any:  # Any: peft and torch have no types here
    """The model with an adapter beside each target; only adapters learn.

    Raises:
        InvalidRequest: it has no such projections, or fewer layers than are asked for.
    """
    wanted = {"attention": ATTENTION, "feedforward": FEEDFORWARD, "all": ATTENTION + FEEDFORWARD}[settings.targets]
    there = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    targets = [name for name in wanted if name in there]
    depth = int(model.config.get_text_config().num_hidden_layers)
    if not targets or (settings.layers or 1) > depth:
        raise InvalidRequest(
            f"The base has {depth} layers" + ("." if targets else f" and none of {', '.join(wanted)}."),
            field="layers" if targets else "base",
            value=settings.layers if targets else None,
            remedy="Ask for no more layers than there are, of a base like llama, qwen, mistral or bitnet.",
        )
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        layers_to_transform=None if settings.layers is None else list(range(depth - settings.layers, depth)),
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    return peft.get_peft_model(model, config)


def learned(model: Any) -> dict[str, Tensor]:
    """The adapters' numbers by their names."""
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


def put(model: Any, numbers: Mapping[str, Tensor]) -> None:
    """Replace the adapters' numbers."""
    with torch.no_grad():
        for name, one in learned(model).items():
            one.copy_(numbers[name])


def write_adapter(model: Any, folder: Path, base: str) -> None:
    """The adapter alone, as peft loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    state = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    save_file({name: one.detach().contiguous() for name, one in state.items()}, folder / WEIGHTS, {"format": "pt"})
    config: dict[str, Any] = model.peft_config["default"].to_dict()
    # The base's folder is nobody's business.
    told: dict[str, Any] = {**config, "base_model_name_or_path": base, "inference_mode": True}
    (folder / CONFIG).write_text(json.dumps(told, indent=1, sort_keys=True, default=_plain))


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What became of a model into which an adapter was merged and that was read back from its file."""

    differs: float
    """Largest difference of a logit from the adapter's beside its base."""
    spread: float
    """The standard deviation of those logits, to compare it with."""
    dtype: str
    ternary: bool
    """Whether the base was ternary: the merged model is not."""


def write_merged(base: Path, model: Any, out: Path, saved_as: str, probe: Sequence[Turns]) -> Merged:
    """Write base and adapter as one model into `out`, then read it back and compare.

    A ternary base takes no adapter in: the sum of -1, 0, 1 and B·A is no ternary matrix. It becomes a float model of
    the same kind, whose inputs are no longer rounded to eight bits; `differs` says what that makes.
    """
    whole, tokenizer = frozen.opened(base)
    beside = peft.get_peft_model(whole, model.peft_config["default"])
    put(beside, learned(model))
    beside.eval()
    ids, _ = frozen.padded(probe)
    with torch.no_grad():
        before = beside(input_ids=ids).logits
    ternary = frozen.is_ternary(whole)
    merged = _as_float(beside) if ternary else beside.merge_and_unload()
    dtype = _fitting(merged, saved_as)
    merged.to(getattr(torch, dtype)).save_pretrained(out)
    tokenizer.save_pretrained(out)
    again, _ = frozen.opened(out)
    again.eval()
    with torch.no_grad():
        after = again(input_ids=ids).logits
    return Merged(differs=float((after - before).abs().max()), spread=float(before.std()), dtype=dtype, ternary=ternary)


def _fitting(model: Any, wanted: str) -> str:
    """The kind of numbers asked for; float32 where a number is too large for it."""
    largest = max(float(one.detach().abs().max()) for one in model.parameters())
    return wanted if math.isfinite(largest) and largest <= torch.finfo(getattr(torch, wanted)).max else WHOLE


def _plain(value: Any) -> Any:  # Any: what a setting of peft's may be
    """A set, whose order is each process's own, as a list."""
    return sorted(cast("set[str]", value)) if isinstance(value, set) else str(value)


def _as_float(beside: Any) -> Any:  # Any: as above
    """The ternary model with its adapters as a float model of its kind, whose matrices are the sums."""
    merged = beside.merge_and_unload()
    config: Any = merged.config.__class__.from_dict(merged.config.to_dict())
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = type(merged)(config)
    plain.load_state_dict(merged.state_dict())
    plain.generation_config = merged.generation_config
    return plain
