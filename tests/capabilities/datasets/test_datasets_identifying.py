"""What identifies a person is found by rules, and what only looks like it is left alone."""

# ruff: noqa: RUF001 - texts are in the scripts that people write

from __future__ import annotations

import time

import pytest

from nis_backend.identifying.identifiers import Identifiers, found_in

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
    ("o'brien@x.ie, иван@почта.рф, a.b%40c.de, zara at blum dot de", "[EMAIL_1], [EMAIL_2], [EMAIL_3], [EMAIL_4]"),
    ("06 12 34 56 78, 555-123-4567, 138 0013 8000 or 98765 43210", "[PHONE_1], [PHONE_2], [PHONE_3] or [PHONE_4]"),
    (
        "0171-2345678,0172-3456789; +４９\u00a030\u00a012345678; Tel.+44 (0)20 7946 0958",
        "[PHONE_1],[PHONE_2]; [PHONE_3]; Tel.[PHONE_4]",
    ),
    ("My number is 5551234567. 我的手机号：13800138000", "My number is [PHONE_1]. 我的手机号：[PHONE_2]"),
    ("4111.1111.1111.1111 12/27, 3782 822463 10005 0927", "[CARD_1] 12/27, [CARD_2] 0927"),
    ("de89-3704-0044-0532-0130-00, LC55HEMM000100010012001200023015", "[IBAN_1], [IBAN_2]"),
    ("ssn 078051120, passport no. C01X00T47, CPF 529.982.247-25", "ssn [SSN_1], passport no. [ID_1], CPF [ID_2]"),
    ('{"password": "pa ss", "n": 1}', '{"password": "[SECRET_1]", "n": 1}'),
    ("DB_PASSWORD=ab,c!d AWS_SECRET_ACCESS_KEY=Zx81/kk+", "DB_PASSWORD=[SECRET_1] AWS_SECRET_ACCESS_KEY=[SECRET_2]"),
    ("Authorization: Bearer abc123def456; redis://:pw1@h", "Authorization: Bearer [SECRET_1]; redis://[SECRET_2]@h"),
    ("пароль: тайна1, PIN 4711, CVV: 737", "пароль: [SECRET_1], PIN [SECRET_2], CVV: [SECRET_3]"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nMII", "[SECRET_1]"),
    ("my name is ada lovelace and ADA codes", "my name is [NAME_1] and [NAME_1] codes"),
    ("Je m\u2019appelle Dr. José de la Cruz.", "Je m\u2019appelle Dr. [NAME_1]."),
    ("My name is Li Wei. Меня зовут Ольга. 我叫王小明。", "My name is [NAME_1]. Меня зовут [NAME_2]. 我叫[NAME_3]。"),
    ("Thanks,\nAda Lovelace", "Thanks,\n[NAME_1]"),
    ("I'm Will; I will come.", "I'm [NAME_1]; I will come."),
    ("mia@exam\u00adple\u200b.org, DE89 3704\u200e 0044 0532 0130 00\u2069.", "[EMAIL_1], [IBAN_1]\u2069."),
    ("4111111111111111\u200b12/27 of sk-\u2060abcdefghijklmnop1234", "[CARD_1]\u200b12/27 of [SECRET_1]"),
]
LEFT = [
    "It is 3.14159265 and 1,234,567 on 2026-11-27 at 12:30:45, or 27.11.2026.",
    "Card 4111 1111 1111 1112 and IBAN DE89 3704 0044 0532 0130 01 fail their sums.",
    "I am German. The token is valid. std::cout << x; version 1.2.3",
    "I have 12345678 reasons, and 1000 or 100 000.",
    "8 045 311 447 people, 149 597 870 700 m, 299 792 458 m/s, 2^33 is 8589934592, at 1732712345678 ms",
    "1 1 2 3 5 8 13 21 34 55 89, 100 200 300 400, 01 02 03 04 05 06 07, 17 19 23 29 31 37 41 43",
    "ISBN 978-3-16-148410-0, order 100-2345-67, 05/06/2024 07/08/2024, version 1.2.3.4, dead::beef",
    "This is Python by Spring. Call me tomorrow. my name is on the list. I'm Back.",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e3 \u2764\ufe0f",
    "max_tokens: 1024; password = os.environ['X']; token: used; password: string; git@github.com:a/b.git",
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
    address = Identifiers([], ["zara@example.com", "user-42"])
    assert address.plain("A user of example.com, zara.") == "A user of example.com, [NAME_1]."


def test_hostile_texts_are_read_in_a_time_that_grows_with_them() -> None:
    """Promise: no pattern reads a text over and over."""
    hostile = [
        "eyJ-" * 10_000,
        "1 " * 20_000,
        "a." * 20_000 + "@",
        "-----BEGIN PRIVATE KEY-----" * 1000,
        "A1" * 20_000,
        "My name is " + "Aa " * 10_000 + "dr " * 10_000,
        "tel " * 10_000 + "password " * 5000 + "regards,\n" * 5000,
    ]
    started = time.process_time()
    for text in hostile:
        found_in(text)
    # One pass takes a tenth of a second: what grows with the square would take minutes.
    assert time.process_time() - started < 10
