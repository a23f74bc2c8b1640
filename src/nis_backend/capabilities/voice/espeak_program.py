"""A program of its own that drives libespeak-ng, whose licence is the GPL: it is loaded here and nowhere else.

Started by `espeak.py` as a script, alone with the standard library. Requests come as lines of JSON; an answer is a line
of JSON that says how many bytes follow it.

    {"do": "open", "library": …, "data": …}                                        → {"rate": 22050}
    {"do": "voices"}                                                               → {"voices": [{"id", …}]}
    {"do": "speak", "text", "voice", "rate", "pitch", "volume", "ssml", "most"}    → {"bytes": …} and 16-bit samples
    {"do": "phonemes", "text", "voice"}                                            → {"clauses": [[phonemes, end]]}

What cannot be done is answered with `{"error": "voice" | "long" | …}`.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from typing import Any

# From speak_lib.h, https://github.com/espeak-ng/espeak-ng.
SYNCHRONOUS, DONT_EXIT = 2, 0x8000
UTF8, IPA, SSML, END_PAUSE = 1, 2, 0x10, 0x1000
RATE, VOLUME, PITCH = 1, 2, 3
CHARACTER = 1
GENDERS = {1: "M", 2: "F"}

PAUSE = re.compile(r"""([.?!,;:])["')\]\u201d\u2019]*\s*\S?$""")
"""What ends a clause: the library has read one character more when it answers."""

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Voice(ctypes.Structure):
    """`espeak_VOICE`; `languages` is a number, then text, for each language, and a zero."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class Espeak:
    """The library, opened."""

    def __init__(self, library: str, data: str | None) -> None:
        self._library: Any = ctypes.CDLL(library)  # Any: what is exported is found at run time
        self.rate: int = self._library.espeak_Initialize(SYNCHRONOUS, 0, data and data.encode(), DONT_EXIT)
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(Voice))
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._samples = bytearray()
        self._most = 0
        self._callback = Callback(self._take)  # kept here, or it would be collected while it is called
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:  # Any: ctypes
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, 2 * count)
        return int(len(self._samples) > self._most)

    def voices(self) -> list[dict[str, str]]:
        """Every voice, in the library's order."""
        found: list[dict[str, str]] = []
        listed = self._library.espeak_ListVoices(None)
        while listed[len(found)]:
            one = listed[len(found)].contents
            language = ctypes.string_at(ctypes.addressof(one.languages.contents) + 1).decode()
            name, identifier = one.name.decode(), one.identifier.decode()
            found.append({"id": identifier, "name": name, "language": language, "gender": GENDERS.get(one.gender, "")})
        return found

    def choose(self, voice: str) -> bool:
        """Speak as this voice from now on; whether there is one."""
        return self._library.espeak_SetVoiceByName(voice.encode()) == 0

    def speak(self, asked: dict[str, Any]) -> bytes | None:
        """Samples of 16 bits; None where they would be more than `most` bytes."""
        for parameter, name in ((RATE, "rate"), (PITCH, "pitch"), (VOLUME, "volume")):
            self._library.espeak_SetParameter(parameter, int(asked[name]), 0)
        self._samples.clear()
        self._most = asked["most"]
        text = asked["text"].encode() + b"\0"
        flags = UTF8 | END_PAUSE | (SSML if asked["ssml"] else 0)
        self._library.espeak_Synth(text, len(text), 0, CHARACTER, 0, flags, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._samples) if len(self._samples) <= self._most else None

    def phonemes(self, text: str) -> list[tuple[str, str]]:
        """Each clause in the letters of the IPA, and the mark it ends with."""
        held = ctypes.create_string_buffer(text.encode())
        place = ctypes.c_void_p(ctypes.addressof(held))
        end = ctypes.addressof(held) + len(held) - 1
        clauses: list[tuple[str, str]] = []
        while place.value:
            before = place.value
            spoken: bytes = self._library.espeak_TextToPhonemes(ctypes.byref(place), UTF8, IPA) or b""
            read = ctypes.string_at(before, (place.value or end) - before).decode("utf-8", "ignore")
            mark = PAUSE.search(read)
            clauses.append((spoken.decode(), mark[1] if mark else ""))
        return clauses


def answer(espeak: Espeak, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What is asked for, and the bytes that follow it."""
    if "voice" in asked and not espeak.choose(asked["voice"]):
        return {"error": "voice"}, b""
    match asked["do"]:
        case "voices":
            return {"voices": espeak.voices()}, b""
        case "phonemes":
            return {"clauses": espeak.phonemes(asked["text"])}, b""
        case _:
            samples = espeak.speak(asked)
            return ({"error": "long"}, b"") if samples is None else ({}, samples)


def main() -> None:
    """Open the library, then answer until the other side is gone.

    Each answer comes from a copy of the process as it was then: what the library has said before changes what it says.
    """
    first = json.loads(sys.stdin.buffer.readline() or b"{}")
    try:
        espeak = Espeak(first["library"], first["data"])
    except (KeyError, OSError):
        say({"error": "library"})
        return
    if espeak.rate <= 0:
        say({"error": "data"})
        return
    say({"rate": espeak.rate})
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            say(*answer(espeak, json.loads(line)))
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            return  # it died under the call, perhaps in the middle of its answer


def say(said: dict[str, Any], samples: bytes = b"") -> None:
    """An answer, and what follows it."""
    sys.stdout.buffer.write(json.dumps({**said, "bytes": len(samples)}).encode() + b"\n" + samples)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
