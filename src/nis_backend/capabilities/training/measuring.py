"""How well a model foretells text, and what its ternary weights do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.ternary_model import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.training.batches import Batch
    from nis_backend.capabilities.training.ranks import Ranks
    from nis_backend.capabilities.training.ternary_model import TernaryModel

torch: Any = import_module("torch")  # Any: this project reads it without its types
Tensor = Any


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How well rows are foretold."""

    loss: float
    """Mean of -ln p over the tokens that are learned, nats."""
    bits_per_byte: float
    """Sum of -log2 p over those tokens, divided by the bytes of text that they are."""
    tokens: int


def measure(model: TernaryModel, batches: Iterable[Batch], lengths: Sequence[int], ranks: Ranks) -> Measured:
    """Foretell every batch, shared among the processes; `lengths` are the bytes of each token."""
    sums = torch.zeros(3, dtype=torch.float64)  # nats, tokens, bytes
    long = torch.tensor(lengths)
    with torch.no_grad():
        for number, batch in enumerate(batches):
            if number % ranks.size == ranks.rank:
                kept = torch.from_numpy(batch.targets[batch.counted])
                nats = float(summed_loss(model, batch))
                sums += torch.tensor([nats, kept.numel(), int(long[kept].sum())], dtype=torch.float64)
    ranks.add([], sums)
    nats, tokens, text = sums.tolist()
    return Measured(loss=nats / max(1, tokens), bits_per_byte=nats / math.log(2) / max(1, text), tokens=int(tokens))


def summed_loss(model: TernaryModel, batch: Batch) -> Tensor:
    """Sum of -ln p over the batch's tokens that are learned."""
    if not len(batch.ids):  # more processes than rows
        return 0.0 * sum(one.sum() for one in model.parameters())
    logits = model(torch.from_numpy(batch.ids)).flatten(0, 1)
    targets = torch.from_numpy(batch.targets).flatten()
    if not batch.counted.all():
        targets = targets.masked_fill(~torch.from_numpy(batch.counted).flatten(), -100)
    return torch.nn.functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum")


def turned_over(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[dict[str, float]]:
    """Of each layer: which part of its ternary weights is zero, and which became another in the step between."""
    sums: dict[int, list[int]] = {}
    for name, one in after.items():
        layer = int(name.split(".")[2])
        counted = sums.setdefault(layer, [0, 0, 0])
        counted[0] += one.numel()
        counted[1] += int((one == 0).sum())
        counted[2] += int((one != before[name]).sum())
    return [
        {"layer": layer, "zeros": zero / count, "flips": flipped / count}
        for layer, (count, zero, flipped) in sorted(sums.items())
    ]


def ternary_codes(model: TernaryModel) -> dict[str, Tensor]:
    """Every ternary weight as -1, 0 or 1."""
    with torch.no_grad():
        return {name: codes(one.weight)[0].to(torch.int8) for name, one in model.projections() if one.ternary}
