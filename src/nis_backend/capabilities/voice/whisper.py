"""Whisper: what is said in 30 s of sound, as tokens. Loads in the worker only.

Source: Radford et al. (2022), Robust Speech Recognition via Large-Scale Weak Supervision; it runs on CTranslate2.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import ComputingContext

    Floats = NDArray[np.float32]

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")
"""What a folder has, as CTranslate2's converter leaves it."""
WEIGHTS = {
    "tiny.en": {
        "model.bin": ("whisper-tiny-en",),
        "config.json": ("whisper-tiny-en-config",),
        "tokenizer.json": ("whisper-tiny-en-tokenizer",),
        "vocabulary.txt": ("whisper-tiny-en-vocabulary",),
    },
    "base": {
        "model.bin": ("whisper-base-1", "whisper-base-2"),
        "config.json": ("whisper-base-config",),
        "tokenizer.json": ("whisper-base-tokenizer",),
        "vocabulary.txt": ("whisper-base-vocabulary",),
    },
}
"""The weights that each file of a model in the manifest is joined of."""

TICK = 0.02
"""Seconds from one of the model's times to the next; two of its frames."""
LATEST_FIRST = 50
"""Ticks after which the first word of a window does not begin: as in openai/whisper."""
BEAM, SAMPLES = 5, 5
"""Hypotheses of the search, and samples of which the best is taken: as in the paper, section 4.5."""


COMPUTE = "int8"
"""Numbers that it computes with: half of float32's time, for half a word in a hundred (docs/experiments.md)."""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What one window may say; numbers as they are in the model, see `speech.Segment`."""

    tokens: list[int]
    average_logprob: float
    no_speech: float
    temperature: float


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """When each token begins, and the end of the last one, in seconds of the window; and how likely each is."""

    times: Floats
    probabilities: list[float]


class Whisper:
    """One model of a process."""

    def __init__(self, name: str, files: dict[str, bytes]) -> None:
        engine: Any = importlib.import_module("ctranslate2")  # Any: its types are partly unknown
        library: Any = importlib.import_module("tokenizers")  # Any: it has no types
        self.name = name
        self._engine = engine
        words = files.pop("tokenizer.json")
        try:
            self._model = engine.models.Whisper(name, device="cpu", compute_type=COMPUTE, intra_threads=1, files=files)
            self._tokenizer = library.Tokenizer.from_buffer(words)
        except (RuntimeError, ValueError) as error:
            raise Unavailable(
                f"The model of speech {name} could not be loaded: {error}",
                remedy="Give NIS_WHISPER a folder with a Whisper model as ct2-transformers-converter leaves it.",
            ) from None
        self.multilingual: bool = self._model.is_multilingual
        self.bands: int = self._model.n_mels
        self.end = self._id("<|endoftext|>")
        self.first_time = self._id("<|notimestamps|>") + 1
        self.before = self._id("<|startofprev|>")

    def _id(self, token: str) -> int:
        found: int | None = self._tokenizer.token_to_id(token)
        if found is None:
            raise Unavailable(
                f"The model {self.name} is no Whisper: its tokenizer has no {token}.",
                remedy="Give NIS_WHISPER another folder.",
            )
        return found

    def start(self, language: str, *, translate: bool) -> list[int]:
        """The tokens that say what is wanted."""
        start = [self._id("<|startoftranscript|>")]
        if self.multilingual:
            start += [self._id(f"<|{language}|>"), self._id("<|translate|>" if translate else "<|transcribe|>")]
        return start

    def knows(self, language: str) -> bool:
        """Whether it hears this language."""
        if not self.multilingual:
            return language == "en"
        return self._tokenizer.token_to_id(f"<|{language}|>") is not None

    def encode(self, features: Floats) -> Any:  # Any: what the engine keeps
        """A window, (bands, frames), as what the other methods take."""
        whole = np.ascontiguousarray(features[None], dtype=np.float32)
        return self._model.encode(self._engine.StorageView.from_array(whole))

    def language(self, encoded: Any) -> tuple[str, float]:  # Any: as above
        """The likeliest language of a window, and how likely it is."""
        token, probability = self._model.detect_language(encoded)[0][0]
        return token.strip("<|>"), float(probability)

    def guess(self, encoded: Any, prompt: list[int], temperature: float) -> Guess:  # Any: as above
        """What a window says: the likeliest that a search finds, or the best of some samples, which chance draws."""
        ways: dict[str, Any] = {"beam_size": BEAM}  # Any: arguments of several types
        if temperature > 0:
            ways = {"beam_size": 1, "num_hypotheses": SAMPLES, "sampling_topk": 0, "sampling_temperature": temperature}
        (found,) = self._model.generate(
            encoded,
            [prompt],
            return_scores=True,
            return_no_speech_prob=True,
            max_initial_timestamp_index=LATEST_FIRST,
            **ways,
        )
        tokens: list[int] = found.sequences_ids[0]
        # The engine's score is the mean over the tokens; the one that ends them counts too.
        mean = float(found.scores[0]) * len(tokens) / (len(tokens) + 1)
        return Guess(
            tokens=tokens,
            average_logprob=mean,
            no_speech=float(found.no_speech_prob),
            temperature=temperature,
        )

    def align(self, encoded: Any, start: list[int], tokens: list[int], frames: int) -> Aligned:  # Any: as above
        """When the tokens of a window are said, by where the decoder looks while it writes them."""
        (found,) = self._model.align(encoded, start, [tokens], frames)
        rows = np.array([row for row, _ in found.alignments])
        places = np.array([place for _, place in found.alignments])
        begins = np.flatnonzero(np.diff(rows, prepend=-1))
        times = (places[begins] * TICK).astype(np.float32)
        return Aligned(times=times, probabilities=[float(one) for one in found.text_token_probs])

    def text(self, tokens: list[int]) -> str:
        """Tokens as text, times left out."""
        return str(self._tokenizer.decode([one for one in tokens if one < self.end]))

    def tokens(self, text: str) -> list[int]:
        """Text as tokens."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


def model_of(ctx: ComputingContext) -> Whisper:
    """The model that the settings name, loaded once in a process.

    Raises:
        Unavailable: a file of it is missing.
    """
    named = str(ctx.options.get("whisper", "tiny.en"))
    if named in WEIGHTS:
        # Found right each time, and not only when it is loaded: whoever replaces a file is told.
        paths = {file: [*map(ctx.weight, names)] for file, names in WEIGHTS[named].items()}
        return ctx.keep(f"whisper {named}", lambda: _load(f"whisper-{named}", paths))
    folder = Path(named)
    missing = [file for file in FILES[:3] if not (folder / file).is_file()]
    if missing:
        raise Unavailable(
            f"The folder in NIS_WHISPER has no {missing[0]}.",
            remedy=f"Give it one of {', '.join(WEIGHTS)}, or a folder with {', '.join(FILES)}.",
        )
    present = {one: [folder / one] for one in (*FILES, "vocabulary.json") if (folder / one).is_file()}
    return ctx.keep(f"whisper {named}", lambda: _load(folder.name, present))


def _load(name: str, paths: dict[str, list[Path]]) -> Whisper:
    return Whisper(name, {file: b"".join(path.read_bytes() for path in parts) for file, parts in paths.items()})
