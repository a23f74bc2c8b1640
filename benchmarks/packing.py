"""Whether a packed ternary model is still the same: bits a weight, logits after reload, llama.cpp against torch.

    make prove-packing                           # a model of random numbers, 512 wide
    make prove-packing ARGS="--model FOLDER"     # one that was trained: config.json, *.safetensors, a tokenizer

Nothing is timed. What llama.cpp says otherwise than torch is its own rounding of activations, in blocks of 256.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training.packing.exporting import Exporting, export
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.errors import InvalidRequest
from nis_backend.ternary.generator import Generator
from nis_backend.trained.manifest import EXPORTS, PACKED, read_manifest

sys.path.append(str(Path(__file__).parents[1] / "tests"))
told: Any = import_module("torch_told")  # Any: modules of the tests, found by the line above
small: Any = import_module("small_trained")
torch: Any = import_module("torch")  # Any: read without its types

TEXTS = (
    "Once upon a time there was a little house.",
    "def add(a, b):\n    return a + b\n",
    "The sum of 12 and 30 is 42; é is one letter.",
)


def main() -> int:
    """Pack, reload, compare, and say what came of it; 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="folder of a trained ternary model; it is copied")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        if given.model is None:
            small.write_ternary(folder, width=512, hidden=1536)
        else:
            shutil.copytree(given.model, folder, ignore=shutil.ignore_patterns(EXPORTS))
        return _compared(folder)


def _compared(folder: Path) -> int:
    finish_model(folder, Facts(kind="ternary"))
    packed = folder / EXPORTS / PACKED
    manifest = read_manifest(packed, "The packed model")
    bits = manifest.bits_per_weight or 0.0
    print(f"ternary weights           {manifest.parameters.ternary:,}")
    print(f"other numbers             {manifest.parameters.floating:,}")
    alone = _alone(packed)
    print(
        f"bits a ternary weight     {bits:.4f}   with scales, names and lengths; {alone:.4f} with scales (at most 2.1)"
    )
    one, again = told.told_by_torch(packed, TEXTS), told.told_by_torch(packed, TEXTS)
    same = all(torch.equal(a[2], b[2]) for a, b in zip(one, again, strict=True))
    print(f"logits after reload       {'identical, bit for bit' if same else 'NOT THE SAME'}")
    master = told.told_by_torch(folder, TEXTS)
    print(f"against the master        {_apart(one, master)}")
    print(f"the generator here        {_apart(one, _by_generator(packed, one))}")
    right = same and alone <= 2.1  # noqa: PLR2004 - the promise
    for given in ("gguf-tq2_0", "gguf-tq1_0", "gguf-f16"):
        try:
            path = export(Exporting(folder=folder, format=given, called="model", into=folder.parent / "a.zip"))
        except InvalidRequest as refusal:
            print(f"{given:<25} refused: {refusal.message}")
            continue
        far, others = told.differences(path, one, clear=0.5)
        size = read_manifest(path.parent, "The file").bits_per_weight
        said = f"mean {sum(far) / len(far):.4f}, most {max(far):.3f} of {len(far):,}; {others} clear choices differ"
        print(f"{given:<25} {said}; {size:.4f} bits a ternary weight")
        right = right and others == 0
    return 0 if right else 1


def _alone(packed: Path) -> float:
    """Bits of codes and scales, by the weights: without the names, which are much of a very small model."""
    held: Any = import_module("safetensors.numpy").load_file(packed / "model.safetensors")  # Any: arrays
    scales = [name for name in held if name.endswith("_scale")]
    size = sum(held[name].nbytes + held[name.removesuffix("_scale")].nbytes for name in scales)
    return 8 * size / sum(4 * held[name.removesuffix("_scale")].size for name in scales)


def _by_generator(packed: Path, one: Any) -> Any:  # Any: torch's tensors
    generator = Generator.open(packed)
    return [(text, ids, torch.from_numpy(generator.logits(ids)).log_softmax(-1)) for text, ids, _ in one]


def _apart(one: Any, other: Any) -> str:  # Any: as above
    far = torch.cat([(a[2] - b[2]).abs().flatten() for a, b in zip(one, other, strict=True)])
    chosen = torch.cat([a[2].argmax(-1) == b[2].argmax(-1) for a, b in zip(one, other, strict=True)])
    return (
        f"log probabilities: median {far.median():.1e}, mean {far.mean():.1e}, most {far.max():.1e};"
        f" {int(chosen.sum())} of {len(chosen)} likeliest tokens the same"
    )


if __name__ == "__main__":
    sys.exit(main())
