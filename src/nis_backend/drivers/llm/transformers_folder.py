"""What a folder says of the model in it, as Transformers saves one; read without Transformers.

Source: https://huggingface.co/docs/transformers/main_classes/model, and what its `save_pretrained` writes.
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

LONGEST = 64 * 2**20
"""Bytes of a file that is read whole; the settings of a tokenizer with many marks of its own are megabytes."""
LENGTHS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "max_seq_len", "n_ctx")
"""How families of models name the length of their context."""

Calls = Literal["tagged", "functions", "bare", "listed"]
"""How a model writes its calls, named by what its template tells it:

tagged      <tool_call>{"name": …, "arguments": …}</tool_call>                                 Hermes, Qwen, SmolLM3
functions   <tool_call><function=…><parameter=…>…</parameter></function></tool_call>           Qwen 3.5, its coders
bare        {"name": …, "parameters": …}                                                       Llama
listed      [TOOL_CALLS][{"name": …, "arguments": …}]                                          Mistral
"""


@dataclass(frozen=True, kw_only=True)
class Head:
    """Of a model's folder."""

    architecture: str
    context: int | None
    """Tokens that it was made for; None when it does not say."""
    calls: Calls | None
    """How it writes calls; None where its template of a conversation has no place for tools, or a way unknown here."""


def head_of(folder: Path) -> Head:
    """What the folder says; it is read again when one of its files was changed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no model that can be loaded here; the message says why.
    """
    if not folder.is_dir():
        raise ValueError("there is no such folder")
    return _head(folder, max((one.stat().st_mtime_ns for one in folder.iterdir()), default=0))


@lru_cache(maxsize=64)
def _head(folder: Path, _changed: int) -> Head:
    if not (folder / "config.json").is_file():
        raise ValueError("it has no config.json")
    config = _object(folder / "config.json")
    if not any(folder.glob("*.safetensors")):
        # A pickle runs code of its own when it is read.
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pth"))
        raise ValueError(
            "its weights are pickled, and only safetensors are read" if pickled else "it has no *.safetensors"
        )
    kind = str(config.get("model_type", ""))
    if "auto_map" in config and not _known(kind):
        raise ValueError("it wants code of its own to be run (trust_remote_code), which is never done")
    inner: Any = config.get("text_config")
    texts: Json = cast("Json", inner) if isinstance(inner, dict) else config
    lengths = [value for name in LENGTHS if isinstance(value := texts.get(name, config.get(name)), int) and value > 0]
    architectures: Any = config.get("architectures")
    named = [str(one) for one in cast("list[object]", architectures)] if isinstance(architectures, list) else []
    return Head(
        architecture=named[0] if named else kind,
        context=lengths[0] if lengths else None,
        calls=calls_in(_template(folder)),
    )


def folders_of(paths: Iterable[str]) -> dict[str, Path]:
    """The models' folders by their names: each path itself, or the folders in it that have a model."""
    found: dict[str, Path] = {}
    for text in paths:
        path = Path(text)
        inside = [] if (path / "config.json").is_file() else sorted(path.glob("*/config.json"))
        for one in [config.parent for config in inside] or [path]:
            # Two of one name have their parents' beside it.
            name = one.name if one.name not in found else f"{one.parent.name}-{one.name}"
            found.setdefault(name, one)
    return found


def calls_in(template: str) -> Calls | None:
    """How a template of a conversation tells its model to write calls."""
    if "tools" not in template:
        return None
    if "<tool_call>" in template:
        return "functions" if "<function=" in template else "tagged"
    if "[TOOL_CALLS]" in template:
        return "listed"
    return "bare" if '"parameters"' in template else None


def _template(folder: Path) -> str:
    """The template of a conversation, from where the library's versions have kept it."""
    beside = folder / "chat_template.jinja"
    if beside.is_file():
        return _text(beside)
    for name in ("chat_template.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            continue
        held: Any = _object(folder / name).get("chat_template")
        if isinstance(held, list):
            entries = cast("list[object]", held)
            return "".join(str(cast("Json", one).get("template", "")) for one in entries if isinstance(one, dict))
        if held:
            return str(held)
    return ""


def _known(kind: str) -> bool:
    """Whether the library that is installed has this kind of model itself."""
    library = importlib.util.find_spec("transformers")
    places = library.submodule_search_locations if library is not None else None
    name = kind.replace("-", "_")
    return bool(name.isidentifier() and places and (Path(places[0]) / "models" / name).is_dir())


def _object(path: Path) -> Json:
    try:
        read: Any = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise ValueError(f"its {path.name} is no JSON") from None
    if not isinstance(read, dict):
        raise ValueError(f"its {path.name} is no JSON object")  # noqa: TRY004 - a fault of the file, as the others
    return cast("Json", read)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ValueError(f"its {path.name} has more than {LONGEST} bytes")
    return data.decode("utf-8", "replace")
