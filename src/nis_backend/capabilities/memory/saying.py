"""Whether two memories say the same, one more than the other, or what cannot both be: by rules over their words.

The rules are narrow on purpose: what they do not know stays beside the other, and a model may judge it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Relation = Literal["same", "more", "less", "contradicts", "different"]
"""What a new text is to an old one: `more` says all the old one does, and goes on."""

STOPS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is "
        "it its just me my now of on or our so that the their then there these they this to us was we were what when "
        "where which who why will with would you your about know tell",
    )
)
"""Words that say little by themselves."""
FILLING = frozenset(re.findall(r"\w+", "a an the do does did that just really very please"))
"""Words without which a sentence says the same."""
NEGATIONS = frozenset(
    {"not", "no", "never", "longer", "without", "stopped", "cannot", "dont", "doesnt", "isnt", "wont"}
)
GOES_ON = frozenset(
    re.findall(r"\w+", "and but who which since because in on at from with every when while for until as if unless")
)
"""Words with which a sentence that was whole goes on."""
SINGLE = frozenset(
    re.findall(
        r"\w+",
        "name surname nickname birthday birthplace age address email mail phone number job profession employer "
        "nationality timezone colour color size weight height diet city country salary deadline budget language",
    )
)
"""Of what somebody has one at a time."""
PREFERRED = frozenset({"favourite", "favorite", "current", "preferred", "main", "primary", "home"})
VERBS = (
    (r"lives? (?:now )?(?:in|at)", "live"),
    (r"(?:is |am )?living (?:now )?(?:in|at)", "live"),
    (r"works? (?:now )?(?:at|for|with)", "work"),
    (r"works? (?:now )?as", "job"),
    (r"(?:was|were) born (?:in|on)", "born"),
    (r"(?:is|am|are) (?:called|named)", "name"),
)
"""What is so of one place or thing at a time."""
CURLED = "\u2019"
"""An apostrophe as it is printed."""
SHORT = 3
"""Letters that a stem has at least."""
ALIKE = 0.8
"""Share of telling words that two texts have in common, from which on rules take them for the same."""
_OWNED = re.compile(
    r"(?P<owner>(?:my|his|her|their|our|your|\S.*?['\u2019]s)) (?P<what>[\w -]+?) (?:is|are|was) (?:now )?(?P<value>.+)"
)
_OF = re.compile(r"the (?P<what>[\w -]+?) of (?P<owner>\S.*?) (?:is|are|was) (?:now )?(?P<value>.+)")


def words(text: str) -> list[str]:
    """The words of a text, small, without what is put between them."""
    return re.findall(
        r"\w+", re.sub(rf"(?<=\w)n['{CURLED}]t\b", " not", text.casefold()).replace("'", "").replace(CURLED, "")
    )


def stem(word: str) -> str:
    """A word without an ending of number or time: "likes" and "liked" are "like"."""
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= SHORT and not word.endswith("ss"):
            return (word[: -len(ending)] + rest).rstrip("e")
    return word.rstrip("e") if len(word) > SHORT else word


@lru_cache(maxsize=4096)
def telling(text: str) -> tuple[str, ...]:
    """The stems of the words that say something, in their order."""
    return tuple(stem(word) for word in words(text) if word not in STOPS and word not in NEGATIONS)


@lru_cache(maxsize=4096)
def core(text: str) -> tuple[str, ...]:
    """The stems of all words without which it said something else, negations aside, in their order."""
    return tuple(stem(word) for word in words(text) if word not in FILLING and word not in NEGATIONS)


@lru_cache(maxsize=4096)
def negated(text: str) -> bool:
    """Whether it says that something is not so."""
    return len(NEGATIONS.intersection(words(text))) > 0


@lru_cache(maxsize=4096)
def particulars(text: str) -> frozenset[str]:
    """What must be the same in texts that say the same: numbers, and names, which begin large within a sentence."""
    names = re.findall(r"(?<=[^.!?\s] )[A-Z]\w+", text)
    return frozenset([*re.findall(r"\d[\d.,:/-]*\d|\d", text), *(name.casefold() for name in names)])


@lru_cache(maxsize=4096)
def claim(text: str) -> tuple[str, str] | None:
    """What a text gives the one value of, and the value: ("ada birthday", "3 may"); None where it is none of these."""
    plain = " ".join(text.casefold().strip().rstrip(".!").split())
    for form in (_OWNED, _OF):
        found = form.fullmatch(plain)
        if found:
            what = words(found["what"])
            if what and (what[-1] in SINGLE or PREFERRED.intersection(what)):
                return f"{' '.join(words(found['owner'].removesuffix('s')))} {' '.join(what)}", " ".join(
                    telling(found["value"])
                )
    for verb, name in VERBS:
        found = re.fullmatch(rf"(?P<owner>[\w'\u2019 -]+?) {verb} (?P<value>.+)", plain)
        if found:
            return f"{' '.join(words(found['owner']))} {name}", " ".join(telling(found["value"]))
    return None


def relation(old: str, new: str) -> Relation:
    """What the new text is to the old one."""
    first, second = words(old), words(new)
    if first == second:
        return "same"
    if core(old) and core(old) == core(new):
        return "same" if negated(old) == negated(new) else "contradicts"
    if negated(old) != negated(new):
        denied, said = (core(old), core(new)) if negated(old) else (core(new), core(old))
        # Who does not live in Berlin does not live there near the zoo; who likes no milk may like tea.
        return "contradicts" if denied and said[: len(denied)] == denied else "different"
    if _begins(first, second, new):
        return "more"
    if _begins(second, first, old):
        return "less"
    one, other = claim(old), claim(new)
    return "contradicts" if one and other and one[0] == other[0] and one[1] != other[1] else "different"


def _begins(start: list[str], whole: list[str], text: str) -> bool:
    """Whether a text is another one that goes on: behind a stop, or with a word that joins."""
    if len(start) >= len(whole) or whole[: len(start)] != start:
        return False
    before = re.match(rf"(?:\W*\w+){{{len(start)}}}(\W*)", text)
    return whole[len(start)] in GOES_ON or bool(before and re.search(r"[,;:.!?(\u2013-]", before[1]))


def alike(one: str, other: str) -> float:
    """The share of telling words that two texts have in common; 0 where a number, a name or a negation differs.

    Source: Jaccard (1901), Bull. Soc. Vaudoise Sci. Nat. 37, 547-579.
    """
    if negated(one) != negated(other) or particulars(one) != particulars(other):
        return 0.0
    return shared(one, other)


def shared(one: str, other: str) -> float:
    """The same, whatever differs."""
    first, second = frozenset(telling(one)), frozenset(telling(other))
    return len(first & second) / len(first | second) if first | second else 0.0
