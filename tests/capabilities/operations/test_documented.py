"""Questions to documents are known by how people ask them; other questions are left alone."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.capabilities.operations.documented import documented, files_in
from nis_backend.catalog import Catalog

ENTRIES = Catalog.from_index().entries()
ASK, SUMMARISE, COMPARE = "documents.ask_documents", "documents.summarise_document", "documents.compare_documents"


@pytest.mark.parametrize(
    ("message", "operation", "arguments"),
    [
        ("What does the contract say about termination?", ASK, {}),
        ("According to the attached report, how many ships came?", ASK, {}),
        ("does my lease mention pets", ASK, {}),
        ("Is there anything about parking in the agreement?", ASK, {}),
        ("Where in our handbook is leave described?", ASK, {}),
        ("Who signed letter.pdf?", ASK, {"documents": ["letter.pdf"]}),
        ("Summarise report.pdf", SUMMARISE, {"document": "report.pdf"}),
        ('Give me the gist of "my notes.docx", please', SUMMARISE, {"document": "my notes.docx"}),
        ("What are the main points of this contract?", SUMMARISE, None),
        ("What changed between v1.pdf and v2.pdf?", COMPARE, {"documents": ["v1.pdf", "v2.pdf"]}),
        ("Compare these two versions of the contract.", COMPARE, None),
    ],
)
def test_questions_to_documents_are_known(message: str, operation: str, arguments: dict[str, Any] | None) -> None:
    """Promise: the message is the question, the names of files are the documents, and what is missing is named."""
    route = documented(message, ENTRIES)
    assert route is not None
    assert route.operation == operation
    assert route.ready == (arguments is not None)
    wanted = {"question": message, **(arguments or {})} if operation == ASK else arguments or {}
    assert route.arguments == wanted
    assert bool(route.missing) == (arguments is None)


@pytest.mark.parametrize(
    "message",
    [
        "What is a contract?",
        "Write a contract for a flat.",
        "Summarise the plot of Hamlet.",
        "Compare 5 km with 3 miles.",
        "What is the difference between speed and velocity?",
        "What does the theorem say about primes?",
        "How long is this audio file?",
        "Which tables are in this spreadsheet?",
        'Where in my files does it say "notice period"?',
        "Read https://example.com/report.pdf",
        "x" * 700 + " what does the contract say about rent?",
    ],
)
def test_other_questions_are_left_alone(message: str) -> None:
    """Promise: what names no document of the caller's is for others."""
    assert documented(message, ENTRIES) is None


def test_no_example_of_another_operation_is_taken() -> None:
    """Promise: whatever an operation says that it is asked by stays its own."""
    for entry in ENTRIES:
        for example in entry.examples:
            for question in filter(None, (example["question"], *example["also"])):
                found = documented(question, ENTRIES)
                assert found is None or found.operation == entry.name, question


def test_file_names_are_told_from_addresses() -> None:
    """Promise: a name is one word, or stands in quotation marks."""
    message = "Compare a.pdf, 'my own.docx' and a.pdf with https://x.test/b.pdf or /tmp/c.pdf or me@d.html"
    assert files_in(message) == ["my own.docx", "a.pdf"]
