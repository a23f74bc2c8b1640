"""Conversations as tokens, with a mark on those that an assistant wrote: nothing else is learned from."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nis_backend.errors import InvalidRequest, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.drivers.compute.base import Json


@dataclass(frozen=True, kw_only=True)
class Turns:
    """One conversation; `learned[i]` says whether token `i` is the assistant's, its end mark included."""

    # Of a hundred thousand rows all are held: lists of numbers would take ten times the memory.
    ids: array[int]
    learned: array[int]

    @classmethod
    def of(cls, ids: Iterable[int], learned: Iterable[bool]) -> Self:
        """These tokens, with their marks."""
        return cls(ids=array("i", ids), learned=array("b", learned))


def encoded(tokenizer: Any, messages: Sequence[Json], *, last_only: bool = False) -> Turns:  # Any: has no types here
    """The conversation by the model's own template; `last_only` marks the last answer alone.

    Raises:
        InvalidRequest: the template takes no such conversation, or writes an answer differently once it was given.
    """
    whole = _written(tokenizer, messages, opened=False)
    spans: list[tuple[int, int]] = []
    for place, message in enumerate(messages):
        # An answer that comes first answers nothing.
        if message["role"] != "assistant" or place == 0 or (last_only and place + 1 < len(messages)):
            continue
        before = _written(tokenizer, messages[:place], opened=True)
        through = _written(tokenizer, messages[: place + 1], opened=False).rstrip()
        if not (through.startswith(before) and whole.startswith(through)):
            raise InvalidRequest(
                "The base's template writes an answer differently once it was given: what is learned would not be what "
                "is asked for.",
                field="base",
                remedy="Take a base whose template only adds to a conversation.",
            )
        spans.append((len(before), len(through)))
    cut = tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
    learned = (any(start <= at and end <= stop for start, stop in spans) for at, end in cut["offset_mapping"])
    return Turns.of(cut["input_ids"], learned)


def fitting(rows: Iterable[Turns], longest: int, vocabulary: int, split: str) -> tuple[list[Turns], int]:
    """The rows that are no longer than that and have something to learn, and how many were left out.

    Raises:
        InvalidRequest: a token is none of the model's, or no row of `train` is left.
    """
    kept: list[Turns] = []
    left_out = 0
    for row in rows:
        if max(row.ids, default=0) >= vocabulary:
            raise InvalidRequest(
                f"The base's tokenizer gives the token {max(row.ids)}, and its model knows {vocabulary}.",
                field="base",
                remedy="Take a folder whose tokenizer is the model's own.",
            )
        if len(row.ids) > longest or not any(row.learned):
            left_out += 1
        else:
            kept.append(row)
    if split == "train" and not kept:
        raise InvalidRequest(
            f"No row to learn from: {left_out} have more than {longest} tokens, or no answer of an assistant.",
            field="longest",
            value=longest,
            remedy="Raise `longest`, or give rows with answers.",
        )
    return kept, left_out


def _written(tokenizer: Any, messages: Sequence[Json], *, opened: bool) -> str:  # Any: as above
    try:
        text: str = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=opened)
    except Exception as error:  # noqa: BLE001 - templates are programs of others, and fail as they like
        raise InvalidRequest(
            f"The base's template does not take this conversation: {shorten(str(error))}.",
            field="dataset",
            value=messages[0].get("content"),
            remedy="Give roles that the base knows (system, user, assistant, in turn), or take a base with a template.",
        ) from None
    return text
