"""Graph models of TensorFlow.js as ONNX: what some small detectors are published as.

The graph is JSON: nodes of TensorFlow's operators, and a list of what lies in the file of weights, one array behind the
other. Arrays of TensorFlow have their channels last and ONNX's convolutions want them second, so each is turned around
its convolution; the engine drops the turns that cancel out.

Source: TensorFlow's `ops.pbtxt` for what each operator does, and the file format of TensorFlow.js graph models.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from nis_backend.capabilities.vision.compute.onnx_file import OnnxGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"  # Any: float32 or int64
Node: TypeAlias = dict[str, Any]  # Any: JSON

_TO_FIRST, _TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def build(graph: Path, weights: Path, outputs: Mapping[str, str]) -> bytes:
    """The ONNX file whose results under each name are the nodes named; its one input keeps its name.

    Nodes that no output stands on are left out.

    Raises:
        NotImplementedError: the graph has an operator that is not known here.
    """
    parsed = json.loads(graph.read_text("utf-8"))
    nodes: dict[str, Node] = {node["name"]: node for node in parsed["modelTopology"]["node"]}
    made = _Translation(nodes, _arrays(parsed["weightsManifest"], weights.read_bytes()))
    return made.graph.finish(**{name: made.value(node) for name, node in outputs.items()})


def _arrays(manifest: Sequence[Any], data: bytes) -> dict[str, Array]:  # Any: JSON
    """The constants, as float32 and int64."""
    found: dict[str, Array] = {}
    start = 0
    for one in (one for group in manifest for one in group["weights"]):
        stored = np.dtype(one.get("quantization", {}).get("dtype", one["dtype"])).newbyteorder("<")
        if "scale" in one.get("quantization", {}):
            msg = "weights of eight bits"
            raise NotImplementedError(msg)
        size = math.prod(one["shape"])
        array = np.frombuffer(data, stored, size, start).reshape(one["shape"])
        found[one["name"]] = array.astype(np.float32 if stored.kind == "f" else np.int64)
        start += size * stored.itemsize
    return found


class _Translation:
    """One graph on its way; a value of the new graph is its name there."""

    def __init__(self, nodes: Mapping[str, Node], constants: dict[str, Array]) -> None:
        self.graph = OnnxGraph()
        self._nodes = nodes
        self._constants = constants
        self._done: dict[str, str] = {}

    def value(self, name: str) -> str:
        """What a node, or one of its results ("name:1"), is in the new graph."""
        node, _, place = name.partition(":")
        if node not in self._done:
            self._done[node] = self._translate(node)
        results = self._done[node].split(",")
        return results[int(place or 0)]

    def known(self, name: str) -> Array:
        """A constant, or what is computed from constants alone.

        Raises:
            NotImplementedError: it depends on the picture.
        """
        if name not in self._constants:
            node = self._nodes[name]
            fold = _FOLDED.get(node["op"])
            if fold is None:
                raise _unknown(node, " of what is no constant")
            self._constants[name] = fold(*(self.known(one) for one in node["input"]))
        return self._constants[name]

    def _is_known(self, name: str) -> bool:
        if name in self._constants:
            return True
        node = self._nodes.get(name)
        return node is not None and node["op"] in _FOLDED and all(map(self._is_known, node["input"]))

    def _translate(self, name: str) -> str:
        if self._is_known(name):
            return self.graph.constant(self.known(name))
        node = self._nodes[name]
        if node["op"] == "Placeholder":
            return self.graph.input(name, [int(dim["size"]) for dim in node["attr"]["shape"]["shape"]["dim"]])
        translate = _OPERATORS.get(node["op"])
        if translate is None:
            raise _unknown(node)
        return translate(self, node, node["input"])


def _unknown(node: Node, why: str = "") -> NotImplementedError:
    return NotImplementedError(f"the TensorFlow operator {node['op']}{why}")


_Translate: TypeAlias = "Callable[[_Translation, Node, list[str]], str]"


def _same(operator: str) -> _Translate:
    """An operator that both have."""
    return lambda to, _node, inputs: to.graph.node(operator, *map(to.value, inputs))


def _relu6(to: _Translation, x: str) -> str:
    lowest, highest = (to.graph.constant(np.full((), bound, np.float32)) for bound in (0, 6))
    return to.graph.node("Clip", x, lowest, highest)


def _turned(to: _Translation, operator: str, x: str, *others: str, **attributes: Any) -> str:  # Any: see OnnxGraph.node
    """An operator that wants the channels second, of values that have them last."""
    first = to.graph.node("Transpose", x, perm=_TO_FIRST)
    return to.graph.node("Transpose", to.graph.node(operator, first, *others, **attributes), perm=_TO_LAST)


def _window(node: Node) -> dict[str, Any]:  # Any: see OnnxGraph.node
    """Strides and padding of a window that is moved over a picture."""
    padding = _text(node["attr"]["padding"])
    if padding not in {"SAME", "VALID"} or _text(node["attr"].get("data_format", {"s": "TkhXQw=="})) != "NHWC":
        raise _unknown(node, f" with the padding {padding}")
    return {"strides": _ints(node, "strides")[1:3], "auto_pad": "SAME_UPPER" if padding == "SAME" else "VALID"}


def _conv(to: _Translation, node: Node, inputs: list[str]) -> str:
    """Convolutions, over all channels and a channel at a time, with what is fused into them."""
    weight = to.known(inputs[1])  # (height, width, in, out), or depthwise (height, width, in, each)
    group = 1
    if "Depthwise" in node["op"]:
        group = weight.shape[2]
        weight = weight.reshape(*weight.shape[:2], 1, -1)
    fused = [_text({"s": one}) for one in node["attr"].get("fused_ops", {}).get("list", {}).get("s", ())]
    bias = [to.value(inputs[2])] if "BiasAdd" in fused else []
    x = _turned(
        to,
        "Conv",
        to.value(inputs[0]),
        to.graph.constant(np.ascontiguousarray(weight.transpose(3, 2, 0, 1))),
        *bias,
        group=group,
        dilations=_ints(node, "dilations")[1:3] if "dilations" in node["attr"] else (1, 1),
        **_window(node),
    )
    for one in fused:
        if one == "Relu":
            x = to.graph.node("Relu", x)
        elif one == "Relu6":
            x = _relu6(to, x)
        elif one != "BiasAdd":
            raise _unknown(node, f" with {one}")
    return x


def _max_pool(to: _Translation, node: Node, inputs: list[str]) -> str:
    return _turned(to, "MaxPool", to.value(inputs[0]), kernel_shape=_ints(node, "ksize")[1:3], **_window(node))


def _resize(to: _Translation, node: Node, inputs: list[str]) -> str:
    """Bilinear; where the pixels' centres lie is said by two flags."""
    half, align = (bool(node["attr"].get(flag, {}).get("b")) for flag in ("half_pixel_centers", "align_corners"))
    mode = "half_pixel" if half else "align_corners" if align else "asymmetric"
    x = to.graph.node("Transpose", to.value(inputs[0]), perm=_TO_FIRST)
    # The sizes of batch and channels are those of x; a resize takes all four.
    kept = to.graph.node("Shape", x, start=0, end=2)
    sizes = to.graph.node("Concat", kept, to.graph.constant(to.known(inputs[1])), axis=0)
    resized = to.graph.node("Resize", x, "", "", sizes, mode="linear", coordinate_transformation_mode=mode)
    return to.graph.node("Transpose", resized, perm=_TO_LAST)


def _mean(to: _Translation, node: Node, inputs: list[str]) -> str:
    keeps = int(bool(node["attr"].get("keep_dims", {}).get("b")))
    axes = to.known(inputs[1]).reshape(-1).tolist()
    return to.graph.node("ReduceMean", to.value(inputs[0]), axes=axes, keepdims=keeps)


def _concat(to: _Translation, _node: Node, inputs: list[str]) -> str:
    return to.graph.node("Concat", *map(to.value, inputs[:-1]), axis=int(to.known(inputs[-1])))


def _pad(to: _Translation, _node: Node, inputs: list[str]) -> str:
    """With zeros, or in `PadV2` with a constant."""
    places = to.known(inputs[1]).T.reshape(-1)  # all the beginnings, then all the ends
    fill = to.known(inputs[2]) if len(inputs) > 2 else np.zeros((), np.float32)  # noqa: PLR2004 - see above
    value = to.graph.constant(fill.astype(np.float32))
    return to.graph.node("Pad", to.value(inputs[0]), to.graph.constant(np.ascontiguousarray(places)), value)


def _transpose(to: _Translation, _node: Node, inputs: list[str]) -> str:
    return to.graph.node("Transpose", to.value(inputs[0]), perm=to.known(inputs[1]).tolist())


def _split(to: _Translation, _node: Node, inputs: list[str]) -> str:
    sizes = to.known(inputs[1])
    split = to.graph.constant(sizes)
    return to.graph.node("Split", to.value(inputs[0]), split, outputs=len(sizes), axis=int(to.known(inputs[2])))


def _reshape(to: _Translation, _node: Node, inputs: list[str]) -> str:
    return to.graph.node("Reshape", to.value(inputs[0]), to.graph.constant(to.known(inputs[1])))


def _leaky(to: _Translation, node: Node, inputs: list[str]) -> str:
    return to.graph.node("LeakyRelu", to.value(inputs[0]), alpha=float(node["attr"].get("alpha", {"f": 0.2})["f"]))


_OPERATORS: dict[str, _Translate] = {
    **dict.fromkeys(("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"), _conv),
    **{name: _same("Add") for name in ("Add", "AddV2")},
    **{name: _same(name) for name in ("Identity", "Mul", "Relu", "Sigmoid", "Sub")},
    **dict.fromkeys(("Pad", "PadV2"), _pad),
    "ConcatV2": _concat,
    "LeakyRelu": _leaky,
    "MaxPool": _max_pool,
    "Mean": _mean,
    "Relu6": lambda to, _node, inputs: _relu6(to, to.value(inputs[0])),
    "Reshape": _reshape,
    "ResizeBilinear": _resize,
    "SplitV": _split,
    "Transpose": _transpose,
}


def spread(places: Array, shape: Array, values: Array, rest: Array) -> Array:
    """`SparseToDense`: the values at their places, elsewhere the rest."""
    dense = np.full(shape.reshape(-1), rest, rest.dtype)
    if places.size:
        dense[tuple(places.reshape(len(values), -1).T) if places.ndim > 1 else places] = values
    return dense


_FOLDED: dict[str, Callable[..., Array]] = {
    "SparseToDense": spread,
    **{name: cast("Callable[..., Array]", np.add) for name in ("Add", "AddV2")},
    "Reshape": cast("Callable[..., Array]", np.reshape),
    "Transpose": cast("Callable[..., Array]", np.transpose),
}
"""What is computed here where all inputs are constants: how some exporters write down a padding."""


def _ints(node: Node, name: str) -> list[int]:
    return [int(one) for one in node["attr"][name]["list"]["i"]]


def _text(attribute: Any) -> str:  # Any: JSON
    return base64.b64decode(attribute["s"]).decode("ascii")
