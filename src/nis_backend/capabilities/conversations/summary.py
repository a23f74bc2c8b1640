"""What a conversation was about: asked of a model, or its own sentences chosen by a formula."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.run import Run

INSTRUCTION = (
    "Summarise the conversation below for someone who has not read it: what was asked, what was answered, what is "
    "open. Keep every number with its unit as it stands. Write at most {words} words, and only what it says."
)

CHARACTERS_OF_A_TOKEN = 3
"""So few that a transcript cut by it fits in any language's tokens but the densest scripts'."""

LONGEST = 200_000
"""Characters of a transcript for a model that does not say how much it takes."""

FORMULA = (
    "Sentences in their order, those with the highest mean of log(1 + occurrences in the conversation) over their "
    "words of four letters or more, up to the number of words asked for."
)


def room(context_tokens: int | None, words: int) -> int:
    """Characters of a transcript that a model has room for, beside the instruction and the answer."""
    if context_tokens is None:
        return LONGEST
    return max(600, (context_tokens - answer_tokens(words) - 150) * CHARACTERS_OF_A_TOKEN)


def answer_tokens(words: int) -> int:
    """Tokens that so many words take at most."""
    return 2 * words + 32


def transcript(runs: Sequence[Run], characters: int) -> tuple[str, int]:
    """The last turns that fit, and how many turns those are; one that is longer than all the room is cut."""
    told: list[str] = []
    left = characters
    for run in reversed(runs):
        answered = run.result["response"] if run.state == "succeeded" else f"(no answer: {run.state})"
        text = f"Person: {run.input['message']}\nAnswer: {answered}\n"
        if len(text) > left and told:
            break
        told.append(text[:left])
        left -= len(text)
    return "\n".join(reversed(told)), len(told)


def extract(runs: Sequence[Run], words: int) -> str:
    """The conversation's own sentences, chosen by `FORMULA`."""
    texts: list[str] = []
    for run in runs:
        texts += [run.input["message"], *([run.result["response"]] if run.state == "succeeded" else [])]
    sentences = list(dict.fromkeys(one.strip() for text in texts for one in _SENTENCE.findall(text) if one.strip()))
    counts = Counter(word for one in sentences for word in _words(one))
    ranked = sorted(range(len(sentences)), key=lambda place: -_weight(sentences[place], counts))
    chosen: list[int] = []
    left = words
    for place in ranked:
        length = len(sentences[place].split())
        if length <= left:
            chosen.append(place)
            left -= length
    if not chosen and ranked:
        return " ".join(sentences[ranked[0]].split()[:words]) + " …"
    return " ".join(sentences[place] for place in sorted(chosen))


_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|\.(?=\S)[^.!?\n]*)*[.!?]*")


def _words(sentence: str) -> list[str]:
    return re.findall(r"[^\W\d_]{4,}", sentence.lower())


def _weight(sentence: str, counts: Counter[str]) -> float:
    words = _words(sentence)
    return sum(math.log1p(counts[word]) for word in words) / len(words) if words else 0.0
