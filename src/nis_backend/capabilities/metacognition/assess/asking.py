"""Asking for an answer, and how sure it is: samples until the vote is settled, then what the model says of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.alongside import each
from nis_backend.answers.extracting import Extraction, extract, same
from nis_backend.answers.voting import Tally, tally
from nis_backend.capabilities.metacognition.assess.assessment import Score
from nis_backend.capabilities.metacognition.multipath.speaking import AT_ONCE, Talk
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.assess.assessing import AssessAnswer
    from nis_backend.capabilities.metacognition.multipath.speaking import Said, Voice

FORMULAS = {
    "vote": "votes for the answer / samples asked: Wang et al. (2022), arXiv:2203.11171",
    "entropy": "exp(−H) of the discrete semantic entropy H of the samples' classes, those without an answer left out: "
    "Farquhar et al. (2024), Nature 630",
    "truth": "P(A) / (P(A) + P(B)) of (A) True and (B) False: Kadavath et al. (2022), arXiv:2207.05221",
    "verbal": "the probability that the model states of the answer among its best guesses: Tian et al. (2023), "
    "arXiv:2305.14975",
    "likelihood": "exp of the mean log-probability of a token, averaged over the samples with the answer: Malinin & "
    "Gales (2021), arXiv:2002.07650",
    "given": "given with its outcome",
}
BY_COUNT = (
    "the share of (A) among {asked} times that it was asked (A) True or (B) False: the model tells no probabilities"
)
TRUTH_TOKENS, TRUTH_ALTERNATIVES = 8, 5
GUESSES, GUESS_TOKENS = 3, 120
MOST_SHOWN = 10
"""Answers that are shown beside the proposed one."""
LETTER = Extraction(kind="choice", choices=["A", "B"])
_GUESS = re.compile(r"\bG(\d)\W{0,4}:(?!:)(.+?)(?=\bP\d\W{0,4}:|$)", re.MULTILINE)
_STATED = re.compile(
    r"\bP(\d)\W{0,4}:[\s*_`<~]{0,6}(\d{1,3}(?:[.,]\d{1,9})?|[.,]\d{1,9})(?![\d/^]|[.,]\d|[eE][-+\d])\s*(%?)"
)
NO_CHANCES = "{name} tells no probabilities of its words."


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What was sampled, in the order of the samples, and the vote over it."""

    said: list[Said]
    answers: list[str | None]
    votes: Tally

    def words(self, answer: str) -> str:
        """Of the first sample with this answer."""
        return next(one.text for one, found in zip(self.said, self.answers, strict=True) if found == answer)


async def sample(request: AssessAnswer, talk: Talk, voice: Voice) -> Sampled:
    """Ask until the vote is settled, or as often as is wanted.

    As many are asked at once as are needed before it could be settled: none is asked too many.

    Raises:
        UpstreamFailed: nothing was answered, or nothing of the kind that was looked for.
    """
    said: list[Said] = []
    answers: list[str | None] = []
    chances = 0 if "likelihood" in request.methods and tells_chances(voice) else None
    while len(said) < request.samples:
        left = request.samples - len(said)
        votes = tally(answers)
        if request.stops and votes.settled(left):
            break
        wanted = votes.soonest(left) if request.stops else left
        said += await _each(wanted, talk, voice, [*request.earlier, request.question], logprobs=chances)
        answers = [None if one.problem else extract(one.text, request.answer) for one in said]
    votes = tally(answers)
    if votes.leader is None:
        told = next((one.problem for one in said if one.problem), "") or (
            f"none of {len(said)} samples has an answer of the kind {request.answer.kind}: {said[0].text[:200]!r}."
        )
        raise UpstreamFailed(
            f"There is nothing to assess: {told}",
            remedy="Ask for the form of the answer in `system`, allow more `max_tokens`, or look for another kind.",
        )
    return Sampled(said=said, answers=answers, votes=votes)


async def _each(  # noqa: PLR0913 - how often, whom, what, and how
    times: int,
    talk: Talk,
    voice: Voice,
    turns: list[str],
    *,
    max_tokens: int | None = None,
    logprobs: int | None = None,
) -> list[Said]:
    """The same asked so often, each time as a step of its own."""
    steps = [next(talk.steps) for _ in range(times)]
    return await each(
        lambda step: talk.ask(voice, turns, step, max_tokens=max_tokens, logprobs=logprobs), steps, AT_ONCE
    )


def tells_chances(voice: Voice) -> bool:
    """Whether its probabilities are asked for: of a model of which nobody has said that it tells none."""
    return voice.info is not None and voice.info.logprobs is not False


async def scored(request: AssessAnswer, talk: Talk, voice: Voice, sampled: Sampled) -> list[Score]:
    """What each method says of the answer, in the order in which they were asked for."""
    answer = cast("str", sampled.votes.leader)
    found: list[Score] = []
    for method in request.methods:
        match method:
            case "vote":
                found.append(_score("vote", sampled.votes.counts[answer] / len(sampled.said)))
            case "entropy":
                found.append(_score("entropy", math.exp(-sampled.votes.entropy())))
            case "likelihood":
                found.append(_likelihood(voice, sampled, answer))
            case "truth":
                found.append(await _truth(request, talk, voice, sampled, answer))
            case "verbal":
                found.append(await _verbal(request, talk, voice, answer))
    return found


def _score(method: Any, value: float | None, why: str = "", formula: str = "") -> Score:  # Any: a method's name
    return Score(method=method, value=value, formula=formula or FORMULAS[method], why=why)


def _likelihood(voice: Voice, sampled: Sampled, answer: str) -> Score:
    if not tells_chances(voice):
        return _score("likelihood", None, NO_CHANCES.format(name=voice.name))
    means = [
        math.exp(math.fsum(one["logprob"] for one in said.logprobs) / len(said.logprobs))
        for said, found in zip(sampled.said, sampled.answers, strict=True)
        if found == answer and said.logprobs
    ]
    if not means:
        return _score("likelihood", None, f"{voice.name} told no probabilities, though they were asked for.")
    return _score("likelihood", math.fsum(means) / len(means))


async def _truth(request: AssessAnswer, talk: Talk, voice: Voice, sampled: Sampled, answer: str) -> Score:
    shown = "; ".join([*sampled.votes.counts][:MOST_SHOWN])
    asked = (
        f"Question: {request.question}\n\nAnswers that were given: {shown}\n\nProposed answer: {answer}\n\n"
        "Is the proposed answer:\n(A) True\n(B) False\nSay the letter alone. The proposed answer is:"
    )
    by_chances = tells_chances(voice)
    said = await _each(
        1 if by_chances else request.samples,
        talk,
        voice,
        [*request.earlier, asked],
        max_tokens=TRUTH_TOKENS,
        logprobs=TRUTH_ALTERNATIVES if by_chances else None,
    )
    if all(one.problem for one in said):
        return _score("truth", None, said[0].problem)
    if by_chances:
        value = of_letters(said[0].logprobs)
        return _score("truth", value, "" if value is not None else "Neither A nor B was among the likeliest words.")
    letters = [letter for one in said if (letter := extract(one.text, LETTER)) is not None]
    formula = BY_COUNT.format(asked=len(letters))
    if not letters:
        return _score("truth", None, "It answered neither A nor B.", formula)
    return _score("truth", letters.count("A") / len(letters), formula=formula)


def of_letters(logprobs: list[dict[str, Any]]) -> float | None:  # Any: JSON
    """P(A) out of P(A) and P(B), at the first token that is one of the two; None where neither is likely."""
    for token in logprobs:
        if _bare(token["token"]) not in ("A", "B"):
            continue
        seen = {one["token"]: one["logprob"] for one in (*token["alternatives"], token)}
        told = {written: value for written, value in seen.items() if _bare(written) in ("A", "B")}
        # By the greatest: chances of which each by itself is nought as a double have a ratio too.
        most, chances = max(told.values()), Counter[str]()
        for written, value in told.items():
            chances[_bare(written)] += math.exp(value - most)  # pyright: ignore[reportArgumentType] - a counter of weights
        return chances["A"] / (chances["A"] + chances["B"])
    return None


def _bare(token: str) -> str:
    return token.strip(" ().:\n*")


async def _verbal(request: AssessAnswer, talk: Talk, voice: Voice, answer: str) -> Score:
    form = "\n".join(
        f"G{at}: <a guess, as short as possible>\nP{at}: <the probability from 0.0 to 1.0 that G{at} is correct>"
        for at in range(1, GUESSES + 1)
    )
    asked = (
        f"Provide your {GUESSES} best guesses and the probability that each is correct for the following question. "
        f"Give only the guesses and probabilities, the most likely one first, in this form:\n\n{form}\n\n"
        f"The question is: {request.question}"
    )
    said = await talk.ask(voice, [*request.earlier, asked], next(talk.steps), max_tokens=GUESS_TOKENS)
    if said.problem:
        return _score("verbal", None, said.problem)
    value = stated_of(said.text, answer, request.answer)
    why = "" if value is not None else "The answer is none of the guesses of which it stated a probability."
    return _score("verbal", value, why)


def stated_of(text: str, answer: str, how: Extraction) -> float | None:
    """The probability that is stated of an answer among guesses, summed where several say it; None where none is.

    What a model goes on with after its guesses are others, to another question: the first of each number count.
    """
    guesses: dict[str, str | None] = {}
    for one, told in _GUESS.findall(text):
        guesses.setdefault(one, same(told.strip(), how))
    stated: dict[str, float] = {}
    for one, value, percent in _STATED.findall(text):
        stated.setdefault(one, float(value.replace(",", ".")) / (100 if percent else 1))
    of_it = [stated[one] for one, guess in guesses.items() if guess == answer and stated.get(one, 2) <= 1]
    return min(1.0, math.fsum(of_it)) if of_it else None
