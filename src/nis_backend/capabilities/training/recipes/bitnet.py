"""BitNet b1.58: a language model with ternary weights from scratch, or its float twin; or on from a model of the kind.

Text becomes numbers by a tokenizer of bytes (and pairs, if asked for); rows of texts are joined and cut into windows,
conversations stay rows of their own, of which the assistant's words are learned. AdamW, two stages of learning rate and
weight decay, gradients clipped; the weights of the best look at the validation rows become the model.

Sources: Ma et al. (2024), arXiv:2402.17764, and its "Training tips, code and FAQ"; Ma et al. (2025), arXiv:2504.12285.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training import ternary_model, tokens
from nis_backend.capabilities.training.batches import Batches, Told, by_frequency, read, texts_of
from nis_backend.capabilities.training.job import Outcome
from nis_backend.capabilities.training.learning import MEASURED, Learner, Plan
from nis_backend.capabilities.training.ranks import join
from nis_backend.capabilities.training.settings.bitnet import OF_BASE
from nis_backend.capabilities.training.stages import Stages
from nis_backend.capabilities.training.ternary_model import Shape, TernaryModel
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nis_backend.capabilities.training.job import Job
    from nis_backend.capabilities.training.settings.bitnet import Learning, Settings
    from nis_backend.capabilities.training.tokens import Tokens

torch: Any = import_module("torch")  # Any: this project reads it without its types


def train(job: Job) -> Outcome:
    """Train a model as the settings say, measure it, and write its folder."""
    torch.set_num_threads(job.threads)
    settings: Settings = job.settings
    # A tokenizer and a shape: the base's, or new ones.
    if job.base is None:
        known = tokens.learn(texts_of(job.rows("train")), settings.merges)
        model = TernaryModel(shape_of(settings, known.size))
        model.begin(job.seed)
    else:
        known = tokens.load(job.base)
        model = ternary_model.load(job.base)
        same_shape(settings, model.shape)
        fits(known, model.shape, job.base)
    # Steps of the optimiser.
    plan = plan_of(settings, job.steps)
    return run(job, model, known, plan)


def run(job: Job, model: TernaryModel, known: Tokens, plan: Plan) -> Outcome:
    """Learn by the plan, measure what no step has seen, and write the folder; other recipes end with this too."""
    ranks, told, shape = join(), Told(), model.shape
    settings: Learning = job.settings
    rows = read(job.rows("train"), known, shape.context, told)
    learner = Learner(
        job=job,
        model=model,
        batches=Batches(rows=rows, context=shape.context, size=settings.batch, seed=job.seed),
        validation=read(job.rows("validation"), known, shape.context),
        lengths=known.lengths,
        plan=plan,
        ranks=ranks,
    )
    course = learner.learn()
    # The best weights, measured.
    if learner.best:
        model.load_state_dict(learner.best)
    model.blend(1.0)
    metrics: dict[str, float] = {}
    for split in ("validation", "test"):
        held = read(job.rows(split), known, shape.context)
        if len(held):
            seen = learner.measure(held, MEASURED)
            metrics |= {f"{split}_loss": seen.loss, f"{split}_bits_per_byte": seen.bits_per_byte}
            floor = by_frequency(rows, held, known.lengths, MEASURED)
            metrics[f"{split}_bits_per_byte_by_frequency"] = floor
    if ranks.rank == 0:
        write(job.out, model, known)
    return Outcome(
        kind="ternary" if shape.ternary else "float",
        metrics=metrics,
        notes=list(
            notes(course.stopped, told, chosen=course.best_step if learner.best else None, patience=plan.patience)
        ),
        facts={
            "parameters": shape.parameters,
            "ternary_parameters": shape.ternary_parameters if shape.ternary else 0,
            "width": shape.width,
            "layers": shape.layers,
            "context": shape.context,
            "vocabulary": shape.vocabulary,
            "steps": course.step,
            "tokens": course.tokens,
            "processes": ranks.size,
        },
    )


def plan_of(settings: Learning, steps: int, rise: int = 0) -> Plan:
    """How is learned over that many steps."""
    stages = Stages(
        steps=steps,
        warmup=max(1, steps // 20) if settings.warmup is None else settings.warmup,
        first=settings.learning_rate,
        second=settings.learning_rate * 2 / 3 if settings.second_rate is None else settings.second_rate,
        turn=settings.turn,
        decay=settings.weight_decay,
    )
    return Plan(stages=stages, clip=settings.clip, rise=rise, patience=settings.patience, looks=settings.looks)


def shape_of(settings: Settings, vocabulary: int) -> Shape:
    """The shape that is asked for.

    Raises:
        InvalidRequest: heads that do not divide.
    """
    heads, kv_heads = settings.heads, settings.kv_heads or settings.heads
    if settings.width % (2 * heads):
        raise InvalidRequest(
            f"A width of {settings.width} is not divided into {heads} heads of an even size.",
            field="settings.heads",
            value=heads,
            remedy=f"Take heads of which twice the number divides {settings.width}.",
        )
    if heads % kv_heads:
        raise InvalidRequest(
            f"{heads} heads do not share {kv_heads} heads of keys and values evenly.",
            field="settings.kv_heads",
            value=kv_heads,
            remedy=f"Take a divisor of {heads}.",
        )
    return Shape(
        vocabulary=vocabulary,
        width=settings.width,
        layers=settings.layers,
        heads=heads,
        kv_heads=kv_heads,
        hidden=settings.hidden or 3 * settings.width,
        context=settings.context,
        ternary=settings.ternary,
    )


def same_shape(settings: Settings, shape: Shape) -> None:
    """Refuse a shape that is asked for by name and is not the base's, and pairs beside those of its tokenizer."""
    if settings.merges:
        raise InvalidRequest(
            "A training that goes on from a base has its tokenizer: no pairs are learned.",
            field="settings.merges",
            value=settings.merges,
            remedy="Leave it out.",
        )
    for name in sorted(settings.model_fields_set & OF_BASE - {"merges"}):
        wanted, there = getattr(settings, name), getattr(shape, name)
        if wanted is not None and wanted != there:
            raise InvalidRequest(
                f"The base has {name} {there}, not {wanted}.",
                field=f"settings.{name}",
                value=wanted,
                remedy="Leave it out: a training that goes on from a base keeps its shape.",
            )


def fits(known: Tokens, shape: Shape, base: Path) -> None:
    """Refuse a tokenizer that tells numbers which the model does not know."""
    if known.size > shape.vocabulary:
        raise InvalidRequest(
            f"The tokenizer of {base.name} has {known.size} tokens, the model knows {shape.vocabulary}.",
            field="base",
            value=base.name,
            remedy="Take a base whose files belong together.",
        )


def write(folder: Path, model: TernaryModel, known: Tokens) -> None:
    """The model's folder: configuration, float weights, tokenizer."""
    ternary_model.save(model, folder, begin=known.begin, end=known.end)
    known.save(folder, model.shape.context)


def notes(stopped: str, told: Told, *, chosen: int | None, patience: int | None) -> Iterable[str]:
    """What a reader of the card should know."""
    if chosen is not None:
        yield f"The weights are those of step {chosen}, the best look at the validation rows."
    if stopped:
        yield f"It ended early: {stopped}."
    elif patience is not None and chosen is None:
        yield "It was to stop early, and never looked: there are too few validation rows."
    if told.cut:
        yield f"{told.cut} conversations were longer than the context; what lies beyond was not learned."
    if told.silent:
        yield f"{told.silent} conversations in which the assistant says nothing within the context were left out."
