"""Ternary weights of 2 bits: matrices against torch's, and a whole model's tokens a second against torch and llama.cpp.

    make bench-ternary
    make bench-ternary ARGS="--threads 1 --rounds 40 --width 2048 --layers 4"

A matrix-vector product goes from float32 to float32 for all: activations are rounded to int8 within the time. All
contenders take turns, several times each, and another one begins each round; a ratio is the median of the rounds'
ratios. Of torch's int8 the fastest of what it has is taken. The model is of random numbers, the same for all: a prompt
is read, then tokens follow one at a time, each with the keys and values of those before. Ends with 1 where what is
promised does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
from tokenizers import Tokenizer

from nis_backend.capabilities.training.packing.exporting import Exporting, export
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.capabilities.training.tokens import learn
from nis_backend.errors import Unavailable
from nis_backend.ternary import generator
from nis_backend.ternary.kernel import Kernel, open_kernel
from nis_backend.ternary.layout import pack
from nis_backend.ternary.native import PATHS, Wanted
from nis_backend.trained.manifest import EXPORTS, PACKED

torch: Any = import_module("torch")  # Any: torch's types are partly unknown to a strict reader

SIZES = (2048, 4096)
FLOATS, BRAIN, BYTES, PLAIN = "torch float32", "torch bfloat16", "torch int8", "numpy"
LLAMA = "llama.cpp TQ2_0"
PROMISED = {"avx512": 8.0, "avx2": 3.0}
"""Times torch's float32, of a matrix-vector product."""
MODEL = 2.0
"""Times torch's float32, of a whole model's tokens."""
BITS = 2.1
"""For each ternary weight, at most: its two, and its matrix's scale."""
TURNS = 40
WARMING = 0.06
"""Seconds, before each one's turns."""
PROMPT, ANSWER = 128, 48


@dataclass(kw_only=True)
class Contender:
    """One that computes; seconds of each round."""

    run: Callable[[], object]
    seconds: list[float] = field(default_factory=list[float])


def take_turns(contenders: dict[str, Contender], rounds: int, turns: int) -> None:
    """Each in turn, another one first in each round; a round's time is the median of its turns.

    Turns before them do not count: threads of whoever was before look for more work for some milliseconds, and a system
    may take some to give one's own a core each.
    """
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run, taken = contenders[name].run, list[float]()
            warm = time.perf_counter() + WARMING
            while time.perf_counter() < warm:
                run()
            for _ in range(turns):
                begun = time.perf_counter()
                run()
                taken.append(time.perf_counter() - begun)
            contenders[name].seconds.append(statistics.median(taken))


def ratio(mine: Contender, theirs: Contender) -> float:
    """How many times as fast: the median of the ratios of each round."""
    return statistics.median(b / a for a, b in zip(mine.seconds, theirs.seconds, strict=True))


def kernels(threads: int) -> Iterator[Kernel]:
    """Each path that this processor has."""
    for name in reversed(PATHS):
        try:
            kernel = open_kernel(cast("Wanted", name))
        except Unavailable as error:
            print(f"({error.message})", file=sys.stderr)
            continue
        kernel.threads = threads
        yield kernel


def fastest_bytes(weight: Any, x: Any) -> Callable[[], object]:
    """Torch's int8: quantised linear layers of its two engines, and its integer product; whichever is fastest here."""
    size = len(weight)
    codes, values = weight.to(torch.int8).t(), (x * 30).round().to(torch.int8)
    found: list[tuple[float, Callable[[], object]]] = []
    ways: list[Callable[[], Callable[[], object]]] = [
        lambda: lambda: torch._int_mm(values, codes),  # noqa: SLF001 - torch has no other name for it
        lambda: lambda: torch._int_mm(values.repeat(32, 1), codes),  # noqa: SLF001
        *(_dynamic(engine, weight, x) for engine in torch.backends.quantized.supported_engines if engine != "none"),
    ]
    for way in ways:
        try:
            run = way()
            one = Contender(run=run)
            take_turns({"": one}, 5, 3)
            found.append((min(one.seconds), run))
        except (RuntimeError, AssertionError) as error:
            print(f"(torch int8, one way of it, {size}: {str(error).splitlines()[0]})", file=sys.stderr)
    return min(found, key=lambda one: one[0])[1]


def _dynamic(engine: str, weight: Any, x: Any) -> Callable[[], Callable[[], object]]:
    def made() -> Callable[[], object]:
        torch.backends.quantized.engine = engine
        plain = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        plain.weight.data.copy_(weight)
        layer = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(plain), {torch.nn.Linear}, torch.qint8)
        return lambda: layer(x)

    return made


def measure_matrices(size: int, threads: int, rounds: int) -> bool:
    """Print the table of one size; whether what is promised holds."""
    random = np.random.default_rng(size)
    codes = random.integers(-1, 2, (size, size), np.int8)
    packed, x = pack(codes), random.standard_normal((1, size)).astype(np.float32)
    weight, activations = torch.from_numpy(codes).float(), torch.from_numpy(x)
    brain, brief = weight.bfloat16(), activations.bfloat16()
    contenders = {
        FLOATS: Contender(run=lambda: torch.nn.functional.linear(activations, weight)),
        BRAIN: Contender(run=lambda: torch.nn.functional.linear(brief, brain)),
        BYTES: Contender(run=fastest_bytes(weight, activations)),
    }
    for kernel in kernels(threads):
        matrix = kernel.hold(packed)

        def run(kernel: Kernel = kernel, matrix: Any = matrix) -> object:
            return kernel.apply(matrix, kernel.quantise(x), 1.0)

        near = np.abs(run() - (x @ codes.T.astype(np.float32))).max()  # type: ignore[operator]
        assert near < size**0.5, f"{kernel.name} is {near} off"
        contenders[kernel.name] = Contender(run=run)
    take_turns(contenders, rounds, TURNS)
    held = True
    title = f"{size} × {size}, {threads} thread{'s' * (threads > 1)}"
    print(f"| {title} | median | × float32 | × bfloat16 | × int8 | bytes a weight |")
    print("|---|---|---|---|---|---|")
    for name, one in contenders.items():
        bytes_each = {FLOATS: 4.0, BRAIN: 2.0, BYTES: 1.0}.get(name, packed.nbytes / codes.size)
        times = [ratio(one, contenders[other]) for other in (FLOATS, BRAIN, BYTES)]
        held &= times[0] >= PROMISED.get(name, 0)
        cells = " | ".join(f"{one:.2f}" for one in times)
        print(f"| {name} | {1e6 * statistics.median(one.seconds):.0f} µs | {cells} | {bytes_each:g} |")
    print()
    return held


def make_model(folder: Path, width: int, inner: int, layers: int, merges: int) -> Any:
    """A trained model's folder of random numbers, packed beside; answers transformers' own in float32."""
    models: Any = import_module("transformers")
    tokens = learn([Path(__file__).read_text("utf-8")] * 2, merges)
    config = models.BitNetConfig(
        vocab_size=tokens.size,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=max(1, width // 256),
        max_position_embeddings=2048,
        hidden_act="silu",
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        bos_token_id=tokens.marks["<|begin|>"],
        eos_token_id=tokens.marks["<|end|>"],
    )
    models.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    model = models.BitNetForCausalLM(config).eval()
    model.save_pretrained(folder)
    tokens.save(folder, 2048)
    path = folder / "config.json"
    online = {"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "quantization_config": online}), "utf-8")
    finish_model(folder, Facts(kind="ternary"))
    return model


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Tokens a second of one round."""

    prompt: float
    answer: float


def by_kernel(model: generator.Generator, prompt: list[int]) -> Rates:
    """The generator's own."""
    cache = model.open_cache()
    begun = time.perf_counter()
    model.read(prompt[:-1], cache)
    last = int(model.step([(prompt[-1], cache)])[0].argmax())
    read = time.perf_counter()
    for _ in range(ANSWER):
        last = int(model.step([(last, cache)])[0].argmax())
    return Rates(prompt=len(prompt) / (read - begun), answer=ANSWER / (time.perf_counter() - read))


def by_torch(model: Any, prompt: list[int]) -> Rates:
    """The same architecture with float32 weights."""
    with torch.inference_mode():
        begun = time.perf_counter()
        said = model(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)
        read = time.perf_counter()
        for _ in range(ANSWER):
            said = model(said.logits[:, -1:].argmax(-1), cache=said.cache, use_cache=True, logits_to_keep=1)
        return Rates(prompt=len(prompt) / (read - begun), answer=ANSWER / (time.perf_counter() - read))


@contextmanager
def llama(path: Path, threads: int) -> Generator[Any]:
    """llama.cpp with the exported file."""
    library: Any = import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = str(path)
    params.n_parallel, params.n_ctx = 1, 1024
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_type_k = params.cache_type_v = library.ggml_type.GGML_TYPE_F32
    params.warmup = params.ui = params.endpoint_slots = False
    params.cache_ram_mib, params.verbosity, params.n_threads_http = 0, 1, 1
    params.hostnames = [str(path.parent / "http.sock")]
    yield library.Server(params)


def by_llama(server: Any, prompt: list[int]) -> Rates:
    """By the engine's own clock."""
    asked = {"prompt": prompt, "n_predict": ANSWER, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
    told = server.handle_completions(asked)["timings"]
    return Rates(prompt=told["prompt_per_second"], answer=told["predicted_per_second"])


def measure_model(width: int, inner: int, layers: int, threads: int, rounds: int) -> bool:
    """Print the table of a whole model; whether what is promised holds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "model"
        model = make_model(folder, width, inner, layers, 700)
        weights = sum(one.numel() for key, one in model.named_parameters() if key.endswith("_proj.weight"))
        others = sum(one.numel() for one in model.parameters()) - weights
        file = folder / EXPORTS / PACKED / "model.safetensors"
        bits = 8 * (file.stat().st_size - 4 * others) / weights
        ours = {kernel.name: generator.Generator.open(folder / EXPORTS / PACKED, kernel) for kernel in kernels(threads)}
        runs: dict[str, Callable[[list[int]], Rates]] = {
            one: lambda prompt, one=one: by_kernel(ours[one], prompt) for one in ours
        }
        runs[FLOATS] = lambda prompt: by_torch(model, prompt)
        path = export(Exporting(folder=folder, format="gguf-tq2_0", called="bench", into=Path(name) / "bench.gguf"))
        found: dict[str, list[Rates]] = {one: [] for one in (*runs, LLAMA)}
        with llama(path, threads) as server:
            runs[LLAMA] = lambda prompt: by_llama(server, prompt)
            size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
            for turn in range(-1, rounds):  # the first round only warms up
                prompt = [int(one) for one in np.random.default_rng(turn + 1).integers(4, size - 8, PROMPT)]
                names = list(runs)
                for one in names[turn % len(names) :] + names[: turn % len(names)]:
                    rates = runs[one](prompt)
                    found[one] += [rates] if turn >= 0 else []
        print(
            f"{weights / 1e6:.0f} M ternary weights and {others / 1e6:.1f} M others, width {width}, {layers} layers; "
            f"{bits:.3f} bits for a ternary weight in the packed file\n"
        )
        return print_rates(found, threads) and bits <= BITS


def print_rates(found: dict[str, list[Rates]], threads: int) -> bool:
    """The table; whether the fastest path is as many times as fast as is promised."""
    title = f"{threads} thread{'s' * (threads > 1)}, {PROMPT} + {ANSWER} tokens"
    print(f"| {title} | prompt, tokens/s | × float32 | answer, tokens/s | × float32 |")
    print("|---|---|---|---|---|")
    best = 0.0
    for name, rates in found.items():
        pairs = list(zip(rates, found[FLOATS], strict=True))
        reads = statistics.median(a.prompt / b.prompt for a, b in pairs)
        says = statistics.median(a.answer / b.answer for a, b in pairs)
        best = max(best, says if name in PATHS else 0)
        cells = [f"{statistics.median(one.prompt for one in rates):.0f}", f"{reads:.2f}"]
        cells += [f"{statistics.median(one.answer for one in rates):.1f}", f"{says:.2f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    print()
    return best >= MODEL


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=30, help="rounds of matrices, of which medians count")
    arguments.add_argument("--model-rounds", type=int, default=5, help="rounds of the model")
    arguments.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of each contender")
    arguments.add_argument("--width", type=int, default=1024, help="of the model; a multiple of 256")
    arguments.add_argument("--inner", type=int, default=2816, help="of its gated layers; a multiple of 256")
    arguments.add_argument("--layers", type=int, default=8)
    given = arguments.parse_args()
    warnings.simplefilter("ignore")  # torch's own words on its int8
    threadpool: Any = import_module("threadpoolctl")
    held = True
    for threads in given.threads:
        torch.set_num_threads(threads)
        with threadpool.threadpool_limits(threads):
            for size in SIZES:
                held &= measure_matrices(size, threads, given.rounds)
            held &= measure_model(given.width, given.inner, given.layers, threads, given.model_rounds)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {processor()}, torch {torch.__version__}; load {load}")
    print("All that is promised holds." if held else "What is promised does not hold.")
    sys.exit(not held)


def processor() -> str:
    """What the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    return next((one.partition(": ")[2] for one in lines if one.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
