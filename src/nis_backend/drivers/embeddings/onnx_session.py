"""ONNX models as embedding loads them. Loads in the worker only."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from pathlib import Path


def session(path: Path, threads: int) -> Any:  # Any: onnxruntime has no types
    """An ONNX model, loaded.

    Raises:
        Unavailable: the engine cannot load it.
    """
    engine: Any = importlib.import_module("onnxruntime")  # Any: as above
    options = engine.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait for each other slow down whatever else wants the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        # Sums and norms in one are slower on a CPU than one after the other: 7 to 9 % of a model's whole time.
        return engine.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
        )
    except Exception as error:  # noqa: BLE001 - the engine raises this very class, and others of its own
        raise Unavailable(
            f"The embedding model {path.name} could not be loaded: {shorten(str(error))}",
            remedy="Fetch the file again; where it is whole, memory is short.",
        ) from None
