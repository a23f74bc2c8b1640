"""From what people have said to a model that answers: every step is a tool of MCP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Serve
from over_mcp import over_mcp

SAID = ("the tide is low", "the boats are in", "the pier is open", "the gulls are loud", "the ferry is late")
SMALL = {"width": 64, "layers": 1, "heads": 2, "context": 128, "batch": 8, "looks": 2, "learning_rate": 0.01}


def test_models_learn_from_consented_talk_and_the_better_one_serves(serve: Serve, tmp_path: Path) -> None:
    """Promise: collect, split, train, evaluate, promote by proof, chat, roll back: through MCP alone.

    Who has not consented is not learned from, and who withdraws is told of by the models.
    """
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"text": f"Yes, {one}."} for one in SAID]}))
    server = serve(NIS_SCRIPTED=str(script), NIS_TRAINING_THREADS="1")

    def call(name: str, /, **request: Any) -> Any:  # Any: JSON
        return over_mcp(server.url, name, request)

    call("datasets.grant_consent", user="ada", purposes=["training"])
    for number in range(30):
        who = "ada" if number % 3 else "bob"
        call("chat.send_message", message=f"Tell me of the harbour, {number}.", user_id=who, model="scripted:scripted")
    talks = call("datasets.create_dataset", name="talks", kind="chat")["id"]
    collected = call("datasets.collect_examples", id=talks)
    assert (collected["collected"], collected["left_out"]["no_consent"]) == (20, 10)
    parted = call("datasets.split_dataset", id=talks, train=0.5, validation=0.1, test=0.4)
    assert parted["test"] >= 6

    made = {
        name: call("training.start_training", recipe="bitnet", dataset=talks, name=name, steps=steps, settings=SMALL)
        for name, steps in (("first", 1), ("better", 80))
    }
    first, better = made["first"]["model_id"], made["better"]["model_id"]
    call("training.promote_model", id=first, name="harbour", unproven="There is no other.")

    def judged(target: str) -> str:
        asked = {"target": target, "dataset": talks, "split": "test", "metrics": ["bits_per_byte"]}
        return str(call("evaluations.create_evaluation", **asked)["id"])

    proof = {"candidate": judged(f"local:{better}"), "baseline": judged("local:harbour"), "metric": "bits_per_byte"}
    turned = {**proof, "candidate": proof["baseline"], "baseline": proof["candidate"]}
    refused = over_mcp_problem(server.url, "training.promote_model", id=first, name="other", proof=turned)
    assert refused["code"] == "conflict"
    assert "not proven better" in refused["detail"]
    promoted = call("training.promote_model", id=better, name="harbour", proof=proof)
    assert (promoted["model_id"], promoted["gate"]["passed"]) == (better, True)
    answer = call("chat.send_message", message="Tell me of the harbour, 99.", model="local:harbour")
    assert answer["provider"] == "local"
    assert "Yes" in answer["response"]
    assert call("training.roll_back_model", name="harbour")["model_id"] == first

    call("datasets.withdraw_consent", user="ada")
    models = call("training.list_models")["models"]
    assert [one["withdrawn"] for one in models] == [True, True]


def over_mcp_problem(url: str, name: str, /, **request: Any) -> dict[str, Any]:  # Any: a problem document
    """Why a call was refused."""
    from nis_backend.errors import NisError  # noqa: PLC0415 - beside its one use

    try:
        over_mcp(url, name, request)
    except NisError as error:
        return error.problem()
    raise AssertionError(name)
