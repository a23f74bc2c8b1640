"""Speech by a voice of Piper's: phonemes, as eSpeak NG makes them, to samples by a network of its own.

Source: Kim et al. (2021), Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech,
https://arxiv.org/abs/2106.06103; the order of phonemes in https://github.com/rhasspy/piper-phonemize, phoneme_ids.cpp.
"""

from __future__ import annotations

import importlib
import logging
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.voice import espeak
from nis_backend.capabilities.voice.piper_voices import MARKS, unfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.piper_voices import Card, PiperVoice
    from nis_backend.drivers.compute.base import ComputingContext

    Floats = NDArray[np.float32]

log = logging.getLogger("nis.voice")

BETWEEN = 0.2
"""Seconds of silence between two sentences: Piper's own."""
LONGEST_SENTENCE = 500
"""Phonemes that are spoken at once, some 40 s: what a longer one takes of memory grows with its square."""
LOUDEST = 0.95
"""Where the highest peak of all that is said is put: voices differ by as much as fourfold in loudness."""
QUIETEST = 0.01
"""Peak below which nothing is made louder."""
KEPT = 2
"""Voices that stay loaded in a process, some 100 MB each."""
FRAME = 256
"""Samples that a phoneme is made of at least, in every voice of Piper's."""
SHORTEST = 0.05
"""Of a phoneme's usual length."""
INPUTS = {"input", "input_lengths", "scales"}
SWITCH = re.compile(r"\([a-z-]+\)")
"""How eSpeak says that a word is of another language."""
ENDS = ".?!"


class Loaded:
    """The voices that were spoken with of late, in one process."""

    def __init__(self) -> None:
        self._held: dict[tuple[Path, int, int], Any] = {}

    def session(self, voice: PiperVoice) -> Any:  # Any: onnxruntime has no types
        """The voice's network, loaded at its first use and anew when its file was replaced.

        Raises:
            Unavailable: it is none, or is not what its card says.
        """
        told = voice.path.stat()
        key = voice.path, told.st_mtime_ns, told.st_size
        found = self._held.pop(key, None) or _open(voice)
        self._held[key] = found
        while len(self._held) > KEPT:
            del self._held[next(iter(self._held))]
        return found


def _open(voice: PiperVoice) -> Any:  # Any: as above
    engine: Any = importlib.import_module("onnxruntime")
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = engine.InferenceSession(str(voice.path), options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:  # the engine's own are of many kinds
        log.warning("the voice %s: %s", voice.path, error)
        raise unfit(voice.path, "it is no ONNX file that can be loaded; the log says why") from error
    wanted = INPUTS if voice.speaker is None else INPUTS | {"sid"}
    given = {one.name for one in session.get_inputs()}
    if given != wanted:
        raise unfit(voice.path, f"its inputs are {', '.join(sorted(given))}; by its card, {', '.join(sorted(wanted))}")
    return session


def speak(voice: PiperVoice, text: str, pace: float, ctx: ComputingContext) -> tuple[Floats, float]:
    """The text, spoken, and the pace that it has; 1 is the card's own, 2 twice that.

    At another pace it is spoken at the card's own first: how long that takes is what the pace is measured by.

    Raises:
        TooLarge: it would be too long.
        Unavailable: the voice cannot be spoken with.
    """
    spoken = _Spoken(ctx.keep("piper", Loaded).session(voice), voice)
    sentences = [*sentences_of(clauses(text, voice.card), voice.card)]
    rate = voice.card.audio.sample_rate
    pause = np.zeros(round(BETWEEN / pace * rate), np.float32)
    said: list[Floats] = []
    usual = length = 0
    for number, phonemes in enumerate(sentences, 1):
        samples = spoken.at(phonemes, 1.0)
        usual += len(samples)
        if pace != 1:
            samples = spoken.at(phonemes, _scale(len(samples), len(phonemes), pace))
        length += len(samples)
        said += [samples, pause]
        espeak.refuse_long(max(usual, length + number * len(pause)) / rate)
        ctx.progress(number / len(sentences))
    return (_even(np.concatenate(said[:-1])), usual / length) if length else (pause, pace)


def _scale(usual: int, phonemes: int, pace: float) -> float:
    """By how much each phoneme is made longer, so that all of them are at that pace.

    The network rounds the frames of each phoneme up, by half a frame in the mean: what is so added stays.
    """
    rounded = phonemes * FRAME / 2
    return max(SHORTEST, (usual / pace - rounded) / max(usual - rounded, FRAME))


def clauses(text: str, card: Card) -> list[tuple[str, str]]:
    """Each clause as phonemes, and the mark that it ends with."""
    if card.phoneme_type == "text":
        parts = re.split(r"([.?!])(?=\s|$)", unicodedata.normalize("NFD", text.lower()))
        return [*zip(parts[::2], [*parts[1::2], ""], strict=True)]
    assert card.espeak is not None  # the card was looked at
    return espeak.held().get().phonemes(text, card.espeak.voice)


def sentences_of(spoken: Iterable[tuple[str, str]], card: Card) -> Iterator[list[int]]:
    """The numbers of each sentence: its phonemes with their marks, cut where it would be longer than is spoken at once.

    A phoneme that the voice does not have is left out, as Piper does.
    """
    held: list[list[int]] = []
    for phonemes, mark in spoken:
        letters = unicodedata.normalize("NFD", SWITCH.sub("", phonemes)) + mark + ("" if mark in ENDS else " ")
        clause = [card.phoneme_id_map[one] for one in letters if one in card.phoneme_id_map]
        if len(held) + len(clause) > LONGEST_SENTENCE:
            yield from _numbers(held, card)
            held = []
        held += clause
        while len(held) > LONGEST_SENTENCE:
            cut = _cut(held, card)
            yield from _numbers(held[:cut], card)
            held = held[cut:]
        if mark and mark in ENDS:
            yield from _numbers(held, card)
            held = []
    yield from _numbers(held, card)


def _cut(held: list[list[int]], card: Card) -> int:
    """Where what is too long is cut: at its last space that is not too far, else in the middle of a word."""
    space = card.phoneme_id_map.get(" ")
    return next((at for at in range(LONGEST_SENTENCE, 0, -1) if held[at - 1] == space), LONGEST_SENTENCE)


def _numbers(phonemes: list[list[int]], card: Card) -> Iterator[list[int]]:
    """As the network wants them: a beginning, and after it and each phoneme what stands between; an end."""
    between, begin, end = (card.phoneme_id_map[mark] for mark in MARKS)
    silent = (card.phoneme_id_map.get(" "), *(card.phoneme_id_map.get(mark) for mark in ",;:.?!"))
    if any(one not in silent for one in phonemes):
        yield [*begin, *between, *(number for one in phonemes for number in (*one, *between)), *end]


class _Spoken:
    """Sentences by one voice."""

    def __init__(self, session: Any, voice: PiperVoice) -> None:  # Any: as above
        self._session = session
        self._voice = voice

    def at(self, phonemes: list[int], scale: float) -> Floats:
        """The samples of a sentence, each phoneme so many times as long as the card has it."""
        voice, told = self._voice, self._voice.card.inference
        given = {
            "input": np.array([phonemes], np.int64),
            "input_lengths": np.array([len(phonemes)], np.int64),
            "scales": np.array([told.noise_scale, told.length_scale * scale, told.noise_w], np.float32),
        }
        if voice.speaker is not None:
            given["sid"] = np.array([voice.speaker], np.int64)
        try:
            (made,) = self._session.run(None, given)
            samples = np.asarray(made, np.float32).reshape(-1)
        except MemoryError:
            raise
        except Exception as error:  # as in _open
            log.warning("the voice %s: %s", voice.path, error)
            raise unfit(voice.path, "it failed as it was spoken with; the log says why") from error
        if not np.isfinite(samples).all():
            raise unfit(voice.path, "it answered with what is no number")
        return samples


def _even(samples: Floats) -> Floats:
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(LOUDEST / peak) if peak > QUIETEST else samples
