"""Ordinary prose that ships with Python: some that a fine-tuning is held to, other by which is measured what it forgot.

Held to: what the standard library's modules say of themselves, half of it as an assistant's answers. Measured on: the
language reference, of which nothing is learned or held to. Both are English, with code in it.
"""

from __future__ import annotations

import math
import pydoc_data.topics
import re
import sys
import sysconfig
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import frozen
from nis_backend.capabilities.training.bucketed import filled, shuffled
from nis_backend.capabilities.training.turns import Turns, encoded
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

torch: Any = import_module("torch")  # Any: this project reads it without its types
Tensor = Any

CHAPTERS = slice(5, 45, 2)
"""Of the language reference by name, those that are measured on."""
LENGTH = 128
"""Tokens of a chapter that are measured: its beginning."""
CHARACTERS, TOKENS = 240, 64
"""Of a piece that is held to, at most; what a template adds comes on top."""
ASKED = (
    "What is {name}?",
    "{text}",
    "Explain this: {text}",
    "Hello, can you help me with {name}?",
    "Give me three facts about {name}.",
    "Write a few lines about {name}, please.",
    "Why would anybody want this? {text}",
    "Please send me a note on {name} by Monday.",
    "How do I use {name}, and what does it cost me?",
    "Summarise: {text}",
    "We need {name} in our office. Who knows about it?",
)
"""What such an answer answers: as many ways to ask as keep a model from knowing ordinary talk by its words."""
DOCSTRING = re.compile(r'(?:#[^\n]*\n|\s)*[rR]?"""(.*?)"""', re.DOTALL)
"""A module's, where it is the first that stands in it: reading all modules as Python takes a second."""
LEAST = 400
"""Characters of a docstring below which it is a heading."""


@cache
def pieces() -> tuple[tuple[str, str], ...]:
    """What modules of the standard library say of themselves, cut up: name and text."""
    root = Path(sysconfig.get_path("stdlib"))
    found: list[tuple[str, str]] = []
    for name in sorted(sys.stdlib_module_names):
        for path in (root / f"{name}.py", root / name / "__init__.py"):
            if name.startswith("_") or not path.is_file():
                continue
            docstring = DOCSTRING.match(path.read_text(encoding="utf-8", errors="replace"))
            told = docstring[1].strip() if docstring else ""
            if len(told) >= LEAST:
                found += [(name, told[at : at + CHARACTERS]) for at in range(0, len(told) - CHARACTERS, CHARACTERS)]
    return tuple(found)


def drawn(tokenizer: Any, seed: int, step: int) -> Turns:  # Any: has no types here
    """The piece that a step is held to: plain at one, an assistant's answer at the next."""
    known = pieces()
    epoch, place = divmod(step, len(known))
    name, text = known[_order(len(known), seed, epoch)[place]]
    if step % 2:
        asked = ASKED[step // 2 % len(ASKED)].format(name=name, text=" ".join(text[: CHARACTERS // 3].split()))
        talk = [{"role": "user", "content": asked}, {"role": "assistant", "content": text}]
        try:
            return encoded(tokenizer, talk)
        except InvalidRequest:
            pass  # a template that wants more before an answer, which is nothing that rows are wrong about
    return _plain(tokenizer, text, TOKENS)


def strayed(model: Any, row: Turns) -> Tensor:  # Any: peft has no types
    """KL(base || adapted) of what comes next after each token of a row, in the mean; nats."""
    ids = torch.tensor(row.ids)[None]
    plain = model.get_base_model()

    def logs() -> Tensor:
        states = plain.base_model(input_ids=ids).last_hidden_state[0]
        return torch.log_softmax(plain.get_output_embeddings()(states).float(), -1)

    with torch.no_grad(), model.disable_adapter():
        before = logs()
    return torch.nn.functional.kl_div(logs(), before, reduction="batchmean", log_target=True)


def perplexity(model: Any, tokenizer: Any, tokens: int) -> float:  # Any: transformers has no types here
    """Of the language reference: e to the mean -ln p a token; `tokens` at a time."""
    model.eval()
    rows = sorted(_measured(tokenizer), key=lambda row: len(row.ids))
    whole, count = 0.0, 0
    with torch.no_grad():
        for piece in filled(range(len(rows)), [len(row.ids) for row in rows], tokens):
            nats, _ = frozen.losses(model, *frozen.padded([rows[i] for i in piece]))
            whole, count = whole + float(nats.double().sum()), count + nats.numel()
    return math.exp(whole / count)


def _measured(tokenizer: Any) -> Iterator[Turns]:  # Any: has no types here
    for _, text in islice(sorted(pydoc_data.topics.topics.items()), CHAPTERS.start, CHAPTERS.stop, CHAPTERS.step):
        yield _plain(tokenizer, text, LENGTH)


def _plain(tokenizer: Any, text: str, tokens: int) -> Turns:  # Any: as above
    ids: list[int] = tokenizer(text, truncation=True, max_length=tokens)["input_ids"]
    return Turns.of(ids, [True] * len(ids))


@cache
def _order(count: int, seed: int, epoch: int) -> list[int]:
    return shuffled(count, f"{seed} {epoch} ordinary")
