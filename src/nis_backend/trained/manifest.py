"""What a model's folder says of itself: its files by their hashes, what it was trained on, how many bits it takes.

    <model id>/
      manifest.json  README.md  config.json  model.safetensors  tokenizer.json  tokenizer_config.json
      exports/       what was made of it, each a folder with a manifest and a card of its own
        packed/      a ternary model at two bits a weight, as Transformers loads it
        gguf-f16/    model.gguf, for llama.cpp, made when it is first asked for

A folder is written once: whoever reads it finds every file as its manifest says, or is refused.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from nis_backend.errors import Unavailable, shorten
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

MANIFEST, CARD = "manifest.json", "README.md"
EXPORTS, PACKED, GGUF = "exports", "packed", "model.gguf"
"""The folder of what was made of a model, that of a ternary one's packed weights in it, and a file for llama.cpp."""
FORMAT, VERSION = "nis-model", 1
MOST_FILES, LONGEST_MANIFEST = 1000, 2**20
"""Files of one folder, and bytes of what is read before any of them is believed."""

Layout = Literal["float", "ternary-master", "ternary-packed", "gguf", "other"]
"""How weights lie in the files:

float           floating point numbers, as Transformers saves them
ternary-master  float32 numbers that are rounded to -1, 0 and 1 times a scale whenever they are multiplied
ternary-packed  those roundings, four to a byte, and the scale of each matrix
gguf            llama.cpp's files
other           a recipe's own
"""


class ModelFile(Model):
    """A file of a model's folder."""

    name: str = Field(description="Its path in the folder.")
    sha256: str = Field(description="Fingerprint of its bytes, SHA-256 in hexadecimal digits.")
    bytes: int = Field(ge=0, description="How many bytes it has.")


class Parameters(Model):
    """How many numbers a model has learned."""

    ternary: int = Field(default=0, ge=0, description="Those that are -1, 0 or 1 times a scale.")
    floating: int = Field(default=0, ge=0, description="All others: embeddings, norms, or every one.")


class Manifest(Model):
    """What a model is made of and from."""

    format: Literal["nis-model"] = Field(default=FORMAT, description="What kind of manifest this is.")
    version: Literal[1] = Field(default=VERSION, description="Of this form of a manifest.")
    layout: Layout = Field(description="How weights lie in the files.")
    kind: str = Field(default="", description="What the model does, as its recipe says.")
    recipe: str = Field(default="", description="The recipe that trained it.")
    training: str = Field(default="", description="The training's id.")
    base: str = Field(default="", description="What it was trained from; empty where from nothing.")
    licence: str = Field(default="", description="Under which the base was given; empty where there is none.")
    dataset: str = Field(default="", description="The dataset's name or id.")
    dataset_version: str = Field(default="", description="The version of its content that was trained on.")
    rows: int | None = Field(default=None, ge=0, description="How many examples that version has for training.")
    steps: int | None = Field(default=None, ge=0, description="Steps of the training.")
    seed: int | None = Field(default=None, description="What the training drew from.")
    settings: Json = Field(default_factory=dict, description="The recipe's settings.")
    metrics: dict[str, float] = Field(default_factory=dict, description="What was measured, by the formula's name.")
    notes: list[str] = Field(default_factory=list, description="What the recipe says of its own result.")
    parameters: Parameters = Field(default=Parameters(), description="How many numbers it has learned.")
    bits_per_weight: float | None = Field(
        default=None,
        ge=0,
        description="Bits that a ternary weight takes: all bytes of the weights' file that hold no floating point"
        " number, by the ternary weights.",
    )
    files: list[ModelFile] = Field(max_length=MOST_FILES, description="Every file of the folder but this one.")

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(one.bytes for one in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 of the files' names and hashes: models of one digest are the same to the bit."""
        said = "".join(f"{one.sha256} {one.name}\n" for one in sorted(self.files, key=lambda one: one.name))
        return hashlib.sha256(said.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Fingerprint of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(folder: Path) -> list[ModelFile]:
    """The folder's own files, by name; those of what was made of it stand in their own manifests."""
    paths = [
        one
        for one in sorted(folder.rglob("*"))
        if one.is_file()
        and one.relative_to(folder).parts[0] != EXPORTS
        and one.relative_to(folder).as_posix() != MANIFEST
    ]
    return [
        ModelFile(name=one.relative_to(folder).as_posix(), sha256=sha256_of(one), bytes=one.stat().st_size)
        for one in paths
    ]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it down, whole or not at all."""
    write_whole(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file that is either as before or as it is to be, also when the power fails."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def made_whole(folder: Path) -> Generator[Path]:
    """A folder beside the one that it becomes at the end, all of it; a failure leaves nothing.

    Of a process that was killed it stays: `forget_broken_off` finds it by its lock, which ended with its maker.
    """
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(parents=True)
        with _opened(beside) as held:
            with suppress(OSError):  # NFS locks no folders: there nobody finds it unlocked either, and it stays
                fcntl.flock(held, fcntl.LOCK_EX)
            yield beside
            for path in beside.rglob("*"):
                _sync(path)
            os.fsync(held)
            # Where another call was faster, what it has made is the same; what has no manifest is of no use to anybody.
            if not (folder / MANIFEST).is_file():
                shutil.rmtree(folder, ignore_errors=True)
                beside.rename(folder)
            _sync(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def forget_broken_off(parent: Path) -> None:
    """Remove what was being made in a folder by a process that is no more."""
    for part in parent.glob(".*"):
        with suppress(OSError), _opened(part) as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part, ignore_errors=True)


def _sync(path: Path) -> None:
    with _opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Generator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_manifest(folder: Path, called: str) -> Manifest:
    """What the folder says of itself; nothing is said about whether it is true. `called` is what messages call it.

    Raises:
        Unavailable: the folder or its manifest is gone, or none that is read here.
    """
    try:
        with (folder / MANIFEST).open("rb") as file:
            text = file.read(LONGEST_MANIFEST + 1)
    except OSError:
        raise Unavailable(
            f"{called} has no folder here with a {MANIFEST}.",
            remedy="Bring back the folder of trained models (NIS_TRAINING) from a backup, or train it again.",
        ) from None
    try:
        return Manifest.model_validate_json(text)
    except ValidationError:
        said = _format_of(text)
        raise Unavailable(
            f"The {MANIFEST} of {called[0].lower()}{called[1:]} is not of the form {FORMAT} {VERSION}{said}.",
            remedy="Bring back its folder from a backup, or train it again.",
        ) from None


def check_found(options: Mapping[str, Any]) -> None:
    """Of a worker that is to load a model which was trained here: that every file of `options["trained"]` is right.

    Raises:
        Unavailable: one is gone or was changed, or there is no manifest.
    """
    if "trained" in options:
        folder, called = Path(options["trained"]), f"The model {options['name']}"
        check_files(folder, read_manifest(folder, called), called)


def check_files(folder: Path, manifest: Manifest, called: str) -> None:
    """That every file that the manifest names is there and is the one that it names; reads all of them.

    Raises:
        Unavailable: one is gone or was changed.
    """
    for one in manifest.files:
        _check(folder, one, called)


def check_file(folder: Path, name: str, called: str) -> None:
    """As `check_files`, of one file, which the manifest has to name.

    Raises:
        Unavailable: it is gone, was changed or is not named.
    """
    named = [one for one in read_manifest(folder, called).files if one.name == name]
    if not named:
        raise _wrong(called, name, "is not in its manifest")
    _check(folder, named[0], called)


def _check(folder: Path, one: ModelFile, called: str) -> None:
    try:
        fault = _fault(folder, one)
    except (OSError, ValueError):  # no name that a file can have, or a disk that fails
        fault = "cannot be read"
    if fault:
        raise _wrong(called, one.name, fault)


def _fault(folder: Path, one: ModelFile) -> str:
    """What is wrong with a file, or nothing."""
    path = folder / one.name
    if not path.resolve().is_relative_to(folder.resolve()):
        return "lies outside of its folder"
    if not path.is_file():
        return "is gone"
    same = path.stat().st_size == one.bytes and sha256_of(path) == one.sha256
    return "" if same else "was changed: its SHA-256 is not the manifest's"


def _wrong(called: str, name: str, what: str) -> Unavailable:
    return Unavailable(
        f"{called} cannot be used: its file {shorten(name)} {what}.",
        remedy="Bring back its folder from a backup, or train it again.",
    )


def _format_of(text: bytes) -> str:
    try:
        read = json.loads(text)
        return f", but {read['format']} {read['version']}"[:80]
    except (ValueError, TypeError, KeyError):
        return ""
