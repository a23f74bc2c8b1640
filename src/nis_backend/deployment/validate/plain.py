"""A definition as text: how long it may be, and JSON without the comments that people write into it."""

from __future__ import annotations

from nis_backend.errors import Malformed, TooLarge

LARGEST = 1_048_576
"""Most bytes of a definition."""
MOST = 20
"""Comments that are told."""


def check_size(text: str, field: str) -> None:
    """Refuse a text that is too long, or that is none.

    Raises:
        Malformed: it has half of a character.
        TooLarge: it has more than 1 MiB.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Malformed("The text is no Unicode: it has half of a character.", field=field) from None
    if size > LARGEST:
        raise TooLarge(f"A definition has at most {LARGEST} bytes.", field=field, value=size)


def without_comments(text: str) -> tuple[str, list[int]]:
    """The text with comments as spaces, so that lines stay, and the lines of the first of them.

    A text that does not begin as JSON does is left alone.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[", "//", "/*")):
        return text, []
    kept: list[str] = []
    lines: list[int] = []
    place, line, quoted = 0, 1, False
    while place < len(text):
        sign = text[place]
        two = text[place : place + 2]
        if quoted:
            step = 2 if sign == "\\" else 1
            quoted = sign != '"'
            kept.append(text[place : place + step])
        elif two in {"//", "/*"}:
            end = text.find("\n" if two == "//" else "*/", place)
            end = len(text) if end < 0 else end + (0 if two == "//" else 2)
            step = end - place
            lines.append(line)
            kept.append("".join("\n" if one == "\n" else " " for one in text[place:end]))
        else:
            step = 1
            quoted = sign == '"'
            kept.append(sign)
        line += text.count("\n", place, place + step)
        place += step
    return "".join(kept).lstrip("\ufeff"), lines[:MOST]
