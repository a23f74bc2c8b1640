"""What routing a message takes and gives."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from nis_backend.operation import Model


class Pending(Model):
    """A question of ours that the next message may answer."""

    operation: str
    arguments: dict[str, Any]  # Any: JSON
    missing: list[str]


class RouteMessage(Model):
    """A message, and what was asked for before it."""

    message: str = Field(min_length=1, max_length=100_000, description="What a person says, in English.")
    excluding: list[str] = Field(default=[], max_length=20, description="Operations that are not to be picked.")
    among: list[str] = Field(
        default=[],
        max_length=64,
        description="Operations that may be picked, by name or family (physics.*); empty, any.",
    )
    pending: Pending | None = Field(
        default=None, description="The call that an answer before it asked for more of: the message may complete it."
    )


class UnclearWords(Model):
    """Something said that several fields could be meant by, or several things said for one."""

    said: list[str]
    fields: list[str]


class Evidence(Model):
    """What spoke for the operation that was picked."""

    words: float = Field(description="Weight of the words shared with its declaration; rare ones count more.")
    cover: float = Field(description="Share of the message's words that those explain, by weight, 0 to 1.")
    fits: int = Field(description="Numbers, units and choices of the message that its fields take.")
    cosine: float | None = Field(
        description="With the nearest of its examples' questions, by vectors; null where not needed or not had."
    )
    nobodys: float | None = Field(description="The same with the nearest question that no operation answers.")
    score: float = Field(
        description="(words + fits/2 + 1 when nothing is open - strays)·(1 + cover)/2 + 4·(share of the message that "
        "is word for word an example's question) + 1 when cosine is 0.55 or more and 0.2 above nobodys."
    )


Reason = Literal["not_asked", "not_computed", "too_long"]


class Route(Model):
    """What a message asks for: an operation and its arguments, what is missing of them, or nothing."""

    operation: str | None = Field(description="The operation's name; null when none is meant, or more than one.")
    arguments: dict[str, Any] = Field(
        default={}, description="Its request, as far as the message gives it."
    )  # Any: JSON
    sources: dict[str, str] = Field(default={}, description="For each argument read from the message, its words.")
    ready: bool = Field(default=False, description="Whether it can be called as it stands; otherwise ask.")
    missing: list[str] = Field(default=[], description="Fields to ask for: not said, not clear, or refused.")
    unclear: list[UnclearWords] = Field(default=[], description="What was said and could mean several things.")
    unread: list[str] = Field(default=[], description="Quantities of the message that no field takes.")
    refusal: str | None = Field(
        default=None, description="What the operation refuses in these arguments, and the remedy."
    )
    evidence: Evidence | None = Field(default=None, description="Why it was picked; null where a pending call goes on.")
    reason: Reason | None = Field(
        default=None,
        description="Why none was: nobody's question, a number that nothing here computes, or a text too long.",
    )
    suggestions: list[str] = Field(default=[], description="Questions near it that can be answered.")
    unused: str | None = Field(default=None, description="Evidence that could not be had, and the remedy.")
    warning: str | None = Field(default=None, description="What could not be taken into account, and the remedy.")
