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
    "What kinds of training are there?",
    "How can I train a model of my own here?",
    "How can I fine-tune a model on this server?",
    "Which ways of training do you have: LoRA, DPO, BitNet?",
    "What settings does the BitNet recipe have?",
)
CALLED = {
    "bitnet": ("bitnet", "ternary model"),
    "lora": ("lora",),
    "dpo": ("dpo",),
    "text_classifier": ("text classifier", "classifier of texts", "classifier for texts"),
    "image_classifier": ("image classifier", "picture classifier", "classifier of pictures", "classifier for pictures"),
    "table_classifier": ("table classifier", "classifier of rows", "classifier for rows"),
}
"""Words that say which recipe is meant."""

START = (
    "Train a model on my dataset support-chats with the lora recipe.",
    "Fine-tune the embedded model on my dataset dialogues.",
    "Start a BitNet training on my dataset stories.",
    "Train a text classifier on the dataset tickets.",
    "I want to train a classifier for pictures from my dataset photos.",
    "Fine-tune SmolLM2 by LoRA with the examples of dataset support-chats.",
    "Begin a training with the recipe dpo on dataset preferences.",
    "Make a model that learns from the dataset reviews.",
)
LIST = (
    "List my trainings.",
    "Show my last 3 trainings.",
    "Which trainings of mine are running now?",
    "What trainings are there, and how far are they?",
    "How is my training going?",
    "Show the trainings that failed.",
)
COMPARE = (
    "Compare my last two trainings.",
    "What did I set differently between these two trainings?",
)
MODELS = (
    "List the models that came out of my trainings.",
    "List my own trained models.",
    "Which of my trained models are promoted?",
)
