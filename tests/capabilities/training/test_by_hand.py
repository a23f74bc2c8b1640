"""Trainings without a server: killed (`make prove-training-kills` is the long form), and on two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from outliving import prove
from small_trainings import TINY, texts, training, write_rows

from nis_backend.capabilities.training import by_hand
from nis_backend.capabilities.training.job import METRICS
from nis_backend.capabilities.training.recipes import bitnet
from nis_backend.capabilities.training.settings.bitnet import Settings
from nis_backend.capabilities.training.ternary_model import load, torch
from nis_backend.drivers.compute.base import Json


def losses(folder: Path) -> list[float]:
    """Of each step."""
    return [json.loads(line)["loss"] for line in (folder / METRICS).read_text().splitlines()]


def told(folder: Path, **changes: object) -> Path:
    """The file that says which training."""
    payload: Json = {
        "recipe": "bitnet",
        "settings": TINY,
        "seed": 1,
        "folder": str(folder),
        "base": None,
        "steps": 16,
        "seconds": None,
        "save_seconds": 1e9,
    }
    path = folder / "training.json"
    path.write_text(json.dumps({**payload, **changes}))
    return path


def test_three_kills_change_no_bit() -> None:
    """`kill -9` at random moments: model, tokenizer and metrics are those of a training that was left alone."""
    assert "are the same byte for byte" in prove("training_kills.py", "--kills", "3", "--steps", "40")


class Cut(Exception):
    """The end of a first attempt."""


def test_two_processes_learn_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By torchrun over gloo: the same batches, halved, give the same losses within rounding; one's beginning goes on.

    Nine of a batch's rows are not shared evenly.
    """
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    rows = {"train": texts(10, 1), "validation": texts(2, 2)}
    settings = {**TINY, "batch": 9, "looks": 4}
    for folder in (alone, shared):
        write_rows(folder, **rows)
    one = bitnet.train(training(alone, Settings.model_validate(settings), steps=16))
    begun = training(shared, Settings.model_validate(settings), steps=16, save_seconds=0.0)
    save = begun.save

    def save_and_end(step: int, tensors: dict[str, Any], state: Json) -> None:
        save(step, tensors, state)
        if step == 5:
            raise Cut

    monkeypatch.setattr(begun, "save", save_and_end)
    with pytest.raises(Cut):
        bitnet.train(begun)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
            *("-m", by_hand.__name__, str(told(shared, settings=settings))),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    items: list[Json] = [json.loads(line) for line in done.stdout.splitlines()]
    two = items[-1]["outcome"]
    assert two["facts"]["processes"] == 2
    assert len([item for item in items if item["kind"] == "done"]) == 1  # the other says nothing
    assert losses(shared) == pytest.approx(losses(alone), rel=2e-3)
    assert two["metrics"]["validation_loss"] == pytest.approx(one.metrics["validation_loss"], rel=2e-3)
    apart = [
        (mine - theirs).abs().max()
        for mine, theirs in zip(load(alone / "out").parameters(), load(shared / "out").parameters(), strict=True)
    ]
    assert max(apart) < 0.05


def test_a_failure_is_told_with_its_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of JSON, and the failure's exit status."""
    write_rows(tmp_path, train=[{"text": "few"}])
    assert by_hand.main([str(told(tmp_path))]) == 2
    item = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (item["kind"], item["code"], item["field"]) == ("failed", "invalid_request", "dataset")
    assert item["remedy"]


def test_followers_leave_all_writing_to_the_first(tmp_path: Path) -> None:
    """Neither metrics nor checkpoints nor a model come from them; they begin where the first does."""
    write_rows(tmp_path, train=texts(4, 1))
    bitnet.train(training(tmp_path, steps=2))
    before = sorted(path.name for path in tmp_path.rglob("*"))
    at = torch.get_num_threads()
    job = training(tmp_path, steps=3)
    follower = by_hand.Follower(**{name: value for name, value in vars(job).items() if not name.startswith("_")})
    saved = follower.resume()
    assert saved is not None
    assert saved.step == 2
    assert not follower.due(3)
    follower.save(3, {}, {})
    follower.report(3, {"loss": 1.0})
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert len(losses(tmp_path)) == 2
    torch.set_num_threads(at)
