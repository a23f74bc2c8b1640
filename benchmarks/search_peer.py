"""ChromaDB as `search.py` asks it: a line with files of vectors and of queries in, a line of what it took out.

Started by the Python of an environment that has it, with the folder of its data.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer until there is no line."""
    numpy: Any = importlib.import_module("numpy")  # Any: not typed where it runs
    chromadb: Any = importlib.import_module("chromadb")  # Any: not installed where this is checked
    client = chromadb.PersistentClient(path=sys.argv[1], settings=chromadb.config.Settings(anonymized_telemetry=False))
    for line in sys.stdin:
        asked = json.loads(line)
        vectors, queries = numpy.load(asked["vectors"]), numpy.load(asked["queries"])
        texts = Path(asked["texts"]).read_text("utf-8").split("\n")
        begun = time.perf_counter()
        found = client.create_collection(
            f"of-{len(vectors)}", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        most = client.get_max_batch_size()
        for start in range(0, len(vectors), most):
            ids = [str(number) for number in range(start, min(start + most, len(vectors)))]
            found.add(ids=ids, embeddings=vectors[start : start + most], documents=texts[start : start + most])
        built = time.perf_counter() - begun
        found.query(query_embeddings=queries[:1], n_results=asked["top"])
        answers: list[list[int]] = []
        seconds: list[float] = []
        for query in queries:
            begun = time.perf_counter()
            answer = found.query(query_embeddings=[query], n_results=asked["top"])
            seconds.append(time.perf_counter() - begun)
            answers.append([int(one) for one in answer["ids"][0]])
        sys.stdout.write(json.dumps({"built": built, "seconds": seconds, "found": answers}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
