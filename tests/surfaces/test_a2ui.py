"""Views become valid A2UI under both catalogs, and a form's action becomes a call again."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from drawings import DRAWINGS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from nis_backend.blob import Blob
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.operation import Json
from nis_backend.shelf import Shelf
from nis_backend.surfaces import a2ui
from nis_backend.surfaces.a2ui import check, forms
from nis_backend.surfaces.a2ui.contents import MOST_BYTES
from nis_backend.told import words
from nis_backend.view import Axis, Box, Form, Image, Series, Table, Text, View

OURS, BASIC = (), (a2ui.BASIC,)

THROW: Json = {
    "type": "object",
    "required": ["speed", "planet", "windy", "heights"],
    "$defs": {"Planet": {"type": "string", "enum": ["earth", "moon"]}},
    "properties": {
        "speed": {"type": "number", "unit": "m/s", "description": "Launch speed.", "exclusiveMinimum": 0},
        "mass": {"anyOf": [{"type": "number", "unit": "kg"}, {"type": "null"}], "default": None},
        "planet": {"$ref": "#/$defs/Planet"},
        "bounces": {"type": "integer", "minimum": 0, "maximum": 10, "default": 2},
        "drag": {"type": "boolean", "default": True},
        "windy": {"type": "boolean"},
        "heights": {"type": "array", "items": {"type": "number"}},
        "note": {"type": "string"},
    },
}
VIEWS: list[View] = [
    Text(text="It flies **31.2 m**."),
    Table(title="Arguments", columns=["name", "value"], rows=[["speed", 20], ["angle", 40.5], ["note"]]),
    Series(
        title="Path",
        x=Axis(label="distance", unit="m", values=[0, 1, 2]),
        lines=[Axis(label="height", unit="m", values=[0, 1, 0]), Axis(label="speed", unit="m/s", values=[3, 2, 3])],
    ),
    Form(
        title="Run again", operation="physics.throw", request_schema=THROW, values={"speed": 20.5}, missing=["planet"]
    ),
]


def components(messages: list[Json]) -> list[Json]:
    """The components of a surface's messages."""
    return next(
        cast("list[Json]", one["updateComponents"]["components"]) for one in messages if "updateComponents" in one
    )


def of_kind(messages: list[Json], kind: str) -> list[Json]:
    """The components of one kind."""
    return [one for one in components(messages) if one["component"] == kind]


def data_of(messages: list[Json]) -> Json:
    """The data model of a surface's messages."""
    return next(
        (cast("Json", one["updateDataModel"]["value"]) for one in messages if "updateDataModel" in one),
        cast("Json", {}),
    )


@pytest.mark.parametrize("catalogs", [OURS, BASIC])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.kind)
def test_each_kind_of_view_is_valid(view: View, catalogs: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    """Strict validation by a2ui-core accepts it: envelope, components, references, reachability."""
    messages = a2ui.messages([view], surface_id="s", catalogs=catalogs)
    assert check.complaint(messages) is None
    assert not caplog.records


@pytest.mark.parametrize(
    ("catalogs", "expected"),
    [
        ((), a2ui.CATALOG),
        (("urn:of:somebody",), a2ui.CATALOG),
        ((a2ui.BASIC,), a2ui.BASIC),
        ((a2ui.BASIC, a2ui.CATALOG), a2ui.CATALOG),
    ],
)
def test_the_clients_catalogs_decide_which_is_used(catalogs: tuple[str, ...], expected: str) -> None:
    """Only a client that names the basic catalog and not ours is held to the basic one."""
    messages = a2ui.messages(VIEWS, surface_id="s", catalogs=catalogs)
    assert messages[0]["createSurface"] == {"surfaceId": "s", "catalogId": expected}
    assert bool(of_kind(messages, "Chart")) is bool(of_kind(messages, "Table")) is (expected == a2ui.CATALOG)


WORDS = st.text(max_size=40)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
AXES = st.builds(Axis, label=WORDS, unit=WORDS, values=st.lists(NUMBERS, max_size=8))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["number", "integer", "string", "boolean", "array", "object", "null"]),
        "unit": WORDS,
        "description": WORDS,
        "enum": st.lists(WORDS | st.integers() | st.none(), min_size=1, max_size=3),
        "default": JSON,
        "minimum": st.integers(0, 5),
        "maximum": st.integers(6, 200),
        "$ref": WORDS,
        "anyOf": st.lists(st.sampled_from([{"type": "null"}, {"type": "number"}]), max_size=2),
    },
)
FORMS = st.builds(
    Form,
    title=WORDS,
    operation=WORDS,
    request_schema=st.fixed_dictionaries({"properties": st.dictionaries(WORDS, SCHEMAS, max_size=4)}),
    values=st.dictionaries(WORDS, JSON, max_size=3),
    missing=st.lists(WORDS, max_size=2),
)
ANY_VIEW = (
    st.builds(Text, text=st.text(max_size=400))
    | st.builds(
        Table,
        title=WORDS,
        columns=st.lists(WORDS, max_size=4),
        rows=st.lists(st.lists(WORDS | NUMBERS, max_size=4), max_size=4),
    )
    | st.builds(Series, title=WORDS, x=AXES, lines=st.lists(AXES, max_size=4))
    | FORMS
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(views=st.lists(ANY_VIEW, min_size=1, max_size=4), catalogs=st.sampled_from([OURS, BASIC]))
def test_any_views_are_valid_and_lose_no_word(views: list[View], catalogs: tuple[str, ...]) -> None:
    """Whatever a capability draws: the surface validates, and every text is in it whole and in order."""
    messages = a2ui.messages(views, surface_id="s", catalogs=catalogs)
    assert check.complaint(messages) is None
    shown = [one["text"] for one in of_kind(messages, "Text")]
    rest = iter(shown)
    assert all(view.text in rest for view in views if isinstance(view, Text))
    # No fallback was taken: the other views are there too.
    forms_drawn = sum(isinstance(view, Form) for view in views)
    assert len(of_kind(messages, "Button")) == forms_drawn


def test_strict_validation_refuses_what_is_not_in_the_catalog() -> None:
    """An unknown component, an unknown property and a reference to nothing are each named: the check can fail."""
    for wrong in (
        {"component": "Hologram"},
        {"component": "Chart", "title": "x"},
        {"component": "Text", "text": "x", "sparkle": True},
        {"component": "Column", "children": ["nobody"]},
    ):
        messages = a2ui.messages([Text(text="x")], surface_id="s")
        components(messages)[-1] = {"id": "root", **wrong}
        assert check.complaint(messages) is not None
    basic = a2ui.messages([VIEWS[2]], surface_id="s")
    basic[0]["createSurface"]["catalogId"] = a2ui.BASIC
    assert "Chart" in (check.complaint(basic) or "")


def test_a_surface_that_fails_validation_leaves_its_words_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A view that went round its own validation is logged, and the answer still arrives."""
    broken = Table.model_construct(title=7, columns=["a"], rows=[])
    with caplog.at_level(logging.ERROR, logger="nis.a2ui"):
        messages = a2ui.messages([Text(text="kept"), broken], surface_id="s")
    assert [one["component"] for one in components(messages)] == ["Text", "Column"]
    assert components(messages)[0]["text"] == "kept"
    assert check.complaint(messages) is None
    assert "title" in caplog.text


def test_no_views_are_no_surface() -> None:
    """There is nothing to create a surface for."""
    assert a2ui.messages([], surface_id="s") == []


def test_a_basic_table_keeps_each_cell() -> None:
    """Rows become one pattern and its data: as many entries as rows, short rows filled."""
    messages = a2ui.messages([VIEWS[1]], surface_id="s", catalogs=BASIC)
    assert data_of(messages) == {
        "d0": [{"c0": "speed", "c1": "20"}, {"c0": "angle", "c1": "40.5"}, {"c0": "note", "c1": ""}]
    }
    assert {"Arguments", "name", "value"} <= {
        one["text"] for one in of_kind(messages, "Text") if isinstance(one["text"], str)
    }


def test_a_basic_chart_is_a_picture_that_says_what_it_shows() -> None:
    """The image is SVG with a panel for each unit; its description has the axes and their ranges."""
    (image,) = of_kind(a2ui.messages([VIEWS[2]], surface_id="s", catalogs=BASIC), "Image")
    assert image["description"] == "Path: height from 0 to 1 m; speed from 2 to 3 m/s; distance from 0 to 2 m"
    media, _, data = str(image["url"]).partition(",")
    assert media == "data:image/svg+xml;base64"
    words = [node.text for node in ET.fromstring(base64.b64decode(data)).iter() if node.text]  # noqa: S314 - our own
    assert {"Path", "height (m)", "speed (m/s)", "distance (m)"} <= set(words)


def test_a_form_has_a_field_of_the_right_kind_for_each_property() -> None:
    """Each schema type has its component; what is not known is empty, never guessed."""
    messages = a2ui.messages([VIEWS[3]], surface_id="s")
    labels = {str(one["label"]): one["component"] for one in components(messages) if "label" in one}
    assert labels == {
        "speed (m/s)": "TextField",
        "mass (kg)": "TextField",
        "planet": "ChoicePicker",
        "bounces": "Slider",
        "drag": "CheckBox",
        "windy": "ChoicePicker",
        "heights": "TextField",
        "note": "TextField",
    }
    assert data_of(messages)["d0"] == {
        "speed": "20.5",
        "mass": "",
        "planet": [],
        "bounces": 2,
        "drag": True,
        "windy": [],
        "heights": "",
        "note": "",
    }


@pytest.mark.parametrize(
    ("schema", "value", "bounds"),
    [
        ({"type": "number", "unit": "m/s", "exclusiveMinimum": 0}, 20.0, (1, 80)),
        ({"type": "number", "unit": "degree", "minimum": -90, "maximum": 90}, 40, (0, 90)),
        ({"type": "number", "unit": "", "exclusiveMinimum": 0, "exclusiveMaximum": 7}, 3, (1, 6)),
        ({"type": "integer", "minimum": 0, "maximum": 10}, 2, (0, 10)),
        ({"type": "number", "unit": "m"}, 20.5, None),
        ({"type": "number", "unit": "m"}, 1e9, None),
        ({"type": "number", "unit": "m", "knob": True}, 20, None),
        ({"type": "number"}, 20, None),
        ({"type": "number", "unit": "m"}, None, None),
        ({"type": "integer", "minimum": 64, "maximum": 262144}, 65536, None),
    ],
)
def test_a_whole_quantity_is_a_slider_around_its_value(
    schema: Json, value: Any, bounds: tuple[int, int] | None
) -> None:
    """Whoever sees a result slides what it was computed from, within the operation's own bounds."""
    form = Form(
        title="Run again",
        operation="physics.throw",
        request_schema={"type": "object", "properties": {"x": schema}},
        values={} if value is None else {"x": value},
    )
    (field,) = forms.fields_of(form)
    assert field.bounds == bounds
    assert (of_kind(a2ui.messages([form], surface_id="s"), "Slider") != []) is (bounds is not None)


def test_a_filled_form_comes_back_as_the_operations_arguments() -> None:
    """The button's context, its path resolved as a renderer does, converts to the schema's types."""
    messages = a2ui.messages([VIEWS[3]], surface_id="s")
    context = dict(of_kind(messages, "Button")[0]["action"]["event"]["context"])
    filled: dict[str, Any] = data_of(messages)[str(context["arguments"]["path"]).removeprefix("/")]
    filled |= {"planet": ["moon"], "windy": ["false"], "heights": "1, 2.5, 3", "bounces": 3.0}
    event = {"name": "call", "surfaceId": "s", "sourceComponentId": "c1", "timestamp": "2026-01-01T00:00:00Z"}
    action = {"version": "v0.9", "action": {**event, "context": {**context, "arguments": filled}}}
    asked = a2ui.action_of(action)
    assert asked is not None
    operation, raw = asked
    assert operation == "physics.throw"
    assert forms.arguments_of(THROW, raw) == {
        "speed": 20.5,
        "planet": "moon",
        "bounces": 3.0,
        "drag": True,
        "windy": False,
        "heights": [1, 2.5, 3],
    }


def test_what_cannot_be_converted_stays_for_validation_to_name() -> None:
    """Nothing is dropped or guessed: `fast` is no speed, NaN no number, and an unknown field is told about."""
    raw: Json = {"speed": "fast", "mass": "NaN", "planet": ["mars"], "colour": "red", "note": " 12 ", "bounces": "true"}
    assert forms.arguments_of(THROW, raw) == {**raw, "planet": "mars"}
    deep = "[" * 100_000
    assert forms.arguments_of(THROW, {"heights": deep}) == {"heights": deep}


def test_another_action_is_no_call() -> None:
    """Only the event our button sends calls an operation."""
    assert a2ui.action_of({"version": "v0.9", "action": {"name": "like", "context": {}}}) is None
    assert a2ui.action_of({"version": "v0.9", "error": {"code": "X"}}) is None
    assert a2ui.action_of({}) is None


@pytest.mark.parametrize(
    "context", [None, {}, {"operation": 5, "arguments": {}}, {"operation": "a.b", "arguments": {"path": 1}.get("x")}]
)
def test_a_call_without_operation_or_arguments_is_refused(context: object) -> None:
    """The refusal names the field and shows what is expected."""
    with pytest.raises(InvalidRequest, match="operation and arguments") as refused:
        a2ui.action_of({"version": "v0.9", "action": {"name": "call", "context": context}})
    assert refused.value.field == "action.context"


def test_the_catalog_we_serve_is_the_one_we_validate_against() -> None:
    """`catalog.json` is generated; a change of a component regenerates it."""
    assert Path(a2ui.__file__).with_name("catalog.json").read_text(encoding="utf-8") == check.document()


def test_clients_find_the_catalog_where_it_is_named() -> None:
    """One route, the committed file, as JSON."""
    (route,) = a2ui.routes()
    assert route.path == a2ui.CATALOG_PATH

    async def get() -> Any:  # Any: a response
        return await route.endpoint(None)

    answer = asyncio.run(get())
    assert answer.media_type == "application/json"
    assert json.loads(Path(answer.path).read_text(encoding="utf-8"))["catalogId"] == a2ui.CATALOG


def test_views_of_the_log_are_drawn_off_the_loop() -> None:
    """`messages_of` takes JSON and answers what `messages` does."""
    views = [view.model_dump(mode="json") for view in VIEWS]
    drawn = asyncio.run(a2ui.messages_of(views, "s", Kept(), BASIC))
    assert drawn == a2ui.messages(VIEWS, surface_id="s", catalogs=BASIC)


class Kept(Shelf):
    """A shelf with one small picture and a large one."""

    def __init__(self) -> None:
        self.sizes = {"small": 3, "large": MOST_BYTES + 1}

    @override
    async def get(self, blob_id: str, field: str = "id") -> Blob:
        if blob_id not in self.sizes:
            raise NotFound("There is none.", field=field, value=blob_id, remedy="List them.")
        size = self.sizes[blob_id]
        return Blob(id=blob_id, media_type="image/png", size=size, name="", sha256="")

    @override
    async def read(self, blob_id: str) -> bytes:
        return b"abc"


@pytest.mark.parametrize("catalogs", [OURS, BASIC])
@pytest.mark.parametrize("name", DRAWINGS)
def test_each_drawing_is_valid_and_says_what_it_shows(name: str, catalogs: tuple[str, ...]) -> None:
    """Charts, pictures and sounds for a client of either catalog; words for those who do not see them."""
    view = DRAWINGS[name]
    messages = a2ui.messages([view], surface_id="s", catalogs=catalogs)
    assert check.complaint(messages) is None
    said = {str(one.get("description") or one.get("text") or one.get("title")) for one in components(messages)}
    assert words(view) in said or (isinstance(view, Series) and view.title in said)


def pictured(blob: str, *, found: bool) -> Json:
    """The image that shows a picture which is kept."""
    boxes = [Box(label="cup", x=1, y=1, width=2, height=2)] if found else []
    view = Image(blob=blob, width=8, height=8, alt="A cup.", boxes=boxes)
    (image,) = of_kind(asyncio.run(a2ui.messages_of([view.model_dump(mode="json")], "s", Kept())), "Image")
    return image


def test_a_picture_travels_with_its_surface() -> None:
    """A client draws it without a key; what was found lies over its pixels."""
    assert pictured("small", found=False)["url"] == "data:image/png;base64,YWJj"
    drawing = ET.fromstring(base64.b64decode(str(pictured("small", found=True)["url"]).partition(",")[2]))  # noqa: S314 - our own
    assert [node.attrib["href"] for node in drawing.iter("{http://www.w3.org/2000/svg}image")] == [
        "data:image/png;base64,YWJj"
    ]


@pytest.mark.parametrize("blob", ["large", "gone", ""])
def test_what_was_found_is_drawn_also_without_the_picture(blob: str) -> None:
    """A picture that is too large to travel, or gone, or another's: its frame, with the boxes."""
    drawing = base64.b64decode(str(pictured(blob, found=True)["url"]).partition(",")[2]).decode()
    assert 'class="box"' in drawing
    assert "<image" not in drawing


def test_a_sound_has_a_player_where_there_is_something_to_play() -> None:
    """And what is said when, as a table."""
    sound = DRAWINGS["audio"]
    with_it = a2ui.messages([sound], surface_id="s", contents={"blob-2": "https://host/blobs/blob-2/content"})
    (player,) = of_kind(with_it, "AudioPlayer")
    assert (player["url"], player["description"]) == ("https://host/blobs/blob-2/content", "Speech, 3 s.")
    (said,) = of_kind(with_it, "Table")
    assert said["rows"][0] == [0.5, 1.5, "Good morning"]
    assert not of_kind(a2ui.messages([sound], surface_id="s"), "AudioPlayer")
