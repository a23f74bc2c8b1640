"""Which part of a split a row is in: by a hash of what it is, so that a row which is added moves no other."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING

from nis_backend.capabilities.datasets.dataset import SPLITS, Split, Splits
from nis_backend.capabilities.datasets.kinds import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.operation import Json

FEATURE = "features."
WHOLE = 2**64


def part_of(key: str, splits: Splits) -> Split:
    """The part that a key belongs to: its BLAKE2b hash with the salt, as a share of all there may be."""
    digest = blake2b(f"{splits.salt}\0{key}".encode(), digest_size=8).digest()
    place, upto = int.from_bytes(digest) / WHOLE, 0.0
    shares = (splits.train, splits.validation, splits.test)
    for name, share in zip(SPLITS, shares, strict=True):
        upto += share
        if place < upto:
            return name
    # Sums of shares may end a rounding below one.
    return next(name for name, share in reversed([*zip(SPLITS, shares, strict=True)]) if share > 0)


def key_of(line: bytes, by: str, groups: Mapping[str, str] | None) -> str:
    """What is hashed of a row: rows with one key are never parted.

    `groups` are the conversations or users of rows by their digests; a row without one is by itself, and so is one
    that has no group, or not that feature.
    """
    digest = digest_of(line)
    if by in {"conversation", "user"}:
        return f"{by} {groups[digest]}" if groups and digest in groups else digest
    if by == "row":
        return digest
    row: Json = json.loads(line)
    value = row.get("group") if by == "group" else row.get("features", {}).get(by.removeprefix(FEATURE))
    return digest if value is None else f"{by} {json.dumps(value)}"
