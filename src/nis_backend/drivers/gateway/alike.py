"""Questions that mean the same as one that was answered: the last words of a conversation, by their vectors."""

from __future__ import annotations

import hashlib
import json
import logging
from array import array
from collections import OrderedDict, deque
from operator import mul
from typing import TYPE_CHECKING, Any

from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.base import Who

log = logging.getLogger("nis.gateway")

MOST, LISTS = 256, 64
"""Questions that one is compared with: those of one owner that ask the same but for their last words; and how many
such lists there are."""
LONGEST = 4000
"""Characters of a question beyond which it is compared with none: the model in the box reads no more of one."""


class Question:
    """A question, as it is compared with others."""

    def __init__(self, words: str, rest: str, vector: array[float]) -> None:
        self.words = words
        self.rest = rest
        """What has to be the same."""
        self.vector = vector


class Alike:
    """The questions whose answers are kept, in this process; one for it."""

    def __init__(self, embedders: Callable[[Who], Embedders]) -> None:
        self._embedders = embedders
        self._lists: OrderedDict[str, deque[tuple[array[float], str]]] = OrderedDict()

    async def question(self, who: Who, words: str, rest: list[Any]) -> Question | None:  # Any: JSON
        """The question that these words ask, `rest` being what has to be the same; None where it cannot be compared."""
        if not 0 < len(words.strip()) <= LONGEST:
            return None
        try:
            embedder, model = await self._embedders(who).choose()
            embedded = await embedder.embed(model.name, [words])
        except NisError as error:
            log.warning("a question is compared with none: %s", error)
            return None
        if embedded.truncated:
            return None
        said = json.dumps([model.id, *rest], sort_keys=True, separators=(",", ":"))
        return Question(words, hashlib.sha256(said.encode()).hexdigest(), array("f", embedded.vectors[0]))

    def find(self, question: Question, threshold: float) -> str | None:
        """What the answer to the question most like this one is kept under; None when none is like it enough."""
        near = max(
            ((sum(map(mul, question.vector, vector)), key) for vector, key in self._lists.get(question.rest, ())),
            default=(0.0, ""),
        )
        return near[1] if near[0] >= threshold else None

    def keep(self, question: Question, key: str) -> None:
        """Remember what the answer to this one is kept under."""
        known = self._lists.setdefault(question.rest, deque(maxlen=MOST))
        self._lists.move_to_end(question.rest)
        known.append((question.vector, key))
        if len(self._lists) > LISTS:
            self._lists.popitem(last=False)
