"""What a sentence can fill: a request's fields, as far as its JSON schema tells their units, names and choices."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.operations.words import Token, listed, stem, tokens
from nis_backend.fields import Field, fields_of
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nis_backend.operation import Json

_JOINING = listed("of the a an in for and")
"""What does not tell one choice from another."""


@record
class Slot(Field):
    """One field of a request, and the words that mean it."""

    phrases: tuple[tuple[str, ...], ...]
    """What the field is called, in words; its own name first."""
    stated: tuple[tuple[tuple[str, ...], Any], ...]  # Any: JSON
    """The words that state a value of it, and that value; None where they only say that it is another than usual."""

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words that it is called by."""
        return frozenset(stem(word) for phrase in self.phrases for word in phrase)

    @cached_property
    def spelled(self) -> dict[tuple[str, ...], str]:
        """The choice that each name means; a name as the stems that tell it from others, sorted."""
        called = [(choice, choice) for choice in self.choices]
        called += [(name, choice) for choice, names in self.called for name in names]
        return {tuple(sorted(word for _, word in _content(tokens(name)))): choice for name, choice in called}

    def chosen(self, said: Sequence[Token]) -> dict[str, str]:
        """The choices that are named in `said`, with the words that name them; a longer name hides those within it.

        The words of a name may stand in another order with little between: "the mass of an electron" is the electron
        mass.
        """
        content = _content(said)
        stems = {word for _, word in content}
        named = {
            places: choice
            for wanted, choice in self.spelled.items()
            if stems.issuperset(wanted)
            for places in _near(wanted, content)
            if _literal(choice, said, places)
        }
        kept = {at: one for at, one in named.items() if not any(at < other for other in named)}
        return {choice: " ".join(said[at].text for at in sorted(places)) for places, choice in kept.items()}


def _literal(choice: str, said: Sequence[Token], places: Iterable[int]) -> bool:
    """Whether what is said has the form of the choice, where that matters: "running" is not "a run"."""
    return not choice.endswith("ing") or any(said[at].text.endswith("ing") for at in places)


def _content(said: Sequence[Token]) -> list[tuple[int, str]]:
    """Place and stem of each word that does more than join."""
    return [(at, one.stem) for at, one in enumerate(said) if one.word and one.text not in _JOINING]


def _near(wanted: Sequence[str], content: Sequence[tuple[int, str]]) -> Iterator[frozenset[int]]:
    """Places of all the wanted words within a window of the content words that has no room for others."""
    for first in range(len(content) - len(wanted) + 1):
        window = content[first : first + len(wanted)]
        if sorted(word for _, word in window) == list(wanted):
            yield frozenset(at for at, _ in window)


def slots_of(schema: Json) -> tuple[Slot, ...]:
    """The fields of a request's or a result's schema."""
    return tuple(Slot(**vars(one), phrases=_phrases(one), stated=_stated(one)) for one in fields_of(schema))


def _phrases(one: Field) -> tuple[tuple[str, ...], ...]:
    phrases = (_words(words) for words in (one.label, *one.names))
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))


def _stated(one: Field) -> tuple[tuple[tuple[str, ...], Any], ...]:  # Any: JSON
    return tuple((_words(words), value) for words, value in one.says)


def _words(text: str) -> tuple[str, ...]:
    return tuple(one.text for one in tokens(text) if one.word)
