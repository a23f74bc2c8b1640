"""What torch and llama.cpp say of the same texts with the same model: how far their log probabilities are apart."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

torch: Any = import_module("torch")

TEXTS = ("the cat and a dog", "Once upon the time: 12 é", "def f(x):\n    return x")

Told = list[tuple[str, list[int], Any]]
"""Of each text its tokens, and the log probabilities of what follows each of them."""


def loaded(folder: Path) -> Any:
    """The folder's model, as Transformers loads it."""
    library: Any = import_module("transformers")
    return library.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()


def told_by_torch(folder: Path, texts: Sequence[str] = TEXTS) -> Told:
    """What torch says; its layers are computed as they are written, for a compiler would take a minute."""
    library: Any = import_module("transformers")
    tokenizer = library.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = loaded(folder)
    told: Told = []
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        for text in texts:
            tokens: list[int] = tokenizer(text)["input_ids"]
            told.append((text, tokens, model(torch.tensor([tokens])).logits[0].log_softmax(-1)))
    return told


@contextmanager
def engine(path: Path) -> Generator[Any]:
    """llama.cpp with the file, its cache of keys and values in float32."""
    library: Any = import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = str(path)
    params.n_parallel, params.n_ctx = 1, 256
    params.n_batch = params.n_ubatch = 64
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cache_type_k = params.cache_type_v = library.ggml_type.GGML_TYPE_F32
    params.warmup = params.ui = params.endpoint_slots = False
    params.cache_ram_mib, params.verbosity, params.n_threads_http = 0, 1, 1
    with tempfile.TemporaryDirectory() as folder:
        params.hostnames = [f"{folder}/http.sock"]
        yield library.Server(params)


def differences(path: Path, told: Told, *, clear: float) -> tuple[list[float], int]:
    """How far llama.cpp's log probabilities are from torch's, of 64 tokens at each place.

    And how often another token is the likeliest, where torch's is so by more than `clear`.
    """
    far: list[float] = []
    others = 0
    with engine(path) as server:
        for text, tokens, theirs in told:
            counted = server.handle_completions({"prompt": text, "n_predict": 1, "temperature": 0})
            assert counted["usage"]["prompt_tokens"] == len(tokens)
            for at in range(len(tokens)):
                asked = {"prompt": tokens[: at + 1], "n_predict": 1, "temperature": 0, "n_probs": 64}
                said = server.handle_completions({**asked, "ignore_eos": True})["choices"][0]["logprobs"]
                if said is None:
                    # A token that is a part of a character: the engine waits for the rest of it.
                    continue
                found = said["content"][0]
                far += [abs(one["logprob"] - float(theirs[at][one["id"]])) for one in found["top_logprobs"]]
                # What is sampled is never the end of the answer; what is likeliest may be.
                best = theirs[at].topk(2)
                likeliest = found["top_logprobs"][0]["id"]
                others += float(best.values[0] - best.values[1]) > clear and likeliest != int(best.indices[0])
    return far, others
