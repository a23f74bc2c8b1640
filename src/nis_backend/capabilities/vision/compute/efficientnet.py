"""EfficientNet-Lite as an ONNX graph: convolutions, ReLU6 and sums, no squeeze and no excitation.

A block is widened by a 1 × 1 convolution, filtered a channel at a time, narrowed again, and added to what came in where
both are of one size. Batch normalisation is folded into the convolution before it.

Source: Tan & Le, EfficientNet, ICML 2019 (arXiv:1905.11946); the Lite variants as Google's TPU repository has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.vision.compute.onnx_file import OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    State = Mapping[str, NDArray[np.float32]]

EPSILON = 1e-3
"""Added to a variance, as in training."""

NARROWER = (1, 2, 3, 5)
"""Stages, counted from 0, whose first block takes every second pixel."""


def build(state: State, size: int) -> bytes:
    """The file: `image` (1, 3, size, size) to `logits` (1, 1000) and `features` (1, 1280), which they are made of."""
    graph = OnnxGraph()
    layers = _Layers(graph, state)
    x = layers.conv(graph.input("image", (1, 3, size, size)), "_conv_stem", "_bn0", stride=2)
    for number, stride in enumerate(_strides(state)):
        x = layers.block(x, f"_blocks.{number}.", stride)
    features = graph.node("Flatten", graph.node("GlobalAveragePool", layers.conv(x, "_conv_head", "_bn1")))
    weight, bias = graph.constant(state["_fc.weight"]), graph.constant(state["_fc.bias"])
    return graph.finish(features=features, logits=graph.node("Gemm", features, weight, bias, transB=1))


def _strides(state: State) -> list[int]:
    """Of each block: a stage begins where the channels change. Every variant has the same seven stages."""
    widths: list[int] = []
    while (name := f"_blocks.{len(widths)}._project_conv.weight") in state:
        widths.append(state[name].shape[0])
    stages = [place for place, width in enumerate(widths) if place == 0 or width != widths[place - 1]]
    narrower = [stages[place] for place in NARROWER]
    return [2 if place in narrower else 1 for place in range(len(widths))]


class _Layers:
    """The layers of one state."""

    def __init__(self, graph: OnnxGraph, state: State) -> None:
        self._graph = graph
        self._state = state
        self._bounds = [graph.constant(np.full((), bound, np.float32)) for bound in (0, 6)]

    def block(self, x: str, at: str, stride: int) -> str:
        y = x
        widens = f"{at}_expand_conv.weight" in self._state
        if widens:
            y = self.conv(y, f"{at}_expand_conv", f"{at}_bn0")
        y = self.conv(y, f"{at}_depthwise_conv", f"{at}_bn1", stride=stride)
        y = self.conv(y, f"{at}_project_conv", f"{at}_bn2", bounded=False)
        came = self._state[f"{at}_expand_conv.weight" if widens else f"{at}_depthwise_conv.weight"].shape[int(widens)]
        narrow = self._state[f"{at}_project_conv.weight"].shape[0]
        return self._graph.node("Add", x, y) if stride == 1 and came == narrow else y

    def conv(self, x: str, name: str, norm: str, *, stride: int = 1, bounded: bool = True) -> str:
        """A convolution and the normalisation after it as one, and ReLU6 where it is bounded."""
        weight = self._state[f"{name}.weight"]
        variance = self._state[f"{norm}.running_var"] + np.float32(EPSILON)
        scale = self._state[f"{norm}.weight"] / np.sqrt(variance)
        bias = self._state[f"{norm}.bias"] - self._state[f"{norm}.running_mean"] * scale
        y = self._graph.node(
            "Conv",
            x,
            self._graph.constant((weight * scale[:, None, None, None]).astype(np.float32)),
            self._graph.constant(bias.astype(np.float32)),
            strides=(stride, stride),
            group=weight.shape[0] if weight.shape[1] == 1 else 1,
            auto_pad="SAME_UPPER",  # as TensorFlow pads
        )
        return self._graph.node("Clip", y, *self._bounds) if bounded else y
