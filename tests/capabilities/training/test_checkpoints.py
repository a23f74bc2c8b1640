"""Checkpoints are there whole or not at all, and a training goes on from the newest that is right in every byte."""

from __future__ import annotations

import fcntl
import json
import math
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nis_backend.capabilities.training import worker
from nis_backend.capabilities.training.checkpoints import STATE, TENSORS, latest, listed, save
from nis_backend.capabilities.training.curves import lines_of
from nis_backend.capabilities.training.job import METRICS, Diverged, Job, pause_at
from nis_backend.capabilities.training.worker import alone
from nis_backend.drivers.compute.base import Json
from nis_backend.drivers.store.limits import Limits
from nis_backend.errors import TooLarge, Unavailable

ONE = {"weight": torch.arange(6, dtype=torch.float32).reshape(2, 3)}
TWO = {"weight": ONE["weight"] + 1}


def job_in(folder: Path, heard: list[Json], seconds: float | None = None) -> Job:
    """A training of ten steps that saves at each."""
    return Job(
        settings=None,
        seed=0,
        folder=folder,
        out=folder / "out",
        data={"train": folder / "train.jsonl"},
        base=None,
        steps=10,
        seconds=seconds,
        threads=1,
        save_seconds=0.0,
        heard=heard.append,
    )


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    """Promise: tensors and state come back as they were, and old checkpoints go."""
    for step in (1, 2, 3):
        save(tmp_path, step, ONE if step < 3 else TWO, {"seen": step})
    saved = latest(tmp_path)
    assert saved is not None
    assert (saved.step, saved.state["seen"]) == (3, 3)
    assert torch.equal(saved.tensors["weight"], TWO["weight"])
    assert [step for step, _ in listed(tmp_path)] == [3, 2]


@pytest.mark.parametrize("name", [TENSORS, STATE])
def test_a_corrupt_checkpoint_is_passed_over(tmp_path: Path, name: str) -> None:
    """Promise: a byte that changed is seen, and the checkpoint before is taken and told."""
    save(tmp_path, 1, ONE, {})
    newest = save(tmp_path, 2, TWO, {})
    content = bytearray((newest / name).read_bytes())
    content[-2] ^= 1
    (newest / name).write_bytes(content)
    saved = latest(tmp_path)
    assert saved is not None
    assert saved.step == 1
    assert saved.passed_over == [f"step-0000000002: {name} is not what was written"]
    (tmp_path / "step-0000000003.part").mkdir()
    save(tmp_path, 1, TWO, {})
    assert [one.name for one in tmp_path.iterdir()] == ["step-0000000001"], "nor has it a good one's place"


def test_no_good_checkpoint_is_no_fresh_start(tmp_path: Path) -> None:
    """Promise: where all are corrupt the training ends with that, and does not begin anew in silence."""
    (save(tmp_path, 1, ONE, {}) / STATE).write_text("{")
    with pytest.raises(Unavailable, match="No checkpoint of this training can be read"):
        latest(tmp_path)


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond a kilobyte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, small_files: None) -> None:
    """Promise: what cannot be written is refused with the remedy; nothing half written is left."""
    del small_files
    save(tmp_path, 1, ONE, {})
    with pytest.raises(Unavailable, match="cannot be written down") as refused:
        save(tmp_path, 2, {"weight": torch.zeros(1000)}, {})
    assert "Free some space" in refused.value.remedy
    saved = latest(tmp_path)
    assert saved is not None
    assert saved.step == 1
    assert [one.name for one in tmp_path.iterdir()] == ["step-0000000001"]


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    """Promise: NaN is a typed failure that says what to do."""
    with pytest.raises(Diverged, match="after 3 steps") as refused:
        job_in(tmp_path, []).report(3, {"loss": math.nan})
    assert "learning_rate" in refused.value.remedy


def test_metrics_after_the_checkpoint_are_taken_back(tmp_path: Path) -> None:
    """Promise: what a kill has cut is measured again once, and a half line is no line."""
    heard: list[Json] = []
    job = job_in(tmp_path, heard)
    for step in (1, 2, 3):
        job.report(step, {"loss": 1.0 / step}, [{"zeros": 0.5}])
        if step == 2:
            job.save(step, ONE, {"order": [1, 2]})
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"step": 4, "lo')
    saved = job_in(tmp_path, heard).resume()
    assert saved is not None
    assert saved.state["order"] == [1, 2]
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert [one["values"] for one in heard if one["kind"] == "progress"] == [{"loss": 1.0, "zeros": 0.5}]
    assert [one["kind"] for one in heard if one["kind"] == "checkpoint"] == ["checkpoint"]


def test_a_week_s_steps_are_within_a_run_s_log() -> None:
    """Promise: who watches is told at least every ten seconds, and no training ends because it was told too much."""
    gone, told = 0.0, 0
    while gone < 604_800:
        gone += pause_at(gone)
        told += 1
    assert pause_at(60) == 0.25
    assert told < Limits().events / 2


def test_curves_keep_what_is_measured_seldom(tmp_path: Path) -> None:
    """Promise: of many steps few are drawn, the last one, looks and layers among them; a cut line is none."""
    told: list[Json] = [{"step": step, "loss": 1.0 / step} for step in range(1, 1001)]
    for line in told[::10]:
        line["layers"] = [{"layer": 0, "zeros": 0.3}]
    for line in told[49::50]:
        line["validation_loss"] = 1.0
    text = "".join(json.dumps(line) + "\n" for line in told)
    (tmp_path / METRICS).write_text('"zeros": 1}]}\n' + text + '{"step": 1001, "lo')
    drawn = lines_of(tmp_path, 0, 200)
    assert (len(drawn), drawn[-1]["step"]) == (200, 1000)
    assert sum("layers" in line for line in drawn) + sum("validation_loss" in line for line in drawn) == 100
    assert [line["step"] for line in lines_of(tmp_path, 990, 3)] == [994, 999, 1000]
    assert [line["step"] for line in lines_of(tmp_path, 0, 1)] == [1000]


def test_one_process_trains_in_a_folder(tmp_path: Path) -> None:
    """Promise: who comes second waits, and says so: of a host that lost its run and does not know it yet."""
    told: list[Json] = []
    with (tmp_path / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)

        def let_go(item: Json) -> None:
            told.append(item)
            fcntl.flock(first, fcntl.LOCK_UN)

        with alone(tmp_path, let_go):
            assert [one["kind"] for one in told] == ["warning"]


def test_want_of_memory_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: however a library says it, it is `too_large` with what to do, and no full disk."""
    errors = [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
        RuntimeError("can't start new thread"),
        ImportError("x.so: cannot allocate memory in static TLS block"),
    ]
    assert all(map(worker.for_want_of_memory, errors))
    assert not worker.for_want_of_memory(OSError(28, "No space left on device"))

    def fail(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(worker, "_train", fail)
    with pytest.raises(TooLarge, match="more memory than there is") as refused:
        worker.train({"folder": str(tmp_path)}, 1, lambda _: None)
    assert "training.resume_training" in refused.value.remedy


def test_a_budget_counts_what_was_spent_before(tmp_path: Path) -> None:
    """Promise: processor seconds of the attempt that was cut count, as far as they were saved."""
    job = job_in(tmp_path, [], seconds=1000.0)
    job.save(1, ONE, {})
    state = tmp_path / "checkpoints" / "step-0000000001" / STATE
    assert 0 <= json.loads(state.read_text())["spent"] < 1000
    save(tmp_path / "checkpoints", 2, ONE, {"spent": 999.9})
    again = job_in(tmp_path, [], seconds=1000.0)
    again.resume()
    assert again.spent >= 999.9
    assert again.over(10)
