"""The search for better instructions: GEPA, reflective evolution with a Pareto front over the validation cases.

Source: Agrawal et al. (2025), GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning,
arXiv:2507.19457; by its authors' package `gepa`, of which the whole control flow is used as it is. Its code is
synchronous and goes on in a thread of its own; whatever it wants of a model is done by the run that waits for it, and
noted there. It draws from a generator of its own seed alone, so that a run which is executed again goes the same way.
"""

from __future__ import annotations

import asyncio
import importlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.capabilities.metacognition.evolve.cases import Parts, Trial
    from nis_backend.capabilities.metacognition.evolve.evolution import Candidate
    from nis_backend.capabilities.metacognition.evolve.trying import Tried

COMPONENT = "instructions"
LONGEST_SHOWN = 4000
"""Characters of a question, an answer and what is wrong with it that the reflecting model is shown."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How far the search may go."""

    answers: int
    rounds: int
    minibatch: int
    seed: int


class _Stopped(BaseException):
    """The run that the search is done for goes on no more: no exception, as gepa goes on after one of a reflection."""


class Bridge:
    """What the thread wants done, done in the run's own task, one thing after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._wanted: asyncio.Queue[tuple[Callable[[], Awaitable[Any]], Future[Any]]] = asyncio.Queue()
        self._open: Future[Any] | None = None
        self._closed = False
        self._failed: Exception | None = None

    def do(self, work: Callable[[], Awaitable[Any]]) -> Any:  # Any: what the work answers
        """Called in the thread: wait for the work to be done."""
        future: Future[Any] = Future()
        self._open = future
        if self._closed:
            raise _Stopped
        self._loop.call_soon_threadsafe(self._wanted.put_nowait, (work, future))
        return future.result()

    async def serve(self, thread: asyncio.Future[Any]) -> Any:  # Any: what the thread answers
        """Called in the run: do what the thread wants, until it ends; the first thing that fails ends both."""
        try:
            while True:
                wanted = asyncio.ensure_future(self._wanted.get())
                await asyncio.wait({thread, wanted}, return_when=asyncio.FIRST_COMPLETED)
                if not wanted.done():
                    wanted.cancel()
                    if self._failed is not None:
                        # Of how the thread has ended nobody else asks.
                        thread.exception()
                        raise self._failed
                    return await thread
                work, future = wanted.result()
                try:
                    future.set_result(await work())
                except Exception as error:  # noqa: BLE001 - it is raised once the thread has ended
                    self._failed, self._closed = error, True
                    future.set_exception(_Stopped())
        finally:
            self._closed = True
            if self._open is not None and not self._open.done():
                self._open.set_exception(_Stopped())
            if not thread.done():
                await asyncio.wait({thread})
                thread.exception()


def load() -> Any:  # Any: the package has no types of its own to hold to
    """The package.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        return importlib.import_module("gepa.api"), importlib.import_module("gepa.core.adapter")
    except ModuleNotFoundError:
        raise Unavailable(
            "The package gepa is not installed.", remedy="Run: pip install 'nis-backend[evolution]'."
        ) from None


async def search(
    instructions: str,
    parts: Parts,
    bounds: Bounds,
    attempt: Callable[[str, Sequence[Trial]], Awaitable[list[Tried]]],
    reflect: Callable[[str], Awaitable[str]],
) -> tuple[list[Candidate], int]:
    """The candidates that came as far as the validation cases, and which of them was the best there."""
    bridge = Bridge()
    with ThreadPoolExecutor(1, "evolution") as executor:
        loop = asyncio.get_running_loop()
        thread = loop.run_in_executor(executor, _optimise, instructions, parts, bounds, attempt, reflect, bridge)
        return await bridge.serve(thread)


def _optimise(  # noqa: PLR0913, PLR0917 - what the thread is handed
    instructions: str,
    parts: Parts,
    bounds: Bounds,
    attempt: Callable[[str, Sequence[Trial]], Awaitable[list[Tried]]],
    reflect: Callable[[str], Awaitable[str]],
    bridge: Bridge,
) -> tuple[list[Candidate], int]:
    from nis_backend.capabilities.metacognition.evolve.evolution import Candidate  # noqa: PLC0415 - as they are answered

    api, contract = load()

    class Adapter:
        """The agent, as gepa sees it."""

        propose_new_texts = None

        def evaluate(self, batch: list[Trial], candidate: dict[str, str], capture_traces: bool = False) -> Any:
            tried: list[Tried] = bridge.do(lambda: attempt(candidate[COMPONENT], batch))
            return contract.EvaluationBatch(
                outputs=[one.answer for one in tried],
                scores=[one.score for one in tried],
                trajectories=list(zip(batch, tried, strict=True)) if capture_traces else None,
            )

        def make_reflective_dataset(self, _candidate: dict[str, str], batch: Any, components: list[str]) -> Any:
            records = [
                {
                    "Inputs": trial.message[:LONGEST_SHOWN],
                    "Generated Outputs": tried.answer[:LONGEST_SHOWN],
                    "Feedback": tried.why[:LONGEST_SHOWN],
                }
                for trial, tried in batch.trajectories
            ]
            return dict.fromkeys(components, records)

    def write(prompt: str) -> str:
        return str(bridge.do(lambda: reflect(prompt)))

    def ended(state: Any) -> bool:  # Any: gepa's
        return state.i + 1 >= bounds.rounds or max(state.program_full_scores_val_set, default=0.0) >= 1

    class Quiet:
        """What gepa says of its way is in the run's log already."""

        def log(self, message: str) -> None:
            pass

    found = api.optimize(
        seed_candidate={COMPONENT: instructions},
        trainset=parts.train,
        valset=parts.validation,
        adapter=Adapter(),
        reflection_lm=write,
        reflection_minibatch_size=min(bounds.minibatch, len(parts.train)),
        max_metric_calls=bounds.answers,
        stop_callbacks=ended,
        logger=Quiet(),
        track_best_outputs=False,
        seed=bounds.seed,
    )
    candidates = [
        Candidate(number=number, parent=parents[0], validation=score, instructions=candidate[COMPONENT])
        for number, (candidate, parents, score) in enumerate(
            zip(found.candidates, found.parents, found.val_aggregate_scores, strict=True)
        )
    ]
    return candidates, found.best_idx
