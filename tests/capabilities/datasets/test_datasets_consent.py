"""Consent over both databases: what is collected is of who consents, and goes when that is withdrawn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets_opened import Body, Nis, lines, run_in

from nis_backend.errors import Conflict, InvalidRequest, NotFound

Json = dict[str, Any]
SCRIPT = json.dumps({"replies": [{"text": "An answer."}, {"text": "Another answer, which is longer."}]})
"""They are given in turn."""


@pytest.fixture(params=["sqlite", "postgresql"])
def within(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each database, and a model that answers from a script."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None
    script = tmp_path / "script.json"
    script.write_text(SCRIPT)
    return lambda body: run_in(tmp_path / "data", body, database, scripted=script)


async def say(nis: Nis, message: str, user: str | None = None, rating: str | None = None, **more: Any) -> Json:
    """A turn, and what is thought of it."""
    given = {"message": message, "provider": "scripted", "operations": False, **more}
    turn = await nis.call("chat.send_message", **given, **({"user_id": user} if user else {}))
    if rating:
        await nis.call("feedback.create_feedback", run_id=turn["run_id"], rating=rating)
    return turn


def told(counts: dict[str, int]) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in counts.items() if count}


def holding(folder: Path, *words: str) -> list[str]:
    """The blobs in which a word is."""
    files = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    return [path.name for path in files for word in words if word.encode() in path.read_bytes()]


def test_only_who_consents_is_collected_and_a_withdrawal_reaches_every_version(within: Callable[[Body], None]) -> None:
    """Promise of withdraw_consent: rows of theirs are in no version, no export and no byte; models are marked."""

    async def body(nis: Nis) -> None:
        await say(nis, "My name is Zara. Write to zara@example.com about Zwiebelfisch.", "zara", "good")
        await say(nis, "Tell me of the Quokka.", "bea")
        await say(nis, "Tell me of the Okapi.", "carl")
        await say(nis, "A note of my own.")
        await nis.dataset("chat", name="talks")
        first = await nis.call("datasets.collect_examples", id="talks")
        assert (first["collected"], told(first["left_out"])) == (0, {"no_consent": 4})
        await nis.call("datasets.grant_consent", user="zara", purposes=["training"])
        await nis.call("datasets.grant_consent", user="bea", purposes=["training", "evaluation"], note="By letter.")
        await nis.call("datasets.grant_consent", user="carl", purposes=["evaluation"])
        done = await nis.call("datasets.collect_examples", id="talks")
        assert (done["collected"], done["users"], told(done["left_out"])) == (2, 2, {"no_consent": 2})
        assert told(done["replaced"]) == {"EMAIL": 1, "NAME": 1}
        rows = await nis.rows("talks")
        said = {row["messages"][0]["content"] for row in rows}
        assert said == {"My name is [NAME_1]. Write to [EMAIL_1] about Zwiebelfisch.", "Tell me of the Quokka."}
        again = await nis.call("datasets.collect_examples", id="talks")
        assert (again["collected"], again["left_out"]["known"], again["version"]) == (0, 2, done["version"])
        extra = {"prompt": "More?", "completion": "Yes."}
        more = await nis.call("datasets.import_examples", id="talks", rows=[extra])
        await nis.call("datasets.split_dataset", id="talks", train=1, validation=0, test=0, by="user")
        await nis.exported("talks", split="train", format="csv")
        # The rows were taken out and put into another dataset: there they are found by what they are.
        await nis.dataset("chat", name="copy")
        await nis.call("datasets.import_examples", id="copy", file=lines(*rows))
        model = {
            "id": "model-1",
            "name": "m",
            "kind": "x",
            "training_id": "t",
            "base": None,
            "digest": "d",
            "bytes": 1,
            "metrics": "{}",
            "state": "ready",
            "withdrawn": 0,
            "created": 1.0,
            "updated": 1.0,
        }
        dataset = await nis.call("datasets.get_dataset", id="talks")
        await nis.ctx.store.insert("trained_models", {**model, "dataset_id": dataset["id"], "version": done["version"]})
        assert len(holding(nis.data, "Zwiebelfisch")) == 5
        gone = await nis.call("datasets.withdraw_consent", user="zara")
        assert (gone["rows"], gone["versions"], len(gone["datasets"]), gone["files"]) == (1, 3, 2, 2)
        assert gone["models"] == ["model-1"]
        assert holding(nis.data, "Zwiebelfisch") == []
        assert [row["messages"][0]["content"] for row in await nis.rows("talks")] == ["Tell me of the Quokka.", "More?"]
        kept = (await nis.call("datasets.list_versions", id="talks"))["versions"]
        assert [(one["rows"], one["current"]) for one in kept] == [(2, True), (1, False)]
        assert kept[0]["parent"] == kept[1]["version"]
        refused = await nis.refused("datasets.export_dataset", id="talks", version=more["version"])
        assert isinstance(refused, Conflict)
        assert kept[0]["version"] in refused.remedy
        assert (await nis.call("datasets.collect_examples", id="talks"))["collected"] == 0
        consents = await nis.call("datasets.list_consents", withdrawn=True)
        assert {one["user"]: one["withdrawn"] is None for one in consents["consents"]} == {
            "zara": False,
            "bea": True,
            "carl": True,
        }
        assert [one["user"] for one in (await nis.call("datasets.list_consents", purpose="training"))["consents"]] == [
            "bea"
        ]
        assert (await nis.call("datasets.withdraw_consent", user="zara"))["rows"] == 0
        assert isinstance(await nis.refused("datasets.withdraw_consent", user="nobody"), NotFound)

    within(body)


def test_rated_answers_become_rows_and_pairs(within: Callable[[Body], None]) -> None:
    """Promise of collect_examples: good answers with what was said before; pairs of answers to the same words."""

    async def body(nis: Nis) -> None:
        await nis.call("datasets.grant_consent", purposes=["training"])
        one = await say(nis, "First of all, hello.", rating="good")
        await say(nis, "And then?", rating="bad", conversation_id=one["conversation_id"])
        two = await say(nis, "How far is it?", rating="bad")
        anew = await nis.call("conversations.regenerate_answer", id=two["conversation_id"])
        await nis.call("feedback.create_feedback", run_id=anew["run_id"], rating="good")
        # The same words in two conversations, as branches have them.
        three = await say(nis, "How near is it?", rating="good")
        four = await say(nis, "How near is it?", rating="bad")
        await nis.dataset("chat", name="good")
        done = await nis.call("datasets.collect_examples", id="good", rated="good")
        assert (done["collected"], done["users"], told(done["left_out"])) == (3, 1, {"rating": 2})
        rows = await nis.rows("good")
        assert all([message["role"] for message in row["messages"]] == ["user", "assistant"] for row in rows)
        await nis.dataset("chat", name="some")
        wanted = {"id": "some", "rated": "good", "model": "scripted:scripted", "shortest": 30}
        assert (await nis.call("datasets.collect_examples", **{**wanted, "model": "other"}))["left_out"]["model"] == 5
        assert (await nis.call("datasets.collect_examples", **wanted))["collected"] == 1
        later = await nis.call("datasets.collect_examples", id="some", since=4e9)
        assert (later["collected"], later["conversations"]) == (0, 0)
        await nis.dataset("preferences", name="pairs")
        done = await nis.call("datasets.collect_examples", id="pairs")
        assert done["collected"] == 2
        pairs = {row["messages"][0]["content"]: (row["chosen"], row["rejected"]) for row in await nis.rows("pairs")}
        assert pairs == {
            "How far is it?": (anew["response"], two["response"]),
            "How near is it?": (three["response"], four["response"]),
        }
        await nis.dataset("text", name="text")
        assert isinstance(await nis.refused("datasets.collect_examples", id="text"), InvalidRequest)

    within(body)


def test_a_user_who_is_forgotten_is_in_no_dataset(within: Callable[[Body], None]) -> None:
    """Promise of memory.forget_user: rows, sources and the consent go, and the places show it."""

    async def body(nis: Nis) -> None:
        await nis.call("datasets.grant_consent", user="zara", purposes=["training"])
        await nis.call("datasets.grant_consent", user="bea", purposes=["training"])
        await say(nis, "A Zwiebelfisch, please.", "zara")
        await say(nis, "A Quokka, please.", "bea")
        await nis.dataset("chat", name="talks")
        assert (await nis.call("datasets.collect_examples", id="talks"))["collected"] == 2
        answer = await nis.call("memory.forget_user", user="zara")
        places = {one["place"]: (one["before"], one["after"]) for one in answer["places"]}
        assert (places["examples"], places["consents"], answer["gone"]) == ((1, 0), (1, 0), True)
        assert holding(nis.data, "Zwiebelfisch") == []
        assert [row["messages"][0]["content"] for row in await nis.rows("talks")] == ["A Quokka, please."]
        left = (await nis.call("datasets.list_consents", withdrawn=True))["consents"]
        assert [one["user"] for one in left] == ["bea"]

    within(body)


def a_model(id_: str, **given: Any) -> Json:
    """A row of a trained model."""
    model: Json = {"id": id_, "name": "m", "kind": "x", "training_id": "t", "base": None, "digest": "d", "bytes": 1}
    model |= {"dataset_id": None, "version": None, "metrics": "{}", "state": "ready", "withdrawn": 0}
    return {**model, "created": 1.0, "updated": 1.0, **given}


def a_training(id_: str, **given: Any) -> Json:
    """A row of a training."""
    training: Json = {"id": id_, "run_id": id_, "name": "m", "recipe": "x", "base": None, "settings": "{}", "step": 0}
    return {**training, "summary": "{}", "model_id": None, "created": 1.0, "updated": 1.0, **given}


def test_what_was_made_of_withdrawn_rows_is_marked_also_in_turn_and_later(tmp_path: Path) -> None:
    """Promise of withdraw_consent: models of models, those of a deleted dataset; rows that trainings hold go."""

    async def body(nis: Nis) -> None:
        store = nis.ctx.store
        await nis.call("datasets.grant_consent", user="zara", purposes=["training", "evaluation"])
        await say(nis, "Tell me of the Zwiebelfisch.", "zara")
        await nis.dataset("chat", name="talks")
        version = (await nis.call("datasets.collect_examples", id="talks"))["version"]
        narrower = await nis.refused("datasets.grant_consent", user="zara", purposes=["evaluation"])
        assert (narrower.field, isinstance(narrower, Conflict)) == ("purposes", True)
        of = {"dataset_id": (await nis.call("datasets.get_dataset", id="talks"))["id"], "version": version}
        other = {"dataset_id": "dataset-other", "version": "0" * 64}
        await store.insert("trainings", a_training("run-1", **of, model_id="model-gone"))
        await store.insert("trained_models", a_model("model-1", **of))
        await store.insert("trained_models", a_model("model-2", **other, base="local:fine"))
        await store.insert("trained_models", a_model("model-3", **other, base="local:model-2"))
        await store.insert("trained_models", a_model("model-4", **other, base="local:model-gone"))
        await store.insert("trained_models", a_model("model-5", **other, base="embedded"))
        history = json.dumps([{"model_id": "model-5"}, {"model_id": "model-1"}])
        name = {
            "id": "name-1",
            "name": "fine",
            "model_id": "model-5",
            "history": history,
            "created": 1.0,
            "updated": 1.0,
        }
        await store.insert("model_names", name)
        rows = nis.data / "training" / "runs" / "run-1" / "data"
        rows.mkdir(parents=True)
        (rows / "train.jsonl").write_text("Zwiebelfisch")
        await nis.call("datasets.delete_dataset", id="talks")
        gone = await nis.call("datasets.withdraw_consent", user="zara")
        assert sorted(gone["models"]) == ["model-1", "model-2", "model-3", "model-4"]
        assert not rows.exists()
        kept = await store.get("trained_models", "model-5")
        assert kept is not None
        assert not kept["withdrawn"]
        assert await store.count("example_sources") == 0

    script = tmp_path / "script.json"
    script.write_text(SCRIPT)
    run_in(tmp_path / "data", body, scripted=script)


def test_a_withdrawal_that_was_cut_leaves_a_dataset_that_answers(tmp_path: Path) -> None:
    """Promise of withdraw_consent: wherever it is cut, what is left can be read, and the next call ends it."""

    async def body(nis: Nis) -> None:
        store = nis.ctx.store
        await nis.call("datasets.grant_consent", user="zara", purposes=["training"])
        await say(nis, "Tell me of the Zwiebelfisch.", "zara")
        await nis.dataset("chat", name="talks")
        version = (await nis.call("datasets.collect_examples", id="talks"))["version"]
        made = await nis.call("datasets.import_examples", id="talks", rows=[{"prompt": "More?", "completion": "Yes."}])
        sources = await store.select("example_sources")
        await nis.call("datasets.withdraw_consent", user="zara")
        # As a death had left it: the current version is not named yet, its old bytes are there, its rows are known.
        dataset = (await store.select("datasets"))[0]
        blob = await nis.ctx.blobs.put(b"Zwiebelfisch", purpose=f"of {dataset['id']}")
        left = await store.get("dataset_versions", (await store.select("dataset_versions"))[0]["id"])
        assert left is not None
        await store.update("datasets", dataset["id"], {"version": made["version"], "rows": 2})
        note = json.dumps({**json.loads(left["note"]), "leaving": blob.id})
        await store.update("dataset_versions", left["id"], {"note": note})
        await store.insert("example_sources", sources[0])
        assert [row["messages"][0]["content"] for row in await nis.rows("talks")] == ["More?"]
        assert isinstance(await nis.refused("datasets.export_dataset", id="talks", version=version), Conflict)
        await nis.call("datasets.withdraw_consent", user="zara")
        assert holding(nis.data, "Zwiebelfisch") == []
        told = await nis.call("datasets.get_dataset", id="talks")
        assert (told["version"], told["rows"]) == (left["digest"], 1)

    script = tmp_path / "script.json"
    script.write_text(SCRIPT)
    run_in(tmp_path / "data", body, scripted=script)


def test_withdrawals_at_once_and_changes_beside_them_leave_whole_datasets(tmp_path: Path) -> None:
    """Promise of withdraw_consent: whoever else withdraws, adds or exports meanwhile, what is left can be read."""

    async def body(nis: Nis) -> None:
        for user in ("zara", "bea", "carl"):
            await nis.call("datasets.grant_consent", user=user, purposes=["training"])
            await say(nis, f"A Zwiebelfisch of {user}'s own {len(user)}.", user)
        await nis.dataset("chat", name="talks")
        await nis.call("datasets.collect_examples", id="talks")
        more = [{"prompt": f"{number}?", "completion": "Yes."} for number in range(4)]
        await asyncio.gather(
            *(nis.call("datasets.withdraw_consent", user=user) for user in ("zara", "zara", "bea", "carl")),
            *(nis.call("datasets.import_examples", id="talks", rows=[row]) for row in more),
        )
        assert holding(nis.data, "Zwiebelfisch") == []
        assert sorted(row["messages"][0]["content"] for row in await nis.rows("talks")) == ["0?", "1?", "2?", "3?"]

    script = tmp_path / "script.json"
    script.write_text(SCRIPT)
    run_in(tmp_path / "data", body, scripted=script)


def test_the_bytes_of_a_version_go_with_its_dataset_alone(tmp_path: Path) -> None:
    """Promise of datasets: whoever has exported all rows cannot delete them so, nor does their age."""

    async def body(nis: Nis) -> None:
        await nis.dataset("text", [{"text": "One."}])
        blob = await nis.call("datasets.export_dataset", id="d")
        for name, more in (("delete_blob", {}), ("update_blob", {"expires_after": 60})):
            assert isinstance(await nis.refused(f"blobs.{name}", id=blob["id"], **more), Conflict)
        await nis.process.drivers.store.expire("blobs", 4e9)
        assert await nis.rows() == [{"text": "One."}]

    run_in(tmp_path, body)


def test_who_has_not_consented_is_left_out_of_group_threads_and_what_two_say_goes_with_each(tmp_path: Path) -> None:
    """Promise of collect_examples: everybody in a thread consents; a row of two is from both, and never parted."""

    async def body(nis: Nis) -> None:
        for user in ("ann", "bob"):
            await nis.call("datasets.grant_consent", user=user, purposes=["training"])
        for others in (("ann", "eve"), ("ann", "bob"), ("bob", None)):
            first = await say(nis, f"A thread of {others}.", others[0])
            await say(nis, "I agree.", others[1], conversation_id=first["conversation_id"])
        for user in ("ann", "bob"):
            await nis.call("chat.send_message", message="Hello!", provider="scripted", operations=False, user_id=user)
            await say(nis, f"Only {user}.", user)
        await nis.dataset("chat", name="talks")
        done = await nis.call("datasets.collect_examples", id="talks")
        assert (done["left_out"]["no_consent"], done["users"]) == (2, 2)
        said = {row["messages"][0]["content"] for row in await nis.rows("talks")}
        assert said == {"A thread of ('[NAME_1]', '[NAME_2]').", "Hello!", "Only [NAME_1]."}
        hello = [row for row in await nis.ctx.store.select("example_sources") if row["person"] == "bob"]
        assert len(hello) >= 2
        await nis.call("datasets.split_dataset", id="talks", train=0.5, validation=0.5, test=0, by="user")
        assert {len(await nis.rows("talks", split=part)) for part in ("train", "validation")} == {0, done["rows"]}
        await nis.call("datasets.withdraw_consent", user="bob")
        assert await nis.rows("talks") == []

    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"text": "An answer."}]}))
    run_in(tmp_path / "data", body, scripted=script)
