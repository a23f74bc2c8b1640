"""What a terminal would obey is not written to it: words come from models, from files and from other people's pages."""

from __future__ import annotations

_OBEYED = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")
"""Control characters of ECMA-48 but for the tabulator and the end of a line: they move the cursor, they set a title."""


def harmless(text: str) -> str:
    """The text with a mark in place of each of them."""
    return text.translate(_OBEYED)
