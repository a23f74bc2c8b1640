"""A trained ternary model at two bits a weight: how many they are, and that nothing of it is lost."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from small_trained import VOCABULARY, write_llama, write_ternary
from torch_told import loaded

from nis_backend.capabilities.training.packing.finishing import Facts, finish_model, licence_of
from nis_backend.capabilities.training.packing.folder import source_of
from nis_backend.capabilities.training.packing.ternary import codes_of, pack
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.trained.manifest import check_files, made_whole, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

torch: Any = import_module("torch")

# Torch's compiler says so of itself when Transformers' layers for this are imported.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")

FACTS = Facts(
    kind="ternary",
    recipe="bitnet",
    training="training-1",
    dataset="stories",
    dataset_version="v1",
    rows=12,
    steps=3,
    metrics={"bits_per_byte": 2.125},
    notes=["Trained on 12 rows."],
)


@pytest.fixture(autouse=True)
def _as_written() -> Iterator[None]:
    """Transformers' layers are computed as they are written: a compiler of its own would take a minute."""
    with torch.compiler.set_stance("force_eager"):
        yield


def logits(model: Any) -> Any:
    """What a model says to some tokens."""
    drawn = torch.Generator().manual_seed(1)
    with torch.no_grad():
        return model(torch.randint(0, VOCABULARY, (3, 24), generator=drawn)).logits


def test_a_packed_model_answers_as_its_master_does(tmp_path: Path) -> None:
    """Loaded twice it answers the same to the bit, and as the master's own codes do in whole numbers.

    The master multiplies floats, whose last bits fall otherwise; where an activation then lies on the edge between two
    of its 255 steps, it takes the other one. The likeliest token stays the same.
    """
    master = write_ternary(tmp_path / "model")
    finish_model(master, FACTS)
    model, packed = loaded(master), loaded(master / "exports" / "packed")
    one = logits(packed)
    assert torch.equal(one, logits(loaded(master / "exports" / "packed")))
    assert torch.equal(one, logits(in_whole_numbers(model)))
    online = logits(loaded(master))
    assert (one - online).abs().max() < 0.05 * online.abs().max()
    assert torch.equal(one.argmax(-1), online.argmax(-1))


def in_whole_numbers(model: Any) -> Any:
    """The master with its ternary layers computed without rounding between: codes times whole activations."""
    bitnet: Any = import_module("transformers.integrations.bitnet")
    for layer in model.modules():
        if isinstance(layer, bitnet.AutoBitLinear):
            layer.forward = _whole(layer.weight.detach())
    return model


def _whole(weight: Any) -> Any:
    by = 1.0 / weight.abs().mean().clamp(min=1e-5)
    codes = (weight * by).round().clamp(-1, 1)

    def forward(given: Any) -> Any:
        scale = 127 / given.abs().max(dim=-1, keepdim=True).values.clamp(min=1e-5)
        whole = (given * scale).round().clamp(-128, 127)
        return torch.nn.functional.linear(whole, codes) / (by * scale)

    return forward


def test_a_ternary_weight_takes_little_more_than_two_bits(tmp_path: Path) -> None:
    """At most 2.1, with all that the file has beside floating point numbers: scales, names, lengths."""
    manifest = finish_model(write_ternary(tmp_path / "model"), FACTS)
    packed = read_manifest(tmp_path / "model" / "exports" / "packed", "The model")
    assert packed.bits_per_weight is not None
    assert 2.0 < packed.bits_per_weight <= 2.1
    size = (tmp_path / "model" / "exports" / "packed" / "model.safetensors").stat().st_size
    assert packed.bits_per_weight == 8 * (size - 4 * packed.parameters.floating) / packed.parameters.ternary
    assert packed.parameters == manifest.parameters
    assert packed.parameters.ternary == 2 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 256 * 512)


def test_four_codes_share_a_byte_as_transformers_reads_them() -> None:
    """Packed and taken apart again by Transformers they are the same, and so is the scale that it divides by."""
    bitnet: Any = import_module("transformers.integrations.bitnet")
    weight = torch.randn(12, 5, generator=torch.Generator().manual_seed(3))
    codes, scale = codes_of(weight)
    assert torch.equal(bitnet.unpack_weights(pack(codes, "q"), torch.float32), codes)
    assert torch.equal(codes / scale, bitnet.WeightQuant.apply(weight))


def test_rows_that_are_no_multiple_of_four_are_refused_by_name() -> None:
    """The matrix and its rows are told, and what to do."""
    with pytest.raises(InvalidRequest, match="up_proj has 6 rows") as refusal:
        pack(torch.zeros(6, 4), "up_proj")
    assert "multiples of 4" in str(refusal.value.remedy)


def test_a_model_says_what_it_was_made_from(tmp_path: Path) -> None:
    """Its manifest and its card have the data's version and size, what was measured, the limits and the licence."""
    finish_model(
        write_llama(tmp_path / "model"), Facts(base="SmolLM2", licence="apache-2.0", metrics={"exact_match": 0.5})
    )
    manifest = read_manifest(tmp_path / "model", "The model")
    assert manifest.layout == "float"
    assert manifest.parameters.floating == source_of(tmp_path / "model").count() > 10**6
    assert {one.name for one in manifest.files} >= {"model.safetensors", "README.md", "tokenizer.json"}
    card = (tmp_path / "model" / "README.md").read_text()
    for said in ("SmolLM2", "apache-2.0", "exact_match | 0.5", "version `unknown`", "do not rely on it"):
        assert said in card
    finish_model(write_ternary(tmp_path / "other"), FACTS)
    told = (tmp_path / "other" / "exports" / "packed" / "README.md").read_text()
    assert "stories, version `v1`, 12 rows" in told
    assert "2.027 bits for a ternary weight" in told


def test_the_terms_of_a_base_are_those_that_its_folder_tells(tmp_path: Path) -> None:
    """By the manifest of one that was trained here, by the head of another's card; nothing where neither says it."""
    finish_model(write_llama(tmp_path / "own", width=32, hidden=32), Facts(licence="apache-2.0"))
    assert licence_of(tmp_path / "own") == "apache-2.0"
    other = tmp_path / "other"
    other.mkdir()
    assert licence_of(other) == ""
    (other / "README.md").write_text("---\nlanguage: en\nlicense: mit  \n---\nlicense: gpl\n")
    assert licence_of(other) == "mit"
    (other / "README.md").write_text("# A model\n\nlicense terms are elsewhere")
    assert licence_of(other) == ""


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    """One byte is enough; a file that is gone is told too, and so is a manifest of another form."""
    folder = write_llama(tmp_path / "model", width=32, hidden=32)
    manifest = finish_model(folder, FACTS)
    check_files(folder, manifest, "The model")
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    with pytest.raises(Unavailable, match=r"model\.safetensors was changed"):
        check_files(folder, manifest, "The model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(Unavailable, match=r"model\.safetensors is gone"):
        check_files(folder, manifest, "The model")
    for name, what in (("../other", "lies outside"), ("a\0b", "cannot be read"), ("x" * 5000, "cannot be read")):
        odd = manifest.model_copy(update={"files": [manifest.files[0].model_copy(update={"name": name})]})
        with pytest.raises(Unavailable, match=what):
            check_files(folder, odd, "The model")
    (folder / "manifest.json").write_text(json.dumps({"format": "nis-model", "version": 9}))
    with pytest.raises(Unavailable, match="nis-model 9"):
        read_manifest(folder, "The model")
    with pytest.raises(Unavailable, match="no folder here"):
        read_manifest(tmp_path / "none", "The model")


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """What breaks off while it is written leaves nothing behind."""

    def broken() -> None:
        with made_whole(tmp_path / "made") as folder:
            (folder / "half").write_text("half")
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - any
        broken()
    assert list(tmp_path.iterdir()) == []
