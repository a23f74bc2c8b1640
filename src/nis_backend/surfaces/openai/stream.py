"""A completion as server-sent events: its chunks, and the mark of the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.surfaces.openai.problem import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.models.completion import ChatPart
    from nis_backend.errors import NisError
    from nis_backend.operation import Json
    from nis_backend.surfaces.openai.wire import Chunks


class Frames:
    """How a stream of chunks is written; see `surfaces.streamed.Words`."""

    pause = b": still here\n\n"
    end = b"data: [DONE]\n\n"

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks

    def of(self, part: ChatPart) -> Iterator[bytes]:
        """The chunks of one part."""
        return map(frame, self._chunks.of(part))

    def failed(self, error: NisError) -> bytes:
        """The failure, after which no mark of the end comes."""
        return frame(document(error))


def frame(chunk: Json) -> bytes:
    """One event."""
    return f"data: {json.dumps(chunk, separators=(',', ':'), ensure_ascii=False)}\n\n".encode()
