"""GGUF files of trained models in llama.cpp: they answer as torch does, within the rounding that each format has."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from small_trained import PAIRS, write_llama, write_ternary
from torch_told import differences, told_by_torch

from nis_backend.capabilities.training.packing.exporting import Exporting, export
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.capabilities.training.packing.folder import source_of
from nis_backend.capabilities.training.packing.llama_file import write_llama_file
from nis_backend.capabilities.training.packing.vocabulary import NO_PAIR, vocabulary_of
from nis_backend.capabilities.training.packing.worker import open_worker
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.ternary.layout import unpack
from nis_backend.trained.manifest import made_whole, read_manifest, sha256_of

torch: Any = import_module("torch")

# As in test_packing.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")

CLOSE: dict[str, tuple[float, float]] = {
    "gguf-tq2_0": (0.1, 0.6),
    "gguf-tq1_0": (0.1, 0.6),
    "gguf-f16": (0.01, 0.05),
    "gguf-q8_0": (0.1, 0.6),
}
"""How far log probabilities may be from torch's, on average and at most: three times what these models come to."""


@pytest.fixture(scope="module")
def ternary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ternary model's folder."""
    folder = write_ternary(tmp_path_factory.mktemp("ternary") / "model")
    finish_model(folder, Facts(kind="ternary"))
    return folder


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float model's folder."""
    folder = write_llama(tmp_path_factory.mktemp("merged") / "model")
    finish_model(folder, Facts(kind="float"))
    return folder


def exported(folder: Path, given: str) -> Path:
    """The file of a format."""
    return export(Exporting(folder=folder, format=given, called="tiny", into=folder.parent / "made.zip"))


@pytest.mark.parametrize("given", ["gguf-tq2_0", "gguf-tq1_0"])
def test_a_ternary_file_answers_as_torch_does(ternary: Path, given: str) -> None:
    """Within what llama.cpp's own rounding of activations comes to; each ternary weight is in it as it is."""
    path = exported(ternary, given)
    far, others = differences(path, told_by_torch(ternary / "exports" / "packed"), clear=CLOSE[given][1])
    mean, most = CLOSE[given]
    assert len(far) > 1000
    assert sum(far) / len(far) < mean
    assert max(far) < most
    assert others == 0
    manifest = read_manifest(path.parent, "The file")
    bits = {"gguf-tq2_0": 2.0625, "gguf-tq1_0": 1.6875}[given]
    assert manifest.bits_per_weight == pytest.approx(bits, abs=0.001)


@pytest.mark.parametrize("given", ["gguf-f16", "gguf-q8_0"])
def test_a_merged_file_answers_as_torch_does(merged: Path, given: str) -> None:
    """In float16 nearly to the last digit; the rows of queries and keys are in llama.cpp's order."""
    far, others = differences(exported(merged, given), told_by_torch(merged), clear=CLOSE[given][1])
    mean, most = CLOSE[given]
    assert len(far) > 1000
    assert sum(far) / len(far) < mean
    assert max(far) < most
    assert others == 0


def test_ternary_weights_are_in_the_file_as_they_are(ternary: Path) -> None:
    """What the file holds, taken apart by its own package, are the packed codes, and their scale in float32."""
    library: Any = import_module("gguf")
    reader = library.GGUFReader(exported(ternary, "gguf-tq1_0"))
    packed: Any = import_module("safetensors.numpy").load_file(ternary / "exports" / "packed" / "model.safetensors")
    name = "model.layers.1.mlp.down_proj.weight"
    held = {one.name: one for one in reader.tensors}
    codes = library.quants.dequantize(held["blk.1.ffn_down.weight"].data, held["blk.1.ffn_down.weight"].tensor_type)
    assert (codes == unpack(packed[name])).all()
    assert held["blk.1.ffn_down.scale"].data[0] * packed[f"{name}_scale"][0] == pytest.approx(1, abs=1e-6)


def test_rows_that_no_block_fits_are_refused_with_a_way_out(tmp_path: Path) -> None:
    """By the field's name and value; float16 takes any width, and then answers."""
    folder = write_ternary(tmp_path / "model", width=64, hidden=128)
    finish_model(folder, Facts(kind="ternary"))
    with pytest.raises(InvalidRequest, match="hidden_size is 64") as refusal:
        exported(folder, "gguf-tq2_0")
    assert "gguf-f16" in str(refusal.value.remedy)
    far, _ = differences(exported(folder, "gguf-f16"), told_by_torch(folder / "exports" / "packed"), clear=1)
    assert sum(far) / len(far) < 0.1


def test_formats_that_a_model_has_not_are_refused(ternary: Path, merged: Path) -> None:
    """Ternary ones of a float model, those for floats of a ternary one, and two bits of what is not ternary."""
    for folder, given in ((merged, "gguf-tq2_0"), (ternary, "gguf-q8_0"), (merged, "packed")):
        with pytest.raises(InvalidRequest) as refusal:
            exported(folder, given)
        assert refusal.value.remedy.startswith("Take ")
    with pytest.raises(InvalidRequest, match="pre_tokenizer like this model's"):
        _splits_otherwise(merged)


def _splits_otherwise(folder: Path) -> None:
    made = json.loads((folder / "tokenizer.json").read_text())
    other = folder.parent / "other"
    other.mkdir(exist_ok=True)
    (other / "tokenizer.json").write_text(json.dumps({**made, "pre_tokenizer": {"type": "Whitespace"}}))
    vocabulary_of(other, 300)


def test_a_tokenizer_without_pairs_is_read(tmp_path: Path, merged: Path) -> None:
    """Bytes alone: the engine wants a list of pairs, and gets one that joins nothing that is a token."""
    made = json.loads((merged / "tokenizer.json").read_text())
    assert len(vocabulary_of(merged, 264).pairs) == len(PAIRS)
    made["model"] = {**made["model"], "merges": []}
    (tmp_path / "tokenizer.json").write_text(json.dumps(made))
    vocabulary = vocabulary_of(tmp_path, 264)
    assert vocabulary.pairs == [NO_PAIR]
    assert NO_PAIR.replace(" ", "") not in vocabulary.tokens


def test_an_archive_is_the_same_each_time_and_whole(ternary: Path) -> None:
    """Its bytes depend on the model alone; what a format has been made of it is not in it."""
    digests = {sha256_of(exported(ternary, "packed")) for _ in range(2)}
    assert len(digests) == 1
    with zipfile.ZipFile(exported(ternary, "packed")) as archive:
        names = archive.namelist()
        assert archive.read("config.json") == (ternary / "exports" / "packed" / "config.json").read_bytes()
    assert {"model.safetensors", "manifest.json", "README.md", "tokenizer.json"} <= set(names)
    with zipfile.ZipFile(exported(ternary, "zip")) as archive:
        assert not any(name.startswith("exports") for name in archive.namelist())
    assert exported(ternary, "safetensors") == ternary / "model.safetensors"


def test_nothing_is_made_of_a_model_that_was_changed(tmp_path: Path) -> None:
    """One byte of its weights is enough."""
    folder = write_llama(tmp_path / "model", width=32, hidden=32)
    finish_model(folder, Facts())
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(Unavailable, match="was changed"):
        exported(folder, "gguf-f16")


@pytest.mark.parametrize(
    ("name", "said", "what"),
    [
        ("config.json", {"vocab_size": 10**9}, "vocab_size"),
        ("config.json", {"rope_parameters": ["x"]}, "rope_parameters"),
        ("config.json", {"num_attention_heads": 10**4}, "where config.json says"),
        ("tokenizer.json", {"model": {"vocab": {"a": -1}}}, "tokenizer.json"),
        ("tokenizer.json", {"added_tokens": [5]}, "tokenizer.json"),
    ],
)
def test_files_that_say_what_cannot_be_are_refused(
    name: str, said: dict[str, Any], what: str, merged: Path, tmp_path: Path
) -> None:
    """By the field, before memory is taken for a number that a file gives."""
    shutil.copytree(merged, tmp_path / "m", ignore=shutil.ignore_patterns("exports"))
    path = tmp_path / "m" / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **said}))
    with pytest.raises(InvalidRequest if name == "config.json" else Unavailable, match=what):
        write_llama_file(source_of(tmp_path / "m"), "f16", tmp_path / "x.gguf", "tiny")


def test_a_half_made_export_is_made_anew_and_a_full_disk_is_told(tmp_path: Path) -> None:
    """What a crash has left is no export, and goes unless somebody is at it; what cannot be written leaves nothing."""
    folder = write_llama(tmp_path / "model", width=32, hidden=32)
    finish_model(folder, Facts())
    half = folder / "exports" / "gguf-f16"
    half.mkdir(parents=True)
    (half / "model.gguf").write_bytes(b"GGUF")
    killed = folder / "exports" / ".gguf-q8_0.0123abcd"
    shutil.copytree(half, killed)
    with made_whole(folder / "exports" / "other") as being_made:
        export(Exporting(folder=folder, format="zip", called="tiny", into=tmp_path / "a.zip"))
        assert [one.name for one in killed.parent.glob(".*")] == [being_made.name]
    size = exported(folder, "gguf-f16").stat().st_size
    assert size > 10_000
    with pytest.raises(Unavailable, match="cannot be written: No space left on device"):
        export(Exporting(folder=folder, format="zip", called="tiny", into=Path("/dev/full")))
    # The last kilobyte is as many as the first: no file that lacks it is handed out.
    shutil.rmtree(half)
    short = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1000, short[1]))
    try:
        with pytest.raises(Unavailable, match="cannot be written: File too large"):
            export(Exporting(folder=folder, format="gguf-f16", called="tiny", into=tmp_path / "a"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, short)
    assert [one.name for one in (folder / "exports").iterdir()] == ["other"]


def test_a_worker_answers_with_the_files_digest(merged: Path, tmp_path: Path) -> None:
    """Which is the blob's, that a caller compares."""

    async def one() -> list[Any]:
        payload = {"folder": str(merged), "format": "zip", "called": "tiny", "into": str(tmp_path / "a.zip")}
        return [item async for item in open_worker({}).handle(payload, None)]  # pyright: ignore[reportArgumentType] - it reads none

    assert asyncio.run(one()) == [{"sha256": sha256_of(tmp_path / "a.zip")}]
