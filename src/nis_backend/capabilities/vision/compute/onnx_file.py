"""A neural network written as an ONNX file: what other formats are turned into, so that one engine computes all.

    graph = OnnxGraph()
    x = graph.input("image", (1, 3, 224, 224))
    y = graph.node("Relu", x)
    data = graph.finish(logits=y)

Source: the message definitions of ONNX 1.17 (onnx.proto) and the wire format of protocol buffers.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]  # Any: float32 or int64

Attribute: TypeAlias = "int | float | str | Sequence[int]"

OPSET = 17
"""The set of operators that the nodes are of; the newest in which a mean's axes are an attribute."""

IR_VERSION = 8
"""Of the file's layout, as that set of operators wants it."""

FLOAT, INT64 = 1, 7  # TensorProto.DataType
_OF_FLOAT, _OF_INT, _OF_STRING, _OF_INTS = 1, 2, 3, 7  # AttributeProto.AttributeType


class OnnxGraph:
    """A graph in the making; a value is its name."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[tuple[bytes, memoryview]] = []
        """What is said of each, and its numbers: they are the most of a file, and are copied once."""
        self._inputs: list[bytes] = []
        self._names = 0

    def input(self, name: str, shape: Sequence[int], kind: int = FLOAT) -> str:
        """A value that is given, of this shape, in which -1 is any size."""
        self._inputs.append(_value(name, shape, kind))
        return name

    def constant(self, value: Array) -> str:
        """A value that is known: float32 or int64."""
        name = self._name()
        kind = FLOAT if value.dtype == np.float32 else INT64
        dims = b"".join(_whole(1, size) for size in value.shape)
        numbers = np.ascontiguousarray(value).data.cast("B") if value.size else memoryview(b"")
        self._constants.append((dims + _whole(2, kind) + _text(8, name) + _head(9, numbers.nbytes), numbers))
        return name

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Attribute) -> str:
        """What an operator makes of values: the name of its first result, where there are more of all, with commas."""
        names = [self._name() for _ in range(outputs)]
        self._nodes.append(
            b"".join(_text(1, name) for name in inputs)
            + b"".join(_text(2, name) for name in names)
            + _text(4, operator)
            + b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        )
        return ",".join(names)

    def finish(self, **outputs: str) -> bytes:
        """The file, whose results are these values under these names."""
        for name, value in outputs.items():
            self._nodes.append(_text(1, value) + _text(2, name) + _text(4, "Identity"))
        graph: list[bytes | memoryview] = [_bytes(1, node) for node in self._nodes]
        graph.append(_text(2, "graph"))
        for said, numbers in self._constants:
            graph += [_head(5, len(said) + numbers.nbytes), said, numbers]
        graph += [_bytes(11, value) for value in self._inputs]
        graph += [_bytes(12, _value(name, None)) for name in outputs]
        size = sum(map(len, graph))
        after = _bytes(8, _text(1, "") + _whole(2, OPSET))
        return b"".join([_whole(1, IR_VERSION), _head(7, size), *graph, after])

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        said, kind = _key(2, 5) + struct.pack("<f", value), _OF_FLOAT
    elif isinstance(value, int):
        said, kind = _whole(3, value), _OF_INT
    elif isinstance(value, str):
        said, kind = _text(4, value), _OF_STRING
    else:
        said, kind = b"".join(_whole(8, one) for one in value), _OF_INTS
    return _text(1, name) + said + _whole(20, kind)


def _value(name: str, shape: Sequence[int] | None, kind: int = FLOAT) -> bytes:
    """A value's name and type; one whose shape is not told has any."""
    said = _whole(1, kind)
    if shape is not None:
        said += _bytes(2, b"".join(_bytes(1, _whole(1, size) if size >= 0 else b"") for size in shape))
    return _text(1, name) + _bytes(2, _bytes(1, said))


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _whole(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _head(field, len(value)) + value


def _head(field: int, size: int) -> bytes:
    """What stands before so many bytes."""
    return _key(field, 2) + _varint(size)


def _varint(value: int) -> bytes:
    value &= 0xFFFF_FFFF_FFFF_FFFF  # a negative number is its two's complement
    digits = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)
