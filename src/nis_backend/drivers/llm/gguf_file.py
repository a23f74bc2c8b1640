"""What a GGUF file says of the model in it, read from its head without the engine.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

MOST_PAIRS, LONGEST = 10_000, 16 * 2**20
"""Pairs of a head, and bytes of one of its texts: a file of megabytes may claim any number."""
MOST_ITEMS = 2_000_000
"""Items of a list: vocabularies have up to some 300,000."""

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each type of fixed size."""
_NUMBERS = {4: "<I", 5: "<i", 10: "<Q", 11: "<q"}
_TEXT, _LIST = 8, 9


@dataclass(frozen=True, kw_only=True)
class Head:
    """Of a model's file."""

    architecture: str
    context: int | None
    """Tokens that it was made for; None when it does not say."""
    tools: bool
    """Whether its template of a conversation has a place for tools."""


def head_of(path: Path) -> Head:
    """What the file says; it is read again when it was changed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no GGUF file.
    """
    at = path.stat()
    return _head(path, at.st_mtime_ns, at.st_size)


@lru_cache(maxsize=64)
def _head(path: Path, _changed: int, _size: int) -> Head:
    with path.open("rb") as file:
        try:
            return _read(file)
        except (struct.error, KeyError, RecursionError) as error:
            raise ValueError(str(error)) from None


def _read(file: BinaryIO) -> Head:
    magic, version, _, pairs = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF" or version not in (2, 3) or pairs > MOST_PAIRS:
        raise ValueError(magic)
    values: dict[str, str | int] = {}
    for _ in range(pairs):
        name = _text(file)
        [kind] = struct.unpack("<I", file.read(4))
        value = _value(file, kind)
        if value is not None:
            values[name] = value
        if name == "tokenizer.chat_template":
            # What follows is of no matter here.
            break
    architecture = str(values.get("general.architecture", ""))
    context = values.get(f"{architecture}.context_length")
    return Head(
        architecture=architecture,
        context=context if isinstance(context, int) and context > 0 else None,
        tools="tools" in str(values.get("tokenizer.chat_template", "")),
    )


def _value(file: BinaryIO, kind: int) -> str | int | None:
    """A text or a whole number; of anything else None, which is read past."""
    if kind == _TEXT:
        return _text(file)
    if kind == _LIST:
        _skip(file)
        return None
    data = file.read(_SIZES[kind])
    return int(struct.unpack(_NUMBERS[kind], data)[0]) if kind in _NUMBERS else None


def _skip(file: BinaryIO) -> None:
    kind, count = struct.unpack("<IQ", file.read(12))
    if count > MOST_ITEMS:
        raise ValueError(count)
    if kind in _SIZES:
        file.seek(count * _SIZES[kind], 1)
        return
    for _ in range(count):
        _text(file) if kind == _TEXT else _skip(file)


def _text(file: BinaryIO) -> str:
    [length] = struct.unpack("<Q", file.read(8))
    if length > LONGEST:
        raise ValueError(length)
    data = file.read(length)
    if len(data) < length:
        raise ValueError(length)
    return data.decode("utf-8", "replace")
