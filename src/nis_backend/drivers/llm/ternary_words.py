"""A trained model's words as numbers and back, and a conversation as it was taught one, inside a worker process.

The tokenizers of this server's own recipes have marks of whoever speaks; a conversation is put together of them, so
that words that are written like a mark are only words. For others the model's template is filled in, where jinja2 is
there.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.llm.held import too_long
from nis_backend.drivers.llm.openai_parts import words_in
from nis_backend.errors import InvalidRequest, Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json

BEGIN, USER, ASSISTANT, END = "<|begin|>", "<|user|>", "<|assistant|>", "<|end|>"
SPEAKERS = {"system": "", "user": USER, "assistant": ASSISTANT, "tool": USER}
"""The mark before each one's words; a tool's result is told by the user."""
COUNTED = 2**18
"""Characters that are counted although they may not fit: it takes half a second, in which nobody else is answered."""
LEAST = -9999.0
"""What is said of a token that has no chance at all: no JSON has minus infinity."""


class Words:
    """The tokenizer of a model's folder."""

    def __init__(self, folder: Path, called: str, context: int | None = None) -> None:
        """What cannot fit `context` tokens is refused before they are counted, which holds up all others."""
        tokenizers: Any = importlib.import_module("tokenizers")  # Any: it has no types
        self._called = called
        self._folder = folder
        self._context = context
        try:
            self._made: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # noqa: BLE001 - what the library raises for a file that is none
            raise Unavailable(
                f"{called} has no tokenizer.json that can be read: {shorten(str(error))}.",
                remedy="Bring back its folder from a backup, or train it again.",
            ) from None
        added: dict[int, Any] = self._made.get_added_tokens_decoder()
        self._asking = threading.Lock()
        self._special = {str(one.content): number for number, one in added.items() if one.special}
        self.marks = frozenset(self._special.values())
        """The numbers that are no words."""

    def conversation(self, messages: Sequence[Json]) -> list[int]:
        """The numbers up to where the model's answer begins."""
        turns = [(str(one["role"]), words_in(one.get("content"))) for one in messages]
        self._check("".join(words for _, words in turns))
        if not {BEGIN, USER, ASSISTANT, END} <= self._special.keys():
            return self._encode(self._rendered(turns), special=True)
        tokens = [self._special[BEGIN]]
        for role, words in turns:
            mark = SPEAKERS.get(role, USER)
            tokens += [self._special[mark]] if mark else []
            tokens += [*self._encode(words, special=False), self._special[END]]
        return [*tokens, self._special[ASSISTANT]]

    def tokens(self, text: str) -> list[int]:
        """The numbers of words by themselves."""
        self._check(text)
        return self._encode(text, special=False)

    def decode(self, tokens: Sequence[int]) -> str:
        """The characters of some numbers; those that are not whole become U+FFFD."""
        return str(self._made.decode(list(tokens), skip_special_tokens=False))

    def spelled(self, token: int) -> Json:
        """A token as probabilities name it."""
        text = str(self._made.id_to_token(token) or "")
        data = text.encode() if token in self.marks else bytes(self._bytes.get(one, ord("?")) for one in text)
        return {"token": data.decode("utf-8", "replace"), "bytes": list(data)}

    def _encode(self, text: str, *, special: bool) -> list[int]:
        # Told each time, and held meanwhile: several threads ask, and each of them one of the two.
        with self._asking:
            self._made.encode_special_tokens = not special
            return list(self._made.encode(text, add_special_tokens=False).ids)

    def _check(self, text: str) -> None:
        """That so many characters may be few enough tokens, of which none has more than the longest.

        Raises:
            InvalidRequest: they cannot be.
        """
        if self._context is not None and len(text) > max(COUNTED, self._context * self._longest):
            raise too_long(self._called, f"more than {len(text) // self._longest}", self._context)

    def _rendered(self, turns: Sequence[tuple[str, str]]) -> str:
        """The conversation as the model's template writes it; without one the words alone, from which it goes on.

        Raises:
            Unavailable: jinja2 is not installed.
            InvalidRequest: the template has no place for such a conversation.
        """
        if not self._template:
            return "\n\n".join(words for _, words in turns)
        if importlib.util.find_spec("jinja2") is None:
            raise Unavailable(
                f"{self._called} has a template of its own, which takes the package jinja2.",
                remedy="Install nis with it: pip install 'nis-backend[transformers]'",
            )
        sandbox: Any = importlib.import_module("jinja2.sandbox")  # Any: only its two calls are wanted of it
        plain = [{"role": role, "content": words.replace("<|", "< |")} for role, words in turns]
        try:
            made = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
            return str(made.from_string(self._template).render(messages=plain, add_generation_prompt=True))
        except Exception as error:  # noqa: BLE001 - a template may fail in any way
            raise InvalidRequest(
                f"The template of {self._called[0].lower()}{self._called[1:]} takes no such conversation:"
                f" {shorten(str(error))}.",
                field="messages",
                remedy="Let user and assistant take turns, or leave the instructions out.",
            ) from None

    @cached_property
    def _longest(self) -> int:
        """Letters of the longest token: of a byte-level tokenizer its bytes."""
        vocabulary: dict[str, int] = self._made.get_vocab()
        return max(map(len, vocabulary), default=1)

    @cached_property
    def _template(self) -> str:
        beside = self._folder / "chat_template.jinja"
        if beside.is_file():
            return beside.read_text(encoding="utf-8")
        try:
            config: Any = json.loads((self._folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return ""
        held: Any = cast("Json", config).get("chat_template") if isinstance(config, dict) else None
        return held if isinstance(held, str) else ""

    @cached_property
    def _bytes(self) -> dict[str, int]:
        """The byte that each letter of a byte-level tokenizer stands for."""
        plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
        others = [byte for byte in range(256) if byte not in plain]
        return {chr(byte): byte for byte in plain} | {chr(256 + at): byte for at, byte in enumerate(others)}


def alternatives(logits: NDArray[Any], most: int) -> list[tuple[int, float]]:
    """The likeliest tokens and their log probabilities, by what the model itself gives them."""
    numpy: Any = importlib.import_module("numpy")  # Any: loads in the worker only
    wide = logits.astype(numpy.float64)
    told = wide - wide.max()
    told -= numpy.log(numpy.exp(told).sum())
    best = numpy.argsort(-told, kind="stable")[:most]
    return [(int(token), max(float(told[token]), LEAST)) for token in best]
