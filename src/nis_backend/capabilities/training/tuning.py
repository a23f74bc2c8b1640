"""What fine-tunings have alike: an adapter beside a frozen model, its optimiser, and all of it in a checkpoint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import adapters, frozen, ordinary
from nis_backend.capabilities.training.bucketed import drawn
from nis_backend.capabilities.training.job import diverged
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nis_backend.capabilities.training.checkpoints import Saved
    from nis_backend.capabilities.training.job import Job
    from nis_backend.capabilities.training.settings.lora import AdapterSettings
    from nis_backend.drivers.compute.base import Json

torch: Any = frozen.torch
Tensor = Any

FORGOT = 1.2
"""Times the base's perplexity of ordinary prose, beyond which the card says so among its limits."""
MEASURED = 1000
"""Rows of a split that are measured on at the end, at most: what that costs is no part of the budget."""
NOW, BEST, FIRST, SECOND = "now.", "best.", "first.", "second."
"""What tensors of a checkpoint are: the adapter, the best one so far, and AdamW's two moments."""


@dataclass(kw_only=True)
class Tuning:
    """A model with an adapter that learns; what a checkpoint has is all that it knows beyond the settings."""

    model: Any
    tokenizer: Any
    settings: AdapterSettings
    precision: str
    base: str
    """The fingerprint of the base's folder."""
    optimiser: Any
    best: dict[str, Tensor] = field(default_factory=dict[str, Any])
    """The adapter with the best loss on validation rows."""
    best_loss: float = math.inf
    best_step: int = 0
    worse: int = 0
    """Looks since then."""
    tokens: int = 0
    """Learned tokens so far."""
    notes: list[str] = field(default_factory=list[str])
    """What the model's card says of rows."""

    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(one.numel() for one in adapters.learned(self.model).values())

    def rate(self, job: Job, step: int) -> float:
        """The learning rate of a step: a linear rise, then a cosine down to zero where steps or budget end."""
        rising = max(1, round(self.settings.warmup * job.steps)) / job.steps
        done = job.fraction(step)
        if done < rising:
            return self.settings.learning_rate * min(1.0, (done + 1 / job.steps) / rising)
        left = 1 - (min(1.0, done) - rising) / max(1 / job.steps, 1 - rising)
        return self.settings.learning_rate * (1 - math.cos(math.pi * left)) / 2

    def tell(self, job: Job, what: str) -> None:
        """Say it now, and on the model's card."""
        job.warn(what)
        self.notes.append(what)

    def tell_measured(self, job: Job, split: str, count: int) -> None:
        """Say which of a split's rows are measured on, where not all are."""
        if split != "train" and count > MEASURED:
            self.tell(job, f"Of {count} rows of {split}, the first {MEASURED} are measured on.")

    def told(self, step: int) -> list[str]:
        """What the model's card says of rows, and of why it ended."""
        stopped = (
            f"It stopped after {step} steps: {self.worse} looks were no better than the best, after {self.best_step}."
        )
        return [stopped, *self.notes] if self.is_over() else self.notes

    def facts(self, step: int) -> Json:
        """Sizes and counts for the card."""
        return {
            "parameters_learned": self.parameters(),
            "steps": step,
            "best_step": self.best_step,
            "tokens_learned": self.tokens,
            "precision": self.precision,
            "base_fingerprint": self.base,
        }

    def forgotten(self) -> dict[str, float]:
        """The perplexity of ordinary prose, of the base and now."""
        tokens = self.settings.tokens_at_once
        now = ordinary.perplexity(self.model.get_base_model(), self.tokenizer, tokens)
        with self.model.disable_adapter():
            before = ordinary.perplexity(self.model.get_base_model(), self.tokenizer, tokens)
        if now > FORGOT * before:
            self.notes.append(
                f"It has forgotten: the perplexity of ordinary prose (twenty chapters' beginnings of Python's language "
                f"reference) went from {before:.1f} to {now:.1f}. Beyond what it learned, ask its base."
            )
        return {"prose_perplexity_of_base": before, "prose_perplexity": now}

    def descend(
        self,
        job: Job,
        step: int,
        losses: Iterable[Callable[[], Tensor]],
        held: Callable[[], Tensor] | None = None,
    ) -> tuple[float, float]:
        """One step along the gradient of a sum of losses, a piece at a time; their sum without `held`, and the rate.

        What is left out by chance depends on the seed and the step alone.

        Raises:
            Diverged: the gradient is no number; the adapter is left as it was.
        """
        torch.manual_seed(drawn(f"{job.seed} {step}"))
        self.model.train()
        self.optimiser.zero_grad(set_to_none=True)
        whole = 0.0
        if held:
            held().backward()
        for loss in losses:
            one = loss()
            one.backward()
            whole += float(one.detach())
        norm = float(torch.nn.utils.clip_grad_norm_(adapters.learned(self.model).values(), self.settings.clip))
        if not math.isfinite(norm):
            raise diverged(whole, norm, step, self.settings.learning_rate)
        rate = self.optimiser.param_groups[0]["lr"] = self.rate(job, step)
        self.optimiser.step()
        return whole, rate

    def look(self, step: int, loss: float) -> bool:
        """Take note of a loss on validation rows; whether it was worse too often."""
        if loss < self.best_loss:
            self.best = {name: one.detach().clone() for name, one in adapters.learned(self.model).items()}
            self.best_loss, self.best_step, self.worse = loss, step, 0
        else:
            self.worse += 1
        return self.is_over()

    def is_over(self) -> bool:
        """Whether the loss was worse too often."""
        return 0 < self.settings.patience <= self.worse

    def settle(self) -> None:
        """Go back to the best adapter, where there was a look."""
        if self.best:
            adapters.put(self.model, self.best)
        self.model.eval()

    def tensors(self) -> dict[str, Tensor]:
        """The tensors of a checkpoint."""
        kept = {f"{BEST}{name}": one for name, one in self.best.items()}
        for name, one in adapters.learned(self.model).items():
            kept[f"{NOW}{name}"] = one
            moments = self.optimiser.state.get(one)
            if moments:
                kept |= {f"{FIRST}{name}": moments["exp_avg"], f"{SECOND}{name}": moments["exp_avg_sq"]}
        return kept

    def state(self) -> Json:
        """The rest of a checkpoint."""
        return {
            "precision": self.precision,
            # JSON has no infinity.
            "best_loss": self.best_loss if self.best else None,
            "best_step": self.best_step,
            "worse": self.worse,
            "tokens": self.tokens,
            "base": self.base,
        }

    def go_on(self, saved: Saved) -> None:
        """Be as it was when that was saved."""
        adapters.put(self.model, _named(saved, NOW))
        self.best = _named(saved, BEST)
        first, second = _named(saved, FIRST), _named(saved, SECOND)
        for name, one in adapters.learned(self.model).items():
            if name in first:
                step = torch.tensor(float(saved.step))
                self.optimiser.state[one] = {"step": step, "exp_avg": first[name], "exp_avg_sq": second[name]}
        state = saved.state
        self.best_loss = math.inf if state["best_loss"] is None else state["best_loss"]
        self.best_step, self.worse, self.tokens = state["best_step"], state["worse"], state["tokens"]


def begun(job: Job, saved: Saved | None) -> Tuning:
    """The base with an adapter of this training's; as it was saved, where it was."""
    settings: AdapterSettings = job.settings
    torch.set_num_threads(job.threads)
    fingerprint = frozen.fingerprint(_base(job))
    if saved and saved.state["base"] != fingerprint:
        raise _another_base(_base(job))
    base, tokenizer = frozen.opened(_base(job))
    frozen.plain_head(base)
    # Which numbers are multiplied in must not change in the middle, whatever machine goes on.
    precision = saved.state["precision"] if saved else frozen.resolved(settings.precision)
    model = adapters.attached(base, settings, job.seed)
    if precision == "bfloat16":
        frozen.halve(base)
    optimiser = torch.optim.AdamW(
        list(adapters.learned(model).values()), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    tuning = Tuning(
        model=model,
        tokenizer=tokenizer,
        settings=settings,
        precision=precision,
        base=fingerprint,
        optimiser=optimiser,
    )
    if saved:
        tuning.go_on(saved)
    return tuning


def finished(job: Job, tuning: Tuning, probe: list[frozen.Turns]) -> adapters.Merged:
    """Write the model with the adapter merged in, and the adapter beside it.

    Raises:
        Conflict: the base's files were changed since the training began.
    """
    base = _base(job)
    if frozen.fingerprint(base) != tuning.base:
        raise _another_base(base)
    # Of the base's folder the name alone is told.
    adapters.write_adapter(tuning.model, job.out / adapters.ADAPTER, base.name)
    return adapters.write_merged(base, tuning.model, job.out, tuning.settings.saved_as, probe)


def merging_notes(merged: adapters.Merged) -> list[str]:
    """What a reader should know of the merge."""
    compared = (
        f"Read back, its logits differ by {merged.differs:.2g} at most from those of the base with the adapter beside "
        f"it (their standard deviation is {merged.spread:.2g})."
    )
    if not merged.ternary:
        return [f"The adapter is merged into the base's weights, saved as {merged.dtype}. {compared}"]
    ternary = (
        "The base is ternary, and a ternary matrix takes no float adapter in: the merged model is a float one "
        f"({merged.dtype}), whose inputs are not rounded to eight bits. {compared}"
    )
    return [ternary, "The adapter lies beside it, to be used with the ternary base."]


def _named(saved: Saved, prefix: str) -> dict[str, Tensor]:
    found = saved.tensors.items()
    return {name.removeprefix(prefix): one for name, one in found if name.startswith(prefix)}


def _another_base(base: Path) -> Conflict:
    return Conflict(
        f"The files of the base {base.name} were changed since this training began: its adapter belongs to what they "
        "were.",
        field="base",
        value=base.name,
        remedy="Put the files back as they were and call training.resume_training, or start another training.",
    )


def _base(job: Job) -> Path:
    assert job.base is not None  # the recipes that tune say that they need one
    return job.base
