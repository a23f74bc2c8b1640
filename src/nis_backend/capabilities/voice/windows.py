"""A long sound, window by window: what is said in each, begun anew where it is bad, and where the next one begins.

The rules and their numbers are those of https://github.com/openai/whisper, `transcribe.py`, and of the paper's section
4.5: a search first, samples where that repeats itself or is unsure, and silence where the model believes in none.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.voice.mel import FRAME_SECONDS, FRAMES, log_mel
from nis_backend.capabilities.voice.whisper import TICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.whisper import Guess, Whisper

HIGHEST_COMPRESSION = 2.4
LOWEST_LOGPROB = -1.0
SILENT = 0.6
"""Probability of no speech above which an unsure window is silence."""
FORGETFUL = 0.5
"""Temperature above which what was said is no guide to what comes."""
STEP = 0.2
"""From one temperature to the next."""
LONGEST_PROMPT = 223
"""Tokens of what was said before: half of the model's, less the one that begins them."""

SILENCE_AFTER = 300
"""Frames of silence after the last words that are looked at with them: less, and the model repeats itself; the 30 s
that it was trained with take three times as long for a sentence, and are understood no better (docs/experiments.md)."""

_FRAMES_A_TICK = round(TICK / FRAME_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of a window between two times that the model gave, in seconds of the window."""

    start: float
    end: float
    tokens: list[int]


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a window says."""

    at: float
    """Seconds of the sound where it begins."""
    frames: int
    """Of the sound in it."""
    pieces: list[Piece]
    guess: Guess
    compression: float
    encoded: Any  # Any: what the engine keeps
    start: list[int]


def windows(
    model: Whisper, samples: NDArray[np.float32], start: list[int], prompt: str, temperature: float
) -> Iterator[Window | float]:
    """Each window of a sound at 16 kHz that says something; and after each, how far it is, 0 to 1."""
    features = log_mel(samples, model.bands)
    content = features.shape[1] - FRAMES
    said = model.tokens(f" {prompt.strip()}") if prompt.strip() else []
    at = 0
    while at < content:
        frames = min(FRAMES, content - at)
        encoded = model.encode(features[:, at : at + min(FRAMES, frames + SILENCE_AFTER)])
        guess, compression = best(model, encoded, [*_reminded(model, said), *start], temperature)
        if guess.no_speech > SILENT and guess.average_logprob <= LOWEST_LOGPROB:
            at += frames
            yield min(1.0, at / content)
            continue
        pieces, heard = cut(guess.tokens, frames, model.first_time)
        yield Window(
            at=at * FRAME_SECONDS,
            frames=frames,
            pieces=[one for one in pieces if one.end > one.start and model.text(one.tokens).strip()],
            guess=guess,
            compression=compression,
            encoded=encoded,
            start=start,
        )
        said = [] if guess.temperature > FORGETFUL else said + [one for piece in pieces for one in piece.tokens]
        at += max(1, heard)
        yield min(1.0, at / content)


def _reminded(model: Whisper, said: list[int]) -> list[int]:
    return [model.before, *said[-LONGEST_PROMPT:]] if said else []


def best(model: Whisper, encoded: Any, prompt: list[int], temperature: float) -> tuple[Guess, float]:  # Any: as above
    """What a window says, at the lowest temperature at which it is good; else the likeliest of all that were tried."""
    tried: list[tuple[Guess, float]] = []
    for number in range(round((1.0 - temperature) / STEP) + 1):
        guess = model.guess(encoded, prompt, min(1.0, temperature + number * STEP))
        compression = compressed(model.text(guess.tokens))
        tried.append((guess, compression))
        silent = guess.no_speech > SILENT and guess.average_logprob < LOWEST_LOGPROB
        if silent or (compression <= HIGHEST_COMPRESSION and guess.average_logprob >= LOWEST_LOGPROB):
            return tried[-1]
    plain = [one for one in tried if one[1] <= HIGHEST_COMPRESSION]
    return max(plain or tried, key=lambda one: one[0].average_logprob)


def compressed(text: str) -> float:
    """How many times shorter a text becomes: one that repeats itself, much."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def cut(tokens: list[int], frames: int, first_time: int) -> tuple[list[Piece], int]:
    """The pieces of a window's tokens, and after how many frames the next window begins.

    Times stand before and after each piece. Where the last piece has no end, the next window begins where it does.
    """
    times = [one >= first_time for one in tokens]
    ends = [number for number in range(1, len(tokens)) if times[number - 1] and times[number]]
    finished = times[-2:] == [False, True]
    if not ends:
        last = [one for one, time in zip(tokens, times, strict=True) if time][-1:]
        told = last and last[0] > first_time
        end = (last[0] - first_time) * TICK if told else frames * FRAME_SECONDS
        return [Piece(start=0.0, end=end, tokens=tokens)], frames
    pieces: list[Piece] = []
    begun = 0
    for end in [*ends, len(tokens)] if finished else ends:
        piece = tokens[begun:end]
        start, stop = ((one - first_time) * TICK for one in (piece[0], piece[-1]))
        pieces.append(Piece(start=start, end=stop, tokens=piece))
        begun = end
    return pieces, frames if finished else (tokens[begun - 1] - first_time) * _FRAMES_A_TICK
