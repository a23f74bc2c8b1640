"""Small models of many kinds, of random numbers: are the engine's answers those that `generate` gives of each alone?

    python tests/transformers_families.py      # prints, as JSON, what each kind has made of it

A program of its own: torch stays out of the suite's process.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from nis_backend.drivers.llm.transformers_engine import Engine
from nis_backend.errors import NisError, Unavailable

USUAL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 512,
}
KINDS: dict[str, dict[str, Any]] = {
    "Llama": {},
    "Qwen3": {"head_dim": 8, "num_key_value_heads": 2},
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4},
    "Mixtral": {"num_local_experts": 4},
    "Mistral": {"sliding_window": 16},
    "Gemma3Text": {"head_dim": 8, "sliding_window": 16},
    "Bloom": {"n_layer": 2, "n_head": 4},
    "Mamba": {"state_size": 8},
    "RecurrentGemma": {"num_hidden_layers": 3, "attention_window_size": 16},
}
"""What is small about them, and special: experts, a window, distances in place of positions, a state."""
LENGTHS = ((200, 24), (7, 9), (40, 20), (133, 14))
"""Tokens of each prompt and of its answer: one is read in pieces, they join at different times, one leaves early."""


@dataclass(eq=False, kw_only=True)
class Greedy:
    """A row that takes the likeliest token, so many times."""

    tokens: list[int]
    alone: bool
    left: int
    stopped: bool = False
    made: list[int] = field(default_factory=list[int])
    failure: NisError | None = None
    gone: threading.Event = field(default_factory=threading.Event)

    def take(self, numbers: Any) -> bool:
        """See `Row.take`."""
        self.made.append(int(numbers.argmax()))
        self.tokens.append(self.made[-1])
        self.left -= 1
        return self.left > 0

    def leave(self, error: NisError | None) -> None:
        """See `Row.leave`."""
        self.failure = error
        self.gone.set()


def answers(engine: Engine, prompts: list[list[int]], *, alone: bool) -> list[list[int]]:
    """The tokens that the engine makes of these, all asked at once."""
    rows = [
        Greedy(tokens=list(tokens), alone=alone, left=most) for tokens, (_, most) in zip(prompts, LENGTHS, strict=True)
    ]
    for row in rows:
        engine.add(row)
    for row in rows:
        assert row.gone.wait(120)
        assert row.failure is None, row.failure
    return [row.made for row in rows]


def tried(kind: str) -> str:
    """What has become of one kind."""
    torch: Any = importlib.import_module("torch")  # Any: read without its types
    library: Any = importlib.import_module("transformers")  # Any: as above
    torch.manual_seed(0)
    torch.set_num_threads(1)
    # Beginnings and ends that its usual vocabulary has, and this one not.
    marks = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": 0}
    config = getattr(library, f"{kind}Config")(**{**USUAL, "vocab_size": 256, **marks, **KINDS[kind]})
    model = library.AutoModelForCausalLM.from_config(config).float().eval()
    prompts = [torch.randint(3, 250, (count,)).tolist() for count, _ in LENGTHS]
    try:
        engine = Engine(model, slots=3, called="It")
    except Unavailable as error:
        return error.message
    wanted: list[list[int]] = []
    for tokens, (_, most) in zip(prompts, LENGTHS, strict=True):
        made = model.generate(
            torch.tensor([tokens]), max_new_tokens=most, min_new_tokens=most, do_sample=False, pad_token_id=0
        )
        wanted.append(made[0][len(tokens) :].tolist())
    said = [
        name
        for name, alone in (("alone", True), ("together", False))
        if answers(engine, prompts, alone=alone) == wanted
    ]
    return f"same {' and '.join(said)}{', in batches' if engine.joins else ''}"


if __name__ == "__main__":
    json.dump({kind: tried(kind) for kind in KINDS}, sys.stdout)
