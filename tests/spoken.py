"""A person who speaks: sounds made by the server itself, sent to a conversation as a microphone would."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

from websockets.sync.client import ClientConnection, connect

from nis_backend.surfaces.voice.wire import HEAD

Json = dict[str, Any]
PATIENCE = 90.0
"""Seconds that a frame may take: models load, and two cores run the whole suite beside it."""


def called(url: str, path: str, body: Json, headers: Json | None = None) -> Json:
    """An operation's answer over REST."""
    request = Request(
        f"{url}{path}", json.dumps(body).encode(), {"content-type": "application/json", **(headers or {})}
    )
    with urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def got(url: str, path: str) -> Any:  # Any: JSON
    """What a path answers."""
    with urlopen(f"{url}{path}", timeout=PATIENCE) as answer:
        return json.load(answer)


def speech(url: str, words: str, rate: int = 16_000) -> bytes:
    """Samples of 16 bits: the words, spoken, and a second of silence, after which they have ended."""
    made = called(url, "/voice/synthesize-speech", {"text": words, "sample_rate": rate})
    request = Request(f"{url}/blobs/{made['audio']['id']}/content", headers={"accept": "audio/wav"})
    with urlopen(request, timeout=PATIENCE) as answer, wave.open(io.BytesIO(answer.read())) as sound:
        return sound.readframes(sound.getnframes()) + bytes(2 * rate)


def waved(pcm: bytes, rate: int) -> bytes:
    """A WAV file of these samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm)
    return file.getvalue()


class Talk:
    """One conversation, and all that was told in it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.told: list[Json] = []
        self.sounds: list[tuple[int, int, bytes]] = []
        """The turn, the number and the samples of each frame of sound."""

    def send(self, kind: str, **members: Any) -> None:  # Any: JSON
        """A frame of text."""
        self._socket.send(json.dumps({"type": kind, **members}))

    def say(self, pcm: bytes, size: int = 3200) -> None:
        """Samples, a frame after the other, as fast as they are taken."""
        for start in range(0, len(pcm), size):
            self._socket.send(pcm[start : start + size])

    def frames(self) -> Iterator[Json | bytes]:
        """What comes: objects, and samples."""
        while True:
            frame = self._socket.recv(PATIENCE)
            if isinstance(frame, bytes):
                self.sounds.append((*HEAD.unpack_from(frame), frame[HEAD.size :]))
                yield frame
            else:
                self.told.append(json.loads(frame))
                yield self.told[-1]

    def until(self, kind: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next object of this kind that fits; an error that is not waited for is one."""
        for frame in self.frames():
            if isinstance(frame, bytes):
                continue
            if frame["type"] == kind and fits(frame):
                return frame
            assert frame["type"] != "error", frame
        raise AssertionError(kind)

    def refusal(self) -> Json:
        """The problem that is told next."""
        frame = next(one for one in self.frames() if not isinstance(one, bytes))
        assert frame["type"] == "error", frame
        return frame["error"]

    def until_sound(self) -> None:
        """Wait for a frame of sound."""
        next(frame for frame in self.frames() if isinstance(frame, bytes))

    def kinds(self) -> list[str]:
        """The kinds of what was told, each once where it comes several times on end."""
        kinds = [one["type"] for one in self.told]
        return [kind for before, kind in zip(["", *kinds], kinds, strict=False) if kind != before]


def opened(url: str, **headers: str) -> ClientConnection:
    """A socket."""
    address = f"{url.replace('http', 'ws', 1)}/ws/voice"
    return connect(address, compression=None, max_size=None, additional_headers=headers)
