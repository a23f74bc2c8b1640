"""Numbers that identify a person, where they stand in a text: telephones, payment cards, accounts, papers, addresses.

A text is read folded: see `identifiers.folded`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Place = tuple[int, int]
"""Where something begins and ends."""
RUN = re.compile(r"\+?\(?\+?\d(?:[ ./()-]{0,3}\d){5,40}")
"""Digits that are one number, or several beside each other."""
GROUP = re.compile(r"([+(]*)(\d+)")
DATE = re.compile(r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}(?!\d)|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d(?!\d)")
YEAR = re.compile(r"(?:19|20)\d\d")
WHOIS = re.compile(r"\+[1-9]\d{0,2}\.\d{8,12}")
DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
NO_NUMBER = re.compile(r"(?i)(?:isbn|issn|ean|doi|order|invoice|tracking|sku|serial|rechnung|bestellung)\W{0,3}$")
"""Before digits that number something else."""
LEAST, MOST = 8, 15
"""Digits of a number with its country's code: ITU-T E.164 has at most fifteen."""
LEAST_OWN, MOST_OWN = 9, 13
"""Digits of one that is dialled within a country, the trunk's 0 counted."""
ENOUGH = 10
"""Digits after which a number may be at its end."""
SHORT, LONG = 2, 4
"""Digits of a group that belongs to no number any more, behind one as long as this."""
FORMS = {
    (3, 3, 4): r"[2-9]\d{9}",
    (1, 3, 3, 4): r"1[2-9]\d{9}",
    (3, 4, 4): r"1[3-9]\d{9}",
    (5, 5): r"[6-9]\d{9}",
    (3, 3, 3): r"[6-9]\d{8}",
    (1, 3, 3, 2, 2): r"[78]\d{10}",
    (2, 5, 4): r"[1-9][1-9]9\d{8}",
}
"""How the digits are grouped of numbers that begin with no sign of one, and what they begin with: North America, China,
India, Spain and Poland, Russia, Brazil."""
SAID = (
    r"(?:tele)?phone|tel|mobile|mobil|cell(?:phone|ular)?|call(?: me| us)?|text me|ring me|reach me|whats ?app"
    r"|viber|fax"
    r"|handy(?:nummer)?|telefon(?:nummer|u)?|rufnummer|ruf mich|rufen sie mich|téléphone|portable"
    r"|appelle[rz]?(?:-moi)?"
    r"|teléfono|móvil|celular|llámame|telefono|cellulare|telefone|telemóvel|telefoon|mobiel|my number"
    r"|mein[ae]? nummer"
    r"|mon numéro|mi número|il mio numero|meu número"
    r"|телефон\w{0,2}|тел|мобильный|мой номер|звони\w{0,3}"
    r"|电话|電話|手机|手機|携帯|전화|휴대폰|هاتف|جوال|फोन|मोबाइल|טלפון|τηλέφωνο"
)
BETWEEN = (
    r"(?:[^\w\n]|\b(?:me|us|my|number|no|nr|num|is|ist|es|est|at|on|under|unter|le|la|el|the|numéro|número|numero"
    r"|номер|mein"
    r"|mon|home|work|mobile|cell|phone|to|é|è|lautet|back|an|mich|au|al|мне)\b|[号號码碼番は是为為])"
)
TOLD = re.compile(
    rf"(?i)(?<![A-Za-zÀ-ɏ])(?:{SAID}){BETWEEN}{{0,12}}(?P<value>\+?\(?\d(?:[ ./()-]{{0,2}}\d){{5,14}})(?!\d|[.,:]\d)"
)
CARD_HEAD = re.compile(r"(?<!\d)[2-689]")
ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[0-8]\d{14,17}|3[47]\d{13}|3[0689]\d{12}|35\d{14,17}|6\d{15,18}|2[2-7]\d{14}"
    r"|8[12]\d{14,17}|9792\d{12}"
)
"""Lengths of payment cards by how they begin: ISO/IEC 7812."""
SHORTEST_PART = 3
"""Digits of a part of a card's number."""
IBAN_HEAD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ .-]?[A-Za-z0-9])")
_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI AX FO GL NL FK SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK MN",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
LENGTHS = {country: length for length, some in _COUNTRIES.items() for country in some.split()}
"""Characters of an IBAN by its country: the registry of ISO 13616."""
SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
SSN_TOLD = re.compile(
    r"(?i)(?:\bssn|social security(?: number| no\.?)?)\b[^\w\n]{0,4}(?:is\b)?[^\w\n]{0,4}"
    r"(?P<value>\d{3}[ -]?\d{2}[ -]?\d{4})(?!\d)"
)
PAPERS = re.compile(
    r"(?i)(?<![A-Za-zÀ-ɏ])(?:passport|passeport|pasaporte|passaporto|reisepass|(?:personal)?ausweis(?:nummer)?"
    r"|driver'?s licen[cs]e"
    r"|driving licen[cs]e|führerschein|steuer-?id|steuernummer|tax id|national insurance"
    r"|sozialversicherungsnummer|dni|nif"
    r"|cpf|curp|aadhaar|nhs|pesel|bsn|codice fiscale|sécurité sociale|паспорт|снилс|инн|身份证|護照|护照)"
    r"(?:[^\w\n]|\b(?:number|no|nr|nummer|numéro|número|numero|номер|is|ist|est|es|lautet|è|é|de|id)\b"
    r"|[号號码碼是为為]){0,10}"
    r"(?P<value>(?=[A-Z]{0,6} ?\d)(?-i:[A-Z0-9](?:[ ./-]?\d|[./-]?[A-Z]){5,20}))(?![a-z])"
)
CHINESE = re.compile(r"(?<!\w)[1-8]\d{5}(?:19|20)\d{9}[\dXx](?!\w)")
CPF = re.compile(r"(?<![\d.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
MAC = re.compile(
    r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"
    r"|(?<![\w.])(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![\w]|\.\w)"
)
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
NO_ADDRESS = re.compile(
    r"(?i)(?:version|release|driver|firmware|section|chapter|kapitel|abschnitt|§|\bver\.?|\bv)[ .:]?$"
)
"""Before what reads as an address, and is a version or a section."""
SHORTEST_ADDRESS = 3


@dataclass(frozen=True, kw_only=True)
class Group:
    """Digits between two signs."""

    start: int
    end: int
    digits: str
    before: str
    """The signs before them."""

    @property
    def begins(self) -> bool:
        """Whether a number that is dialled begins here."""
        return "+" in self.before or re.match(r"0[1-9]", self.digits) is not None


def telephones(text: str) -> Iterator[Place]:
    """Telephone numbers: begun as one that is dialled, grouped as one, or said to be one."""
    for found in TOLD.finditer(text):
        value = found["value"]
        if not DATE.match(value) and not DECIMAL.fullmatch(value):
            yield _with_signs(text, found.start("value")), found.end("value")
    for run in RUN.finditer(text):
        start = run.start()
        if text[start - 1 : start].isalnum() and text[start - 1].isascii():
            continue
        if NO_NUMBER.search(text[max(0, start - 12) : start]):
            continue
        yield from _in_run(text, run)


def _with_signs(text: str, start: int) -> int:
    """Where a number begins, what stands before its digits and belongs to them counted."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _in_run(text: str, run: re.Match[str]) -> Iterator[Place]:
    groups: list[Group] = []
    at = run.start()
    for found in GROUP.finditer(run[0]):
        start, end = run.start() + found.start(2), run.start() + found.end(2)
        groups.append(Group(start=start, end=end, digits=found[2], before=text[at:start]))
        at = end
    behind = text[run.end() : run.end() + 2]
    if behind[:1].isalnum() and behind[:1].isascii() and groups:
        groups.pop()
    place = 0
    while place < len(groups):
        if DATE.match(text, groups[place].start):
            place += 3
            continue
        count = _length(text, groups, place)
        if count:
            first, last = groups[place], groups[place + count - 1]
            yield _with_signs(text, first.start), last.end
        place += count or 1


def _length(text: str, groups: Sequence[Group], place: int) -> int:
    """How many groups from here on are one number; 0 where none begins."""
    first = groups[place]
    if "+" in first.before or re.match(r"00[1-9]", first.digits):
        count = _upto(groups, place, ENOUGH + 1, MOST)
        told = text[first.start - 1 : groups[place + count - 1].end]
        broken = DECIMAL.fullmatch(told) and not WHOIS.fullmatch(told)
        digits = _digits(groups, place, count)
        return count if not broken and LEAST <= len(digits) <= MOST and len(set(digits)) > SHORT else 0
    if _in_fraction(text, first, groups):
        return 0
    if first.begins or (first.before.endswith("(") and not YEAR.fullmatch(first.digits)):
        count = _upto(groups, place, LEAST_OWN, MOST_OWN)
        return count if _own(groups, place, count) else 0
    return _formed(groups, place)


def _in_fraction(text: str, first: Group, groups: Sequence[Group]) -> bool:
    """Whether digits stand behind a comma or a point: of a fraction, unless there are signs between them."""
    before = text[max(0, first.start - 2) : first.start]
    if not re.fullmatch(r"\d[.,]", before):
        return False
    return before[1] == "." or len(groups) == 1


def _digits(groups: Sequence[Group], place: int, count: int) -> str:
    return "".join(one.digits for one in groups[place : place + count])


def _upto(groups: Sequence[Group], place: int, least: int, most: int) -> int:
    """How many groups may be of one number: until it has the most digits, or the least and another begins."""
    count, digits = 0, 0
    for one in groups[place:]:
        new = count and digits >= least and one.begins
        over = digits >= ENOUGH and len(one.digits) <= SHORT and len(groups[place + count - 1].digits) >= LONG
        if new or over or (count and digits + len(one.digits) > most):
            break
        digits += len(one.digits)
        count += 1
    return count


def _own(groups: Sequence[Group], place: int, count: int) -> bool:
    """Whether groups that begin with a 0 or in brackets are a number: not a part of a list of small ones."""
    some = groups[place : place + count]
    digits = _digits(groups, place, count)
    if not LEAST_OWN <= len(digits) <= MOST_OWN or len(set(digits)) <= SHORT:
        return False
    if count == 1 and (not some[0].begins or digits in "01234567890"):
        return False
    # Of a list of small numbers, or of a large one whose thousands are parted.
    small = all(len(one.digits) <= SHORT for one in some)
    beside = (place and groups[place].before == " ") or len(groups) > place + count
    if small or all(len(one.digits) == SHORTEST_PART for one in some):
        return not beside and (not small or len(digits) == ENOUGH)
    return True


def _formed(groups: Sequence[Group], place: int) -> int:
    """How many groups are a number by how they are grouped."""
    for form, begins in FORMS.items():
        some = groups[place : place + len(form)]
        if tuple(len(one.digits) for one in some) != form:
            continue
        if not re.fullmatch(begins, "".join(one.digits for one in some)):
            continue
        signs = {one.before.strip("()") or " " for one in some[1:]}
        behind = groups[place + len(form) : place + len(form) + 1]
        before = [groups[place]] if place else []
        listed = len(signs) == 1 and any(one.before in signs for one in (*before, *behind))
        if signs <= {" ", "-", ".", ") "} and not listed:
            return len(form)
    return 0


def cards(text: str) -> Iterator[Place]:
    """Numbers of payment cards: by how they begin, their length and Luhn's sum (ISO/IEC 7812-1)."""
    for head in CARD_HEAD.finditer(text):
        digits, part, at = "", 0, head.start()
        while at < len(text) and len(digits) < 19:  # noqa: PLR2004 - the most of ISO/IEC 7812
            if not text[at].isdigit():
                # A part that is too short belongs to no card: it is a list of small numbers.
                if text[at] not in " -." or part < SHORTEST_PART:
                    break
                part = -1
                at += 1
                if not text[at : at + 1].isdigit():
                    break
            digits += text[at]
            part = max(part, 0) + 1
            at += 1
            if not text[at : at + 1].isdigit() and ISSUED.fullmatch(digits) and _luhn(digits):
                yield head.start(), at
                break


def _luhn(text: str) -> bool:
    digits = [int(letter) for letter in text][::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def accounts(text: str) -> Iterator[Place]:
    """International bank account numbers: their country's length, and modulo 97 (ISO 13616)."""
    for head in IBAN_HEAD.finditer(text):
        length = LENGTHS.get(head[0][:2].upper(), 0)
        own, at = "", head.start()
        while len(own) < length and at < len(text):
            if text[at].isascii() and text[at].isalnum():
                own += text[at]
            elif text[at] not in " .-":
                break
            at += 1
        if length and len(own) == length and not text[at : at + 1].isalnum():
            turned = "".join(str(int(letter, 36)) for letter in own[4:] + own[:4])
            if int(turned) % 97 == 1:
                yield head.start(), at


def papers(text: str) -> Iterator[Place]:
    """Numbers of identity papers: by their sums, or where they are said to be one."""
    for found in PAPERS.finditer(text):
        yield found.span("value")
    for found in CHINESE.finditer(text):
        weighed = sum(int(digit) * (2**place % 11) for place, digit in zip(range(17, 0, -1), found[0], strict=False))
        if "10X98765432"[weighed % 11] == found[0][-1].upper():
            yield found.span()
    for found in CPF.finditer(text):
        digits = [int(one) for one in found[0] if one.isdigit()]
        sums = [sum(digit * (count - place) for place, digit in enumerate(digits[: count - 1])) for count in (10, 11)]
        if [one * 10 % 11 % 10 for one in sums] == digits[9:]:
            yield found.span()


def social_security(text: str) -> Iterator[Place]:
    """Social security numbers of the United States."""
    yield from (found.span("value") for found in SSN_TOLD.finditer(text))
    yield from (found.span() for found in SSN.finditer(text))


def hardware(text: str) -> Iterator[Place]:
    """MAC addresses."""
    return (found.span() for found in MAC.finditer(text))


def addresses(text: str) -> Iterator[Place]:
    """Addresses of the internet protocol; no version, and no name in a program's code."""
    for pattern in (IPV4, IPV6):
        for found in pattern.finditer(text):
            told = sum(one.isalnum() for one in found[0]) >= SHORTEST_ADDRESS and any(one.isdigit() for one in found[0])
            if not told or NO_ADDRESS.search(text[max(0, found.start() - 12) : found.start()]):
                continue
            try:
                ipaddress.ip_address(found[0])
            except ValueError:
                continue
            yield found.span()
