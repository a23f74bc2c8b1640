"""MiniLM itself: words to tokens, tokens to vectors. Loads in the worker only."""

from __future__ import annotations

import importlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.drivers.embeddings.minilm import MAX_TOKENS
from nis_backend.drivers.embeddings.onnx_session import session
from nis_backend.drivers.embeddings.tokens_worker import padded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

VOCABULARY = "bert_uncased_vocab.txt"
"""BERT's 30,522 word pieces, which this model shares; beside this file, since no small package has them."""


class MiniLMModel:
    """All-MiniLM-L6-v2 with weights stored as int8: six layers of BERT, the mean of the tokens, length 1.

    Source: Reimers & Gurevych (2019), Sentence-BERT, EMNLP; Wang et al. (2020), MiniLM, NeurIPS 33.
    """

    most = MAX_TOKENS
    marks = 2

    def __init__(self, path: Path, threads: int) -> None:
        self._tokenizer = _tokenizer()
        self._session = session(path, threads)

    def read(self, texts: list[str], prompt: str = "") -> tuple[list[list[int]], list[int]]:  # noqa: ARG002 - it has none
        """Each text's tokens, cut where the model stops reading; and how many each had before the cut."""
        found: list[list[int]] = [one.ids for one in self._tokenizer.encode_batch(texts)]
        # What is cut off keeps its last token, which marks the end.
        cut = [ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]] for ids in found]
        return cut, [len(ids) for ids in found]

    def embed(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The vectors `(texts, 384)` of texts as tokens; those of a batch are padded to the longest."""
        tokens, mask = padded(texts)
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states = self._session.run(["last_hidden_state"], given)[0]
        mean = np.matmul(mask[:, None, :].astype(np.float32), states)[:, 0, :] / mask.sum(axis=1, keepdims=True)
        vectors: NDArray[np.float32] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return vectors


def _tokenizer() -> Any:  # Any: tokenizers has no types
    library: Any = importlib.import_module("tokenizers")  # Any: as above
    with resources.as_file(resources.files(__package__ or "").joinpath(VOCABULARY)) as path:
        return library.BertWordPieceTokenizer(str(path), lowercase=True)
