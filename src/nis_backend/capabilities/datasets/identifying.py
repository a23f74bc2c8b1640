"""What identifies a person in a text, found by rules and replaced by placeholders: `[EMAIL_1]`, the same for the same.

Found: e-mail addresses, telephone numbers, payment cards (Luhn), IBANs (ISO 13616, modulo 97), IPv4, IPv6 and MAC
addresses, US social security numbers, keys and tokens of known forms, private keys, values that are called a password
or a key, and names that a conversation itself states as its person's ("my name is …"), wherever they occur in it.

Not found: names that are not stated so, those of others, postal addresses, dates of birth, employers, and whatever
tells who somebody is by what was done or where.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "IP", "MAC", "SSN", "SECRET", "NAME")
NOT_FOUND = (
    "Not found are names that nobody states as their own, names of others, postal addresses, dates of birth, "
    "employers, and what tells who somebody is by its content: look at rows before you share them."
)
PEM_BEGIN = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
PEM_END = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY-----")
# No quantifier here can begin again within what it has read: each text is read in a time that grows with its length.
TOKENS = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}"
    r"|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|nvapi-[A-Za-z0-9_-]{20,}|pypi-[A-Za-z0-9_-]{20,}"
    r")(?![A-Za-z0-9_-])"
)
CREDENTIALS = re.compile(r"(?<=://)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)")
CALLED = re.compile(
    r"(?i)\b(?:passwords?|passwd|pwd|passphrase|pin|secret|api[ _-]?keys?|access[ _-]?keys?|auth[ _-]?token|token"
    r"|passwort|kennwort|mot de passe|contraseña)\b\s{0,5}(?P<by>is|ist|est|es|:|=)\s{0,5}[\"'`]?"
    r"(?P<value>[^\s\"'`,;]{4,200})"
)
EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24}(?!\w)")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}")
CARD = re.compile(r"(?<![\d-])(?:\d[ -]?){12,18}\d(?!\d)")
SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d])(?!\.\d)")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
PHONE = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)[ ./-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,5}(?!\w|[.,]\d)"
)
DECIMAL = re.compile(r"\d+[.,]\d+|\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
"""What reads as a telephone number and is a fraction or a date."""
NAME = r"[^\W\d_a-z][\w'\u2019-]{1,30}"
STATED = re.compile(
    r"\b(?:(?i:my name is|my name's|my name \u2019s|i am called|call me|ich heiße|ich heisse|mein name ist|je m'appelle"
    r"|je m\u2019appelle|mon nom est|me llamo|mi nombre es|mi chiamo|meu nome é|ik heet)|I am|I'm|I\u2019m|[Tt]his is"
    r"|[Ii]ch bin|[Jj]e suis|[Ss]oy)"
    rf"\s{{1,3}}(?P<name>{NAME}(?:[ ]{NAME}){{0,2}})"
)
NO_NAME = frozenset(
    (
        *("The", "A", "An", "I", "It", "Not", "So", "Just", "Very", "Sorry", "Der", "Die", "Das", "Ein", "Eine", "OK"),
        *("German", "French", "English", "American", "British", "Spanish", "Italian", "Dutch", "Portuguese", "Indian"),
        *("Chinese", "Japanese", "Russian", "Polish", "Swiss", "Austrian", "Canadian", "Australian", "Catholic"),
        *("Muslim", "Jewish", "Christian", "Hindu", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
        *("Sunday", "Student", "Lehrer", "Arzt", "What", "Why", "How", "Great", "Good", "Done", "Sure", "Interested"),
        *("Looking", "Trying", "Working", "Using", "Building", "Writing"),
    )
)
"""Words that follow "I am" and are nobody's name."""
SHORTEST_NAME = 3
SHORTEST_PHONE, LONG_PHONE, LONGEST_PHONE = 7, 9, 15
"""Digits: ITU-T E.164 has at most fifteen."""
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL",
    24: "AD CZ ES MD PK RO SA SE SK TN",
    25: "PT",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL",
    29: "BR EG QA UA",
    30: "JO KW MU",
    31: "MT",
}
LENGTHS = {country: length for length, some in _COUNTRIES.items() for country in some.split()}
"""Characters of an IBAN by its country: the registry of ISO 13616."""


class Identifiers:
    """The placeholders of one conversation, or of one row: the same for the same, however often it occurs."""

    def __init__(self, texts: Iterable[str] = (), labels: Iterable[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()
        names = [name for text in texts for name in stated_names(text)]
        self._names = _any_of(names, labels)
        self._same: dict[str, str] = {part.casefold(): name for name in (*names, *labels) for part in _parts(name)}

    def plain(self, text: str) -> str:
        """The text with placeholders."""
        text = _without_keys(text, lambda found: self._place("SECRET", found))
        for kind, pattern, group, meant in RULES:
            text = _replaced(text, pattern, group, lambda found, kind=kind: self._place(kind, found), meant)
        if self._names is not None:
            text = self._names.sub(
                lambda found: self._place("NAME", self._same.get(found[0].casefold(), found[0])), text
            )
        return text

    def _place(self, kind: str, found: str) -> str:
        self.counts[kind] += 1
        key = kind, "".join(letter for letter in found.casefold() if letter.isalnum() or letter in "@.+")
        if key not in self._known:
            self._numbers[kind] += 1
            self._known[key] = f"[{kind}_{self._numbers[kind]}]"
        return self._known[key]


def found_in(text: str) -> Counter[str]:
    """How much of each kind a text has that identifies somebody, or opens something."""
    one = Identifiers([text])
    one.plain(text)
    return one.counts


def stated_names(text: str) -> list[str]:
    """The names that a text states as its speaker's."""
    names = [found["name"] for found in STATED.finditer(text)]
    return [kept for name in names if (kept := _kept(name))]


def _kept(name: str) -> str:
    """The words of a name up to one that is none."""
    words: list[str] = []
    for word in name.split():
        if word in NO_NAME:
            break
        words.append(word.rstrip("'\u2019-"))
    return " ".join(words) if words and len(words[0]) >= SHORTEST_NAME else ""


def _parts(name: str) -> list[str]:
    parts = [part for part in re.split(r"[\s._-]+", name) if len(part) >= SHORTEST_NAME and not part.isdigit()]
    return [name, *parts] if len(name) >= SHORTEST_NAME else []


def _any_of(names: Iterable[str], labels: Iterable[str]) -> re.Pattern[str] | None:
    """What finds these names, whole or in parts; labels however they are written."""
    own = {re.escape(part) for name in names for part in _parts(name)}
    given = {f"(?i:{re.escape(part)})" for label in labels for part in _parts(label)}
    both = sorted(own | given, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(both)})(?!\w)") if both else None


def _replaced(
    text: str, pattern: re.Pattern[str], group: str, place: Callable[[str], str], meant: Callable[[re.Match[str]], int]
) -> str:
    """The text with what a pattern finds replaced, as many characters of it as are meant."""
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        begin = found.start(group) if group else found.start()
        length = meant(found)
        if length and begin >= at:
            pieces += [text[at:begin], place(text[begin : begin + length])]
            at = begin + length
    return "".join([*pieces, text[at:]]) if pieces else text


def _without_keys(text: str, place: Callable[[str], str]) -> str:
    """Without private keys; one that does not end goes to the end of the text."""
    pieces: list[str] = []
    for begin, end, last in _keys(text):
        pieces += [text[last:begin], place(text[begin:end])]
    return "".join([*pieces, text[max((end for _, end, _ in _keys(text)), default=0) :]]) if pieces else text


def _keys(text: str) -> Iterator[tuple[int, int, int]]:
    """Where private keys begin and end, and where the one before ended."""
    last = 0
    while found := PEM_BEGIN.search(text, last):
        ended = PEM_END.search(text, found.end())
        end = ended.end() if ended else len(text)
        yield found.start(), end, last
        last = end


def _all(found: re.Match[str]) -> int:
    return len(found[0])


def _secret(found: re.Match[str]) -> int:
    """What is said to be a password; behind "is", only what has a digit or a sign, for "the token is valid" is none."""
    value = found["value"].rstrip(".!?)")
    told = found["by"] in {":", "="} or any(not one.isalpha() for one in value)
    return len(value) if told and not value.startswith("[") else 0


def _iban(found: re.Match[str]) -> int:
    length = LENGTHS.get(found[0][:2])
    if length is None:
        return 0
    own, upto = "", 0
    for upto, letter in enumerate(found[0], 1):  # noqa: B007 - how far it goes
        own += letter.strip()
        if len(own) == length:
            break
    turned = "".join(str(int(letter, 36)) for letter in own[4:] + own[:4])
    return upto if len(own) == length and int(turned) % 97 == 1 else 0


def _card(found: re.Match[str]) -> int:
    """Luhn's sum: ISO/IEC 7812-1."""
    digits = [int(letter) for letter in found[0] if letter.isdecimal()][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    right = (sum(digits[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1
    return len(found[0]) if right else 0


def _address(found: re.Match[str]) -> int:
    try:
        ipaddress.ip_address(found[0])
    except ValueError:
        return 0
    return len(found[0]) if "." in found[0] or sum(one.isalnum() for one in found[0]) >= SHORTEST_NAME else 0


def _phone(found: re.Match[str]) -> int:
    """At least seven digits, begun as a number that is dialled or parted as one; no date, and no fraction."""
    text = found[0]
    digits = sum(one.isdigit() for one in text)
    if not SHORTEST_PHONE <= digits <= LONGEST_PHONE or DECIMAL.fullmatch(text):
        return 0
    parted = sum(not one.isdigit() for one in text)
    begun = text[0] in "+(" or (text[0] == "0" and digits >= LONG_PHONE)
    return len(text) if begun or (parted > 1 and digits >= LONG_PHONE) else 0


RULES: tuple[tuple[str, re.Pattern[str], str, Callable[[re.Match[str]], int]], ...] = (
    ("SECRET", TOKENS, "", _all),
    ("SECRET", CREDENTIALS, "", _all),
    ("SECRET", CALLED, "value", _secret),
    ("EMAIL", EMAIL, "", _all),
    ("IBAN", IBAN, "", _iban),
    ("CARD", CARD, "", _card),
    ("SSN", SSN, "", _all),
    ("MAC", MAC, "", _all),
    ("IP", IPV4, "", _address),
    ("IP", IPV6, "", _address),
    ("PHONE", PHONE, "", _phone),
)
