"""A document is attached to a message and asked about: answered from its words, with their page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Serve, Server
from rest_client import ask, done

from nis_backend.capabilities.chat.looking import ASK, COMPARE, SUMMARISE
from nis_backend.capabilities.chat.papers import asked_of
from nis_backend.capabilities.documents.asked import INVOICE
from nis_backend.capabilities.documents.samples import LEASE, NEWER_LEASE

PDF = {"base64": INVOICE.partition(",")[2], "name": "invoice.pdf", "media_type": "application/pdf"}


def said(server: Server, message: str, **rest: Any) -> dict[str, Any]:  # Any: JSON
    """The reply to a message."""
    return done(server, "POST", "/chat/send-message", {"message": message, **rest})


def test_an_attached_pdf_is_asked_about_turn_after_turn(server: Server) -> None:
    """Promise: the words that answer it and their page, also in the next turn; what else is asked is not taken."""
    first = said(server, "When is the invoice payable?", attachments=[PDF])
    assert "Payable within 30 days of delivery." in first["response"]
    assert "invoice.pdf, page 1" in first["response"]
    assert "No language model composed this" in first["response"]
    assert first["views"] == []
    same = first["conversation_id"]
    assert "54.50" in said(server, "And how much are the lanterns?", conversation_id=same)["response"]
    ball = said(server, "Convert 20 m/s to km/h", conversation_id=same)
    assert "72 km/h" in ball["response"]


def test_what_is_not_in_a_document_is_said_so(server: Server) -> None:
    """Promise: no answer is invented; one that cannot be read is named with the remedy."""
    none = said(server, "Which crew sailed to Antarctica?", attachments=[PDF])
    assert none["response"].startswith("The documents do not say.")
    broken = {"base64": "JVBERi0xLjQKbm90aGluZw==", "name": "broken.pdf", "media_type": "application/pdf"}
    assert "I cannot read broken.pdf" in said(server, "What does it say?", attachments=[broken])["response"]


def test_a_question_that_is_nobodys_is_answered_from_what_is_kept(serve: Serve) -> None:
    """Promise: in the documents' own words and with their page, where they say it; what they do not say is talk."""
    own = serve()
    before = said(own, "How much notice does the landlord need?")
    done(own, "POST", "/documents/add-document", {"document": LEASE})
    told = said(own, "How much notice does the landlord need?")
    assert told["response"].startswith("From your documents:")
    assert "page 1" in told["response"]
    assert (told["provider"], told["demonstration"]) == ("nis", False)
    assert before["demonstration"]
    for talk in ("Who wrote Hamlet?", "How are you?"):
        assert said(own, talk)["demonstration"], talk
    assert "72 km/h" in said(own, "Convert 20 m/s to km/h")["response"]


@pytest.mark.parametrize(
    ("message", "operation"),
    [
        ("A short summary please", SUMMARISE),
        ("What is this contract about?", SUMMARISE),
        ("According to the executive summary, what is the revenue?", ASK),
        ("Does the summary mention tax?", ASK),
        ("What changed?", COMPARE),
        ("Any changes?", COMPARE),
        ("When may the rent be changed?", ASK),
        ("What does the change of control clause say?", ASK),
    ],
)
def test_what_stands_in_a_document_is_asked_for(message: str, operation: str) -> None:
    """Promise: a summary or a change that it speaks of is no wish for one."""
    assert {name for name, _ in asked_of(message, ["one", "two"])} == {operation}


def test_documents_are_summarised_and_compared(server: Server) -> None:
    """Promise: without words and on request a summary; of two, what changed."""
    assert "summarise_document" in said(server, "", attachments=[PDF])["response"]
    told = said(server, "What changed between these?", attachments=[LEASE, NEWER_LEASE])
    assert "2 changed, 2 added, 1 removed" in told["response"]
    assert any("1200 → 1350" in json.dumps(one, ensure_ascii=False) for one in told["views"])


def test_kinds_that_are_no_documents_are_refused(server: Server) -> None:
    """Promise: a film is not taken, and nothing is kept of it."""
    film = {"base64": "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t", "name": "film.mp4", "media_type": "video/mp4"}
    status, _, problem = ask(server, "POST", "/chat/send-message", {"message": "What is it?", "attachments": [film]})
    assert status == 415
    assert "application/pdf" in json.dumps(problem)
