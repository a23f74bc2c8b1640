"""Bytes of pages as text, whatever is said of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.research.charsets import decoded

WORDS = "Ærlige bønder høster rug — “så er det sagt”, 5 €."
PAGE = f"<html><head><meta charset=X></head><body><p>{WORDS}</p></body></html>"


def page(charset: str, said: str | None = None) -> bytes:
    """A page in a charset, that says another of itself, or that one."""
    return PAGE.replace("X", said or charset).encode(charset)


@pytest.mark.parametrize(
    ("data", "header", "read_as"),
    [
        (page("utf-8"), "text/html; charset=utf-8", "utf-8 (its server)"),
        (page("utf-8"), "text/html", "utf-8 (the page)"),
        (page("windows-1252"), 'text/html; charset="windows-1252"', "cp1252 (its server)"),
        (page("windows-1252", "iso-8859-1"), "text/html", "cp1252 (the page)"),
        (page("windows-1252"), "text/html; charset=UTF-8", "cp1252 (the page; its server says UTF-8, which it is not)"),
        (page("windows-1252", "utf-8"), "text/html", "cp1252 (the last that is tried; the page says utf-8, which it"),
        (page("utf-8", "nonsense-9"), "text/html", "utf-8 (tried; the page says nonsense-9, which is nothing)"),
        (page("utf-8", "utf-7"), "text/html", "utf-8 (tried; the page says utf-7, which is nothing)"),
        (page("utf-8", "base64"), "text/html; charset=zip", "utf-8 (tried; its server says zip, which is nothing)"),
        (PAGE.encode("utf-8-sig"), "text/html; charset=iso-8859-1", "utf-8 (its mark)"),
        (PAGE.encode("utf-16"), "text/html", "utf-16-le (its mark)"),
        (page("utf-8").replace(b"rug", b"r\xffg") * 40, "text/html; charset=utf-8", "cp1252"),
        (page("utf-8").replace(b"rug", b"r\xffg") + page("utf-8") * 40, "text/html", "utf-8 (the page; a few bytes"),
    ],
)
def test_a_page_is_read_as_what_it_is(data: bytes, header: str, read_as: str) -> None:
    """Promise: a wrong word of the server or of the page costs no letters, and is told."""
    text, told = decoded(data, header)
    assert told.startswith(read_as)
    assert WORDS in text or "few" in told or "\\xff" in repr(data)[:400]


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_become_some_text(data: bytes, header: str) -> None:
    """Promise: whatever is said of whatever bytes, they are read, and nothing is raised."""
    text, told = decoded(data, f"text/html; charset={header}")
    assert isinstance(text, str)
    assert told
