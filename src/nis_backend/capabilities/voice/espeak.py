"""eSpeak NG, which speaks some hundred languages by formants: driven by a program of its own, over pipes.

Its licence is the GPL, so its library is never loaded into this process: `espeak_program.py` alone loads it.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import math
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest, TooLarge, Unavailable, WorkerLost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.operation import Json

PROGRAM = Path(__file__).with_name("espeak_program.py")
REMEDY = "Run: apt-get install espeak-ng, or: pip install espeakng-loader."

USUAL_RATE, RATES = 175, (80, 700)
"""Words a minute of eSpeak's own default, and what it can be told."""
LONGEST_SECONDS = 1800.0
"""Of what one text becomes: a text may ask for pauses of any length."""


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How something is said: words a minute, 0 to 99, percent."""

    rate: int = USUAL_RATE
    pitch: int = 50
    volume: int = 100
    ssml: bool = False


class Espeak:
    """The program, running; for one caller at a time."""

    def __init__(self, library: str, data: str | None) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        said, _ = self._ask({"do": "open", "library": library, "data": data})
        if "rate" not in said:
            self.close()
            raise Unavailable("eSpeak NG is here but cannot be opened.", remedy=REMEDY)
        self.rate: int = said["rate"]

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def voices(self) -> list[dict[str, str]]:
        """Every voice: id, name, language, gender."""
        return list(self._ask({"do": "voices"})[0]["voices"])

    def speak(self, text: str, voice: str, manner: Manner) -> NDArray[np.float32]:
        """The text, spoken: samples at `rate`.

        Raises:
            InvalidRequest: there is no such voice.
            TooLarge: it would be too long.
        """
        most = 2 * round(LONGEST_SECONDS * self.rate)
        said, samples = self._ask({"do": "speak", "text": _whole(text), "voice": voice, "most": most, **vars(manner)})
        self._refuse(said, voice)
        return np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32768)

    def phonemes(self, text: str, voice: str) -> list[tuple[str, str]]:
        """Each clause of a text in the letters of the IPA, and the mark it ends with.

        Raises:
            InvalidRequest: there is no such voice.
        """
        said, _ = self._ask({"do": "phonemes", "text": _whole(text), "voice": voice})
        self._refuse(said, voice)
        return [(str(spoken), str(mark)) for spoken, mark in said["clauses"]]

    def _refuse(self, said: Json, voice: str) -> None:
        if said.get("error") == "voice":
            raise unknown_voice(voice)
        if said.get("error") == "long":
            refuse_long(math.inf)

    def _ask(self, asked: Json) -> tuple[Json, bytes]:
        pipe_in, pipe_out = self.process.stdin, self.process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            _write(pipe_in, json.dumps(asked).encode() + b"\n")
            said: Json = json.loads(_line(pipe_out))
            return said, _exactly(pipe_out, int(said["bytes"]))
        except (OSError, ValueError) as error:
            self.process.kill()
            self.close()
            raise WorkerLost("eSpeak NG ended under the call.", remedy="Call again: it is started anew.") from error


def _whole(text: str) -> str:
    """The text as the library reads it to its end: for it, a NUL is one."""
    return text.replace("\0", " ")


def _write(pipe: Any, data: bytes) -> None:  # Any: an unbuffered pipe
    left = memoryview(data)
    while left:
        left = left[pipe.write(left) :]


def _line(pipe: Any) -> bytes:  # Any: as above
    found = bytearray()
    while not found.endswith(b"\n"):
        byte = pipe.read(1)
        if not byte:
            raise OSError
        found += byte
    return bytes(found)


def _exactly(pipe: Any, size: int) -> bytes:  # Any: as above
    found = bytearray()
    while len(found) < size:
        piece = pipe.read(size - len(found))
        if not piece:
            raise OSError
        found += piece
    return bytes(found)


class Held:
    """The one program of a process, started when it is first wanted, and anew when it has died."""

    def __init__(self) -> None:
        self._espeak: Espeak | None = None

    def get(self) -> Espeak:
        """The program, running.

        Raises:
            Unavailable: eSpeak NG is not installed.
        """
        if self._espeak is None or not self._espeak.alive:
            self._espeak = Espeak(*found())
        return self._espeak

    def close(self) -> None:
        """End it."""
        if self._espeak is not None and self._espeak.alive:
            self._espeak.close()


@cache
def held() -> Held:
    """This process's."""
    one = Held()
    atexit.register(one.close)
    return one


def found() -> tuple[str, str | None]:
    """Where the library is, and its data where they are not in their usual place.

    Raises:
        Unavailable: eSpeak NG is not installed.
    """
    package = importlib.util.find_spec("espeakng_loader")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent
        for library in sorted(folder.glob("libespeak-ng.*")):
            return str(library), str(folder)
    library = find_library("espeak-ng")
    if library is None:
        raise Unavailable("eSpeak NG is not installed.", remedy=REMEDY)
    return library, None


def refuse_long(seconds: float) -> None:
    """Refuse a text that plays for longer than one may.

    Raises:
        TooLarge: it does.
    """
    if seconds > LONGEST_SECONDS:
        raise TooLarge(
            f"The text plays for more than {LONGEST_SECONDS:.0f} s.",
            field="text",
            remedy="Send it in parts, or with shorter pauses.",
        )


def unknown_voice(voice: str) -> InvalidRequest:
    """What is said of a voice that nobody has."""
    return InvalidRequest(
        f"There is no voice {voice!r}.", field="voice", value=voice, remedy="Take an id from the list of voices."
    )
