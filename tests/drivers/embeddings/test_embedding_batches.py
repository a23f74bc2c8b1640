"""Which texts are read together: by their lengths, each once, and no call before its turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nis_backend.drivers.embeddings.batches import BUDGET, Batches, Job, width


def job(*lengths: int) -> Job:
    """A call with texts of these lengths."""
    return Job([[0] * length for length in lengths])


@given(st.lists(st.lists(st.integers(3, 256), min_size=1, max_size=80), max_size=6))
def test_each_text_is_read_once_and_with_texts_of_its_length(calls: list[list[int]]) -> None:
    """No batch is empty, or larger than what is read at once."""
    batches = Batches()
    jobs = [job(*lengths) for lengths in calls]
    for one in jobs:
        batches.add(one)
    read: list[tuple[Job, int]] = []
    while batch := batches.next():
        widths = {width(len(one.texts[index])) for one, index in batch}
        assert len(widths) == 1
        assert len(batch) == 1 or len(batch) * widths.pop() <= BUDGET
        read += batch
    wanted = {(one, index) for one in jobs for index in range(len(one.texts))}
    assert len(read) == len(wanted)
    assert set(read) == wanted


def test_a_short_call_does_not_wait_for_a_long_one() -> None:
    """It is read in the second batch at the latest, whatever waits before it."""
    batches = Batches()
    batches.add(job(*[256] * 1000))
    batches.next()
    short = job(5)
    batches.add(short)
    assert (short, 0) in [*batches.next(), *batches.next()]


def test_calls_fill_each_others_batches() -> None:
    """People with a sentence each are read as one."""
    batches = Batches()
    for _ in range(BUDGET // width(10)):
        batches.add(job(10))
    assert len(batches.next()) == BUDGET // width(10)
    assert batches.next() == []


def test_what_is_no_longer_wanted_is_not_read() -> None:
    """Removing a call twice, or one that is done, does nothing."""
    batches = Batches()
    left, kept = job(*[256] * 10), job(256)
    batches.add(left)
    batches.add(kept)
    batches.remove(left)
    batches.remove(left)
    assert batches.next() == [(kept, 0)]
    batches.remove(kept)
    assert batches.next() == []
