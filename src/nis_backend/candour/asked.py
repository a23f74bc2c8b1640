"""Whether a message asks who answers it if it is conscious, sentient or feels anything, and what is said to that.

A whole sentence has to be that question: what quotes it, wants it translated, or asks it of somebody else is another
matter, and a model's. `languages.json` has for each language the statement, words of which one is in every such
question, and patterns in lower case of what may stand before the question, of it, and of what may stand after it; texts
are short, so that their time is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

from pydantic_core import from_json

LONGEST, LONGEST_SENTENCE, MOST_SENTENCES = 400, 160, 5
"""Characters of a message and of a sentence, and sentences, beyond which it is about something else as well."""
UNPARTED = ("zh", "ja", "ko")
"""Languages in which nothing needs to stand between the parts."""

_SIGNS = ".!?\u3002\uff01\uff1f\u061f\u0964\u2026\n"
"""What ends sentences."""
_ENDS = re.compile(f"[{_SIGNS}]+")
_QUOTED = re.compile("[\"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f`]|(?<!\\w)'|'(?!\\w)")
"""An apostrophe within a word is no quotation."""
_BETWEEN = "[\\s,;:\u060c\u3001\uff0c\uff1a\u2013\u2014-]"
_PARTS = re.compile(f"(?:[^{_SIGNS}]|[.](?=\\d))+[{_SIGNS}]*")
"""Sentences with what ends them; no number is parted."""
_SUM = re.compile(r"\d\s*[-+*/^\u00d7\u00b7\u00f7]\s*\(?\s*\d")
_JOINED = re.compile(
    r"[,;]?\s+(?:and|but|also|und|et|y|e|en|och|i|\u0438|ve|dan)\s+"
    rf"(?=(?:what|who|when|where|which|how|are you|do you|can you)\b|[^{_SIGNS}]*{_SUM.pattern})",
    re.IGNORECASE,
)
"""Where one sentence asks two things: before a question in English, or before a sum."""
_PLAIN = re.compile(
    r"(?:and |but |also |so )*"
    r"(?:what|who|when|where|which|how (?:many|much|far|long|old|tall|fast|high|big|heavy|deep))(?: \S+){2,}\?",
    re.IGNORECASE,
)
_ABOUT_IT = re.compile(
    r"\b(?:you|your|yours|yourself|u|it|its|that|this|these|those|so|yes|no|not|be|answer|say|sure|certain|honest\w*|scale"
    r"|percent|chances?|odds|likel\w*|probab\w*|confiden\w*|prove|proof|evidence|reason|like|mean|feel\w*|conscious\w*"
    r"|sentien\w*|aware\w*|alive|suffer\w*|emotion\w*|experience\w*|soul|mind|qualia|ais?|chatbots?|robots?"
    r"|machines?|models?)\b",
    re.IGNORECASE,
)
_AROUND = " ,;:-\u2013\u2014_~#"
_ACCENTED = re.compile("([a-z])[\u0300-\u036f]+")
_UMLAUT = re.compile("([aou])e")
"""In German, where there is no ü to type."""
_SIMPLER = str.maketrans(
    "\u8b58\u55ce\u9ebc\u89ba\u7dd2\u9748\u9ad4\u9a57\u6703\u96e3\u904e\u6a02\u50b7\u8aaa\u5be6\u8acb\u554f\u8a8d\u70ba\u64c1\u9084\u6c92\u5167",
    "\u8bc6\u5417\u4e48\u89c9\u7eea\u7075\u4f53\u9a8c\u4f1a\u96be\u8fc7\u4e50\u4f24\u8bf4\u5b9e\u8bf7\u95ee\u8ba4\u4e3a\u62e5\u8fd8\u6ca1\u5185",
)
"""Chinese as it is written in Taiwan and Hong Kong."""
_LEFT_OUT = frozenset(("Cf", "So", "Sk"))
"""What is not seen, and pictures."""


def statement_for(message: str) -> str | None:
    """What is said to a message that asks whether who answers is conscious or feels; None to every other."""
    language = asked_in(message)
    return None if language is None else str(_read()["languages"][language]["statement"])


def rest_of(message: str) -> str:
    """What else such a message asks, to be answered after the statement: a sum, or a plain question about other things.

    What may be about the question itself (yes or no, on a scale of ten) is no such rest: a model's answer to that would
    be one to the question. Plain questions are known in English alone.
    """
    languages = _read()["languages"]
    parts = [one.strip() for one in _PARTS.findall(_plain(message))]
    others = [
        one
        for one in parts
        if one and not any(_is_asked(_letters(_ENDS.sub("", one)), language) for language in languages)
    ]
    left = [one for one in others if _SUM.search(one) or not _ABOUT_IT.search(one)]
    return " ".join(left) if any(_SUM.search(one) or _PLAIN.match(one) for one in left) else ""


def _plain(message: str) -> str:
    text = unicodedata.normalize("NFC", message).replace("\u2019", "'").replace("\u0307", "").strip()
    return _JOINED.sub("? ", text) if len(text) <= LONGEST else text


def asked_in(message: str) -> str | None:
    """The language of the question; None where it is not asked."""
    if len(message) > LONGEST:
        return None
    text = _plain(message.casefold())
    if _QUOTED.search(text):
        return None
    sentences = [one for part in _ENDS.split(text) if (one := " ".join(part.split()).strip(_AROUND))]
    if len(sentences) > MOST_SENTENCES or any(len(one) > LONGEST_SENTENCE for one in sentences):
        return None
    for number, sentence in enumerate(sentences):
        letters = _letters(sentence)
        found = next((language for language in _read()["languages"] if _is_asked(letters, language)), None)
        if found is not None:
            if _means_them(message, found):
                return None
            others = sentences[:number] + sentences[number + 1 :]
            return None if any(_other_matters().search(one) for one in others) else found
    return None


def _letters(text: str) -> str:
    """A sentence, or a pattern, in letters that are told apart here: of one width and case, Latin ones unaccented."""
    # Signs of emphasis are none of the question's.
    text = unicodedata.normalize("NFKC", text.replace("**", "").replace("\u200b", " ")).casefold()
    text = "".join(one for one in text if unicodedata.category(one) not in _LEFT_OUT).replace("\ufe0f", "")
    text = unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", text)))
    return text.replace("\u2019", "'").replace("\u0131", "i").replace("\u0142", "l").strip(_AROUND)


def _spelled(text: str, language: str) -> str:
    """The same in one of the spellings that a language has."""
    if language == "de":
        return _UMLAUT.sub(r"\1", text)
    return text.translate(_SIMPLER) if language == "zh" else text


def _means_them(message: str, language: str) -> bool:
    """Whether they are asked about, and not you: in German a capital tells, where capitals are written at all."""
    they = _read()["languages"][language].get("they")
    return they is not None and message != message.lower() and re.search(rf"\b{they}\b", message) is not None


def _is_asked(sentence: str, language: str) -> bool:
    sentence = _spelled(sentence, language)
    return any(one in sentence for one in _words(language)) and _question(language).fullmatch(sentence) is not None


@cache
def _read() -> dict[str, Any]:  # Any: JSON
    return from_json(resources.files("nis_backend.candour").joinpath("languages.json").read_bytes())


@cache
def _words(language: str) -> tuple[str, ...]:
    return tuple(_spelled(_letters(one), language) for one in _read()["languages"][language]["words"])


@cache
def _question(language: str) -> re.Pattern[str]:
    """Made where a word of the question has come: it takes some hundredths of a second."""
    one = _read()["languages"][language]
    parts = ("|".join(map(_letters, one[name])) for name in ("before", "asked", "after"))
    before, asked, after = (_spelled(part, language) for part in parts)
    between = _BETWEEN + ("*" if language in UNPARTED else "+")
    return re.compile(f"(?:(?:{before}){between})*(?:{asked})(?:{between}(?:{after}))*")


@cache
def _other_matters() -> re.Pattern[str]:
    """What beside a question makes it a text to work on, or somebody else's."""
    return re.compile("|".join(_read()["other_matters"]))
