"""What files of every kind are read into, and how hostile ones are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from scripts import script

from nis_backend.capabilities.documents.pages import LONGEST_PAGE, Page
from nis_backend.capabilities.documents.reading.building import Opened
from nis_backend.capabilities.documents.reading.opening import opened
from nis_backend.capabilities.documents.reading.pdf import joined
from nis_backend.errors import NisError, NotSupported

made: Any = script("document_files")
GOOD = list(made.good(10))
"""One of each kind that is read without recognition."""
BY_READER = [one for one in made.HOSTILE if one.name not in {"ten thousand.pdf", "huge.png"}]
"""The others are refused by how many pages are asked for, and by what looks at pictures."""


def document(data: bytes, name: str = "") -> Opened:
    """A file, opened."""
    return opened(io.BytesIO(data), name)[0]


def pages(data: bytes, name: str = "") -> list[Page]:
    """Its pages."""
    read = document(data, name)
    return [read.page(number) for number in range(1, read.total + 1)]


def flat(found: list[Page]) -> str:
    """Their words."""
    return " ".join(" ".join(one.text for one in found).split())


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_each_kind_of_file_says_what_was_written_in_it(file: Any) -> None:
    """Promise: docs/reading.md, the table of kinds; the kind is told by the bytes, also where the name says another."""
    assert file.says in flat(pages(file.made(), file.name))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_headings_tables_and_blocks_stand_where_they_are_said_to(file: Any) -> None:
    """Promise: places are characters of the page's text."""
    for page in pages(file.made(), file.name):
        for heading in page.headings:
            assert page.text[heading.start :].lstrip("# ").startswith(heading.text)
        for table in page.tables:
            inside = page.text[table.start : table.end]
            assert all(cell in inside for row in table.rows for cell in row)
        assert all(page.text[one.start : one.end].strip() for one in page.blocks)


@pytest.mark.parametrize("file", BY_READER, ids=lambda file: file.name)
def test_a_hostile_file_is_refused_by_name_with_what_is_wrong_and_a_remedy(file: Any) -> None:
    """Promise: a typed failure that names the file, what is wrong with it, and what to do."""
    with pytest.raises(NisError) as refused:
        pages(file.made(), file.name)
    assert (refused.value.code, refused.value.field) == (file.code, "document")
    assert file.says in refused.value.message
    assert file.name in refused.value.message
    assert refused.value.remedy


def test_columns_are_read_one_after_the_other_and_tables_by_their_rules() -> None:
    """Promise: reading order by cuts along white space; a ruled table is rows of cells."""
    first, second = pages(made.two_columns(3))
    left, right = first.text.index("Left column 3"), first.text.index("Right column 3")
    assert left < first.text.index("pilot boat") < right
    assert [(one.level, one.text) for one in first.headings] == [(1, "Report 3 of the harbour")]
    assert [one.rows for one in second.tables] == [
        [["Ship", "Tons", "Berth"], ["Argo", "103", "7"], ["Vega", "88", "9"]]
    ]
    assert all(0 <= one.left < one.right <= 595 and 0 <= one.top < one.bottom <= 842 for one in first.blocks)


def test_rows_that_stand_in_columns_are_a_table_without_rules() -> None:
    """Promise: three rows or more, whose cells stand below each other."""
    cells, _ = made.grid(60, 700, [("Rope", "96.00"), ("Lantern", "54.50"), ("Paint", "12.00"), ("Nails", "3.10")])
    (page,) = pages(made.pdf([([(60, 760, 11, "What was bought."), *cells], [])]))
    assert [one.rows for one in page.tables] == [
        [["Rope", "96.00"], ["Lantern", "54.50"], ["Paint", "12.00"], ["Nails", "3.10"]]
    ]


def test_two_columns_of_prose_are_no_table() -> None:
    """Promise: what looks like rows because lines are side by side is read as columns."""
    (page, _) = pages(made.two_columns(1))
    assert page.tables == []


def test_a_word_parted_at_the_end_of_a_line_is_whole_again_and_a_compound_keeps_its_hyphen() -> None:
    """Promise: `joined`."""
    assert joined(["a small light-", "house on"], [False, False], "") == "a small lighthouse on"
    assert joined(["a well-", "known one"], [False, False], "It is well-known.") == "a well-known one"
    assert joined(["Buy:", "• rope"], [False, False], "") == "Buy:\n• rope"


def test_a_page_that_is_a_picture_is_told_to_be_one() -> None:
    """Promise: a scan is a page without letters that a picture covers; a drawn page with text is none."""
    scan = document(made.scanned(1))
    assert (scan.total, scan.is_scan(1), scan.page(1).text) == (1, True, "")
    assert not document(made.two_columns(1)).is_scan(2)


def test_what_no_reader_of_a_web_page_sees_is_not_read() -> None:
    """Promise: navigation, scripts, and what is hidden, which may be written for models alone."""
    text = flat(pages(made.page(1)))
    assert "High water 1 is at noon." in text
    assert not [one for one in ("Home", "Imprint", "Ignore all", "alert") if one in text]


def test_a_page_of_tags_in_tags_is_read_or_refused_and_nothing_worse() -> None:
    """Promise: no recursion: a page nested 50,000 deep."""
    deep = b"<html><body>" + b"<div>" * 50_000 + b"ground</div></body></html>"
    try:
        assert len(flat(pages(deep))) < 100
    except NisError as refused:
        assert refused.remedy  # noqa: PT017 - either is right


def test_attachments_are_pages_of_a_message_under_their_names() -> None:
    """Promise: headers, the plain body, then what is attached."""
    found = pages(made.mail(5))
    assert found[0].text.startswith("From: Ada <ada@example.org>\nTo: bo@example.org")
    assert found[0].text.count("comes on Friday") == 1
    assert [one.title for one in found] == [None, "minutes 5.docx", "minutes 5.docx"]


def test_a_hostile_attachment_is_told_of_and_the_message_is_read() -> None:
    """Promise: what cannot be read is a note with its reason."""
    message = made.EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Look"
    message.set_content("See what is attached.")
    message.add_attachment(made.bomb(), maintype="application", subtype="zip", filename="prize.docx")
    read = document(bytes(message))
    assert "See what is attached." in read.page(1).text
    assert "prize.docx" in read.notes[0]
    assert "burst" in read.notes[0]


def test_macros_are_passed_over_where_that_is_asked_for() -> None:
    """Promise: refused by default; with ignore_macros the text is read, and nothing is run."""
    file = next(one for one in made.HOSTILE if one.name == "macros.docm").made()
    with pytest.raises(NotSupported):
        opened(io.BytesIO(file), "macros.docm")
    read, _ = opened(io.BytesIO(file), "macros.docm", ignore_macros=True)
    assert "Present at meeting 0" in read.page(1).text


def test_formulas_without_values_stand_as_they_are_written() -> None:
    """Promise: a workbook that no program has computed loses nothing in silence."""
    read = document(made.workbook(3))
    assert read.page(1).tables[0].rows[-1] == ["Sum", "=SUM(B2:B3)"]
    assert read.page(1).title == "Ships"
    assert read.notes


def test_long_text_has_pages_of_whole_lines_that_lose_nothing() -> None:
    """Promise: parts of at most 100,000 characters."""
    text = "".join(f"Line {number} of a long log.\n" for number in range(12_000))
    found = pages(text.encode())
    assert len(found) == len(text) // LONGEST_PAGE + 1
    assert "".join(one.text for one in found) == text
    assert all(one.text.endswith("\n") for one in found)


def texts() -> Iterator[tuple[str, str, str]]:
    """Text, its name, and what it is."""
    yield "name,age\nAda,36\nBo,41\n", "", "table"
    yield "Dear Ada, thank you.\nI came, I saw, I left.\nYours, Bo\n", "", "text"
    yield "# Title\n\nSome *words* and a [link](https://example.org).\n", "", "markdown"
    yield "#!/bin/sh\n# Title\n\necho hello\n", "", "text"
    yield "Just words.\n", "notes.md", "markdown"
    yield "<p>Hello</p>\n<p>World</p>", "", "html"
    yield "From: a@example.org\nTo: b@example.org\nSubject: x\n\nBody\n", "", "mail"
    yield '{"a": 1}\n', "a.csv", "text"


@pytest.mark.parametrize(("text", "name", "kind"), list(texts()))
def test_kinds_of_text_are_told_apart(text: str, name: str, kind: str) -> None:
    """Promise: by their lines; only of plain text does a name say more."""
    assert document(text.encode(), name).kind == kind


def test_a_heading_of_markdown_ends_with_its_own_marks_and_a_line_of_marks_takes_no_time() -> None:
    """Promise: CommonMark 4.2: marks close a heading behind a space; a hundred thousand of them are read at once."""
    found = pages(b"# C#\n\n## two ##\n\na | b\n-" + b" " * 90_000 + b"x\n\n### a" + b" " * 90_000 + b"b\n", "x.md")
    assert [one.text for page in found for one in page.headings] == ["C#", "two"]


def test_a_page_deeper_than_is_read_is_refused_and_never_cut() -> None:
    """Promise: 500 elements in each other are read; of more than libxml2 takes nothing is left out unsaid."""
    deep = [b"<html><body>" + b"<div>" * many + b"far down" for many in (500, 100_000)]
    assert flat(pages(deep[0])) == "far down"
    with pytest.raises(NisError, match="deeper than is read"):
        document(deep[1], "deep.html")


def test_a_row_longer_than_a_page_is_there_as_text() -> None:
    """Promise: no page has more characters than one has, and nothing is left out."""
    found = pages(b"a,b\n1,2\n3,4\n" + b"cell," * 50_000 + b"last\n5,6\n", "long.csv")
    assert max(len(one.text) for one in found) <= LONGEST_PAGE
    assert flat(found).count("cell") == 50_000
    assert [table.rows[-1] for page in found for table in page.tables] == [["3", "4"], ["5", "6"]]


def test_a_sheet_that_reaches_far_is_refused_by_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a row of number two billion costs no more than the bound."""
    monkeypatch.setattr("nis_backend.capabilities.documents.reading.workbook.MOST_ROWS", 1000)
    with pytest.raises(NisError, match="reach over more than"):
        document(made.far_workbook(), "far.xlsx")


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([(60.0, 700.0, 0.01, "too small to be seen"), (60.0, 600.0, 1e30, "larger than any page")], ""),
        ([(60.0, 700.0, 12.0, "seen")], "(\xfe\xff\xd8\x00)"),
    ],
)
def test_a_pdf_with_type_of_no_size_or_half_a_character_is_read(lines: Any, title: str) -> None:
    """Promise: what is nowhere on the page, or no character, is left out."""
    assert document(made.pdf([(lines, [])], title=title)).page(1).number == 1


@pytest.mark.parametrize("form", ["plain", "html"])
@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "idna", "zlib", "x-none", "rot13", "cp866"])
def test_what_a_message_says_of_its_encoding_is_no_fault(charset: str, form: str) -> None:
    """Promise: names of no encoding are passed over; halves of characters, which some let by, are in no answer."""
    head = f"From: a@example.org\nSubject: half\nMIME-Version: 1.0\nContent-Type: text/{form}; charset={charset}\n\n"
    (page,) = pages(head.encode() + b"before \\ud800 behind", "half.eml")
    assert "before " in page.model_dump_json()


def test_an_archive_packed_as_no_document_is_is_refused() -> None:
    """Promise: parts that are packed otherwise, or broken, are told as a fault of the file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("word/document.xml", "<a/>")
    data = out.getvalue()
    with pytest.raises(NisError, match="packed as those of no such file"):
        document(data.replace(b"application", b"applicati\xff\xff"), "packed.docx")


def test_all_that_a_word_document_says_is_read_once() -> None:
    """Promise: fields, insertions, boxes, footnotes and heads of pages are in it; what was deleted or moved is not."""
    (page,) = pages(made.noted_word(), "noted.docx")
    assert page.text.split("\n\n") == [
        "In a field.",
        "The fee is 40\teuro",
        "Boxed words.",
        "Footnote: Tax included.",
        "Head of pages: Ref. HM-2026",
    ]
