"""Files of a trained model, each made once: what lies in its folder is found right before anything is made of it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from nis_backend.capabilities.training.packing.finishing import described, pack_beside
from nis_backend.capabilities.training.packing.folder import reason_of, source_of
from nis_backend.capabilities.training.packing.llama_file import write_llama_file
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.trained.manifest import (
    EXPORTS,
    GGUF,
    MANIFEST,
    PACKED,
    check_files,
    forget_broken_off,
    made_whole,
    read_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.capabilities.training.packing.folder import Source
    from nis_backend.capabilities.training.packing.llama_file import Weights
    from nis_backend.trained.manifest import Manifest

FOR_LLAMA = "gguf-"
"""How the formats begin that are llama.cpp's."""
WHOLE = "model.safetensors"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of each file in an archive: what is in it alone decides its bytes."""


@dataclass(frozen=True, kw_only=True)
class Exporting:
    """What is asked for."""

    folder: Path
    """The model's."""
    format: str
    called: str
    """The model's name, for messages and in the file."""
    into: Path
    """A file that may be written where the export is an archive."""


def export(asked: Exporting) -> Path:
    """The file; one of llama.cpp's stays in the model's folder, where it is served from.

    Raises:
        Unavailable: a file of the model is gone or was changed, or the disk takes no more.
        InvalidRequest: the model has no such format.
    """
    try:
        return _export(asked, f"The model {asked.called}")
    except OSError as error:
        raise Unavailable(
            f"The export cannot be written: {reason_of(error)}.", remedy="Free some space for trained models."
        ) from None


def _export(asked: Exporting, called: str) -> Path:
    manifest = read_manifest(asked.folder, called)
    check_files(asked.folder, manifest, called)
    forget_broken_off(asked.folder / EXPORTS)
    if asked.format == "zip":
        return _archive(asked.folder, manifest, asked.into)
    source = source_of(asked.folder)
    if asked.format == "safetensors":
        return _single(source)
    if source.layout == "ternary-master":
        source = _packed(source, manifest, called)
    elif asked.format == PACKED:
        raise InvalidRequest(
            f"{called} has no ternary weights to pack.", field="format", value=PACKED, remedy="Take another format."
        )
    if asked.format == PACKED:
        return _archive(source.path, read_manifest(source.path, called), asked.into)
    return _for_llama(asked, source, manifest, called)


def _single(source: Source) -> Path:
    path = source.path / WHOLE
    if not path.is_file():
        raise InvalidRequest(
            "This model's weights are in several files.", field="format", value="safetensors", remedy="Ask for zip."
        )
    return path


def _packed(source: Source, manifest: Manifest, called: str) -> Source:
    """The packed folder of a ternary model, as it was when it was made."""
    folder = source.path / EXPORTS / PACKED
    if not (folder / MANIFEST).is_file():
        pack_beside(source, manifest)
    check_files(folder, read_manifest(folder, called), called)
    return source_of(folder)


def _for_llama(asked: Exporting, source: Source, manifest: Manifest, called: str) -> Path:
    folder = asked.folder / EXPORTS / asked.format
    if not (folder / MANIFEST).is_file():
        weights = cast("Weights", asked.format.removeprefix(FOR_LLAMA))
        with made_whole(folder) as part:
            bits = write_llama_file(source, weights, part / GGUF, asked.called)
            described(part, manifest.model_copy(update={"layout": "gguf", "bits_per_weight": bits}))
    check_files(folder, read_manifest(folder, called), called)
    return folder / GGUF


def _archive(folder: Path, manifest: Manifest, into: Path) -> Path:
    """All of a folder's files in an archive whose bytes are the same each time."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted([*(one.name for one in manifest.files), MANIFEST]):
            info = zipfile.ZipInfo(name, LONG_AGO)
            with (folder / name).open("rb") as file, archive.open(info, "w", force_zip64=True) as entry:
                while piece := file.read(2**20):
                    entry.write(piece)
    return into
