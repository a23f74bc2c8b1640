"""Drawings in words and in numbers: nothing that a drawing holds is lost for those who do not see it."""

import pytest
from pydantic import TypeAdapter

from nis_backend.told import Drawing, table, words
from nis_backend.view import (
    Audio,
    Axis,
    Box,
    BoxPlot,
    Grid,
    Image,
    Link,
    Network,
    Node,
    Segment,
    Series,
    Shape,
    Spread,
    View,
)

TIME = Axis(label="time", unit="s", values=[0.0, 1.0, 2.0])
DRAWINGS: dict[str, Drawing] = {
    "series": Series(
        title="Fall", x=TIME, lines=[Axis(label="height", unit="m", values=[9.0, None, 4.0], errors=[0.5, 0.5, 0.25])]
    ),
    "bars": Series(
        title="Sales",
        x=Axis(label="fruit", values=[0, 1], names=["pears", "plums"]),
        lines=[Axis(label="sold", values=[3.0, 5.0], mark="bars")],
    ),
    "bins": Series(
        title="Ages",
        x=Axis(label="age", unit="a", values=[5.0, 15.0], edges=[0, 10, 20]),
        lines=[Axis(label="people", values=[2.0, 7.0], mark="bars")],
    ),
    "grid": Grid(
        title="Heat",
        x=TIME,
        y=Axis(label="place", values=[0, 1], names=["left", "right"]),
        label="temperature",
        unit="K",
        cells=[[1.0, 2.0, 3.0], [4.0, None, 6.0]],
    ),
    "box_plot": BoxPlot(
        title="Weights",
        label="weight",
        unit="kg",
        boxes=[
            Spread(label="cats", count=9, low=2, first_quartile=3, median=4, third_quartile=5, high=6, outliers=[9.0])
        ],
    ),
    "network": Network(
        title="Roads",
        nodes=[Node(label=name, x=0.5, y=0.5) for name in ("Bern", "Chur", "Thun")],
        links=[Link(start=0, end=2, label="A6", weight=2.0)],
    ),
    "image": Image(
        blob="blob-1",
        media_type="image/png",
        width=64,
        height=48,
        alt="A cat on a mat.",
        boxes=[Box(label="cat", score=0.75, x=4, y=5, width=20, height=21)],
        shapes=[Shape(form="polygon", label="mat", points=[(0, 40), (64, 40), (32, 48)])],
    ),
    "audio": Audio(
        blob="blob-2",
        media_type="audio/wav",
        duration=3.0,
        alt="Speech, 3 s.",
        segments=[Segment(start=0.5, end=2.5, text="Good morning")],
    ),
}


@pytest.mark.parametrize("view", DRAWINGS.values(), ids=DRAWINGS)
def test_a_view_is_the_same_after_it_was_written_down(view: Drawing) -> None:
    """A run's log keeps views as JSON."""
    adapter: TypeAdapter[View] = TypeAdapter(View)
    assert adapter.validate_json(adapter.dump_json(view)).model_dump(mode="json") == view.model_dump(mode="json")


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("series", ["time (s)", "height (m)", "±"], [[0.0, 9.0, 0.5], [1.0, "", 0.5], [2.0, 4.0, 0.25]]),
        ("bars", ["fruit", "sold"], [["pears", 3.0], ["plums", 5.0]]),
        ("bins", ["age (a)", "people"], [["0 to 10", 2.0], ["10 to 20", 7.0]]),
        ("grid", ["place \\ time (s)", "0", "1", "2"], [["left", 1.0, 2.0, 3.0], ["right", 4.0, "", 6.0]]),
        ("network", ["from", "to", "label", "weight"], [["Bern", "Thun", "A6", 2.0], ["Chur", "", "", ""]]),
        (
            "image",
            ["found", "score", "x", "y", "width", "height"],
            [["cat", 0.75, 4.0, 5.0, 20.0, 21.0], ["mat", "", 0.0, 40.0, 64.0, 8.0]],
        ),
        ("audio", ["from (s)", "to (s)", "text"], [[0.5, 2.5, "Good morning"]]),
    ],
)
def test_the_table_of_a_drawing_has_its_numbers(name: str, columns: list[str], rows: list[object]) -> None:
    """The words of each protocol, a file of a conversation and a terminal show this table."""
    shown = table(DRAWINGS[name])
    assert (shown.columns, shown.rows) == (columns, rows)


def test_the_words_of_a_chart_name_its_ranges_with_units() -> None:
    """Alternative text, for those who do not see it."""
    assert words(DRAWINGS["series"]) == "Fall: height from 4 to 9 m; time from 0 to 2 s"
    assert words(DRAWINGS["grid"]) == ("Heat: temperature from 1 to 6 K; time from 0 to 2 s; place from left to right")
    assert words(DRAWINGS["box_plot"]) == "Weights: cats: median 4, middle half 3 to 5 kg"
    assert words(DRAWINGS["network"]) == "Roads: 3 nodes and 1 link"
    assert words(DRAWINGS["image"]) == "A cat on a mat."
