"""Several processes that train one model: each computes a part of every batch, and their gradients are added up.

Started by torchrun, which tells each its number; alone there is nothing to add. What a batch is does not depend on how
many share it, so that any number of processes goes on with what another number began.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

torch: Any = import_module("torch")  # Any: this project reads it without its types
Tensor = Any


class Ranks:
    """One process alone."""

    rank: int = 0
    size: int = 1

    def add(self, gradients: Sequence[Tensor], numbers: Tensor) -> None:
        """Replace gradients and numbers by their sums over all processes."""

    def agree(self, number: float) -> float:
        """What the first process says: clocks differ, and all must stop at the same step."""
        return number


class Gloo(Ranks):
    """One of several processes, by torch.distributed over sockets."""

    def __init__(self) -> None:
        self._all: Any = torch.distributed
        if not self._all.is_initialized():
            self._all.init_process_group("gloo")
        self.rank = int(self._all.get_rank())
        self.size = int(self._all.get_world_size())

    def add(self, gradients: Sequence[Tensor], numbers: Tensor) -> None:
        """One message for all gradients, and one for the numbers, which are more exact."""
        self._all.all_reduce(numbers)
        if not gradients:
            return
        flat = torch.cat([one.reshape(-1) for one in gradients])
        self._all.all_reduce(flat)
        for one, summed in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            one.copy_(summed.view_as(one))

    def agree(self, number: float) -> float:
        """See `Ranks.agree`."""
        said = torch.tensor([number], dtype=torch.float64)
        self._all.broadcast(said, src=0)
        return float(said)


def join() -> Ranks:
    """The processes that torchrun started together with this one, or none."""
    if torch.distributed.is_available() and torch.distributed.is_torchelastic_launched():
        return Gloo()
    return Ranks()
