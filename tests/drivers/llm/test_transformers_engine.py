"""Many kinds of models in the one loop that answers: `tests/transformers_families.py` asks them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_models_of_many_kinds_answer_as_each_alone(root: Path) -> None:
    """What `generate` gives of each prompt alone is what they give alone and together, at the token.

    With keys and values of all tokens they share batches; with a window, distances or a state they take turns. One that
    keeps what it has read in itself would mix answers up, and is refused.
    """
    script = [sys.executable, str(root / "tests" / "transformers_families.py")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    batched, in_turns = "same alone and together, in batches", "same alone and together"
    assert json.loads(done.stdout) == {
        "Llama": batched,
        "Qwen3": batched,
        "GPT2": batched,
        "Mixtral": batched,
        "Mistral": in_turns,
        "Gemma3Text": in_turns,
        "Bloom": in_turns,
        "Mamba": in_turns,
        "RecurrentGemma": "It does not go on from what it has read, as models are asked here.",
    }
