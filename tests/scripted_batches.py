"""A server for tests of batches: its model says what a script holds, and to one question takes long."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from conftest import Server, running_server


@contextmanager
def speaking_in(folder: Path) -> Generator[Server]:
    """The server, its data in the folder."""
    script = folder / "script.json"
    replies = [
        {"when": "endless", "text": "And then " * 50, "pause": 10},
        {"text": "I answer.", "input_tokens": 3, "output_tokens": 2},
    ]
    script.write_text(json.dumps({"replies": replies}))
    with running_server(folder / "data", environment={"NIS_SCRIPTED": str(script)}) as one:
        yield one
