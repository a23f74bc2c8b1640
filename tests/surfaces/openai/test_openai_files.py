"""Files: what the official client keeps, lists, reads and removes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from conftest import Server
from test_openai_dialect import client_of


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The client of the shared server."""
    with client_of(server.url) as one:
        yield one


def test_a_file_is_kept_read_and_removed(client: openai.OpenAI) -> None:
    """Its bytes come back as they were sent; it is a blob, which other surfaces have too."""
    sent = b'{"custom_id": "1"}\n' * 3
    made = client.files.create(file=("lines.jsonl", io.BytesIO(sent)), purpose="batch")
    assert (made.bytes, made.filename, made.purpose, made.status) == (len(sent), "lines.jsonl", "batch", "processed")
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == sent
    blob: Any = client.get(f"/../blobs/{made.id.replace('file-', 'blob-')}", cast_to=object)
    assert (blob["size"], blob["purpose"]) == (len(sent), "batch")
    assert client.files.delete(made.id).deleted
    for gone in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=made.id):
            gone(made.id)


def test_a_file_expires_as_long_after_its_creation_as_it_was_told(client: openai.OpenAI) -> None:
    """OpenAI's `expires_after`; another surface is told the same time."""
    made = client.files.create(
        file=("a.txt", b"words"), purpose="user_data", expires_after={"anchor": "created_at", "seconds": 7200}
    )
    assert made.expires_at == pytest.approx(made.created_at + 7200, abs=60)
    blob: Any = client.get(f"/../blobs/{made.id.replace('file-', 'blob-')}", cast_to=object)
    assert int(blob["expires"]) == made.expires_at


def test_files_are_listed_by_purpose_in_pages(client: openai.OpenAI) -> None:
    """The client pages on by itself, both ways round."""
    made = [client.files.create(file=(f"{n}.txt", b"words"), purpose="evals").id for n in range(5)]
    client.files.create(file=("other.txt", b"words"), purpose="assistants")
    assert [one.id for one in client.files.list(purpose="evals", limit=2)] == made[::-1]
    assert [one.id for one in client.files.list(purpose="evals", limit=2, order="asc")] == made
    assert len(client.files.list(purpose="evals").data) == 5


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"purpose": "none"}, "purpose"),
        ({"expires_after": {"anchor": "created_at", "seconds": 5}}, "expires_after"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ],
)
def test_what_a_file_cannot_be_is_refused(client: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    create: Any = client.files.create
    with pytest.raises(openai.BadRequestError) as error:
        create(**{"file": ("a.txt", b"words"), "purpose": "evals", **given})
    assert error.value.param == param


def test_a_page_after_what_is_not_there_is_refused(client: openai.OpenAI) -> None:
    """House rule: bad input is a typed error that names the field."""
    with pytest.raises(openai.NotFoundError) as error:
        client.files.list(after="file-nothing")
    assert error.value.param == "after"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.files.list(limit=0)
    assert wrong.value.param == "limit"
