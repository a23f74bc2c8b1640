"""Text as numbers: byte-level pairs with four marks, in the files that Transformers, tokenizers and llama.cpp read.

Numbers 0 to 255 are the bytes themselves, 256 to 259 the marks, and from 260 on stand the pairs that were learned: so a
tokenizer without any reads every text, and two tokenizers differ only in what they have beyond 260.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BEGIN, USER, ASSISTANT, END = "<|begin|>", "<|user|>", "<|assistant|>", "<|end|>"
MARKS = (BEGIN, USER, ASSISTANT, END)
BYTES = 256
MOST_MERGES = 32_000
TOKENIZER, CONFIG = "tokenizer.json", "tokenizer_config.json"

# A system's words stand behind the beginning, where no one has spoken yet.
TEMPLATE = (
    "{{ '<|begin|>' }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<|user|>' }}"
    "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>' }}{% endif %}"
    "{{ message['content'] }}{{ '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
"""How a conversation is written out; `Tokens.chat` writes the same."""
SPEAKERS = {"system": (), "user": (USER,), "assistant": (ASSISTANT,)}


class Message(TypedDict):
    """One message of a conversation."""

    role: str
    content: str


def letters() -> list[str]:
    """The character that stands for each byte in a byte-level tokenizer's files, as GPT-2's has it.

    Source: Radford et al. (2019), "Language models are unsupervised multitask learners", and its published encoder.
    """
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(BYTES, 2 * BYTES))
    return [chr(byte if byte in plain else next(others)) for byte in range(BYTES)]


@dataclass(frozen=True, kw_only=True)
class Chat:
    """A conversation as numbers, and which of them the model has to say."""

    ids: list[int]
    said: list[bool]
    """Whether each is an assistant's word, or the mark that ends it."""


@dataclass(frozen=True)
class Tokens:
    """A tokenizer; whose marks are not ours has none of them, and takes texts only."""

    made: Any = field(repr=False)
    """Of tokenizers, which has no types: a `Tokenizer`."""
    config: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(self.made.get_vocab_size(with_added_tokens=True))

    @cached_property
    def marks(self) -> dict[str, int]:
        """The number of each mark."""
        found = {mark: self.made.token_to_id(mark) for mark in MARKS}
        if None in found.values():
            missing = [mark for mark, number in found.items() if number is None]
            raise InvalidRequest(
                f"the tokenizer has no {' '.join(missing)}",
                field="base",
                value=" ".join(missing),
                remedy="take a base that was trained here, or none",
            )
        return found

    @property
    def begin(self) -> int:
        """What a text begins with; a foreign tokenizer without such has it begin with its end."""
        number = self.made.token_to_id(self.config.get("bos_token") or "")
        return self.end if number is None else int(number)

    @property
    def end(self) -> int:
        """What a text ends with."""
        number = self.made.token_to_id(self.config.get("eos_token") or "")
        if number is None:
            raise InvalidRequest(
                "the tokenizer names no eos_token", field="base", value=CONFIG, remedy="name one in the base's files"
            )
        return int(number)

    @cached_property
    def lengths(self) -> list[int]:
        """How many bytes of text each number stands for; marks stand for none."""
        known: dict[str, int] = self.made.get_vocab(with_added_tokens=True)
        special = {token.content for token in self.made.get_added_tokens_decoder().values()}
        found = [0] * (max(known.values()) + 1)
        for token, number in known.items():
            found[number] = 0 if token in special else len(token)  # one letter a byte
        return found

    def encode(self, text: str) -> list[int]:
        """The numbers of a text; a mark that is written out in it is read as its letters."""
        self.made.encode_special_tokens = True
        return list(self.made.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text, without marks; bytes that are no character become U+FFFD."""
        return str(self.made.decode(list(ids), skip_special_tokens=True))

    def document(self, text: str) -> list[int]:
        """A text between its beginning and its end."""
        return [self.begin, *self.encode(text), self.end]

    def chat(self, messages: Sequence[Message], *, answer: bool = False) -> Chat:
        """A conversation as `TEMPLATE` writes it; with `answer`, up to where the assistant begins."""
        ids, said = [self.begin], [False]
        for message in messages:
            speaker = SPEAKERS.get(message["role"])
            if speaker is None:
                raise InvalidRequest(
                    f"a message is by {message['role']!r}",
                    field="messages.role",
                    value=message["role"],
                    remedy=f"one of {', '.join(SPEAKERS)}",
                )
            opening = [self.marks[mark] for mark in speaker]
            words = [*self.encode(message["content"]), self.marks[END]]
            ids += [*opening, *words]
            said += [*(False for _ in opening), *(message["role"] == "assistant" for _ in words)]
        if answer:
            ids.append(self.marks[ASSISTANT])
            said.append(False)
        return Chat(ids=ids, said=said)

    def save(self, folder: Path, context: int) -> None:
        """Write both files; `context` is the longest text that the model takes, in numbers."""
        self.made.encode_special_tokens = False  # who loads the files means marks where they are written
        self.made.save(str(folder / TOKENIZER))
        config = {**self.config, "model_max_length": context}
        (folder / CONFIG).write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def learn(texts: Iterable[str], merges: int = 0) -> Tokens:
    """A tokenizer with up to that many pairs, the most frequent of the texts.

    Source: Sennrich, Haddow & Birch, ACL 54 (2016), 1715-1725; on bytes as in GPT-2.
    """
    if not 0 <= merges <= MOST_MERGES:
        raise InvalidRequest(
            f"{merges} merges", field="merges", value=merges, remedy=f"a number from 0 to {MOST_MERGES}"
        )
    return _made(_pairs(texts, merges) if merges else [])


def load(folder: Path) -> Tokens:
    """The tokenizer of a model's folder."""
    tokenizers: Any = import_module("tokenizers")  # Any: it has no types
    try:
        made = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except Exception as error:  # tokenizers raises plain Exception for a file that is none
        raise InvalidRequest(
            f"the base's tokenizer cannot be read: {error}",
            field="base",
            value=folder.name,
            remedy=f"a folder with a {TOKENIZER} that the library tokenizers reads, and a {CONFIG}",
        ) from error
    return Tokens(made, config)


def _pairs(texts: Iterable[str], merges: int) -> list[tuple[str, str]]:
    tokenizers: Any = import_module("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=BYTES + merges, initial_alphabet=letters(), show_progress=False, min_frequency=2
    )
    made.train_from_iterator(texts, trainer)
    found: list[tuple[str, str]] = [(one, other) for one, other in json.loads(made.to_str())["model"]["merges"]]
    return found[:merges]


def _made(pairs: list[tuple[str, str]]) -> Tokens:
    tokenizers: Any = import_module("tokenizers")
    numbers = {letter: byte for byte, letter in enumerate(letters())}
    numbers |= {mark: BYTES + at for at, mark in enumerate(MARKS)}
    for one, other in pairs:
        numbers.setdefault(one + other, len(numbers))  # two pairs may make the same token
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=numbers, merges=pairs))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = tokenizers.decoders.ByteLevel()
    made.add_special_tokens(list(MARKS))
    # As Llama's: a text alone gets its beginning, a conversation has it from the template.
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN} $B", special_tokens=[(BEGIN, numbers[BEGIN])]
    )
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BEGIN,
        "eos_token": END,
        "pad_token": END,
        "add_bos_token": True,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    return Tokens(made, config)
