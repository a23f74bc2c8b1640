"""What identifies a person in a text, found by rules and replaced by placeholders: `[EMAIL_1]`, the same for the same.

Found: e-mail addresses, telephone numbers, payment cards (Luhn), IBANs (ISO 13616, modulo 97), IPv4, IPv6 and MAC
addresses, US social security numbers, numbers of identity papers that are said to be such or have a sum, keys and
tokens of known forms, private keys, values that are called a password or a key, and names that a conversation itself
states as its person's ("my name is …", "Name: …", under a letter), wherever they occur in it.

Not found: names that are not stated so, those of others, telephone numbers that are grouped like any number and not
said to be one, postal addresses, dates of birth, employers, and whatever tells who somebody is by what was done or
where.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from nis_backend.guardrails.seen import SPLITS
from nis_backend.identifying import numbering, opening
from nis_backend.identifying.naming import NO_NAME, finder, stated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from nis_backend.identifying.numbering import Place

KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "IP", "MAC", "SSN", "ID", "SECRET", "NAME")
NOT_FOUND = (
    "Not found are names that nobody states as their own, names of others, telephone numbers that look like any number "
    "and are not said to be one, postal addresses, dates of birth, employers, and what tells who somebody is by its "
    "content: look at rows before you share them."
)
DOMAIN = r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:xn--[A-Za-z0-9-]{2,59}|[^\W\d_]{2,24})(?![^\W_])"
EMAIL = re.compile(rf"[\w%+#&][\w.%+'&#!$*=~-]{{0,63}}@{DOMAIN}")
WRITTEN = re.compile(
    rf"(?i)[\w+][\w.+-]{{0,63}}(?:%40| ?[\[({{] ?(?:at|@|æt|arroba) ?[\])}}] ?){DOMAIN}"
    r"|[\w+][\w.+-]{0,63} ?[\[({] ?(?:at|@) ?[\])}] ?[\w-]{1,63}(?: ?[\[({] ?(?:dot|punkt"
    r"|\.) ?[\])}] ?[\w-]{2,63}){1,4}"
    r"|(?<!\w)[\w+-]{1,64}(?: dot [\w-]{1,63}){0,3} at [\w-]{1,63}(?: dot [\w-]{2,63}){1,4}(?!\w)"
)
"""Addresses as they are written to be read by people alone."""
NOBODY = frozenset(("git", "hg", "svn"))
"""Before the @ of an address that is a program's."""
PLACES = frozenset(
    ("look", "meet", "available", "hosted", "site", "website", "page", "located", "found", "read", "see")
)
"""Before the "at" of where something is."""
DIGITS = re.compile(r"\d")


def _fold() -> dict[int, str]:
    """One sign for each: of the full width, of spaces, hyphens, apostrophes, and digits of other scripts."""
    folded = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    folded |= dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
    folded |= dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63], "-")
    folded |= dict.fromkeys([0x2018, 0x2019, 0x02BC], "'") | dict.fromkeys([0x201C, 0x201D, 0x201E, 0xAB, 0xBB], '"')
    for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xE50):
        folded |= {zero + digit: str(digit) for digit in range(10)}
    return folded


FOLD = _fold()


def folded(text: str) -> str:
    """The text as it is looked through: as long as it, letter by letter."""
    return text if text.isascii() else text.translate(FOLD)


def composed(text: str) -> str:
    """The text with each letter as one, and its accent within it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class Identifiers:
    """The placeholders of one conversation, or of one row: the same for the same, however often it occurs."""

    def __init__(self, texts: Iterable[str] = (), labels: Iterable[str] = (), kinds: Collection[str] = KINDS) -> None:
        self._kinds = kinds
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()
        names = dict.fromkeys(name for text in texts for name in stated_names(text))
        self._names, self._same = finder(names, [folded(composed(label)) for label in labels])

    def plain(self, text: str) -> str:
        """The text with placeholders."""
        text = composed(text)
        if SPLITS.search(text):
            # As it is read first: signs that nobody sees, copied with it or not, part an address for nobody.
            places = [place for place, letter in enumerate(text) if not SPLITS.match(letter)]
            text = self._replaced(text, "".join([text[place] for place in places]), places)
        return self._replaced(text, text, range(len(text)))

    def _replaced(self, text: str, read: str, places: Sequence[int]) -> str:
        """The text with placeholders for what is found in what is read of it, whose letters stand at these places."""
        looked = folded(read)
        pieces: list[str] = []
        at = 0
        for start, end, kind in sorted(self._found(looked)):
            pieces += [text[at : places[start]], self._place(kind, looked[start:end])]
            at = places[end - 1] + 1
        return "".join([*pieces, text[at:]]) if pieces else text

    def _found(self, text: str) -> list[tuple[int, int, str]]:
        """Where there is what; of what crosses, that which is looked for first."""
        found: list[tuple[int, int, str]] = []
        taken = bytearray(len(text))
        for kind, rule in self._rules(text):
            for start, end in rule(text):
                if end > start and not any(taken[start:end]):
                    taken[start:end] = b"\1" * (end - start)
                    found.append((start, end, kind))
        return found

    def _rules(self, text: str) -> Iterator[tuple[str, Callable[[str], Iterable[Place]]]]:
        digits = DIGITS.search(text) is not None
        yield from ((kind, rule) for kind, rule, wants in RULES if kind in self._kinds and (digits or not wants))
        names = self._names
        if names is not None and "NAME" in self._kinds:
            yield "NAME", lambda text: (found.span() for found in names.finditer(text))

    def _place(self, kind: str, found: str) -> str:
        self.counts[kind] += 1
        same = self._same.get(found.casefold(), found) if kind == "NAME" else found
        key = kind, "".join(letter for letter in same.casefold() if letter.isalnum() or letter in "@.+")
        if key not in self._known:
            self._numbers[kind] += 1
            self._known[key] = f"[{kind}_{self._numbers[kind]}]"
        return self._known[key]


def found_in(text: str, kinds: Collection[str] = KINDS) -> Counter[str]:
    """How much of each kind a text has that identifies somebody, or opens something."""
    one = Identifiers([text], kinds=kinds)
    one.plain(text)
    return one.counts


def stated_names(text: str) -> list[str]:
    """The names that a text states as its speaker's."""
    return [name for name in stated(folded(composed(text))) if name]


def emails(text: str) -> Iterator[Place]:
    """E-mail addresses."""
    if "@" in text:
        for found in EMAIL.finditer(text):
            if found[0].partition("@")[0].casefold() not in NOBODY:
                yield found.span()
    if "%40" in text or "at" in text.casefold() or "@" in text:
        for found in WRITTEN.finditer(text):
            if found[0].split()[0].casefold() not in PLACES | NO_NAME:
                yield found.span()


RULES: tuple[tuple[str, Callable[[str], Iterable[Place]], bool], ...] = (
    ("SECRET", opening.private_keys, False),
    ("SECRET", opening.tokens, False),
    ("SECRET", opening.called, False),
    ("EMAIL", emails, False),
    ("IBAN", numbering.accounts, True),
    ("CARD", numbering.cards, True),
    ("SSN", numbering.social_security, True),
    ("ID", numbering.papers, True),
    ("MAC", numbering.hardware, True),
    ("IP", numbering.addresses, False),
    ("PHONE", numbering.telephones, True),
)
"""What is looked for, one after the other, and whether it has digits."""
