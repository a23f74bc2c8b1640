"""The fourteen indicator properties, each from what has run: its evidence, what takes it away, or why it is absent.

Source: Butlin, Long, Elmoznino, Bengio et al. (2023), Consciousness in Artificial Intelligence, arXiv:2308.08708.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.workspace.operations import WorkspaceRun

Status = Literal["present", "partly", "absent"]

FEWEST_OUTCOMES, FEWEST_COMPARISONS = 20, 20
"""Outcomes, and comparisons of a quantity, below which nothing is concluded."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Whether a property is there, and by what."""

    status: Status
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Property:
    """One of the fourteen."""

    id: str
    theory: str
    text: str


PROPERTIES = (
    Property(id="RPT-1", theory="recurrent processing", text="Input modules using algorithmic recurrence"),
    Property(
        id="RPT-2",
        theory="recurrent processing",
        text="Input modules generating organised, integrated perceptual representations",
    ),
    Property(
        id="GWT-1",
        theory="global workspace",
        text="Multiple specialised systems capable of operating in parallel (modules)",
    ),
    Property(
        id="GWT-2",
        theory="global workspace",
        text="Limited capacity workspace, entailing a bottleneck in information flow and a selective attention "
        "mechanism",
    ),
    Property(
        id="GWT-3",
        theory="global workspace",
        text="Global broadcast: availability of information in the workspace to all modules",
    ),
    Property(
        id="GWT-4",
        theory="global workspace",
        text="State-dependent attention, giving rise to the capacity to use the workspace to query modules in "
        "succession to perform complex tasks",
    ),
    Property(id="HOT-1", theory="higher-order", text="Generative, top-down or noisy perception modules"),
    Property(
        id="HOT-2",
        theory="higher-order",
        text="Metacognitive monitoring distinguishing reliable perceptual representations from noise",
    ),
    Property(
        id="HOT-3",
        theory="higher-order",
        text="Agency guided by a general belief-formation and action selection system, and a strong disposition to "
        "update beliefs in accordance with the outputs of metacognitive monitoring",
    ),
    Property(id="HOT-4", theory="higher-order", text="Sparse and smooth coding generating a quality space"),
    Property(
        id="AST-1",
        theory="attention schema",
        text="A predictive model representing and enabling control over the current state of attention",
    ),
    Property(id="PP-1", theory="predictive processing", text="Input modules using predictive coding"),
    Property(
        id="AE-1",
        theory="agency and embodiment",
        text="Agency: learning from feedback and selecting outputs so as to pursue goals, especially where this "
        "involves flexible responsiveness to competing goals",
    ),
    Property(
        id="AE-2",
        theory="agency and embodiment",
        text="Embodiment: modelling output-input contingencies, including some systematic effects, and using this "
        "model in perception or control",
    ),
)

NOT_BUILT = {
    "RPT-1": "What sees, hears and reads here are feed-forward networks: within a pass nothing returns to an earlier "
    "layer. That a decoder reads its own last token is a loop through the output, not through the input's processing.",
    "RPT-2": "What sees answers boxes, labels and words side by side; nothing here binds them into one scene, and no "
    "test of integration has been made.",
    "HOT-1": "No module here generates what it perceives from above, or is noisy by design.",
    "HOT-3": "What is known of an answer's reliability can withhold it (metacognition.decide_abstention); it updates "
    "no belief that later actions are chosen by.",
    "HOT-4": "Nothing here has a code whose sparseness and smoothness were measured.",
    "AST-1": "The workspace logs what it attended to; nothing predicts that log, or steers by the prediction.",
    "PP-1": "No module here learns by predicting its input and passing on the error.",
}
"""Properties for which nothing runs here, and what is nearest."""


def of_workspace(run: WorkspaceRun) -> dict[str, Finding]:
    """The workspace's four properties, from one run's log."""
    return {"GWT-1": _modules(run), "GWT-2": _limited(run), "GWT-3": _global(run), "GWT-4": _by_state(run)}


def _modules(run: WorkspaceRun) -> Finding:
    together = [sum(not one.problem for one in cycle.bids) for cycle in run.cycles]
    least = min(together, default=0)
    said = (
        f"At least {least} modules, of {len(run.operations)} operations, worked side by side in each of "
        f"{len(run.cycles)} cycles."
    )
    return Finding(status="present" if least > 1 else "absent", evidence=said)


def _limited(run: WorkspaceRun) -> Finding:
    if not run.broadcast:
        return _off()
    lost = [sum(one.bid > 0 for one in cycle.bids) - len(cycle.winners) for cycle in run.cycles]
    said = f"{run.slots} of {len(run.cycles[0].bids)} places; positive bids that were not heard, by cycle: {lost}."
    return Finding(status="present" if any(lost) else "absent", evidence=said)


def _global(run: WorkspaceRun) -> Finding:
    if not run.broadcast:
        return _off()
    of, hearing = len(run.cycles[0].bids), len(run.hearing)
    # What the last cycle's winners said, nobody was told any more.
    told = sum(bool(cycle.winners) for cycle in run.cycles[:-1])
    said = f"What the workspace held was given to {hearing} of {of} modules, {told} times."
    return Finding(status="present" if told and hearing == of > 1 else "absent", evidence=said)


def _by_state(run: WorkspaceRun) -> Finding:
    if not run.broadcast:
        return _off()
    succession = [cycle.winners for cycle in run.cycles]
    moved = [
        after.cycle
        for before, after in pairwise(run.cycles)
        if any(
            one.changed and one.module in run.hearing
            for one in after.bids
            if one.module in {*after.winners} - {*before.winners}
        )
    ]
    said = f"Winners by cycle: {succession}; in cycles {moved} another module won with what it said to the broadcast."
    return Finding(status="present" if moved else "absent", evidence=said)


def _off() -> Finding:
    return Finding(status="absent", evidence="The workspace was off: nothing competed, and nothing was broadcast.")
