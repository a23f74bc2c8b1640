"""Drawings as SVG: well-formed, inside their frame, with a mark for each value and words that do not touch."""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from drawings import DRAWINGS
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from nis_backend.drawing import DARK, LIGHT, WIDTH, draw
from nis_backend.drawing.colours import PARTING, RISING, colour_at, raster
from nis_backend.drawing.paper import width_of
from nis_backend.drawing.scale import Scale, ticks
from nis_backend.drawing.thin import sifted, thinned
from nis_backend.view import Axis, Box, Grid, Image, Link, Network, Node, Series

if TYPE_CHECKING:
    from nis_backend.told import Drawing

SVG = "{http://www.w3.org/2000/svg}"
WORDS = st.text(max_size=60)
NUMBERS = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=9)
SCALES = st.sampled_from(["linear", "log", "time"])
MARKS = st.sampled_from(["line", "points", "bars"])
AXES = st.builds(Axis, label=WORDS, unit=st.text(max_size=9), values=NUMBERS, scale=SCALES, mark=MARKS)


def parsed(view: Drawing, width: int = WIDTH) -> ET.Element:
    """The picture of a drawing."""
    return ET.fromstring(draw(view, width=width))  # noqa: S314 - our own


def of_class(picture: ET.Element, name: str) -> list[ET.Element]:
    """The elements of one class."""
    return [node for node in picture.iter() if node.attrib.get("class") == name]


def extent(node: ET.Element) -> tuple[float, float, float, float]:
    """Where the words of a text are: left, top, right, bottom, by the widths that the drawing reckons with."""
    x, y = float(node.attrib["x"]), float(node.attrib["y"])
    size = float(node.attrib.get("font-size", 12))
    width = width_of(node.text or "", size)
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[node.attrib.get("text-anchor", "start")]
    turned = re.match(r"rotate\((-?[\d.]+)", node.attrib.get("transform", ""))
    if turned:
        # Ends at its place, from the lower left.
        angle = math.radians(-float(turned[1]))
        return x - width * math.cos(angle), y - size, x, y + width * math.sin(angle)
    return left, y - size, left + width, y + 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_all_words_of_a_drawing_lie_on_its_paper(name: str, theme: object) -> None:
    """Nothing is outside of the view box, and names carry their units."""
    svg = draw(DRAWINGS[name], theme=DARK if theme is DARK else LIGHT)
    picture = ET.fromstring(svg)  # noqa: S314 - our own
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    for node in picture.iter(f"{SVG}text"):
        left, top, right, bottom = extent(node)
        assert left >= -1, node.text
        assert right <= width + 1, node.text
        assert top >= -1, node.text
        assert bottom <= height + 1, node.text


@pytest.mark.parametrize("width", [320, 640, 1200])
@pytest.mark.parametrize("name", DRAWINGS)
def test_numbers_at_an_axis_do_not_touch(name: str, width: int) -> None:
    """A label is left out before two lie over each other; turned ones keep a line's height between them."""
    rooms = [
        (node, extent(node))
        for node in of_class(parsed(DRAWINGS[name], width=width), "tick")
        if "transform" not in node.attrib
    ]
    for (one, a), (other, b) in itertools.combinations(rooms, 2):
        meet = a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 3 and b[1] < a[3] - 3
        assert not meet, f"{one.text} lies over {other.text}"


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("bars", 2 * 3),
        ("bins", 4),
        ("points", 5),
        ("grid", 5),
        ("box_plot", 3 + 3),
        ("network", 4),
        ("audio", 2),
    ],
)
def test_a_drawing_has_a_mark_for_each_value(name: str, marks: int) -> None:
    """Bars, points, cells, boxes with what lies beyond, nodes, stretches: no more and no fewer than there are."""
    assert len(of_class(parsed(DRAWINGS[name]), "mark")) == marks


def test_the_height_of_a_bar_is_its_value() -> None:
    """From zero on, in proportion."""
    line = Axis(label="sold", values=[1.0, 2.0, 4.0], mark="bars")
    view = Series(title="t", x=Axis(label="x", values=[0, 1, 2], names=["a", "b", "c"]), lines=[line])
    heights = [float(node.attrib["height"]) for node in of_class(parsed(view), "mark")]
    assert heights == pytest.approx([heights[2] / 4, heights[2] / 2, heights[2]], abs=0.2)


def test_a_missing_value_is_a_gap() -> None:
    """A line is not drawn over what is not known, and a value alone between gaps is a dot."""
    line = Axis(label="y", values=[1.0, 2.0, None, 3.0, None, 1.0, 2.0])
    view = Series(title="t", x=Axis(label="x", values=[*map(float, range(7))]), lines=[line])
    picture = parsed(view)
    assert len(of_class(picture, "line")) == 2
    assert len(of_class(picture, "mark")) == 1


def test_what_a_logarithmic_axis_cannot_hold_is_not_drawn() -> None:
    """Zero and less have no logarithm; powers of ten are at equal distances."""
    line = Axis(label="y", values=[-1.0, 0.0, 1.0, 10.0, 100.0], scale="log", mark="points")
    view = Series(title="t", x=Axis(label="x", values=[*map(float, range(5))]), lines=[line])
    ys = [float(node.attrib["cy"]) for node in of_class(parsed(view), "mark")]
    assert len(ys) == 3
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.2)


@settings(max_examples=60, deadline=None)
@given(title=WORDS, x=AXES, lines=st.lists(AXES, max_size=4))
def test_any_series_is_drawn_within_its_picture(title: str, x: Axis, lines: list[Axis]) -> None:
    """Empty, constant, huge and hostile series: well-formed XML, every coordinate finite and inside."""
    picture = parsed(Series(title=title, x=x, lines=lines))
    height = float(picture.attrib["height"])
    for node in picture.iter(f"{SVG}text"):
        assert 0 <= float(node.attrib["x"]) <= WIDTH
        assert 0 <= float(node.attrib["y"]) <= height
    for node in picture.iter(f"{SVG}rect"):
        assert all(math.isfinite(float(node.attrib[name])) for name in ("width", "height"))


@settings(max_examples=30, deadline=None)
@given(cells=st.lists(NUMBERS, min_size=1, max_size=5), middle=st.none() | st.just(0.0), name=WORDS)
def test_any_grid_is_drawn(cells: list[list[float | None]], middle: float | None, name: str) -> None:
    """Rows of different lengths, missing and extreme numbers."""
    axis = Axis(label=name, values=[0.0, 1.0])
    parsed(Grid(title=name, x=axis, y=axis, label=name, cells=cells, middle=middle))


def test_a_long_line_keeps_its_peaks() -> None:
    """What is thinned out is never the highest or the lowest point."""
    values = [0.0] * 10_000
    values[7_777], values[1_234] = 5.0, -5.0
    line = Axis(label="y", values=values)
    (path,) = of_class(
        parsed(Series(title="t", x=Axis(label="x", values=[float(i) for i in range(10_000)]), lines=[line])), "line"
    )
    ys = [float(point.split()[1]) for point in path.attrib["d"][1:].split("L")]
    level = ys[0]
    assert len(ys) <= 4 * WIDTH
    assert min(ys) < level < max(ys)
    assert level - min(ys) == pytest.approx(max(ys) - level, abs=0.2)


def test_thinning_keeps_the_extremes_of_each_column_and_every_gap() -> None:
    """As a full drawing would look: the least and the greatest of each column of pixels, by numpy."""
    x = np.sort(np.random.default_rng(1).uniform(0, 10, 5000))
    y = np.sin(3 * x) + np.random.default_rng(2).normal(0, 0.1, 5000)
    lines: list[float | None] = [*map(float, y)]
    lines[2500] = None
    kept = thinned([*map(float, x)], [lines], 100)
    assert len(kept) <= 500
    assert 2500 in kept
    columns = np.minimum(99, ((x - x[0]) / ((x[-1] - x[0]) / 100)).astype(int))
    for column in range(100):
        inside = [at for at in np.flatnonzero(columns == column) if at != 2500]
        there = [y[at] for at in kept if at in set(inside)]
        assert (min(there), max(there)) == (y[inside].min(), y[inside].max())


def test_points_are_sifted_without_losing_where_they_are() -> None:
    """Each point that is left out lies within a cell's width of one that is kept."""
    rng = np.random.default_rng(3)
    points = [(float(a), float(b)) for a, b in rng.normal(0, 1, (3000, 2))]
    kept, side = sifted(points, 400, (500, 300))
    spans = np.ptp(np.array(points), axis=0)
    left = np.array([points[at] for at in kept])
    assert len(kept) <= 400
    for one in points[::50]:
        near = np.abs((left - one) / spans * [500, 300]).max(axis=1).min()
        assert near <= side


def test_ticks_are_round_and_inside() -> None:
    """A person reads 0, 10, 20, not 0, 7.83."""
    assert ticks(0, 31.2) == [0, 10, 20, 30]
    assert ticks(5, 5) == [5]
    assert ticks(-1e308, 1e308) == [-1e308, 1e308]


@pytest.mark.parametrize(
    ("low", "high", "kind", "words"),
    [
        (0, 4e6, "linear", ["0", "1", "2", "3", "4"]),
        (0.1, 2000, "log", ["0.1", "1", "10", "100", "1000"]),
        (1e-6, 1e6, "log", ["10⁻⁶", "10⁻³", "1", "10³", "10⁶"]),
        (2, 40, "log", ["2", "5", "10", "20"]),
        (1.7e9, 1.7e9 + 3600 * 5, "time", ["11-14 23:00", "11-15 00:00"]),
        (1.7e9, 1.7e9 + 86400 * 90, "time", ["2023-12", "2024-01", "2024-02"]),
        (1.7e9, 1.7e9 + 0.3, "time", ["22:13:20", "22:13:20.1", "22:13:20.2"]),
        (0.0, 1.6e9, "time", ["1970", "1980", "1990", "2000", "2010", "2020"]),
    ],
)
def test_ticks_are_written_as_their_scale_is_read(low: float, high: float, kind: str, words: list[str]) -> None:
    """Thousands as a power of ten at the axis, decades, and the calendar in UTC."""
    scale = Scale(low=low, high=high, start=0, end=400, kind=kind)  # pyright: ignore[reportArgumentType] - from the table
    shown = [text for _, text in scale.ticks(5)]
    if kind == "log" and low < 1e-3:
        words = [word if word != "1" else "10⁰" for word in words]
    assert set(words) <= set(shown)
    assert all(0 <= scale.at(value) <= 400 for value, _ in scale.ticks(5))


@pytest.mark.parametrize("stops", [RISING, PARTING], ids=["rising", "parting"])
def test_colours_rise_or_part_evenly_in_lightness(stops: tuple[str, ...]) -> None:
    """A scale of colours has no dip that would look like an edge in the numbers; grey prints keep the order."""

    def light(share: float) -> float:
        return sum(
            part * weight for part, weight in zip(colour_at(share, stops), (0.2126, 0.7152, 0.0722), strict=True)
        )

    lights = [light(at / 40) for at in range(41)]
    if stops is RISING:
        assert lights == sorted(lights)
    else:
        assert lights[:21] == sorted(lights[:21])
        assert lights[20:] == sorted(lights[20:], reverse=True)


def test_a_raster_is_a_png_with_these_pixels() -> None:
    """Read back by another library."""
    rows = [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (9, 8, 7)], [(1, 2, 3), (4, 5, 6)]]
    data = base64.b64decode(raster(rows).partition(",")[2])
    with Pillow.open(io.BytesIO(data)) as image:
        assert image.size == (2, 3)
        assert np.asarray(image.convert("RGB")).tolist() == [[list(pixel) for pixel in row] for row in rows]


def test_many_cells_are_one_picture() -> None:
    """A field of 100 by 60 numbers is an image, its first row at the bottom."""
    axis = Axis(label="x", unit="m", values=[*map(float, range(100))])
    cells = [[float(row)] * 100 for row in range(60)]
    picture = parsed(Grid(title="t", x=axis, y=axis, label="v", cells=cells))
    first = next(node for node in picture.iter(f"{SVG}image") if float(node.attrib["width"]) > 100)
    with Pillow.open(io.BytesIO(base64.b64decode(first.attrib["href"].partition(",")[2]))) as image:
        assert image.size == (100, 60)
        assert image.getpixel((0, 59)) == colour_at(0, RISING)
        assert image.getpixel((0, 0)) == colour_at(1, RISING)


def test_a_box_lies_where_it_is_in_the_picture() -> None:
    """Pixels of the picture become pixels of the drawing by one scale."""
    box = Box(label="cup", score=0.5, x=100, y=50, width=200, height=100)
    view = Image(width=400, height=200, alt="A cup.", boxes=[box])
    (node,) = of_class(parsed(view, width=800), "box")
    assert [float(node.attrib[name]) for name in ("x", "y", "width", "height")] == [200, 100, 400, 200]
    assert "cup 0.50" in [text.text for text in of_class(parsed(view), "tag")]
    counted = Image(
        width=400, height=200, alt="A face.", boxes=[box.model_copy(update={"label": "face", "score": 34.0})]
    )
    assert "face 34" in [text.text for text in of_class(parsed(counted), "tag")]


@given(word=WORDS)
def test_any_words_leave_a_network_well_formed(word: str) -> None:
    """Also between its nodes, where a label is not cut to a room."""
    nodes = [Node(label=word, x=0, y=0, group=word), Node(label="b", x=1, y=1)]
    ET.fromstring(draw(Network(title=word, nodes=nodes, links=[Link(start=0, end=1, label=word)]), width=1500))  # noqa: S314


def test_letters_that_are_joined_stay_joined() -> None:
    """Persian words and composed emoji have joiners within, which are not printed and are no spaces."""
    word = "\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f52c"
    picture = parsed(Network(title=word, nodes=[Node(label=word, x=0, y=0)], links=[]))
    assert {word} == {text.text for text in picture.iter(f"{SVG}text")}


@pytest.mark.parametrize(("mark", "values"), [("bars", [1.0, 2.0]), ("line", [0.0, 1.0]), ("bars", [0.0, 0.0])])
def test_counts_have_whole_numbers_at_their_axis(mark: Any, values: list[float]) -> None:
    """Half a thing was not counted; and no bar hangs below a 0 that has nothing under it."""
    line = Axis(label="count", values=values, mark=mark)
    view = Series(title="t", x=Axis(label="x", values=[0, 1], names=["a", "b"]), lines=[line])
    ticks_ = [node.text for node in of_class(parsed(view), "tick")]
    assert set(ticks_) <= {"0", "1", "2", "a", "b"}


def test_labels_in_a_picture_lie_over_no_other_and_are_not_cut() -> None:
    """Lines of a scanned page lie close together: what would cover them is left to the table."""
    long = Box(label="a line of text that is longer than a label", x=0, y=30, width=300, height=12)
    boxes = [long, *(Box(label=f"thing {at}", x=300 + at, y=30 + 4 * at, width=50, height=12) for at in range(6))]
    picture = parsed(Image(width=400, height=200, alt="A page.", boxes=boxes), width=400)
    tags = [node for node in of_class(picture, "tag") if node.tag == f"{SVG}text"]
    assert [node.text for node in tags] == ["thing 0", "thing 5"]
    assert all(0 <= extent(node)[0] < extent(node)[2] <= 400 for node in tags)


def test_of_rows_of_which_few_have_names_those_are_told() -> None:
    """A spectrogram names about eight of its rows."""
    names = ["" if at % 8 != 5 else f"{at} Hz" for at in range(64)]
    y = Axis(label="frequency", unit="Hz", values=(), names=names)
    view = Grid(title="t", x=Axis(label="x", values=[0]), y=y, label="level", cells=[[at] for at in range(64)])
    told = {node.text for node in of_class(parsed(view), "tick")}
    assert {name for name in names if name} <= told
    assert "frequency (Hz)" in {node.text for node in of_class(parsed(view), "name")}


def test_a_circle_is_drawn_as_a_circle() -> None:
    """Promise of `equal`: a step across is as long as one upwards, whatever the paper's shape."""
    turns = [math.tau * one / 60 for one in range(61)]
    x = Axis(label="x", unit="m", values=[3 + math.cos(one) for one in turns])
    circle = Series(
        title="", x=x, lines=[Axis(label="y", unit="m", values=[math.sin(one) for one in turns])], equal=True
    )
    (path,) = (node for node in parsed(circle).iter(f"{SVG}path") if node.attrib.get("d", "").count(" ") > 20)
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
    across, up = numbers[::2], numbers[1::2]
    assert max(across) - min(across) == pytest.approx(max(up) - min(up), rel=0.02)


def test_an_axis_has_two_ticks_at_least() -> None:
    """One number says nothing of a scale."""
    assert ticks(0.667, 8.667, 4) == [2, 4, 6, 8]
    assert ticks(2, 9, 2.3) == [2, 4, 6, 8]


def test_the_arrows_of_a_network_end_at_its_nodes() -> None:
    """A directed link has a head; a link of a thing to itself is a loop."""
    nodes = [Node(label="a", x=0, y=0.5), Node(label="b", x=1, y=0.5)]
    view = Network(title="t", nodes=nodes, links=[Link(start=0, end=1), Link(start=1, end=1)], directed=True)
    picture = parsed(view)
    assert len(of_class(picture, "head")) == 1
    assert len(of_class(picture, "link")) == 2
