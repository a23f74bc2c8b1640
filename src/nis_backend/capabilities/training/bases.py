"""Models that a training may begin with, and how each becomes a folder of floats as Transformers saves one.

embedded:NAME      the model in the box: its GGUF file is dequantised once, into `bases/` of the trainings' folder
transformers:NAME  a folder of NIS_TRANSFORMERS, as it is
local:NAME         a model that the caller trained here, as it is
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.capabilities.training.checkpoints import FULL, refusal
from nis_backend.drivers.llm.transformers_folder import folders_of, head_of
from nis_backend.errors import InvalidRequest, NotFound, Unavailable, shorten
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.settings import Settings

FORMAT = 1
"""Which way of writing a folder it was made by: another number makes it anew."""
PACKAGES = ("torch", "transformers", "safetensors", "tokenizers", "gguf")
STALE_SECONDS = 3600.0
"""Age at which a half-made folder is nobody's: making one takes seconds."""
PART = ".part-"


@dataclass(frozen=True, kw_only=True)
class Base:
    """A model that can be trained further, named as those who ask it name it."""

    name: str
    detail: str
    folder: Path | None
    """None where it has to be dequantised first."""


def bases_of(settings: Settings, own: Mapping[str, Path] | None = None) -> dict[str, Base]:
    """Every base by its name; `own` has the folders of the caller's trained models by theirs."""
    embedded = f"embedded:{settings.embedded_weight}"
    paths = [path.strip() for path in (settings.transformers or "").split(",") if path.strip()]
    found = [Base(name=embedded, detail="The model in the box, dequantised once.", folder=None)]
    found += [
        Base(name=f"transformers:{name}", detail=f"The folder {name} of NIS_TRANSFORMERS.", folder=folder)
        for name, folder in folders_of(paths).items()
    ]
    found += [
        Base(name=f"local:{name}", detail="A model that was trained here.", folder=folder)
        for name, folder in (own or {}).items()
    ]
    return {base.name: base for base in found}


def base_of(name: str, settings: Settings, own: Mapping[str, Path] | None = None) -> Base:
    """The base of this name; `embedded` alone is the model in the box.

    Raises:
        NotFound: there is none.
        InvalidRequest: its folder has no model that can be loaded here.
    """
    bases = bases_of(settings, own)
    base = bases.get(f"embedded:{settings.embedded_weight}" if name == "embedded" else name)
    if base is None:
        raise NotFound(
            f"There is no base {shorten(name)!r}.",
            field="base",
            value=name,
            remedy=f"There are: {', '.join(bases)}. A folder of NIS_TRANSFORMERS is one too.",
        )
    if base.folder is not None:
        try:
            head_of(base.folder)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise InvalidRequest(
                f"The base {name} cannot be trained: {why}.",
                field="base",
                value=name,
                remedy="Name a folder with a config.json, a tokenizer and *.safetensors.",
            ) from None
    return base


def folder_of(base: Base, settings: Settings, training: Path) -> Path:
    """The folder of a base's floats; the one in the box takes some seconds and 270 MB the first time.

    Raises:
        Unavailable: its weights, a package or room on the disk is missing.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"Training a language model needs packages that are not installed: {', '.join(missing)}.",
            remedy="Run: pip install 'nis-backend[training]'.",
        )
    folder, file = place_of(base, settings, training)
    return folder if file is None else made_once(folder, file)


def place_of(base: Base, settings: Settings, training: Path) -> tuple[Path, Path | None]:
    """Where the folder of a base's floats is, or comes to be; then with the file that it is made of.

    Raises:
        Unavailable: its weights are missing.
    """
    if base.folder is not None:
        return base.folder, None
    weights = Weights.of(settings)
    weight = weights.find(base.name.partition(":")[2])
    return training / "bases" / f"{weight.sha256[:16]}-{FORMAT}", weights.require(weight.name)


def made_once(folder: Path, file: Path) -> Path:
    """`folder`, with the GGUF file's model in it: whole or absent, whoever else makes it at the same time.

    Raises:
        Unavailable: there is no room on the disk, or it is a model of a kind that is not known here.
    """
    if folder.is_dir():
        return folder
    # Its packages are heavy, and a folder that is there needs none of them.
    from nis_backend.capabilities.training.dequantising import write_folder  # noqa: PLC0415

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=PART, dir=folder.parent))
        _forget_stale(folder.parent, part.stat().st_mtime)
        try:
            write_folder(file, part)
            # Who was faster has written the same: a folder that is not empty is not replaced.
            with contextlib.suppress(FileExistsError):
                _put(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except Exception as error:
        refused = refusal(error)
        if refused is None:
            raise
        why = "there is no room on the disk" if refused.errno in FULL else refused.strerror
        raise Unavailable(
            f"{file.name} cannot be dequantised: {why}.",
            remedy="Make some 300 MB free in the folder of trainings (NIS_TRAINING, else the data folder).",
        ) from None
    return folder


def _put(part: Path, folder: Path) -> None:
    try:
        os.rename(part, folder)  # noqa: PTH104 - Path.rename says no more
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise FileExistsError(folder) from None


def _forget_stale(parent: Path, now: float) -> None:
    for part in parent.glob(f"{PART}*"):
        with contextlib.suppress(OSError):
            if now - part.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(part, ignore_errors=True)
