"""Segments as subtitles: SubRip, and WebVTT as the W3C has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.voice.speech import Segment


def subtitles(segments: Sequence[Segment], form: Literal["srt", "vtt"]) -> str:
    """A cue for each segment."""
    mark = "," if form == "srt" else "."
    cues: list[str] = []
    for number, one in enumerate(segments, 1):
        times = f"{_time(one.start, mark)} --> {_time(one.end, mark)}"
        # An arrow within a text would be read as times, and in WebVTT a bracket or an ampersand as markup.
        text = one.text.replace("-->", "->")
        if form == "vtt":
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{number}\n{times}\n{text}\n" if form == "srt" else f"{times}\n{text}\n")
    return "\n".join(cues if form == "srt" else ["WEBVTT\n", *cues])


def _time(seconds: float, mark: str) -> str:
    whole = round(1000 * seconds)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{mark}{whole % 1000:03}"
