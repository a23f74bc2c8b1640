"""How long a person waits for the first sound of an answer, stage by stage: `make bench-live-voice`.

    make bench-live-voice                       # a table on standard output, as Markdown
    make bench-live-voice ARGS="--turns 20"

Questions that eSpeak NG speaks are sent to `/ws/voice` of `nis serve` as a microphone sends them: 20 ms at a time, in
real time, silence after them. The model is scripted, a word each 30 ms: what is measured is hearing and speaking.
Beside it, turn by turn, the same without a live conversation: the client itself waits for the same 0.6 s of silence,
has the sound transcribed, then asks, then has the whole answer spoken. Times are the client's, from the last sample of
speech to the first of the answer; the stages are the server's. Then answers are interrupted by the next question, and
the time from that one's first sample to `interrupted` is told.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import urllib.request
import wave
from pathlib import Path
from typing import Any

from start import free_port, ours, started
from websockets.asyncio.client import ClientConnection, connect

RATE = 16_000
FRAME = 0.02
SILENCE = 0.6
QUIET = 300
"""Samples up to here are silence."""
QUESTIONS = (
    "What is the weather like in London today?",
    "How far is it from Paris to Berlin by train?",
    "Please tell me the capital of Australia.",
    "When was the first railway in England opened?",
)
ANSWER = (
    "That is a good question, and the answer is not long. It takes a few sentences to say it well, though. "
    "The first of them is over already, and this one is the last."
)
STAGES = ("vad", "transcription", "first_token", "first_audio", "total")

Json = dict[str, Any]


def called(url: str, path: str, body: Json) -> Json:
    """An operation's answer."""
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def samples(url: str, words: str) -> bytes:
    """The words, spoken, without the silence after them."""
    made = called(url, "/voice/synthesize-speech", {"text": words, "sample_rate": RATE})
    with urllib.request.urlopen(f"{url}/blobs/{made['audio']['id']}/content") as answer:
        file = io.BytesIO(answer.read())
    with wave.open(file) as sound:
        pcm = sound.readframes(sound.getnframes())
    loud = max(
        at for at in range(0, len(pcm) - 1, 2) if abs(int.from_bytes(pcm[at : at + 2], "little", signed=True)) > QUIET
    )
    return pcm[: loud + 2]


class Microphone:
    """A person who speaks now and then; when the last word of a question was sent, and its first."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._words = bytearray()
        self.begun = self.ended = 0.0

    def say(self, pcm: bytes) -> None:
        """Speak, from the next frame on."""
        self._words += pcm
        self.begun = 0.0

    async def run(self) -> None:
        """Send a frame whenever its time has come."""
        size = int(2 * RATE * FRAME)
        due = time.perf_counter()
        while True:
            now = time.perf_counter()
            piece = bytes(self._words[:size])
            del self._words[:size]
            if piece and not self.begun:
                self.begun = now
            if piece and not self._words:
                self.ended = now
            await self._socket.send(piece + bytes(size - len(piece)))
            due += FRAME
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def until(socket: ClientConnection, kind: str | type[bytes]) -> Json:
    """The next frame of a kind; of sound, nothing of it."""
    while True:
        frame = await asyncio.wait_for(socket.recv(), 120)
        if isinstance(frame, bytes):
            if kind is bytes:
                return {}
            continue
        told = json.loads(frame)
        if told["type"] == "error":
            raise SystemExit(f"It failed: {told['error']['detail']} {told['error'].get('remedy', '')}")
        if told["type"] == kind:
            return told


async def turn(socket: ClientConnection, microphone: Microphone, pcm: bytes) -> tuple[float, Json]:
    """Ask, and hear all of the answer: the client's own wait, and the server's stages."""
    microphone.say(pcm)
    await until(socket, bytes)
    waited = time.perf_counter() - microphone.ended
    ended = await until(socket, "turn_completed")
    return waited, ended["latency"]


async def interrupted(socket: ClientConnection, microphone: Microphone, first: bytes, second: bytes) -> float:
    """Ask, speak again as soon as the answer is heard: seconds until it ends."""
    microphone.say(first)
    await until(socket, bytes)
    microphone.say(second)
    await until(socket, "interrupted")
    took = time.perf_counter() - microphone.begun
    await until(socket, "turn_completed")
    await until(socket, "turn_completed")
    return took


def one_by_one(url: str, pcm: bytes) -> float:
    """The same question without a live conversation: seconds from its last word to the whole answer's sound."""
    begun = time.perf_counter()
    time.sleep(SILENCE)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, RATE, 0, "NONE", ""))
        writer.writeframes(pcm)
    sound = {"base64": base64.b64encode(file.getvalue()).decode()}
    heard = called(url, "/voice/transcribe-audio", {"audio": sound})
    said = called(url, "/chat", {"message": heard["text"]})
    called(url, "/voice/synthesize-speech", {"text": said["response"]})
    return time.perf_counter() - begun


def row(name: str, values: list[float]) -> str:
    """A line of the table."""
    return f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} | {max(values):.2f} |"


async def measure(url: str, turns: int) -> None:
    """Both ways, turn by turn."""
    spoken = [samples(url, question) for question in QUESTIONS]
    live: list[float] = []
    plain: list[float] = []
    stages: dict[str, list[float]] = {name: [] for name in STAGES}
    async with connect(f"{url.replace('http', 'ws', 1)}/ws/voice", max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "start", "sample_rate": RATE, "language": "en"}))
        await until(socket, "ready")
        microphone = Microphone(socket)
        sending = asyncio.create_task(microphone.run())
        # The first of each is not counted: it loads models.
        await turn(socket, microphone, spoken[0])
        await asyncio.to_thread(one_by_one, url, spoken[0])
        for number in range(turns):
            pcm = spoken[number % len(spoken)]
            waited, latency = await turn(socket, microphone, pcm)
            live.append(waited)
            for name in STAGES:
                stages[name].append(latency[name])
            plain.append(await asyncio.to_thread(one_by_one, url, pcm))
        others = [spoken[1 + number % 3] for number in range(max(1, turns // 2))]
        cut = [await interrupted(socket, microphone, spoken[0], other) for other in others]
        sending.cancel()
    print(f"{turns} turns, {os.cpu_count()} cores, Python {platform.python_version()}; seconds.\n")
    print("| | median | least | most |\n|---|---|---|---|")
    print(row("live: last word → first sound", live))
    for name in STAGES:
        print(row(f"… {name.replace('_', ' ')}, by the server", stages[name]))
    print(row("one call after the other: last word → the answer's sound", plain))
    print(row("first sound of an interruption → `interrupted`", cut))
    print(f"\nOne by one takes {statistics.median(plain) / statistics.median(live):.1f} × as long (medians).")


def main() -> None:
    """Start a server, and measure."""
    reader = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    reader.add_argument("--turns", type=int, default=12)
    given = reader.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.json"
        script.write_text(json.dumps({"replies": [{"text": ANSWER, "pause": 0.03}]}))
        environment = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}
        port = free_port()
        with started(ours(port, folder), port, **environment):
            asyncio.run(measure(f"http://127.0.0.1:{port}", given.turns))


if __name__ == "__main__":
    sys.exit(main())
