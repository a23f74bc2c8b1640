"""Documents that are kept in collections: added, replaced, found, deleted; and a server that dies under them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ground import Ground
from outliving import prove
from scripts import script

from nis_backend.caller import LOCAL
from nis_backend.capabilities.documents.document import Facts
from nis_backend.capabilities.documents.ingesting import CAME
from nis_backend.errors import InvalidRequest, NisError, NotFound
from nis_backend.event import ToolAnswered
from nis_backend.run import Run

Json = dict[str, Any]
made: Any = script("document_files")


def add(ground: Ground, name: str, data: bytes, **given: Any) -> Json:
    """Keep a file; what has become of it."""
    document = {"base64": base64.b64encode(data).decode(), "name": name}
    return ground.call("documents.add_document", {"document": document, **given})


def chunks(ground: Ground, kept: Json) -> list[Json]:
    """The chunks of a document."""
    which = {"id": kept["document"]["collection_id"], "document_id": kept["id"], "limit": 100}
    return ground.call("collections.list_items", which)["items"]


def documents(ground: Ground) -> list[Json]:
    """The newest."""
    return ground.call("documents.list_documents", {"limit": 100})["documents"]


def ended(ground: Ground, run_id: str) -> Run:
    """The run, once it has ended."""
    log = ground.process.context(LOCAL).runs

    async def end() -> Run:
        async for _ in log.follow(run_id):
            pass
        return await log.get(run_id)

    return ground.run(end())


def test_a_passage_is_found_where_it_says_it_stands(ground: Ground) -> None:
    """Promise: page, first and last character of passage and quote are those of the page as it is read."""
    file = made.two_columns(41)
    kept = add(ground, "places.pdf", file)
    asked = {"query": "lanterns on the breakwater at dusk", "document_id": kept["id"], "limit": 1}
    (found,) = ground.call("documents.search_documents", asked)["passages"]
    read = ground.call("documents.read_document", {"document": {"id": kept["document"]["blob_id"]}})
    text = read["pages"][found["page"] - 1]["text"]
    assert text[found["start"] : found["end"]] == found["text"]
    assert text[found["quote_start"] : found["quote_end"]] == found["quote"]
    assert found["quote"].startswith("Lanterns on the breakwater")
    assert (found["document"], found["heading"]) == ("places.pdf", "Report 41 of the harbour")


def test_the_same_bytes_change_nothing_and_others_take_their_place(ground: Ground) -> None:
    """Promise: unchanged by its hash; replaced under one id, with no chunk and no file of the old one left."""
    first = add(ground, "tides.html", made.page(1))
    assert first["outcome"] == "added"
    assert add(ground, "tides.html", made.page(1))["outcome"] == "unchanged"
    second = add(ground, "tides.html", made.page(2))
    assert (second["outcome"], second["id"]) == ("replaced", first["id"])
    texts = " ".join(one["text"] for one in chunks(ground, second))
    assert "High water 2" in texts
    assert "High water 1" not in texts
    with pytest.raises(NotFound):
        ground.call("blobs.get_blob", {"id": first["document"]["blob_id"]})


def test_the_same_bytes_kept_in_another_way_leave_no_chunk_of_the_first(ground: Ground) -> None:
    """Promise: chunks of another size, or with other metadata, come in the place of those that were there."""
    file = (made.WORDS * 3).encode()
    first = add(ground, "kept twice.txt", file, size=32, overlap=0)
    second = add(ground, "kept twice.txt", file, size=400, overlap=0, metadata={"year": 2026})
    assert (second["outcome"], second["document"]["chunks"]) == ("replaced", 1)
    assert first["document"]["chunks"] > 1
    (only,) = chunks(ground, second)
    assert (only["text"], only["metadata"]["year"]) == (file.decode().strip(), 2026)
    # By it a reader of chunks, as the console's page is, tells those of now from others.
    assert only["metadata"]["version"] == second["document"]["version"] != first["document"]["version"]


def test_pages_that_were_not_recognised_are_read_again(ground: Ground) -> None:
    """Promise: the same file is unchanged only where all of it was read that can be."""
    kept = add(ground, "partly.md", made.markdown(3))
    store = ground.process.context(LOCAL).store
    row = ground.run(store.get("documents", kept["id"]))
    partly = Facts.model_validate_json(row["metadata"]).model_copy(update={"partly": True})
    ground.run(store.update("documents", kept["id"], {"metadata": partly.model_dump_json()}))
    again = [add(ground, "partly.md", made.markdown(3)) for _ in range(2)]
    assert [one["outcome"] for one in again] == ["replaced", "unchanged"]
    assert len(chunks(ground, kept)) == again[-1]["document"]["chunks"]


def test_of_several_runs_that_read_one_name_one_has_it_at_a_time(ground: Ground) -> None:
    """Promise: what is kept is one version, whole; the others are refused as a conflict, and leave nothing."""
    files = [made.page(number) for number in range(20, 23)]
    add(ground, "raced.html", made.page(19))
    document = [{"base64": base64.b64encode(one).decode(), "name": "raced.html"} for one in files]
    runs = [ground.call("documents.add_document", {"document": one}, wait=False)["id"] for one in document]
    assert {ended(ground, one).state for one in runs} <= {"succeeded", "failed"}
    (left,) = [one for one in documents(ground) if one["name"] == "raced.html"]
    assert left["state"] == "ready"
    assert len(chunks(ground, {"document": left, "id": left["id"]})) == left["chunks"]
    held = ground.run(ground.process.context(LOCAL).store.select("blobs", where={"name": "raced.html"}))
    assert [(one["id"], one["purpose"]) for one in held] == [(left["blob_id"], CAME)]


def test_what_is_deleted_while_it_is_read_leaves_no_chunk(ground: Ground) -> None:
    """Promise: gone is gone; its run fails, and says why."""
    long = made.pdf([(made.column(60, 760, f"Page {number}. {made.WORDS}"), []) for number in range(40)])
    document = {"base64": base64.b64encode(long).decode(), "name": "deleted.pdf"}
    run = ground.call("documents.add_document", {"document": document}, wait=False)["id"]
    ctx = ground.process.context(LOCAL)

    async def delete() -> None:
        async for event in ctx.runs.follow(run):
            if isinstance(event.body, ToolAnswered):
                (row,) = await ctx.store.select("documents", where={"name": "deleted.pdf"})
                await ctx.call_named("documents.delete_document", {"id": row["id"]})
                return

    ground.run(delete())
    end = ended(ground, run)
    assert (end.state, (end.problem or {}).get("code")) == ("failed", "not_found")
    listed = ground.call("collections.list_items", {"id": "documents", "where": {"name": "deleted.pdf"}})["items"]
    assert listed == []


def test_one_whose_run_was_ended_while_it_rested_is_told_to_have_failed(ground: Ground) -> None:
    """Promise: nothing is said to be read that nobody reads."""
    kept = add(ground, "rested.csv", made.rows(31))
    changes = {"state": "reading", "run_id": "run-that-is-gone"}
    ground.run(ground.process.context(LOCAL).store.update("documents", kept["id"], changes))
    told = ground.call("documents.get_document", {"id": kept["id"]})
    assert (told["state"], told["problem"]["code"]) == ("failed", "cancelled")
    assert add(ground, "rested.csv", made.rows(31))["document"]["state"] == "ready"


def test_a_file_that_cannot_be_read_leaves_the_one_before_it_as_it_was(ground: Ground) -> None:
    """Promise: old chunks go when the new ones are in; the failure is told, also later."""
    kept = add(ground, "minutes.docx", made.word(7))
    before = chunks(ground, kept)
    with pytest.raises(InvalidRequest):
        add(ground, "minutes.docx", made.word(8)[:4000])
    assert chunks(ground, kept) == before
    document = ground.call("documents.get_document", {"id": kept["id"]})
    assert (document["state"], document["problem"]["code"]) == ("ready", "invalid_request")


def test_a_first_file_that_cannot_be_read_is_listed_with_the_reason(ground: Ground) -> None:
    """Promise: a failure is a document in the state `failed`, without a chunk."""
    with pytest.raises(NisError):
        add(ground, "locked here.pdf", made.locked_pdf())
    listed = ground.call("documents.list_documents", {"state": "failed", "limit": 100})["documents"]
    (failed,) = [one for one in listed if one["name"] == "locked here.pdf"]
    assert "encrypted" in failed["problem"]["detail"]
    assert failed["chunks"] == 0


def test_ten_thousand_pages_are_refused_before_they_are_read(ground: Ground) -> None:
    """Promise: at most 5000 pages, told with the number that there are."""
    many = base64.b64encode(made.pdf([made.NOTHING] * 10_000)).decode()
    with pytest.raises(NisError) as refused:
        ground.call("documents.read_document", {"document": {"base64": many, "name": "many.pdf"}})
    assert (refused.value.code, "10000 pages" in refused.value.message) == ("too_large", True)


def test_of_several_files_one_that_cannot_be_read_stops_no_other(ground: Ground) -> None:
    """Promise: each is told of in its turn."""
    files = [("ok.csv", made.rows(1)), ("no.pdf", made.locked_pdf()), ("yes.md", made.markdown(5))]
    given = [{"base64": base64.b64encode(data).decode(), "name": name} for name, data in files]
    done = ground.call("documents.add_files", {"documents": given})
    assert [(one["name"], one["outcome"]) for one in done["documents"]] == [
        ("ok.csv", "added"),
        ("no.pdf", "failed"),
        ("yes.md", "added"),
    ]
    assert done["failed"] == 1


def test_a_document_goes_with_its_chunks_and_its_file(ground: Ground) -> None:
    """Promise: what came with it is gone with it; a file that was there before stays."""
    kept = add(ground, "gone.csv", made.rows(9))
    own = ground.call("blobs.create_blob", {"content": {"base64": base64.b64encode(made.rows(8)).decode()}})
    other = ground.call("documents.add_document", {"document": own["id"], "name": "stays.csv"})
    for one in (kept, other):
        assert ground.call("documents.delete_document", {"id": one["id"]})["chunks"] == 1
        assert chunks(ground, one) == []
    with pytest.raises(NotFound):
        ground.call("blobs.get_blob", {"id": kept["document"]["blob_id"]})
    assert ground.call("blobs.get_blob", {"id": own["id"]})["id"] == own["id"]


def test_a_collection_goes_with_its_documents_and_their_files(ground: Ground) -> None:
    """Promise: no file stays that came with a document of it."""
    made_one = ground.call("collections.create_collection", {"kind": "documents"})
    kept = [add(ground, f"going-{n}.html", made.page(n), collection=made_one["id"]) for n in (11, 12)]
    ground.call("collections.delete_collection", {"id": made_one["id"]})
    for one in kept:
        for operation, which in (("documents.get_document", one["id"]), ("blobs.get_blob", one["document"]["blob_id"])):
            with pytest.raises(NotFound):
                ground.call(operation, {"id": which})


def test_passages_are_held_to_what_callers_said_of_their_documents(ground: Ground) -> None:
    """Promise: metadata of a document is that of each of its chunks; a condition that is none is refused."""
    for year in (2024, 2026):
        add(ground, f"rows of {year}.csv", made.rows(year), metadata={"of_year": year})
    asked = {"query": "Vega", "where": {"of_year": {"at_least": 2025}}, "limit": 50}
    found = ground.call("documents.search_documents", asked)["passages"]
    assert [one["document"] for one in found] == ["rows of 2026.csv"]
    with pytest.raises(InvalidRequest):
        ground.call("documents.search_documents", {**asked, "where": {"of_year": {"before": 2025}}})


def test_a_run_that_is_cancelled_leaves_no_chunk(ground: Ground) -> None:
    """Promise: its run can be cancelled at any moment; what was in of the document goes, and it says why."""
    long = made.pdf([(made.column(60, 760, f"Page {number}. {made.WORDS}"), []) for number in range(200)])
    document = {"base64": base64.b64encode(long).decode(), "name": "cancelled.pdf"}
    run = ground.call("documents.add_document", {"document": document}, wait=False)["id"]

    async def cancelled() -> str:
        log = ground.process.context(LOCAL).runs
        async for event in log.follow(run):
            if isinstance(event.body, ToolAnswered):
                await log.cancel(run)
        return (await log.get(run)).state

    assert ground.run(cancelled()) == "cancelled"
    listed = ground.call("documents.list_documents", {"state": "failed", "limit": 100})["documents"]
    (left,) = [one for one in listed if one["name"] == "cancelled.pdf"]
    assert left["problem"]["code"] == "cancelled"
    assert chunks(ground, {"document": left, "id": left["id"]}) == []


def test_names_that_a_chunk_uses_itself_are_refused_as_metadata(ground: Ground) -> None:
    """Promise: what a caller says of a document never hides where a chunk stands."""
    with pytest.raises(InvalidRequest) as refused:
        add(ground, "x.csv", made.rows(1), metadata={"page": 4})
    assert refused.value.field == "metadata.page"


@pytest.mark.parametrize("value", [10**400, 2**70, "a\0b"])
def test_metadata_that_no_chunk_may_have_is_refused_before_anything_is_read(ground: Ground, value: object) -> None:
    """Promise: the failure is the caller's, and names the field."""
    with pytest.raises(InvalidRequest) as refused:
        add(ground, "x.csv", made.rows(1), metadata={"of": value})
    assert str(refused.value.field).startswith("metadata.of")
    with pytest.raises(NotFound) as absent:
        add(ground, "x.csv", made.rows(1), collection="no such one")
    assert absent.value.field == "collection"


def test_two_files_of_one_name_are_not_taken_for_one(ground: Ground) -> None:
    """Promise: none of several files takes another's place."""
    two = [
        {"base64": base64.b64encode(one).decode(), "name": "read me.txt"} for one in (b"first words", b"second words")
    ]
    with pytest.raises(InvalidRequest) as refused:
        ground.call("documents.add_files", {"documents": two})
    assert refused.value.field == "documents.1.name"


def test_a_scanned_page_is_read_by_recognition_and_says_how_well(ground: Ground) -> None:
    """Promise: pages that are pictures tell that, and the mean score of their lines."""
    file = base64.b64encode(made.scanned(12)).decode()
    (page,) = ground.call("documents.read_document", {"document": {"base64": file, "name": "scan.pdf"}})["pages"]
    assert "closed" in page["text"]
    assert page["ocr"]["by"] == "vision.read_text"
    assert 0.5 < page["ocr"]["confidence"] <= 1


def test_a_server_that_is_killed_while_documents_come_in_goes_on_without_a_chunk_twice() -> None:
    """The long form is `make prove-documents`: a hundred files of all kinds, twenty of them hostile."""
    assert "attempt 2" in prove("documents.py", "--files", "12", "--hostile", "4", "--plain")
