"""faster-whisper as `voice.py` asks it: a line with a file's name in, a line with its words and seconds out.

Started by the Python of an environment that has it: with a folder of the model, and how its numbers are kept.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any


def main() -> None:
    """Answer until there is no line."""
    library: Any = importlib.import_module("faster_whisper")  # Any: not installed where this is checked
    folder, compute = sys.argv[1:]
    model = library.WhisperModel(folder, device="cpu", compute_type=compute, cpu_threads=1)
    for line in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        segments, _ = model.transcribe(line.rstrip("\n"), language="en", vad_filter=True, beam_size=5)
        text = " ".join(one.text.strip() for one in segments)
        answer = {"text": text, "wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
