"""Names under which models serve: by proof on cases that were not learned, back again, each change kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import LOCAL
from nis_backend.errors import Conflict, NisError, NotFound
from nis_backend.trained.places import model_folder

Json = dict[str, Any]
ROWS = [{"text": f"Parcel {number} is late.", "label": f"late {number}"} for number in range(60)]
NUMBERS = count()


def model(ground: Ground, **columns: Any) -> str:
    """The id of a model as a training leaves it."""
    id_ = f"model-promoting{next(NUMBERS)}"
    now = ground.process.context(LOCAL).now()
    row: Json = {"id": id_, "name": id_, "kind": "float", "training_id": f"run-{id_}", "base": None}
    row |= {"dataset_id": "dataset-none", "version": "none", "digest": "", "bytes": 1, "metrics": "{}"}
    row |= {"state": "candidate", "withdrawn": 0, "created": now, "updated": now, **columns}
    ground.run(ground.process.context(LOCAL).store.insert("trained_models", row))
    return id_


def evaluated(ground: Ground, target: str, cases: Sequence[Json], right: int, **columns: Any) -> str:
    """The id of an evaluation of a model that has answered the first so many cases right."""
    answers = [str(one["expected"]) if at < right else "?" for at, one in enumerate(cases)]
    request = {"target": "given", "cases": list(cases), "answers": answers, "metrics": ["exact_match"]}
    id_ = str(ground.call("evaluations.create_evaluation", request)["id"])
    changes = {"target": f"local:{target}", **columns}
    ground.run(ground.process.context(LOCAL).store.update("evaluations", id_, changes))
    return id_


def cases_of(what: str, of: int = 12) -> list[Json]:
    """Cases of their own."""
    return [{"input": f"{what} {number}?", "expected": f"{what} {number}"} for number in range(of)]


def promote(ground: Ground, id_: str, name: str, **more: Any) -> Json:
    """The name, once the model serves under it."""
    return ground.call("training.promote_model", {"id": id_, "name": name, **more})


def test_what_is_rolled_back_stays_in_the_history(ground: Ground) -> None:
    """Back, and back again; a model whose rows were withdrawn is passed over; nothing is forgotten."""
    first, gone, third, fourth = (model(ground) for _ in range(4))
    for number, one in enumerate((first, gone, third, fourth)):
        promote(ground, one, "tide", unproven=f"Reason {number}.")
    store = ground.process.context(LOCAL).store
    ground.run(store.update("trained_models", gone, {"withdrawn": 1}))
    assert ground.call("training.roll_back_model", {"name": "tide"})["model_id"] == third
    told = ground.call("training.roll_back_model", {"name": "tide"})
    assert (told["model_id"], told["unproven"]) == (first, "Reason 0.")
    assert [(one["model_id"], one["undone"] is not None) for one in told["history"]] == [
        (fourth, True),
        (third, True),
        (gone, True),
    ]
    with pytest.raises(Conflict, match="meant nothing before"):
        ground.call("training.roll_back_model", {"name": "tide"})
    again = promote(ground, fourth, "tide", unproven="Once more.")
    assert [one["model_id"] for one in again["history"]] == [fourth, third, gone, first]
    assert ground.call("training.roll_back_model", {"name": "tide"})["model_id"] == first
    states = {one: ground.call("training.get_model", {"id": one})["state"] for one in (first, third, fourth)}
    assert states == {first: "promoted", third: "replaced", fourth: "replaced"}
    with pytest.raises(Conflict, match="withdrawn"):
        promote(ground, gone, "tide", unproven="It is good.")


def test_of_two_promotions_at_once_one_is_told(ground: Ground) -> None:
    """Neither is lost in silence: the name has one, and the other's caller knows."""
    models = [model(ground) for _ in range(6)]

    async def all_at_once(ids: Sequence[str]) -> list[Any]:
        ctx = ground.process.context(LOCAL)
        each = ({"id": one, "name": "race", "unproven": "First."} for one in ids)
        calls = [ctx.call_named("training.promote_model", one) for one in each]
        return await asyncio.gather(*calls, return_exceptions=True)

    for some in (models[:3], models[3:]):
        told = ground.run(all_at_once(some))
        done = [one for one in told if not isinstance(one, NisError)]
        assert all(isinstance(one, Conflict) and one.field == "name" for one in told if one not in done)
        history = ground.call("training.list_models", {"state": "promoted", "limit": 100})["models"]
        assert sum("local:race" in one["serves_as"] for one in history) == 1


def test_a_proof_is_of_the_same_cases_asked_the_same_way(ground: Ground) -> None:
    """And is held against how often they were looked at: trying until one passes passes nothing."""
    serves, better = model(ground), model(ground)
    promote(ground, serves, "pier", unproven="First.")
    cases = cases_of("pier")
    old, new = evaluated(ground, serves, cases, 2), evaluated(ground, better, list(reversed(cases)), 0)
    new = evaluated(ground, better, cases, 9)
    proof = {"candidate": new, "baseline": old, "metric": "exact_match"}
    # p = 2 / 2^7 = 0.0156 of 7 that differ; twice that after two looks, and 0.0625 after four.
    store = ground.process.context(LOCAL).store
    row = ground.run(store.get("evaluations", new))
    assert row is not None
    short = {**json.loads(row["summary"]), "how": {"max_tokens": 5}}
    ground.run(store.update("evaluations", new, {"summary": json.dumps(short)}))
    with pytest.raises(Conflict, match="asked differently: max_tokens"):
        promote(ground, better, "pier", proof=proof)
    ground.run(store.update("evaluations", new, {"summary": row["summary"]}))
    more = [evaluated(ground, better, cases, 1) for _ in range(2)]
    with pytest.raises(Conflict, match="one of 4 looks"):
        promote(ground, better, "pier", proof=proof)
    for one in more:
        ground.run(store.delete("evaluations", one))
    other = evaluated(ground, better, cases[1:], 11)
    with pytest.raises(Conflict, match="0 cases are the candidate's alone, 1 the baseline's"):
        promote(ground, better, "pier", proof={**proof, "candidate": other})
    with pytest.raises(NotFound) as unknown:
        promote(ground, better, "pier", proof={**proof, "candidate": "evaluation-0"})
    assert unknown.value.field == "proof.candidate"
    with pytest.raises(NotFound) as unknown:
        promote(ground, better, "pier", proof={**proof, "metric": "chrf"})
    assert unknown.value.field == "proof.metric"
    assert promote(ground, better, "pier", proof=proof)["gate"]["looks"] == 2


def test_no_model_is_proven_by_what_it_has_learned(ground: Ground) -> None:
    """Rows that it was trained or chosen by are no cases, whoever writes them down; nor are those of its base."""
    data = ground.call("datasets.create_dataset", {"kind": "labels"})["id"]
    ground.call("datasets.import_examples", {"id": data, "rows": ROWS})
    ground.call("datasets.split_dataset", {"id": data, "train": 0.4, "validation": 0.1, "test": 0.5})
    about = ground.call("datasets.get_dataset", {"id": data})
    ctx = ground.process.context(LOCAL)

    def part(split: str) -> list[Json]:
        blob = ground.call("datasets.export_dataset", {"id": data, "split": split})
        rows = ground.run(ctx.blobs.read(blob["id"])).splitlines()
        return [{"input": one["text"], "expected": one["label"]} for one in map(json.loads, rows)]

    made = model(ground, dataset_id=data, version=about["version"])
    further = model(ground, base=f"local:{made}", dataset_id=data, version=about["version"])
    base: Json = {
        "owner": LOCAL.owner,
        "name": "m",
        "recipe": "bitnet",
        "dataset_id": data,
        "settings": "{}",
        "step": 1,
    }
    for one in (made, further):
        row = {**base, "id": f"run-{one}", "run_id": f"run-{one}", "version": about["version"], "base": None}
        row |= {"summary": json.dumps({"splits": about["splits"]}), "model_id": one, "created": 1.0, "updated": 1.0}
        row.pop("owner")
        ground.run(ctx.store.insert("trainings", row))
    unseen, seen = part("test"), part("train")
    for id_ in (made, further):
        low, high = evaluated(ground, "other", [*unseen, seen[0]], 0), evaluated(ground, id_, [*unseen, seen[0]], 20)
        proof = {"candidate": high, "baseline": low, "metric": "exact_match"}
        with pytest.raises(Conflict, match="has learned 1 of the") as refused:
            promote(ground, id_, f"learned-{id_}", proof=proof)
        assert str(len(unseen) + 1) in refused.value.message
        low, high = evaluated(ground, "other", unseen, 0), evaluated(ground, id_, unseen, 20)
        proof = {"candidate": high, "baseline": low, "metric": "exact_match"}
        told = promote(ground, id_, f"learned-{id_}", proof=proof)
        assert told["gate"]["passed"]
        assert "learned" not in told["gate"]["reason"]
    # Parted otherwise since, any row may have been learned.
    ground.call("datasets.split_dataset", {"id": data, "train": 0.5, "validation": 0.0, "test": 0.5, "salt": "b"})
    with pytest.raises(Conflict, match="has learned"):
        promote(ground, made, "learned-again", proof={**proof, "candidate": evaluated(ground, made, unseen, 20)})


def test_a_training_begins_with_the_model_that_a_name_meant(ground: Ground) -> None:
    """Promoted otherwise meanwhile, it goes on with the same: killed or not, it ends the same."""
    base, later = model(ground), model(ground)
    for one in (base, later):
        folder = model_folder(ground.settings, one)
        folder.mkdir(parents=True)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            (folder / name).write_text('{"model_type": "llama"}')
    promote(ground, base, "quay", unproven="First.")
    data = ground.call("datasets.create_dataset", {"kind": "text"})["id"]
    ground.call("datasets.import_examples", {"id": data, "rows": [{"text": f"Line {at} of it."} for at in range(9)]})
    ground.call("datasets.split_dataset", {"id": data, "train": 0.4, "validation": 0.3, "test": 0.3})
    asked = {"recipe": "bitnet_convert", "dataset": data, "name": "pinned", "base": "local:quay"}
    later_on = {"operation": "training.start_training", "arguments": asked, "delay_seconds": 3600}
    run = ground.call("runs.start_run", later_on)
    promote(ground, later, "quay", unproven="Another.")
    assert ground.call("training.get_training", {"id": run["id"]})["base"] == f"local:{base}"
    ground.call("runs.cancel_run", {"id": run["id"]})
