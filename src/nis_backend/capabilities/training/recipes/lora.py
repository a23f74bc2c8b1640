"""LoRA: a language model learns from conversations by an adapter of low rank; what it knew stays frozen beside it.

The loss is the mean of -ln p over the assistant's tokens, its end marks included; of prompts nothing is learned. Rows
of like lengths share a batch, so that little is padding, and the head is asked at learned tokens alone.

Source: Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import frozen, tuning, turns
from nis_backend.capabilities.training.bucketed import Bucketed, filled
from nis_backend.capabilities.training.job import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.training.settings.lora import Settings
    from nis_backend.capabilities.training.turns import Turns

torch: Any = frozen.torch
Tensor = Any

PROBES = 2
"""Rows that the merged model is compared on."""


def train(job: Job) -> Outcome:
    """Learn, keep the adapter with the best loss on validation rows, and merge it into the base."""
    settings: Settings = job.settings
    saved = job.resume()
    learner = tuning.begun(job, saved)
    rows = {split: _rows(job, learner, split) for split in ("train", "validation", "test")}
    looked_at = rows["validation"][: settings.check_rows]
    batches = Bucketed([len(row.ids) for row in rows["train"]], tokens=settings.tokens_per_step, seed=job.seed)

    step = saved.step if saved else 0
    while not job.over(step) and not learner.is_over():
        pieces = [[rows["train"][i] for i in piece] for piece in batches.pieces(step, settings.tokens_at_once)]
        count = sum(sum(row.learned[1:]) for piece in pieces for row in piece)
        began = job.spent
        loss = learner.descend(job, step, [partial(_share, learner.model, piece, count) for piece in pieces])
        step += 1
        learner.tokens += count
        computed = sum(len(row.ids) for piece in pieces for row in piece)
        values = {
            "loss": loss,
            "learning_rate": learner.rate(step - 1, job.steps),
            "tokens_per_cpu_second": computed / max(job.spent - began, 1e-9),
        }
        if looked_at and (step % settings.check_every == 0 or step >= job.steps):
            values["validation_loss"] = mean_loss(learner.model, looked_at, settings.tokens_at_once)
            learner.look(step, values["validation_loss"])
        job.report(step, values)
        if job.due(step) or learner.is_over():
            job.save(step, learner.tensors(), learner.state())

    learner.settle()
    metrics = {"validation_nats_per_token": learner.best_loss} if learner.best else {}
    if rows["test"]:
        metrics["test_nats_per_token"] = mean_loss(learner.model, rows["test"], settings.tokens_at_once)
        with learner.model.disable_adapter():
            metrics["test_nats_per_token_of_base"] = mean_loss(learner.model, rows["test"], settings.tokens_at_once)
    merged = tuning.finished(job, learner, (rows["validation"] or rows["train"])[:PROBES])
    metrics["merged_logit_difference"] = merged.differs
    stopped = [
        f"It stopped after {step} steps: {learner.worse} looks were worse than the best, after {learner.best_step}."
    ]
    return Outcome(
        kind="lora",
        metrics=metrics,
        notes=[*(stopped if learner.is_over() else []), *tuning.merging_notes(merged)],
        facts={
            "parameters_learned": learner.parameters(),
            "steps": step,
            "best_step": learner.best_step,
            "tokens_learned": learner.tokens,
            "precision": learner.precision,
        },
    )


def _rows(job: Job, learner: tuning.Tuning, split: str) -> list[Turns]:
    read = (turns.encoded(learner.tokenizer, row["messages"]) for row in job.rows(split))
    vocabulary = int(learner.model.config.get_text_config().vocab_size)
    kept, left_out = turns.fitting(read, learner.settings.longest, vocabulary, split)
    if left_out:
        job.warn(
            f"{left_out} of {left_out + len(kept)} rows of {split} are left out: more than {learner.settings.longest} "
            "tokens, or no answer of an assistant."
        )
    return kept


def _share(model: Any, rows: Sequence[Turns], count: int) -> Tensor:  # Any: peft has no types
    """What these rows add to the mean over `count` tokens."""
    nats, _ = frozen.losses(model.get_base_model(), *frozen.padded(rows))
    return nats.sum() / count


def mean_loss(model: Any, rows: Sequence[Turns], tokens: int) -> float:  # Any: as above
    """-ln p a learned token, in the mean over all of them; nats."""
    model.eval()
    whole, count = 0.0, 0
    order = sorted(range(len(rows)), key=lambda row: len(rows[row].ids))
    with torch.no_grad():
        for piece in filled(order, [len(row.ids) for row in rows], tokens):
            nats, _ = frozen.losses(model.get_base_model(), *frozen.padded([rows[i] for i in piece]))
            whole += float(nats.double().sum())
            count += nats.numel()
    return whole / count
