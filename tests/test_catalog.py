"""The index is what the declarations say, and each example in it works."""

from __future__ import annotations

import importlib
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from nis_backend import catalog
from nis_backend.__main__ import open_process
from nis_backend.app import Process
from nis_backend.catalog import CAPABILITIES, Catalog, load_app, load_capabilities
from nis_backend.entry import Entry
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.generate import PACKAGE, REFERENCE, generated
from nis_backend.mounting import asgi
from nis_backend.operation import Model, Operation
from nis_backend.settings import Settings, read_settings
from nis_backend.surfaces.cli.commands import command_line
from nis_backend.surfaces.rest.derive import routes_of, routes_told

CATALOG = Catalog.from_index()


def test_what_is_generated_is_up_to_date() -> None:
    """`make generate` has been run since the last change of a declaration, and leaves no page of what is gone."""
    texts = generated()
    stale = [name for name, text in texts.items() if (PACKAGE / name).read_text("utf-8") != text]
    assert not stale, "run `make generate`"
    pages = {(PACKAGE / name).resolve() for name in texts if name.startswith(REFERENCE)}
    assert {path.resolve() for path in (PACKAGE / REFERENCE).iterdir()} == pages


def test_a_start_reads_names_and_routes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`nis serve` mounts every surface; a file beside the index is read once, when the first of it is asked for."""
    seen: list[str] = []
    whole = catalog.read

    def noted(name: str) -> Any:  # Any: JSON
        seen.append(name)
        return whole(name)

    monkeypatch.setattr(catalog, "read", noted)
    catalog.index.cache_clear()

    def serve(settings: Settings, _: Path | None) -> None:
        served.append(Process(settings))
        asgi(served[0])

    def read(**_: object) -> Settings:
        return read_settings({}, data=tmp_path)

    served: list[Process] = []
    assert command_line(read, serve, open_process, ["serve"]) == 0
    [process] = served
    assert seen == ["catalog.json"]
    entries = process.operations.entries()
    assert all(entry.is_blob == bool(entry.result_schema.get("blob")) for entry in entries)
    assert seen == ["catalog.json", "results.json"]
    assert all(entry.examples for entry in entries)
    assert all(entry.request_schema["type"] == "object" for entry in [*entries, *Catalog.from_index().entries()])
    assert seen == ["catalog.json", "results.json", "examples.json", "requests.json"]


def test_the_routes_of_the_index_are_those_that_are_derived() -> None:
    """A start mounts what the index tells, which derivation told it."""
    for entry in CATALOG.entries():
        assert routes_told(entry) == routes_of(entry)


def test_every_operation_is_found_where_the_index_says() -> None:
    """The module that is imported at the first call holds the operation."""
    for entry in CATALOG.entries():
        assert CATALOG.find(entry.name).name == entry.name


def test_a_family_belongs_to_one_capability() -> None:
    """No two capabilities share a family; one that is a folder may declare it in several modules."""
    owners: dict[str, set[str]] = {}
    for entry in CATALOG.entries():
        owners.setdefault(entry.family, set()).add(entry.module.split(".")[2])
    assert {family: capabilities for family, capabilities in owners.items() if len(capabilities) > 1} == {}


def test_every_operation_comes_from_a_named_capability() -> None:
    """The tuple of capabilities is explicit and holds nothing else."""
    assert {entry.module for entry in CATALOG.entries()} <= set(CAPABILITIES)


@pytest.mark.parametrize("operation", load_capabilities(), ids=lambda operation: operation.name)
def test_each_declaration_can_be_read(operation: Operation[Any, Any]) -> None:
    """A summary that is a sentence, a description on each field, models of the one base, examples that validate."""
    entry = CATALOG.entry(operation.name)
    assert entry.summary.endswith((".", "?"))
    assert issubclass(operation.request, Model)
    assert issubclass(operation.result, BaseModel)
    bare = [name for name, field in operation.request.model_fields.items() if not field.description]
    assert bare == []
    for example in operation.examples:
        operation.validate(dict(example.request))


@pytest.mark.parametrize("entry", CATALOG.entries(), ids=lambda entry: entry.name)
def test_each_operation_is_among_those_of_its_own_module(entry: Entry) -> None:
    """The first call of a process imports the module that the index names, and finds the operation there."""
    assert entry.name in {one.name for one in importlib.import_module(entry.module).OPERATIONS}


def test_an_unknown_name_gets_its_neighbours() -> None:
    """A typing error is answered with what was meant."""
    with pytest.raises(NotFound) as refused:
        CATALOG.entry("runs.list_run")
    assert "runs.list_runs" in refused.value.remedy


APP = '''
from nis_backend.operation import Model, operation


class Words(Model):
    """Some words."""

    text: str


class Count(Model):
    """How many there are."""

    words: int


@operation("texts.count_words", effect="reads")
def count_words(request: Words, ctx: "Context") -> Count:
    """Count the words of a text."""
    return Count(words=len(request.text.split()))


OPERATIONS = (count_words,)
'''
BARE = "from typing import Annotated\nfrom nis_backend.annotations import Unit\n" + APP.replace(
    "text: str", 'text: str\n    length: Annotated[float, Unit("m")]\n    weight: float'
)


def test_a_file_of_the_users_adds_operations(tmp_path: Path) -> None:
    """`nis serve --app FILE`: declared like ours, found like ours."""
    (tmp_path / "mine.py").write_text(APP)
    catalog = Catalog.from_index()
    catalog.add(load_app(tmp_path / "mine.py"))
    assert catalog.entry("texts.count_words").summary == "Count the words of a text."
    assert catalog.find("texts.count_words").validate({"text": "a b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", "cannot be imported"),
        ("x = 1", "declares no operations"),
        (APP.replace("(count_words,)", "count_words"), "declares no operations"),
        (APP.replace("texts.count_words", "runs.list_runs"), "declared already"),
        (BARE, "weight is a number without a unit"),
        (APP.replace('effect="reads"', 'effect="reads", pool="science"'), "names the pool"),
    ],
)
def test_an_app_file_that_cannot_be_used_fails_the_start(tmp_path: Path, text: str, message: str) -> None:
    """The file and the fault are named."""
    (tmp_path / "mine.py").write_text(textwrap.dedent(text))
    with pytest.raises(InvalidRequest, match=message):
        Catalog.from_index().add(load_app(tmp_path / "mine.py"))


def test_tools_fit_their_protocols_names() -> None:
    """A tool's name has no dot and at most 64 characters."""
    names = [tool["function"]["name"] for tool in json.loads((PACKAGE / "tools.json").read_text("utf-8"))]
    assert all(len(name) <= 64 and "." not in name for name in names)
