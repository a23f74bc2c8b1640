"""What a folder says of the embedding model in it, as sentence-transformers saves one; read without that library.

Source: https://sbert.net/docs/sentence_transformer/usage/custom_models.html, and what its `save` writes.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.embeddings.base import Purpose

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

LONGEST = 16 * 2**20
"""Bytes of a settings file that is read."""
MOST_TOKENS = 2048
"""Tokens of a text that are read at most: attention takes memory by their square, 0.2 GB at this many."""

Kind = Literal["onnx", "torch", "static"]
Pooling = Literal["mean", "mean_sqrt_len_tokens", "cls", "max", "lasttoken", "weightedmean"]

POOLINGS: dict[str, Pooling] = {name: name for name in get_args(Pooling)}
"""As newer releases write it."""
MODES: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
"""The same as older ones do."""
PASSAGES = ("document", "passage", "corpus")
"""Names of the prompt of what is looked through: the first that says something counts."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer behind pooling: weights as in its file, what its numbers pass, and whether what came in is added."""

    weights: Path
    activation: Literal["tanh", "identity"]
    residual: bool


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """What is written before each text, by what it is."""

    query: str = ""
    passage: str = ""
    plain: str = ""
    """Where nothing is said of it."""

    @property
    def asymmetric(self) -> bool:
        """Whether it matters what a text is."""
        return not self.query == self.passage == self.plain

    def of(self, purpose: Purpose | None) -> str:
        """The prompt of a text."""
        return self.plain if purpose is None else self.query if purpose == "query" else self.passage


@dataclass(frozen=True, kw_only=True)
class Head:
    """Of a model's folder."""

    kind: Kind
    weights: Path
    """The ONNX file, or the static model's; the folder of the safetensors files."""
    tokenizer: Path
    pooling: Pooling
    layers: tuple[Layer, ...]
    dimensions: int
    max_tokens: int | None
    """None for a static model, which reads all of a text."""
    prompts: Prompts
    lower: bool
    architecture: str
    """`model_type` of its config.json; empty for a static model."""
    version: str


def head_of(folder: Path) -> Head:
    """What the folder says; it is read again when one of its files was changed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no model that can be loaded here; the message says why.
    """
    if not folder.is_dir():
        raise ValueError("there is no such folder")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    try:
        return _head(folder, tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files[:MOST_FILES]))
    except KeyError as error:
        raise ValueError(f"one of its files does not say {error}") from None
    except (AttributeError, OverflowError, RecursionError, TypeError) as error:
        raise ValueError(f"one of its files is not as such files are: {error}") from None


MOST_FILES = 200
"""Files of a folder that are looked at."""


@lru_cache(maxsize=64)
def _head(folder: Path, _files: tuple[tuple[Path, int, int], ...]) -> Head:
    modules = _modules(folder)
    first = modules[0]
    inner = _within(folder, str(first.get("path", "")))
    read = [folder / "modules.json", folder / "config_sentence_transformers.json"]
    static = str(first.get("type", "")).endswith(".StaticEmbedding")
    kind, weights = _weights(folder, inner, static=static)
    tokenizer = next((path for path in (inner / "tokenizer.json", folder / "tokenizer.json") if path.is_file()), None)
    if tokenizer is None:
        raise ValueError("it has no tokenizer.json")
    pooling: Pooling = "mean"
    layers: list[Layer] = []
    width: int | None = None
    prompts = _prompts(_optional(folder / "config_sentence_transformers.json"))
    for module in modules[1:]:
        at, name = _within(folder, str(module.get("path", ""))), str(module.get("type", "")).rpartition(".")[2]
        if name == "Pooling":
            read.append(at / "config.json")
            said = _object(at / "config.json")
            pooling = _pooling(said)
            if said.get("include_prompt") is False and prompts != Prompts():
                raise ValueError("it leaves its prompts out of the mean of the tokens, which is not done here")
        elif name == "Dense":
            read += [at / "config.json", at / "model.safetensors"]
            layer, width = _layer(at)
            layers.append(layer)
        elif name != "Normalize":
            raise ValueError(f"it has a module {name!r}, which is not known here")
    config = {} if static else _object(inner / "config.json")
    if "auto_map" in config and kind == "torch":
        raise ValueError("it wants code of its own to be run (trust_remote_code), which is never done")
    dimensions = width or (_columns(weights) if static else _count(config, "hidden_size", "dim", "d_model", "n_embd"))
    if dimensions is None:
        raise ValueError("its config.json does not say how many numbers a vector has (hidden_size)")
    sentence = _optional(inner / "sentence_bert_config.json") or _optional(folder / "sentence_bert_config.json")
    read += [tokenizer, inner / "config.json", inner / "sentence_bert_config.json"]
    if "max_seq_length" not in sentence:
        read.append(inner / "tokenizer_config.json")
    read += sorted(weights.glob("*.safetensors")) if weights.is_dir() else [weights, *_beside(weights)]
    return Head(
        kind=kind,
        weights=weights,
        tokenizer=tokenizer,
        pooling=pooling,
        layers=tuple(layers),
        dimensions=dimensions,
        max_tokens=None if static else _longest(sentence, inner, config),
        prompts=prompts,
        lower=bool(sentence.get("do_lower_case")),
        architecture=str(config.get("model_type", "")),
        version=_version(folder, read),
    )


def folders_of(text: str | None) -> dict[str, Path]:
    """The models' folders by their names, of a setting: each path itself, or the folders in it that have a model."""
    from pathlib import Path  # noqa: PLC0415 - where nothing is set, nothing is loaded

    found: dict[str, Path] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        path = Path(part.strip()).expanduser()
        if any((path / name).is_file() for name in MARKS):
            inside = [path]
        else:
            inside = sorted({one.parent for name in MARKS for one in path.glob(f"*/{name}")}) or [path]
        for one in inside:
            # Two of one name have their parents' beside it.
            found.setdefault(one.name if one.name not in found else f"{one.parent.name}-{one.name}", one)
    return found


MARKS = ("modules.json", "config.json")
"""Files of which a model's folder has one."""


def _modules(folder: Path) -> list[Json]:
    if not (folder / "modules.json").is_file():
        if not (folder / "config.json").is_file():
            raise ValueError("it has no modules.json and no config.json")
        # As sentence-transformers takes a folder of Transformers: the mean of its tokens.
        return [{"path": "", "type": "Transformer"}]
    read: Any = json.loads(_text(folder / "modules.json"))
    if not isinstance(read, list) or not read or not all(isinstance(one, dict) for one in cast("list[object]", read)):
        raise ValueError("its modules.json is no list of modules")
    modules = cast("list[Json]", read)
    name = str(modules[0].get("type", "")).rpartition(".")[2]
    if name not in {"Transformer", "StaticEmbedding"}:
        raise ValueError(f"it begins with a module {name!r}, which is not known here")
    return modules


def _within(folder: Path, path: str) -> Path:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("its modules.json names a folder outside of it")
    return folder / path


def _weights(folder: Path, inner: Path, *, static: bool) -> tuple[Kind, Path]:
    """ONNX before safetensors: its engine takes a fraction of the memory."""
    if static:
        return "static", inner / "model.safetensors"
    places = [inner, folder, inner / "onnx", folder / "onnx"]
    whole = next((place / "model.onnx" for place in places if (place / "model.onnx").is_file()), None)
    onnx = whole or next((path for place in places for path in sorted(place.glob("*.onnx"))), None)
    if onnx is not None:
        return "onnx", onnx
    if any(inner.glob("*.safetensors")):
        return "torch", inner
    # A pickle runs code of its own when it is read.
    pickled = any(inner.glob("*.bin")) or any(inner.glob("*.pt"))
    raise ValueError(
        "its weights are pickled, and only safetensors and ONNX are read" if pickled else "it has no weights"
    )


def _beside(weights: Path) -> list[Path]:
    """Files that an ONNX model keeps its larger numbers in."""
    return sorted(weights.parent.glob(f"{weights.name}?data"))


def _pooling(config: Json) -> Pooling:
    named = config.get("pooling_mode")
    modes = [str(one) for one in cast("list[object]", named)] if isinstance(named, list) else [named] if named else []
    found: list[Pooling | None] = [POOLINGS.get(str(mode)) for mode in modes]
    found = found or [MODES.get(name) for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    if len(found) != 1 or found[0] is None:
        raise ValueError("it pools in a way, or in several, that is not known here")
    return found[0]


def _layer(folder: Path) -> tuple[Layer, int]:
    config = _object(folder / "config.json")
    name = str(config.get("activation_function", "torch.nn.modules.activation.Tanh")).rpartition(".")[2]
    if name not in {"Tanh", "Identity"} or not (folder / "model.safetensors").is_file():
        raise ValueError("it has a Dense layer without safetensors, or with an activation that is not known here")
    layer = Layer(
        weights=folder / "model.safetensors",
        activation="tanh" if name == "Tanh" else "identity",
        residual=config.get("use_residual") is True,
    )
    return layer, int(config["out_features"])


def _longest(sentence: Json, inner: Path, config: Json) -> int:
    """As its settings say, the module's before the tokenizer's; and no more than it has places for."""
    own = _optional(inner / "tokenizer_config.json").get("model_max_length")
    places = config.get("max_position_embeddings")
    # RoBERTa counts its places from the one behind the padding's.
    if isinstance(places, int) and "roberta" in str(config.get("model_type", "")):
        places -= 2
    said = [one for one in (sentence.get("max_seq_length") or own, places) if isinstance(one, int) and one > 2]  # noqa: PLR2004 - marks alone
    return min([*said, MOST_TOKENS])


def _prompts(config: Json) -> Prompts:
    """As the library's `encode`, `encode_query` and `encode_document` write them.

    What is not named falls back on the default prompt.
    """
    given: Any = config.get("prompts") or {}  # Any: JSON
    if not isinstance(given, dict) or not all(isinstance(one, str | None) for one in cast("Json", given).values()):
        raise ValueError("its prompts are no texts")
    said = cast("Json", given)
    plain = said.get(str(config.get("default_prompt_name"))) or ""
    passages = [said[name] or "" for name in PASSAGES if name in said] or [plain]
    return Prompts(query=said.get("query", plain) or "", passage=next(filter(None, passages), ""), plain=plain)


def _columns(weights: Path) -> int | None:
    """How many numbers a static model's vectors have, from the head of its file."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
        head: Any = json.loads(file.read(min(length, LONGEST)))  # Any: JSON
    shapes = [
        one["shape"]
        for name, one in head.items()
        if name != "__metadata__" and len(one.get("shape", ())) == 2  # noqa: PLR2004 - a table
    ]
    return int(shapes[0][1]) if shapes else None


def _count(config: Json, *names: str) -> int | None:
    inner: Any = config.get("text_config")
    held = cast("Json", inner) if isinstance(inner, dict) else config
    return next((value for name in names if isinstance(value := held.get(name, config.get(name)), int)), None)


def _version(folder: Path, files: list[Path]) -> str:
    """One hash over the files that its numbers come from, by their names."""
    whole = hashlib.sha256()
    for path in sorted({path for path in files if path.is_file()}):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _optional(path: Path) -> Json:
    return _object(path) if path.is_file() else {}


def _object(path: Path) -> Json:
    try:
        read: Any = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise ValueError(f"its {path.name} is no JSON") from None
    if not isinstance(read, dict):
        raise ValueError(f"its {path.name} is no JSON object")  # noqa: TRY004 - a fault of the file, as the others
    return cast("Json", read)


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"it has no {path.name}")
    if path.stat().st_size > LONGEST:
        raise ValueError(f"its {path.name} is larger than {LONGEST} bytes")
    return path.read_text("utf-8")
