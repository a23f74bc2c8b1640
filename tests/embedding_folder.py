"""Folders with embedding models, as sentence-transformers saves them, made of what is in the box."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import BertWordPieceTokenizer

from nis_backend.drivers.embeddings.minilm import DIMENSIONS, MAX_TOKENS, WEIGHT
from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights

MODULES = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]


def written(path: Path, content: object) -> None:
    """A file of JSON, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def described(folder: Path, modules: list[tuple[str, str]], mode: str = "mean_tokens") -> Path:
    """The files that say which modules a model has, and its tokenizer."""
    kinds = [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for index, (path, kind) in enumerate(modules)
    ]
    written(folder / "modules.json", kinds)
    written(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 1, f"pooling_mode_{mode}": True})
    with resources.as_file(resources.files("nis_backend.drivers.embeddings") / "bert_uncased_vocab.txt") as vocabulary:
        BertWordPieceTokenizer(str(vocabulary), lowercase=True).save(str(folder / "tokenizer.json"))
    return folder


def minilm_folder(place: Path) -> Path:
    """The model in the box as a folder of its own."""
    folder = place / "mini"
    if not folder.exists():
        described(folder, MODULES)
        written(folder / "config.json", {"model_type": "bert", "hidden_size": DIMENSIONS})
        written(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS})
        (folder / "onnx").mkdir()
        given = os.environ.get("NIS_TEST_WEIGHTS")
        weights = Weights.of(read_settings(os.environ, weights=Path(given) if given else None))
        (folder / "onnx" / "model.onnx").symlink_to(weights.path(weights.find(WEIGHT)))
    return folder


def safetensors(path: Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Arrays as the format has them."""
    head: dict[str, object] = {}
    body = b""
    for name, array in arrays.items():
        kind = {"float32": "F32", "float16": "F16", "int64": "I64"}[array.dtype.name]
        end = len(body) + array.nbytes
        head[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), end]}
        body += array.tobytes()
    text = json.dumps(head).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
