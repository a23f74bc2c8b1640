"""The fields that a page is asked for with, and told by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Cursor = Annotated[str | None, Field(max_length=128, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=100, description="Most to answer.")]
Next = Annotated[str | None, Field(description="Give it as `cursor` for the next page; null on the last one.")]
