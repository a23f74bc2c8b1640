"""robots.txt, read as RFC 9309 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.research.robots import allows

RFC = """
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
"""The example of section 5.1, which is all of it that is quoted."""
SITE = "https://example.com"


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("nis", "/picture.gif", False),
        ("nis", "/picture.gif?large", True),
        ("nis", "/example/any", False),
        ("nis", "/publications/2024", True),
        ("nis", "/", True),
        ("foobot", "/anything", False),
        ("foobot", "/example/page.html", True),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("barbot", "/example/allowed.gif", True),
        ("quxbot", "/example/page.html", True),
    ],
)
def test_the_standards_own_example_is_read_so(agent: str, path: str, *, allowed: bool) -> None:
    """RFC 9309, 5.1: the group for an agent counts alone; the longest rule that matches decides."""
    assert allows(RFC, agent, SITE + path) is allowed


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow: /", "/anything", False),
        ("Disallow:", "/anything", True),
        ("Disallow: /a/*/c", "/a/b/c/d", False),
        ("Disallow: /a/*/c$", "/a/b/c/d", True),
        ("Disallow: /a*b*c$", "/a1b2c", False),
        ("Disallow: /a*b*c$", "/abc/bd", True),
        ("Disallow: /æ", "/%C3%A6/1", False),
        ("Disallow: /%7Ejoe", "/~joe/", False),
        ("Disallow: /x # why\n", "/x", False),
        ("Disallow: /?q=", "/?q=1", False),
        ("Disallow: /search$", "/search", False),
    ],
)
def test_rules_match_as_the_standard_has_it(rules: str, path: str, *, allowed: bool) -> None:
    """RFC 9309, 2.2: stars, ends, letters beyond ASCII, comments; of two rules as long, the yes."""
    assert allows(f"User-agent: *\n{rules}", "nis", SITE + path) is allowed


def test_our_own_group_is_found_in_any_case_and_with_a_version() -> None:
    """RFC 9309, 2.2.1: names compare without case; several groups of one name are one."""
    file = "User-agent: NIS/1.0\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\nUser-agent: nis\nDisallow: /b"
    assert [allows(file, "nis", SITE + path) for path in ("/a", "/b", "/c")] == [False, False, True]


@given(st.text(max_size=400), st.text(max_size=80))
def test_any_file_is_read(file: str, path: str) -> None:
    """Promise: whatever stands there, it is an answer."""
    assert allows(f"User-agent: *\nDisallow: {file}", "nis", f"{SITE}/{path}") in (True, False)
