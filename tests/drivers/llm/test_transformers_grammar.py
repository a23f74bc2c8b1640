"""What holds answers to their schemas: which members there may be, and how long a number."""

from __future__ import annotations

from typing import Any, cast

from nis_backend.drivers.llm.transformers_grammar import MOST_DIGITS, Grammars, Held, narrowed

WORDS = ("1", "234", '"', "a", ",", "\\")


class Anything:
    """A matcher that lets everything come."""

    def compute_logit_bias(self) -> bytes:
        """See `Held.allowed`."""
        return bytes([200] * len(WORDS))

    def consume_token(self, token: int) -> bool:
        """It came."""
        return 0 <= token < len(WORDS)

    def is_error(self) -> bool:
        """Never."""
        return False


class Vocabulary:
    """Six tokens."""

    called = "It"
    other = bytes(0 if word[0].isdigit() else 255 for word in WORDS)

    def bytes_of(self, token: int) -> bytes:
        """See `Grammars.bytes_of`."""
        return WORDS[token].encode()


def test_a_number_has_so_many_digits_at_most() -> None:
    """No schema says how many: a model that likes zeros would write them until its tokens are used up."""
    held = Held(Anything(), cast("Grammars", Vocabulary()))

    def may_come() -> list[str]:
        return [word for word, byte in zip(WORDS, held.allowed(), strict=True) if byte]

    for _ in range(MOST_DIGITS - 1):
        held.take(0)
    assert may_come() == list(WORDS)
    held.take(0)
    assert may_come() == ['"', "a", ",", "\\"]
    held.take(4)
    assert may_come() == list(WORDS)
    # Within a text they are words; and a quotation mark after a backslash does not end it.
    for token in (2, 5, 2, *[1] * MOST_DIGITS):
        held.take(token)
    assert may_come() == list(WORDS)


def test_an_object_has_the_members_that_its_schema_names() -> None:
    """A stricter schema of the same answers: else a model may invent members without end."""
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    closed = {**inner, "additionalProperties": False}
    assert narrowed(inner) == closed
    assert narrowed({"type": "array", "items": inner, "$defs": {"c": inner}}) == {
        "type": "array",
        "items": closed,
        "$defs": {"c": closed},
    }
    # What was said, what names none, and what is looked at from beside it, stays as it is.
    kept: list[dict[str, Any]] = [
        {**inner, "additionalProperties": {"type": "integer"}},
        {"type": "object"},
        {**inner, "anyOf": [{"required": ["b"]}]},
        {"allOf": [inner, inner]},
    ]
    for one in kept:
        assert narrowed(one) == one
