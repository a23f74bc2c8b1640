"""Requests that were spoilt, each from a seed: what a broken, hostile or merely foreign client may send."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, cast

Json = Any

STRANGE: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 2**63, -(2**64), 10**400, 1e308, 0.1, "", " ", "\x00", "\u202e", "💥" * 40),
    *([], {}, [[]], [None], {"": ""}, {"id": {}}, "1_x", "../../etc/passwd", "%2e%2e%2f", "http://127.0.0.1:1/", "NaN"),
)
"""Values that fit hardly anywhere."""
WORDS = (
    "null",
    "true",
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
    ":",
    "\\u0000",
    "\\ud800",
    "NaN",
    "Infinity",
    "-",
    "1e999",
    "\ufeff",
)
"""What is put among the characters of a text."""
DEEP, LONG, MANY = 5_000, 200_000, 20_000

Spoil = Callable[[random.Random, Json], str]


def keys(holder: Json) -> list[Json]:
    """Of what a value holds."""
    if isinstance(holder, list):
        return [*range(len(cast("list[Json]", holder)))]
    return [*cast("dict[str, Json]", holder)] if isinstance(holder, dict) else []


def places(value: Json) -> list[tuple[Json, Json]]:
    """Every place in a value: what holds it, and its key there."""
    found: list[tuple[Json, Json]] = []
    stack = [value]
    while stack:
        holder = stack.pop()
        for key in keys(holder):
            found.append((holder, key))
            stack.append(holder[key])
    return found


def _at_random(chance: random.Random, seed: Json, put: Callable[[Json, Json], None]) -> str:
    """The seed with something done at one of its places."""
    spoilt = copy.deepcopy(seed)
    if found := places(spoilt):
        put(*chance.choice(found))
    return json.dumps(spoilt)


def whole(_: random.Random, seed: Json) -> str:
    """As it is: a request that is right stays answered among those that are not."""
    return json.dumps(seed)


def retyped(chance: random.Random, seed: Json) -> str:
    """A value of another type."""
    return _at_random(chance, seed, lambda holder, key: holder.__setitem__(key, chance.choice(STRANGE)))


def dropped(chance: random.Random, seed: Json) -> str:
    """A member or an item that is missing."""
    return _at_random(chance, seed, lambda holder, key: holder.__delitem__(key))


def added(chance: random.Random, seed: Json) -> str:
    """A member that nobody knows."""

    def put(holder: Json, _: Json) -> None:
        if isinstance(holder, dict):
            holder[chance.choice(("x", "id", "__proto__", "constructor", "owner", "$ref", "kind"))] = chance.choice(
                STRANGE
            )

    return _at_random(chance, seed, put)


def moved(chance: random.Random, seed: Json) -> str:
    """A value in the place of another."""
    spoilt = copy.deepcopy(seed)
    if found := places(spoilt):
        (holder, key), (other, there) = chance.choice(found), chance.choice(found)
        holder[key] = copy.deepcopy(other[there])
    return json.dumps(spoilt)


def cut(chance: random.Random, seed: Json) -> str:
    """A text that ends too soon."""
    text = json.dumps(seed)
    return text[: chance.randrange(len(text))]


def garbled(chance: random.Random, seed: Json) -> str:
    """A text with something among its characters."""
    text = json.dumps(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(WORDS) + text[at + chance.randint(0, 2) :]
    return text


def huge(chance: random.Random, seed: Json) -> str:
    """A text, a list, a nesting or a number far beyond what anybody means."""
    big: Json = chance.choice(
        ("a" * LONG, [0] * MANY, {str(number): number for number in range(MANY)}, "\x00" * 10_000)
    )
    text = _at_random(chance, seed, lambda holder, key: holder.__setitem__(key, "@@"))
    return text.replace(
        '"@@"', chance.choice((json.dumps(big), "[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP))
    )


def batched(chance: random.Random, seed: Json) -> str:
    """Several in one, or one in a list."""
    return json.dumps([seed] * chance.choice((0, 1, 2, 50)))


SPOILT: tuple[Spoil, ...] = (*[whole] * 4, retyped, retyped, dropped, added, moved, cut, garbled, huge, batched)


def foreign(chance: random.Random, text: str, ids: list[str]) -> str:
    """The text with another's ids, or such as nobody has, in the place of `@ID@`."""
    while "@ID@" in text:
        text = text.replace("@ID@", chance.choice((*ids, "run-000000000000000000000000", "nobody", "", "a" * 300)), 1)
    return text
