"""A film opens no file but itself, and no connection: FFmpeg would follow what its lists name."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from nis_backend.app import FILMS

READ = "import cv2, sys; film = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG); print(film.isOpened(), film.read()[0])"


def opened(address: str) -> str:
    """Whether OpenCV opens it with what the workers' environment has."""
    script = [sys.executable, "-c", READ, address]
    environment = {**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": FILMS}
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Three pictures."""
    path = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 3, (64, 48))
    for _ in range(3):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return path


def test_a_film_is_opened_and_a_list_of_films_is_not(film: Path, tmp_path: Path) -> None:
    """By its bytes, whatever it is called: a list for FFmpeg, and one as HTTP streams have it."""
    assert opened(str(film)).split() == ["True", "True"]
    for name, text in (
        ("list.mp4", f"ffconcat version 1.0\nfile {film.name}\n"),
        ("list.m3u8", f"#EXTM3U\n#EXTINF:1.0,\n{film}\n#EXT-X-ENDLIST\n"),
    ):
        (tmp_path / name).write_text(text)
        assert opened(str(tmp_path / name)).split() == ["False", "False"]


def test_no_connection_is_made_for_a_film() -> None:
    """An address that somebody put where a file is expected."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        assert opened(f"http://127.0.0.1:{listening.getsockname()[1]}/film.mp4").split() == ["False", "False"]
        with pytest.raises(BlockingIOError):
            listening.accept()
