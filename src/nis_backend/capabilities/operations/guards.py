"""What speaks against a message being a request to compute, whatever words it shares with an operation.

English only, and of no subject: who asks to be told, written or advised, who talks of a computation, who declines one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.words import listed, stem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.sentence import Place, Sentence

_TELLING = listed("""
    advice article author biography book born buy cheap code compose cost csv derivation derive discovered essay
    examples explain explanation film function funny grammar history html idea invented inventor java javascript joke
    json lyrics meaning movie named novel opinion paint podcast poem price program proof prove python recommend
    recommendation review rhyme rust sell sentence sing sold song sql story summarise summarize translate who whom
    whose why write wrote
    """)
_ORDERED = _TELLING & listed("""
    code compose derive explain paint program prove recommend review rhyme sing summarise summarize translate who whose
    why write
    """)
_OWN_DOING = listed("i we before after he she they")
# "I mean" asks for no meaning; what does is seen in its words below.
_TELLS = frozenset(map(stem, _TELLING)) - {stem("meaning")}
"""English words that ask for something to be told, written or advised: no computation answers that."""

_TALKS_OF = re.compile(
    r"\bif i (?:asked|ask|told|gave|give|were to|wanted)\b(?!.{1,80}\bhow (?:many|much|far|high|fast)\b)"
    r"|\bwhat if\b"
    r"|\bare you able\b|\bwhat (?:would|will|could) (?:\w+ ){0,4}?(?:happen|change|be like|look like|feel like)\b"
    r"|\bhow would (?:\w+ ){0,4}?(?:change|feel|look|react)\b"
    r"|\bdo you know how\b|\b(?:would|do) you need to know\b"
    r"|\b(?:do not|don't|don\u2019t|no longer) (?:need|want) (?:\d|you to|to (?:know|convert|compute|calculate|see))",
    re.IGNORECASE,
)
"""Talk of a computation, that orders none."""

_NARRATES = re.compile(
    r"^\W*(?:(?:yesterday|today|this morning|last \w+|once|recently)\W+)?"
    r"(?:i|i've|we|we've|he|she|they|it|my|our|his|her)\b",
    re.IGNORECASE,
)
"""How a statement begins that tells of somebody."""
_NAMES_MINE = re.compile(
    r"^\W*(?:my|our) (?:last|latest|newest|recent|most|previous|past|earlier|old|failed|running|queued|cancelled"
    r"|finished|succeeded|\d+)\b(?:\W+\w+){1,4}\W*$",
    re.IGNORECASE,
)
"""What is wanted of the speaker's own, with no verb: "my last ten runs"."""
_PLEASE = listed("please pls plz")
_WANTS = listed("""
    calculate can compute convert could determine display do does find give how is know like list need please print show
    simulate solve tell want what when where which will wonder wondering would
    """)
"""Words with which a message asks; without any of them, and without a question mark, it may only tell."""

_DEFINES = re.compile(
    r"\b(?:what|who)(?:'s|\u2019s| is| are| was| were) an?\b(?!\s+\d)"
    r"|\bwhat\b.{1,60}\b(?<!\bi )(?:means?|meaning|stands? for|used for|good for|describes?|represents?)\b"
    r"|\b(?:do|does|did)\b.{1,60}\b(?:tells?|say) (?:us|me)\b|\bname .{1,30}\bcomes? from\b"
    r"|\b(?:what|how) (?:is|are|does|do|did) .{1,50} (?:work|measured|derived|defined|called)\b"
    r"|\btell me (?:about|more) (?!this\b|your\b)|\bwhat can you tell\b"
    r"|\b(?:define|definition|difference between|describe (?:how|what|why)|in (?:simple|plain) (?:words|terms))\b",
    re.IGNORECASE,
)
"""Asks what something is, or is for."""

_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have(?! an? )|can|could|will|would|should) "
    r"(?!you\b|u\b|we\b|i\b|there\b|any\b)",
    re.IGNORECASE,
)

_SUM = re.compile(
    r"\d\s*(?:[+*/×÷^=]|\s[-x]\s|plus|minus|times|(?:divided|multiplied) by|to the power)\s*\d"
    r"|(?:root|sum|product|average|mean|factorial|logarithm|sine|cosine) of\b[^.?!]*\d|%\s*of\s+\d",
    re.IGNORECASE,
)
_NUMERAL = (
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    "|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:a )?hundred)"
)
_COUNTED = re.compile(
    r"\b(?:prime|primes|prime factors?|gcd|lcm|hcf|greatest common|least common|factorial|permutations?|combinations?"
    r"|ways to (?:choose|pick|arrange)|sqrt|square root|cube root|logarithm|determinant|eigenvalues?|jacobian|median"
    r"|variance|standard deviation|integral|derivative|transform|minimi[sz]e|maximi[sz]e|per ?cent of)\b[^?!]*?\d"
    r"|\d[^?!]{0,40}\b(?:prime|factorial|squared|cubed|per ?cent of)\b|[\d\w)]\s*=\s*[-+\u2212]?\d"
    rf"|\b{_NUMERAL}(?:[- ]{_NUMERAL})?\s+(?:times|plus|minus|divided by|multiplied by)\s+{_NUMERAL}\b",
    re.IGNORECASE,
)
"""What is worked out of numbers that stand beside it."""
_WHAT_MEASURE = re.compile(
    r"\b(?:what|whats|which|calculate|compute|find|determine|give me|is|are|equals?)\b[^?!]*\b(?:speed|velocity"
    r"|acceleration|force|energy|power|pressure|current|voltage|resistance|charge|(?:electric|magnetic) field|frequency"
    r"|wavelength|period|momentum|torque|mass|weight|density|temperature|volume|area|distance|height|depth|load|stress"
    r"|drag|lift|thrust|capacitance|inductance|angle|probability|altitude|radius|work|heat|constant)\b",
    re.IGNORECASE,
)
_EQUAL = re.compile(r"\b(?:equals?|equal to|the same as)\b", re.IGNORECASE)
_IS_SO = re.compile(
    r"^\W*(?:is|are) (?!it\b|there\b|this\b|that\b|you\b|he\b|she\b|they\b|we\b)[^?]*"
    r"(?<!\bat)(?<!\bin)(?<!\bfor)(?<!\bto)(?<!\bafter)(?<!\bwithin) -?\d[\d.,]*\s?[^\s\d?]{1,6}\s*\?",
    re.IGNORECASE,
)
"""Whether something is an amount: "is half a litre 500 ml?"."""
_HOW_MUCH = re.compile(r"\bhow (?:deep|far|fast|heavy|high|hot|large|long|many|much|strong|tall|warm)\b", re.IGNORECASE)

_CONVERTS = re.compile(r"\bconvert(?: me)? [-+]?\d[\d.,]* ?[^\s\d.,?!]+ (?:in)?to [^\s.?!]+\W*$", re.IGNORECASE)
"""An amount of one thing wanted as another: "convert 5 parsecs to bananas"."""

_CHANGES = re.compile(
    r"\W*(?:(?:please|now|and|then|can you|could you|would you|will you|i want to|i'd like to|let's)\W+)*"
    r"(?:abort|add|archive|begin|cancel|change|clear|continue|create|deduplicate|delete|divide|download|drop|edit"
    r"|erase|export|fine-?tune|forget|get rid|import|install|kill|load|make|merge|move|open a|pause|promote|pull|remove"
    r"|rename|repeat|rerun|reset|restart|resume|retire|retry|roll back|run my|share|shut|split|start|stop|summari[sz]e"
    r"|switch|throw (?:away|out)|train|undo|uninstall|unload|update|upgrade|upload|verify|wipe|withdraw)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:when|where) (?:was|were|did|does|is)\b|\bhow (?:it|they) (?:was|were|is|are)\b|\bhow (?:was|were|did)\b"
    r"|\b(?:suppose|imagine|assume|if)\b[^.?!]{1,60}\b(?:were|was|had|would)\b",
    re.IGNORECASE,
)
_WHAT_IS = re.compile(r"\W*(?:how|what|which|who|whose|when|where|why|is|are|was|were|has|does|did)\b", re.IGNORECASE)
_HOW = re.compile(r"\bhow (?:is|are|was|were|do|does|did|can|could|should|would|to)\b", re.IGNORECASE)
_MEASURE = re.compile(r"\bhow (?:far|fast|high|hot|long|often|warm)\b|\bwhen\b|\bwhere\b", re.IGNORECASE)
_YOU = re.compile(
    r"\b(?:can|could|did|do|have|will|would) you\b(?! (?:say|tell|calculate|compute|work))", re.IGNORECASE
)

_FIRST = 3
"""Words within which an order begins: "please write", "can you write"."""
_CLAUSES = frozenset((",", ";", ".", "!", "?", ":", "and", "so", "but", "then"))
_EARLY = 3
"""Words of a clause before the one that makes it a question or an order."""

_DENIES = listed("don't dont not never no without instead rather")
_DENIED_WITHIN = 3
"""Words after a denial that it reaches."""


def is_no_request(sentence: Sentence) -> bool:
    """Whether the message talks of a computation, or only tells of somebody: no operation answers it."""
    return bool(_TALKS_OF.search(sentence.text)) or _narrates(sentence)


def _narrates(sentence: Sentence) -> bool:
    """Whether it only tells of somebody: it begins so, has no question mark, and no word that asks begins a clause."""
    if "?" in sentence.text or not _NARRATES.search(sentence.text) or _NAMES_MINE.search(sentence.text):
        return False
    words = [one.text for one in sentence.words]
    asks = (word in _WANTS and _begins(words, at) for at, word in enumerate(words))
    return not any(asks) and words[-2:][:1] != ["please"] and words[-1] not in _PLEASE


def _begins(words: Sequence[str], at: int) -> bool:
    """Whether a word begins a clause, or follows the first words of one: "I need", "and please tell"."""
    start = max((place + 1 for place, word in enumerate(words[:at]) if word in _CLAUSES), default=0)
    return at - start <= _EARLY


def tells(sentence: Sentence, aside: Sequence[Place] = (), own: AbstractSet[str] = frozenset()) -> bool:
    """Whether something is to be told, written or advised: in a word that is not aside, or that begins a sentence.

    `own` are the stems by which an operation is asked for: they tell nothing else.
    """
    # Where one of several sentences asks, the others are what it is about.
    quiet = [one for one in sentence.pieces if not _asks(sentence, one)] if sentence.asked else []
    denied = [found.span(1) for found in _DENIED.finditer(sentence.text)]
    if not (_TELLS - own).isdisjoint(one.stem for one in sentence.outside([*aside, *quiet, *denied])):
        return True
    firsts = (sentence.within(piece)[:_FIRST] for piece in sentence.pieces)
    return any(
        one.text in _ORDERED and one.stem not in own
        for first in firsts
        for one in first
        if _OWN_DOING.isdisjoint(word.text for word in first)
    )


def _asks(sentence: Sentence, piece: Place) -> bool:
    """Whether a sentence of several has a question, or is the one that does."""
    asked = sentence.asked
    return "?" in sentence.text[slice(*piece)] or (asked is not None and piece[0] <= asked[0] < piece[1])


def asks_for_meaning(sentence: Sentence) -> bool:
    """Whether the message asks what something is, or is for."""
    return bool(_DEFINES.search(sentence.text))


def changes(sentence: Sentence) -> bool:
    """Whether it orders that something be changed, begun or ended: nothing that is kept is to be told of."""
    return any(_CHANGES.match(sentence.text[slice(*piece)]) for piece in sentence.pieces or [(0, len(sentence.text))])


def asks_what_is(sentence: Sentence) -> bool:
    """Whether it begins as a question about what there is: nothing is to be begun by it."""
    return bool(_WHAT_IS.match(sentence.text))


def asks_how(sentence: Sentence) -> bool:
    """Whether it asks how something is done, or comes about: no list answers that."""
    return bool(_HOW.search(sentence.text))


def asks_of_its_past(sentence: Sentence) -> bool:
    """Whether it asks when, where or how something came about, or what if it were otherwise: no value answers that."""
    return bool(_PAST.search(sentence.text))


def asks_a_measure(sentence: Sentence) -> bool:
    """Whether it asks how far, how long, when or where, and not of the one who is asked."""
    return bool(_MEASURE.search(sentence.text)) and not _YOU.search(sentence.text)


def gives_measures(sentence: Sentence) -> bool:
    """Whether it gives two quantities, and asks for another."""
    return sum(bool(one.unit) for one in sentence.quantities) > 1 and asks_a_measure(sentence)


def asks_yes_or_no(sentence: Sentence) -> bool:
    """Whether the answer would be yes or no, and not of what the one asked can do: "would it be practical?"."""
    last = sentence.pieces[-1] if sentence.pieces else (0, len(sentence.text))
    return bool(_YES_OR_NO.search(sentence.text[slice(*last)]))


def declines(sentence: Sentence, wanted: AbstractSet[str]) -> bool:
    """Whether one of the wanted stems is denied: "don't convert", "not the period"."""
    plain = sentence.text.lower().replace("\u2019", "'")
    for found in _DENIAL.finditer(plain):
        # "not the range, just how high": something else of the same is wanted.
        if any(start <= found.start() < end for start, end in sentence.quotes) or _ONLY.search(plain, found.end()):
            continue
        following = _WORD.findall(plain[found.end() : found.end() + 60].split(",")[0].split(".")[0])
        if not wanted.isdisjoint(stem(word) for word in following[:_DENIED_WITHIN]):
            return True
    return False


_DENIAL = re.compile(rf"\b(?:{'|'.join(sorted(_DENIES))}|do not|never mind)\b")
_WORD = re.compile(r"[^\W\d_]+")
_ONLY = re.compile(
    r"\b(?:just|only|but) (?:tell me |give me |show me |say )?"
    r"(?:how (?:far|high|long|fast|warm|hot)|when|where|care about)\b"
)
_DENIED = re.compile(r"\b(?:no|not|without|skip)(?: (?:the|a|an|any))? (\w+)", re.IGNORECASE)


def asks_for_a_sum(sentence: Sentence) -> bool:
    """Whether the answer would be a number worked out of the message's own: a model too small would make one up."""
    if tells(sentence):
        return False
    measured = any(quantity.unit for quantity in sentence.quantities)
    return bool(
        _SUM.search(sentence.text)
        or _CONVERTS.search(sentence.text)
        or _COUNTED.search(sentence.text)
        or (measured and (_HOW_MUCH.search(sentence.text) or _WHAT_MEASURE.search(sentence.text)))
        or (_EQUAL.search(sentence.text) and asks_yes_or_no(sentence) and re.search(r"\d", sentence.text))
        or (measured and (_IS_SO.search(sentence.text) or _EQUAL.search(sentence.text)))
    )
