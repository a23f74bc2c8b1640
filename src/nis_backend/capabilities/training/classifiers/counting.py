"""Terms of many texts counted once, from which the weights of any part of them are made: what folds are tried with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers.terms import BLOCKS, LONGEST_TEXT, Terms, read
from nis_backend.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Matrix = Any

sparse: Any = import_module("scipy.sparse")  # Any: scipy has no types

MOST_CHARACTERS = 20_000_000
"""Of all texts together: their runs take some 16 bytes each in memory."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How often each term of a block occurs in each text: (texts, terms), terms in order."""

    block: str
    terms: list[str]
    counts: Matrix

    @classmethod
    def of(cls, block: str, texts: Sequence[str]) -> Counted:
        """Count them.

        Raises:
            TooLarge: they are more than fit into memory.
        """
        total = sum(min(len(text), LONGEST_TEXT) for text in texts)
        if total > MOST_CHARACTERS:
            raise TooLarge(
                f"The texts have {total} characters; {MOST_CHARACTERS} are read at most.",
                field="dataset",
                value=total,
                remedy="Take fewer examples, or shorter ones.",
            )
        found: dict[str, int] = {}
        places: list[int] = []
        often: list[int] = []
        ends = [0]
        for text in texts:
            for term, count in Counter(BLOCKS[block](read(text))).items():
                places.append(found.setdefault(term, len(found)))
                often.append(count)
            ends.append(len(places))
        terms = sorted(found)
        rank = np.empty(len(terms), np.int64)
        rank[[found[term] for term in terms]] = np.arange(len(terms))
        columns = rank[places] if places else np.zeros(0, np.int64)
        shape = (len(texts), len(terms))
        counts = sparse.csr_matrix((np.array(often, np.float64), columns, np.array(ends)), shape=shape)
        counts.sort_indices()
        return cls(block=block, terms=terms, counts=counts)

    def weighed(self, rows: Places, most: int, fewest: int) -> tuple[Terms, Matrix]:
        """The terms of these rows and their weights in all texts.

        The `most` terms that are in most of the rows, none that is in fewer than `fewest`.
        """
        there = np.asarray((self.counts[rows] > 0).sum(axis=0)).ravel()
        kept = np.flatnonzero(there >= fewest)
        if len(kept) > most:
            kept = np.sort(kept[np.argsort(-there[kept], kind="stable")[:most]])
        idf = np.log((1 + len(rows)) / (1 + there[kept])) + 1
        matrix = self.counts[:, kept].tocsr()
        matrix.data = 1 + np.log(matrix.data)
        matrix = matrix @ sparse.diags(idf)
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix = (sparse.diags(1 / np.where(length > 0, length, 1)) @ matrix).tocsr()
        return Terms(
            block=self.block, idf=dict(zip((self.terms[at] for at in kept), idf.tolist(), strict=True))
        ), matrix


def beside(matrices: Sequence[Matrix]) -> Matrix:
    """The columns of several matrices, one behind the other."""
    return matrices[0] if len(matrices) == 1 else sparse.hstack(matrices, format="csr")
