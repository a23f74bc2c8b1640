"""Drawings in words and in numbers: nothing that a drawing holds is lost for those who do not see it."""

import pytest
from drawings import DRAWINGS, NAMES
from pydantic import TypeAdapter

from nis_backend.told import Drawing, table, words
from nis_backend.view import View


@pytest.mark.parametrize("view", DRAWINGS.values(), ids=DRAWINGS)
def test_a_view_is_the_same_after_it_was_written_down(view: Drawing) -> None:
    """A run's log keeps views as JSON."""
    adapter: TypeAdapter[View] = TypeAdapter(View)
    assert adapter.validate_json(adapter.dump_json(view)).model_dump(mode="json") == view.model_dump(mode="json")


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("series", ["time (s)", "height (m)", "±"], [[0.0, 9.0, 0.5], [1.0, "", 0.5], [2.0, 4.0, 0.25]]),
        ("bars", ["fruit", "2024 (t)", "±", "2025 (t)"], [["pears", 3.0, 0.5, 4.0], ["plums", 5.0, 0.25, 4.5]]),
        ("bins", ["age (a)", "people"], [["0 to 10", 2.0], ["10 to 20", 7.0]]),
        ("grid", ["place \\ time (s)", "0", "1", "2"], [[NAMES[0], 1.0, 2.0, 3.0], [NAMES[1], 4.0, "", 6.0]]),
        ("network", ["from", "to", "label", "weight"], [["Bern", "Thun", "A6", 2.0]]),
        (
            "image",
            ["found", "score", "x", "y", "width", "height"],
            [["cat", 0.75, 4.0, 5.0, 20.0, 21.0], ["", "", 60.0, 44.0, 4.0, 4.0], ["mat", "", 0.0, 40.0, 64.0, 8.0]],
        ),
        ("audio", ["from (s)", "to (s)", "text"], [[0.5, 1.5, "Good morning"], [1.5, 2.5, "to all of you"]]),
    ],
)
def test_the_table_of_a_drawing_has_its_numbers(name: str, columns: list[str], rows: list[object]) -> None:
    """The words of each protocol, a file of a conversation and a terminal show this table."""
    shown = table(DRAWINGS[name])
    assert (shown.columns, shown.rows[: len(rows)]) == (columns, rows)


def test_a_thing_that_nothing_is_joined_to_is_in_the_table_of_a_network() -> None:
    """Nothing that is drawn is left out."""
    network = DRAWINGS["network"].model_copy(update={"links": []})
    assert [row[0] for row in table(network).rows][::2] == ["Bern", "Thun"]


def test_the_words_of_a_chart_name_its_ranges_with_units() -> None:
    """Alternative text, for those who do not see it."""
    assert words(DRAWINGS["series"]) == "Fall: height from 4 to 9 m; time from 0 to 2 s"
    assert words(DRAWINGS["grid"]) == (
        f"Heat: temperature from 1 to 6 K; time from 0 to 2 s; place from {NAMES[0]} to {NAMES[1]}"
    )
    assert words(DRAWINGS["box_plot"]).startswith("Weights: cats: median 4, middle half 3 to 5 kg; dogs: median 14")
    assert words(DRAWINGS["network"]) == "Roads: 4 nodes and 3 links"
    assert words(DRAWINGS["image"]) == "A cat on a mat."
