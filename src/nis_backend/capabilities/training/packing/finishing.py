"""The end of a training: a folder of weights becomes a model, with a card, a manifest and, where ternary, two bits."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.packing.card import card_of
from nis_backend.capabilities.training.packing.folder import source_of
from nis_backend.capabilities.training.packing.ternary import pack_folder
from nis_backend.trained.manifest import (
    CARD,
    EXPORTS,
    MANIFEST,
    PACKED,
    Manifest,
    Parameters,
    files_of,
    made_whole,
    read_manifest,
    write_manifest,
    write_whole,
)

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.capabilities.training.packing.folder import Source
    from nis_backend.operation import Json

LONGEST_HEAD = 4096
"""Characters of a card in which its head is looked for."""


# Any: a JSON object's values differ in type.
@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is said of a model beside its weights; see `Manifest`."""

    kind: str = ""
    recipe: str = ""
    training: str = ""
    base: str = ""
    licence: str = ""
    dataset: str = ""
    dataset_version: str = ""
    rows: int | None = None
    steps: int | None = None
    seed: int | None = None
    settings: Json = field(default_factory=dict[str, Any])
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    notes: list[str] = field(default_factory=list[str])


def finish_model(folder: Path, facts: Facts) -> Manifest:
    """Describe what a recipe has left in `folder`, and pack it where it is ternary; `Manifest.digest` is the model's.

    Raises:
        InvalidRequest: a ternary model has a number of rows that is no multiple of four.
        Unavailable: it cannot be written.
    """
    manifest = Manifest(layout="other", files=[], **asdict(facts))
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        source = source_of(folder)
        manifest = manifest.model_copy(
            update={"layout": source.layout, "parameters": Parameters(floating=source.count())}
        )
        if source.layout == "ternary-master":
            packed = pack_beside(source, manifest)
            manifest = manifest.model_copy(update={"parameters": packed.parameters})
    return described(folder, manifest)


def licence_of(folder: Path) -> str:
    """Under which terms a folder's model was given, as its manifest or its card says; empty where neither does."""
    if (folder / MANIFEST).is_file():
        return read_manifest(folder, "The base").licence
    try:
        head = (folder / CARD).read_text(encoding="utf-8")[:LONGEST_HEAD].partition("\n---")[0]
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(r"^license:\s*([^\s#]{1,64})\s*$", head, re.MULTILINE)
    return found[1] if found else ""


def pack_beside(source: Source, master: Manifest) -> Manifest:
    """The packed folder of a ternary model, made whole."""
    with made_whole(source.path / EXPORTS / PACKED) as folder:
        packed = pack_folder(source, folder)
        counts = Parameters(ternary=packed.ternary, floating=packed.floating)
        update = {"layout": "ternary-packed", "parameters": counts, "bits_per_weight": packed.bits}
        return described(folder, master.model_copy(update=update))


def described(folder: Path, manifest: Manifest) -> Manifest:
    """Write card and manifest of a folder as its files are now."""
    write_whole(folder / CARD, card_of(manifest))
    whole = manifest.model_copy(update={"files": files_of(folder)})
    write_manifest(folder, whole)
    return whole
