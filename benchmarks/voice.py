"""How much of what is said is written down wrong, and how long that takes: ours beside faster-whisper, one by one.

    make bench-voice                        # eight passages in three voices
    make bench-voice ARGS="--voices 1"      # the short form

Both hear the same files with the same Whisper tiny.en in eight bits, one thread, a beam of five, and silence cut out by
Silero's detector. eSpeak NG says the passages: nobody's voice, but every word is known. Wrong are words to change, to
add or to leave out, of those that were said; case and punctuation do not count.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before any library reads it: one thread is what a worker has

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from computing import computing
from passages import PASSAGES

from nis_backend.capabilities.voice import espeak, whisper
from nis_backend.capabilities.voice.speech import TranscriptionRequest
from nis_backend.capabilities.voice.transcribing import transcribe
from nis_backend.drivers.compute.operations import Computing
from nis_backend.operation import Json

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from edits import distance

VOICES = ("gmw/en-US", "gmw/en", "gmw/en-US+f3")
MODEL = "whisper-tiny-en"
MEMBERS = {"": "model.bin", "-config": "config.json", "-tokenizer": "tokenizer.json", "-vocabulary": "vocabulary.txt"}
"""Of the model's weights, what the peer calls their files."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One passage, written down."""

    wrong: int
    words: int
    wall: float
    processor: float
    seconds: float


def words_of(text: str) -> list[str]:
    """Its words as they are compared."""
    return re.findall(r"[a-z']+", text.lower().replace("\u2019", "'"))


def ours(worker: Computing) -> Callable[[Path], Json]:
    """The operation's function, as a worker calls it."""

    def hear(file: Path) -> Json:
        request = TranscriptionRequest.model_validate({"audio": "blob-1"})
        request = request.model_copy(update={"audio": request.audio.at(file)})
        wall, processor = time.perf_counter(), time.process_time()
        text = transcribe(request, worker).text
        return {"text": text, "wall": time.perf_counter() - wall, "processor": time.process_time() - processor}

    return hear


def peer(python: Path, folder: Path) -> tuple[Callable[[Path], Json], subprocess.Popen[str]]:
    """Its process, which keeps its model as a worker does."""
    program = [str(python), str(Path(__file__).with_name("voice_peer.py")), str(folder), whisper.COMPUTE]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def hear(file: Path) -> Json:
        stdin.write(f"{file}\n")
        stdin.flush()
        return cast("Json", json.loads(stdout.readline()))

    return hear, process


def read_aloud(folder: Path, voice: str) -> list[tuple[Path, str, float]]:
    """Each passage as a file, its text and its seconds."""
    program = espeak.held().get()
    found: list[tuple[Path, str, float]] = []
    for at, text in enumerate(PASSAGES):
        file = folder / f"{voice.replace('/', '-')}-{at}.wav"
        samples = program.speak(text, voice, espeak.Manner())
        soundfile.write(file, samples, program.rate)
        found.append((file, text, len(samples) / program.rate))
    return found


def row(name: str, of_voices: list[list[Heard]]) -> str:
    """One line of the table."""
    every = [one for voice in of_voices for one in voice]
    shares = [sum(one.wrong for one in some) / sum(one.words for one in some) for some in (*of_voices, every)]
    wall = statistics.median(one.wall / one.seconds for one in every)
    processor = statistics.median(one.processor / one.seconds for one in every)
    return f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} | {processor:.3f} | {wall:.3f} |"


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("python", type=Path, help="of an environment that has faster-whisper")
    asked.add_argument("--voices", type=int, default=len(VOICES), choices=range(1, len(VOICES) + 1))
    given = asked.parse_args()
    voices, worker = VOICES[: given.voices], computing()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for weight, member in MEMBERS.items():
            (folder / member).symlink_to(worker.weight(MODEL + weight).resolve())
        theirs, process = peer(given.python, folder)
        with process:
            ways = {"ours": ours(worker), "faster-whisper": theirs}
            heard = listened(ways, folder, voices)
            assert process.stdin is not None
            process.stdin.close()
    seconds = sum(one.seconds for voice in heard["ours"] for one in voice)
    words = sum(one.words for one in heard["ours"][0])
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"\n{words} words in {len(PASSAGES)} passages, said by {' and '.join(voices)}: {seconds:.0f} s of sound.")
    print(f"Load of the last 1, 5 and 15 minutes on {os.cpu_count()} cores: {load}.\n")
    print(f"| words wrong | {' | '.join(voices)} | together | processor / sound | wall / sound |")
    print(f"|{'---|' * (len(voices) + 4)}")
    for name, of_voices in heard.items():
        print(row(name, of_voices))
    pairs = zip(*([one for voice in heard[name] for one in voice] for name in ways), strict=True)
    ratio = statistics.median(a.processor / b.processor for a, b in pairs)
    print(f"\nSeconds of the processor, ours to theirs, median of pairs: {ratio:.2f}")


def listened(
    ways: dict[str, Callable[[Path], Json]], folder: Path, voices: tuple[str, ...]
) -> dict[str, list[list[Heard]]]:
    """What each way writes down of each voice: by turns, the first of a pair another each time."""
    found: dict[str, list[list[Heard]]] = {name: [] for name in ways}
    for voice in voices:
        for name in ways:
            found[name].append([])
        for at, (file, text, seconds) in enumerate(read_aloud(folder, voice)):
            if not (at or found["ours"][1:]):
                for hear in ways.values():
                    hear(file)  # loads the models
            for name in sorted(ways, reverse=bool(at % 2)):
                answer = ways[name](file)
                said = words_of(text)
                found[name][-1].append(
                    Heard(
                        wrong=distance(said, words_of(answer["text"])),
                        words=len(said),
                        wall=answer["wall"],
                        processor=answer["processor"],
                        seconds=seconds,
                    )
                )
        print(f"{voice} heard", flush=True)
    return found


if __name__ == "__main__":
    main()
