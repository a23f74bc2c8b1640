"""One drawing of each kind, for the tests of whoever shows them."""

from nis_backend.told import Drawing
from nis_backend.view import Audio, Axis, Box, BoxPlot, Grid, Image, Link, Network, Node, Segment, Series, Shape, Spread

TIME = Axis(label="time", unit="s", values=[0.0, 1.0, 2.0])
NAMES = ["left", "right, behind the large oven of the hall"]
DRAWINGS: dict[str, Drawing] = {
    "series": Series(
        title="Fall", x=TIME, lines=[Axis(label="height", unit="m", values=[9.0, None, 4.0], errors=[0.5, 0.5, 0.25])]
    ),
    "panels": Series(
        title="A flight with " + "a title that goes on for longer than any drawing is wide " * 3,
        x=Axis(label="time", unit="s", values=[0.0, 1e7, 2e7], scale="time"),
        lines=[
            Axis(label="height above the ground", unit="m", values=[0.0, 120_000.0, 4.0]),
            Axis(label="height above the sea", unit="m", values=[200.0, 120_200.0, 204.0]),
            Axis(label="pressure", unit="Pa", values=[1e5, 2e-6, 9e4], scale="log"),
        ],
    ),
    "bars": Series(
        title="Sales",
        x=Axis(label="fruit", values=[0, 1, 2], names=["pears", "plums", "a fruit with a name that goes on and on"]),
        lines=[
            Axis(label="2024", unit="t", values=[3.0, 5.0, -1.0], mark="bars", errors=[0.5, 0.25, None]),
            Axis(label="2025", unit="t", values=[4.0, 4.5, 2.0], mark="bars"),
        ],
    ),
    "bins": Series(
        title="Ages",
        x=Axis(label="age", unit="a", values=[5.0, 15.0, 25.0, 35.0], edges=[0, 10, 20, 30, 40]),
        lines=[Axis(label="people", values=[2.0, 7.0, 5.0, 1.0], mark="bars")],
    ),
    "points": Series(
        title="Voltage",
        x=Axis(label="current", unit="A", values=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        lines=[Axis(label="voltage", unit="V", values=[1.1, 1.9, 3.2, None, 4.8, 6.1], mark="points")],
    ),
    "grid": Grid(
        title="Heat",
        x=TIME,
        y=Axis(label="place", values=[0, 1], names=NAMES),
        label="temperature",
        unit="K",
        cells=[[1.0, 2.0, 3.0], [4.0, None, 6.0]],
    ),
    "box_plot": BoxPlot(
        title="Weights",
        label="weight",
        unit="kg",
        boxes=[
            Spread(label="cats", count=9, low=2, first_quartile=3, median=4, third_quartile=5, high=6, outliers=[9.0]),
            Spread(label="dogs", count=12, low=4, first_quartile=9, median=14, third_quartile=25, high=40),
            Spread(
                label="hens",
                count=7,
                low=2,
                first_quartile=2.2,
                median=2.5,
                third_quartile=3,
                high=3.5,
                outliers=[1, 6],
            ),
        ],
    ),
    "network": Network(
        title="Roads",
        nodes=[
            Node(label=name, x=x, y=y, group=group)
            for name, x, y, group in (
                ("Bern", 0, 0, "north"),
                ("Chur, the oldest town of all of them", 1, 0.1, "north"),
                ("Thun", 0.4, 1, "south"),
                ("Genf", 0.02, 0.02, "south"),
            )
        ],
        links=[Link(start=0, end=2, label="A6", weight=2.0), Link(start=2, end=1), Link(start=0, end=3)],
    ),
    "image": Image(
        title="Found",
        blob="blob-1",
        media_type="image/png",
        width=64,
        height=48,
        alt="A cat on a mat.",
        boxes=[Box(label="cat", score=0.75, x=4, y=5, width=20, height=21), Box(x=60, y=44, width=4, height=4)],
        shapes=[
            Shape(form="polygon", label="mat", points=[(0, 40), (64, 40), (32, 48)]),
            Shape(form="points", label="eyes", score=0.5, points=[(8, 9), (15, 9)]),
            Shape(form="line", points=[(0, 0), (64, 48)]),
        ],
    ),
    "audio": Audio(
        title="Greeting",
        blob="blob-2",
        media_type="audio/wav",
        duration=3.0,
        alt="Speech, 3 s.",
        segments=[Segment(start=0.5, end=1.5, text="Good morning"), Segment(start=1.5, end=2.5, text="to all of you")],
    ),
}
