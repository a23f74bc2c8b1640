"""What a terminal shows of drawings that it cannot draw."""

from __future__ import annotations

import pytest

from nis_backend.catalog import Catalog, entry_of
from nis_backend.errors import NotFound
from nis_backend.operation import Json
from nis_backend.surfaces.cli.derived import short_name
from nis_backend.surfaces.cli.draw import WIDE, Screen
from nis_backend.surfaces.cli.session import say_failure
from nis_backend.view import Axis, Grid, Image, Series, Table, Text


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


def test_a_stream_that_spoke_no_words_ends_with_its_last_item(capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: who watches a training that has ended is told so."""
    catalog = Catalog.from_index()
    entry = catalog.entry("training.watch_training")
    last: Json = {"seq": 16, "fraction": 1.0, "message": "succeeded", "values": {}, "state": "succeeded"}
    with Screen() as screen:
        screen.heard(last)
        screen.result(catalog, entry, {"id": "run-1"}, last)
    assert "succeeded" in capsys.readouterr().out


def test_the_command_that_fetches_a_picture_is_the_one_that_help_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: what is hinted at is a command by the name that `nis blobs` lists."""
    with Screen() as screen:
        screen.views([Image(blob="blob-1", width=4, height=4, alt="A dot.").model_dump(mode="json")])
    entry = entry_of(Catalog.from_index().find("blobs.read_content"))
    assert f"nis {entry.family} {short_name(entry)} blob-1 --output FILE" in capsys.readouterr().out


def test_a_terminal_obeys_nothing_that_is_shown_on_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words come from models, a blob's name from whoever served it: none of them moves a cursor or sets a title."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    bad = "\x1b]0;title\x07\x9b2J\x7fwords"
    with Screen() as screen:
        screen.heard({"type": "text_delta", "text": bad})
        screen.heard({"type": "warning", "message": bad})
        table = Table(title="Blobs", columns=["name"], rows=[[bad]])
        screen.views([one.model_dump(mode="json") for one in (Text(text=bad), table)])
    error = NotFound(bad, remedy=bad)
    assert say_failure(error, as_json=False) == error.codes.exit
    said, told = capsys.readouterr()
    assert said.count("words") == 4
    assert told.count("words") == 2
    for obeyed in ("\x1b]", "\x07", "\x9b", "\x7f"):
        assert obeyed not in said + told


def drawn(lines: list[Axis], capsys: pytest.CaptureFixture[str], xs: list[float] | None = None) -> str:
    """A series as a terminal has it."""
    x = Axis(label="time", unit="s", values=xs or [0.0, 1.0, 2.0])
    with Screen() as screen:
        screen.views([Series(title="Flight", x=x, lines=lines).model_dump(mode="json")])
    return capsys.readouterr().out


def test_each_line_of_a_chart_has_a_mark_that_its_name_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Of more lines than there are marks, the numbers are a table: none is left out."""
    four = [Axis(label=f"line {at}", values=[at, at, at + 0.5]) for at in range(4)]
    said = drawn(four, capsys)
    assert "• line 0, × line 1, + line 2, o line 3" in said
    assert all(said.count(mark) >= 2 for mark in "•×+o")
    assert "line 4" in drawn([*four, Axis(label="line 4", values=[9.0, 9.0, 9.0])], capsys)


def test_lines_of_different_units_do_not_share_a_scale(capsys: pytest.CaptureFixture[str]) -> None:
    """A chart for each: 300 K beside 2 m would be a flat line."""
    said = drawn(
        [Axis(label="way", unit="m", values=[0, 1, 2]), Axis(label="heat", unit="K", values=[1, 2, 300])], capsys
    )
    assert "Flight: way (m)" in said
    assert "Flight: heat (K)" in said
    assert [line.split()[0] for line in said.splitlines() if "┤" in line] == ["2", "0", "300", "1"]


def test_the_greatest_doubles_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """Their difference is more than a double holds."""
    assert "1e+308 ┤" in drawn([Axis(label="y", values=[-1e308, 0, 1e308])], capsys, [-1e308, 0, 1e308])


def test_the_words_of_several_models_are_shown_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Promise: who asks twice at once reads two answers, whichever words come first, and then what was made of them."""
    bodies: list[Json] = [
        {"type": "model_called", "step": 1},
        {"type": "model_called", "step": 2},
        {"type": "text_delta", "step": 2, "text": "Yes, "},
        {"type": "text_delta", "step": 1, "text": "No, "},
        {"type": "text_delta", "step": 2, "text": "it is."},
        {"type": "model_answered", "step": 2},
        {"type": "text_delta", "step": 1, "text": "never."},
        {"type": "model_answered", "step": 1},
    ]
    with Screen() as screen:
        for body in bodies:
            screen.heard({"run_id": "run-1", "body": body})
        entry = Catalog.from_index().entry("chat.send_message")
        views = [Text(text=text).model_dump(mode="json") for text in ("Two answers.", "Yes, it is.")]
        screen.result(Catalog.from_index(), entry, {}, {"views": views, "response": ""})
    said = capsys.readouterr().out
    assert said.startswith("No, never.\nYes, it is.\n")
    assert "Two answers." in said
    assert said.count("Yes, it is.") == 1


def test_what_a_step_said_before_it_was_begun_again_is_not_shown_later(capsys: pytest.CaptureFixture[str]) -> None:
    """Words that wait for their turn are gone when their step is retried."""
    bodies: list[Json] = [
        {"type": "model_called", "step": 1},
        {"type": "model_called", "step": 2},
        {"type": "text_delta", "step": 2, "text": "cut"},
        {"type": "step_retried", "step": 2, "reason": "the worker died"},
        {"type": "model_called", "step": 2},
        {"type": "text_delta", "step": 2, "text": "whole"},
        {"type": "text_delta", "step": 1, "text": "first"},
        {"type": "model_answered", "step": 1},
        {"type": "model_answered", "step": 2},
    ]
    with Screen() as screen:
        for body in bodies:
            screen.heard({"run_id": "run-1", "body": body})
    said = capsys.readouterr().out
    assert said.endswith("first\nwhole")
    assert "cut" not in said
