"""Server-sent events, read from pieces of any size."""

from __future__ import annotations

from nis_backend.drivers.http.events import Lines


class Piece(bytes):
    """Bytes that tell what is copied to put them behind something."""

    copied = 0

    def __radd__(self, before: bytes) -> bytes:
        """Put behind it."""
        Piece.copied += len(before)
        return before.__add__(bytes(self))


def test_a_line_in_many_small_pieces_is_not_copied_for_each_of_them() -> None:
    """Bounded: what sends a line without an end costs its length, not its square, of the one loop of the process."""
    lines = Lines()
    assert lines.feed(b"data: ") == []
    for _ in range(1000):
        assert lines.feed(Piece(b"x" * 100)) == []
    assert lines.feed(Piece(b"\n\ndata: y\r\n\r\nda")) == [b"x" * 100_000, b"y"]
    assert lines.feed(b"ta: z") == []
    assert lines.rest() == [b"z"]
    assert (lines.read, Piece.copied) == (6 + 100_000 + 15 + 5, 0)
