"""The recipe `bitnet_convert`: float models that become ternary."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from small_trainings import TINY, texts, training, write_rows

from nis_backend.capabilities.training import tokens
from nis_backend.capabilities.training.batches import read
from nis_backend.capabilities.training.job import Job
from nis_backend.capabilities.training.recipes import bitnet, bitnet_convert
from nis_backend.capabilities.training.settings import bitnet as bitnet_settings
from nis_backend.capabilities.training.settings.bitnet_convert import Settings
from nis_backend.capabilities.training.ternary_model import Shape, TernaryModel, load, torch
from nis_backend.errors import InvalidRequest, NotSupported

SETTINGS = Settings(batch=8, learning_rate=4e-3)


def float_base(folder: Path) -> Path:
    """A float twin that has learned a little."""
    write_rows(folder, train=texts(40, 1), test=texts(4, 3))
    settings = bitnet_settings.Settings.model_validate({**TINY, "ternary": False})
    bitnet.train(training(folder, settings, steps=150))
    return folder / "out"


def write_llama(folder: Path) -> Any:
    """A small model of Llama's kind, with our tokenizer."""
    transformers: Any = importlib.import_module("transformers")  # Any: its types are not read here
    torch.manual_seed(5)
    made = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=272,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=64,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            initializer_range=0.2,
        )
    )
    made.save_pretrained(str(folder))
    tokens.learn([]).save(folder, 64)
    return made


def test_a_float_twin_becomes_ternary_and_keeps_what_it_knew(tmp_path: Path) -> None:
    """It ends near the float model's bits per byte, where rounding alone ends far from them."""
    base = float_base(tmp_path / "float")
    before = bitnet_convert.train(job(tmp_path / "rounded", base, steps=1, rise=0.0, learning_rate=1e-9))
    outcome = bitnet_convert.train(job(tmp_path / "converted", base, steps=80, rise=0.5, learning_rate=4e-3))
    assert outcome.kind == "ternary"
    assert load(tmp_path / "converted" / "out").shape.ternary
    rounded, learned = before.metrics["test_bits_per_byte"], outcome.metrics["test_bits_per_byte"]
    twin = bitnet_convert.train(job(tmp_path / "again", base, steps=1, rise=0.0, learning_rate=1e-9))
    assert twin.metrics["test_bits_per_byte"] == rounded
    lines = (tmp_path / "converted" / "metrics.jsonl").read_text().splitlines()
    first = json.loads(lines[0])["loss"] / 0.6931
    assert first < rounded  # one fortieth ternary, it is still what it was
    assert learned < first + 0.3 * (rounded - first)


def job(folder: Path, base: Path, *, steps: int, rise: float, learning_rate: float) -> Job:
    """A conversion over rows like those that the base has learned from."""
    write_rows(folder, train=texts(40, 1), test=texts(4, 3))
    settings = SETTINGS.model_copy(update={"rise": rise, "learning_rate": learning_rate})
    return training(folder, settings, steps=steps, base=base)


def test_a_model_of_llamas_kind_gets_norms_that_leave_it_as_it_was(tmp_path: Path) -> None:
    """Before a weight is ternary, scores are about those of the base; then it is learned, and saved as ternary."""
    made = write_llama(tmp_path)
    write_rows(tmp_path, train=texts(10, 1))
    rows = read(training(tmp_path).rows("train"), tokens.load(tmp_path), 64)
    shape = bitnet_convert.shape_of_base(json.loads((tmp_path / "config.json").read_text()), "llama")
    assert (shape.kv_heads, shape.context, shape.theta) == (2, 64, 10_000.0)
    model = TernaryModel(Shape(**vars(shape)))
    missing = bitnet_convert.take_weights(model, tmp_path)
    assert len(missing) == 4
    bitnet_convert.fit_norms(model, rows, missing)
    ids = torch.from_numpy(rows.at(bitnet_places()).ids)
    with torch.no_grad():
        theirs, ours = made(ids).logits, model(ids)
    aligned = torch.nn.functional.cosine_similarity(theirs.flatten(), ours.flatten(), dim=0)
    assert aligned > 0.9
    outcome = bitnet_convert.train(training(tmp_path, SETTINGS, steps=3, base=tmp_path))
    assert outcome.facts["vocabulary"] == 272
    assert load(tmp_path / "out").shape.ternary


def bitnet_places() -> Any:
    """The first three rows."""
    return importlib.import_module("numpy").arange(3)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model_type": "gpt2"}, "its kind is 'gpt2'"),
        ({"tie_word_embeddings": False}, "two matrices"),
        ({"attention_bias": True}, "biases"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1.0}}, "places are scaled"),
        ({"model_type": "bitnet", "quantization_config": {}}, "ternary already"),
    ],
)
def test_other_kinds_are_refused_by_what_they_are(change: dict[str, Any], why: str) -> None:
    """Not converted into something that answers differently."""
    llama = {"model_type": "llama", "hidden_act": "silu", "tie_word_embeddings": True}
    with pytest.raises(NotSupported, match=why) as failed:
        bitnet_convert.shape_of_base({**llama, **change}, "it")
    assert failed.value.field == "base"


def test_a_base_with_other_weights_than_it_says_is_refused(tmp_path: Path) -> None:
    """Its file is torn, or belongs to another configuration."""
    write_rows(tmp_path, train=texts(4, 1))
    settings = bitnet_settings.Settings.model_validate({**TINY, "ternary": False})
    bitnet.train(training(tmp_path, settings, steps=1))
    base = tmp_path / "base"
    (tmp_path / "out").rename(base)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 2}))
    with pytest.raises(InvalidRequest, match="cannot be taken"):
        bitnet_convert.train(training(tmp_path, SETTINGS, base=base))
    (base / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(InvalidRequest, match="cannot be taken"):
        bitnet_convert.train(training(tmp_path, SETTINGS, base=base))
