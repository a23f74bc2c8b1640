"""A user is forgotten everywhere, and it is shown: by what the operation answers, and past it, in the data folder."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ground import Ground
from keyed import holder
from rest_client import ask, done

Json = dict[str, Any]

NEEDLE = "Zwiebelfisch"
USER = "Ada.Quastel"


def holding(folder: Path, *words: str) -> list[str]:
    """The files of a folder in which a word is, whatever its letters' size."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return [path.name for path in files for word in words if word.lower().encode() in path.read_bytes().lower()]


def write(ground: Ground) -> Json:
    """Something about the user in every place there is; the ids."""
    text = f"{NEEDLE} keeps bees behind the house."
    key = {"idempotency-key": "of-ada-1"}
    memory = done(ground, "POST", "/memory/remember", {"text": text, "user": USER}, key)
    done(ground, "POST", "/memory/recall", {"query": "bees", "user": USER})
    for namespace in (f"user:{USER}", f"user:{USER}/settings"):
        done(ground, "POST", "/memory/set-entry", {"namespace": namespace, "key": "k", "value": NEEDLE})
    collection = done(ground, "POST", "/collections", {"name": f"letters-of-{USER}"})
    item = {"text": f"A letter to {NEEDLE}.", "metadata": {"user": USER}}
    other = {"text": "A letter to nobody.", "metadata": {"user": "somebody"}}
    done(ground, "POST", f"/collections/{collection['id']}/add-items", {"items": [item, other]})
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


def test_a_user_is_forgotten_everywhere_and_nothing_else_is(ground: Ground) -> None:
    """Promise of forget_user: counts before and after in each place, none left, and not one byte in the data folder."""
    bea = holder(ground, owner="bea", scopes=["*"])
    bea.done("POST", "/memory/remember", {"text": "Quokkas are round.", "user": USER})
    made = write(ground)
    assert len(holding(ground.data, NEEDLE)) >= 2
    planned = done(ground, "POST", "/memory/forget-user", {"user": USER, "dry_run": True})
    assert (planned["done"], planned["gone"]) == (False, False)
    answer = done(ground, "POST", "/memory/forget-user", {"user": USER})
    places = {one["place"]: (one["before"], one["after"]) for one in answer["places"]}
    expected = {"entries": 2, "memories": 1, "items": 1, "conversations": 1, "runs": 1, "blobs": 1, "blob bytes": 1}
    assert {place: places[place] for place in expected} == {place: (count, 0) for place, count in expected.items()}
    for place in ("table events", "table items", "table said", "table replies", "index of words", "database files"):
        assert places[place][0] > 0, place
    assert all(after == 0 for _, after in places.values())
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
    assert done(ground, "POST", "/memory/forget-user", {"user": "ivo"})["gone"]


def done_async(ground: Ground, message: Json) -> str:
    """A turn that is begun; its run."""
    status, _, answer = ask(ground, "POST", "/chat", message, {"prefer": "respond-async"})
    assert status == 202
    return str(answer["id"])
