"""The contents that the settings choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.blobs.folder import FolderContents

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.settings import Settings


def contents_of(settings: Settings, work: Path) -> Contents:
    """Where blobs are kept; `work` is the folder of what is fetched from a bucket to be a file."""
    if settings.blobs is None:
        return FolderContents(settings.data / "blobs")
    from nis_backend.drivers.blobs.bucket import Place  # noqa: PLC0415 - loads where a bucket is named
    from nis_backend.drivers.blobs.s3 import S3Contents  # noqa: PLC0415 - as above

    return S3Contents(Place.of(settings.blobs, settings.s3_endpoint), work / "cache" / "blobs")
