"""A folder for what one analysis makes, removed also when its process is killed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

SWEEP = 'cat; for turn in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$0"; sleep 1; done'
"""Waits until the pipe from us closes, then removes the folder; for a while, because what we started is being ended."""


@contextmanager
def scratch() -> Generator[Path]:
    """A folder of ours, in which all temporary files of this process are until it is gone.

    A small shell of its own session holds the other end of a pipe: nobody else can clear up after a SIGKILL.
    """
    folder, before = Path(tempfile.mkdtemp(prefix="nis-impact-")).resolve(), tempfile.tempdir
    sweeper = subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", SWEEP, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
        sweeper.kill()
        sweeper.communicate()
