"""One operation weighed against one message: words, cover, fit and meaning, and the rules that speak against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.arguments import read_arguments
from nis_backend.capabilities.operations.declared import COLLECTIVE, FIELD
from nis_backend.capabilities.operations.elsewhere import wants_otherwise
from nis_backend.capabilities.operations.guards import (
    asks_a_measure,
    asks_for_meaning,
    asks_how,
    asks_of_its_past,
    asks_what_is,
    asks_yes_or_no,
    changes,
    declines,
    gives_measures,
    tells,
)
from nis_backend.capabilities.operations.lists import bare_system
from nis_backend.capabilities.operations.systems import holds_system, system_spans
from nis_backend.capabilities.operations.words import listed, stem, stems, telling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.declared import Declared
    from nis_backend.capabilities.operations.meaning import Meaning
    from nis_backend.capabilities.operations.rarity import Rarity
    from nis_backend.capabilities.operations.reading import Reading
    from nis_backend.capabilities.operations.sentence import Place, Sentence
    from nis_backend.entry import Entry

# The figures were set on the questions in benchmarks/router_seen.json.
LEAST_WORDS = 1.0
"""Weight of shared words below which numbers alone decide nothing."""
LEAST_COVER = 0.4
"""Share of the message that an operation's words must explain."""
WELL_COVERED = 0.75
"""Share that they must explain where nothing of the message fits a field."""
CHOSEN = 2.0
"""Weight, in words, of a choice that the message names for a field that must be given."""
CONVERTED = 2.0
"""The same of a quantity and the unit it is wanted in: for a conversion they are themselves the question."""

WHOLE = 0.95
"""Share of a message that is all of it."""
ASKED_COVER = 0.3
"""Share that they must explain of the clause that asks: "what power does it need?"."""
LISTED_COVER = 0.3
"""Share that they must explain of a message that is near in meaning, where nothing of it fits a field."""
OPEN_COVER = 0.5
"""Share that they must explain where something must be asked for."""
NEAR = 1.0
"""Weight, in words, of a meaning that is near."""
FRAGMENT = 4
"""Words of a message that may ask without a question word: "system info"."""

PHRASE = 4
"""Words in a row that a message shares with an example before they count as a phrase."""

FITTING = 3.0
"""Weight, in words, of numbers that are all an operation needs, where a measure is asked for."""
MANY = 4.0
"""Weight of shared words with which a question for a measure is plainly of an operation."""
STRONG = 8.0
"""Weight of shared words with which a longer message is plainly about an operation."""
SPOKEN = 0.3
"""Share that they must explain of such a message, where it gives something that is needed."""
HALF_LISTED = 0.6
"""Share that they must explain of a message that is likely and names what is listed."""

_QUESTIONS = listed("give how know need number show tell what whats when where which")
_LATEST = listed("last latest newest recent")
"""Words for the one of many that is the last."""
_PARTS = listed("deduplicate divide delete export remove rename split throw")
"""Words that begin what is done to a thing there is: nothing is begun by them."""
_ASKING = listed("any are can could do does is will")
"""Words that ask, where they begin the message."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """An operation that a message asks for, and what the message gives it."""

    entry: Entry
    words: float
    cover: float
    fits: int
    score: float
    reading: Reading
    cosine: float | None
    nobodys: float | None
    sure: bool
    """Whether the message names what is wanted exactly: a quantity and a unit, or a choice; meaning adds nothing."""


def weigh(  # noqa: PLR0911 - one a rule
    sentence: Sentence, operation: Declared, rarity: Rarity, meaning: Meaning | None = None
) -> Pick | None:
    """The score of one operation; None where a rule speaks against it.

    What the words alone rule out is not read for arguments: most operations, for most messages.
    """
    units = {"unit", "target_unit"} <= operation.by_reads.keys() and bool(sentence.quantities or sentence.mentions)
    required, chosen = _chosen(sentence, operation)
    described = holds_system(sentence, operation)
    written = sentence.formulas.spans if operation.formulas else []
    if operation.formulas and not written:
        return None
    system = bare_system(sentence, operation)
    bare = bool(system) or (bool(written) and _is_itself(sentence, operation)) or _addressed(sentence, operation)
    written = [*written, *system]
    fitting = len(operation.required) > 1 and meaning is not None and gives_measures(sentence)
    if (
        not (units or required or fitting or bare or described)
        and rarity.shared(operation, sentence.subject) < LEAST_WORDS
    ):
        return None
    aside = _texts(sentence, operation) if operation.quotes else _aside(sentence, required or operation.words.keys())
    if declines(sentence, operation.deniable | chosen) or tells(sentence, aside, operation.words.keys()):
        return None
    if not operation.required and not operation.measures:
        aside = _but_one(sentence, operation, rarity)
    aside = [*aside, *written, *system_spans(sentence, operation)]
    name, subject = operation.entry.name, sentence.subject_outside(aside)
    words = rarity.shared(operation, subject) + CHOSEN * (bool(required) + described)
    cover = rarity.cover(subject, operation.words.keys() | chosen)
    near = meaning is not None and (meaning.is_near(name) or meaning.is_likely(name))
    # A conversion may have no other words than its units.
    if (
        not units
        and not bare
        and not described
        and ((words < LEAST_WORDS and not fitting) or not (near or cover >= _least_cover(words, whole=True)))
    ):
        return None
    reading = read_arguments(sentence, operation.entry)
    known = (
        operation.words.keys()
        | operation.verbs
        | operation.choices
        | chosen
        | {word for source in reading.sources.values() for word in stems(source)}
    )
    weighed = _Weighed(
        sentence=sentence,
        operation=operation,
        reading=reading,
        # All that it needs, a question for a measure, and a meaning that is likely stand for words.
        words=max(words, FITTING * (fitting and reading.complete and not reading.unread)),
        # A formula by itself leaves nothing to explain.
        cover=1.0 if bare and not subject else rarity.cover(subject, known),
        aside=aside,
        meaning=meaning,
        named=bool(required),
        converts=(units and (not reading.missing or _pairs_units(sentence))) or bare or described,
    )
    if bare and sentence.subject_outside(aside) and weighed.cover < WELL_COVERED:
        return None
    settled = reading.complete and len(operation.required) > 1
    settled = settled or (weighed.cover >= WHOLE and _names_things(sentence, operation))
    far = meaning is not None and meaning.is_far(name, settled=settled) and not weighed.sure
    # A unit's name has no meaning to be near to.
    named = stem(operation.entry.action.partition("_")[0]) in sentence.stems
    far = far and not (units and named and reading.sources and not (meaning and meaning.is_far(name, settled=True)))
    computes = (operation.measures or bool(operation.required)) and not (
        units or required or operation.quotes or written
    )
    other = (computes and wants_otherwise(sentence, operation.words.keys())) or (
        not units and not bare and not described and _asks_for_other(weighed, known, rarity)
    )
    if far or other:
        return None
    given = operation.measures and len(reading.sources) > 1
    found = _computing(weighed) if operation.required or given else None
    if operation.required or found is not None:
        return found
    # What is not explained may be a name; a word of other operations is another wish.
    return _listing(weighed, strange=any(rarity.users[word] for word in subject - known))


@dataclass(frozen=True, kw_only=True)
class _Weighed:
    """One operation, read from one message, and what of the message it explains."""

    sentence: Sentence
    operation: Declared
    reading: Reading
    words: float
    cover: float
    aside: Sequence[Place]
    meaning: Meaning | None
    named: bool
    """Whether a choice that must be given is named."""
    converts: bool
    """Whether a quantity and the unit it is wanted in are given."""

    @property
    def near(self) -> bool:
        """Whether the message means what the operation's examples ask."""
        return self.meaning is not None and self.meaning.is_near(self.operation.entry.name)

    @property
    def likely(self) -> bool:
        """Whether it is not far from what the examples ask: enough where every argument is there."""
        return self.meaning is not None and self.meaning.is_likely(self.operation.entry.name)

    @property
    def sure(self) -> bool:
        """Whether what is wanted is named exactly."""
        named = self.named or self.operation.quotes or self.operation.formulas
        return (self.converts or named) and self.reading.complete

    @property
    def fits(self) -> int:
        """What of the message its fields take, or might."""
        return len(self.reading.sources) + len(self.reading.unclear)

    @cached_property
    def run(self) -> float:
        """Share of the message that is a piece of an example's question."""
        return _run(self.sentence, self.operation)

    @property
    def strays(self) -> int:
        """Measured quantities, beside what is aside, that no field takes."""
        return sum(
            bool(one.unit) and one.text in self.reading.unread and not any(a <= one.start < b for a, b in self.aside)
            for one in self.sentence.quantities
        )

    @property
    def begun(self) -> bool:
        """Whether something was said for a field that must be given."""
        said = {*self.reading.sources, *(name for one in self.reading.unclear for name in one.fields)}
        return not said.isdisjoint(self.operation.required) or (self.operation.quotes and bool(self.sentence.quotes))

    def pick(self, score: float) -> Pick:
        """It, with this score, and what makes a message nearly an example."""
        return Pick(
            entry=self.operation.entry,
            words=self.words,
            cover=self.cover,
            fits=self.fits,
            score=max(0.0, score * (0.5 + self.cover / 2)) + 4.0 * self.run + NEAR * self.near,
            reading=self.reading,
            cosine=self.meaning and self.meaning.cosines.get(self.operation.entry.name),
            nobodys=self.meaning and self.meaning.nobodys,
            sure=self.sure,
        )


def _listing(weighed: _Weighed, *, strange: bool) -> Pick | None:
    """An operation that needs nothing: it answers a question that it explains whole, and that names what it lists."""
    sentence, operation = weighed.sentence, weighed.operation
    # Numbers or a formula that it cannot use are another's, unless it is spoken of by its name.
    if operation.entry.pool is not None and not weighed.fits and not weighed.near and _gives(sentence):
        return None
    plural = _names_things(sentence, operation)
    # An example word for word names what it wants in its own way.
    lists = not operation.things or ((plural or weighed.run > WHOLE) and not asks_how(sentence))
    lists = lists and not changes(sentence)
    if asks_for_meaning(sentence) or not lists or weighed.cover < _least_listed(weighed, plural, strange):
        return None
    asks = _is_asked(sentence, operation) or sentence.words[0].text in _ASKING
    if not (weighed.run or asks or weighed.near or len(sentence.words) <= FRAGMENT):
        return None
    return weighed.pick(weighed.words + 0.5 * weighed.fits + 1 + plural)


def _gives(sentence: Sentence) -> bool:
    """Whether the message gives numbers or formulas to work on."""
    return bool(sentence.quantities) or any(one.operates for one in sentence.formulas.all)


def _least_listed(weighed: _Weighed, plural: bool, strange: bool) -> float:
    """Share of the message that must be explained, by how near it is and what else it says."""
    if weighed.near and not strange:
        return LISTED_COVER
    close = weighed.meaning is not None and weighed.meaning.is_close(weighed.operation.entry.name)
    return HALF_LISTED if close or (weighed.likely and plural and not strange) else WELL_COVERED


def _computing(weighed: _Weighed) -> Pick | None:
    """An operation that works on what the message gives it."""
    sentence, operation, reading, strays = weighed.sentence, weighed.operation, weighed.reading, weighed.strays
    whole = reading.complete and len(operation.required) > 1 and not strays
    words, cover = weighed.words, weighed.cover
    if weighed.converts:
        words, cover = words + CONVERTED, max(cover, LEAST_COVER)
    close = weighed.near or (whole and weighed.likely)
    plain = whole or (weighed.begun and words >= MANY and asks_a_measure(sentence))
    if words < LEAST_WORDS or not (close or cover >= _least_cover(words, whole=plain)) or _is_otherwise_meant(weighed):
        return None
    # "Do a t-test of [5, 4] …" begins as a question does that wants a yes.
    listed = any(operation.slots[name].reads in ("numbers", "matrix") for name in reading.sources)
    if weighed.named and not listed and (asks_yes_or_no(sentence) or asks_of_its_past(sentence)):
        return None
    measured = (
        weighed.converts
        or listed
        or (operation.formulas and weighed.begun)
        or any(operation.slots[name].number for name in reading.sources)
    )
    if asks_for_meaning(sentence) and not measured:
        return None
    orders = _orders(sentence, operation)
    wanted = bool(weighed.run) or orders or weighed.near or _wants_result(sentence, operation)
    if not (
        whole
        or weighed.named
        or weighed.converts
        or (weighed.fits and orders)
        or (orders and sentence.mentions)
        or _names_subject(sentence, operation)
    ):
        return None
    if not reading.complete and not _may_ask(weighed, wanted=wanted):
        return None
    words += LEAST_WORDS * bool(orders and sentence.mentions and not weighed.converts)
    score = words + 0.5 * weighed.fits + reading.complete - strays * (0.5 if weighed.fits else 1.0)
    return replace(weighed, words=words, cover=cover).pick(score)


def _is_otherwise_meant(weighed: _Weighed) -> bool:
    """Whether an order to change something meets what only tells of a thing, or a question what changes something."""
    sentence, operation = weighed.sentence, weighed.operation
    if weighed.run > WHOLE:
        return False
    if operation.entry.effect != "reads":
        first = sentence.words[0].text
        return asks_what_is(sentence) or (first in _PARTS and first not in operation.entry.name)
    needed = {operation.slots[name].reads for name in operation.required if name in operation.slots}
    given = {"quote", "quotes"} & operation.by_reads.keys()
    return needed == {"called"} and not (given and sentence.quotes) and changes(sentence)


def _may_ask(weighed: _Weighed, *, wanted: bool) -> bool:
    """Whether what is open may be asked for: the operation is plainly meant, or begun."""
    sentence, operation = weighed.sentence, weighed.operation
    given = len(weighed.reading.sources.keys() & set(operation.required))
    telegram = given > 1 and weighed.cover >= OPEN_COVER
    many = MANY if asks_a_measure(sentence) else STRONG
    plain = weighed.begun and weighed.words >= many and weighed.cover >= SPOKEN
    result = plain and not sentence.subject.isdisjoint(operation.outcome)
    asked = weighed.converts or telegram or result or _is_asked(sentence, operation)
    if (
        not asked
        or asks_yes_or_no(sentence)
        or (operation.quotes and not weighed.begun and not _speaks_of_text(weighed))
    ):
        return False
    if not (weighed.converts or weighed.near or plain or weighed.cover >= OPEN_COVER):
        return False
    if weighed.converts or weighed.begun:
        return wanted or weighed.converts or plain or not weighed.strays
    wanted = wanted or (weighed.cover >= WHOLE and asks_a_measure(sentence))
    return wanted and not weighed.strays and weighed.cover >= (OPEN_COVER if weighed.near else WELL_COVERED)


def _speaks_of_text(weighed: _Weighed) -> bool:
    """Whether a text is spoken of, where the text itself is not there."""
    called = {word for slot in weighed.operation.slots.values() if slot.required for word in slot.stems}
    return not called.isdisjoint(weighed.sentence.stems)


def _but_one(sentence: Sentence, operation: Declared, rarity: Rarity) -> list[Place]:
    """Of several sentences, the characters of all but the one that speaks most of the operation."""
    weights = [
        rarity.shared(operation, frozenset(one.stem for one in sentence.within(piece) if telling(one)))
        for piece in sentence.pieces
    ]
    best = weights.index(max(weights)) if weights else 0
    return [piece for at, piece in enumerate(sentence.pieces) if at != best]


def _names_things(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message names what the operation lists."""
    plurals = {one.stem for one in sentence.meant if one.word and (one.text.endswith("s") or one.text in COLLECTIVE)}
    things = set(map(stem, operation.things))
    last = (b.stem for a, b in pairwise(sentence.meant) if a.text in _LATEST)
    return not (things.isdisjoint(plurals) and (things.isdisjoint(last) or "my" not in sentence.stems))


def _pairs_units(sentence: Sentence) -> bool:
    """Whether a quantity and a unit it is wanted in are said, or two units of one kind: "acres in a hectare"."""
    said = [*sentence.quantities, *sentence.mentions]
    if len(said) < 2 or not sentence.mentions:  # noqa: PLR2004 - a pair
        return False
    into = [one for one in sentence.mentions if sentence.word_before(one) in ("in", "into", "to", "as", "many")]
    # Right behind a quantity: whether it is of the same kind is not the question.
    if any(0 < one.start - other.end <= len(" into ") for one in into for other in sentence.quantities if other.unit):
        return True
    per = len(sentence.mentions) > 1 and sentence.word_before(sentence.mentions[-1]) in ("a", "an", "per")
    dimensions = [one.dimension for one in said if one.unit]
    return bool(into or per) and len(set(dimensions)) < len(dimensions)


def _asks_for_other(weighed: _Weighed, known: AbstractSet[str], rarity: Rarity) -> bool:
    """Whether what is asked for is none of what the operation speaks of: "what is the tension", "how would it feel"."""
    sentence = weighed.sentence
    # What is near in meaning may be worded otherwise, but for its very noun.
    likely = weighed.near or (weighed.likely and weighed.reading.complete)
    clauses = [sentence.asked] if sentence.asked and not likely else []
    if len(sentence.pieces) > 1 and asks_a_measure(sentence) and weighed.reading.complete:
        clauses = []
    for spans, least in ((sentence.heads, 1), (clauses, 2)):
        asked = sentence.subject & {one.stem for span in spans for one in sentence.within(span)}
        # Beside a name, any word of it is enough: "the accepted value for the mass of the electron".
        explained = weighed.named and not asked.isdisjoint(known)
        if len(asked) >= least and not explained and rarity.cover(asked, known) < ASKED_COVER:
            return True
    return False


def _texts(sentence: Sentence, operation: Declared) -> list[Place]:
    """The characters of the texts that the operation takes from a message: their words ask for nothing."""
    places = sentence.topics if "topic" in operation.by_reads else [*sentence.quotes, *sentence.rest]
    if slot := operation.by_reads.get("called"):
        places = [*places, *sentence.called(" ".join(words) for words in slot.phrases)]
    return [*places, *sentence.addresses]


def _aside(sentence: Sentence, wanted: AbstractSet[str]) -> list[Place]:
    """The characters of the sentences, of several, that have none of the stems."""
    others = [piece for piece in sentence.pieces if wanted.isdisjoint(one.stem for one in sentence.within(piece))]
    # What an address is made of is no word of the message.
    return [*others, *sentence.addresses]


def _least_cover(words: float, *, whole: bool) -> float:
    """Half the usual where the words are many and nothing of the call is open."""
    return LEAST_COVER / 2 if whole and words >= 2 * LEAST_WORDS else LEAST_COVER


def _addressed(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message gives the one address that is all the operation needs: a model would make its page up."""
    slot = operation.by_reads.get("address")
    if slot is None or operation.required != [slot.name] or len(sentence.addresses) != 1:
        return False
    ((first, last),) = sentence.addresses
    return all(first <= start and end <= last for start, end in sentence.formulas.spans)


def _is_itself(sentence: Sentence, operation: Declared) -> bool:
    """Whether a formula alone asks for the operation: a sum for its value, an equation for what solves it."""
    formula = sentence.formulas.formula
    if "equations" in operation.by_reads:
        equations = sentence.formulas.equations
        # Of E = mc^2 it is not said what is looked for.
        unknowns = frozenset[str]().union(*(one.names for one in equations))
        return 0 < len(unknowns) <= len(equations)
    sums = bool(formula and not formula.names and "values" in operation.by_reads)
    return sums and not sentence.formulas.equations and len(operation.required) == 1


def _chosen(sentence: Sentence, operation: Declared) -> tuple[frozenset[str], frozenset[str]]:
    """The stems with which the message names a choice: of a required field, and of any."""
    named = {
        slot: frozenset(stem(word) for words in slot.chosen(sentence.spelled_out).values() for word in words.split())
        for slot in operation.slots.values()
        if slot.reads == "choice"
    }
    required = [words for slot, words in named.items() if slot.required]
    return frozenset[str]().union(*required), frozenset[str]().union(*named.values())


def _names_subject(sentence: Sentence, operation: Declared) -> bool:
    """Whether a word of the message is more than the name of a field."""
    return any(operation.words.get(word, FIELD) != FIELD for word in sentence.subject - operation.verbs)


def _orders(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message orders what the operation does, in the verb of its name or its summary."""
    return not operation.verbs.isdisjoint(sentence.stems)


def _is_asked(sentence: Sentence, operation: Declared) -> bool:
    """Whether it is a question or an order, or names a result: what gives some numbers only may just be told."""
    return (
        "?" in sentence.text
        or any(one.text in _QUESTIONS for one in sentence.words)
        or _orders(sentence, operation)
        or _wants_result(sentence, operation)
    )


def _wants_result(sentence: Sentence, operation: Declared) -> bool:
    """Whether the message names a result of the operation, and its subject: the period of a pendulum."""
    if not (operation.required or operation.measures):
        return False
    return bool(sentence.subject & operation.outcome) and bool(sentence.subject & operation.subject)


def _run(sentence: Sentence, operation: Declared) -> float:
    """Share of the message that is, word for word, a piece of an example's question; 0 for less than a phrase."""
    said = [one.stem for one in sentence.words]
    content = {one.stem for one in sentence.words if telling(one)}
    longest = 0
    for asked in operation.questions:
        if len(content.intersection(asked)) > 1:
            found = SequenceMatcher(None, said, asked, autojunk=False).find_longest_match()
            shared = said[found.a : found.a + found.size]
            if found.size >= PHRASE and len(content.intersection(shared)) > 1:
                longest = max(longest, found.size)
    return longest / len(said) if said else 0.0
