"""How well what is spoken is understood, and how long speaking takes: eSpeak NG beside voices of Piper's, by turns.

    make bench-speaking ARGS="--voices FOLDER"   # a folder with NAME.onnx and NAME.onnx.json, as NIS_VOICES takes it

Each says the same eight passages; Whisper tiny.en writes down what it hears. Wrong are words to change, to add or to
leave out, of those that were said. A recogniser is no listener: it says which voice it was trained on more like.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before any library reads it: one thread is what a worker has

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from computing import computing
from passages import PASSAGES
from voice import words_of

from nis_backend.capabilities.voice.piper_voices import piper_voices
from nis_backend.capabilities.voice.speaking import speak
from nis_backend.capabilities.voice.speech import SynthesisRequest, TranscriptionRequest
from nis_backend.capabilities.voice.transcribing import transcribe
from nis_backend.drivers.compute.operations import Computing

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from edits import distance

ESPEAK = "gmw/en-US"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One passage, spoken and heard."""

    wrong: int
    words: int
    wall: float
    processor: float
    """Of this process: eSpeak's own is another."""
    seconds: float


def said(text: str, voice: str, worker: Computing, file: Path) -> Said:
    """Speak it, and hear it."""
    wall, processor = time.perf_counter(), time.process_time()
    spoken = speak(SynthesisRequest(text=text, voice=voice), worker)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    assert isinstance(spoken.audio.content, bytes)
    file.write_bytes(spoken.audio.content)
    request = TranscriptionRequest.model_validate({"audio": "blob-1"})
    heard = transcribe(request.model_copy(update={"audio": request.audio.at(file)}), worker)
    meant = words_of(text)
    return Said(
        wrong=distance(meant, words_of(heard.text)),
        words=len(meant),
        wall=wall,
        processor=processor,
        seconds=spoken.duration,
    )


def row(voice: str, every: list[Said]) -> str:
    """One line of the table."""
    share = sum(one.wrong for one in every) / sum(one.words for one in every)
    wall = statistics.median(one.wall / one.seconds for one in every)
    processor = statistics.median(one.processor / one.seconds for one in every)
    return f"| {voice} | {share:.1%} | {sum(one.seconds for one in every):.0f} | {processor:.3f} | {wall:.3f} |"


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--voices", default="", help="as NIS_VOICES takes them")
    asked.add_argument("--passages", type=int, default=len(PASSAGES), choices=range(1, len(PASSAGES) + 1))
    given = asked.parse_args()
    worker = computing(voices=given.voices)
    voices = [ESPEAK, *(one.shown.id for one in piper_voices(worker))]
    found: dict[str, list[Said]] = {voice: [] for voice in voices}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "said"
        for voice in voices:
            said("Models are loaded.", voice, worker, file)
        for at, text in enumerate(PASSAGES[: given.passages]):
            for voice in sorted(voices, reverse=bool(at % 2)):
                found[voice].append(said(text, voice, worker, file))
    words = sum(one.words for one in found[ESPEAK])
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{words} words in {given.passages} passages, heard by Whisper tiny.en.")
    print(f"Load of the last 1, 5 and 15 minutes on {os.cpu_count()} cores: {load}.\n")
    print("| voice | words wrong | seconds of sound | processor / sound | wall / sound |\n|---|---|---|---|---|")
    for voice, every in found.items():
        print(row(voice, every))


if __name__ == "__main__":
    main()
