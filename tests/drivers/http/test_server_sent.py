"""Server-sent events, read from pieces of any size."""

from __future__ import annotations

from counted_pieces import counted

from nis_backend.drivers.http.events import Lines


def test_a_line_in_many_small_pieces_is_not_copied_for_each_of_them() -> None:
    """Bounded: what sends a line without an end costs its length, not its square, of the one loop of the process."""
    lines, piece = Lines(), counted()
    assert lines.feed(b"data: ") == []
    for _ in range(1000):
        assert lines.feed(piece(b"x" * 100)) == []
    assert lines.feed(piece(b"\n\ndata: y\r\n\r\nda")) == [b"x" * 100_000, b"y"]
    assert lines.feed(b"ta: z") == []
    assert lines.rest() == [b"z"]
    assert (lines.read, piece.copied) == (6 + 100_000 + 15 + 5, 0)
