"""Quotes that a model gives, looked up in the texts that they are said to be from: verbatim, or none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.operation import Model
from nis_backend.quoted import MARKS, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_QUOTE = 300
"""Characters of a quote that a model is asked for: the few words that matter."""


class Quote(Model):
    """Words that stand in a text, exactly so."""

    text: str = Field(description="As they stand there.")
    source: int = Field(description="Which text, from 0.")
    start: int = Field(description="Their first character's place in it, from 0.")
    end: int = Field(description="The place after their last character.")


def find_quote(words: str, texts: Sequence[str], first: int = 0) -> Quote | None:
    """Where the words stand, however they are set there; the text `first` is looked at first.

    None when no text has them: another case, another comma is not what was written. Marks of quotation around them may
    be the model's own; white space may differ, and what `quoted.Source` takes for typesetting.
    """
    order = sorted(range(len(texts)), key=lambda source: source != first)
    for said in dict.fromkeys((words, words.strip().strip(MARKS))):
        parts = said.split()
        if not parts:
            continue
        pattern = re.compile(r"\s+".join(map(re.escape, parts)))
        for source in order:
            found = pattern.search(texts[source])
            if found:
                return Quote(text=found[0], source=source, start=found.start(), end=found.end())
    for source in order:
        for place in Source([texts[source]]).find(words, whole=False)[:1]:
            return Quote(text=place.text, source=source, start=place.start, end=place.end)
    return None
