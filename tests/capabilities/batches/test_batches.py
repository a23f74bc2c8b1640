"""Batches as operations: what may be called for each line, and what comes of them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import LOCAL
from nis_backend.errors import InvalidRequest, NisError, NotFound, NotSupported

Json = dict[str, Any]


def batch(*lines: object, operation: str = "physics.convert_unit") -> Json:
    """The request for a batch of these lines."""
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    return {"input": {"base64": base64.b64encode(text.encode()).decode()}, "operation": operation}


MILES = {"id": "miles", "arguments": {"value": 5, "unit": "mile", "to": "km"}}
NAMELESS: Json = {"arguments": {}}
WRONG = {"id": "wrong", "arguments": {"value": 5, "unit": "mile", "to": "kg"}}


def test_each_line_has_its_outcome_in_the_order_of_the_file(ground: Ground) -> None:
    """A result or a problem; the counts are those of the lines."""
    done = ground.call("batches.create_batch", batch(MILES, "", WRONG))
    assert (done["total"], done["failed"]) == (2, 1)
    content = ground.call("blobs.read_content", {"id": done["output"]["id"]})
    assert content["media_type"] == "application/jsonl" or content["media_type"].startswith("text/")

    async def text() -> str:
        return (await ground.process.context(LOCAL).blobs.read(done["output"]["id"])).decode()

    good, bad = map(json.loads, ground.run(text()).splitlines())
    assert (good["id"], round(good["result"]["value"], 3)) == ("miles", 8.047)
    assert (bad["id"], bad["problem"]["code"]) == ("wrong", "invalid_request")


def test_a_batch_says_how_far_it_is(ground: Ground) -> None:
    """By its run, which has a queue of its own; another run is no batch."""
    begun = ground.call("batches.create_batch", batch(MILES, WRONG), wait=False)
    ground.run(ground.process.context(LOCAL).runs.result(begun["id"]))
    found = ground.call("batches.get_batch", begun)
    assert (found["state"], found["total"], found["done"], found["failed"]) == ("succeeded", 2, 2, 1)
    assert ground.call("runs.get_run", begun)["queue"] == "batches"
    assert begun["id"] in [one["id"] for one in ground.call("batches.list_batches", {})["batches"]]
    said = ground.call("chat.send_message", {"message": "Hello"})
    with pytest.raises(NotFound):
        ground.call("batches.get_batch", {"id": said["run_id"]})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "no line"),
        (["{"], "Line 1 .*not JSON"),
        (["[]"], "Line 1 .*object"),
        ([NAMELESS], "Line 1 .*no id"),
        ([{"id": "a"}], "Line 1 .*no arguments"),
        ([MILES, MILES], "Line 2 .*was used before"),
        ([{**MILES, "more": 1}], "Line 1 .*'more'"),
    ],
    ids=str,
)
def test_a_file_that_is_no_batch_is_refused_by_its_line(ground: Ground, lines: list[Any], why: str) -> None:
    """House rule: bad input is a typed error, before there is a run."""
    with pytest.raises(InvalidRequest, match=why) as error:
        ground.call("batches.create_batch", batch(*lines))
    assert error.value.field == "input"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("chat.send_message", NotSupported), ("runs.delete_run", NotSupported), ("nothing.there_is", NotFound)],
)
def test_only_what_reads_is_called_for_each_line(ground: Ground, operation: str, kind: type[NisError]) -> None:
    """A line that a crash has cut is called again."""
    with pytest.raises(kind) as error:
        ground.call("batches.create_batch", batch(MILES, operation=operation))
    assert error.value.field == "operation"
