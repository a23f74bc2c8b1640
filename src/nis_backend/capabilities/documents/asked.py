"""How people ask for documents, and the small ones of the examples."""

from __future__ import annotations

import base64

READ = (
    "What is written in the attached file?",
    "Give me the text of this Word document.",
    "Extract the text of this PDF, page by page.",
    "Show the tables of this spreadsheet.",
    "Which headings does this document have?",
    "Read page 3 of the attached PDF.",
    "Open this PowerPoint and list what is on each slide.",
    "Parse this e-mail and its attachments.",
    "Turn this DOCX into plain text.",
)

SPLIT = (
    "Chunk this file for embedding.",
    "Cut this document into passages with their page numbers.",
    "Split the PDF into overlapping chunks of 200 tokens.",
    "Break this text file into parts for a vector index.",
    "Which chunks does this document make?",
)

ADD = (
    "Keep this PDF so that I can ask about it later.",
    "Ingest the attached report into my collection of documents.",
    "Index this file for search.",
    "Put this contract into the document collection.",
    "Upload this handbook to my knowledge base.",
)
ADD_MANY = (
    "Ingest these files.",
    "Index all attached documents for search.",
    "Put these ten reports into my library.",
)
LIST = (
    "List my documents.",
    "What files have I added to my library?",
    "Show the documents that could not be read.",
)
FIND = (
    'Find the passage about "warranty" in my documents.',
    'Where in my files does it say "notice period"?',
    'Which document mentions "termination without cause"?',
    'Look up "delivery time" in the documents I have added.',
)

_REPORT = """# Harbour report

The north pier was closed for **nine days** in March.

## Traffic

| Month | Ships |
|---|---|
| February | 212 |
| March | 148 |
"""


def _data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _pdf() -> bytes:
    """A page with a heading, a sentence and a ruled table: objects, where they stand, and a trailer (ISO 32000-1)."""
    text = [
        (72, 760, 20, "Invoice 2047"),
        (72, 728, 11, "Harbour Supplies, Pier 7. Payable within 30 days of delivery."),
        *(
            (x, y, 11, word)
            for y, row in zip((690, 670, 650), _ROWS, strict=True)
            for x, word in zip((78, 228), row, strict=True)
        ),
    ]
    words = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({word}) Tj ET" for x, y, size, word in text)
    lines = [f"72 {y} m 322 {y} l" for y in (704, 684, 664, 644)] + [f"{x} 644 m {x} 704 l" for x in (72, 222, 322)]
    drawn = f"{words}\n0.8 w\n" + "\n".join(f"{one} S" for one in lines)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    whole, places = "%PDF-1.4\n", list[int]()
    for number, one in enumerate(objects, 1):
        places.append(len(whole))
        whole += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(whole)}\n%%EOF\n"
    return f"{whole}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("ascii")


_ROWS = (("Item", "Euro"), ("Rope, 40 m", "96.00"), ("Two lanterns", "54.50"))

REPORT = _data("text/markdown", _REPORT.encode())
"""A heading, a sentence, a table."""
NOTE = _data("text/plain", b"The lighthouse is painted white and red. It was built in 1911.\n")
"""Two sentences."""
INVOICE = _data("application/pdf", _pdf())
"""One page of A4."""
