"""Records: what a frozen dataclass does, without its price at import."""

from __future__ import annotations

import ast
import copy
import pickle
import threading
from dataclasses import MISSING, FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from nis_backend.record import record

ROOT = Path(__file__).parents[1]


@record
class Rod:
    """A record."""

    length: float
    name: str = "rod"
    ends: list[int] = field(default_factory=list[int])
    note: str = field(default="", compare=False, repr=False)

    @cached_property
    def half(self) -> float:
        """Kept by the instance."""
        return self.length / 2


@record
class Bar(Rod):
    """One that derives from another."""

    width: float


@record
class Nothing:
    """Without fields."""


@record
class Own:
    """With a text of its own."""

    key: str

    def __repr__(self) -> str:
        return "Own(***)"


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What a record is compared with."""

    length: float
    name: str = "rod"
    ends: list[int] = field(default_factory=list[int])
    note: str = field(default="", compare=False, repr=False)


def test_a_record_is_made_compared_and_told_as_a_dataclass_is() -> None:
    """Promise: of `nis_backend.record`; the standard library's own is beside it."""
    whole: dict[str, Any] = {"length": 2.0, "name": "x", "ends": [1], "note": "n"}
    least: dict[str, Any] = {"length": 1.0}
    for given in (least, whole):
        ours, usual = Rod(**given), Usual(**given)
        assert asdict(ours) == asdict(usual)
        assert repr(ours) == repr(usual).replace("Usual", "Rod")
        assert ours == replace(ours, note="other")
        assert ours != replace(ours, length=9.0)
        assert ours != usual
        assert copy.deepcopy(ours) == ours == pickle.loads(pickle.dumps(ours))  # noqa: S301 - our own bytes
    assert [(one.name, one.default is MISSING, one.kw_only) for one in fields(Rod)] == [
        (one.name, one.default is MISSING, one.kw_only) for one in fields(Usual)
    ]
    assert Rod(length=1.0).ends is not Rod(length=1.0).ends


def test_a_record_is_hashed_by_what_it_is_compared_by() -> None:
    """Promise: as above; of one that holds a list, no hash."""

    @record
    class Place:
        """Hashable."""

        x: int
        y: int

    assert len({Place(x=1, y=2), Place(x=1, y=2), Place(x=2, y=1)}) == 2
    assert len({Own(key="a"), Own(key="a"), Own(key="b")}) == 2
    with pytest.raises(TypeError):
        hash(Rod(length=1.0))


def test_a_record_does_not_change() -> None:
    """Promise: as above; what is computed of it is kept all the same."""
    rod = Rod(length=3.0)
    with pytest.raises(FrozenInstanceError):
        rod.length = 4.0  # pyright: ignore[reportAttributeAccessIssue] - what is tested
    with pytest.raises(FrozenInstanceError):
        del rod.name  # pyright: ignore[reportAttributeAccessIssue] - as above
    assert (rod.half, rod.half, rod.length) == (1.5, 1.5, 3.0)


@pytest.mark.parametrize("given", [{}, {"length": 1.0, "long": 2.0}])
def test_a_missing_and_an_unknown_field_are_refused(given: dict[str, Any]) -> None:
    """Promise: as above, by the first that is made and by later ones."""
    for _ in range(2):
        with pytest.raises(TypeError, match=r"length|long"):
            Rod(**given)
    with pytest.raises(TypeError):
        Rod(1.0)  # pyright: ignore[reportCallIssue] - what is tested


def test_what_derives_from_a_record_has_its_fields_too() -> None:
    """Promise: as above, whichever of the two is made first, and in a class that only adds to it."""

    class More(Bar):
        """Not decorated."""

    bar = More(length=1.0, width=2.0)
    assert (bar.length, bar.width, bar.name, bar.half) == (1.0, 2.0, "rod", 0.5)
    assert repr(Bar(length=1.0, width=2.0)) == "Bar(length=1.0, name='rod', ends=[], width=2.0)"
    assert Nothing() == Nothing()
    assert repr(Own(key="secret")) == "Own(***)"


def test_threads_that_make_the_first_at_once_make_the_same() -> None:
    """Promise: a class is finished by its first instance, in whichever threads that is."""
    for _ in range(20):

        @record
        class Pair:
            """New in each turn."""

            a: int
            b: int = 2

        made: list[Pair] = []
        together = threading.Barrier(4)

        def make(kind: type[Pair] = Pair, made: list[Pair] = made, together: threading.Barrier = together) -> None:
            together.wait(30)
            made.append(kind(a=1))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        assert made == [Pair(a=1, b=2)] * 4


def test_what_a_start_loads_declares_records() -> None:
    """Promise: the start's budget; `dataclasses` compiles six methods of each frozen class when it is declared."""
    found: list[str] = []
    for module in (ROOT / "tests" / "loaded_at_start.txt").read_text("utf-8").split():
        path = ROOT.joinpath("src", *module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not path.is_file():
            continue  # another's package
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            found += [
                f"{module}.{node.name}"
                for one in node.decorator_list
                if ast.unparse(one) in {"dataclass(frozen=True)", "dataclass(frozen=True, kw_only=True)"}
            ]
    assert found == []
