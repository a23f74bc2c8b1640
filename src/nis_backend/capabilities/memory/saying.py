"""Whether two memories say the same, one more than the other, or what cannot both be: by rules over their words.

The rules are narrow on purpose: what they do not know stays beside the other, and a model may judge it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from unicodedata import normalize

Relation = Literal["same", "more", "less", "contradicts", "different"]
"""What a new text is to an old one: `more` says all the old one does, and goes on."""


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOPS = _listed(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it "
    "its just me my now of on or our so that the their then there these they this to us was we were what when where "
    "which who why will with would you your about know tell"
)
"""Words that say little by themselves."""
FILLING = _listed("a an the really very just please")
"""Words without which a sentence says the same, unless they end it or begin large: vitamin A is a name."""
ADVERBS = _listed("usually often generally normally mostly typically")
"""Words with which a sentence says the same, with less weight."""
NEGATIONS = _listed("not no never without stopped neither nor nobody nothing none hardly rarely")
HELPING = _listed("is are am was were can could will would should must may might has have had")
"""Words that are followed by `not`, and stay as they are without it."""
GOES_ON = _listed(
    "and but who which since because in on at near from with every when while for until as if unless or except"
)
"""Words with which a sentence that was whole goes on."""
PLACES = _listed("in on at near from with every")
"""Those behind which more is said of the same, and nothing else."""
QUALIFIES = _listed("but when while until as if unless or except since")
"""Those of them behind which something may be that the sentence without it does not say."""
SINGLE = _listed(
    "name surname nickname birthday birthplace age address email mail phone number job profession employer "
    "nationality timezone colour color size weight height diet city country salary deadline budget language"
)
"""Of what somebody has one at a time."""
PREFERRED = _listed("favourite favorite current preferred main primary home")
SEVERAL = _listed(
    "brother sister sibling son daughter child kid friend cousin uncle aunt nephew niece colleague neighbour neighbor "
    "student pupil customer client cat dog horse pet"
)
"""Of whom somebody may have several: two names are two of them."""
VERBS = (
    (r"lives? (?:now )?in|(?:is|am) living (?:now )?in", "lives in"),
    (r"lives? (?:now )?at|(?:is|am) living (?:now )?at", "lives at"),
    (r"works? (?:now )?(?:at|for)", "works for"),
    (r"(?:was|were) born (?:in|on)", "born"),
    (r"(?:is|am|are) (?:called|named)", "name"),
)
"""What is so of one place or thing at a time, where that has a name or a number."""
CURLED = "\u2019"
"""An apostrophe as it is printed."""
SHORT = 3
"""Letters that a stem has at least."""
_TOKEN = re.compile(
    rf"(?<!\w)[-+\u2212]?\d+(?:[.,:/-]\d+)*(?!\w)|\w+(?:['{CURLED}]\w+)*|[^\w\s.,;:!\"'(){CURLED}\[\]\u2026\u2013\u2014-]"
)
"""A number with all that is within it, a word, or a sign that says something: C++ is not C#."""
_OWNED = re.compile(
    r"(?P<owner>(?:my|his|her|their|our|your|\S.*?['\u2019]s)) (?P<what>[\w -]+?)"
    r" (?:is|are|was) (?:now )?(?P<value>.+)",
    re.IGNORECASE,
)
_OF = re.compile(r"the (?P<what>[\w -]+?) of (?P<owner>\S.*?) (?:is|are|was) (?:now )?(?P<value>.+)", re.IGNORECASE)
_JOB = re.compile(r"(?P<owner>\S.*?) works? (?:now )?as (?P<value>.+)", re.IGNORECASE)
_VERBS = [
    (re.compile(rf"(?P<owner>[\w'\u2019 -]+?) (?:{verb}) (?P<value>(?:[Tt]he )?[^\Wa-z_].*)"), name)
    for verb, name in VERBS
]


@dataclass(frozen=True, kw_only=True)
class Token:
    """A piece of a text that says something."""

    said: str
    """Small letters."""
    start: int
    end: int
    filling: bool = False


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
def tokens(text: str) -> tuple[Token, ...]:
    """All that a text says, in its order; `not` stands for itself where it was a part of a word."""
    plain = _plain(text)
    found = [*_TOKEN.finditer(plain)]
    return tuple(
        Token(
            said=re.sub(rf"['{CURLED}]", "", one[0].casefold()),
            start=one.start(),
            end=one.end(),
            filling=one[0] in FILLING or (place == 0 and one[0].casefold() in FILLING),
        )
        for place, one in enumerate(found)
    )


def _plain(text: str) -> str:
    plain = normalize("NFC", text)
    plain = re.sub(rf"(?i)\bcannot\b|\bcan['{CURLED}]t\b", "can not", plain)
    plain = re.sub(rf"(?i)\bwon['{CURLED}]t\b", "will not", plain)
    helping = "do|does|did|is|are|was|were|has|have|had|would|could|should|must"
    return re.sub(rf"(?i)\b({helping})n['{CURLED}]?t\b", r"\1 not", plain)


def core(text: str) -> list[str]:
    """What a text says, in its order, without what only fills it; at its end stands nothing that does."""
    all_of_it = tokens(text)
    return [one.said for place, one in enumerate(all_of_it) if not one.filling or place == len(all_of_it) - 1]


@lru_cache(maxsize=4096)
def negations(text: str) -> int:
    """How often it says that something is not so."""
    return sum(one.said in NEGATIONS for one in tokens(text))


@lru_cache(maxsize=4096)
def particulars(text: str) -> frozenset[str]:
    """What must be the same in texts that say the same: numbers, and names, which begin large within a sentence."""
    names = re.findall(r"(?<=[^.!?\s] )[A-Z]\w+", text)
    numbers = [one.said for one in tokens(text) if any(letter.isdigit() for letter in one.said)]
    return frozenset([*numbers, *(name.casefold() for name in names)])


@lru_cache(maxsize=4096)
def claim(text: str) -> tuple[str, str] | None:
    """What a text gives the one value of, and the value: ("ada birthday", "3 may"); None where it is none of these."""
    plain = " ".join(text.strip().rstrip(".!").split())
    if negations(plain):
        return None
    for form in (_OWNED, _OF):
        found = form.fullmatch(plain)
        what = words(found["what"]) if found else []
        if found and (what[-1:] and (what[-1] in SINGLE or PREFERRED.intersection(what))):
            return _claimed(found["owner"], " ".join(what), found["value"])
    found = _JOB.fullmatch(plain)
    if found:
        return _claimed(found["owner"], "works as", found["value"])
    for form, name in _VERBS:
        found = form.fullmatch(plain)
        if found:
            dated = name == "born" and any(letter.isdigit() for letter in found["value"])
            return _claimed(found["owner"], "born when" if dated else name, found["value"])
    return None


def _claimed(owner: str, what: str, value: str) -> tuple[str, str] | None:
    whose = core(re.sub(rf"['{CURLED}]s\b", "", owner))
    several = SEVERAL.intersection(word.removesuffix("s") for word in whose)
    # What is said besides would go with the value.
    besides = (GOES_ON - PLACES).intersection(core(value)) or re.search(r"[.;!?]\s", value)
    if not whose or several or besides:
        return None
    return f"{' '.join(whose)} {what}", " ".join(core(value))


def relation(old: str, new: str) -> Relation:
    """What the new text is to the old one."""
    if core(old) == core(new):
        return "same"
    if _denies(old, new) or _denies(new, old):
        return "contradicts"
    if negations(old) != negations(new):
        return "different"
    if _begins(old, new):
        return "more"
    if _begins(new, old, but=QUALIFIES):
        return "less"
    return "contradicts" if _another(claim(old), claim(new)) else "different"


def _another(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """Whether two claims give one thing two values: not one of them with more of it, nor a date and a part of one."""
    if one is None or other is None or one[0] != other[0]:
        return False
    first, second = one[1].split(), other[1].split()
    if set(first) <= set(second) or set(second) <= set(first):
        return False
    dated = one[0].endswith(("born when", "birthday"))
    return not dated or len(first) == len(second)


def _denies(text: str, other: str) -> bool:
    """Whether a text says of what another one does, or begins with, that it is not so."""
    if negations(text) != 1 or negations(other):
        return False
    denied, verb = _undenied(core(text))
    said = core(other)
    if denied is None or len(said) < len(denied):
        return False
    begins = all(
        mine == theirs or (place == verb and mine in _bare(theirs))
        for place, (mine, theirs) in enumerate(zip(denied, said, strict=False))
    )
    # Who does not live in Berlin does not live there near the zoo; who does not drive may drive a hard bargain.
    return begins and (len(said) == len(denied) or said[len(denied)] in PLACES)


def _undenied(said: list[str]) -> tuple[list[str] | None, int]:
    """The same without its negation, and the place of the verb that has lost its ending by it, or -1."""
    place = next((place for place, word in enumerate(said) if word in NEGATIONS), 0)
    before, word, after = said[:place], said[place], said[place + 1 :]
    last = before[-1] if before else ""
    if word == "not" and last in {"do", "does"}:
        return [*before[:-1], *after], place - 1
    if (word == "not" and last in HELPING) or word == "never" or (word == "no" and after[:1] != ["longer"]):
        return [*before, *after], -1
    if word == "no":
        return [*before, *after[1:]], -1
    if word == "stopped" and after and after[0].endswith("ing"):
        return [*before, after[0].removesuffix("ing"), *after[1:]], place
    return None, -1


def _bare(word: str) -> set[str]:
    """What a verb may be without the ending of the third person, or the e that its -ing has lost."""
    bare = {word, "have"} if word == "has" else {word, word.removesuffix("s"), word.removesuffix("es")}
    bare |= {f"{word.removesuffix('ies')}y"} if word.endswith("ies") else set()
    return bare | {one.removesuffix("e") for one in bare}


def _begins(start: str, whole: str, but: frozenset[str] = frozenset()) -> bool:
    """Whether a text is another one that goes on, but not by one of these words."""
    first, second = tokens(start), tokens(whole)
    if not first or len(first) >= len(second):
        return False
    if [one.said for one in first] != [one.said for one in second[: len(first)]]:
        return False
    return _joins(whole, second[len(first) - 1], second[len(first)], but)


def _joins(text: str, last: Token, following: Token, but: frozenset[str]) -> bool:
    """Whether a text goes on between two of its tokens: behind a stop, or with a word that joins."""
    if following.said in but:
        return False
    between = _plain(text)[last.end : following.start]
    return following.said in GOES_ON or bool(re.match(r"\s*[,;:.!?]\s|\s+\(|\s+[\u2013\u2014-]+\s", between))


def weighed(one: str, other: str) -> bool:
    """Whether two texts say the same, one of them with less weight: "usually drinks tea" and "drinks tea"."""
    first, second = core(one), core(other)
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return longer != shorter and [word for word in longer if word not in ADVERBS] == shorter


def shared(one: str, other: str) -> float:
    """The share of telling words that two texts have in common.

    Source: Jaccard (1901), Bull. Soc. Vaudoise Sci. Nat. 37, 547-579.
    """
    first, second = frozenset(telling(one)), frozenset(telling(other))
    return len(first & second) / len(first | second) if first | second else 0.0
