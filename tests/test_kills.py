"""Servers that are killed while runs go on; `make prove-kills` and `make prove-takeover` are the long forms."""

from __future__ import annotations

from outliving import prove


def test_ten_kills_lose_nothing_and_do_nothing_twice() -> None:
    """Readers go on from their cursors, each log is whole, each effect happened once or was allowed again.

    Source: README, Figures.
    """
    assert "| 10 kills in" in prove("kills.py", "--kills", "10", "--walks", "4", "--most", "1.5")


def test_a_run_whose_host_was_killed_goes_on_with_another() -> None:
    """Two servers on one PostgreSQL: the holder dies at step 7, the other has taken over within 30 s, nothing is amiss.

    Source: README, Figures.
    """
    # The long form waits as long as a default server does.
    assert "Killed at step 7" in prove("takeover.py", "--times", "1", NIS_STALL_SECONDS="5")
