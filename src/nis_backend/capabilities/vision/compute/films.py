"""The frames of a film, one after the other, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from nis_backend.errors import InvalidRequest, OutOfRange, TooLarge, WrongMedia
from nis_backend.limits import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from nis_backend.capabilities.vision.compute.arrays import Grey

MOST_PIXELS = 3840 * 2160
LONGEST = 640
"""Side to which a frame is reduced to be looked at."""

_KINDS = ((8, b"AVI "), (4, b"ftyp"), (0, b"\x1aE\xdf\xa3"), (0, b"GIF8"))
"""Containers that hold their own frames. FFmpeg knows others that are lists of addresses, and would fetch them."""


class Film:
    """A film that is open: `width`, `height` and `rate` as it says, and its frames."""

    def __init__(self, path: Path, field: str = "video") -> None:
        with path.open("rb") as file:
            head = file.read(16)
        if not any(head[place : place + len(magic)] == magic for place, magic in _KINDS):
            raise WrongMedia(
                f"{field} is no film that can be read.",
                field=field,
                remedy="Send an AVI, MP4, MOV, WebM or Matroska file, or an animated GIF.",
            )
        self._field = field
        self._video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not self._video.isOpened():
            raise InvalidRequest(
                f"{field} is a film that cannot be decoded.", field=field, remedy="Send the whole file, as it was made."
            )
        self.width, self.height = (
            int(self._video.get(one)) for one in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        rate = float(self._video.get(cv2.CAP_PROP_FPS))
        self.rate = rate if 0 < rate <= 1000 else 25.0  # noqa: PLR2004 - what a film can say
        self.by = max(1.0, max(self.width, self.height) / LONGEST)
        if self.width * self.height > MOST_PIXELS:
            raise TooLarge(
                f"{field} has frames of {self.width} × {self.height} pixels; at most {MOST_PIXELS} are read.",
                field=field,
                value=f"{self.width} × {self.height}",
                remedy="Send it smaller.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._video.release()

    def skip(self, seconds: float) -> int:
        """Pass over frames up to a time; how many."""
        many = round(min(seconds, USUAL.seconds) * self.rate)
        for number in range(many):
            if not self._video.grab():
                raise OutOfRange(
                    f"The film ends at {number / self.rate:.2f} s.",
                    field="start",
                    value=seconds,
                    remedy="Begin earlier.",
                )
        return many

    def frames(self, most: int) -> Iterator[Grey]:
        """The luma of frames, reduced by `by`, at most so many."""
        size = (max(1, round(self.width / self.by)), max(1, round(self.height / self.by)))
        for _ in range(most):
            there, frame = self._video.read()
            if not there:
                return
            grey = cv2.cvtColor(np.asarray(frame, np.uint8), cv2.COLOR_BGR2GRAY)
            if grey.shape[::-1] != size:
                grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
            yield np.asarray(grey, np.uint8)
