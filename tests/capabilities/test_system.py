"""What a process says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import nis_backend
from nis_backend.capabilities.system import EXTRAS

SOURCE = Path(nis_backend.__file__).parent


def test_the_doctor_looks_for_every_extra_that_some_part_would_ask_for() -> None:
    """Promise: `nis doctor` tells beforehand what a setting would want installed."""
    asked = {
        extra
        for path in SOURCE.rglob("*.py")
        for extra in re.findall(r"nis-backend\[([a-z]+)\]", path.read_text("utf-8"))
    }
    assert {"postgres", "redis", "kafka"} <= asked
    assert asked <= set(EXTRAS)
