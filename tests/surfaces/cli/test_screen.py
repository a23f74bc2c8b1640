"""What a terminal shows of drawings that it cannot draw."""

from __future__ import annotations

import pytest

from nis_backend.surfaces.cli.draw import WIDE, Screen
from nis_backend.view import Axis, Grid, Text


def grid(columns: int) -> Grid:
    """Two rows of numbers."""
    axis = Axis(label="time", unit="s", values=list(range(columns)))
    cells = [[float(at) for at in range(columns)]] * 2
    return Grid(title="Levels", x=axis, y=Axis(label="band", values=[1, 2]), label="level", cells=cells)


@pytest.mark.parametrize(("columns", "shown"), [(4, True), (WIDE + 40, False)])
def test_a_grid_is_a_table_where_it_has_room_and_counted_where_it_has_not(
    columns: int, shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise: words first; thousands of numbers do not push them off the screen, and it is told where they are."""
    with Screen() as screen:
        screen.views([one.model_dump(mode="json") for one in (Text(text="A tone."), grid(columns))])
    said = capsys.readouterr().out
    assert said.startswith("A tone.")
    assert ("band" in said) is shown
    assert (f"2 × {columns} numbers; --json has them" in said) is not shown
