"""The simulated provider: answers by known chances, which say that they are."""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nis_backend.drivers.llm.answer import Answered, TextChunk, TokenLogprob
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.drivers.llm.choice import KEYED, Models
from nis_backend.drivers.llm.simulated import MARK, SimulatedModels
from nis_backend.drivers.llm.simulated_family import Family
from nis_backend.errors import NotFound, Unavailable
from nis_backend.settings import Settings

EVEN = {"text": "Answer: 42", "p": 0.6, "logprob": -0.5}, {"text": "Answer: 41", "p": 0.4}
FAMILY: dict[str, Any] = {
    "family": "q",
    "accuracy": 0.6,
    "wrong": {"kinds": 3, "lead": 0.5},
    "verbal": {"bias": 1.0},
    "truth": {"bias": -1.0},
    "revises": {"right_to_wrong": 0.1, "wrong_to_right": 0.3},
}


def simulated(folder: Path, *tasks: object, **more: object) -> SimulatedModels:
    """The provider of a file with one model, `one`, of these tasks."""
    path = folder / "simulation.json"
    path.write_text(json.dumps({"models": [{"name": "one", "seed": 1, "tasks": tasks, **more}]}))
    return SimulatedModels(path)


async def hear(driver: SimulatedModels, *turns: Message | str, **asked: Any) -> tuple[str, list[TokenLogprob]]:
    """The words after the mark, and what is told of their probability; a text is a user's turn."""
    messages = [Message(role="user", content=turn) if isinstance(turn, str) else turn for turn in turns]
    items = [item async for item in driver.generate(Prompt(model="one", messages=messages, **asked))]
    assert isinstance(items[-1], Answered)
    chunks = [item for item in items if isinstance(item, TextChunk)]
    text = "".join(one.text for one in chunks)
    assert text.startswith(MARK)
    return text.removeprefix(MARK), [told for one in chunks for told in one.logprobs]


def counted(driver: SimulatedModels, many: int, *turns: Message | str, **asked: Any) -> Counter[str]:
    """How often what is answered when it is asked so many times."""

    async def body() -> Counter[str]:
        return Counter([(await hear(driver, *turns, number=number, **asked))[0] for number in range(many)])

    return asyncio.run(body())


def near(count: int, many: int, chance: float) -> bool:
    """Whether a count is within four standard deviations of a binomial's mean."""
    return abs(count - many * chance) <= 4 * math.sqrt(many * chance * (1 - chance))


def test_answers_come_by_their_chances(tmp_path: Path) -> None:
    """Each is drawn anew for a prompt's next number, in proportion to `p`."""
    seen = counted(simulated(tmp_path, {"when": "life", "answers": EVEN}), 2000, "What is life?")
    assert set(seen) == {"Answer: 42", "Answer: 41"}
    assert near(seen["Answer: 42"], 2000, 0.6)


def test_a_number_tells_what_is_drawn(tmp_path: Path) -> None:
    """So a run that goes on after a crash, in another process, draws what it would have; asked again it differs."""
    fresh = [simulated(tmp_path, {"answers": EVEN}) for _ in range(2)]

    async def body() -> list[list[str]]:
        backwards = [(await hear(fresh[1], "x", number=number))[0] for number in reversed(range(40))]
        forwards = [(await hear(fresh[0], "x", number=number))[0] for number in range(40)]
        again = [(await hear(fresh[0], "x", number=number))[0] for number in range(40)]
        seeded = [(await hear(fresh[0], "x", seed=3))[0] for _ in range(40)]
        return [forwards, backwards[::-1], again, seeded]

    forwards, backwards, again, seeded = asyncio.run(body())
    assert forwards == backwards
    assert forwards != again
    assert len(set(seeded)) == 1


def test_the_first_task_that_fits_answers(tmp_path: Path) -> None:
    """`when` is looked for in any case or as an expression between slashes, `system` in the system message."""
    tasks = (
        {"when": "ball", "system": "Brief", "answers": [{"text": "short"}]},
        {"when": "/ba(ll|t)$/", "answers": [{"text": "long"}]},
    )
    driver = simulated(tmp_path, *tasks)
    told = Message(role="system", content="be brief")
    assert counted(driver, 1, told, "A BALL") == {"short": 1}
    assert counted(driver, 1, "A bat") == {"long": 1}
    with pytest.raises(Unavailable, match="no answer of one to 'A bath'"):
        counted(driver, 1, "A bath")


def test_probabilities_are_those_of_the_file(tmp_path: Path) -> None:
    """A whole answer's is spread over its words; unset, it is the answer's own; nothing is told unless it is asked."""
    driver = simulated(tmp_path, {"answers": EVEN})

    async def body() -> dict[str, float]:
        heard = [await hear(driver, "x", number=number, logprobs=0) for number in range(40)]
        assert not (await hear(driver, "x"))[1]
        return {text: sum(one.logprob for one in told) for text, told in heard}

    assert asyncio.run(body()) == pytest.approx({"Answer: 42": -0.5, "Answer: 41": math.log(0.4)})


def test_a_family_answers_by_its_distribution(tmp_path: Path) -> None:
    """Right with its accuracy, the first wrong answer with its share of the rest, at temperature 0 the likeliest."""
    driver, family = simulated(tmp_path, FAMILY), Family.model_validate(FAMILY)
    chances = family.distribution(17)
    assert chances == pytest.approx({"170": 0.6, "171": 0.2, "172": 0.1, "173": 0.1})
    seen = counted(driver, 2000, "Please solve q-17 now.")
    assert all(near(seen[f"Answer: {one}"], 2000, chance) for one, chance in chances.items())
    assert counted(driver, 20, "q-17", temperature=0) == {"Answer: 170": 20}
    with pytest.raises(Unavailable):
        counted(driver, 1, "q-1000")


def test_difficulty_follows_the_beta_distribution() -> None:
    """The mean and the variance over questions are those of the distribution; another seed finds others hard."""
    family = Family.model_validate({"family": "q", "accuracy": {"beta": [2, 3]}})
    drawn = [family.chance(number) for number in range(4000)]
    mean = sum(drawn) / len(drawn)
    variance = sum((one - mean) ** 2 for one in drawn) / len(drawn)
    assert abs(mean - 0.4) < 4 * math.sqrt(0.04 / 4000)
    assert variance == pytest.approx(0.04, rel=0.1)
    assert family.model_copy(update={"seed": 1}).chance(0) != family.chance(0)


def test_what_is_stated_is_off_by_its_bias(tmp_path: Path) -> None:
    """In words and as the probability of (A) True, in log-odds; the probability is told of both letters."""
    driver = simulated(tmp_path, FAMILY)
    odds = math.log(0.6 / 0.4)
    asked = "q-17. Proposed answer: 170. Is it correct? (A) True (B) False"

    async def body() -> tuple[str, str, list[TokenLogprob]]:
        words = (await hear(driver, "q-17: give your two best guesses as G1, P1, G2, P2."))[0]
        return words, *(await hear(driver, asked, logprobs=2))

    words, letter, told = asyncio.run(body())
    stated = float(words.splitlines()[1].removeprefix("P1: "))
    assert words.count("G") == 2
    assert stated == pytest.approx(1 / (1 + math.exp(-odds - 1)), abs=1e-4)
    assert letter in ("A", "B")
    true = {one.token: math.exp(one.logprob) for one in told[0].alternatives}
    assert true["A"] == pytest.approx(1 / (1 + math.exp(-odds + 1)))
    assert true["A"] + true["B"] == pytest.approx(1)


def test_what_is_shown_changes_answers_by_given_chances(tmp_path: Path) -> None:
    """A right answer becomes wrong, and a wrong one right, as `revises` says; the model's own last one counts."""
    driver = simulated(tmp_path, FAMILY)

    def after(own: str) -> Counter[str]:
        return counted(
            driver, 1000, "q-17", Message(role="assistant", content=f"Answer: {own}"), "Others say 172. And you?"
        )

    right, wrong = after("170"), after("171")
    assert near(right["Answer: 170"], 1000, 0.9)
    assert near(wrong["Answer: 170"], 1000, 0.3)
    assert wrong["Answer: 171"] == 1000 - wrong["Answer: 170"]


def test_it_is_chosen_by_name_alone(tmp_path: Path) -> None:
    """It is a demonstration, and no default of anything."""
    models = Models([simulated(tmp_path, {"answers": EVEN})])

    async def body() -> None:
        assert (await models.choose("simulated:one"))[1].demonstration
        for wanted in ({}, {"provider": "simulated"}):
            with pytest.raises(NotFound):
                await models.choose(**wanted)

    asyncio.run(body())


def test_a_file_that_is_none_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    """The field is told, and what a file looks like."""
    driver = simulated(tmp_path, {"answers": []})
    with pytest.raises(Unavailable, match="answers") as refused:
        counted(driver, 1, "x")
    assert '{"models":' in (refused.value.remedy or "")


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"accuracy": 1, "truth": {"bias": 10, "knows": 10}}, "Proposed answer: 170 to q-17.\n(A) True\n(B) False"),
        ({"accuracy": 1, "verbal": {"bias": 10, "knows": 10}}, "G1: a guess of q-17\nP1:"),
        ({"accuracy": 1, "revises": {"right_to_wrong": 1}}, "They said 170 to q-17. And you?"),
        ({}, f"q-17 and q-{'9' * 5000}"),
    ],
)
def test_no_family_is_too_sure_to_answer(tmp_path: Path, more: dict[str, Any], asked: str) -> None:
    """What the file may say is answered; a number too long for any question is none."""
    driver = simulated(tmp_path, {**FAMILY, **more})
    assert counted(driver, 3, asked).total() == 3


def test_a_pattern_that_is_none_is_told(tmp_path: Path) -> None:
    """Before anything is asked of it."""
    with pytest.raises(Unavailable, match="no regular expression"):
        counted(simulated(tmp_path, {"when": "/(/", "answers": EVEN}), 1, "x")


@pytest.mark.parametrize("asked", [{"model": "openai:any"}, {"provider": "openai"}])
def test_a_provider_without_its_key_is_refused_with_the_variable_that_it_wants(
    tmp_path: Path, asked: dict[str, str]
) -> None:
    """Promise: a refusal names what to do, and each variable that it may name is a setting."""
    models = Models([simulated(tmp_path)])
    with pytest.raises(NotFound) as refused:
        asyncio.run(models.choose(**asked))
    assert "set OPENAI_API_KEY" in refused.value.remedy
    with pytest.raises(NotFound) as unknown:
        asyncio.run(models.choose("nobody:any"))
    assert "API_KEY" not in unknown.value.remedy
    settings = {field.alias for field in Settings.model_fields.values()}
    assert {f"{name.upper()}_API_KEY" for name in KEYED} <= settings
