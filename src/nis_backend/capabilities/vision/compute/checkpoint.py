"""The arrays of a PyTorch checkpoint in the layout before 1.6, read without PyTorch, and without what a pickle may do.

The file is five pickles (a magic number, the layout's version, facts of the machine, the state, the storages' keys) and
the bytes of each storage behind its length. Of a pickle's classes only those are known that a state of tensors consists
of.

Source: `torch.serialization._legacy_save`.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C


@dataclass
class _Storage:
    kind: str
    size: int
    data: NDArray[Any] | None = None  # Any: float32 or int64


@dataclass
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[Any]:  # Any: as its storage
        if self.storage.data is None:
            msg = "a tensor without bytes"
            raise ValueError(msg)
        data = self.storage.data[self.offset :]
        last = sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        if self.offset < 0 or min(self.strides, default=0) < 0 or 0 in self.shape or last >= data.size:
            msg = "a tensor beyond its bytes"
            raise ValueError(msg)
        strides = [stride * data.itemsize for stride in self.strides]
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(data, self.shape, strides))


_KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def _rebuilt(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Knows dictionaries, tensors and storages, and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:  # Any: what a pickle calls
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in _KINDS:
            return name
        msg = f"{module}.{name} is not of a state of tensors"
        raise pickle.UnpicklingError(msg)

    def persistent_load(self, pid: Any) -> _Storage:  # Any: a tuple, as the file has it
        _, kind, key, _, size, view = pid
        if view is not None:
            msg = "a storage that is a part of another"
            raise pickle.UnpicklingError(msg)
        return self.storages.setdefault(str(key), _Storage(kind, int(size)))


def read_checkpoint(path: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays by their names; those of whole numbers, which count batches, are left out.

    Raises:
        ValueError: it is not such a file.
        pickle.UnpicklingError: it holds what is no tensor.
    """
    with path.open("rb") as file:
        if _plain(file) != MAGIC:
            msg = "no checkpoint of that layout"
            raise ValueError(msg)
        for _ in ("the layout's version", "facts of the machine"):
            _plain(file)
        reader = _Unpickler(file)
        state = cast("Mapping[str, _Tensor]", reader.load())
        for key in cast("list[str]", _plain(file)):
            storage = reader.storages[key]
            (size,) = struct.unpack("<q", file.read(8))
            if size != storage.size:
                msg = "a storage of another length than was said"
                raise ValueError(msg)
            kind = _KINDS[storage.kind]
            storage.data = np.frombuffer(file.read(size * kind.itemsize), kind)
    return {name: one.array() for name, one in state.items() if one.storage.kind == "FloatStorage"}


def _plain(file: BinaryIO) -> object:
    return _Unpickler(file).load()
