"""Networks that are written as ONNX here: each operator of TensorFlow's against values worked out by its definition."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nis_backend.capabilities.vision.compute import tfjs
from nis_backend.capabilities.vision.compute.onnx_file import OnnxGraph
from nis_backend.capabilities.vision.compute.session import Session

Array = NDArray[Any]  # Any: float32 or int32

X = np.arange(2 * 3 * 2, dtype=np.float32).reshape(1, 2, 3, 2) - 5
"""One picture of two rows, three columns and two channels."""


def ints(*values: int) -> dict[str, Any]:
    """An attribute that is a list of whole numbers, as TensorFlow.js writes it."""
    return {"list": {"i": [str(one) for one in values]}}


def text(value: str) -> str:
    """A text, as TensorFlow.js writes it."""
    return base64.b64encode(value.encode()).decode()


WINDOW = {"strides": ints(1, 1, 1, 1), "padding": {"s": text("SAME")}, "data_format": {"s": text("NHWC")}}


def computed(
    folder: Path, op: str, constants: list[Array], output: str = "y", half: tuple[str, ...] = (), **attr: Any
) -> Array:
    """What a graph of one operator, of `X` and constants, answers; those named in `half` are stored in 16 bits."""
    names = [f"c{place}" for place in range(len(constants))]
    nodes: list[dict[str, Any]] = [
        {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": str(n)} for n in X.shape]}}}},
        *({"name": name, "op": "Const"} for name in names),
        {"name": "y", "op": op, "input": ["x", *names], "attr": attr},
    ]
    if op in {"ConcatV2", "SplitV"}:
        nodes[-1]["input"] = ["x", *names] if op == "SplitV" else ["x", "x", *names]
    entries: list[dict[str, Any]] = []
    data = b""
    for name, value in zip(names, constants, strict=True):
        entry: dict[str, Any] = {"name": name, "shape": list(value.shape), "dtype": str(value.dtype)}
        if name in half:
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            data += value.astype("<f2").tobytes()
        else:
            data += value.tobytes()
        entries.append(entry)
    graph = {"modelTopology": {"node": nodes}, "weightsManifest": [{"paths": ["w.bin"], "weights": entries}]}
    (folder / "g.json").write_text(json.dumps(graph))
    (folder / "w.bin").write_bytes(data)
    return Session(tfjs.build(folder / "g.json", folder / "w.bin", {"out": output})).run(X)["out"]


def whole(*values: int) -> Array:
    """Constants of whole numbers."""
    return np.array(values, np.int32)


KERNEL = np.arange(2 * 2 * 2 * 3, dtype=np.float32).reshape(2, 2, 2, 3) / 8 - 1
EACH = KERNEL.reshape(2, 2, 2, 3)[..., :1]
"""A kernel for each channel by itself."""
BIAS = np.array([1, -2, 3], np.float32)


def convolved(stride: int, *, same: bool) -> Array:
    """A convolution by its definition: TensorFlow pads the end first."""
    rows, columns = (2, 3) if same else (1, 2)
    padded = np.pad(X, ((0, 0), (0, 1), (0, 1), (0, 0))) if same else X
    out = np.zeros((1, -(-rows // stride), -(-columns // stride), 3), np.float32)
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            window = padded[0, y * stride : y * stride + 2, x * stride : x * stride + 2]
            out[0, y, x] = np.tensordot(window, KERNEL, 3)
    return out


def each_convolved() -> Array:
    """A channel at a time, two results of each."""
    kernel = np.concatenate([EACH, -EACH], 3)
    padded = np.pad(X, ((0, 0), (0, 1), (0, 1), (0, 0)))
    out = np.zeros((1, 2, 3, 4), np.float32)
    for y in range(2):
        for x in range(3):
            window = padded[0, y : y + 2, x : x + 2]
            out[0, y, x] = np.einsum("hwc,hwck->ck", window, kernel).reshape(-1)
    return out


CASES: list[tuple[str, list[Array], dict[str, Any], Array]] = [
    ("Conv2D", [KERNEL], WINDOW, convolved(1, same=True)),
    ("Conv2D", [KERNEL], {**WINDOW, "strides": ints(1, 2, 2, 1)}, convolved(2, same=True)),
    ("Conv2D", [KERNEL], {**WINDOW, "padding": {"s": text("VALID")}}, convolved(1, same=False)),
    (
        "_FusedConv2D",
        [KERNEL, BIAS],
        {**WINDOW, "fused_ops": {"list": {"s": [text("BiasAdd"), text("Relu")]}}},
        np.maximum(convolved(1, same=True) + BIAS, 0),
    ),
    (
        "_FusedConv2D",
        [KERNEL, BIAS],
        {**WINDOW, "fused_ops": {"list": {"s": [text("BiasAdd"), text("Relu6")]}}},
        (convolved(1, same=True) + BIAS).clip(0, 6),
    ),
    ("DepthwiseConv2dNative", [np.concatenate([EACH, -EACH], 3)], WINDOW, each_convolved()),
    (
        "FusedDepthwiseConv2dNative",
        [np.concatenate([EACH, -EACH], 3), np.array([1, 2, 3, 4], np.float32)],
        {**WINDOW, "fused_ops": {"list": {"s": [text("BiasAdd")]}}},
        each_convolved() + np.array([1, 2, 3, 4]),
    ),
    ("MaxPool", [], {**WINDOW, "ksize": ints(1, 2, 2, 1)}, X[:, [1, 1], :][:, :, [1, 2, 2]]),
    ("Add", [BIAS[:2]], {}, X + BIAS[:2]),
    ("AddV2", [BIAS[:2]], {}, X + BIAS[:2]),
    ("Sub", [BIAS[:2]], {}, X - BIAS[:2]),
    ("Mul", [BIAS[:2]], {}, X * BIAS[:2]),
    ("Identity", [], {}, X),
    ("Relu", [], {}, np.maximum(X, 0)),
    ("Relu6", [], {}, X.clip(0, 6)),
    ("LeakyRelu", [], {"alpha": {"f": 0.1}}, np.where(X < 0, X * 0.1, X)),
    ("Sigmoid", [], {}, 1 / (1 + np.exp(-X))),
    ("Mean", [whole(1, 2)], {"keep_dims": {"b": True}}, X.mean((1, 2), keepdims=True)),
    ("Mean", [whole(1, 2)], {"keep_dims": {"b": False}}, X.mean((1, 2))),
    ("ConcatV2", [whole(3).reshape(())], {}, np.concatenate([X, X], 3)),
    ("Pad", [whole(0, 0, 1, 0, 0, 2, 0, 0).reshape(4, 2)], {}, np.pad(X, ((0, 0), (1, 0), (0, 2), (0, 0)))),
    (
        "PadV2",
        [whole(0, 0, 1, 0, 0, 0, 0, 0).reshape(4, 2), np.array(-9, np.float32)],
        {},
        np.pad(X, ((0, 0), (1, 0), (0, 0), (0, 0)), constant_values=-9),
    ),
    ("Transpose", [whole(0, 3, 1, 2)], {}, X.transpose(0, 3, 1, 2)),
    ("Reshape", [whole(1, -1, 4)], {}, X.reshape(1, 3, 4)),
    # Twice as wide. By half pixels a border keeps its value; else the first column is where it was.
    (
        "ResizeBilinear",
        [whole(2, 6)],
        {"half_pixel_centers": {"b": True}},
        np.stack([X[..., c, :] * (1 - f) + X[..., d, :] * f for c, d, f in
                  ((0, 0, 0), (0, 1, 0.25), (0, 1, 0.75), (1, 2, 0.25), (1, 2, 0.75), (2, 2, 0))], 2),
    ),
    (
        "ResizeBilinear",
        [whole(2, 6)],
        {"half_pixel_centers": {"b": False}},
        np.stack([X[..., c, :] * (1 - f) + X[..., d, :] * f for c, d, f in
                  ((0, 0, 0), (0, 1, 0.5), (1, 1, 0), (1, 2, 0.5), (2, 2, 0), (2, 2, 0))], 2),
    ),
    (
        "ResizeBilinear",
        [whole(2, 5)],
        {"align_corners": {"b": True}},
        np.stack([X[..., c, :] * (1 - f) + X[..., d, :] * f for c, d, f in
                  ((0, 0, 0), (0, 1, 0.5), (1, 1, 0), (1, 2, 0.5), (2, 2, 0))], 2),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("op", "constants", "attr", "wanted"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_an_operator_computes_what_tensorflow_defines(
    tmp_path: Path, op: str, constants: list[Array], attr: dict[str, Any], wanted: Array
) -> None:
    """Each operator of the graphs in the box, its expected values worked out by its definition in NumPy."""
    got = computed(tmp_path, op, constants, **attr)
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_a_split_has_several_results(tmp_path: Path) -> None:
    """`y:1` is the second."""
    sizes, axis = whole(1, 2), whole(2).reshape(())
    np.testing.assert_array_equal(computed(tmp_path, "SplitV", [sizes, axis], "y"), X[:, :, :1])
    np.testing.assert_array_equal(computed(tmp_path, "SplitV", [sizes, axis], "y:1"), X[:, :, 1:])


def test_weights_of_sixteen_bits_are_read(tmp_path: Path) -> None:
    """Half of a float's bytes, where the list of weights says so."""
    value = np.array([0.5, -2], np.float32)
    np.testing.assert_array_equal(computed(tmp_path, "Mul", [value], half=("c0",)), X * value)


def test_what_constants_give_is_worked_out_beforehand(tmp_path: Path) -> None:
    """How one exporter writes a padding: zeros with ones set, and something added."""
    spread = tfjs.spread(whole(1, 3), whole(4), whole(7, 8), whole(0).reshape(()))
    assert spread.tolist() == [0, 7, 0, 8]
    nodes: list[dict[str, Any]] = [
        {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": str(n)} for n in X.shape]}}}},
        {"name": "sum", "op": "AddV2", "input": ["a", "a"]},
        {"name": "pads", "op": "Reshape", "input": ["sum", "shape"]},
        {"name": "y", "op": "Pad", "input": ["x", "pads"], "attr": {}},
    ]
    weights = [
        {"name": "a", "shape": [8], "dtype": "int32"},
        {"name": "shape", "shape": [2], "dtype": "int32"},
    ]
    graph = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": weights}]}
    (tmp_path / "g.json").write_text(json.dumps(graph))
    (tmp_path / "w.bin").write_bytes(whole(0, 0, 1, 0, 0, 0, 0, 0).tobytes() + whole(4, 2).tobytes())
    out = Session(tfjs.build(tmp_path / "g.json", tmp_path / "w.bin", {"out": "y"})).run(X)["out"]
    np.testing.assert_array_equal(out, np.pad(X, ((0, 0), (2, 0), (0, 0), (0, 0))))


@pytest.mark.parametrize(
    ("op", "attr"),
    [("Einsum", {}), ("MaxPool", {**WINDOW, "ksize": ints(1, 2, 2, 1), "padding": {"s": text("EXPLICIT")}})],
)
def test_what_is_not_known_is_refused_by_name(tmp_path: Path, op: str, attr: dict[str, Any]) -> None:
    """No operator is passed over in silence."""
    with pytest.raises(NotImplementedError, match=op):
        computed(tmp_path, op, [], **attr)


def test_attributes_of_each_kind_are_written() -> None:
    """A float, a whole number below zero, a text and a list, as the engine reads them back."""
    graph = OnnxGraph()
    x = graph.input("x", X.shape)
    y = graph.node("LeakyRelu", x, alpha=0.25)
    y = graph.node("Concat", y, y, axis=-1)
    y = graph.node("ReduceMean", y, axes=[1, 2], keepdims=0)
    got = Session(graph.finish(out=y)).run(X)["out"]
    leaky = np.where(X < 0, X * 0.25, X)
    np.testing.assert_allclose(got, np.concatenate([leaky, leaky], 3).mean((1, 2)), atol=1e-6)
