"""The kernel that the tests of this folder hold to its promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nis_backend.ternary import compiling

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernel of this checkout, whatever is installed."""
    path = tmp_path_factory.mktemp("kernel") / "_kernel.so"
    why = compiling.compile_kernel(path)
    assert not why, why
    return path
