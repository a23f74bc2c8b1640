"""The recipe `bitnet`: what it learns, how it goes on, and what it refuses."""

from __future__ import annotations

import itertools
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_trainings import TINY, talks, texts, training, write_rows

from nis_backend.capabilities.training import learning, tokens
from nis_backend.capabilities.training.job import METRICS, Diverged
from nis_backend.capabilities.training.recipes import bitnet
from nis_backend.capabilities.training.settings.bitnet import Settings
from nis_backend.capabilities.training.ternary_model import TernaryModel, load, torch
from nis_backend.drivers.compute.base import Json
from nis_backend.errors import InvalidRequest, NisError, Unavailable


def lines(folder: Path) -> list[Json]:
    """The metrics of each step."""
    return [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]


def weights(folder: Path) -> dict[str, Any]:
    """What was learned."""
    return load(folder).state_dict()


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class Killed(BaseException):
    """What stands for a kill where a process is not worth it; `test_training_kills.py` has real ones."""


@pytest.mark.parametrize("ternary", [True, False])
def test_a_short_training_foretells_better_than_frequencies(ternary: bool, tmp_path: Path) -> None:
    """Bits per byte of unseen text fall clearly below what the letters' frequencies alone give."""
    write_rows(tmp_path, train=texts(40, 1), validation=texts(4, 2), test=texts(4, 3))
    settings = Settings.model_validate({**TINY, "width": 64, "ternary": ternary})
    outcome = bitnet.train(training(tmp_path, settings, steps=150))
    found = outcome.metrics
    assert outcome.kind == ("ternary" if ternary else "float")
    assert 3.5 < found["test_bits_per_byte_by_frequency"] < 4.5
    assert found["test_bits_per_byte"] < 0.6 * found["test_bits_per_byte_by_frequency"]
    assert found["test_loss"] == pytest.approx(found["test_bits_per_byte"] * math.log(2), rel=0.02)
    layers = [line["layers"][0] for line in lines(tmp_path) if "layers" in line]
    assert bool(layers) == ternary
    for layer in layers:
        assert 0.2 < layer["zeros"] < 0.5  # of normal weights 0.31 are nearer to 0 than half the mean size
    assert not layers or layers[-1]["flips"] < max(layer["flips"] for layer in layers) < 0.3


def test_an_assistants_words_are_learned_and_nothing_else(tmp_path: Path) -> None:
    """The loss of conversations is that of the answers; what a person asks is not foretold."""
    write_rows(tmp_path, train=talks(60, 1), test=talks(8, 2))
    outcome = bitnet.train(training(tmp_path, Settings.model_validate({**TINY, "context": 64}), steps=60))
    assert outcome.metrics["test_bits_per_byte"] < outcome.metrics["test_bits_per_byte_by_frequency"]
    model, known = load(tmp_path / "out"), tokens.load(tmp_path / "out")
    chat = known.chat(talks(1, 5)[0]["messages"])
    logits = model(torch.tensor([chat.ids])).log_softmax(-1)[0].detach()
    told = [-float(logits[at - 1, one]) for at, one in enumerate(chat.ids) if at]
    asked = np.mean([loss for loss, said in zip(told, chat.said[1:], strict=True) if not said])
    assert asked > 1.5 * np.mean([loss for loss, said in zip(told, chat.said[1:], strict=True) if said])


def test_a_training_that_was_cut_ends_with_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, best weights, optimiser and order go on where they were, early stop included."""
    rows = {"train": texts(10, 1), "validation": texts(2, 2)}
    settings = Settings.model_validate({**TINY, "patience": 3, "looks": 10, "merges": 40})
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    write_rows(whole, **rows)
    write_rows(cut, **rows)
    first = bitnet.train(training(whole, settings, steps=30))
    step, dying = learning.Learner.step, {7, 8, 19}

    def die(learner: learning.Learner, batch: Any) -> float:
        if learner.course.step in dying:
            dying.discard(learner.course.step)
            raise Killed
        return step(learner, batch)

    monkeypatch.setattr(learning.Learner, "step", die)
    cuts = 0
    while True:
        try:
            second = bitnet.train(training(cut, settings, steps=30, save_seconds=0.0))
        except Killed:
            cuts += 1
        else:
            break
    assert cuts == 3
    assert same(weights(whole / "out"), weights(cut / "out"))
    assert first.metrics == second.metrics
    told = [[(line["step"], line["loss"]) for line in lines(folder)] for folder in (whole, cut)]
    assert told[0] == told[1]


def test_batches_follow_from_the_seed(tmp_path: Path) -> None:
    """The same seed gives the same bits, another gives others."""
    write_rows(tmp_path, train=texts(10, 1))
    found: list[dict[str, Any]] = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        write_rows(folder, train=texts(10, 1))
        bitnet.train(training(folder, seed=seed, steps=4))
        found.append(weights(folder / "out"))
    assert same(found[0], found[1])
    assert not same(found[0], found[2])


def test_it_stops_where_it_gets_no_better(tmp_path: Path) -> None:
    """The weights are those of the best look, not the last, and the notes say which."""
    write_rows(tmp_path, train=texts(1, 1), validation=texts(2, 2))
    settings = Settings.model_validate({**TINY, "patience": 2, "looks": 20, "learning_rate": 0.02})
    outcome = bitnet.train(training(tmp_path, settings, steps=400))
    looked = {line["step"]: line["validation_loss"] for line in lines(tmp_path) if "validation_loss" in line}
    best = min(looked, key=lambda step: looked[step])
    assert outcome.facts["steps"] < 400
    assert outcome.notes[0] == f"The weights are those of step {best}, the best look at the validation rows."
    assert "2 looks at the validation rows were no better" in outcome.notes[1]


def test_processor_seconds_are_planned_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget of seconds becomes steps after some of them, so that the rates come down in time."""
    write_rows(tmp_path, train=texts(10, 1))
    ticks, now = itertools.count(), time.process_time()
    monkeypatch.setattr(time, "process_time", lambda: now + next(ticks) * 0.01)
    step, dying = learning.Learner.step, {9}

    def die(learner: learning.Learner, batch: Any) -> float:
        if learner.course.step in dying:
            dying.clear()
            raise Killed
        return step(learner, batch)

    monkeypatch.setattr(learning.Learner, "step", die)
    with pytest.raises(Killed):  # just before it would have been judged
        bitnet.train(training(tmp_path, steps=100_000, seconds=4.0, save_seconds=0.0))
    outcome = bitnet.train(training(tmp_path, steps=100_000, seconds=4.0))
    rates = [line["learning_rate"] for line in lines(tmp_path)]
    assert 40 < outcome.facts["steps"] < 200
    assert rates[-1] < 0.1 * max(rates)


def test_a_training_goes_on_from_a_base(tmp_path: Path) -> None:
    """From its weights and with its tokenizer: the first loss is about where the base was."""
    write_rows(tmp_path / "one", train=texts(20, 1))
    bitnet.train(training(tmp_path / "one", Settings.model_validate({**TINY, "merges": 20}), steps=30))
    before = lines(tmp_path / "one")
    write_rows(tmp_path / "two", train=texts(20, 2))
    settings = Settings(batch=8, learning_rate=1e-4)
    bitnet.train(training(tmp_path / "two", settings, steps=2, base=tmp_path / "one" / "out"))
    after = lines(tmp_path / "two")
    assert abs(after[0]["loss"] - before[-1]["loss"]) < 0.3 * before[0]["loss"]
    assert tokens.load(tmp_path / "two" / "out").size == tokens.load(tmp_path / "one" / "out").size


def test_a_loss_that_is_no_number_is_told_and_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed, with the step and the rate; the last checkpoint has numbers only, and a next attempt goes on from it."""
    write_rows(tmp_path, train=texts(10, 1))
    begun = TernaryModel.forward

    def come_apart(model: TernaryModel, ids: Any) -> Any:
        return begun(model, ids) * (math.nan if broken else 1.0)

    monkeypatch.setattr(TernaryModel, "forward", come_apart)
    broken = False
    job = training(tmp_path, steps=6, save_seconds=0.0)
    report = job.report

    def then_break(step: int, *values: Any) -> None:
        nonlocal broken
        broken = step == 4
        report(step, *values)

    monkeypatch.setattr(job, "report", then_break)
    with pytest.raises(Diverged, match="at step 5") as failed:
        bitnet.train(job)
    assert failed.value.field == "learning_rate"
    broken = False
    saved = training(tmp_path).resume()
    assert saved is not None
    assert saved.step == 4
    assert all(torch.isfinite(one).all() for one in saved.tensors.values())
    bitnet.train(training(tmp_path, steps=6))
    assert [line["step"] for line in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_corrupt_checkpoint_costs_the_steps_since_the_one_before(tmp_path: Path) -> None:
    """The one before is taken, and the end is that of a training that was left alone."""
    whole, spoilt = tmp_path / "whole", tmp_path / "spoilt"
    for folder in (whole, spoilt):
        write_rows(folder, train=texts(10, 1))
        bitnet.train(training(folder, steps=8, save_seconds=0.0))
    newest = max((spoilt / "checkpoints").iterdir()) / "tensors.safetensors"
    newest.write_bytes(newest.read_bytes()[:-7])
    heard: list[Json] = []
    bitnet.train(training(spoilt, steps=8, heard=heard.append))
    assert [item["message"] for item in heard if item["kind"] == "warning"]
    assert [item["step"] for item in heard if item["kind"] == "progress"][-1] == 8
    assert same(weights(whole / "out"), weights(spoilt / "out"))


def test_a_full_disk_is_told_and_the_checkpoint_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed, with a remedy, and the training goes on later."""
    import safetensors.torch  # noqa: PLC0415 - what is to fail is replaced in it

    write_rows(tmp_path, train=texts(10, 1))
    bitnet.train(training(tmp_path, steps=3, save_seconds=0.0))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(safetensors.torch, "save_file", full)
        with pytest.raises(Unavailable, match="the disk is full"):
            bitnet.train(training(tmp_path, steps=6, save_seconds=0.0))
    saved = training(tmp_path).resume()
    assert saved is not None
    assert saved.step == 3


def refused(folder: Path, settings: Json, base: Path | None = None) -> NisError:
    """What is said of a training that cannot begin."""
    with pytest.raises(InvalidRequest) as failed:
        bitnet.train(training(folder, Settings.model_validate({**settings}), base=base))
    assert failed.value.remedy
    return failed.value


def test_what_cannot_be_trained_is_refused_by_name(tmp_path: Path) -> None:
    """Shapes, rows and bases that do not fit: field, value and remedy, before anything is learned."""
    write_rows(tmp_path, train=texts(10, 1))
    assert refused(tmp_path, {**TINY, "heads": 3}).field == "settings.heads"
    assert refused(tmp_path, {**TINY, "heads": 4, "kv_heads": 3}).field == "settings.kv_heads"
    few = tmp_path / "few"
    write_rows(few, train=[{"text": "short"}])
    assert "7 tokens to learn from, which make no row of 33" in refused(few, TINY).message
    mixed = tmp_path / "mixed"
    write_rows(mixed, train=[*texts(1, 1), *talks(1, 1)])
    assert "mixed" in refused(mixed, TINY).message
    silent = tmp_path / "silent"
    write_rows(silent, train=talks(3, 1))
    assert "within the first 8 tokens" in refused(silent, {**TINY, "context": 8}).message
    other = tmp_path / "other"
    write_rows(other, train=[{"label": "a", "text_": "b"}])
    assert "neither text nor messages" in refused(other, {**TINY, "merges": 0}).message


def test_a_base_whose_files_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    """A tokenizer with numbers that the model does not know, and shapes that are asked for and are not the base's."""
    write_rows(tmp_path, train=texts(10, 1))
    bitnet.train(training(tmp_path, steps=1))
    base = tmp_path / "out"
    assert "has width 32, not 64" in refused(tmp_path, {"width": 64}, base).message
    assert refused(tmp_path, {"merges": 9}, base).field == "settings.merges"
    tokens.learn([row["text"] for row in texts(10, 1)], 30).save(base, 32)
    wrong = refused(tmp_path, {"batch": 4}, base)
    assert "the model knows 260" in wrong.message
    assert wrong.field == "base"
