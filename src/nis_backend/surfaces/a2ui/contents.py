"""The pixels and sounds of a surface: a client draws them without a key, so small ones travel with it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from nis_backend.errors import NisError
from nis_backend.view import Audio, Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.shelf import Shelf
    from nis_backend.view import View

MOST_BYTES = 1_000_000
"""Of one blob; base64 adds a third, and an image with boxes over it a third of that again."""


async def contents_of(views: Iterable[View], shelf: Shelf) -> dict[str, str]:
    """Blobs that are shown as `data:` addresses, by their ids: those that are the caller's, still there, and small."""
    found: dict[str, str] = {}
    for view in views:
        if isinstance(view, Image | Audio) and view.blob and view.blob not in found:
            try:
                blob = await shelf.get(view.blob)
                if blob.size <= MOST_BYTES:
                    data = base64.b64encode(await shelf.read(view.blob)).decode()
                    found[view.blob] = f"data:{blob.media_type};base64,{data}"
            except NisError:
                # It is gone, or was never the caller's: the frame and the words are shown.
                continue
    return found
