"""An image as a file, as engines save it: its layers, what each weighs, and what lies in one."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from nis_backend.deployment.report import Layer
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 1 << 20
TOLD = {
    4: ("the base", "packages", "nis", "bill of materials"),
    5: ("the base", "packages", "model files", "nis", "bill of materials"),
}
"""What the Dockerfile puts into each layer, by how many there are."""
LEVEL = 6
"""Of gzip, where an engine saves layers as they are: what engines push with by themselves."""


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A layer's file in the archive."""

    digest: str
    member: str
    bytes: int


class Archive:
    """A saved image, open; of OCI's form, or of Docker's where it has no other."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path)  # noqa: SIM115 - closed by `close`
        names = {*self._tar.getnames()}
        if "index.json" in names:
            manifest = self._manifest(self._json("index.json")["manifests"])
            self.digest: str = manifest["digest"]
            self._read = [self._blob(one) for one in manifest["read"]["layers"]]
            self.config: dict[str, Any] = self._json(_member(manifest["read"]["config"]["digest"]))  # Any: JSON
        elif "manifest.json" in names:
            (manifest,) = self._json("manifest.json")
            name = str(manifest["Config"])
            self.digest = f"sha256:{name.rpartition('/')[2].removesuffix('.json')}"
            self.config = self._json(name)
            ids = self.config["rootfs"]["diff_ids"]
            self._read = [
                Blob(digest=digest, member=member, bytes=self._tar.getmember(member).size)
                for digest, member in zip(ids, manifest["Layers"], strict=True)
            ]
        else:
            raise UpstreamFailed("The engine saved no image: there is neither index.json nor manifest.json in it.")

    def close(self) -> None:
        """Let go of the file."""
        self._tar.close()

    def layers(self) -> list[Layer]:
        """Its layers, the lowest first; each is read whole. What is not packed yet is packed, to know its size."""
        told = TOLD.get(len(self._read), ())
        found: list[Layer] = []
        for index, blob in enumerate(self._read):
            packed, unpacked = self._weigh(blob)
            what = told[index] if index < len(told) else ""
            found.append(Layer(digest=blob.digest, told=what, compressed=packed, unpacked=unpacked))
        return found

    def file(self, path: str) -> bytes | None:
        """A file of the image, from the highest layer that has it."""
        for blob in reversed(self._read):
            with self._open(blob) as raw, _unpacked(raw) as whole, tarfile.open(fileobj=whole, mode="r|") as layer:
                for member in layer:
                    if member.name.lstrip("./") == path.lstrip("/") and (file := layer.extractfile(member)):
                        return file.read()
        return None

    def _weigh(self, blob: Blob) -> tuple[int, int]:
        with self._open(blob) as raw, _unpacked(raw) as whole, tarfile.open(fileobj=whole, mode="r|") as layer:
            unpacked = sum(member.size for member in layer if member.isfile())
        with self._open(blob) as raw:
            if _is_packed(raw):
                return blob.bytes, unpacked
            packer = zlib.compressobj(LEVEL, wbits=31)
            return sum(len(packer.compress(part)) for part in _parts(raw)) + len(packer.flush()), unpacked

    def _manifest(self, entries: list[dict[str, Any]]) -> dict[str, Any]:  # Any: JSON
        """The first that is an image's: an index may name others, of attestations, and indexes of platforms."""
        for entry in entries:
            if "attestation" in str(entry.get("annotations")):
                continue
            read = self._json(_member(entry["digest"]))
            if "manifests" in read:
                return self._manifest(read["manifests"])
            return {"digest": entry["digest"], "read": read}
        raise UpstreamFailed("The engine saved no image: its index is empty.")

    def _blob(self, entry: dict[str, Any]) -> Blob:  # Any: JSON
        return Blob(digest=entry["digest"], member=_member(entry["digest"]), bytes=int(entry["size"]))

    def _open(self, blob: Blob) -> IO[bytes]:
        file = self._tar.extractfile(blob.member)
        assert file
        return file

    def _json(self, member: str) -> Any:  # Any: JSON
        file = self._tar.extractfile(member)
        assert file
        return json.loads(file.read())


def sha256(data: bytes) -> str:
    """As digests are written."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _member(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _is_packed(file: IO[bytes]) -> bool:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return packed


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    return gzip.GzipFile(fileobj=file) if _is_packed(file) else file  # pyright: ignore[reportReturnType] - it reads bytes


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
