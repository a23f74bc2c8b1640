"""Models from folders: their vectors are those of the definition, and what is no model is told so."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embedding_folder import MODULES, described, minilm_folder, safetensors, written

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.embeddings import folder_worker
from nis_backend.drivers.embeddings.folder_head import Layer, Prompts, folders_of, head_of
from nis_backend.drivers.embeddings.folder_model import FolderModel, pooled
from nis_backend.drivers.embeddings.folders import Folders, pools
from nis_backend.drivers.embeddings.minilm_model import MiniLMModel
from nis_backend.drivers.embeddings.safetensors import tensors
from nis_backend.drivers.embeddings.static_model import StaticModel
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.settings import read_settings

TEXTS = ["A cat.", "The kitten sleeps on the sofa, and the dog barks.", "Rates rose"]
WIDTH = 16


def _libraries() -> tuple[Any, Any]:  # Any: their types are not checked here
    """Torch and Transformers, which take seconds to load: for those tests alone that want them."""
    return importlib.import_module("torch"), importlib.import_module("transformers")


def tiny(folder: Path, mode: str = "mean_tokens", layers: int = 1, *, residual: bool = False) -> Path:
    """A BERT with random numbers in it, and so many layers behind it; a `residual` one adds what comes in."""
    modules = [*MODULES[:2], *((f"{n}_Dense", "Dense") for n in range(2, 2 + layers)), ("9_Normalize", "Normalize")]
    described(folder, modules, mode)
    torch, transformers = _libraries()
    torch.manual_seed(1)
    config = transformers.BertConfig(hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    transformers.BertModel(config).save_pretrained(folder)
    for n in range(2, 2 + layers):
        random = np.random.default_rng(n)
        weights = {"linear.weight": random.normal(size=(6, WIDTH)), "linear.bias": random.normal(size=6)}
        if residual:
            weights["residual.weight"] = random.normal(size=(6, WIDTH))
        safetensors(
            folder / f"{n}_Dense" / "model.safetensors",
            {name: array.astype(np.float32) for name, array in weights.items()},
        )
        said = {
            "in_features": WIDTH,
            "out_features": 6,
            "activation_function": "torch.nn.modules.activation.Tanh",
            "use_residual": residual,
        }
        written(folder / f"{n}_Dense" / "config.json", said)
    return folder


def test_the_model_in_the_box_is_the_same_from_a_folder(tmp_path: Path) -> None:
    """Its numbers, what it cuts, and what it says of itself before it is loaded."""
    folder = minilm_folder(tmp_path)
    head = head_of(folder)
    assert (head.kind, head.dimensions, head.max_tokens, head.pooling) == ("onnx", 384, 256, "mean")
    model = FolderModel(head, 1)
    tokens, lengths = model.read(["A cat sleeps on the sofa.", "more " * 300, " "])
    assert [len(ids) for ids in tokens][:2] == [9, 256]
    assert lengths[0] == 9
    assert lengths[1] > 256
    assert lengths[2] <= model.marks
    assert model.embed(tokens[:2]) == pytest.approx(MiniLMModel(head.weights, 1).embed(tokens[:2]), abs=1e-6)


@pytest.mark.parametrize("mode", ["mean_tokens", "mean_sqrt_len_tokens"])
def test_torch_gives_the_vectors_of_the_definition_alone_and_in_a_batch(tmp_path: Path, mode: str) -> None:
    """The mean of the states, the layer, its tanh, what came in, and length 1, by Transformers itself."""
    residual = mode != "mean_tokens"
    folder = tiny(tmp_path, mode, residual=residual)
    head = head_of(folder)
    assert (head.kind, head.dimensions) == ("torch", 6)
    model = FolderModel(head, 1)
    tokens, _ = model.read(TEXTS)
    found = model.embed(tokens)
    torch, transformers = _libraries()
    bert = transformers.BertModel.from_pretrained(folder).eval()
    dense = np.random.default_rng(2)
    weight, bias, wide = (dense.normal(size=shape).astype(np.float32) for shape in ((6, WIDTH), 6, (6, WIDTH)))
    for ids, vector in zip(tokens, found, strict=True):
        with torch.inference_mode():
            states = bert(torch.tensor([ids])).last_hidden_state[0].numpy()
        mean = states.sum(axis=0) / (len(ids) ** 0.5 if residual else len(ids))
        wanted = np.tanh(mean @ weight.T + bias) + (mean @ wide.T if residual else 0)
        assert vector == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)


Rows = Any  # Any: an array (tokens, width)
DEFINITIONS: dict[str, Callable[[Rows], Rows]] = {
    "cls_token": lambda rows: rows[0],
    "lasttoken": lambda rows: rows[-1],
    "max_tokens": lambda rows: rows.max(axis=0),
    "mean_tokens": lambda rows: rows.mean(axis=0),
    "mean_sqrt_len_tokens": lambda rows: rows.sum(axis=0) / len(rows) ** 0.5,
    "weightedmean_tokens": lambda rows: np.average(rows, axis=0, weights=range(1, len(rows) + 1)),
}


@pytest.mark.parametrize("mode", DEFINITIONS)
def test_each_way_of_pooling_is_its_definition(tmp_path: Path, mode: str) -> None:
    """What pads a text is nothing to it."""
    minilm = minilm_folder(tmp_path)
    written(minilm / "1_Pooling" / "config.json", {f"pooling_mode_{mode}": True, "include_prompt": True})
    pooling = head_of(minilm).pooling
    written(minilm / "1_Pooling" / "config.json", {"pooling_mode": mode.removesuffix("_tokens").removesuffix("_token")})
    if mode == "mean_sqrt_len_tokens":
        written(minilm / "1_Pooling" / "config.json", {"pooling_mode": mode})
    assert head_of(minilm).pooling == pooling
    states = np.random.default_rng(1).normal(size=(2, 5, 4)).astype(np.float32)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    for rows, count, vector in zip(states, (3, 5), pooled(states, mask, pooling), strict=True):
        assert vector == pytest.approx(DEFINITIONS[mode](rows[:count]), abs=1e-6)


def static(folder: Path, name: str = "embedding.weight", **more: np.ndarray[Any, Any]) -> Path:
    """A static model of random numbers."""
    described(folder, [("", "StaticEmbedding")])
    table = np.random.default_rng(5).normal(size=(30_522, 8)).astype(np.float16)
    safetensors(folder / "model.safetensors", {name: table, **more})
    return folder


@pytest.mark.parametrize("weighted", [False, True])
def test_a_static_model_is_the_mean_of_its_tokens(tmp_path: Path, weighted: bool) -> None:
    """Weighted where it keeps weights; alone, in a batch, and whatever stands beside it."""
    table = np.random.default_rng(5).normal(size=(30_522, 8)).astype(np.float16).astype(np.float64)
    weights = np.random.default_rng(6).uniform(0.1, 1, 30_522).astype(np.float32)
    folder = static(
        tmp_path, "embeddings" if weighted else "embedding.weight", **({"weights": weights} if weighted else {})
    )
    head = head_of(folder)
    assert (head.kind, head.dimensions, head.max_tokens) == ("static", 8, None)
    model = StaticModel(head.weights, head.tokenizer)
    found, read = model.embed(TEXTS, 0)
    tokens = [[1037, 4937, 1012], model.tokens(TEXTS[1]), model.tokens(TEXTS[2])]
    assert model.tokens(TEXTS[0]) == tokens[0]
    assert read == sum(map(len, tokens))
    for text, ids, vector in zip(TEXTS, tokens, found, strict=True):
        wanted = (table[ids] * (weights[ids, None] if weighted else 1)).mean(axis=0)
        assert vector == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)
        assert model.embed([text], 0)[0][0] == pytest.approx(vector, abs=1e-6)
    with pytest.raises(InvalidRequest) as refusal:
        model.embed(["a", " "], 7)
    assert refusal.value.field == "texts.8"


def changed(folder: Path, name: str, content: object) -> Path:
    """The folder with another file of this name."""
    if content is None:
        (folder / name).unlink()
    elif isinstance(content, bytes):
        (folder / name).write_bytes(content)
    else:
        written(folder / name, content)
    return folder


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("modules.json", b"{", "no JSON|Expecting"),
        ("modules.json", {}, "no list of modules"),
        ("modules.json", [{"path": "../..", "type": "Transformer"}], "outside of it"),
        ("modules.json", [{"path": "", "type": "CLIPModel"}], "CLIPModel"),
        ("modules.json", [{"path": "", "type": "Transformer"}, {"path": "", "type": "my.Own"}], "Own"),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, "in several"),
        ("1_Pooling/config.json", {"pooling_mode": "magic"}, "not known here"),
        ("config.json", {"model_type": "bert"}, "hidden_size"),
        ("config.json", [1], "no JSON object"),
        ("config.json", b"[" * 100_000, "no JSON"),
        ("modules.json", b"[" * 100_000, "not as such files are"),
        ("tokenizer.json", None, r"no tokenizer\.json"),
        ("onnx/model.onnx", None, "no weights"),
    ],
)
def test_what_is_no_model_says_why(tmp_path: Path, name: str, content: object, says: str) -> None:
    """Before anything is loaded, and as what can be mended."""
    folder = changed(minilm_folder(tmp_path), name, content)
    with pytest.raises(ValueError, match=says):
        head_of(folder)

    async def go() -> None:
        compute = WorkerPools([])
        with pytest.raises(Unavailable, match="holds no embedding model") as refusal:
            await Folders(read_settings({}, embedding_models=str(folder)), compute).find(None)
        assert "NIS_EMBEDDING_MODELS" in refusal.value.remedy
        await compute.close()

    asyncio.run(go())


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    """It would run code of its own; nor is code that a folder brings."""
    folder = changed(minilm_folder(tmp_path), "onnx/model.onnx", None)
    (folder / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ValueError, match="pickled"):
        head_of(folder)
    safetensors(folder / "model.safetensors", {})
    written(folder / "config.json", {"hidden_size": 4, "auto_map": {"AutoModel": "own.Model"}})
    with pytest.raises(ValueError, match="code of its own"):
        head_of(folder)


def test_a_changed_file_is_another_version(tmp_path: Path) -> None:
    """And the same files elsewhere are the same one."""
    first = head_of(minilm_folder(tmp_path / "a")).version
    assert head_of(minilm_folder(tmp_path / "b")).version == first
    folder = changed(minilm_folder(tmp_path / "b"), "1_Pooling/config.json", {"pooling_mode_cls_token": True})
    assert head_of(folder).version != first


def test_prompts_and_lengths_are_the_folders_own(tmp_path: Path) -> None:
    """Each text behind the prompt of what it is, as the library has it; a prompt alone is no text."""
    folder = minilm_folder(tmp_path)
    config = folder / "config_sentence_transformers.json"
    assert not head_of(folder).prompts.asymmetric
    written(config, {"prompts": {"query": "", "document": ""}, "default_prompt_name": None})
    assert not head_of(folder).prompts.asymmetric
    written(config, {"prompts": {"s": "say: "}, "default_prompt_name": "s"})
    assert head_of(folder).prompts == Prompts(query="say: ", passage="say: ", plain="say: ")
    written(config, {"prompts": {"query": "query: ", "document": "", "passage": "found: "}})
    written(folder / "sentence_bert_config.json", {})
    written(folder / "tokenizer_config.json", {"model_max_length": 12})
    head = head_of(folder)
    assert head.prompts == Prompts(query="query: ", passage="found: ")
    assert (head.prompts.asymmetric, head.max_tokens) == (True, 12)
    model = FolderModel(head, 1)
    assert model.read(["a cat"], head.prompts.of("query"))[0] == model.read(["query: a cat"])[0]
    assert model.read(["a cat", "\u200b", " "], "query: ")[1] == [6, 0, 0]
    written(folder / "1_Pooling" / "config.json", {"pooling_mode": "mean", "include_prompt": False})
    with pytest.raises(ValueError, match="leaves its prompts out"):
        head_of(folder)


def test_the_modules_own_length_counts_before_the_tokenizers(tmp_path: Path) -> None:
    """As the library has it; and no more than the model has places for."""
    folder = minilm_folder(tmp_path)
    written(folder / "tokenizer_config.json", {"model_max_length": 12})
    assert head_of(folder).max_tokens == 256
    written(folder / "config.json", {"model_type": "bert", "hidden_size": 384, "max_position_embeddings": 64})
    assert head_of(folder).max_tokens == 64


def test_what_was_saved_in_bfloat16_is_read(tmp_path: Path) -> None:
    """Its numbers are the upper halves of those of 32 bits."""
    head = json.dumps({"a": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    numbers = np.array([[1.5, -2.0], [0.0, 3.0]], np.float32)
    body = (numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    (tmp_path / "b").write_bytes(len(head).to_bytes(8, "little") + head + body)
    assert tensors(tmp_path / "b")["a"].tolist() == numbers.tolist()


def test_a_static_model_may_share_vectors_and_have_layers(tmp_path: Path) -> None:
    """Model2Vec keeps one vector for several tokens; a layer takes the mean. A token without a vector is told."""
    draw = np.random.default_rng(4)
    mapping = draw.integers(0, 50, 30_522)
    table, weight = draw.normal(size=(50, 8)).astype(np.float32), draw.normal(size=(3, 8)).astype(np.float32)
    folder = described(tmp_path, [("", "StaticEmbedding"), ("1_Dense", "Dense")])
    safetensors(folder / "model.safetensors", {"embeddings": table, "mapping": mapping})
    safetensors(folder / "1_Dense" / "model.safetensors", {"linear.weight": weight})
    identity = "torch.nn.modules.linear.Identity"
    written(folder / "1_Dense" / "config.json", {"out_features": 3, "activation_function": identity})
    head = head_of(folder)
    assert head.dimensions == 3
    model = StaticModel(head.weights, head.tokenizer, head.layers)
    wanted = table[mapping[model.tokens(TEXTS[1])]].mean(axis=0) @ weight.T
    assert model.embed(TEXTS, 0)[0][1] == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)
    safetensors(folder / "model.safetensors", {"embeddings": table})
    with pytest.raises(Unavailable, match="up to number 30521"):
        StaticModel(head.weights, head.tokenizer)
    (folder / "1_Dense" / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="does not say 'out_features'"):
        head_of(folder)
    for content in (b"[]", b'{"a": 5}'):
        (folder / "model.safetensors").write_bytes(len(content).to_bytes(8, "little") + content)
        described(folder, [("", "StaticEmbedding")])
        with pytest.raises(ValueError, match="not as such files are"):
            head_of(folder)


@pytest.mark.parametrize("name", ["onnx", "torch"])
def test_weights_that_cannot_be_loaded_are_told(tmp_path: Path, name: str) -> None:
    """Whatever class the library raises; and what it would fill with random numbers is missing."""
    if name == "onnx":
        folder = changed(minilm_folder(tmp_path), "onnx/model.onnx", None)
        (folder / "onnx" / "model.onnx").write_bytes(b"no model")
        says = "could not be loaded"
    else:
        folder = tiny(tmp_path)
        torch, transformers = _libraries()
        weights = transformers.BertModel.from_pretrained(folder).state_dict()
        kept = {key: one for key, one in weights.items() if "layer.0.output" not in key and "pooler" not in key}
        transformers.BertModel.from_pretrained(folder).save_pretrained(folder, state_dict=kept)
        assert isinstance(torch.__version__, str)
        says = "lacks 4 of its weights, encoder.layer.0.output"
    with pytest.raises(Unavailable, match=says):
        FolderModel(head_of(folder), 1)


def test_what_changes_while_it_is_loaded_is_loaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a model would go by the version of the files before; one that never rests is told."""
    folder, loads = static(tmp_path / "s"), list[int]()
    load = folder_worker.StaticModel

    def swapped(weights: Path, tokenizer: Path, layers: Sequence[Layer]) -> StaticModel:
        loads.append(len(loads))
        found = load(weights, tokenizer, layers)
        if len(loads) != 2:
            table = np.full((30_522, 3 + len(loads)), 1.0, np.float32)
            safetensors(weights, {"embedding.weight": table})
        return found

    monkeypatch.setattr(folder_worker, "StaticModel", swapped)
    folder_worker.open_worker({"folder": str(folder), "threads": 1})
    assert len(loads) == 2
    with pytest.raises(Unavailable, match="just changed"):
        folder_worker.open_worker({"folder": str(folder), "threads": 1})
    assert len(loads) == 2 + folder_worker.TRIES


def test_changed_files_are_loaded_anew(tmp_path: Path) -> None:
    """A version is that of the files the vectors are by; numbers that the settings do not say are told."""
    folder = static(tmp_path / "s")

    async def go() -> None:
        settings = read_settings({}, embedding_models=str(folder))
        compute = WorkerPools(pools(settings))
        folders = Folders(settings, compute)
        try:
            (one,) = (await folders.embed("s", ["a cat"])).vectors
            table = np.random.default_rng(6).normal(size=(30_522, 4)).astype(np.float16)
            safetensors(folder / "model.safetensors", {"embedding.weight": table})
            anew = await folders.embed("s", ["a cat"])
            assert (len(one), len(anew.vectors[0])) == (8, 4)
            assert anew.version == head_of(folder).version
            written(folder / "1_Dense" / "config.json", {"out_features": 3})
            layer = np.ones((2, 4), np.float32)
            safetensors(folder / "1_Dense" / "model.safetensors", {"linear.weight": layer})
            described(folder, [("", "StaticEmbedding"), ("1_Dense", "Dense")])
            with pytest.raises(Unavailable, match="2 numbers, and its settings say 3"):
                await folders.embed("s", ["a cat"])
        finally:
            await compute.close()

    asyncio.run(go())


def test_a_setting_names_folders_or_a_folder_of_them(tmp_path: Path) -> None:
    """By commas; two of one name are told apart, and none is none."""
    one, two = minilm_folder(tmp_path / "x"), minilm_folder(tmp_path / "y")
    assert folders_of(f"{one}, {two}") == {"mini": one, "y-mini": two}
    assert folders_of(str(tmp_path / "x")) == {"mini": one}
    assert folders_of(None) == {}
    assert list(folders_of(str(tmp_path / "nowhere"))) == ["nowhere"]
    with pytest.raises(ValueError, match="no such folder"):
        head_of(tmp_path / "nowhere")


def test_a_torn_safetensors_file_is_told(tmp_path: Path) -> None:
    """Cut, or with a head that lies of what is behind it."""
    folder = static(tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    lies = json.dumps({"embedding.weight": {"dtype": "F32", "shape": [9, 9], "data_offsets": [0, 4]}}).encode()
    for content in (whole[:5], whole[:1000], whole[: len(whole) // 2], len(lies).to_bytes(8, "little") + lies):
        (folder / "model.safetensors").write_bytes(content)
        with pytest.raises(Unavailable):
            StaticModel(folder / "model.safetensors", folder / "tokenizer.json")
