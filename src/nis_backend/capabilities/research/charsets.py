"""Bytes of a page as text: by its mark, its server's word, its own word, in the order that browsers have.

Source: https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
"""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
LOOKED_AT = 4096
"""Bytes in which a page says what it is written in; the standard asks for 1024, and not all pages heed that."""
_AS_READ = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
"""What browsers read under these names (https://encoding.spec.whatwg.org/#names-and-labels)."""
LAST = "cp1252"
"""What is left where nothing else reads it: every byte of it is some letter."""
_UNSAFE = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined"})


def decoded(data: bytes, content_type: str) -> tuple[str, str]:
    """The text, and what it was read as, with where that is from.

    What does not fit the word of its server is read by the page's own, then as UTF-8, then as Windows-1252.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), f"{name} (its mark)"
    start = data[:LOOKED_AT]
    header, meta = _HEADER.search(content_type), _XML.search(start) or _META.search(start)
    said = [(header[1], "its server")] if header else []
    said += [(meta[1].decode("ascii"), "the page")] if meta else []
    wrong = ""
    for label, whose in (*said, ("utf-8", "tried")):
        name = _known(label)
        if name is None:
            wrong = wrong or f"; {whose} says {label}, which is nothing"
            continue
        try:
            return data.decode(name), f"{name} ({whose}{wrong})"
        except UnicodeDecodeError as error:
            if whose != "tried" and _slips(data, name, error):
                # A slip of the pen in a page that is otherwise as it says.
                return data.decode(name, "replace"), f"{name} ({whose}; a few bytes are wrong)"
            wrong = wrong or (f"; {whose} says {label}, which it is not" if whose != "tried" else "")
    return data.decode(LAST, "replace"), f"{LAST} (the last that is tried{wrong})"


FEW = 0.001
"""Share of signs that may be wrong in what is still taken for what it says."""


def _slips(data: bytes, name: str, error: UnicodeDecodeError) -> bool:
    wrong = data.decode(name, "replace").count("\ufffd")
    rest = data[error.start :]
    # Of a text that has letters beyond ASCII, most must be right.
    beyond = sum(one >= 0x80 for one in rest[:10_000])  # noqa: PLR2004 - the first byte that is no ASCII
    return wrong <= max(1, FEW * len(data)) and wrong * 4 <= beyond


def _known(label: str) -> str | None:
    """Python's name of it, as browsers read it; None for what is no encoding of pages."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in _UNSAFE or not codecs.lookup(name)._is_text_encoding:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportAttributeAccessIssue] - no other word of it
        return None
    return _AS_READ.get(name, name)
