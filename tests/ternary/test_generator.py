"""The generator answers what transformers' BitNetForCausalLM answers from the same folder, and is sure of its files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from packed_models import answers_of, packed_model

from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.ternary.generator import Generator
from nis_backend.ternary.kernel import open_kernel
from nis_backend.ternary.sampling import Sampling, choose, log_chance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.ternary.native import Wanted

# Torch's compiler says so of itself when transformers' layers are imported.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")

TOKENS = [int(one) for one in np.random.default_rng(0).integers(0, 96, 160)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder, and the model in it as transformers has it."""
    folder = tmp_path_factory.mktemp("models") / "small"
    return folder, packed_model(folder)


@pytest.fixture(scope="module")
def generator(made: tuple[Path, Any]) -> Generator:
    """The same folder, opened by what is tested."""
    return Generator.open(made[0])


def agree(mine: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    """Equal within float rounding, but for the few tokens where that took an activation to the int8 beside its own."""
    far = np.abs(mine - theirs).max(axis=1)
    assert (far > 2e-5).sum() <= len(far) // 50
    assert far.max() < 0.05


@pytest.mark.parametrize("kernel", ["auto", "none"])
def test_logits_are_those_of_transformers(kernel: Wanted, made: tuple[Path, Any]) -> None:
    """Promise: whatever computes, every position's logits are transformers' from the same folder."""
    generator = Generator.open(made[0], open_kernel(kernel))
    agree(generator.logits(TOKENS), answers_of(made[1], TOKENS))


@pytest.mark.parametrize(
    ("way", "changes"),
    [
        (("autobitlinear", "offline"), {}),
        (("bitlinear", "offline"), {"hidden_act": "relu2", "tie_word_embeddings": False, "num_key_value_heads": 4}),
    ],
)
def test_other_kinds_of_folders_are_read_too(way: tuple[str, str], changes: dict[str, Any], tmp_path: Path) -> None:
    """Promise: scales that multiply, Microsoft's activation, a head of its own, heads that share no keys."""
    theirs = packed_model(tmp_path, way=way, seed=3, **changes)
    agree(Generator.open(tmp_path).logits(TOKENS), answers_of(theirs, TOKENS))


def test_tokens_one_by_one_give_the_same(generator: Generator) -> None:
    """Promise: what was read in parts of any size, alone and among others, gives the same, bit for bit."""
    whole = generator.logits(TOKENS)
    cache, other = generator.open_cache(), generator.open_cache()
    generator.read(TOKENS[:7], cache)
    both = [generator.step([(TOKENS[at], other), (token, cache)]) for at, token in enumerate(TOKENS[7:])]
    empty = generator.open_cache()
    alone = np.concatenate([generator.step([(token, empty)]) for token in TOKENS])
    assert np.array_equal(np.stack(both)[:, 0], alone[:-7])
    assert np.array_equal(np.stack(both)[:, 1], alone[7:])
    assert np.abs(alone - whole).max() < 2e-5


def test_greedy_takes_the_likeliest_and_says_how_likely(generator: Generator) -> None:
    """Promise: tokens and logarithms are those of the logits; the same prompt gives the same answer."""
    found = list(generator.generate(TOKENS[:20], Sampling(max_tokens=12)))
    assert found == list(generator.generate(TOKENS[:20], Sampling(max_tokens=12)))
    logits = generator.logits([*TOKENS[:20], *(one.token for one in found)]).astype(np.float64)
    for at, one in enumerate(found):
        here = logits[19 + at]
        assert here[one.token] > here.max() - 1e-4
        assert one.logprob == pytest.approx(here[one.token] - np.log(np.exp(here).sum()), abs=1e-4)


def test_a_conversation_goes_on_from_its_cache(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the next turn reads only what is new, and answers what it would have, had it read all."""
    cache, read = generator.open_cache(), list[int]()
    first = [one.token for one in generator.generate(TOKENS[:30], Sampling(max_tokens=5), cache)]
    turn = [*TOKENS[:30], *first, *TOKENS[40:50]]
    fresh = list(generator.generate(turn, Sampling(max_tokens=5)))

    def counting(tokens: Sequence[int], into: Any) -> None:
        read.extend(tokens)
        Generator.read(generator, tokens, into)

    monkeypatch.setattr(generator, "read", counting)
    assert list(generator.generate(turn, Sampling(max_tokens=5), cache)) == fresh
    # The last generated token was never read back; the last of the turn is read by the first step.
    assert read == [first[-1], *TOKENS[40:49]]
    other = [*TOKENS[:10], 5, *TOKENS[11:20]]
    again = list(generator.generate(other, Sampling(max_tokens=3), cache))
    assert again == list(generator.generate(other, Sampling(max_tokens=3)))


def test_an_answer_ends_where_it_is_told(generator: Generator) -> None:
    """Promise: at a stop token, which is handed over; at so many tokens; at the context's end."""
    found = [one.token for one in generator.generate(TOKENS[:20], Sampling(max_tokens=9))]
    stop = frozenset({found[4]})
    assert [one.token for one in generator.generate(TOKENS[:20], Sampling(stop=stop))] == found[
        : found.index(found[4]) + 1
    ]
    long = (TOKENS * 2)[:250]
    assert len(list(generator.generate(long, Sampling(max_tokens=100)))) == generator.context - 250 + 1
    with pytest.raises(InvalidRequest, match="256") as refused:
        generator.generate((TOKENS * 2)[:256], Sampling())
    assert refused.value.too_long


@pytest.mark.parametrize("tokens", [[], [96], [-1], [0] * 257])
def test_unknown_tokens_are_refused(tokens: list[int], generator: Generator) -> None:
    """Promise: what the model has no row for is refused before anything is computed."""
    with pytest.raises(InvalidRequest):
        generator.logits(tokens)
    with pytest.raises(InvalidRequest):
        generator.generate(tokens, Sampling())


def test_a_seed_gives_the_same_tokens(generator: Generator) -> None:
    """Promise: sampling is a function of the seed."""

    def draw(seed: int) -> list[int]:
        return [one.token for one in generator.generate(TOKENS[:9], Sampling(max_tokens=20, temperature=1, seed=seed))]

    assert draw(1) == draw(1)
    assert draw(-1) == draw(-1)
    assert len({tuple(draw(seed)) for seed in (1, 2, -1)}) == 3


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    """Promise: frequencies are the softmax at that temperature, and top_p keeps the fewest that reach it."""
    chances = np.array([0.5, 0.3, 0.15, 0.05])
    logits = np.log(chances).astype(np.float32)
    random = np.random.default_rng(0)
    drawn = [choose(logits, Sampling(temperature=1), random) for _ in range(4000)]
    assert np.abs(np.bincount(drawn, minlength=4) / 4000 - chances).max() < 0.03
    cold = chances**2 / (chances**2).sum()
    drawn = [choose(logits, Sampling(temperature=0.5), random) for _ in range(4000)]
    assert np.abs(np.bincount(drawn, minlength=4) / 4000 - cold).max() < 0.03
    drawn = [choose(logits, Sampling(temperature=1, top_p=0.75), random) for _ in range(2000)]
    assert np.abs(np.bincount(drawn, minlength=4) / 2000 - np.array([0.625, 0.375, 0, 0])).max() < 0.04
    assert {choose(logits, Sampling(temperature=1, top_p=0.01), random) for _ in range(50)} == {0}
    assert log_chance(logits, 2) == pytest.approx(np.log(0.15), abs=1e-6)


def test_what_is_forbidden_is_never_drawn(generator: Generator) -> None:
    """Promise: who adjusts logits, as a grammar does, decides what may come; probabilities told are the model's own."""

    def only_even(generated: Sequence[int], logits: NDArray[np.float32]) -> NDArray[np.float32]:
        assert all(one % 2 == 0 for one in generated)
        allowed = logits.copy()
        allowed[1::2] = -np.inf
        return allowed

    for temperature in (0.0, 3.0):
        settings = Sampling(max_tokens=30, temperature=temperature, seed=1, adjust=only_even)
        found = list(generator.generate(TOKENS[:5], settings))
        assert len(found) == 30
        assert all(one.token % 2 == 0 and np.isfinite(one.logprob) for one in found)


@pytest.mark.parametrize(
    "wrong", [{"max_tokens": 0}, {"temperature": -1.0}, {"temperature": 101.0}, {"top_p": 0.0}, {"top_p": 1.5}]
)
def test_settings_that_choose_nothing_are_refused(wrong: dict[str, Any]) -> None:
    """Promise: each is named, with its value."""
    with pytest.raises(InvalidRequest) as refused:
        Sampling(**wrong)
    assert refused.value.field in wrong


CHANGES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"model_type": "llama"}, "model_type bitnet"),
    ({"quantization_config": None}, "not packed"),
    ({"quantization_config": {"linear_class": "autobitlinear", "quantization_mode": "online"}}, "not packed"),
    ({"attention_bias": True}, "attention_bias"),
    ({"hidden_act": "gelu"}, "activation"),
    ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "rope_type"),
    ({"num_hidden_layers": 10**9}, "num_hidden_layers"),
    ({"hidden_size": "64"}, "hidden_size"),
    ({"num_attention_heads": 3}, "heads"),
    ({"rms_norm_eps": float("nan")}, "rms_norm_eps"),
    ({"num_hidden_layers": 3}, "is not there"),
    ({"intermediate_size": 164}, "should be"),
    ({"vocab_size": 97}, "should be"),
)


@pytest.mark.parametrize(("changes", "said"), CHANGES)
def test_a_config_that_is_not_computed_here_is_refused(
    changes: dict[str, Any], said: str, made: tuple[Path, Any], tmp_path: Path
) -> None:
    """Promise: nothing is computed otherwise than the folder says: it is refused by the name of what is wrong."""
    shutil.copytree(made[0], tmp_path / "m")
    path = tmp_path / "m" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
    with pytest.raises(Unavailable, match=said):
        Generator.open(tmp_path / "m")


SAID: dict[str, dict[str, Any]] = {
    "beyond": {"data_offsets": [2**40, 2**40 + 1024]},
    "negative": {"data_offsets": [-1024, 0]},
    "huge": {"shape": [2**40, 2**40]},
    "many": {"shape": [[0], 10**10]},  # which multiplied would be a list of 80 GB
    "type": {"dtype": "Q7"},
}
WRITTEN = {"code": ("", b"\xff"), "scale": ("_scale", np.float32("nan").tobytes())}


def spoil(file: bytes, how: str) -> bytes:
    """A safetensors file, damaged."""
    length = int.from_bytes(file[:8], "little")
    header, data = cast("dict[str, Any]", json.loads(file[8 : 8 + length])), file[8 + length :]
    name = "model.layers.0.self_attn.q_proj.weight"
    if how == "cut":
        return file[:-100]
    if how == "no header":
        return (2**40).to_bytes(8, "little") + file[8:]
    if how == "no json":
        return file[:8] + b"{" * length + data
    if how == "deep":
        return (200_000).to_bytes(8, "little") + b"[" * 200_000
    if how in WRITTEN:
        end, instead = WRITTEN[how]
        begin = header[name + end]["data_offsets"][0]
        data = data[:begin] + instead + data[begin + len(instead) :]
    header[name] = [1, 2] if how == "list" else {**header[name], **SAID.get(how, {})}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize(
    "how",
    [
        *("cut", "no header", "no json", "beyond", "negative", "huge", "many", "deep", "type", "list", "code", "scale"),
        *("empty", "gone"),
    ],
)
def test_damaged_weights_are_refused(how: str, made: tuple[Path, Any], tmp_path: Path) -> None:
    """Promise: nothing of a file is believed; what lies outside of it is never read."""
    shutil.copytree(made[0], tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    content = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(b"" if how == "empty" else spoil(content, how))
    with pytest.raises(Unavailable) as refused:
        Generator.open(tmp_path / "m")
    assert refused.value.remedy
    assert str(tmp_path) not in refused.value.message


def test_a_header_of_odd_length_is_read_all_the_same(made: tuple[Path, Any], tmp_path: Path) -> None:
    """Promise: tensors lie anywhere; floats that are not aligned are copied."""
    shutil.copytree(made[0], tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    path.write_bytes((length + 3).to_bytes(8, "little") + content[8 : 8 + length] + b"   " + content[8 + length :])
    assert np.array_equal(Generator.open(tmp_path / "m").logits(TOKENS), Generator.open(made[0]).logits(TOKENS))


def test_generating_imports_no_torch(made: tuple[Path, Any]) -> None:
    """Promise: a packed model is served by numpy and the kernel alone."""
    code = (
        "import sys; from pathlib import Path\n"
        "from nis_backend.ternary.generator import Generator; from nis_backend.ternary.sampling import Sampling\n"
        "print(len(list(Generator.open(Path(sys.argv[1])).generate([1, 2, 3], Sampling(max_tokens=4)))))\n"
        "assert not {'torch', 'transformers', 'safetensors', 'scipy'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(made[0])], capture_output=True, text=True, check=False)
    assert done.stdout == "4\n", done.stderr
