"""Small documents of the examples, and other ways to ask for what is done with them."""

from __future__ import annotations

import base64

_CONTRACT = """# Lease of Pier 7

## Term

The lease begins on 1 March 2025 and runs for five years. The rent is 1,200 euro a month, payable in advance.

## Termination

Either party may terminate the lease with three months' written notice. The landlord may terminate it without notice
if the rent is two months late.

## Upkeep

The tenant repaints the railings each spring. Damage by storm is repaired by the landlord.
"""

_NEWER = (
    _CONTRACT.replace("1,200 euro", "1,350 euro")
    .replace("three months' written notice", "six months' written notice")
    .replace("The tenant repaints the railings each spring. ", "")
    + "\n## Parking\n\nTwo parking places behind the shed belong to the lease.\n"
)


def _data(text: str) -> dict[str, str]:
    return {"base64": base64.b64encode(text.encode()).decode(), "media_type": "text/markdown"}


LEASE = {**_data(_CONTRACT), "name": "lease.md"}
NEWER_LEASE = {**_data(_NEWER), "name": "lease-2026.md"}

LEASE_FIELDS = {
    "type": "object",
    "properties": {
        "begins": {"type": "string", "format": "date", "title": "Begins", "description": "When the lease begins."},
        "rent": {"type": "number", "title": "Rent", "description": "Euro a month."},
        "deposit": {"type": "number", "title": "Deposit", "description": "Euro."},
    },
}

ASK = (
    "What does the contract say about termination?",
    "According to the attached report, how many ships came in March?",
    "What do my documents say about parental leave?",
    "Does the agreement mention a penalty?",
    "Find in the manual how the filter is changed.",
    "Who signed this letter, according to the PDF?",
    "Answer from the documents: what is the notice period?",
    "Where in the file is the warranty described? Quote it with the page.",
    "Look in the handbook for the rules on travel.",
    "Which page of the paper describes the method?",
)
SUMMARISE = (
    "Summarise report.pdf.",
    "Summarize this document in five sentences.",
    "Give me the gist of the attached paper.",
    "What are the main points of this contract?",
    "A short summary of the PDF, with page numbers.",
    "TL;DR of the attached file.",
    "Sum up the minutes of the meeting that I uploaded.",
    "What is this document about, in a few sentences?",
)
COMPARE = (
    "Compare these two versions of the contract.",
    "What changed between v1.pdf and v2.pdf?",
    "What is the difference between the two documents?",
    "Which clauses were added or removed in the new agreement?",
    "Diff these two Word files.",
    "Which numbers differ between last year's and this year's report?",
    "Show me what was deleted in the second version of the file.",
)
FIELDS = (
    "Extract the invoice number, the date and the total from this PDF.",
    "Fill this JSON schema from the document.",
    "Pull the names, dates and amounts out of the attached contract.",
    "Get structured data from this invoice.",
    "Read the fields of the form in the scan.",
)
