"""A network ready to be computed: onnxruntime on one thread, behind types of ours."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Answers: TypeAlias = dict[str, NDArray[np.float32]]


class Input(NamedTuple):
    """What a network is given; of a size that it leaves open, a name."""

    name: str
    kind: str
    shape: list[int | str | None]


class Session:
    """A network, of an ONNX file or the bytes of one."""

    def __init__(self, model: bytes | str) -> None:
        engine: Any = importlib.import_module("onnxruntime")  # Any: onnxruntime has no types
        options = engine.SessionOptions()
        # Each process of the pool has one core's work.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = engine.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._outputs = [str(one.name) for one in self._session.get_outputs()]
        self.inputs = [Input(one.name, one.type, one.shape) for one in self._session.get_inputs()]

    def run(self, given: NDArray[np.float32]) -> Answers:
        """What it answers to its first input, by name."""
        answers = self._session.run(self._outputs, {self.inputs[0].name: np.ascontiguousarray(given, np.float32)})
        return {name: np.asarray(answer, np.float32) for name, answer in zip(self._outputs, answers, strict=True)}
