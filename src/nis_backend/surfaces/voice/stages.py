"""How long each stage of a turn took: from the end of a person's last word to the first sound of the answer.

What belongs to the run is in its log: how it was heard stands in its labels, and its events have their times. When its
sound went out is this socket's matter alone: another one that reads the same log has other times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.operation import Json


@dataclass(kw_only=True)
class Stages:
    """When each stage of a turn was over, by the loop's clock; None for one that did not take place."""

    ended: float
    """The last word had come."""
    stopped: float | None = None
    """It was known to be the last."""
    transcribed: float | None = None
    """Its words were known."""
    first_token: float | None = None
    first_audio: float | None = None

    @property
    def heard(self) -> Json:
        """The stages before the run, seconds: they are its labels."""
        return {"vad": _between(self.ended, self.stopped), "transcription": _between(self.stopped, self.transcribed)}

    @property
    def latency(self) -> Json:
        """Every stage, seconds; those that are numbers sum up to `total`."""
        begun = self.ended if self.transcribed is None else self.transcribed
        return {
            **self.heard,
            "first_token": _between(begun, self.first_token),
            "first_audio": _between(begun if self.first_token is None else self.first_token, self.first_audio),
            "total": _between(self.ended, self.first_token if self.first_audio is None else self.first_audio),
        }


def _between(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None else round(max(0.0, later - earlier), 3)
