"""Two owners who keep the same words under the same names: whatever reads them, neither sees a word of the other's.

Each operation of collections, datasets, documents and memory that reads has a row here, or a test fails; those of
embeddings and research are held to reading nothing that is kept.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from ground import Ground
from hypothesis import given, settings
from hypothesis import strategies as st
from keyed import Holder, holder, over_routes
from over_mcp import over_mcp
from pydantic import SecretStr
from rest_client import send
from test_parity import comparable

from nis_backend.catalog import Catalog
from nis_backend.errors import NotFound
from nis_backend.settings import Settings
from nis_backend.surfaces.cli.commands import command_line

Json = dict[str, Any]

CATALOG = Catalog.from_index()
ENTRIES = {entry.name: entry for entry in CATALOG.entries()}
KEEPING = ("collections", "datasets", "documents", "memory")
"""Families whose operations read what is kept."""
GIVEN = ("embeddings", "research")
"""Families whose operations read what their requests hold, and what lies outside."""

TEXTS = {
    "hours": "The harbour office opens at nine and closes at six",
    "pier": "The north pier was closed for nine days in March",
    "rent": "The rent of the pier is 1,200 euro a month",
    "tea": "Tea is brewed in the harbour kitchen at eighty degrees",
}
WORDS = sorted({word.strip(",.") for text in TEXTS.values() for word in text.split()})
SECRETS = {"quillfeather": "brambleworth", "brambleworth": "quillfeather"}
"""The word that each owner has in all that it keeps, and the other's."""


@dataclass(kw_only=True)
class Kept:
    """An owner, and what it has kept."""

    who: Holder
    secret: str
    ids: dict[str, str] = field(default_factory=dict[str, str])

    def call(self, name: str, request: Json) -> Json:
        """The answer at the operation's first route, which succeeds."""
        status, body = next(over_routes(self.who, ENTRIES[name], request, {"accept": "application/json"}))
        assert status < 300, body
        return json.loads(body)

    def keep(self) -> Kept:
        """Keep what both do, each with its own word."""
        say = {key: f"{text}, says {self.secret}." for key, text in TEXTS.items()}
        made = self.call("collections.create_collection", {"name": "harbour", "description": f"Of {self.secret}."})
        items = [{"id": key, "text": text, "metadata": {"by": self.secret}} for key, text in say.items()]
        self.call("collections.add_items", {"id": "harbour", "items": items})
        for name in ("report.md", "lease.md"):
            text = f"# Harbour {name} of {self.secret}\n\n" + "\n\n".join(say.values())
            document = f"data:text/markdown;base64,{base64.b64encode(text.encode()).decode()}"
            added = self.call("documents.add_document", {"document": document, "name": name})
            self.ids[name] = added["id"]
        memory = self.call("memory.remember", {"text": say["tea"], "user": "ada"})
        self.call("memory.remember", {"text": say["hours"], "user": "ada"})
        self.call("memory.set_entry", {"namespace": "settings", "key": "theme", "value": {"note": self.secret}})
        dataset = self.call("datasets.create_dataset", {"name": "reviews", "kind": "text", "description": self.secret})
        self.call("datasets.import_examples", {"id": "reviews", "rows": [{"text": text} for text in say.values()]})
        self.call("datasets.split_dataset", {"id": "reviews", "train": 1, "validation": 0, "test": 0})
        self.call("datasets.grant_consent", {"user": "ada", "purposes": ["training"], "note": self.secret})
        self.ids |= {"collection": made["id"], "memory": memory["id"], "dataset": dataset["id"]}
        return self


ROWS_OF = ("list_examples", "list_versions", "validate_dataset")
LEASE = {"type": "object", "properties": {"rent": {"type": "number", "title": "Rent", "description": "Euro a month."}}}
QUERY = "when is the harbour office open, and what is the rent of the pier"


def by_name(kept: Kept) -> dict[str, list[Json]]:
    """What an owner asks that has names for all it keeps, by the operation: requests that both put alike."""
    ways = ("hybrid", "words", "vectors")
    return {
        "collections.get_collection": [{"id": "harbour"}],
        "collections.get_item": [{"id": "harbour", "item_id": key} for key in TEXTS],
        "collections.get_statistics": [{"id": "harbour"}],
        "collections.list_collections": [{}],
        "collections.list_items": [{"id": "harbour"}, {"id": "harbour", "ids": ["tea", "rent"]}],
        "collections.search_collection": [
            *({"id": "harbour", "query": QUERY, "mode": way} for way in ways),
            {"id": "harbour", "query": QUERY, "diversity": 0.7},
        ],
        "datasets.export_dataset": [{"id": "reviews", "split": "train"}],
        "datasets.get_dataset": [{"id": "reviews"}],
        "datasets.get_statistics": [{"id": "reviews"}],
        "datasets.list_consents": [{}],
        "datasets.list_datasets": [{}],
        "datasets.list_examples": [{"id": "reviews"}],
        "datasets.list_versions": [{"id": "reviews"}],
        "datasets.validate_dataset": [{"id": "reviews"}],
        "documents.ask_documents": [{"documents": ["lease.md"], "question": "What is the rent?", "by": "sentences"}],
        "documents.compare_documents": [{"documents": ["report.md", "lease.md"]}],
        "documents.extract_fields": [{"document": "lease.md", "fields": LEASE, "by": "sentences"}],
        "documents.get_document": [{"id": kept.ids["report.md"]}],
        "documents.list_documents": [{}],
        "documents.search_documents": [{"query": QUERY, "mode": way} for way in ways],
        "documents.summarise_document": [{"document": "report.md", "by": "sentences"}],
        "memory.assemble_context": [{"query": QUERY, "user": "ada", "budget": 200}],
        "memory.export_memories": [{"user": "ada"}],
        "memory.get_entry": [{"namespace": "settings", "key": "theme"}],
        "memory.get_memory": [{"id": kept.ids["memory"]}],
        "memory.list_entries": [{"namespace": "settings"}],
        "memory.list_memories": [{"user": "ada"}],
        "memory.recall": [{"query": QUERY, "user": "ada"}],
    }


def of_the_other(other: Kept) -> dict[str, list[Json]]:
    """The same operations, asked about what the other's ids name."""
    own = other.ids
    return {
        "collections.get_collection": [{"id": own["collection"]}],
        "collections.get_item": [{"id": own["collection"], "item_id": "tea"}],
        "collections.get_statistics": [{"id": own["collection"]}],
        "collections.list_items": [{"id": own["collection"]}],
        "collections.search_collection": [{"id": own["collection"], "query": "tea"}],
        **{
            f"datasets.{name}": [{"id": own["dataset"]}]
            for name in ("export_dataset", "get_dataset", "get_statistics", *ROWS_OF)
        },
        "documents.ask_documents": [{"documents": [own["lease.md"]], "question": "What is the rent?"}],
        "documents.compare_documents": [{"documents": [own["report.md"], own["lease.md"]]}],
        "documents.extract_fields": [{"document": own["lease.md"], "fields": LEASE}],
        "documents.get_document": [{"id": own["report.md"]}],
        "documents.summarise_document": [{"document": own["report.md"]}],
        "memory.get_memory": [{"id": own["memory"]}],
    }


FROM_REQUEST = {"documents.read_document", "documents.split_document"}
"""What is told of a file that the request holds."""
SILENT = {
    *("collections.get_statistics", "documents.extract_fields", "memory.export_memories"),
    *("datasets.export_dataset", "datasets.get_statistics", "datasets.list_versions", "datasets.validate_dataset"),
}
"""What answers figures of what is kept, or a file, and no word of it."""


@pytest.fixture(scope="module")
def both(ground: Ground) -> tuple[Kept, Kept]:
    """Two owners on one server."""
    one, other = (
        Kept(who=holder(ground, owner=f"texts-{secret}", scopes=["*"]), secret=secret).keep() for secret in SECRETS
    )
    return one, other


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The second of them on a server where nobody else has anything."""
    with Ground(tmp_path_factory.mktemp("alone")).open() as server:
        secret = list(SECRETS)[1]
        yield Kept(who=holder(server, owner=f"texts-{secret}", scopes=["*"]), secret=secret).keep()


def test_each_operation_that_reads_what_is_kept_is_asked(both: tuple[Kept, Kept]) -> None:
    """Promise: none is left out: of the families that keep texts each that reads, of the others none that could."""
    reading = {name for name, entry in ENTRIES.items() if entry.family in KEEPING and entry.effect == "reads"}
    assert by_name(both[0]).keys() | FROM_REQUEST == reading
    with_ids = {
        name
        for name in by_name(both[0])
        if {"id", "document", "documents"} & ENTRIES[name].request_schema["properties"].keys()
    }
    assert with_ids == of_the_other(both[0]).keys()
    naming = {"id", "collection", "document_id", "user", "namespace", "conversation_id", "run_id"}
    for name, entry in ENTRIES.items():
        if entry.family in GIVEN and entry.effect == "reads":
            assert not naming & entry.request_schema.get("properties", {}).keys(), name


def test_the_same_words_of_two_owners_are_never_mixed(both: tuple[Kept, Kept]) -> None:
    """Promise: each finds its own, at every route, and not a word of the other's; so the test could tell."""
    for kept in both:
        for name, requests in by_name(kept).items():
            for request in requests:
                for status, body in over_routes(kept.who, ENTRIES[name], request):
                    assert status == 200, (name, body)
                    assert SECRETS[kept.secret] not in body.lower(), name
                    assert name in SILENT or kept.secret in body.lower(), (name, body)
        assert kept.call("collections.get_statistics", {"id": "harbour"})["items"] == len(TEXTS)


def test_an_id_of_the_others_names_nothing(both: tuple[Kept, Kept]) -> None:
    """Promise: not found, at every route, whatever is asked about it."""
    for kept, other in (both, both[::-1]):
        for name, requests in of_the_other(other).items():
            for request in requests:
                for status, body in over_routes(kept.who, ENTRIES[name], request):
                    assert (status, json.loads(body)["code"]) == (404, "not_found"), (name, body)
                    assert other.secret not in body


def test_files_that_are_written_out_hold_their_owners_words_alone(both: tuple[Kept, Kept]) -> None:
    """Promise: all of the owner's, none of another's; and the file is its owner's."""
    for kept, other in (both, both[::-1]):
        for name, request in (("collections.export_items", {"id": "harbour"}), ("memory.export_memories", {})):
            answer = kept.call(name, request)
            (blob,) = (one["id"] for key, one in answer.items() if key in {"blob", "file"})
            status, _, content = send(kept.who.server, "GET", f"/blobs/{blob}/content", None, kept.who.headers)
            said = content.decode().lower()
            assert (status, said.count(other.secret)) == (200, 0)
            assert said.count(kept.secret) >= 2
            assert send(other.who.server, "GET", f"/blobs/{blob}/content", None, other.who.headers)[0] == 404


def test_chat_keeps_them_apart_too(both: tuple[Kept, Kept]) -> None:
    """What is said of documents, and of who speaks, is of the owner's own, though the other's label is the same."""
    for one, other in (both, both[::-1]):
        for message in ("What does lease.md say about the rent?", "What do you know about me?"):
            told = json.dumps(one.call("chat.send_message", {"message": message, "user_id": "ada", "memory": True}))
            assert one.secret in told, message
            assert other.secret not in told, message


def test_mcp_and_the_command_line_keep_them_apart_too(ground: Ground, both: tuple[Kept, Kept]) -> None:
    """Promise: by the key that calls, whatever surface it calls on."""
    for kept, other in (both, both[::-1]):
        for name, requests in by_name(kept).items():
            answer = json.dumps(over_mcp(ground.url, name, requests[0], key=kept.who.key)).lower()
            assert other.secret not in answer, name
            assert name in SILENT or kept.secret in answer, name
        with pytest.raises(NotFound):
            over_mcp(ground.url, "collections.list_items", {"id": other.ids["collection"]}, key=kept.who.key)
        keyed = ground.settings.model_copy(update={"api_key": SecretStr(kept.who.key)})
        for name in ("collections.search_collection", "documents.search_documents", "memory.recall"):
            said = _commanded(keyed, name, by_name(kept)[name][0]).lower()
            assert other.secret not in said, name
            assert kept.secret in said, name


def _commanded(with_key: Settings, name: str, request: Json) -> str:
    """What `nis call` writes that has this key in its settings."""

    def read(**_: object) -> Settings:
        return with_key

    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
        assert command_line(read, _unused, _unused, ["call", name, "--json", "--input", "-"]) == 0
    return out.getvalue()


def _unused(*_: object) -> Any:  # Any: neither a server nor a folder is opened here
    raise AssertionError("the command did not find the server")


QUERIES = st.lists(st.sampled_from([*WORDS, *SECRETS]), min_size=1, max_size=6).map(" ".join)


@settings(max_examples=12, deadline=None)
@given(query=QUERIES, mode=st.sampled_from(["hybrid", "words", "vectors"]), diversity=st.sampled_from([0.0, 0.6]))
def test_what_others_keep_changes_no_search(
    both: tuple[Kept, Kept], alone: Kept, query: str, mode: str, diversity: float
) -> None:
    """Promise: hits, their order and every score are as on a server where nobody else keeps anything."""
    mine = both[1]
    for name, request in (
        ("collections.search_collection", {"id": "harbour", "query": query, "mode": mode, "diversity": diversity}),
        ("documents.search_documents", {"query": query, "mode": mode}),
        # As old as it is, it would count for less.
        ("memory.recall", {"query": query, "user": "ada", "recency": 0}),
    ):
        here, there = mine.call(name, request), alone.call(name, request)
        assert _ageless(comparable(here)) == _ageless(comparable(there)), name
        assert SECRETS[mine.secret] not in json.dumps(here).replace(query, "").lower()


def _ageless(answer: Any) -> Any:  # Any: JSON
    """An answer without how old what it tells of is: that weighs nothing here, and is told."""
    if isinstance(answer, dict):
        return {key: _ageless(one) for key, one in cast("Json", answer).items()}
    if isinstance(answer, list):
        parts = cast("list[Any]", answer)
        return [
            _ageless(one) for one in parts if not (isinstance(one, dict) and cast("Json", one).get("part") == "recency")
        ]
    return answer
