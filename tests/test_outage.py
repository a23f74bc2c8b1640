"""What is away is told once."""

from __future__ import annotations

import logging

import pytest

from nis_backend.errors import Unavailable
from nis_backend.outage import Outage


def test_an_outage_is_told_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    """And what no part says of itself each time, with its place."""
    away = Outage(logging.getLogger("nis.test"), "calls have to wait")
    for _ in range(3):
        away.met(Unavailable("It is away."))
    away.over()
    away.met(Unavailable("It is away."))
    away.met(ValueError("Broken."))
    away.met(ValueError("Broken."))
    assert [(one.getMessage(), bool(one.exc_info)) for one in caplog.records] == [
        ("calls have to wait: It is away.", False),
        ("calls have to wait: It is away.", False),
        ("calls have to wait: Broken.", True),
        ("calls have to wait: Broken.", True),
    ]
