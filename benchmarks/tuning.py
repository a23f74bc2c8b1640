"""What fine-tuning the model in the box is worth: a house format by LoRA, a preference by DPO, on unseen cases.

    make prove-lora                # orders in free English become lines of a house format: exact match, base and tuned
    make prove-dpo                 # of two answers with the same words, reasons first: accuracy on unseen pairs
    make prove-lora ARGS="--steps 20 --cases 20"

Rows are made from templates by a seed. Between training and test no template, no goods, no place and no subject is the
same; numerals, units and weekdays are, being the format itself. Answers are greedy, by Transformers from the merged
folder, and right where the whole line is. Intervals are Clopper & Pearson's, 95 %. Training is the product's: the
recipe, with a job as its worker gives it one; adapters in the last layers, because they learn in half the time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training import bases, frozen
from nis_backend.capabilities.training.job import Job, Outcome
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.settings import read_settings

torch: Any = frozen.torch
stats: Any = import_module("scipy.stats")  # Any: scipy has no types
Json = dict[str, Any]  # Any: JSON

SEED = 20261127
KEPT: Json = json.loads(Path(__file__).with_name("tuning_words.json").read_text("utf-8"))
"""What sentences are made of, for training and for test."""
UNITS = {"box": "bx", "bag": "bg", "crate": "cr", "pallet": "pl", "roll": "rl", "bottle": "bt"}
MANY = {"box": "boxes"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ORDINARY = (
    "What is the capital of France?",
    "Give me three tips for better sleep.",
    "Why is the sky blue?",
    "Write a short poem about rain.",
    "How do I boil an egg?",
    "Explain what a database is.",
    "What is 12 plus 30?",
    "Who wrote Hamlet?",
    "Please send a short email to my boss that I am ill today.",
    "What should I pack for a weekend in London?",
    "Translate 'good morning' to French.",
    "Name three fruits.",
)
"""What is asked without a word of orders: whoever answers it with an order has forgotten how to talk."""
LONGEST = 32
"""Tokens of an answer: a line has some twenty."""
HOUSE = "Write the order as a house line."
TOLD = (
    "Write the order as a house line: #, the number in digits, the unit (bx box, bg bag, cr crate, pl pallet, rl roll, "
    "bt bottle), a space, the goods, ' > ', the place, ' / ', the weekday in three small letters, and ' !' where it is "
    "urgent."
)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What sentences of one side are made of."""

    goods: list[str]
    places: list[str]
    plain: list[str]
    urgent: list[str]


LEARNED, UNSEEN = Words(**KEPT["orders learned"]), Words(**KEPT["orders unseen"])


FAST: Json = {"layers": 15, "tokens_per_step": 512, "check_every": 30}
"""Half of the layers, and short steps."""


def orders(words: Words, count: int, seed: str) -> list[Json]:
    """So many different orders, each with its line."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    rows: dict[str, str] = {}
    while len(rows) < count:
        number, unit = chance.randint(1, 60), chance.choice(list(UNITS))
        goods, place, day = chance.choice(words.goods), chance.choice(words.places), chance.choice(DAYS)
        urgent = chance.random() < 1 / 3
        template = chance.choice(words.urgent if urgent else words.plain)
        said = WORDS[number - 1] if number <= len(WORDS) and chance.random() < 2 / 3 else str(number)
        amount = f"{said} {unit if number == 1 else MANY.get(unit, f'{unit}s')}"
        text = template.format(n=amount, goods=goods, place=place, day=day, Day=day)
        rows[text[0].upper() + text[1:]] = (
            f"#{number}{UNITS[unit]} {goods} > {place} / {day[:3].lower()}{' !' * urgent}"
        )
    return [_chat(HOUSE, text, line) for text, line in rows.items()]


def _chat(system: str, text: str, answer: str) -> Json:
    said = (("system", system), ("user", text), ("assistant", answer))
    return {"messages": [{"role": role, "content": content} for role, content in said]}


@dataclass(frozen=True, kw_only=True)
class Notices:
    """What answers with reasons are made of: a subject, what is done when, and a reason for it."""

    subjects: list[str]
    answers: list[str]
    reasons: list[str]
    asks: list[str]


LEARNED_NOTICES, UNSEEN_NOTICES = Notices(**KEPT["notices learned"]), Notices(**KEPT["notices unseen"])


def pairs(words: Notices, count: int, seed: str) -> list[Json]:
    """So many different pairs of answers with the same words: reasons first (chosen), reasons last (rejected)."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    rows: dict[str, Json] = {}
    while len(rows) < count:
        answer = chance.choice(words.answers).format(day=chance.choice(DAYS), time=f"{chance.randint(7, 19)}:30")
        reason, subject = chance.choice(words.reasons), chance.choice(words.subjects)
        ask = chance.choice(words.asks).format(subject=subject)
        rows[f"{ask} {answer} {reason}"] = {
            "messages": [{"role": "user", "content": ask}],
            "chosen": f"Because {reason}, {answer}.",
            "rejected": f"{answer[0].upper()}{answer[1:]}, because {reason}.",
        }
    return list(rows.values())


def trained(base: Path, folder: Path, rows: dict[str, list[Json]], options: argparse.Namespace, settings: Json) -> Json:
    """What the recipe that the folder is named for makes of it, and what it cost."""
    recipe = recipe_of(folder.name)
    (folder / "out").mkdir(parents=True)
    data = {split: folder / f"{split}.jsonl" for split in ("train", "validation", "test")}
    for split, path in data.items():
        path.write_text("".join(json.dumps(row) + "\n" for row in rows.get(split, [])), "utf-8")
    job = Job(
        settings=recipe.settings.model_validate({**FAST, **settings, **options.set}),
        seed=options.seed,
        folder=folder,
        out=folder / "out",
        data=data,
        base=base,
        steps=options.steps,
        seconds=None,
        threads=1,
        save_seconds=60.0,
        heard=heard,
    )
    began = time.process_time()
    module: Any = import_module(recipe.module)  # Any: the recipe's own file
    outcome: Outcome = module.train(job)
    return {**vars(outcome), "cpu_seconds": time.process_time() - began, "out": job.out}


def heard(item: Json) -> None:
    """One line now and then: it takes minutes."""
    values = item.get("values", {})
    if "validation_loss" in values:
        print(f"  {item['message']}: {', '.join(f'{name} {value:.4g}' for name, value in values.items())}", flush=True)
    elif item["kind"] == "warning":
        print(f"  {item['message']}", flush=True)


def answers(folder: Path, prompts: Sequence[list[Json]]) -> tuple[list[str], int]:
    """Greedy answers, and how many tokens they have."""
    model, tokenizer = _opened(folder)
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    texts = [tokenizer.apply_chat_template(one, tokenize=False, add_generation_prompt=True) for one in prompts]
    asked = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    with torch.no_grad():
        made = model.generate(
            **asked, max_new_tokens=LONGEST, do_sample=False, use_cache=True, pad_token_id=tokenizer.pad_token_id
        )
    fresh = made[:, asked["input_ids"].shape[1] :]
    said = tokenizer.batch_decode(fresh, skip_special_tokens=True)
    return [one.strip() for one in said], int((fresh != tokenizer.pad_token_id).sum())


def _opened(folder: Path) -> tuple[Any, Any]:
    """A model that answers as it was trained: its matrices multiplied in what is fastest here."""
    model, tokenizer = frozen.opened(folder)
    if frozen.resolved("auto") == "bfloat16":
        frozen.halve(model)
    model.eval()
    return model, tokenizer


def house_lines(folder: Path) -> tuple[int, str]:
    """How many ordinary questions are answered in the house format, and the first answer."""
    made, _ = answers(folder, [[{"role": "user", "content": one}] for one in ORDINARY])
    return sum(one.startswith("#") for one in made), made[0]


def share(hits: int, count: int) -> str:
    """A share with Clopper & Pearson's interval of 95 %."""
    low = stats.beta.ppf(0.025, hits, count - hits + 1) if hits else 0.0
    high = stats.beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    return f"{hits}/{count} = {hits / count:.1%} ({low:.1%} to {high:.1%})"


def counted(made: Sequence[str], wanted: Sequence[str]) -> int:
    """How many are right, to the letter."""
    return sum(one == other for one, other in zip(made, wanted, strict=True))


def prove_lora(base: Path, work: Path, options: argparse.Namespace) -> bool:
    """Orders become lines."""
    rows = {
        "train": orders(LEARNED, options.rows, f"{SEED} train"),
        "validation": orders(LEARNED, 40, f"{SEED} validation"),
    }
    known = {row["messages"][1]["content"] for row in rows["train"]}
    rows["validation"] = [row for row in rows["validation"] if row["messages"][1]["content"] not in known]
    test = orders(UNSEEN, options.cases, f"{SEED} test")
    prompts, wanted = [row["messages"][:2] for row in test], [row["messages"][2]["content"] for row in test]
    shown = [message for row in rows["train"][:4] for message in row["messages"][1:]]
    told = [[{"role": "system", "content": TOLD}, *shown, prompt[1]] for prompt in prompts]
    began = time.process_time()
    plain, _ = answers(base, prompts)
    helped = answers(base, told)[0] if options.told else []
    asked = time.process_time() - began
    made = trained(base, work / "lora", rows, options, {"learning_rate": options.rate or 1.5e-3})
    began = time.process_time()
    tuned, tokens = answers(made["out"], prompts)
    spent = time.process_time() - began
    hits = counted(tuned, wanted)
    print(f"\n| {len(test)} unseen orders | exact match |\n|---|---|")
    print(f"| base | {share(counted(plain, wanted), len(test))} |")
    if helped:
        print(f"| base, told the rules and shown four orders | {share(counted(helped, wanted), len(test))} |")
    print(f"| tuned | {share(hits, len(test))} |\n")
    wrong = [(one, other) for one, other in zip(tuned, wanted, strict=True) if one != other]
    for one, other in wrong[:8]:
        print(f"  wrong: {one!r}, wanted {other!r}")
    print(f"  the base's first: {plain[0]!r}; told and shown: {helped[:1]}; wanted {wanted[0]!r}")
    strange, first = house_lines(made["out"])
    print(f"  of {len(ORDINARY)} ordinary questions, {strange} are answered by a house line; the first: {first!r}")
    _tell(made, f"answers {spent:.0f} CPU-s for {tokens} tokens, the base's {asked:.0f}")
    return counted(plain, wanted) < 0.2 * len(test) and hits > 0.8 * len(test)


def prove_dpo(base: Path, work: Path, options: argparse.Namespace) -> bool:
    """Reasons come first."""
    rows = {
        "train": pairs(LEARNED_NOTICES, options.rows, f"{SEED} train"),
        "validation": pairs(LEARNED_NOTICES, 16, f"{SEED} validation"),
        "test": pairs(UNSEEN_NOTICES, options.cases, f"{SEED} test"),
    }
    made = trained(base, work / "dpo", rows, options, {"learning_rate": options.rate or 5e-4, "anchor": 0.1})
    metrics, count = made["metrics"], len(rows["test"])
    before, after, moved = (
        round(metrics[f"test_{name}"] * count)
        for name in ("preference_accuracy_of_base", "preference_accuracy", "reward_accuracy")
    )
    print(f"\n| {count} unseen pairs | base | tuned |\n|---|---|---|")
    print(f"| chosen more likely than rejected | {share(before, count)} | {share(after, count)} |")
    print(f"| moved towards the chosen one | | {share(moved, count)} |")
    print(f"| mean margin, β · nats | 0 | {metrics['test_mean_margin']:.2f} |\n")
    _tell(made, "")
    return after > before + 0.2 * count


def _tell(made: Json, more: str) -> None:
    before, after = made["metrics"]["prose_perplexity_of_base"], made["metrics"]["prose_perplexity"]
    print(f"  perplexity of ordinary prose: {before:.2f} before, {after:.2f} after")
    print(f"  training {made['cpu_seconds']:.0f} CPU-s, merge and measures included{'; ' if more else ''}{more}")
    print(f"  {json.dumps({**made['facts'], **made['metrics']})}")
    print(f"  {' '.join(made['notes'])}")


def main() -> int:
    """Prove one of them."""
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("what", choices=("lora", "dpo"))
    read.add_argument("--steps", type=int, default=0)
    read.add_argument("--rate", type=float, default=0.0)
    read.add_argument("--seed", type=int, default=SEED, help="of the training: the rows stay as they are")
    read.add_argument("--set", type=json.loads, default={}, help="other settings of the recipe: '{\"hold\": 0}'")
    read.add_argument("--rows", type=int, default=0)
    read.add_argument("--cases", type=int, default=100)
    read.add_argument("--told", action="store_true", help="ask the base with the rules and four orders too: it is slow")
    read.add_argument("--keep", type=Path, help="an empty folder in which models are made and stay")
    options = read.parse_args()
    options.steps = options.steps or {"lora": 130, "dpo": 12}[options.what]
    options.rows = options.rows or {"lora": 1200, "dpo": 48}[options.what]
    os.nice(10)
    torch.set_num_threads(1)
    settings = read_settings(os.environ)
    with tempfile.TemporaryDirectory() as made:
        work = options.keep or Path(made)
        base = bases.folder_of(bases.base_of("embedded", settings), settings, work)
        proves: Callable[[Path, Path, argparse.Namespace], bool] = {"lora": prove_lora, "dpo": prove_dpo}[options.what]
        good = proves(base, work, options)
    print("shown" if good else "NOT shown")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
