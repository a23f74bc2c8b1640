"""A field is filled with what the document says, or with null; nothing is invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from read_texts import file, reading
from texts import run

from nis_backend.calling import call
from nis_backend.capabilities.documents.filling import extract_fields
from nis_backend.capabilities.documents.values import amounts_of, days_of, decimal_commas, says
from nis_backend.errors import InvalidRequest, NotSupported

Json = dict[str, Any]

PAGES = (
    "Invoice No.: 2047-A\nIssue date: 3 May 2024\nE-mail: pay@harbour.example\n\nItem\tEuro\nRope\t96.00\nLamp\t54.5",
    "Total due: 1,150.50 EUR. Paid: no\nQuestions to help@harbour.example or https://harbour.example/help.",
)
FIELDS: Json = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "title": "Invoice No"},
        "issue_date": {"type": "string", "format": "date"},
        "total": {"type": "number", "title": "Total due"},
        "paid": {"type": "boolean"},
        "currency": {"type": "string", "enum": ["EUR", "USD"], "title": "Total"},
        "deposit": {"type": "number"},
        "site": {"type": "string", "format": "uri"},
        "mails": {"type": "array", "items": {"type": "string", "format": "email"}},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "price": {"type": "number"}}},
        },
    },
}


def leaf(words: str | None, value: Any) -> Json:  # Any: JSON
    """What a model says of a field."""
    return {"words": words, "value": value}


NOT = False


NOTHING = leaf(None, None)
ANSWER: Json = {
    "number": leaf("Invoice No.: 2047-A", "2047-A"),
    "issue_date": leaf("Issue date: 3 May 2024", "2024-05-03"),
    "total": leaf("Total due: 1,150.50 EUR", 1150.5),
    "paid": leaf("Paid: no", NOT),
    "currency": leaf("1,150.50 EUR", "EUR"),
    "deposit": leaf("Deposit: 300", 300),
    "site": leaf("harbour", "https://elsewhere.example"),
    "mails": [leaf("pay@harbour.example", "pay@harbour.example"), leaf("nobody@x.example", "nobody@x.example")],
    "items": [
        {"name": leaf("Rope", "Rope"), "price": leaf("96.00", 96)},
        {"name": leaf("Anchor", "Anchor"), "price": NOTHING},
    ],
}


def test_a_models_values_stay_where_their_words_say_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: each with its quote and page; what is quoted from nowhere, or not said by its words, is null."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch, ANSWER) as (ctx, model):
            got = await call(extract_fields, {"file": file(*PAGES), "fields": FIELDS}, ctx)
            assert got.value == {
                "number": "2047-A",
                "issue_date": "2024-05-03",
                "total": 1150.5,
                "paid": False,
                "currency": "EUR",
                "deposit": None,
                "site": None,
                "mails": ["pay@harbour.example"],
                "items": [{"name": "Rope", "price": 96}],
            }
            assert got.missing == ["deposit", "site"]
            by = {one.path: one for one in got.fields}
            assert "No words that stand in the document" in by["deposit"].reason
            assert "do not say" in by["site"].reason
            assert by["items[0].price"].quote is not None
            for one in got.fields:
                if one.value is not None:
                    assert one.quote is not None
                    assert PAGES[(one.quote.page or 0) - 1][one.quote.start : one.quote.end] == one.quote.text
            assert (got.model, len(model.asked)) == ("prepared:model", 1)

    run(body())


def test_parts_add_up_and_the_first_that_is_said_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a long document is read in parts; another value elsewhere is named beside the first."""
    fields: Json = {
        "type": "object",
        "properties": {"total": {"type": "number"}, "names": {"type": "array", "items": {}}},
    }
    pages = [f"Total {number}. " + "The sea was calm that day. " * 60 for number in (1, 2, 3)]
    answers = [{"total": leaf(f"Total {number}", number), "names": [leaf("The sea", "sea")]} for number in (1, 2, 3)]

    async def body() -> None:
        async with reading(tmp_path, monkeypatch, *answers, context=2600) as (ctx, model):
            got = await call(extract_fields, {"file": file(*pages), "fields": fields}, ctx)
            assert len(model.asked) == 3
            assert got.value == {"total": 1, "names": ["sea"] * 3}
            (total,) = [one for one in got.fields if one.path == "total"]
            assert [one.text for one in total.others] == ["Total 2", "Total 3"]

    run(body())


def test_rules_find_what_stands_behind_its_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: without a model days, amounts, addresses and what follows a colon; the rest is null."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, model):
            request = {"file": file(*PAGES), "fields": FIELDS, "by": "sentences"}
            got = await call(extract_fields, request, ctx)
            assert got.value == {
                "number": "2047-A",
                "issue_date": "2024-05-03",
                "total": 1150.5,
                "paid": False,
                "currency": "EUR",
                "deposit": None,
                "site": "https://harbour.example/help",
                "mails": ["pay@harbour.example", "help@harbour.example"],
                "items": [],
            }
            assert (got.model, model.asked) == (None, [])
            assert "By rules" in got.method
            two = await call(extract_fields, {**request, "file": file("Total due: 5", "Total due: 6")}, ctx)
            assert two.value["total"] is None
            (total,) = [one for one in two.fields if one.path == "total"]
            assert (total.reason, len(total.others)) == ("2 lines say different things.", 2)

    run(body())


@pytest.mark.parametrize(
    ("line", "leaf", "value"),
    [
        ("Rent due on day 5 of each month: 1,200 euro", {"type": "number"}, None),
        ("Rent: 1,200 euro", {"type": "number"}, 1200),
        ("The rent (net, 19% tax) is EUR 1,200.50 a month", {"type": "number"}, 1200.5),
        ("Rent may be raised after 2 years", {"type": "number"}, None),
        ("Rent deposit: 2,400", {"type": "number"}, None),
        ("Rent 3 months", {"type": "number"}, None),
        ("Rent 19%\t380.00", {"type": "number"}, None),
        ("Rent\t380.00", {"type": "number"}, 380),
        ("Rent: 1.84 million euro", {"type": "number"}, 1_840_000),
        ("Rent: 1.84 million euro", {"type": "number", "description": "In millions."}, 1.84),
        ("Rent from 01.03.2025", {"type": "number"}, None),
        ("Rent: 2 100 200", {"type": "number"}, None),
        ("Rent: 2 100 EUR", {"type": "number"}, 2100),
        ("Rent: 2.5 at 3 euro", {"type": "integer"}, None),
        ("Rent: 1.2.3", {"type": "number"}, None),
        ("Sub rent: 5\nRent: 6", {"type": "number"}, 6),
        ("Rent: 3/5/2020 (paid 13/5/2020)", {"type": "string", "format": "date"}, None),
        ("Rent: 2025-03-04T10:00:00Z", {"type": "string", "format": "date"}, "2025-03-04"),
        ("Rent: not paid", {"enum": ["paid", "open"]}, None),
        ("Rent: now open, once paid", {"enum": ["paid", "open"]}, None),
        ("Rent: all of it paid", {"enum": ["paid", "open"]}, "paid"),
        ("Rent: no. 5", {"type": "boolean"}, None),
        ("Rent: by bank   Date: 5 May", {"type": "string"}, "by bank"),
        ("Rent: by bank Date: 5 May", {"type": "string"}, None),
    ],
)
def test_a_rule_takes_no_other_number_for_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, leaf: Json, value: object
) -> None:
    """Promise: what stands behind a name with other words between, of another unit, or in part, is none of it."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, _):
            fields = {"type": "object", "properties": {"rent": leaf}}
            got = await call(extract_fields, {"file": file(line), "fields": fields, "by": "sentences"}, ctx)
            assert got.value == {"rent": value}

    run(body())


@pytest.mark.parametrize(
    ("leaf", "value", "words", "borne"),
    [
        ({"type": "string"}, "able", "unable", False),
        ({"type": "string"}, "INV-204", "Invoice INV-2047", False),
        ({"type": "string"}, "500", "1,500 euro", False),
        ({"type": "string"}, "1500", "1,500 euro", True),
        ({"type": "string"}, "Acme Harbour Ltd", "ACME Har-\nbour, Ltd.", True),
        ({"type": "string"}, "\u6771\u4eac", "\u6771\u4eac\u90fd", True),
        ({"type": "number"}, 500, "a loss of -500", False),
        ({"type": "number"}, 500, "- 500 chairs", True),
        ({"type": "number"}, 1, "1.5e6", False),
        ({"type": "number"}, 2, "1/2 cup", False),
        ({"type": "number"}, 30, "at 10:30", False),
        ({"type": "number"}, 1.03, "01.03.2025", False),
        ({"type": "string", "format": "date"}, "2012-01-10", "10.1.12.5", False),
    ],
)
def test_part_of_a_word_or_number_says_no_value(leaf: Json, value: object, words: str, borne: bool) -> None:
    """Promise: a value of a model is kept where its words say it whole."""
    assert (not says(leaf, value, words)) == borne


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "string"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"type": "file"}}},
        {"type": "object", "properties": {"a": 1}},
    ],
)
def test_a_schema_that_is_not_filled_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: Json) -> None:
    """Promise: before anything is read, by its place."""

    async def body() -> None:
        async with reading(tmp_path, monkeypatch) as (ctx, _):
            with pytest.raises(InvalidRequest) as caught:
                await call(extract_fields, {"file": file("a"), "fields": fields}, ctx)
            assert (caught.value.field or "").startswith("fields")
            deep: Json = {"type": "object", "properties": {"a": {"$ref": "#"}}}
            with pytest.raises(NotSupported):
                await call(extract_fields, {"file": file("a"), "fields": deep}, ctx)

    run(body())


def test_days_and_amounts_are_read_as_they_are_written() -> None:
    """Promise: a day that could be two is none; a comma groups or parts as the rest of the text has it."""
    text = "3 May 1911, May 4th, 2020, 05.06.2021, 2022-07-08, 3/5/2020, 13/5/2020, 31.02.2020"
    days = {date(1911, 5, 3), date(2020, 5, 4), date(2021, 6, 5), date(2022, 7, 8), date(2020, 5, 13)}
    assert {day for day, *_ in days_of(text)} == days
    assert [value for value, *_ in amounts_of("1,200 and 1.234,50 and -5.25 and 12", commas=False)] == [
        1200,
        1234.5,
        -5.25,
        12,
    ]
    assert decimal_commas(["12,50 and 1.200"])
    assert not decimal_commas(["12.50 and 1,200"])
    assert says({"type": "number"}, 5, "15 or 50")
    assert not says({"type": "number"}, 1200, "1.200 Euro")
