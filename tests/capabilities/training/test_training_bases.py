"""Models that a training may begin with, and how the one in the box becomes a folder of floats."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tiny_bases
from smollm_folder import small_file

from nis_backend.capabilities.training import bases, dequantising
from nis_backend.errors import InvalidRequest, NotFound, Unavailable
from nis_backend.settings import Settings

safetensors: Any = importlib.import_module("safetensors")  # Any: it is read without its types
gguf: Any = importlib.import_module("gguf")  # Any: it has no types
numpy: Any = importlib.import_module("numpy")  # Any: of its arrays nothing is typed here
load_file: Any = importlib.import_module("safetensors.numpy").load_file  # Any: as above


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One folder of NIS_TRANSFORMERS beside the model in the box, whose file is where the tests' are."""
    tiny_bases.llama(tmp_path / "llama")
    return Settings(
        NIS_DATA=tmp_path / "data", NIS_WEIGHTS=small_file().parent, NIS_TRANSFORMERS=str(tmp_path / "llama")
    )


def test_bases_are_the_box_s_the_folders_and_the_caller_s_own(settings: Settings, tmp_path: Path) -> None:
    """Promise: each by its provider's name, and no other."""
    own = {"support": tmp_path / "llama"}
    assert list(bases.bases_of(settings, own)) == [
        f"embedded:{settings.embedded_weight}",
        "transformers:llama",
        "local:support",
    ]
    assert bases.base_of("embedded", settings).folder is None
    assert bases.folder_of(bases.base_of("local:support", settings, own), settings, tmp_path) == tmp_path / "llama"
    with pytest.raises(NotFound, match=r"no base 'local:support'.*") as failed:
        bases.base_of("local:support", settings)
    assert "transformers:llama" in failed.value.remedy


def test_a_folder_without_safetensors_is_no_base(settings: Settings, tmp_path: Path) -> None:
    """Promise: it is refused before a training begins, with the reason."""
    (tmp_path / "llama" / "model.safetensors").unlink()
    with pytest.raises(InvalidRequest, match=r"cannot be trained: it has no \*.safetensors") as failed:
        bases.base_of("transformers:llama", settings)
    assert failed.value.field == "base"


def test_the_model_in_the_box_is_dequantised_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: one folder, whole or absent, however many ask for it at the same time; later none reads the file."""
    made: list[Path] = []

    def write(path: Path, folder: Path) -> None:
        made.append(path)
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(dequantising, "write_folder", write)
    base = bases.base_of("embedded", settings)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(bases.folder_of, base, settings, tmp_path) for _ in range(4)]
        folders = {one.result() for one in asked}
    assert len(folders) == 1
    count = len(made)
    assert bases.folder_of(base, settings, tmp_path) in folders
    assert len(made) == count >= 1
    assert [one.name for one in (tmp_path / "bases").iterdir()] == [folders.pop().name]


def test_a_write_that_fails_leaves_nothing(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a full disk is told with its remedy, and no half of a folder stays."""

    def full(path: Path, folder: Path) -> None:
        (folder / "config.json").write_text("{")
        # As the library that writes the numbers says it.
        raise safetensors.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(dequantising, "write_folder", full)
    with pytest.raises(Unavailable, match="no room on the disk") as failed:
        bases.folder_of(bases.base_of("embedded", settings), settings, tmp_path)
    assert "300 MB" in failed.value.remedy
    assert str(tmp_path) not in failed.value.remedy
    assert not list((tmp_path / "bases").iterdir())


def test_weights_that_are_missing_are_told(settings: Settings, tmp_path: Path) -> None:
    """Promise: the command that brings them."""
    away = settings.model_copy(update={"weights": tmp_path / "nowhere"})
    with pytest.raises(Unavailable, match="is not here") as failed:
        bases.folder_of(bases.base_of("embedded", away), away, tmp_path)
    assert failed.value.remedy == f"Run: nis weights pull {settings.embedded_weight}."


def test_numbers_are_kept_within_a_float16(tmp_path: Path) -> None:
    """Promise: of blocks of four bits each number is within 2^-11 of what they say, keys' rows turned as needed."""
    path = tmp_path / "small.gguf"
    numbers = numpy.random.default_rng(1).normal(size=(64, 64)).astype("float32")
    packed = gguf.quants.quantize(numbers, gguf.GGMLQuantizationType.Q4_1)
    _write(path, packed)
    (tmp_path / "folder").mkdir()
    dequantising.write_folder(path, tmp_path / "folder")
    kept = load_file(tmp_path / "folder" / "model.safetensors")
    wanted = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.Q4_1)
    assert numpy.allclose(kept["model.layers.0.mlp.up_proj.weight"], wanted, rtol=2**-11, atol=1e-7)
    # Two heads of 32: row 2i + j of a head there is row 16j + i here.
    turned = kept["model.layers.0.self_attn.k_proj.weight"]
    assert numpy.allclose(turned[32 + 16 + 5], wanted[32 + 2 * 5 + 1], rtol=2**-11, atol=1e-7)


def test_another_kind_of_model_is_refused_by_name(tmp_path: Path) -> None:
    """Promise: what cuts text up in another way is not taken for what it is not."""
    path = tmp_path / "other.gguf"
    _write(path, numpy.zeros((32, 32), "float32"), pre="llama-bpe")
    with pytest.raises(Unavailable, match=r"other.gguf cannot be trained further: its kind \(.*pre llama-bpe\)"):
        dequantising.write_folder(path, tmp_path)


def _write(path: Path, packed: Any, pre: str = "smollm") -> None:
    writer = gguf.GGUFWriter(path, "llama")
    for add, value in (
        (writer.add_embedding_length, 64),
        (writer.add_feed_forward_length, 64),
        (writer.add_block_count, 1),
        (writer.add_context_length, 128),
        (writer.add_head_count, 2),
        (writer.add_head_count_kv, 2),
        (writer.add_layer_norm_rms_eps, 1e-5),
        (writer.add_tokenizer_model, "gpt2"),
        (writer.add_tokenizer_pre, pre),
        (writer.add_token_list, ["a", "b", "ab", "<end>"]),
        (writer.add_token_types, [1, 1, 1, 3]),
        (writer.add_token_merges, ["a b"]),
        (writer.add_bos_token_id, 3),
        (writer.add_eos_token_id, 3),
        (writer.add_chat_template, "{{ messages }}"),
    ):
        add(value)
    kind = gguf.GGMLQuantizationType.Q4_1 if packed.dtype == numpy.uint8 else None
    for name in ("token_embd", "blk.0.attn_k", "blk.0.ffn_up"):
        writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
