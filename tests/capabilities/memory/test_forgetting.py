"""A user is forgotten everywhere, and it is shown: by what the operation answers, and past it, in the data folder."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ground import Ground
from keyed import holder
from rest_client import ask, done, followed

from nis_backend.capabilities.memory import removing
from nis_backend.errors import Unavailable

Json = dict[str, Any]

NEEDLE = "Zwiebelfisch"
USER = "Ada.Quastel"


def holding(folder: Path, *words: str) -> list[str]:
    """The files of a folder in which a word is, whatever its letters' size."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return [path.name for path in files for word in words if word.lower().encode() in path.read_bytes().lower()]


def kept(key: str) -> dict[str, str]:
    """A header by which the answer is kept for one who repeats the call."""
    return {"idempotency-key": key}


def ended(ground: Ground, path: str, asked: Json) -> None:
    """Have it done as a run."""
    _, _, begun = ask(ground, "POST", path, asked, {"prefer": "respond-async"})
    assert list(followed(ground, begun["id"]))
    assert done(ground, "GET", f"/runs/{begun['id']}")["state"] == "succeeded"


def write(ground: Ground) -> Json:
    """Something about the user in every place there is; the ids."""
    text = f"{NEEDLE} keeps bees behind the house."
    key = {"idempotency-key": "of-ada-1"}
    memory = done(ground, "POST", "/memory/remember", {"text": text, "user": USER}, key)
    done(ground, "POST", "/memory/recall", {"query": "bees", "user": USER})
    for namespace in (f"user:{USER}", f"user:{USER}/settings"):
        # What is kept for one who repeats it has no id of the entry's.
        done(
            ground, "POST", "/memory/set-entry", {"namespace": namespace, "key": "k", "value": NEEDLE}, kept(namespace)
        )
    collection = done(ground, "POST", "/collections", {"name": f"letters-of-{USER}"})
    item = {"text": f"A letter to {NEEDLE}.", "metadata": {"user": USER}}
    other = {"text": "A letter to nobody.", "metadata": {"user": "somebody"}}
    done(ground, "POST", f"/collections/{collection['id']}/add-items", {"items": [other]})
    # Runs name the user in what they were asked, however deep.
    ended(ground, f"/collections/{collection['id']}/add-items", {"items": [item]})
    entry = {"namespace": f"user:{USER}/runs", "key": "k", "value": NEEDLE}
    ended(ground, "/memory/set-entry", entry)
    report = base64.b64encode(f"{NEEDLE} has written a report.".encode()).decode()
    uploaded = done(ground, "POST", "/blobs", {"content": f"data:text/plain;base64,{report}"}, kept("upload"))
    document = {"document": uploaded["id"], "name": "report.txt", "metadata": {"user": USER}}
    done(ground, "POST", "/documents/add-document", document)
    done(ground, "POST", "/memory/set-entry", {**entry, "key": "report", "value": uploaded["id"]})
    encoded = base64.b64encode(f"{NEEDLE} was here, it says.".encode()).decode()
    attached = f"data:text/plain;base64,{encoded}"
    said = {"message": f"I am {NEEDLE}.", "user_id": USER, "attachments": [attached]}
    turn = done(ground, "POST", "/chat", said)
    done(ground, "POST", "/feedback", {"run_id": turn["run_id"], "rating": "good", "comment": f"{NEEDLE} is glad."})
    run = done(ground, "GET", f"/runs/{turn['run_id']}")
    blob = run["input"]["attachments"][0]
    return {
        "memory": memory["id"],
        "collection": collection["id"],
        "conversation": turn["conversation_id"],
        "run": turn["run_id"],
        "blob": blob["id"] if isinstance(blob, dict) else blob,
    }


async def cut(*_: object) -> None:
    """What stands for a process that ends there."""
    raise Unavailable("It is cut.")


def test_a_user_is_forgotten_everywhere_and_nothing_else_is(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise of forget_user: counts before and after in each place, none left, and not one byte in the data folder."""
    bea = holder(ground, owner="bea", scopes=["*"])
    bea.done("POST", "/memory/remember", {"text": "Quokkas are round.", "user": USER})
    made = write(ground)
    assert len(holding(ground.data, NEEDLE)) >= 2
    planned = done(ground, "POST", "/memory/forget-user", {"user": USER, "dry_run": True})
    assert (planned["done"], planned["gone"]) == (False, False)
    # A call that is cut after the runs are gone: the next one knows what was to be removed.
    monkeypatch.setattr(removing, "_remove_blobs", cut)
    assert ask(ground, "POST", "/memory/forget-user", {"user": USER})[0] == 503
    monkeypatch.undo()
    left = done(ground, "POST", "/memory/forget-user", {"user": USER, "dry_run": True})
    assert {one["place"]: one["before"] for one in left["places"]}["blobs"] == 2
    answer = done(ground, "POST", "/memory/forget-user", {"user": USER})
    places = {one["place"]: (one["before"], one["after"]) for one in answer["places"]}
    before = {one["place"]: one["before"] for one in planned["places"]}
    expected = {"entries": 4, "memories": 1, "items": 2, "documents": 1, "conversations": 1, "runs": 4, "blobs": 2}
    assert {place: before[place] for place in expected} == expected
    for place in ("table events", "table items", "table said", "kept replies", "index of words", "database files"):
        assert before[place] > 0, place
    assert (places["blobs"], places["blob bytes"]) == ((2, 0), (2, 0))
    assert not {place: after for place, (_, after) in places.items() if after}
    assert (answer["done"], answer["gone"]) == (True, True)
    # The database's log is cut, its free pages are overwritten, the indexes are merged, the blob's bytes are gone.
    assert holding(ground.data, NEEDLE) == []
    for path in (f"/memory/{made['memory']}", f"/conversations/{made['conversation']}", f"/runs/{made['run']}"):
        assert ask(ground, "GET", path)[0] == 404
    assert ask(ground, "GET", f"/blobs/{made['blob']}")[0] == 404
    left = done(ground, "POST", f"/collections/{made['collection']}/items", {})["items"]
    assert [one["text"] for one in left] == ["A letter to nobody."]
    # Another owner's user of the same name is another user.
    assert [one["text"] for one in bea.done("GET", f"/memory?user={USER}")["memories"]] == ["Quokkas are round."]
    assert done(ground, "POST", "/memory/forget-user", {"user": USER})["places"][1]["before"] == 0
    bea_answer = bea.done("POST", "/memory/forget-user", {"user": USER})
    assert (bea_answer["gone"], bea.done("GET", f"/memory?user={USER}")["memories"]) == (True, [])


def test_nothing_is_removed_under_a_run_that_has_not_ended(ground: Ground) -> None:
    """The run is named, and all stays until it has ended."""
    done(ground, "POST", "/memory/remember", {"text": "Ivo sails.", "user": "ivo"})
    begun = done_async(ground, {"message": "Tell me a long story.", "user_id": "ivo"})
    status, _, problem = ask(ground, "POST", "/memory/forget-user", {"user": "ivo"})
    assert (status, problem["code"]) == (409, "conflict")
    assert begun in problem["detail"]
    assert len(done(ground, "GET", "/memory?user=ivo")["memories"]) == 1
    done(ground, "POST", f"/runs/{begun}/cancel")
    ask(ground, "GET", f"/runs/{begun}/events")
    # As a run of its own it names the user itself, and is none of what has to end before.
    status, _, asked = ask(ground, "POST", "/memory/forget-user", {"user": "ivo"}, {"prefer": "respond-async"})
    assert list(followed(ground, asked["id"]))
    assert done(ground, "GET", f"/runs/{asked['id']}")["result"]["gone"]


def done_async(ground: Ground, message: Json) -> str:
    """A turn that is begun; its run."""
    status, _, answer = ask(ground, "POST", "/chat", message, {"prefer": "respond-async"})
    assert status == 202
    return str(answer["id"])
