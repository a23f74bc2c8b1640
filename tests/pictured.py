"""Photographs as the files that people send."""

from __future__ import annotations

import io
from functools import cache


@cache
def jpeg(name: str, quality: int = 80) -> bytes:
    """The photograph of this name as a JPEG of some 30 kB."""
    from photographs import photograph  # noqa: PLC0415 - loads with the first one
    from PIL import Image  # noqa: PLC0415 - as above

    file = io.BytesIO()
    Image.fromarray(photograph(name)).convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()
