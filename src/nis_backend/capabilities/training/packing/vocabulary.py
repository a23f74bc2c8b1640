"""A tokenizer.json as llama.cpp reads one: bytes as letters, pairs in the order they are joined (the kind "gpt2").

What llama.cpp has no way to do the same is refused by its name: a file that splits text otherwise would be another
model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
"""Kinds of tokens, as llama.cpp numbers them."""
MARKS = ("bos", "eos", "pad", "unk")
NO_PAIR = "Ā Ā"
"""A pair where a tokenizer has none: the engine wants a list. What it would join is no token, so it stays two bytes."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What goes into the file's head."""

    tokens: list[str]
    kinds: list[int]
    pairs: list[str]
    splits: str
    """How text is split before pairs are joined, by llama.cpp's name for it."""
    marks: dict[str, int]
    """The numbers of the marks that a text begins and ends with, by their kinds."""
    begins: bool
    """Whether a text gets the mark of a beginning by itself."""
    template: str
    """Of a conversation, in Jinja; empty where there is none."""


def vocabulary_of(folder: Path, size: int) -> Vocabulary:
    """The vocabulary of a model with so many rows of embeddings.

    Raises:
        InvalidRequest: llama.cpp has no tokenizer that does the same.
        Unavailable: the tokenizer's file is gone, or none.
    """
    try:
        return _read_vocabulary(folder, size)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise Unavailable(
            "The model's tokenizer.json is gone, or none as the package tokenizers writes it.",
            remedy="Bring back the model's folder from a backup.",
        ) from None


def _read_vocabulary(folder: Path, size: int) -> Vocabulary:
    made: Json = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model: Json = made["model"]
    if model.get("type", "BPE") != "BPE" or made.get("normalizer") is not None:
        raise _other("tokenizer", str(model.get("type")))
    added: list[Json] = made.get("added_tokens") or []
    numbers: dict[Any, int] = {**model["vocab"], **{one["content"]: one["id"] for one in added}}
    if max(numbers.values(), default=0) >= size:
        raise InvalidRequest(
            f"The tokenizer has the number {max(numbers.values())}, and the model {size} embeddings.",
            field="format",
            value=size,
            remedy="The tokenizer is another model's: train with the one that the base came with.",
        )
    if not all(isinstance(token, str) and number >= 0 for token, number in numbers.items()):
        msg = "a token that is no text, or has no number"
        raise TypeError(msg)
    special = {one["content"]: CONTROL if one.get("special") else USER_DEFINED for one in added}
    tokens = [f"[PAD{number}]" for number in range(size)]
    kinds = [UNUSED] * size
    for token, number in numbers.items():
        tokens[number], kinds[number] = token, special.get(token, NORMAL)
    pairs = [one if isinstance(one, str) else " ".join(one) for one in model.get("merges") or ()]
    config = _config(folder)
    return Vocabulary(
        tokens=tokens,
        kinds=kinds,
        pairs=pairs or [NO_PAIR],
        splits=_splits(made.get("pre_tokenizer")),
        marks={kind: number for kind, number in _marks(folder, config, numbers).items() if 0 <= number < size},
        begins=_begins(config, made),
        template=_template(folder, config),
    )


def _splits(given: Json | None) -> str:
    """llama.cpp's name for a way to split text."""
    match given:
        case {"type": "ByteLevel", "add_prefix_space": False, **rest} if rest.get("use_regex", True):
            return "gpt-2"
        case {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, **rest},
            ],
        } if rest.get("use_regex", True):
            return "smollm"
        case _:
            raise _other("pre_tokenizer", json.dumps(given)[:120])


def _other(part: str, value: str) -> InvalidRequest:
    return InvalidRequest(
        f"llama.cpp has no {part} like this model's: {value}.",
        field="format",
        value=value,
        remedy="Take the format safetensors or packed, or train with a byte-level BPE tokenizer.",
    )


def _marks(folder: Path, config: Json, numbers: Mapping[str, int]) -> dict[str, int]:
    """By the tokenizer's settings, else by the model's."""
    found: dict[str, int] = {}
    model: Json = _read(folder / "config.json")
    for kind in MARKS:
        named: Any = config.get(f"{kind}_token")
        text: Any = cast("Json", named).get("content") if isinstance(named, dict) else named
        stated: Any = model.get(f"{kind}_token_id")
        several = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
        number = numbers.get(text) if isinstance(text, str) else next(iter(several), None)
        if isinstance(number, int):
            found[kind] = number
    return found


def _begins(config: Json, made: Json) -> bool:
    """Whether the tokenizer itself puts a mark before a text."""
    after: Json = made.get("post_processor") or {}
    single: Any = after.get("single") if after.get("type") == "TemplateProcessing" else None
    if isinstance(single, list):
        first = next(iter(cast("list[Json]", single)), Json())
        return "SpecialToken" in first
    return config.get("add_bos_token") is True


def _template(folder: Path, config: Json) -> str:
    beside = folder / "chat_template.jinja"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    held: Any = config.get("chat_template")
    return held if isinstance(held, str) else ""


def _config(folder: Path) -> Json:
    return _read(folder / "tokenizer_config.json")


def _read(path: Path) -> Json:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast("Json", found) if isinstance(found, dict) else {}
