"""A small network with its derivatives: what each sample's residual is, and how it turns with every parameter.

Derivatives with respect to place and time are carried through the layers beside the value (Taylor's series of second
order), so that a residual costs one pass. Its row of the Jacobian costs one pass back: samples do not mix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

torch: Any = import_module("torch")  # Any: this project reads it without its types

Tensor = Any

VALUE, BY_X, BY_T, BY_XX, BY_TT = range(5)
"""Channels of what passes a layer: the value, and its derivatives by place and time."""
_FIRST = {BY_XX: BY_X, BY_TT: BY_T}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Layers of a network, the inputs first and one number last."""

    widths: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum((before + 1) * after for before, after in zip(self.widths, self.widths[1:], strict=False))

    def begin(self, seed: int, spread: float) -> Tensor:
        """Parameters to begin with, in one row: Glorot's, the first layer spread over the inputs, the last one small.

        Source: Glorot & Bengio, AISTATS 9 (2010), 249-256.
        """
        generator = torch.Generator().manual_seed(seed)
        parts: list[Tensor] = []
        for layer, (before, after) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            size = spread if layer == 0 else math.sqrt(2 / (before + after))
            if layer == len(self.widths) - 2:
                size *= 0.1
            parts.append(size * torch.randn(after * before, generator=generator, dtype=torch.float64))
            shift = spread if layer == 0 else 0.0
            parts.append(shift * (2 * torch.rand(after, generator=generator, dtype=torch.float64) - 1))
        return torch.cat(parts)

    def layers(self, parameters: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Weights `(after, before)` and shifts `(after,)` of each layer."""
        found: list[tuple[Tensor, Tensor]] = []
        at = 0
        for before, after in zip(self.widths, self.widths[1:], strict=False):
            weights = parameters[at : at + before * after].reshape(after, before)
            at += before * after
            found.append((weights, parameters[at : at + after]))
            at += after
        return found


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one pass through a network left."""

    channels: Tensor
    """The output's value and derivatives, `(samples, channels)`."""
    inputs: list[Tensor]
    """What each layer was given, `(samples, channels, before)`."""
    sums: list[Tensor]
    """What each layer summed up, `(samples, channels, after)`."""

    def jacobian(self, residuals: Tensor) -> Tensor:
        """Each residual by each parameter, `(samples, parameters)`."""
        turned = torch.autograd.grad(residuals.sum(), self.sums)
        rows: list[Tensor] = []
        for given, by_sum in zip(self.inputs, turned, strict=True):
            rows.append(torch.bmm(by_sum.transpose(1, 2), given.detach()).flatten(1))
            rows.append(by_sum[:, VALUE])
        return torch.cat(rows, dim=1)


def through(shape: Shape, parameters: Tensor, inputs: Tensor, seconds: Sequence[int], *, learning: bool) -> Pass:
    """Pass `inputs` `(samples, channels, features)` through the network; tanh between the layers.

    `seconds` are the second derivatives carried, in the order of the channels behind the first three. What is
    `learning` keeps what the way back needs.
    """
    given: list[Tensor] = []
    sums: list[Tensor] = []
    with torch.set_grad_enabled(learning):
        carried = inputs
        layers = shape.layers(parameters)
        for layer, (weights, shifts) in enumerate(layers):
            one = carried @ weights.T
            one = torch.cat([one[:, :1] + shifts, one[:, 1:]], dim=1)
            if learning and not one.requires_grad:
                one.requires_grad_()
            given.append(carried)
            sums.append(one)
            if layer < len(layers) - 1:
                carried = _bent(one, seconds)
        return Pass(channels=sums[-1][:, :, 0], inputs=given, sums=sums)


def _bent(sums: Tensor, seconds: Sequence[int]) -> Tensor:
    """Pass the sums through tanh, and the derivatives of that by the chain rule."""
    value = torch.tanh(sums[:, VALUE])
    slope = 1 - value * value
    channels = [value, slope * sums[:, BY_X], slope * sums[:, BY_T]]
    for place, second in enumerate(seconds, start=3):
        first = sums[:, _FIRST[second]]
        channels.append(slope * sums[:, place] - 2 * value * slope * first * first)
    return torch.stack(channels, dim=1)
