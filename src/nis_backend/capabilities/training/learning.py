"""The loop by which a language model of ours learns: a step, a look at what it has not seen, a checkpoint, and on.

Nothing in it is drawn at random after the weights are begun, batches follow from the seed and the step, and what the
optimiser knows is saved: a training that is killed and goes on ends with the same bits as one that was left alone.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.batches import in_order
from nis_backend.capabilities.training.job import diverged
from nis_backend.capabilities.training.measuring import Measured, measure, summed_loss, ternary_codes, turned_over
from nis_backend.capabilities.training.stages import share_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.training.batches import Batch, Batches, Talks, Windows
    from nis_backend.capabilities.training.job import Job
    from nis_backend.capabilities.training.ranks import Ranks
    from nis_backend.capabilities.training.stages import Stages
    from nis_backend.capabilities.training.ternary_model import TernaryModel

torch: Any = import_module("torch")  # Any: this project reads it without its types
Tensor = Any

BETAS = (0.9, 0.95)
"""AdamW's, as arXiv:2504.12285 has them."""
LOOKED_AT = 2**14
"""Tokens of the validation rows that are looked at on the way, at most; but a quarter of those learned since."""
MEASURED = 2**20
"""Tokens that are measured on at the end, of each split."""
TRIED = 10
"""Steps by which the speed is judged, where processor seconds are what is limited."""
MARGIN = 0.92
"""Part of the seconds that is planned with: the rest is for looks, checkpoints and other people's load."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How is learned; `stages` say how fast."""

    stages: Stages
    clip: float
    """Longest gradient, by its norm."""
    rise: int = 0
    """Steps over which a float model becomes ternary."""
    patience: int | None = None
    """Looks without a better one, after which is stopped."""
    looks: int = 20
    """Looks at the validation rows, spread over the steps."""


@dataclass(kw_only=True)
class Course:
    """Where a training is; all of it is in every checkpoint."""

    step: int = 0
    steps: int
    """How many are planned."""
    best: float = math.inf
    """Lowest loss on validation rows so far."""
    best_step: int = 0
    waited: int = 0
    """Looks since then."""
    tokens: int = 0
    planned: bool = False
    """Whether a budget in seconds has become steps."""
    stopped: str = ""
    """Why it ended before its steps were over."""


@dataclass(kw_only=True)
class Learner:
    """A model on its way."""

    job: Job
    model: TernaryModel
    batches: Batches
    validation: Windows | Talks
    lengths: Sequence[int]
    """Bytes of each token."""
    plan: Plan
    ranks: Ranks
    course: Course = field(init=False)
    best: dict[str, Tensor] = field(init=False, default_factory=dict[str, Any])
    """The weights at the best look."""
    _saved: int = field(init=False, default=-1)

    def __post_init__(self) -> None:
        self.course = Course(steps=self.job.steps)
        self.weights = dict(self.model.named_parameters())
        matrices = [one for one in self.weights.values() if one.dim() > 1]
        vectors = [one for one in self.weights.values() if one.dim() == 1]
        # One pass over all weights a step; gains of norms never decay.
        self.optimiser: Any = torch.optim.AdamW(
            [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}], betas=BETAS, fused=True
        )

    def learn(self) -> Course:
        """Go on from the last checkpoint until the steps, the budget or the patience is over."""
        self.take_up()
        course, began, tokens = self.course, time.process_time(), self.course.tokens
        first: tuple[int, float] | None = None
        while not self.over():
            batch = self.batches.at(course.step)
            looks_at_codes = course.step % max(1, course.steps // 100) == 0
            before = ternary_codes(self.model) if looks_at_codes else {}
            loss = self.step(batch)
            course.step += 1
            course.tokens += int(batch.counted.sum())
            layers = turned_over(before, ternary_codes(self.model)) if looks_at_codes else []
            values = {
                "loss": loss,
                "learning_rate": self.optimiser.param_groups[0]["lr"],
                "tokens_per_second": (course.tokens - tokens) / max(1e-9, time.process_time() - began),
            }
            if first is None:  # which is slower than others
                first = (course.step, time.process_time())
            if self.job.seconds is not None and not course.planned and course.step - first[0] >= TRIED - 1:
                self.judge_speed(first[0], time.process_time() - first[1])
            if course.step % max(1, course.steps // self.plan.looks) == 0 or course.step == course.steps:
                values |= self.look()
            self.job.report(course.step, values, layers)
            if self.job.due(course.step):
                self.save()
        if self._saved != course.step:
            self.save()
        return course

    def step(self, batch: Batch) -> float:
        """One step of the optimiser; the mean loss over the batch's tokens, nats.

        Raises:
            Diverged: the gradient is no number; the weights are left as they were.
        """
        course, stages = self.course, self.plan.stages
        self.model.blend(share_at(course.step, self.plan.rise))
        mine = batch.part(self.ranks.rank, self.ranks.size)
        self.optimiser.zero_grad()
        loss = summed_loss(self.model, mine) / max(1, int(batch.counted.sum()))
        loss.backward()
        total = loss.detach().reshape(1)
        gradients = [one.grad for one in self.weights.values()]
        self.ranks.add(gradients, total)
        norm = float(torch.nn.utils.clip_grad_norm_(self.weights.values(), self.plan.clip))
        if not math.isfinite(norm):
            raise diverged(float(total), norm, course.step, stages.first)
        for group in self.optimiser.param_groups:
            group["lr"] = stages.rate(course.step)
        self.optimiser.param_groups[0]["weight_decay"] = stages.decay_at(course.step)
        self.optimiser.step()
        return float(total)

    def over(self) -> bool:
        """Whether it ends here."""
        course, job = self.course, self.job
        if course.stopped or course.step >= course.steps:
            return True
        if job.seconds is not None and self.ranks.agree(float(job.over(course.step))):
            course.stopped = f"the budget of {job.seconds:g} processor seconds is spent"
        return bool(course.stopped)

    def judge_speed(self, since: int, seconds: float) -> None:
        """Plan as many steps as the budget allows where those since `since` took that long: rates come down in time."""
        assert self.job.seconds is not None
        left = MARGIN * (self.job.seconds - self.job.spent) * (self.course.step - since) / max(1e-9, seconds)
        planned = min(self.job.steps, self.course.step + max(1, int(left)))
        self.plan_for(int(self.ranks.agree(planned)))
        self.course.planned = True

    def plan_for(self, steps: int) -> None:
        """Have the stages end after that many steps."""
        self.course.steps = self.job.steps = steps
        stages = self.plan.stages
        within = replace(stages, steps=steps, warmup=min(stages.warmup, max(1, steps // 10)))
        self.plan = replace(self.plan, stages=within, rise=min(self.plan.rise, steps // 2))

    def look(self) -> dict[str, float]:
        """Measure on validation rows, and keep the weights if they never were better."""
        if not len(self.validation) or share_at(self.course.step - 1, self.plan.rise) < 1:
            return {}
        course = self.course
        since = course.steps // self.plan.looks * self.batches.size * self.model.shape.context
        seen = self.measure(self.validation, max(2 * self.model.shape.context, min(LOOKED_AT, since // 4)))
        course.waited += 1
        if seen.loss < course.best:
            course.best, course.best_step, course.waited = seen.loss, course.step, 0
            self.best = {name: one.detach().clone() for name, one in self.weights.items()}
        elif self.plan.patience is not None and course.waited >= self.plan.patience:
            course.stopped = f"{course.waited} looks at the validation rows were no better than step {course.best_step}"
        return {"validation_loss": seen.loss, "validation_bits_per_byte": seen.bits_per_byte}

    def measure(self, rows: Windows | Talks, most: int) -> Measured:
        """How well up to `most` tokens of rows are foretold."""
        return measure(self.model, in_order(rows, self.batches.size, most), self.lengths, self.ranks)

    # ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────

    def save(self) -> None:
        """Keep weights, the best ones, what the optimiser knows and the course."""
        known = {name: self.optimiser.state[one] for name, one in self.weights.items() if one in self.optimiser.state}
        tensors = {f"weight.{name}": one for name, one in self.weights.items()}
        tensors |= {f"best.{name}": one for name, one in self.best.items()}
        for kind in ("exp_avg", "exp_avg_sq"):
            tensors |= {f"{kind}.{name}": state[kind] for name, state in known.items()}
        self.job.save(self.course.step, tensors, {"course": _finite(asdict(self.course))})
        self._saved = self.course.step

    def take_up(self) -> None:
        """Be where the last good checkpoint was."""
        saved = self.job.resume()
        if saved is None:
            return
        kinds: dict[str, dict[str, Tensor]] = {"weight": {}, "best": {}, "exp_avg": {}, "exp_avg_sq": {}}
        for name, tensor in saved.tensors.items():
            kind, _, rest = name.partition(".")
            kinds[kind][rest] = tensor
        with torch.no_grad():
            for name, one in self.weights.items():
                one.copy_(kinds["weight"][name])
        self.best = kinds["best"]
        for name in kinds["exp_avg"]:
            self.optimiser.state[self.weights[name]] = {
                "step": torch.tensor(float(saved.step)),
                "exp_avg": kinds["exp_avg"][name],
                "exp_avg_sq": kinds["exp_avg_sq"][name],
            }
        course: dict[str, Any] = {**saved.state["course"]}
        if course["best"] is None:
            course["best"] = math.inf
        self.course = Course(**course)
        self._saved = self.course.step
        if self.job.seconds is None:
            self.course.steps = self.job.steps
        elif self.course.steps != self.plan.stages.steps:
            self.plan_for(self.course.steps)


def _finite(state: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity."""
    return {name: None if value == math.inf else value for name, value in state.items()}
