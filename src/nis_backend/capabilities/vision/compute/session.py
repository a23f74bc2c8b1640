"""A network ready to be computed: onnxruntime on one thread, behind types of ours."""

from __future__ import annotations

import functools
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


@functools.cache
def _engine() -> Any:  # Any: onnxruntime has no types
    """The engine, with one arena for all networks of a process: else each keeps what its largest picture took."""
    engine: Any = importlib.import_module("onnxruntime")
    usual = {"max_mem": 0, "arena_extend_strategy": 0, "initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    place = engine.OrtMemoryInfo("Cpu", engine.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, engine.OrtMemType.DEFAULT)
    engine.create_and_register_allocator(place, engine.OrtArenaCfg(usual))
    return engine


def open_network(model: bytes | str) -> Any:  # Any: as above
    """The engine's own session, of an ONNX file or the bytes of one."""
    options = _engine().SessionOptions()
    # Each process of the pool has one core's work, and others wait for the processor.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.enable_mem_pattern = False  # it keeps a plan, and memory for it, of each size of picture that was met
    options.log_severity_level = 4
    return _engine().InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Session:
    """A network, of an ONNX file or the bytes of one."""

    def __init__(self, model: bytes | str) -> None:
        self._session = open_network(model)
        self._outputs = [str(one.name) for one in self._session.get_outputs()]
        self.inputs = [Input(one.name, one.type, one.shape) for one in self._session.get_inputs()]

    def run(self, given: NDArray[np.float32]) -> Answers:
        """What it answers to its first input, by name."""
        answers = self._session.run(self._outputs, {self.inputs[0].name: np.ascontiguousarray(given, np.float32)})
        return {name: np.asarray(answer, np.float32) for name, answer in zip(self._outputs, answers, strict=True)}
