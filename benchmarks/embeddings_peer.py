"""Sentence-transformers as `embeddings.py` asks it: a line of texts in, a line of vectors and of seconds out.

Started by the Python of an environment that has it: with a model's folder, and a file in it for the ONNX backend.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

READ = 256
"""Tokens of a text that are read, as the product does."""


def main() -> None:
    """Answer until there is no line."""
    library: Any = importlib.import_module("sentence_transformers")  # Any: not installed where this is checked
    folder, *file = sys.argv[1:]
    of_file = {"backend": "onnx", "model_kwargs": {"file_name": "".join(file), "provider": "CPUExecutionProvider"}}
    model = library.SentenceTransformer(folder, device="cpu", **(of_file if file else {}))
    model.max_seq_length = READ
    for line in sys.stdin:
        texts = json.loads(line)
        begun = time.perf_counter()
        vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        seconds = time.perf_counter() - begun
        sys.stdout.write(json.dumps({"seconds": seconds, "vectors": vectors.tolist()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
