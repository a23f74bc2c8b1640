"""How many tokens a text has for the embedding model in the box: BERT's word pieces, uncased, counted without it.

Source: Wu et al. (2016), arXiv:1609.08144, section 4; the pieces are those of bert-base-uncased.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources

LONGEST_WORD = 100
"""Letters; a longer word is one unknown piece."""
LONGEST_PIECE = 18
"""Letters of the longest piece, without its mark."""

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[^\w\s]|_")


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    text = resources.files("nis_backend.drivers.embeddings").joinpath("bert_uncased_vocab.txt").read_text("utf-8")
    return frozenset(text.splitlines())


def count_tokens(text: str) -> int:
    """Its word pieces; those that mark its beginning and end are not counted."""
    plain = text.lower()
    if not plain.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFD", plain) if unicodedata.category(one) != "Mn")
    return sum(map(_pieces, _WORD.findall(plain)))


@lru_cache(maxsize=50_000)
def _pieces(word: str) -> int:
    """By the longest piece that fits, from the left; a word that cannot be made of pieces is one."""
    if len(word) > LONGEST_WORD:
        return 1
    known = _vocabulary()
    place = count = 0
    while place < len(word):
        longest = min(len(word), place + LONGEST_PIECE)
        mark = "##" if place else ""
        end = next((end for end in range(longest, place, -1) if mark + word[place:end] in known), None)
        if end is None:
            return 1
        place, count = end, count + 1
    return count
