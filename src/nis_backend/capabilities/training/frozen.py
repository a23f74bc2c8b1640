"""A language model that stays as it is while an adapter beside it learns."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.training.ternary_model import LARGEST, LEAST, codes
from nis_backend.errors import InvalidRequest, Unavailable, shorten
from nis_backend.trained.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nis_backend.capabilities.training.turns import Turns

torch: Any = import_module("torch")  # Any: this project reads it without its types
transformers: Any = import_module("transformers")  # Any: as above
Tensor = Any
Model = Any

Precision = Literal["auto", "bfloat16", "float32"]


class HalfLinear(torch.nn.Linear):
    """A frozen projection that is multiplied in bfloat16 and takes and gives float32: six times as fast with AMX."""

    def forward(self, x: Tensor) -> Tensor:
        """(…, before) to (…, after)."""
        halves = torch.nn.functional.linear(x.to(torch.bfloat16), self.weight, self.bias)
        return halves.to(x.dtype)


class Eight(torch.autograd.Function):
    """Each token's inputs in eight bits with one scale, as AutoBitLinear rounds them; back, straight through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """(…, w) to (…, w)."""
        del ctx  # nothing is kept for the way back
        scale = LARGEST / x.abs().amax(-1, keepdim=True).clamp_(min=LEAST)
        return (x * scale).round_().clamp_(-LARGEST - 1, LARGEST).div_(scale)

    @staticmethod
    def backward(ctx: Any, *turned: Tensor) -> Tensor:
        """By `x`."""
        del ctx
        return turned[0]


class TernaryLinear(torch.nn.Linear):
    """A frozen ternary projection, rounded once: Transformers' own rounds at each call, by what it compiles first."""

    def forward(self, x: Tensor) -> Tensor:
        """(…, before) to (…, after)."""
        return torch.nn.functional.linear(Eight.apply(x), self.weight, self.bias)


def opened(folder: Path) -> tuple[Model, Any]:
    """The model in float32 and its tokenizer; nothing is fetched, and no code of the folder's own is run.

    Raises:
        Unavailable: the folder's model or tokenizer cannot be loaded.
        InvalidRequest: its weights are packed.
    """
    wanted = {"local_files_only": True, "trust_remote_code": False}
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **wanted)
        model, read = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **wanted
        )
    except Exception as error:  # what a spoilt file makes of four libraries, each with classes of its own
        if isinstance(error, MemoryError) or "alloc" in str(error):
            raise
        raise _not_loaded(str(error).replace(str(folder), folder.name)) from None
    # The library draws what a file lacks by lot.
    lacking = sorted({*read["missing_keys"], *(name for name, *_ in read["mismatched_keys"])})
    if lacking:
        raise _not_loaded(f"its files lack {len(lacking)} of its parameters, such as {lacking[0]}")
    model.config.use_cache = False
    model.requires_grad_(requires_grad=False)
    _round(model)
    return model, tokenizer


def _not_loaded(why: str) -> Unavailable:
    return Unavailable(
        f"The base cannot be loaded: {shorten(why.strip().rstrip('.'))}.",
        remedy="Take a folder that Transformers loads, with a tokenizer of the fast kind.",
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 of the names and bytes by which a model's folder computes and reads."""
    said = hashlib.sha256()
    kinds = {".json", ".jinja", ".safetensors"}
    # A manifest says the same of its files, and other things of the model, which may change.
    for path in sorted(path for path in folder.iterdir() if path.suffix in kinds and path.name != MANIFEST):
        with path.open("rb") as file:
            said.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return said.hexdigest()


def is_ternary(model: Model) -> bool:
    """Whether its projections are ternary."""
    return any(isinstance(layer, TernaryLinear) for layer in model.modules())


def _round(model: Model) -> None:
    """Give ternary projections the weights that they multiply by."""
    for layer in model.modules():
        kind = type(layer).__name__
        if kind == "BitLinear" or (kind == "AutoBitLinear" and (not layer.online_quant or layer.rms_norm is not None)):
            raise InvalidRequest(
                "The base's ternary weights are packed, or have norms of their own: no adapter can learn beside them.",
                field="base",
                remedy="Take the folder that its training wrote, with float32 weights.",
            )
        if kind == "AutoBitLinear":
            one, scale = codes(layer.weight)
            layer.__class__ = TernaryLinear
            layer.weight = torch.nn.Parameter(one.div_(1 / scale), requires_grad=False)


def resolved(precision: Precision) -> Literal["bfloat16", "float32"]:
    """What `auto` is here."""
    if precision != "auto":
        return precision
    # Without such instructions bfloat16 is emulated, and slower than float32. No other name tells it.
    has = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001
    return "bfloat16" if has else "float32"


def halve(model: Model) -> None:
    """Have every frozen float projection multiply in bfloat16; ternary ones, which round for themselves, stay."""
    tied = model.get_input_embeddings().weight
    for layer in model.modules():
        if type(layer) is not torch.nn.Linear or layer.weight.requires_grad:
            continue
        layer.__class__ = HalfLinear
        # A head that shares its numbers with the embedding gets some of its own: rows are looked up in float32.
        halves = layer.weight.detach().to(torch.bfloat16)
        layer.weight = torch.nn.Parameter(halves, requires_grad=False)
        if layer.bias is not None:
            layer.bias = torch.nn.Parameter(layer.bias.detach().to(torch.bfloat16), requires_grad=False)
    assert model.get_input_embeddings().weight is tied


def plain_head(model: Model) -> None:
    """That logits are what the head makes of the last states: what is learned is computed for its tokens alone.

    Raises:
        InvalidRequest: the model does more (scales or bounds its logits, say).
    """
    ids = torch.arange(8).remainder(model.config.get_text_config().vocab_size)[None]
    with torch.no_grad():
        states = model.base_model(input_ids=ids).last_hidden_state
        ours, its = model.get_output_embeddings()(states), model(input_ids=ids).logits
    if not torch.allclose(ours, its, rtol=1e-4, atol=1e-4):
        raise InvalidRequest(
            f"A {type(model).__name__} makes more of its last states than a product, which is not known here.",
            field="base",
            remedy="Take a base like llama, qwen, mistral or bitnet.",
        )


def padded(rows: Sequence[Turns]) -> tuple[Tensor, Tensor]:
    """Tokens (b, t) and which of them are learned (b, t).

    Shorter rows are filled up behind their ends, where no token that counts looks: attention needs no mask.
    """
    width = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    learned = torch.zeros(len(rows), width, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = torch.tensor(row.ids)
        learned[place, : len(row.ids)] = torch.tensor(row.learned)
    return ids, learned


def losses(model: Model, ids: Tensor, learned: Tensor) -> tuple[Tensor, Tensor]:
    """-ln p of each learned token given all before it, nats, and the row of each: (n), (n).

    The head, a fifth of a small model's cost, is asked at those places alone.
    """
    states = model.base_model(input_ids=ids).last_hidden_state  # (b, t, w)
    rows, places = learned[:, 1:].nonzero(as_tuple=True)
    logits = model.get_output_embeddings()(states[rows, places])  # (n, v)
    nats = torch.nn.functional.cross_entropy(logits.float(), ids[rows, places + 1], reduction="none")
    return nats, rows
