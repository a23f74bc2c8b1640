"""The order in which a route's models are tried: by tiers, by weight within one, without those that cannot serve."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.gateway.base import Needs
    from nis_backend.drivers.gateway.route import Route, Target
    from nis_backend.drivers.llm.base import ModelInfo

BYTES_A_TOKEN = 4
"""What a text's bytes are divided by to guess its tokens, where a wrong guess costs another try and no money."""


def order(route: Route, fits: Callable[[Target], bool], draw: Callable[[], float]) -> list[Target]:
    """The models of a route that fit, in the order in which they are to be tried.

    `draw` answers a number from 0 to below 1. A model of weight 0 comes after its tier's others.
    """
    found: list[Target] = []
    for _, tier in groupby(sorted(route.targets, key=lambda target: target.tier), lambda target: target.tier):
        found += _drawn([target for target in tier if fits(target)], draw)
    return found


def _drawn(targets: Sequence[Target], draw: Callable[[], float]) -> list[Target]:
    """All of them, drawn one after another by weight."""
    left = [*targets]
    drawn: list[Target] = []
    while left:
        at = draw() * sum(target.weight for target in left)
        for target in left:
            at -= target.weight
            if at < 0:
                break
        else:
            target = left[0]
        left.remove(target)
        drawn.append(target)
    return drawn


def lacking(info: ModelInfo, needs: Needs) -> str:
    """Why a model cannot serve a call, as far as it is known; empty when nothing speaks against it."""
    for name, said in (
        ("tools", info.tools),
        ("vision", info.vision),
        ("audio", info.audio),
        ("files", info.files),
        ("schema", info.json_schema),
        ("logprobs", info.logprobs),
    ):
        if getattr(needs, name) and said is False:
            return f"it has no {name}"
    if info.max_output is not None and (needs.output or 0) > info.max_output:
        return f"it writes at most {info.max_output} tokens"
    if info.context_tokens is not None and needs.input_bound is not None:
        guessed = needs.input_bound // BYTES_A_TOKEN + (needs.output or 0)
        if guessed > info.context_tokens:
            return f"it takes {info.context_tokens} tokens, and this needs about {guessed}"
    return ""
