"""The card of a trained model: what it is, what it learned from, what was measured, and what it is not good for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from nis_backend.trained.manifest import Manifest

LAYOUTS = {
    "float": "Floating point numbers, as Transformers saves them.",
    "ternary-master": "Float32 numbers that are rounded to -1, 0 and 1 times the mean size of their matrix whenever"
    " they are multiplied (BitNet b1.58); activations are rounded to eight bits for each token.",
    "ternary-packed": "Projections are -1, 0 or 1 times the scale of their matrix, four to a byte (BitNet b1.58);"
    " activations are rounded to eight bits for each token, embeddings and norms are float32.",
    "gguf": "Files for llama.cpp.",
    "other": "As its recipe writes them.",
}
SMALL = 1_000_000_000
"""Parameters below which a model that writes is not to be relied on for facts."""


def card_of(manifest: Manifest) -> str:
    """The card, in Markdown; what nobody has said is said to be unknown."""
    head = ["---", f"license: {manifest.licence or 'unknown'}"]
    if manifest.layout in {"float", "ternary-master", "ternary-packed"}:
        head += ["library_name: transformers", "pipeline_tag: text-generation"]
    parts = [
        "\n".join([*head, "---"]),
        f"# {_title(manifest)}",
        _made_of(manifest),
        _learned_from(manifest),
        _measured(manifest),
        _limits(manifest),
        f"## Licence\n\n{_licence(manifest)}",
    ]
    return "\n\n".join(parts) + "\n"


def _title(manifest: Manifest) -> str:
    return f"A model of the recipe {manifest.recipe}" if manifest.recipe else "A trained model"


def _made_of(manifest: Manifest) -> str:
    counts = manifest.parameters
    lines = [f"- {LAYOUTS[manifest.layout]}"]
    if counts.ternary:
        lines.append(f"- {counts.ternary:,} ternary weights and {counts.floating:,} floating point numbers.")
    elif counts.floating:
        lines.append(f"- {counts.floating:,} parameters.")
    if manifest.bits_per_weight is not None:
        lines.append(
            f"- {format_number(manifest.bits_per_weight)} bits for a ternary weight, scales and names included."
        )
    if manifest.settings:
        lines.append(f"- Settings: `{json.dumps(manifest.settings, sort_keys=True)}`.")
    lines += [
        f"- {name} {value}."
        for name, value in (("Steps:", manifest.steps), ("Seed:", manifest.seed))
        if value is not None
    ]
    return "## What it is\n\n" + "\n".join(lines)


def _learned_from(manifest: Manifest) -> str:
    lines = [
        f"- Base: {manifest.base or 'none, it began from random numbers'}.",
        f"- Dataset: {manifest.dataset or 'unknown'}, version `{manifest.dataset_version or 'unknown'}`"
        + (f", {manifest.rows:,} rows for training." if manifest.rows is not None else "."),
        f"- Training: {manifest.training or 'unknown'}.",
    ]
    return "## What it learned from\n\n" + "\n".join(lines)


def _measured(manifest: Manifest) -> str:
    if not manifest.metrics:
        return "## What was measured\n\nNothing."
    rows = [f"| {name} | {format_number(value)} |" for name, value in sorted(manifest.metrics.items())]
    said = "On rows that it did not learn from, by the formulas that the names say."
    return "\n".join(["## What was measured", "", said, "", "| measure | value |", "|---|---|", *rows])


def _limits(manifest: Manifest) -> str:
    lines = [*manifest.notes, "It may repeat what stood in its data, private words included: it is its owner's alone."]
    writes = manifest.layout != "other"
    if writes and manifest.parameters.ternary + manifest.parameters.floating < SMALL:
        lines.append("It is small: do not rely on it for facts, sums or choices.")
    if writes:
        lines.append("It says nothing of how sure it is beyond the probability of its tokens.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def _licence(manifest: Manifest) -> str:
    if manifest.licence:
        return f"The base is under {manifest.licence}: what is made of it is used under those terms."
    if manifest.base:
        return f"Nobody has said under which terms {manifest.base} was given: look before you hand this on."
    return "It has no base; what it learned from may have terms of its own."
