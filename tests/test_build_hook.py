"""The build: with a compiler the ternary kernel is in the wheel, without one there is a wheel all the same."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("src/nis_backend/ternary")


class Spoken:
    """What hatchling shows a person."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def display_warning(self, message: str) -> None:
        """Keep it."""
        self.said.append(message)


@pytest.fixture
def build(tmp_path: Path) -> Callable[[], tuple[dict[str, Any], list[str]]]:
    """Run the hook over a copy of the sources; what it tells hatchling to do, and what it says."""
    (tmp_path / FOLDER).mkdir(parents=True)
    for name in ("kernel.c", "attention.h", "compiling.py"):
        shutil.copyfile(ROOT / FOLDER / name, tmp_path / FOLDER / name)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def built() -> tuple[dict[str, Any], list[str]]:
        spoken = Spoken()
        data: dict[str, Any] = {"artifacts": [], "pure_python": True}
        hook: Any = module.KernelHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel", spoken)
        hook.initialize("standard", data)
        return data, spoken.said

    return built


def test_the_kernel_is_put_into_the_wheel(
    build: Callable[[], tuple[dict[str, Any], list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a wheel with the library is for this platform and any Python 3; the library is whole."""
    monkeypatch.delenv("CC", raising=False)
    data, said = build()
    assert said == []
    assert data["artifacts"] == ["/src/nis_backend/ternary/_kernel.so"]
    assert data["tag"].startswith("py3-none-")
    assert data["pure_python"] is False
    assert ctypes.CDLL(str(tmp_path / FOLDER / "_kernel.so")).nis_ternary_has(0) == 1


@pytest.mark.parametrize("compiler", ["false", "nowhere-to-be-found"])
def test_without_a_compiler_there_is_a_wheel_all_the_same(
    compiler: str,
    build: Callable[[], tuple[dict[str, Any], list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise: an install never fails for the kernel's sake; it says that numpy computes, and why."""
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("PATH", str(tmp_path))
    data, said = build()
    assert data == {"artifacts": [], "pure_python": True}
    assert "numpy computes in its place" in said[0]
    assert not list((tmp_path / FOLDER).glob("*.so"))
