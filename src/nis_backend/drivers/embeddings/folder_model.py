"""A model from a folder that reads texts as tokens: through ONNX or torch, then pooled. Loads in the worker only."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nis_backend.drivers.embeddings.layers import Layers
from nis_backend.drivers.embeddings.onnx_session import session
from nis_backend.drivers.embeddings.tokens_worker import padded
from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.drivers.embeddings.folder_head import Head, Pooling

    Array = NDArray[np.float32]
    Whole = NDArray[np.int64]

INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})
"""What an ONNX model may want to be given."""


ENCODERS = {name: f"{kind}EncoderModel" for name, kind in {"t5": "T5", "mt5": "MT5", "umt5": "UMT5"}.items()}
"""Of models that also write, the half that reads."""


class States(Protocol):
    """What computes a model's states of tokens."""

    def __call__(self, tokens: Whole, mask: Whole) -> Array:
        """The states `(texts, tokens, width)`, or vectors `(texts, width)` where the model pools by itself."""
        ...


class FolderModel:
    """A model as its folder describes it; vectors are those of sentence-transformers, at length 1.

    Source: Reimers & Gurevych (2019), Sentence-BERT, EMNLP.
    """

    def __init__(self, head: Head, threads: int) -> None:
        self._head = head
        self.most = head.max_tokens or 0
        self._tokenizer: Any = _tokenizer(head)  # Any: tokenizers has no types
        self.marks = len(self._tokenizer.encode("").ids)
        self._states: States = OnnxStates(head, threads) if head.kind == "onnx" else TorchStates(head, threads)
        self._layers = Layers(head.layers)

    def read(self, texts: list[str], prompt: str = "") -> tuple[list[list[int]], list[int]]:
        """See `TokenModel.read`; the prompt's tokens count as the text's, but they alone are no text."""
        written = [prompt, *(prompt + text for text in texts)]
        if self._head.lower:
            written = [text.lower() for text in written]
        bare, *found = self._tokenizer.encode_batch(written)
        lengths = [
            0
            if not text.strip() or (prompt and one.ids == bare.ids)
            else len(one.ids) + sum(len(more.ids) for more in one.overflowing)
            for text, one in zip(texts, found, strict=True)
        ]
        return [one.ids for one in found], lengths

    def embed(self, texts: Sequence[Sequence[int]]) -> Array:
        """See `TokenModel.embed`."""
        tokens, mask = padded(texts)
        states = self._states(tokens, mask)
        vectors = states if states.ndim == 2 else pooled(states, mask, self._head.pooling)  # noqa: PLR2004 - (texts, width)
        vectors = self._layers(vectors)
        found: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return found


class OnnxStates:
    """Through onnxruntime."""

    def __init__(self, head: Head, threads: int) -> None:
        self._session = session(head.weights, threads)
        self._wants: set[str] = {one.name for one in self._session.get_inputs()}
        outputs = [one.name for one in self._session.get_outputs()]
        # States of tokens where it has them: pooling is then as the folder says.
        self._output = next((name for name in ("last_hidden_state", "token_embeddings") if name in outputs), outputs[0])
        if "input_ids" not in self._wants or self._wants - INPUTS:
            raise Unavailable(
                f"{head.weights.name} wants inputs that are not known here: {', '.join(sorted(self._wants))}.",
                remedy="Export it for feature extraction.",
            )

    def __call__(self, tokens: Whole, mask: Whole) -> Array:
        """See `States`."""
        given: dict[str, Whole] = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(tokens),
            "position_ids": np.tile(np.arange(tokens.shape[1], dtype=np.int64), (len(tokens), 1)),
        }
        states: Array = self._session.run([self._output], {name: given[name] for name in self._wants})[0]
        return states.astype(np.float32, copy=False)


class TorchStates:
    """Through Transformers and torch, in float32."""

    def __init__(self, head: Head, threads: int) -> None:
        self._torch: Any = importlib.import_module("torch")  # Any: its types are not checked here
        self._torch.set_num_threads(threads)
        library: Any = importlib.import_module("transformers")  # Any: as above
        kind: Any = getattr(library, ENCODERS.get(head.architecture, "AutoModel"))  # Any: as above
        try:
            model, said = kind.from_pretrained(
                str(head.weights),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=self._torch.float32,
                output_loading_info=True,
            )
        except Exception as error:  # noqa: BLE001 - what a file of another's making does to the library is of any class
            raise Unavailable(
                f"The model in {head.weights.name} could not be loaded: {shorten(str(error))}",
                remedy="See the server's log; most often a file is missing, or memory is short.",
            ) from None
        # What is missing the library fills with random numbers; what makes one vector of the states is not used here.
        missing = sorted(name for name in said["missing_keys"] if "pooler" not in name)
        if missing:
            raise Unavailable(
                f"The model in {head.weights.name} lacks {len(missing)} of its weights, {missing[0]} among them.",
                remedy="Fetch the folder again, whole.",
            )
        self._model: Any = model.eval()  # Any: as above

    def __call__(self, tokens: Whole, mask: Whole) -> Array:
        """See `States`."""
        with self._torch.inference_mode():
            given = {"input_ids": self._torch.from_numpy(tokens), "attention_mask": self._torch.from_numpy(mask)}
            states: Array = self._model(**given).last_hidden_state.numpy()
        return states


def pooled(states: Array, mask: Whole, pooling: Pooling) -> Array:
    """One vector for each text: of states `(texts, tokens, width)` those that its mask `(texts, tokens)` has."""
    here = mask.astype(np.float32)
    if pooling == "cls":
        return states[:, 0]
    if pooling == "lasttoken":
        return states[np.arange(len(states)), mask.sum(axis=1) - 1]
    if pooling == "max":
        most: Array = np.where(mask[:, :, None] > 0, states, -np.inf).max(axis=1)
        return most
    weights = here * np.arange(1, here.shape[1] + 1, dtype=np.float32) if pooling == "weightedmean" else here
    whole = weights.sum(axis=1, keepdims=True)
    if pooling == "mean_sqrt_len_tokens":
        whole = np.sqrt(whole)
    mean: Array = np.matmul(weights[:, None, :], states)[:, 0, :] / whole
    return mean


def _tokenizer(head: Head) -> Any:  # Any: tokenizers has no types
    library: Any = importlib.import_module("tokenizers")  # Any: as above
    try:
        found = library.Tokenizer.from_file(str(head.tokenizer))
    except Exception as error:  # noqa: BLE001 - the library raises this very class
        raise Unavailable(
            f"{head.tokenizer.name} is no tokenizer: {shorten(str(error))}.", remedy="Save the model again."
        ) from None
    found.no_padding()
    found.enable_truncation(max_length=head.max_tokens)
    return found
