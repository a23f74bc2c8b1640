"""A tree of thoughts: steps towards an answer are proposed, scored, and the best gone on with, within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.alongside import each
from nis_backend.answers.extracting import extract
from nis_backend.capabilities.metacognition.multipath.checking import verdict_of
from nis_backend.capabilities.metacognition.multipath.speaking import AT_ONCE, Talk
from nis_backend.capabilities.metacognition.multipath.tree import Node, Tree
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.multipath.checking import Check, Verdict
    from nis_backend.capabilities.metacognition.multipath.speaking import Voice
    from nis_backend.capabilities.metacognition.multipath.tree import SearchTree
    from nis_backend.context import Context

WORTH = {"sure": 20.0, "likely": 1.0, "impossible": 0.001}
"""What a model's word for a path counts, as Yao et al. have it."""
JUDGING = 16
"""Tokens of a word, and of what some models say around it."""
BY_MODEL = (
    "a path's score is the sum of what the model's words for it count: sure 20, likely 1, impossible 0.001, none 0 "
    "(Yao et al. 2023)"
)
BY_SCORER = "a path's score is the scorer's"
THEN = "; the best of each depth are gone on with; the answer is the path's of the highest score that came to one"
CHECKED = "; of those that came to an answer only what passes the check is one"
_WORDS = re.compile(rf"(?<![\w-])(?<!\bnot )(?<!n't )({'|'.join(WORTH)})(?!\w)", re.IGNORECASE)
"""Not of "unlikely" or "not sure", which say the opposite."""


@dataclass(kw_only=True, eq=False)
class _Path:
    """A path on the way."""

    number: int
    parent: _Path | None
    thought: str
    depth: int
    score: float = 0.0
    kept: bool = False
    verdict: Verdict | None = None

    @property
    def thoughts(self) -> list[str]:
        """Its steps, from the first."""
        return [] if self.parent is None else [*self.parent.thoughts, self.thought]

    @property
    def text(self) -> str:
        """Its steps, a line each."""
        return "\n".join(self.thoughts)


@dataclass(kw_only=True)
class _Search:
    request: SearchTree
    talk: Talk
    voice: Voice
    grown: list[_Path] = field(default_factory=list[_Path])
    proposed: int = 0
    """Steps that the model was asked for, those it has said twice among them."""
    unread: int = 0
    """Words for a path that were none of the three."""

    def answers(self, path: _Path) -> str | None:
        """The answer that it has come to; None where it has not yet."""
        lines = [line.strip() for line in path.thought.splitlines() if line.strip()]
        said = next(
            (line for line in reversed(lines) if line.casefold().startswith(self.request.done.casefold())), None
        )
        return None if said is None else extract(said[len(self.request.done) :], self.request.answer)

    async def propose(self, paths: Sequence[_Path]) -> list[_Path]:
        """Next steps of these, each once, as far as the bound allows."""
        left = self.request.most_nodes - self.proposed
        places = [(path, next(self.talk.steps)) for path in paths for _ in range(self.request.branches)][:left]
        self.proposed += len(places)
        said = await each(lambda one: self.talk.ask(self.voice, [self._asks(one[0])], one[1]), places, AT_ONCE)
        made: list[_Path] = []
        for (path, _), one in zip(places, said, strict=True):
            thought = one.text.strip()
            known = {(other.parent, " ".join(other.thought.split())) for other in made}
            if one.problem or (path, " ".join(thought.split())) in known:
                continue
            number = len(self.grown) + len(made) + 1
            made.append(_Path(number=number, parent=path, thought=thought, depth=path.depth + 1))
        self.grown += made
        return made

    def _asks(self, path: _Path) -> str:
        steps = f"The steps so far:\n{path.text}" if path.parent else "There is no step yet."
        return (
            f"A problem is solved step by step.\nThe problem:\n{self.request.question}\n\n{steps}\n\nWrite the next "
            "step alone, in one or two sentences. Where the steps suffice, write instead a line that begins with "
            f"{self.request.done!r} and has the answer."
        )

    async def score(self, paths: Sequence[_Path]) -> None:
        """What each is worth, by the scorer or by the model's word."""
        scorer = self.request.scorer
        if scorer is not None:
            await self._verdicts(paths, scorer)
            for path in paths:
                path.score = path.verdict.score if path.verdict else 0.0
            return
        places = [(path, next(self.talk.steps)) for path in paths for _ in range(self.request.values)]
        said = await each(
            lambda one: self.talk.ask(self.voice, [self._values(one[0])], one[1], max_tokens=JUDGING), places, AT_ONCE
        )
        for (path, _), one in zip(places, said, strict=True):
            value = worth_of(one.text)
            self.unread += value is None
            path.score += value or 0.0

    def _values(self, path: _Path) -> str:
        return (
            f"The problem:\n{self.request.question}\n\nThe steps so far:\n{path.text}\n\nCan these steps lead to the "
            "right answer? Say one word: sure, likely or impossible."
        )

    async def check(self, paths: Sequence[_Path], check: Check) -> None:
        """What the check says of those that answer."""
        await self._verdicts([path for path in paths if self.answers(path) is not None], check)

    async def _verdicts(self, paths: Sequence[_Path], check: Check) -> None:
        async def judge(asked: tuple[_Path, int]) -> None:
            path, step = asked
            asking = (self.request.question, path.text, self.answers(path), step)
            path.verdict = await verdict_of(check, *asking, self.talk.ctx)

        await each(judge, [(path, next(self.talk.steps)) for path in paths], AT_ONCE)


def worth_of(text: str) -> float | None:
    """What a model's word for a path counts; None where it is none of the three."""
    word = _WORDS.search(text)
    return WORTH[word[0].lower()] if word else None


async def searched(request: SearchTree, ctx: Context) -> Tree:
    """Carry out the run.

    Raises:
        UpstreamFailed: nothing was proposed.
    """
    talk = Talk(ctx=ctx, how=request)
    (voice,) = await talk.voices([request.model])
    search = _Search(request=request, talk=talk, voice=voice)
    paths = [_Path(number=0, parent=None, thought="", depth=0)]
    for _ in range(request.depth):
        made = await search.propose(paths)
        if not made:
            break
        await search.score(made)
        if request.check is not None:
            await search.check(made, request.check)
        # The sort is stable: of as many, the one that came first.
        unfinished = sorted((one for one in made if search.answers(one) is None), key=lambda one: -one.score)
        paths = unfinished[: request.beam]
        for one in paths:
            one.kept = True
    if not search.grown:
        lost = next((one.problem for one in talk.said if one.problem), "")
        raise UpstreamFailed(f"{voice.name} has proposed nothing: {lost}", remedy="Ask another model.")
    ended = [one for one in search.grown if search.answers(one) is not None]
    able = [one for one in ended if request.check is None or (one.verdict is not None and one.verdict.passed)]
    best = max(able, key=lambda one: one.score, default=None)
    return Tree(
        answer=search.answers(best) if best else None,
        response=best.text if best else "",
        score=best.score if best else None,
        formula=(BY_MODEL if request.scorer is None else BY_SCORER) + THEN + (CHECKED if request.check else ""),
        nodes=[_node(one, search) for one in search.grown],
        warnings=_warnings(search, ended, able),
        spent=talk.spent(),
        model=voice.name,
        demonstration=talk.demonstration,
        run_id=ctx.run.run_id,
    )


def _node(path: _Path, search: _Search) -> Node:
    return Node(
        number=path.number,
        parent=path.parent.number if path.parent else 0,
        depth=path.depth,
        thought=path.thought,
        score=path.score,
        kept=path.kept,
        answer=search.answers(path),
        verdict=path.verdict,
    )


def _warnings(search: _Search, ended: Sequence[_Path], able: Sequence[_Path]) -> list[str]:
    told: list[str] = []
    if not ended:
        told.append("No path came to an answer: allow more depth, or name how a step answers in `done`.")
    elif not able:
        told.append(f"{len(ended)} paths came to an answer, and none of them passes the check.")
    elif search.request.check is None and search.request.scorer is None:
        told.append("Nothing outside the model has scored a path: its own word for its steps decides.")
    if search.unread:
        told.append(f"{search.unread} of the model's words for a path were none of sure, likely and impossible.")
    lost = [one.problem for one in search.talk.said if one.problem]
    if lost:
        told.append(f"{len(lost)} questions have no answer: {lost[0]}")
    if search.proposed >= search.request.most_nodes:
        told.append(f"The search ended at {search.request.most_nodes} steps.")
    return told
