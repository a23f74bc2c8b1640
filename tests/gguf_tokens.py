"""A GGUF file's own vocabulary in another tokenizer than the engine's: what its counts are held against."""

from __future__ import annotations

import importlib
import struct
from pathlib import Path
from typing import Any

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, LIST = 8, 9


def texts_of(path: Path) -> dict[str, list[str]]:
    """The lists of texts in a file's head."""
    data = path.read_bytes()[: 16 * 2**20]
    [pairs] = struct.unpack("<Q", data[16:24])
    at, found = 24, dict[str, list[str]]()

    def text() -> str:
        nonlocal at
        [length] = struct.unpack("<Q", data[at : at + 8])
        at += 8 + length
        return data[at - length : at].decode()

    for _ in range(pairs):
        name = text()
        [kind] = struct.unpack("<I", data[at : at + 4])
        at += 4
        if kind == TEXT:
            text()
        elif kind == LIST:
            inner, count = struct.unpack("<IQ", data[at : at + 12])
            at += 12
            if inner == TEXT:
                found[name] = [text() for _ in range(count)]
            else:
                at += SIZES[inner] * count
        else:
            at += SIZES[kind]
    return found


def tokenizer_of(path: Path) -> Any:  # Any: tokenizers has no types
    """SmolLM2's: pairs of bytes, each digit by itself, its marks whole.

    Source: the `tokenizer.json` that the model was published with.
    """
    library: Any = importlib.import_module("tokenizers")  # Any: as above
    head = texts_of(path)
    words = head["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in head["tokenizer.ggml.merges"]]
    pairs = library.models.BPE({word: number for number, word in enumerate(words)}, merges)
    found = library.Tokenizer(pairs)
    before = library.pre_tokenizers
    found.pre_tokenizer = before.Sequence(
        [before.Digits(individual_digits=True), before.ByteLevel(add_prefix_space=False)]
    )
    found.add_special_tokens([word for word in words if word.startswith("<|")])
    return found
