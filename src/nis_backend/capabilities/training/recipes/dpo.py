"""DPO: a language model learns which of two answers is preferred, from pairs alone, by an adapter of low rank.

    loss = -ln σ( β · [ (ln p(chosen) - ln p0(chosen)) - (ln p(rejected) - ln p0(rejected)) ] )

with p the model with its adapter, p0 the same with the adapter off, and ln p of an answer the sum over its tokens, its
end mark included. The bracket times β is the pair's margin: zero before the first step, positive where the model has
moved towards the chosen answer. `anchor` adds the chosen answer's own loss a token.

Source: Rafailov et al. (2023), Direct Preference Optimization, arXiv:2305.18290, equation 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import frozen, tuning, turns
from nis_backend.capabilities.training.bucketed import Bucketed, filled
from nis_backend.capabilities.training.job import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.training.settings.dpo import Settings
    from nis_backend.capabilities.training.turns import Turns

torch: Any = frozen.torch
Tensor = Any

PROBES = 2
"""Pairs whose chosen answers the merged model is compared on."""
REFERENCE = "reference"
"""What a checkpoint has of p0: (pairs, 2), ln p0 of the chosen and the rejected answer of each row of `train` that a
step has had, and NaN of others."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two answers to one prompt."""

    chosen: Turns
    rejected: Turns

    @property
    def length(self) -> int:
        """Tokens of the longer one."""
        return max(len(self.chosen.ids), len(self.rejected.ids))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a model makes of pairs."""

    accuracy: float
    """Share of pairs of which it finds the chosen answer more likely than the other."""
    moved: float
    """Share of pairs whose margin is above zero: it has moved towards the chosen answer."""
    margin: float
    """The mean margin."""
    loss: float


def train(job: Job) -> Outcome:
    """Learn from pairs, keep the adapter with the best loss on validation pairs, and merge it into the base."""
    settings: Settings = job.settings
    saved = job.resume()
    learner = tuning.begun(job, saved)
    model = learner.model
    pairs = {split: _pairs(job, learner, split) for split in ("train", "validation", "test")}
    judged = {split: pairs[split][: tuning.MEASURED] for split in ("validation", "test")}
    looked_at = judged["validation"][: settings.check_rows]
    # A pair is two rows of a batch.
    lengths = [2 * pair.length for pair in pairs["train"]]
    batches = Bucketed(lengths, tokens=settings.tokens_per_step, seed=job.seed)
    reference = saved.tensors[REFERENCE] if saved else torch.full((len(lengths), 2), math.nan)
    with model.disable_adapter():
        before = {split: likelihoods(model, judged[split], settings.tokens_at_once) for split in judged}

    step = saved.step if saved else 0
    over = job.over(step) or learner.is_over()
    while not over:
        rows, pieces = batches.at(step), batches.pieces(step, settings.tokens_at_once)
        if reference[rows].isnan().any():
            with model.disable_adapter():
                reference[rows] = likelihoods(model, [pairs["train"][i] for i in rows], settings.tokens_at_once)
        loss, rate = learner.descend(
            job,
            step,
            [
                partial(_share, learner, [pairs["train"][i] for i in piece], reference[piece], len(rows))
                for piece in pieces
            ],
        )
        step += 1
        over = job.over(step)
        learner.tokens += sum(
            sum(one.learned) for i in rows for one in (pairs["train"][i].chosen, pairs["train"][i].rejected)
        )
        values = {"loss": loss, "learning_rate": rate}
        if looked_at and (over or step % settings.check_every == 0):
            seen = measured(
                likelihoods(model, looked_at, settings.tokens_at_once),
                before["validation"][: len(looked_at)],
                settings.beta,
            )
            values |= {"validation_loss": seen.loss, "validation_accuracy": seen.accuracy, "margin": seen.margin}
            over |= learner.look(step, seen.loss)
        job.report(step, values)
        if over or job.due(step):
            job.save(step, {**learner.tensors(), REFERENCE: reference}, learner.state())

    learner.settle()
    metrics: dict[str, float] = {}
    for split, those in judged.items():
        if those:
            then = measured(before[split], before[split], settings.beta)
            now = measured(likelihoods(model, those, settings.tokens_at_once), before[split], settings.beta)
            metrics |= {
                f"{split}_preference_accuracy_of_base": then.accuracy,
                f"{split}_preference_accuracy": now.accuracy,
                f"{split}_reward_accuracy": now.moved,
                f"{split}_mean_margin": now.margin,
                f"{split}_dpo_loss": now.loss,
            }
    metrics |= learner.forgotten()
    merged = tuning.finished(job, learner, [pair.chosen for pair in (pairs["validation"] or pairs["train"])[:PROBES]])
    metrics["merged_logit_difference"] = merged.differs
    return Outcome(
        kind="lora",
        metrics=metrics,
        notes=[*learner.told(step), *tuning.merging_notes(merged)],
        facts=learner.facts(step),
    )


def dpo_losses(now: Tensor, reference: Tensor, beta: float) -> Tensor:
    """The loss of each pair, from ln p and ln p0 of its answers: (n, 2) and (n, 2) to (n)."""
    return -torch.nn.functional.logsigmoid(margins(now, reference, beta))


def margins(now: Tensor, reference: Tensor, beta: float) -> Tensor:
    """By how much more the chosen answers have become likely: (n)."""
    ratios = now - reference
    return beta * (ratios[:, 0] - ratios[:, 1])


def measured(now: Tensor, reference: Tensor, beta: float) -> Measured:
    """The figures of pairs, of which there is one at least."""
    margin = margins(now, reference, beta)
    return Measured(
        accuracy=float((now[:, 0] > now[:, 1]).double().mean()),
        moved=float((margin > 0).double().mean()),
        margin=float(margin.double().mean()),
        loss=float(dpo_losses(now, reference, beta).double().mean()),
    )


def likelihoods(model: Any, pairs: Sequence[Pair], tokens: int) -> Tensor:  # Any: peft has no types
    """The ln p of each pair's answers, (n, 2), without a gradient."""
    model.eval()
    found = torch.zeros(len(pairs), 2)
    order = sorted(range(len(pairs)), key=lambda row: pairs[row].length)
    with torch.no_grad():
        for piece in filled(order, [2 * pair.length for pair in pairs], tokens):
            found[piece], _ = _likely(model, [pairs[i] for i in piece])
    return found


def _likely(model: Any, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:  # Any: as above
    """The ln p of the answers (n, 2), and the chosen answers' mean -ln p a token (n)."""
    rows = [one for pair in pairs for one in (pair.chosen, pair.rejected)]
    nats, places = frozen.losses(model.get_base_model(), *frozen.padded(rows))
    sums = torch.zeros(len(rows)).index_add(0, places, -nats).view(-1, 2)
    counts = torch.bincount(places, minlength=len(rows)).view(-1, 2)
    return sums, -sums[:, 0] / counts[:, 0]


def _share(learner: tuning.Tuning, pairs: Sequence[Pair], reference: Tensor, count: int) -> Tensor:
    """What these pairs add to the mean over `count` pairs."""
    settings: Any = learner.settings  # Any: this recipe's own, which has beta and an anchor
    now, own = _likely(learner.model, pairs)
    return (dpo_losses(now, reference, settings.beta) + settings.anchor * own).sum() / count


def _pairs(job: Job, learner: tuning.Tuning, split: str) -> list[Pair]:
    vocabulary = int(learner.model.config.get_text_config().vocab_size)
    longest = learner.settings.longest
    kept: list[Pair] = []
    left_out = 0
    for row in job.rows(split):
        both = [
            turns.encoded(
                learner.tokenizer, [*row["messages"], {"role": "assistant", "content": row[one]}], last_only=True
            )
            for one in ("chosen", "rejected")
        ]
        fit, _ = turns.fitting(both, longest, vocabulary, "")
        if len(fit) == len(both):
            kept.append(Pair(chosen=fit[0], rejected=fit[1]))
        else:
            left_out += 1
    if split == "train" and not kept:
        turns.fitting([], longest, vocabulary, split)
    if left_out:
        learner.tell(
            job, f"{left_out} of {left_out + len(kept)} pairs of {split} are left out: more than {longest} tokens."
        )
    learner.tell_measured(job, split, len(kept))
    return kept
