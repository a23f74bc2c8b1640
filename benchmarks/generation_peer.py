"""xllamacpp called bare in one process, as `generation.py` asks it: a line of requests in, a line of answers out.

    generation_peer.py FILE OPTIONS      # OPTIONS as JSON: slots, context, threads, and `same`: as the product has it

All requests of a line are asked at once, each in a thread of its own. The first line out is the address where the same
engine listens, which is llama.cpp's own server.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

Json = dict[str, Any]  # Any: JSON

BATCH = 64
"""As the product has it."""


def load(path: str, *, slots: int, context: int, threads: int, same: bool) -> Any:  # Any: xllamacpp has no types
    """The file in the engine: as it is installed, or with the product's settings."""
    engine: Any = importlib.import_module("xllamacpp")  # Any: as above
    params = engine.CommonParams()
    params.model.path = path
    params.n_parallel, params.n_ctx = slots, slots * context
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 1
    if same:
        params.n_batch = params.n_ubatch = BATCH
        params.cache_ram_mib = 0
        params.cache_type_k = engine.ggml_type.GGML_TYPE_Q8_0
    return engine.Server(params)


def ask(server: Any, request: Json) -> Json:
    """One answer: its words, its tokens, the seconds to the first word."""
    words: list[str] = []
    times = {"first": 0.0}
    tokens = 0
    begun = time.perf_counter()

    def take(chunk: Json) -> bool:
        nonlocal tokens
        if "error" in chunk:
            raise SystemExit(str(chunk))
        for choice in chunk.get("choices", ()):
            if text := choice["delta"].get("content"):
                times["first"] = times["first"] or time.perf_counter() - begun
                words.append(text)
        if usage := chunk.get("usage"):
            tokens = usage["completion_tokens"]
        return False

    server.handle_chat_completions({**request, "stream": True, "stream_options": {"include_usage": True}}, take)
    return {"text": "".join(words), "tokens": tokens, **times}


def main() -> None:
    """Answer until there is no line."""
    path, options = sys.argv[1:]
    server = load(path, **json.loads(options))
    print(json.dumps(str(server.listening_address)), flush=True)
    with ThreadPoolExecutor(16) as pool:
        for line in sys.stdin:
            requests: list[Json] = json.loads(line)
            print(json.dumps(list(pool.map(partial(ask, server), requests))), flush=True)


if __name__ == "__main__":
    main()
