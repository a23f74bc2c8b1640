"""A model's folder in torch: weights from safetensors alone, no code of the folder's own, nothing from a network."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path, called: str, *, dtype: str, threads: int) -> tuple[Any, Any]:  # Any: the library's own
    """The model, ready to be asked, and its tokenizer; on a GPU where torch sees one.

    Raises:
        Unavailable: it cannot be loaded; the message says why, without the place where it lies.
    """
    torch: Any = importlib.import_module("torch")  # Any: this project reads it without its types
    library: Any = importlib.import_module("transformers")  # Any: as above
    library.utils.logging.disable_progress_bar()
    torch.set_num_threads(threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    usual = "float32" if device == "cpu" else "auto"
    given = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(str(folder), **given)
        model, told = library.AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=usual if dtype == "auto" else dtype,
            use_safetensors=True,
            output_loading_info=True,
            **given,
        )
        model = model.to(device).eval()
    # Whatever a strange folder makes the library fail with: a file that is cut, a name it does not know, a shape.
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError) as error:
        raise _refusal(folder, called, error) from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":
            raise
        raise _refusal(folder, called, error) from error
    if missing := sorted(told["missing_keys"]):
        # The library would fill them with numbers of chance.
        raise _unavailable(called, f"{len(missing)} of its weights are missing, {missing[0]} among them")
    return model, tokenizer


def _refusal(folder: Path, called: str, error: Exception) -> Unavailable:
    said = " ".join(str(error).replace(str(folder), folder.name).split())
    if "trust_remote_code" in said or "requires you to execute" in said:
        return _unavailable(called, "it wants code of its own to be run (trust_remote_code), which is never done")
    if "allocate" in said or isinstance(error, MemoryError):
        return Unavailable(
            f"{called} needs more memory than there is.",
            remedy="Set NIS_TRANSFORMERS_DTYPE=bfloat16 for half of it, or choose a smaller model.",
        )
    return _unavailable(called, shorten(said or type(error).__name__))


def _unavailable(called: str, why: str) -> Unavailable:
    return Unavailable(
        f"{called} cannot be loaded: {why}.",
        remedy="Give its folder as Transformers saves it, whole: config.json, tokenizer and *.safetensors.",
    )
