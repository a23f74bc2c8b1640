"""What a process says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nis_backend
from nis_backend.capabilities import system
from nis_backend.capabilities.system import EXTRAS, misset
from nis_backend.settings import read_settings

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


def _told(**environment: str) -> dict[str, str]:
    return {part.name: part.remedy for part in misset(read_settings(environment))}


@pytest.mark.parametrize("wanted", ["auto", "none"])
def test_the_doctor_tells_what_computes_with_ternary_weights(wanted: str) -> None:
    """Promise: whether the compiled kernel or numpy computes is said, and what to do where that is the slower one."""
    part = system._find_kernel(read_settings({"NIS_TERNARY_KERNEL": wanted}))  # pyright: ignore[reportPrivateUsage] - one part
    assert part.name == "ternary kernel"
    if wanted == "none":
        assert part.ok
        assert "numpy computes: NIS_TERNARY_KERNEL=none" in part.detail
    else:
        assert part.ok == part.detail.endswith(" computes"), part
        assert part.ok or "compiler" in part.remedy


def test_the_doctor_names_settings_that_do_not_go_together() -> None:
    """Files that other servers would miss, and a number of runs that another setting overrides."""
    assert _told() == {}
    assert _told(NIS_MAX_RUNS="8", NIS_QUEUES="default=8,compute=1") == {}
    assert list(_told(NIS_DATABASE_URL="postgresql://db/nis")) == ["setting NIS_BLOBS"]
    assert _told(NIS_DATABASE_URL="postgresql://db/nis", NIS_BLOBS="s3://bucket") == {}
    assert list(_told(NIS_MAX_RUNS="8", NIS_QUEUES="default=4")) == ["setting NIS_QUEUES"]
