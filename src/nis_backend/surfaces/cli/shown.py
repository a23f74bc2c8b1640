"""What commands share that do their work in this process: answers, progress, texts that are read, an orderly end."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path
    from types import FrameType

    from nis_backend.operation import Json
    from nis_backend.view import View

    Tell = Callable[[float, str], None]

Answered = TypeVar("Answered")


class Told(Protocol):
    """An answer: as JSON, and as views."""

    @property
    def word(self) -> str:
        """The verdict; empty where there is none."""
        ...

    @property
    def result(self) -> Json:
        """As JSON."""
        ...

    def views(self, *, charts: bool) -> Sequence[View]:
        """As views; a terminal wants no charts."""
        ...


def read_text(file: Path, remedy: str) -> str:
    """A text that a command is given; `-` is standard input.

    Raises:
        InvalidRequest: it cannot be read, or is no text.
    """
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        raise InvalidRequest(
            f"{file} cannot be read: {error.strerror}.", field="file", value=str(file), remedy="Name a file."
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequest(f"{file} is no text in UTF-8.", field="file", value=str(file), remedy=remedy) from None


@contextmanager
def _cleaning() -> Generator[None]:
    """Let SIGTERM end what was started and remove what was made, as Ctrl+C does."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def with_progress(as_json: bool, work: Callable[[Tell], Answered]) -> Answered:
    """Do it; on a terminal a bar shows how far it is."""
    with _cleaning():
        return _shown(as_json, work)


def _shown(as_json: bool, work: Callable[[Tell], Answered]) -> Answered:
    if as_json or not sys.stderr.isatty():
        return work(lambda _fraction, _what: None)
    from rich.console import Console  # noqa: PLC0415 - loads where somebody looks on
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    with Progress(
        BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("", total=1.0)
        return work(lambda fraction, what: bar.update(task, completed=fraction, description=what))
