"""What identifies a person is found by rules, and what only looks like it is left alone."""

from __future__ import annotations

import time

import pytest

from nis_backend.capabilities.datasets.identifying import Identifiers, found_in

FOUND = [
    ("Write to ada.lovelace+x@mail.example.co.uk now", "Write to [EMAIL_1] now"),
    ("Call +49 (0)30 1234 5678 or 0171/2345678.", "Call [PHONE_1] or [PHONE_2]."),
    ("call (555) 123-4567 today", "call [PHONE_1] today"),
    ("Card 4111 1111 1111 1111, please", "Card [CARD_1], please"),
    ("IBAN DE89 3704 0044 0532 0130 00 BIC", "IBAN [IBAN_1] BIC"),
    ("from GB82WEST12345698765432.", "from [IBAN_1]."),
    ("at 192.168.17.3 and fe80::1ff:fe23:4567:890a,", "at [IP_1] and [IP_2],"),
    ("mac 00:1A:2b:3C:4D:5e", "mac [MAC_1]"),
    ("ssn 078-05-1120", "ssn [SSN_1]"),
    ("key sk-abcdefghijklmnop1234 and ghp_" + "a1" * 18, "key [SECRET_1] and [SECRET_2]"),
    ("my password is hunter2!", "my password is [SECRET_1]!"),
    ("api_key=abcDEF", "api_key=[SECRET_1]"),
    ("postgres://me:pass@host/db", "postgres://[SECRET_1]@host/db"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- end", "[SECRET_1] end"),
    (
        "My name is Ada Lovelace. Ada likes tea, Lovelace too; adapt.",
        "My name is [NAME_1]. [NAME_1] likes tea, [NAME_1] too; adapt.",
    ),
    ("Ich heiße Jürgen.", "Ich heiße [NAME_1]."),
    ("a@b.io, c@d.io, a@b.io", "[EMAIL_1], [EMAIL_2], [EMAIL_1]"),
]
LEFT = [
    "It is 3.14159265 and 1,234,567 on 2026-11-27 at 12:30:45, or 27.11.2026.",
    "Card 4111 1111 1111 1112 and IBAN DE89 3704 0044 0532 0130 01 fail their sums.",
    "I am German. The token is valid. std::cout << x; version 1.2.3",
    "I have 12345678 reasons, and 1000 or 100 000.",
]


@pytest.mark.parametrize(("text", "plain"), FOUND)
def test_what_identifies_is_replaced(text: str, plain: str) -> None:
    """Promise of collect_examples: placeholders in the place of each kind, the same for the same."""
    assert Identifiers([text]).plain(text) == plain


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    """Promise: sums are checked; fractions, dates and words are no numbers of anybody."""
    assert Identifiers([text]).plain(text) == text


def test_the_persons_own_label_is_no_word_of_the_row() -> None:
    """Promise: the label of the conversation's person, whole or in parts, however it is written."""
    names = Identifiers([], ["Grace.Hopper"])
    assert names.plain("I'm GRACE, that is grace.hopper; Graceland.") == "I'm [NAME_1], that is [NAME_1]; Graceland."
    assert dict(names.counts) == {"NAME": 2}


def test_hostile_texts_are_read_in_a_time_that_grows_with_them() -> None:
    """Promise: no pattern reads a text over and over."""
    hostile = [
        "eyJ-" * 50_000,
        "1 " * 100_000,
        "a." * 100_000 + "@",
        "-----BEGIN PRIVATE KEY-----" * 5000,
        "A1" * 90_000,
    ]
    started = time.process_time()
    for text in hostile:
        found_in(text)
    # A second is a thousand times what one pass takes: what grows with the square would take minutes.
    assert time.process_time() - started < 20
