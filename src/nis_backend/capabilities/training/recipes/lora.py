"""LoRA: a language model learns from conversations by an adapter of low rank; what it knew stays frozen beside it.

The loss is the mean of -ln p over the assistant's tokens, its end marks included; of prompts nothing is learned. Rows
of like lengths share a batch, so that little is padding, and the head is asked at learned tokens alone.

Source: Hu et al. (2021), LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import frozen, ordinary, tuning, turns
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
    tested = rows["test"][: tuning.MEASURED]
    looked_at = rows["validation"][: settings.check_rows]
    batches = Bucketed([len(row.ids) for row in rows["train"]], tokens=settings.tokens_per_step, seed=job.seed)

    step = saved.step if saved else 0
    over = job.over(step) or learner.is_over()
    while not over:
        pieces = [[rows["train"][i] for i in piece] for piece in batches.pieces(step, settings.tokens_at_once)]
        count = sum(sum(row.learned[1:]) for piece in pieces for row in piece)
        began = job.spent
        loss, rate = learner.descend(
            job,
            step,
            [partial(share, learner.model, piece, count) for piece in pieces],
            held=partial(_held, job, learner, step) if settings.hold and step % settings.hold_every == 0 else None,
        )
        step += 1
        over = job.over(step)
        learner.tokens += count
        computed = sum(len(row.ids) for piece in pieces for row in piece)
        values = {
            "loss": loss,
            "learning_rate": rate,
            "tokens_per_cpu_second": computed / max(job.spent - began, 1e-9),
        }
        if looked_at and (over or step % settings.check_every == 0):
            values["validation_loss"] = mean_loss(learner.model, looked_at, settings.tokens_at_once)
            over |= learner.look(step, values["validation_loss"])
        job.report(step, values)
        if over or job.due(step):
            job.save(step, learner.tensors(), learner.state())

    learner.settle()
    metrics = {"validation_nats_per_token": learner.best_loss} if learner.best else {}
    if tested:
        metrics["test_nats_per_token"] = mean_loss(learner.model, tested, settings.tokens_at_once)
        with learner.model.disable_adapter():
            metrics["test_nats_per_token_of_base"] = mean_loss(learner.model, tested, settings.tokens_at_once)
    metrics |= learner.forgotten()
    merged = tuning.finished(job, learner, (rows["validation"] or rows["train"])[:PROBES])
    metrics["merged_logit_difference"] = merged.differs
    return Outcome(
        kind="lora",
        metrics=metrics,
        notes=[*learner.told(step), *tuning.merging_notes(merged)],
        facts=learner.facts(step),
    )


def _rows(job: Job, learner: tuning.Tuning, split: str) -> list[Turns]:
    read = (turns.encoded(learner.tokenizer, row["messages"]) for row in job.rows(split))
    vocabulary = int(learner.model.config.get_text_config().vocab_size)
    kept, left_out = turns.fitting(read, learner.settings.longest, vocabulary, split)
    if left_out:
        learner.tell(
            job,
            f"{left_out} of {left_out + len(kept)} rows of {split} are left out: more than {learner.settings.longest} "
            "tokens, or no answer of an assistant.",
        )
    learner.tell_measured(job, split, len(kept))
    return kept


def _held(job: Job, learner: tuning.Tuning, step: int) -> Tensor:
    """What a step adds for ordinary prose of which the model makes something else than its base."""
    settings: Any = learner.settings  # Any: this recipe's own, which has `hold`
    return settings.hold * ordinary.strayed(
        learner.model, ordinary.drawn(learner.tokenizer, job.seed, step // settings.hold_every)
    )


def share(model: Any, rows: Sequence[Turns], count: int) -> Tensor:  # Any: peft has no types
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
