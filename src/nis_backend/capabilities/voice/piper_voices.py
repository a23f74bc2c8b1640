"""Piper's voices in the folders that a setting names: which there are, and what their cards say of them.

A voice is a file `NAME.onnx` and beside it its card, `NAME.onnx.json`.
Source: https://github.com/OHF-Voice/piper1-gpl, docs/VOICES.md and TRAINING.md, for the form of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field, ValidationError

from nis_backend.capabilities.voice.speech import Voice
from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.compute.base import ComputingContext

LARGEST_CARD = 1 << 20
"""Bytes of a card; the largest that there are, of 900 speakers, have 30 kB."""
MOST_SPEAKERS = 4096
NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,40}")
"""What a file's and a speaker's name are made of, so that they fit a voice's id."""
MARKS = ("_", "^", "$")
"""The phonemes around all others: what stands between two, what begins, what ends."""


class Audio(BaseModel):
    """Of a card, what its samples are."""

    sample_rate: int = Field(ge=8000, le=48_000)


class Program(BaseModel):
    """Of a card, what makes its phonemes."""

    voice: str = Field(min_length=1, max_length=64)


class Inference(BaseModel):
    """Of a card, how it is spoken."""

    noise_scale: float = Field(default=0.667, ge=0, le=4, allow_inf_nan=False)
    length_scale: float = Field(default=1.0, gt=0, le=4, allow_inf_nan=False)
    noise_w: float = Field(default=0.8, ge=0, le=4, allow_inf_nan=False)


class Language(BaseModel):
    """Of a card, what it speaks."""

    code: str = Field(default="", pattern=r"^([a-z]{2,3}([_-][A-Za-z0-9-]{2,16})?)?$")


class Card(BaseModel):
    """What `NAME.onnx.json` says; the rest of it is of no matter here."""

    audio: Audio
    espeak: Program | None = None
    inference: Inference = Inference()
    phoneme_type: Literal["espeak", "text"] = "espeak"
    phoneme_id_map: dict[str, list[int]] = Field(min_length=4, max_length=4096)
    num_speakers: int = Field(default=1, ge=1, le=MOST_SPEAKERS)
    speaker_id_map: dict[str, int] = Field(default={}, max_length=MOST_SPEAKERS)
    language: Language = Language()


@dataclass(frozen=True, kw_only=True)
class PiperVoice:
    """A file, its card, and one who speaks by it."""

    path: Path
    card: Card
    shown: Voice
    speaker: int | None
    """Its number, where there are several in the file."""


def piper_voices(ctx: ComputingContext) -> list[PiperVoice]:
    """Every voice that the setting names, in its order; in a folder, by name.

    Raises:
        Unavailable: there is no such file or folder, or a card is none of a voice that can be spoken with.
    """
    found: dict[str, Path] = {}
    for path in _files(str(ctx.options.get("voices", ""))):
        name = path.name.removesuffix(".onnx")
        if not NAMED.fullmatch(name):
            raise unfit(path, "its name has other characters than A-Z a-z 0-9 . _ + - or more than 41")
        if found.setdefault(name.lower(), path) != path:
            raise unfit(path, "another file of that name is a voice already")
    return [one for path in found.values() for one in _speakers(path, _card(path))]


def unfit(path: Path, why: str) -> Unavailable:
    """What is said of a file that is no voice."""
    return Unavailable(
        f"NIS_VOICES: {shorten(path.name)} is no Piper voice that can be spoken with: {why}.",
        remedy="Give NIS_VOICES files NAME.onnx, each with its own NAME.onnx.json beside it, or folders of such.",
    )


def _files(named: str) -> Iterator[Path]:
    for one in filter(None, map(str.strip, named.split(","))):
        path = Path(one).expanduser()
        files = sorted(path.glob("*.onnx")) if path.is_dir() else [path]
        if not files:
            raise unfit(path, "the folder has no .onnx file")
        for file in files:
            if file.suffix != ".onnx" or not file.is_file():
                raise unfit(file, "there is no such .onnx file")
            yield file


def _card(path: Path) -> Card:
    beside = path.with_name(f"{path.name}.json")
    try:
        if beside.stat().st_size > LARGEST_CARD:
            raise unfit(path, f"its card has more than {LARGEST_CARD} bytes")
        card = Card.model_validate_json(beside.read_bytes())
    except OSError:
        raise unfit(path, f"its card, {shorten(beside.name)}, cannot be read") from None
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "it"
        raise unfit(path, f"in its card, {shorten(where)}: {wrong['msg']}") from None
    why = _inconsistent(card)
    if why:
        raise unfit(path, f"in its card, {why}")
    return card


def _inconsistent(card: Card) -> str:
    """What of a card does not go with the rest of it; empty when all does."""
    missing = [mark for mark in MARKS if not card.phoneme_id_map.get(mark)]
    if missing:
        return f"phoneme_id_map has no {missing[0]!r}"
    if any(number < 0 for ids in card.phoneme_id_map.values() for number in ids):
        return "phoneme_id_map has a negative number"
    if card.phoneme_type == "espeak" and card.espeak is None:
        return "espeak.voice is missing, which makes its phonemes"
    if any(not 0 <= number < card.num_speakers for number in card.speaker_id_map.values()):
        return f"speaker_id_map has a number that is none of {card.num_speakers} speakers"
    if not (card.language.code or card.espeak):
        return "language.code is missing"
    return ""


def _speakers(path: Path, card: Card) -> Iterator[PiperVoice]:
    """Each who speaks by a file: by name where the card has one, else by number; the first is the file's own voice."""
    name = path.name.removesuffix(".onnx")
    language = (card.language.code or (card.espeak.voice if card.espeak else "")).replace("_", "-").lower()
    names = {number: one for one, number in card.speaker_id_map.items() if NAMED.fullmatch(one)}
    for number in range(card.num_speakers):
        who = names.get(number, str(number))
        several = card.num_speakers > 1
        yield PiperVoice(
            path=path,
            card=card,
            shown=Voice(
                id=f"{name}/{who}"[:64] if several else name,
                name=f"{name}, {who}" if several else name,
                language=language,
                gender="",
                engine="piper",
            ),
            speaker=number if several else None,
        )
