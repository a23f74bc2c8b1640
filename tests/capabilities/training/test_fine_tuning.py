"""LoRA and DPO beside frozen models: what is learned from, what is frozen, what a kill costs, what a merge keeps."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_bases

from nis_backend.capabilities.training import adapters, frozen, ordinary, tuning, turns
from nis_backend.capabilities.training.bucketed import Bucketed
from nis_backend.capabilities.training.job import Diverged, Job, Outcome
from nis_backend.capabilities.training.recipe import recipe_of
from nis_backend.capabilities.training.recipes import dpo, lora
from nis_backend.drivers.compute.base import Json
from nis_backend.errors import Conflict, InvalidRequest, Unavailable

pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning"),  # peft asks Transformers by it
    pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning"),  # Transformers' BitNet has torch compile
]
torch: Any = importlib.import_module("torch")  # Any: this project reads it without its types
peft: Any = importlib.import_module("peft")  # Any: as above
transformers: Any = importlib.import_module("transformers")  # Any: as above

WORDS = ("red", "green", "blue", "yellow", "white", "black", "pink", "brown")
CHATS = [
    {"messages": [{"role": "user", "content": f"say {word}"}, {"role": "assistant", "content": word.upper()}]}
    for word in WORDS
]
PAIRS = [
    {"messages": [{"role": "user", "content": f"say {word}"}], "chosen": word.upper(), "rejected": word}
    for word in WORDS
]
FAST: Json = {"rank": 4, "learning_rate": 0.02, "tokens_per_step": 96, "tokens_at_once": 48, "check_every": 4}


class Killed(Exception):
    """What a kill is here: nothing of the process is left but its files."""


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of the kind llama."""
    return tiny_bases.llama(tmp_path_factory.mktemp("base") / "llama")


@pytest.fixture(scope="module")
def ternary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random ternary model."""
    return tiny_bases.ternary(tmp_path_factory.mktemp("base") / "ternary")


def job_in(folder: Path, base: Path, rows: Sequence[Json], recipe: str = "lora", **settings: Any) -> Job:
    """Twelve steps on these rows, of which two are looked at; each is saved."""
    (folder / "out").mkdir(parents=True, exist_ok=True)
    # A random base knows nothing that it could be held to.
    settings = {**FAST, **({"hold": 0.0} if recipe == "lora" else {}), **settings}
    splits = {"train": rows, "validation": rows[:2], "test": rows[2:4]}
    data = {split: folder / f"{split}.jsonl" for split in splits}
    for split, path in data.items():
        path.write_text("".join(f"{json.dumps(row)}\n" for row in splits[split]))
    return Job(
        settings=recipe_of(recipe).settings.model_validate(settings),
        seed=3,
        folder=folder,
        out=folder / "out",
        data=data,
        base=base,
        steps=12,
        seconds=None,
        threads=1,
        save_seconds=0.0,
        heard=lambda _: None,
    )


def train(job: Job, recipe: str = "lora") -> Outcome:
    """As the worker does."""
    module: Any = importlib.import_module(recipe_of(recipe).module)  # Any: the recipe's own file
    outcome: Outcome = module.train(job)
    return outcome


def files_of(folder: Path) -> dict[str, bytes]:
    """What a model's folder has."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_assistants_words_alone_are_learned(llama: Path) -> None:
    """Promise: answers and their end marks are marked, and neither prompts nor the marks that open a turn."""
    _, tokenizer = frozen.opened(llama)
    talk = [
        {"role": "user", "content": "ab"},
        {"role": "assistant", "content": "cd"},
        {"role": "user", "content": "é"},
        {"role": "assistant", "content": "ef"},
    ]
    both, last = turns.encoded(tokenizer, talk), turns.encoded(tokenizer, talk, last_only=True)

    def marked(row: turns.Turns) -> str:
        return str(tokenizer.decode([one for one, is_in in zip(row.ids, row.learned, strict=True) if is_in]))

    assert marked(both) == "cd<|end|>ef<|end|>"
    assert marked(last) == "ef<|end|>"
    assert list(both.ids) == tokenizer.apply_chat_template(talk, tokenize=True, return_dict=False)


def test_a_template_that_rewrites_answers_is_refused(llama: Path) -> None:
    """Promise: where a given answer is written in another way than it is asked for, nothing false is learned."""
    _, tokenizer = frozen.opened(llama)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}"
    )
    with pytest.raises(InvalidRequest, match="writes an answer differently") as failed:
        turns.encoded(tokenizer, CHATS[0]["messages"])
    assert failed.value.field == "base"


def test_rows_that_do_not_fit_are_told() -> None:
    """Promise: rows too long are counted, none left is an error, and so is a token that the model does not know."""
    short = turns.Turns.of([1, 2], [False, True])
    long = turns.Turns.of([1] * 9, [True] * 9)
    unasked = turns.Turns.of([1, 2], [False, False])
    assert turns.fitting([short, long, unasked], 8, 3, "train") == ([short], 2)
    with pytest.raises(InvalidRequest, match="No row to learn from: 1 have"):
        turns.fitting([long], 8, 3, "train")
    with pytest.raises(InvalidRequest, match="gives the token 2, and its model knows 2"):
        turns.fitting([short], 8, 2, "train")


def test_batches_depend_on_the_seed_and_the_step_alone() -> None:
    """Promise: whoever asks for a step in whatever order gets the same rows; an epoch has each row once."""
    lengths = [5 + 7 * i % 40 for i in range(200)]
    one, other = (Bucketed(lengths, tokens=128, seed=5) for _ in range(2))
    forwards = [one.at(step) for step in range(120)]
    assert [other.at(step) for step in reversed(range(120))] == forwards[::-1]
    assert Bucketed(lengths, tokens=128, seed=6).at(0) != forwards[0]
    seen: list[int] = []
    while len(seen) < len(lengths):
        seen += forwards.pop(0)
    assert sorted(seen) == list(range(len(lengths)))


def test_padding_costs_little() -> None:
    """Promise: a step keeps to its tokens, and of all that is computed less than a tenth is padding."""
    lengths = [10 + (37 * i) % 90 for i in range(400)]
    batches = Bucketed(lengths, tokens=512, seed=1)
    steps = [batches.at(step) for step in range(40)]
    computed = [len(rows) * max(lengths[row] for row in rows) for rows in steps]
    assert max(computed) <= 512
    assert sum(sum(lengths[row] for row in rows) for rows in steps) > 0.9 * sum(computed)
    pieces = batches.pieces(0, 128)
    assert [row for piece in pieces for row in piece] == steps[0]
    assert all(len(piece) * max(lengths[row] for row in piece) <= 128 for piece in pieces)


def test_what_is_learned_is_the_library_s_loss(llama: Path) -> None:
    """Promise: without a mask of attention and with the head at learned tokens alone it is Transformers' own loss."""
    model, tokenizer = frozen.opened(llama)
    frozen.plain_head(model)
    rows = [turns.encoded(tokenizer, row["messages"]) for row in (CHATS[0], CHATS[3])]
    ids, learned = frozen.padded(rows)
    ours, _ = frozen.losses(model, ids, learned)
    mask = torch.tensor([[at < len(row.ids) for at in range(ids.shape[1])] for row in rows])
    its = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(~learned, -100)).loss
    assert math.isclose(float(ours.mean()), float(its), rel_tol=1e-5)


@pytest.mark.parametrize(("recipe", "rows"), [("lora", CHATS), ("dpo", PAIRS)])
def test_a_kill_changes_no_byte(
    tmp_path: Path, llama: Path, monkeypatch: pytest.MonkeyPatch, recipe: str, rows: list[Json]
) -> None:
    """Promise: a training that is killed after some step and goes on ends with the bytes of one that was not."""
    whole = job_in(tmp_path / "whole", llama, rows, recipe, dropout=0.2)
    train(whole, recipe)
    cut = job_in(tmp_path / "cut", llama, rows, recipe, dropout=0.2)
    save = Job.save

    def killed(self: Job, step: int, tensors: Any, state: Json) -> None:
        save(self, step, tensors, state)
        if step == 7:
            raise Killed

    monkeypatch.setattr(Job, "save", killed)
    with pytest.raises(Killed):
        train(cut, recipe)
    monkeypatch.undo()
    # Whoever goes on starts from files alone: chance elsewhere in the process is of no matter.
    torch.manual_seed(99)
    train(job_in(tmp_path / "cut", llama, rows, recipe, dropout=0.2), recipe)
    assert files_of(tmp_path / "cut" / "out") == files_of(tmp_path / "whole" / "out")


def test_a_merged_model_is_the_base_with_its_adapter(tmp_path: Path, llama: Path) -> None:
    """Promise: Transformers loads the merged folder, peft the adapter beside it, and both say the same."""
    outcome = train(job_in(tmp_path, llama, CHATS, saved_as="float32", precision="float32"))
    ids = torch.arange(40)[None]
    merged = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    base = transformers.AutoModelForCausalLM.from_pretrained(llama)
    untuned = base(input_ids=ids).logits
    beside = peft.PeftModel.from_pretrained(base, tmp_path / "out" / adapters.ADAPTER)
    assert torch.allclose(beside(input_ids=ids).logits, merged(input_ids=ids).logits, atol=1e-4)
    assert not torch.allclose(untuned, merged(input_ids=ids).logits, atol=0.05)
    assert outcome.metrics["test_nats_per_token"] < outcome.metrics["test_nats_per_token_of_base"] - 0.2
    assert outcome.metrics["merged_logit_difference"] < 1e-5
    assert outcome.metrics["prose_perplexity"] != outcome.metrics["prose_perplexity_of_base"] > 1
    told = json.loads((tmp_path / "out" / adapters.ADAPTER / adapters.CONFIG).read_text())
    assert told["base_model_name_or_path"] == "llama"


def test_a_frozen_model_in_bfloat16_learns_as_one_in_float32(tmp_path: Path, llama: Path) -> None:
    """Promise: what the frozen matrices are multiplied in changes what is learned by its rounding alone."""
    halves, floats = (
        train(job_in(tmp_path / precision, llama, CHATS, precision=precision)).metrics["test_nats_per_token"]
        for precision in ("bfloat16", "float32")
    )
    assert math.isclose(halves, floats, rel_tol=0.02)


def test_a_ternary_base_computes_as_transformers_has_it(ternary: Path) -> None:
    """Promise: rounded once and for all, the frozen projections give what AutoBitLinear gives."""
    model, _ = frozen.opened(ternary)
    assert frozen.is_ternary(model)
    layer = model.model.layers[0].mlp.gate_proj
    kept = transformers.AutoModelForCausalLM.from_pretrained(ternary).model.layers[0].mlp.gate_proj
    x = torch.linspace(-3, 3, 5 * tiny_bases.WIDTH).view(5, -1)
    scale = 1 / kept.weight.abs().mean().clamp(min=1e-5)
    weight = (kept.weight * scale).round().clamp(-1, 1) / scale
    by = 127 / x.abs().max(-1, keepdim=True).values.clamp(min=1e-5)
    assert torch.equal(layer(x), torch.nn.functional.linear((x * by).round().clamp(-128, 127) / by, weight))


def test_an_adapter_on_a_ternary_base_becomes_a_float_model_that_says_so(tmp_path: Path, ternary: Path) -> None:
    """Promise: no float adapter is said to be in a ternary matrix: what is merged is float, and says how far off."""
    outcome = train(job_in(tmp_path, ternary, CHATS))
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["architectures"] == ["BitNetForCausalLM"]
    assert "quantization_config" not in config
    assert outcome.notes[-2].startswith("The base is ternary, and a ternary matrix takes no float adapter in")
    assert outcome.metrics["test_nats_per_token"] < outcome.metrics["test_nats_per_token_of_base"] - 0.2
    assert 0 < outcome.metrics["merged_logit_difference"] < 0.2
    assert transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out").dtype == torch.float16


def test_it_stops_when_it_gets_worse(tmp_path: Path, llama: Path) -> None:
    """Promise: after `patience` looks without a better loss it ends with the best adapter that it had."""
    outcome = train(job_in(tmp_path, llama, CHATS, learning_rate=1.0, alpha=1024, check_every=1, patience=2, clip=1000))
    assert outcome.facts["steps"] == outcome.facts["best_step"] + 2 < 12
    assert outcome.notes[0].startswith(f"It stopped after {outcome.facts['steps']} steps")


def test_dpo_s_loss_is_the_paper_s() -> None:
    """Promise: by equation 7 of arXiv:2305.18290, worked out by hand for two pairs."""
    now = torch.tensor([[-1.0, -3.0], [-2.0, -1.0]])
    reference = torch.tensor([[-2.0, -2.5], [-2.0, -2.0]])
    # Margins 0.5 · ((-1 + 2) - (-3 + 2.5)) = 0.75 and 0.5 · ((-2 + 2) - (-1 + 2)) = -0.5.
    assert dpo.margins(now, reference, 0.5).tolist() == [0.75, -0.5]
    by_hand = [math.log(1 + math.exp(-0.75)), math.log(1 + math.exp(0.5))]
    assert dpo.dpo_losses(now, reference, 0.5).tolist() == pytest.approx(by_hand)
    seen = dpo.measured(now, reference, 0.5)
    assert (seen.accuracy, seen.moved, seen.margin) == (0.5, 0.5, 0.125)


def test_dpo_moves_unseen_pairs(tmp_path: Path, llama: Path) -> None:
    """Promise: it begins at ln 2, where the adapter is nothing, and its margin on pairs it did not learn grows."""
    rows = [*PAIRS[4:], *PAIRS[4:]]
    job = job_in(tmp_path, llama, rows, "dpo", beta=0.5)
    job.data["test"].write_text("".join(f"{json.dumps(row)}\n" for row in PAIRS[:4]))
    outcome = train(job, "dpo")
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["loss"] == pytest.approx(math.log(2), rel=1e-5)
    assert outcome.metrics["test_mean_margin"] > 0.1
    assert outcome.metrics["test_reward_accuracy"] == 1.0


def test_more_layers_than_there_are_is_refused(tmp_path: Path, llama: Path) -> None:
    """Promise: the field, its value and what there is."""
    with pytest.raises(InvalidRequest, match="The base has 2 layers") as failed:
        train(job_in(tmp_path, llama, CHATS, layers=3))
    assert (failed.value.field, failed.value.value) == ("layers", "3")


def begun(folder: Path, base: Path, **settings: Any) -> tuple[Job, tuning.Tuning]:
    """A training before its first step, its adapter no longer nothing."""
    job = job_in(folder, base, CHATS, **settings)
    learner = tuning.begun(job, None)
    torch.manual_seed(1)
    adapters.put(learner.model, {name: torch.randn_like(one) for name, one in adapters.learned(learner.model).items()})
    return job, learner


def test_what_it_strays_is_the_divergence_from_the_base(tmp_path: Path, llama: Path) -> None:
    """Promise: KL(base || adapted) by its definition, in the mean over places, with a gradient for the adapter."""
    _, learner = begun(tmp_path, llama, precision="float32")
    row = ordinary.drawn(learner.tokenizer, 5, 0)
    ids = torch.tensor(row.ids)[None]
    with torch.no_grad():
        now = learner.model(input_ids=ids).logits[0].double().softmax(-1)
        with learner.model.disable_adapter():
            base = learner.model(input_ids=ids).logits[0].double().softmax(-1)
    strayed = ordinary.strayed(learner.model, row)
    assert float(strayed.detach()) == pytest.approx(float((base * (base / now).log()).sum(-1).mean()), rel=1e-4)
    strayed.backward()
    assert all(one.grad is not None for one in adapters.learned(learner.model).values())
    # Plain prose at one step, an assistant's answer at the next; the same whoever asks.
    assert "<|assistant|>" in learner.tokenizer.decode(ordinary.drawn(learner.tokenizer, 5, 1).ids)
    assert "<|assistant|>" not in learner.tokenizer.decode(row.ids)
    assert ordinary.drawn(learner.tokenizer, 5, 0) == row


def test_pieces_of_a_batch_add_up_to_it(tmp_path: Path, llama: Path) -> None:
    """Promise: a batch that is computed in pieces, for the memory's sake, has the gradient of the whole one."""
    _, learner = begun(tmp_path, llama, precision="float32")
    rows = [turns.encoded(learner.tokenizer, row["messages"]) for row in CHATS]
    count = sum(sum(row.learned) for row in rows)
    gradients: list[Any] = []
    for size in (len(rows), 3):
        learner.model.zero_grad()
        for at in range(0, len(rows), size):
            lora.share(learner.model, rows[at : at + size], count).backward()
        gradients.append(torch.cat([one.grad.flatten() for one in adapters.learned(learner.model).values()]))
    assert torch.allclose(*gradients, rtol=1e-4, atol=1e-6)


def test_a_gradient_that_is_no_number_changes_nothing(tmp_path: Path, llama: Path) -> None:
    """Promise: it ends there, with the rate to lower, and what was learned before stays what it was."""
    job, learner = begun(tmp_path, llama)
    before = {name: one.detach().clone() for name, one in adapters.learned(learner.model).items()}
    one = next(iter(adapters.learned(learner.model).values()))
    with pytest.raises(Diverged, match="gradient nan at step 1") as failed:
        learner.descend(job, 0, [lambda: (one * 0.0).sum().sqrt()])
    assert failed.value.field == "learning_rate"
    assert all(torch.equal(now, before[name]) for name, now in adapters.learned(learner.model).items())


def test_a_budget_ends_with_a_look_and_a_checkpoint(
    tmp_path: Path, llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: where processor seconds end it, the rate has come down by then, and its last steps are not lost."""
    job = job_in(tmp_path, llama, CHATS)
    job.seconds, job.save_seconds = 4.0, 3600.0
    # A second a step, told after it.
    told = tmp_path / "metrics.jsonl"
    told.touch()
    monkeypatch.setattr(Job, "spent", property(lambda _: float(len(told.read_text().splitlines()))))
    train(job)
    assert [place.name for place in job.checkpoints.iterdir()] == ["step-0000000005"]
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    assert len(lines) == 5
    assert "validation_loss" in lines[-1]
    assert lines[-1]["learning_rate"] < lines[1]["learning_rate"] / 5


def test_a_base_that_was_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    """Promise: an adapter is never gone on with beside, or merged into, other numbers than it was learned beside."""
    base = tiny_bases.llama(tmp_path / "base")
    job, learner = begun(tmp_path / "run", base)
    job.save(3, learner.tensors(), learner.state())
    tiny_bases.llama(base, seed=1)
    with pytest.raises(Conflict, match="files of the base base were changed"):
        tuning.begun(job, job.resume())
    with pytest.raises(Conflict, match="files of the base base were changed"):
        tuning.finished(job, learner, [])


def test_a_base_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    """Promise: the library would draw them by lot; a file that is cut is told without where it lies."""
    base = tiny_bases.llama(tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(Unavailable, match=r"its files lack 9 of its parameters, such as model\.layers\.2"):
        frozen.opened(base)
    (base / "config.json").write_text(json.dumps(config))
    (base / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes()[:-8])
    with pytest.raises(Unavailable, match="cannot be loaded") as failed:
        frozen.opened(base)
    assert str(tmp_path) not in failed.value.message
