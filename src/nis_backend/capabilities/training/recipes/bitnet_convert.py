"""A float language model turned ternary: weights go from what they are to what they round to, a little with each step.

At step t a projection multiplies by w + λ(t)·(ternary(w) - w), and activations go to eight bits by the same share; λ
is a line from nothing to 1, and then the model learns on as a ternary one. The base is a float twin that the recipe
`bitnet` made, or a folder of Llama's kind (no biases, SiLU, one matrix for embeddings in and out). Llama's has no norms
before its outer projections: they are put in with the gain that leaves what passes through them as large as it was.

Sources: Hugging Face (2024), "Fine-tuning LLMs to 1.58 bit: extreme quantization made easy" (λ); Ma et al. (2025),
arXiv:2504.12285 (the shape).
"""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import tokens
from nis_backend.capabilities.training.batches import in_order, read
from nis_backend.capabilities.training.recipes.bitnet import fits, plan_of, run
from nis_backend.capabilities.training.ternary_model import CONFIG, Shape, TernaryModel, shape_of
from nis_backend.errors import InvalidRequest, NotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nis_backend.capabilities.training.batches import Talks, Windows
    from nis_backend.capabilities.training.job import Job, Outcome
    from nis_backend.capabilities.training.settings.bitnet_convert import Settings

torch: Any = import_module("torch")  # Any: this project reads it without its types
Tensor = Any

LONGEST = 512
"""Tokens of context without a setting: many bases name thousands, which cost memory and teach little here."""


def train(job: Job) -> Outcome:
    """Read the base, put in the norms it lacks, and learn while weights become ternary."""
    torch.set_num_threads(job.threads)
    settings: Settings = job.settings
    if job.base is None:
        raise InvalidRequest("There is nothing to convert.", field="base", remedy="Name a float model as the base.")
    config = json.loads((job.base / CONFIG).read_text(encoding="utf-8"))
    shape = shape_of_base(config, job.base.name)
    shape = replace(shape, ternary=True, context=settings.context or min(shape.context, LONGEST))
    known = tokens.load(job.base)
    fits(known, shape, job.base)
    model = TernaryModel(shape)
    missing = take_weights(model, job.base)
    if missing:
        fit_norms(model, read(job.rows("train"), known, shape.context), missing)
    rise = int(settings.rise * job.steps)
    return run(job, model, known, plan_of(settings, job.steps, rise))


def shape_of_base(config: Mapping[str, Any], name: str) -> Shape:
    """The shape of a float base.

    Raises:
        NotSupported: it is ternary already, or its layers are of another kind.
    """
    kind = config.get("model_type")
    if kind == "bitnet" and "quantization_config" not in config:
        return shape_of(config)
    wrong = "it is ternary already" if kind == "bitnet" else _unlike(config)
    if wrong:
        raise NotSupported(
            f"The base {name} cannot be converted: {wrong}.",
            field="base",
            value=name,
            remedy="Take a float twin that the recipe bitnet made, or a model of Llama's kind with tied embeddings.",
        )
    rope: dict[str, Any] = config.get("rope_parameters") or {}
    return Shape(
        vocabulary=config["vocab_size"],
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config.get("num_key_value_heads") or config["num_attention_heads"],
        hidden=config["intermediate_size"],
        context=config["max_position_embeddings"],
        theta=float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0),
        epsilon=config["rms_norm_eps"],
    )


def _unlike(config: Mapping[str, Any]) -> str:
    """In what a model is not of Llama's kind; nothing where it is."""
    rope: dict[str, Any] = config.get("rope_parameters") or config.get("rope_scaling") or {}
    size = config.get("hidden_size", 0) // max(1, config.get("num_attention_heads", 1))
    checks = {
        f"its kind is {config.get('model_type')!r}": config.get("model_type") == "llama",
        "its activation is not SiLU": config.get("hidden_act") == "silu",
        "its projections have biases": not (config.get("attention_bias") or config.get("mlp_bias")),
        "embeddings in and out are two matrices": bool(config.get("tie_word_embeddings")),
        "its places are scaled": (rope.get("rope_type") or rope.get("type") or "default") == "default",
        "its heads do not divide its width": (config.get("head_dim") or size) == size,
    }
    return next((wrong for wrong, right in checks.items() if not right), "")


def take_weights(model: TernaryModel, base: Path) -> list[str]:
    """Copy the base's weights into the model; the names of norms that the base has not.

    Raises:
        InvalidRequest: the files have other weights, or other sizes, than the configuration says.
    """
    safetensors: Any = import_module("safetensors.torch")
    state: dict[str, Tensor] = {}
    try:
        for file in sorted(base.glob("*.safetensors")):
            state |= safetensors.load_file(str(file))
        state.pop("lm_head.weight", None)  # the embeddings once more
        found = model.load_state_dict({name: one.float() for name, one in state.items()}, strict=False)
    except Exception as error:  # safetensors has a class of its own, torch raises RuntimeError
        raise _unreadable(base, str(error).splitlines()[0]) from error
    missing = [str(name) for name in found.missing_keys]
    others = [name for name in missing if "_sub_norm." not in name] or [str(name) for name in found.unexpected_keys]
    if others:
        raise _unreadable(base, f"{others[0]} is not what the configuration tells of")
    return missing


def _unreadable(base: Path, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"The weights of {base.name} cannot be taken: {why}.",
        field="base",
        value=base.name,
        remedy="Take a whole folder as Transformers saves one, with *.safetensors.",
    )


def fit_norms(model: TernaryModel, rows: Windows | Talks, names: list[str]) -> None:
    """Give new norms the gain that leaves some of the text as large as it came, one layer after the other."""
    places = {name.removesuffix(".weight") for name in names}

    def fit(norm: Any, given: tuple[Tensor, ...]) -> None:
        norm.weight.data.fill_(float(given[0].square().mean(-1).sqrt().mean()))

    hooks = [one.register_forward_pre_hook(fit) for name, one in model.named_modules() if name in places]
    model.blend(0.0)
    with torch.no_grad():
        for batch in in_order(rows, 8, 8 * model.shape.context):
            model(torch.from_numpy(batch.ids))
    for hook in hooks:
        hook.remove()
