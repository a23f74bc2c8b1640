"""Operations as tools: what is derived, what is listed where, and what a list may cost."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from nis_backend.catalog import Catalog
from nis_backend.entry import Entry
from nis_backend.errors import NotFound
from nis_backend.fields import lean
from nis_backend.surfaces.mcp.tools import choose, tool

if TYPE_CHECKING:
    from nis_backend.operation import Json

ENTRIES = Catalog.from_index().entries()
MOST = 40
"""Tools a client without a toolset gets: what a model still chooses from well."""


def test_the_plain_list_is_short_and_has_what_is_needed_most() -> None:
    """Promise: at most 40 tools unless more are asked for, chat among them."""
    names = [entry.name for entry in choose(ENTRIES, None)]
    assert "chat.send_message" in names
    assert 5 <= len(names) <= MOST


def test_the_plain_list_costs_a_model_little() -> None:
    """Promise: some 14,000 tokens, at three letters or four each; the rest of the operations is found by words."""
    plain = [tool(entry) for entry in choose(ENTRIES, None)]
    assert sum(len(json.dumps([one.name, one.description, one.input_schema])) for one in plain) < 48_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_what_models_read_of_a_schema_takes_the_same_requests(entry: Entry) -> None:
    """Promise: words for the router and repeated titles go, and nothing that says what a request may be."""
    assert entry.parameters["properties"].keys() == entry.request_schema["properties"].keys()
    for example in entry.examples:
        request = example["request"]
        for one in (request, *({**request, name: None} for name in request), {**request, "unheard_of": 1}):
            assert complaints(entry.parameters, one) == complaints(entry.request_schema, one)


def complaints(schema: Json, request: Json) -> list[str]:
    """What a client that checks arguments has to say."""
    validator: Any = Draft202012Validator(schema)  # Any: its own types are partial
    return [why.message for why in validator.iter_errors(request)]


def test_a_field_may_be_called_as_what_is_left_out() -> None:
    """Promise: `title` and `names` are fields where a request has them, and stay in defaults."""
    field = {"type": "string", "title": "Names", "names": ["called"], "default": {"names": 1}}
    schema = {"title": "Asked", "type": "object", "properties": {"title": field, "names": field}}
    kept = {"type": "string", "default": {"names": 1}}
    assert lean(schema) == {"type": "object", "properties": {"title": kept | {"title": "Names"}, "names": kept}}


def test_a_toolset_is_a_family_or_several_or_all() -> None:
    """Promise: `?toolset=physics` lists that family, commas join, `all` is everything."""
    assert {entry.family for entry in choose(ENTRIES, "physics")} == {"physics"}
    assert {entry.family for entry in choose(ENTRIES, "physics, runs")} == {"physics", "runs"}
    assert choose(ENTRIES, "all") == list(ENTRIES)
    assert choose(ENTRIES, "") == choose(ENTRIES, None) == choose(ENTRIES, "essential")


def test_an_unknown_toolset_is_refused_with_those_there_are() -> None:
    """Promise: the remedy names every toolset."""
    with pytest.raises(NotFound, match="There is no toolset 'phisics'") as refused:
        choose(ENTRIES, "phisics")
    assert refused.value.field == "toolset"
    for name in ("essential", "all", *{entry.family for entry in ENTRIES}):
        assert name in refused.value.remedy


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_tool_is_its_operation(entry: Entry) -> None:
    """Promise: name, description, schemas and annotations come from the declaration (MCP 2025-11-25, server/tools)."""
    one = tool(entry)
    assert one.name == entry.name.replace(".", "-")
    assert one.title
    assert one.description == entry.description
    assert one.input_schema == entry.parameters
    assert one.input_schema["type"] == "object"
    assert one.output_schema is None or one.output_schema["type"] == "object"
    assert (one.output_schema is None) == (entry.shape == "stream")
    hints = one.annotations
    assert hints is not None
    assert hints.read_only_hint == (entry.effect == "reads")
    assert hints.destructive_hint == (entry.effect == "destroys")
    assert hints.open_world_hint == entry.outward


def test_a_pull_reaches_outward_and_a_computation_does_not() -> None:
    """Promise: the open-world hint is the trait, which somebody set where it is true."""
    outward = {entry.name for entry in ENTRIES if entry.outward}
    assert {"chat.send_message", "weights.pull_weight"} <= outward
    assert not {name for name in outward if name.startswith("physics.")}


def test_what_asks_a_model_of_the_callers_choice_reaches_outward() -> None:
    """Promise of the specification's openWorldHint: the model named may be a provider's, beyond this server."""
    naming = {entry.name for entry in ENTRIES if "model" in entry.request_schema.get("properties", {})}
    assert {"chat.send_message", "models.complete_chat", "embeddings.embed_texts"} <= naming
    # These keep the name, look at what is known of it, or count what it has used: nothing is asked.
    inside = {name for name in naming if name.partition(".")[0] in ("prompts", "budgets", "usage", "routes")}
    inside |= {
        "models.estimate_cost",
        "models.set_price",
        "models.unset_price",
        "agents.create_agent",
        "plans.create_plan",
        "collections.create_collection",
        "datasets.collect_examples",
        "training.describe_classifier",
    } & naming
    inside |= {entry.name for entry in ENTRIES if entry.pool}  # whose models are files of this machine
    assert naming - inside <= {entry.name for entry in ENTRIES if entry.outward}


def test_the_protocols_package_loads_at_the_first_request() -> None:
    """The route costs no import of it (NIS_PRELOAD=mcp does it at start)."""
    code = (
        "import asyncio, sys\n"
        "from nis_backend.surfaces.mcp import routes\n"
        "before = [name for name in ('mcp', 'mcp_types', 'httpx2', 'opentelemetry') if name in sys.modules]\n"
        "asyncio.run(routes.preload())\n"
        "print(before, 'mcp.server' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
