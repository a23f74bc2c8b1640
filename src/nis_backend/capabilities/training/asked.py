"""How people ask for trainings and models, and the small data of the examples."""

from __future__ import annotations

from typing import Any

# Any: the members of requests.
LINES: tuple[dict[str, Any], ...] = tuple(
    {"text": f"Day {day}: the tide came in at {6 + day % 6}, and {day + 3} boats left the harbour before noon."}
    for day in range(1, 25)
)
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
SMALL: dict[str, Any] = {"width": 32, "layers": 1, "heads": 1, "context": 16, "batch": 2, "looks": 1}
TRAINING: dict[str, Any] = {
    "recipe": "bitnet",
    "dataset": "{data.id}",
    "name": "harbour",
    "steps": 2,
    "settings": SMALL,
}

RECIPES = (
    "How can I fine-tune a model on this server?",
    "Which ways of training do you have: LoRA, DPO, BitNet?",
    "What settings does the BitNet recipe have?",
)
START = (
    "Train a model on my dataset support-chats with the lora recipe.",
    "Fine-tune SmolLM2 on my examples.",
    "Start a BitNet training on my texts.",
    "Train a text classifier from my labelled lines.",
)
LIST = (
    "List my trainings.",
    "How is my training going?",
    "Show the trainings that failed.",
)
COMPARE = (
    "Compare my last two trainings.",
    "What did I set differently between these two trainings?",
)
MODELS = (
    "List the models that came out of my trainings.",
    "Which of my trained models are promoted?",
)
