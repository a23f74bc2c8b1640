"""Documents that are texts, read by the operation itself, without a worker: what is done with them is tested here."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import RUN, opened
from texts import Prepared

from nis_backend.capabilities.documents import given
from nis_backend.capabilities.documents.pages import DocumentRead, Page, ReadRequest
from nis_backend.capabilities.models.structured import generate_json
from nis_backend.context import Context
from nis_backend.operation import operation
from nis_backend.owned import Scope

Json = dict[str, Any]


@operation("documents.read_document", effect="reads")
def _read_pages(request: ReadRequest, ctx: Any) -> DocumentRead:
    """Pages parted by form feeds."""
    texts = request.document.path.read_text("utf-8").split("\f")
    return DocumentRead(
        name=request.document.name,
        kind="text",
        media_type="text/plain",
        sha256=request.document.sha256,
        size=request.document.size,
        title=None,
        total_pages=len(texts),
        next_page=None,
        characters=sum(map(len, texts)),
        pages=[Page(number=number, text=text) for number, text in enumerate(texts, 1)],
        notes=[],
    )


def file(*pages: str, name: str = "report.txt") -> Json:
    """A file of these pages, as a request gives it."""
    return {"base64": base64.b64encode("\f".join(pages).encode()).decode(), "media_type": "text/plain", "name": name}


@asynccontextmanager
async def reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *answers: object, context: int | None = None, noted: bool = False
) -> AsyncGenerator[tuple[Context, Prepared]]:
    """A call's context over a model with these answers; there is no embedding model.

    `noted`: the call is a run's, in whose log counts what is noted.
    """
    monkeypatch.setattr(given, "read_document", _read_pages)
    model = Prepared(*(answers or ({},)), context=context)
    async with opened(folder, model, operations=[generate_json]) as ctx:
        yield replace(ctx, scope=Scope(key=RUN)) if noted else replace(ctx, journal=None), model
