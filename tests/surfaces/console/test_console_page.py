"""The chat page in a real browser, over the wire that the server speaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_node import browsed
from wire_server import Story, WireServer, listening

from nis_backend.event import (
    Body,
    CancelledRun,
    Failed,
    ModelCalled,
    Progressed,
    Started,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
)
from nis_backend.operation import Json
from nis_backend.view import Axis, Form, Series, Table, Text, View

BALL = "How far does a ball fly at 20 m/s and 40 degrees with drag, mass 0.145 kg, diameter 74 mm?"
SCHEMA: Json = {
    "type": "object",
    "required": ["speed"],
    "$defs": {"Planet": {"type": "string", "enum": ["earth", "moon"]}},
    "properties": {
        "speed": {"type": "number", "unit": "m/s", "exclusiveMinimum": 0, "description": "Launch speed."},
        "mass": {"anyOf": [{"type": "number", "unit": "kg"}, {"type": "null"}], "default": None},
        "planet": {"$ref": "#/$defs/Planet", "default": "earth"},
        "drag": {"type": "boolean", "default": True},
        "delay": {"type": "number", "unit": "s", "minimum": 0, "default": 0},
        "heights": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}], "default": None},
    },
}
ARGUMENTS: Json = {"speed": 20, "mass": 0.145, "drag": True}
VIEWS: list[View] = [
    Text(text="It lands **31.2 m** away."),
    Table(title="Result", columns=["quantity", "value"], rows=[["distance", 31.2], ["time", 2.5]]),
    Series(
        title="Path",
        x=Axis(label="distance", unit="m", values=[0, 15, 31.2]),
        lines=[
            Axis(label="height", unit="m", values=[0, 9, 0]),
            Axis(label="without drag", unit="m", values=[0, 11, 4]),
            Axis(label="speed", unit="m/s", values=[20, 14, 17]),
        ],
    ),
    Table(title="Arguments", columns=["argument", "value"], rows=[["speed", 20], ["mass", 0.145]]),
    Form(title="Run again", operation="physics.throw", request_schema=SCHEMA, values=ARGUMENTS),
]
HOSTILE = """<img src=x onerror="window.hacked = 1"> <script>window.hacked = 1</script>

[one](javascript:window.hacked=1) [two](data:text/html,x) [three](https://example.org/?a=1&b="2)

[four](//example.org) <a href="javascript:1">five</a>
"""
MARKDOWN = """# Title

Some **bold _and slanted_ words**, `code *kept*`, a  \nbreak and https://example.org/a_b.

3. three
4. four
   - inner

> quoted

```
x = *1*
```

| a | b |
|---|---|
| 1 | 2 |

---
"""


def reply(text: str, *before: Body, demonstration: bool = False) -> list[Body]:
    """A run that succeeds with these words."""
    result = {
        "response": text,
        "conversation_id": "conversation-1",
        "provider": "embedded",
        "model": "tiny",
        "demonstration": demonstration,
        "tokens_used": 12,
        "run_id": "run-1",
    }
    return [Started(operation="chat.send_message", attempt=1), *before, Succeeded(result=result)]


def words(text: str, step: int = 1) -> list[Body]:
    """Words as a model streams them."""
    pieces = text.split(" ")
    spaced = [piece if index == 0 else f" {piece}" for index, piece in enumerate(pieces)]
    return [
        ModelCalled(step=step, provider="embedded", model="tiny"),
        *(TextDelta(step=step, text=one) for one in spaced),
    ]


COUNTED = " ".join(str(number) for number in range(40))
LONG = "\n\n".join(f"{number}. paragraph with **bold** words and `code` of some length." for number in range(500))
STORIES = {
    BALL: Story(
        bodies=reply(
            "It lands **31.2 m** away.",
            ModelCalled(step=1, provider="embedded", model="tiny"),
            ToolCalled(step=1, call_id="c", operation="physics.throw", arguments=ARGUMENTS),
            ToolAnswered(step=1, call_id="c", operation="physics.throw", result={"distance": 31.2}),
            Surface(views=VIEWS),
            *words("It lands **31.2 m** away.", step=2),
            demonstration=True,
        )
    ),
    "asked": Story(
        bodies=reply(
            "It has to be greater than 0.",
            ToolCalled(step=1, call_id="c", operation="physics.throw", arguments={"speed": -1}),
            ToolAnswered(
                step=1, call_id="c", operation="physics.throw", problem={"detail": "It has to be greater than 0."}
            ),
            TextDelta(step=1, text="It has to be greater than 0."),
            Surface(views=[Form(title="Throw", operation="physics.throw", request_schema=SCHEMA, missing=["speed"])]),
        )
    ),
    "cut": Story(bodies=reply(COUNTED, *words(COUNTED)), cut=17),
    "stop": Story(bodies=[Started(operation="c", attempt=1), *words("half a thought"), CancelledRun()], hold=6),
    "measured": Story(
        bodies=[
            Started(operation="c", attempt=1),
            Progressed(fraction=0.0, message="begun"),
            *(
                Progressed(fraction=step / 10, message=f"step {step}", values={"loss": 10.0**-step, "speed": 7.0})
                for step in range(1, 4)
            ),
            CancelledRun(),
        ],
        hold=6,
    ),
    "retried": Story(
        bodies=reply(
            "whole",
            TextDelta(step=1, text="ha"),
            StepRetried(step=1, attempt=2, reason="the worker was lost"),
            TextDelta(step=1, text="whole"),
        )
    ),
    "failure": Story(
        bodies=[
            Started(operation="c", attempt=1),
            Failed(
                problem={
                    "title": "unavailable",
                    "detail": "The model's file is missing.",
                    "remedy": "Run: nis weights pull",
                    "code": "unavailable",
                    "retryable": True,
                }
            ),
        ]
    ),
    "hostile": Story(bodies=reply(HOSTILE, Surface(views=[Text(text=f"view {HOSTILE}")]), *words(HOSTILE))),
    "markdown": Story(bodies=reply(MARKDOWN, *words(MARKDOWN))),
    "wide": Story(
        bodies=reply(
            "x" * 300,
            Surface(views=[Table(title="t" * 90, columns=list("abcdefgh"), rows=[["wide" * 9] * 8]), *VIEWS]),
            *words("x" * 300),
        )
    ),
    "long": Story(bodies=reply(LONG, *words(LONG))),
    "*": Story(bodies=reply("Yes.", *words("Yes."))),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[WireServer, WireServer, str, str]]:
    """One server without a key and one with, and their addresses."""
    open_one, keyed = WireServer(STORIES), WireServer(STORIES, key="right")
    with listening(open_one) as address, listening(keyed) as keyed_address:
        yield open_one, keyed, address, keyed_address


@pytest.fixture(scope="module")
def seen(root: Path, servers: tuple[WireServer, WireServer, str, str]) -> dict[str, Any]:  # Any: JSON
    """What the browser saw, by scene."""
    return browsed(root, "page.mjs", *servers[2:])


def test_nothing_goes_wrong_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    """In every scene: no error, no breach of the content policy, no request to anywhere else."""
    assert {name: scene.get("failed") for name, scene in seen.items() if "failed" in scene} == {}
    assert {name: scene["trouble"] for name, scene in seen.items() if scene["trouble"]} == {}
    assert {name: scene["foreign"] for name, scene in seen.items() if scene["foreign"]} == {}


def test_an_answer_is_shown_with_all_that_belongs_to_it(seen: dict[str, Any]) -> None:
    """Words once, the arguments with their units, chart, table, and who answered."""
    scene = seen["answer"]
    assert scene["question"] == BALL
    assert scene["text"] == "It lands 31.2 m away."
    assert "physics.throw" in scene["call"]
    assert "20 m/s" in scene["call"]
    assert "0.145 kg" in scene["call"]
    assert (scene["panels"], scene["lines"]) == (2, 3)
    assert scene["chart"].startswith(
        "height from 0 to 9 m; without drag from 0 to 11 m, over distance from 0 to 31.2 m"
    )
    assert scene["table"].split() == ["quantity", "value", "distance", "31.2", "time", "2.5"]
    assert scene["aside"] == ["Arguments"]
    assert "demonstration model" in scene["signed"]
    assert "embedded · tiny" in scene["signed"]
    assert "demonstration model" in scene["model"]
    assert scene["busy"] == "false"
    assert scene["address"] == "#/chat/conversation-1"


def test_the_form_runs_the_operation_again(
    seen: dict[str, Any], servers: tuple[WireServer, WireServer, str, str]
) -> None:
    """What was typed arrives as the schema's types; defaults and emptied fields are left out; the conversation goes on.

    Fields at their defaults wait behind a title, which opens where the browser refuses one of them.
    """
    assert seen["form"]["first"] == ["speed m/s required", "mass kg"]
    assert seen["form"]["fields"] == ["speed m/s required", "mass kg", "planet", "drag", "delay s", "heights"]
    assert seen["form"]["refused"] == ["delay", 1]
    (call,) = [run.asked for run in servers[0].runs if "call" in run.asked]
    assert call["call"] == {
        "operation": "physics.throw",
        "arguments": {"speed": 25.5, "planet": "moon", "drag": False, "heights": [1, 2.5]},
    }
    assert call["conversation_id"] == "conversation-1"
    assert call["message"] == seen["form"]["question"]
    assert "speed 25.5 m/s" in call["message"]


def test_a_form_that_asks_is_open_while_it_is_the_last_word(seen: dict[str, Any]) -> None:
    """After the next message it waits behind its title; a refusal that the answer tells is not told twice."""
    assert (seen["asked"]["open"], seen["asked"]["folded"]) == (1, 1)
    assert "greater than 0" not in seen["asked"]["call"]


def test_a_dropped_connection_is_taken_up_where_it_broke(
    seen: dict[str, Any], servers: tuple[WireServer, WireServer, str, str]
) -> None:
    """Nothing is missing and nothing twice; a reload shows the same conversation again."""
    scene = seen["cut"]
    assert scene["text"] == COUNTED
    assert scene["status"] == "connected"
    (run,) = [run for run in servers[0].runs if run.asked["message"] == "cut"]
    assert run.resumed_after[0] == 17
    assert scene["turns"] >= 1


def test_what_a_run_measures_is_a_curve_for_each_name(seen: dict[str, Any]) -> None:
    """While it goes on beside its progress, afterwards in its log; what falls by powers of ten has an axis of them."""
    scene = seen["measured"]
    assert [label.partition(", over")[0] for label in scene["live"]] == ["loss from 0.001 to 0.1", "speed from 7 to 7"]
    assert scene["left"] == 0
    assert len(scene["kept"]) == 2


def test_a_long_answer_is_drawn_as_it_comes(seen: dict[str, Any]) -> None:
    """Thousands of pieces, each drawn onto what stands already: reading all anew with each would outlast the scene."""
    scene = seen["long"]
    assert scene["bold"] == 500
    assert scene["top"] < 100
    assert scene["down"] > scene["top"] + 5000


def test_a_run_is_stopped(seen: dict[str, Any]) -> None:
    """What was said so far stays, and another message can be sent."""
    assert seen["stop"]["text"].startswith("half a thought")
    assert seen["stop"]["send"] == 1


def test_a_run_is_watched_and_stopped_from_its_page(seen: dict[str, Any]) -> None:
    """Its events as they come, its words joined, and its end."""
    scene = seen["stopped from its page"]
    assert (scene["live"], scene["state"]) == ("running", "cancelled")
    assert scene["said"] == "half a thought"


def test_a_retried_step_replaces_its_words(seen: dict[str, Any]) -> None:
    """The first half is gone, and the page says why."""
    assert seen["retried"]["text"] == "whole"
    assert "the worker was lost" in seen["retried"]["note"]


def test_a_failure_names_what_happened_and_what_to_do(seen: dict[str, Any]) -> None:
    """The problem's detail and remedy, and a way to ask again where that can help."""
    shown = seen["failure"]["failure"]
    assert "The model's file is missing." in shown
    assert "nis weights pull" in shown
    assert "Try again" in shown


def test_hostile_markdown_is_only_text(seen: dict[str, Any]) -> None:
    """No element comes from it but links to http and https."""
    scene = seen["hostile"]
    assert scene["ran"] is False
    assert scene["made"] == 0
    assert {link for link, _ in scene["links"]} == {"https://example.org/?a=1&b=%222"}
    assert {rel for _, rel in scene["links"]} == {"noopener noreferrer nofollow"}
    assert '<img src=x onerror="window.hacked = 1">' in scene["text"]


def test_the_browser_refuses_markup_made_from_text(seen: dict[str, Any]) -> None:
    """The content policy stands behind the page's own care: `innerHTML` throws."""
    assert seen["policy"]["refused"] is True
    assert "TrustedHTML" in seen["policy"]["complaints"][0]


def test_markdown_is_set_as_written(seen: dict[str, Any]) -> None:
    """The subset that answers use."""
    scene = seen["markdown"]
    assert scene["h3"] == ["Title"]
    assert scene["strong"] == ["bold and slanted words"]
    assert scene["em"] == ["and slanted"]
    assert scene["code"] == ["code *kept*", "x = *1*"]
    assert scene["ul > li"] == ["inner"]
    assert len(scene["ol > li"]) == 2
    assert scene["blockquote"] == ["quoted"]
    assert scene["table td"] == ["1", "2"]
    assert scene["a"] == ["https://example.org/a_b"]
    assert (len(scene["hr"]), len(scene["br"])) == (1, 1)


def test_enter_sends_and_shift_enter_breaks_the_line(seen: dict[str, Any]) -> None:
    """As in every chat."""
    assert seen["keyboard"]["held"] == "a\nb"
    assert seen["keyboard"]["left"] == ""
    assert seen["keyboard"]["question"] == "a\nb"


def test_a_phone_is_not_scrolled_sideways(seen: dict[str, Any]) -> None:
    """Long words break, wide tables scroll in their own frame."""
    assert seen["phone"]["across"] <= seen["phone"]["width"]


def test_the_key_is_asked_for_once_and_kept_for_the_tab(
    seen: dict[str, Any], servers: tuple[WireServer, WireServer, str, str]
) -> None:
    """A wrong one is asked for again; the right one goes along with every call."""
    assert seen["key"]["text"] == "Yes."
    assert seen["key"]["kept"] == [0, "right"]
    assert len(servers[1].runs) == 1


def test_the_api_page_shows_the_document(seen: dict[str, Any]) -> None:
    """Offline, from our own files."""
    (shown,) = seen["docs"]["shown"]
    assert "/health" in shown
