"""Tokens of a context: by the tokenizer of the model that will read it, or by a rule that says so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, NotFound, NotSupported, TooLarge, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.context import Context

BYTES = 3
"""Bytes of UTF-8 that a token is taken for where nobody counts: English has about four, Chinese three."""
RULE = f"an estimate of one token for {BYTES} bytes of UTF-8"
SAMPLE = 4000
"""Characters by which it is told what a piece may have: the model in the box reads what it counts."""


@dataclass(kw_only=True)
class Counter:
    """Counts by a model as long as it can, then by the rule."""

    ctx: Context
    model: str | None
    by: str = RULE
    exact: bool = False
    notes: list[str] = field(default_factory=list[str])

    @classmethod
    async def of(cls, ctx: Context, model: str | None) -> Counter:
        """One for this model, or the default one.

        Raises:
            NotFound: a model was named, and there is none such.
        """
        counter = cls(ctx=ctx, model=model)
        try:
            _, info = await ctx.choose_model(model)
        except (NotFound, Unavailable) as error:
            if model is not None:
                raise
            counter.notes.append(f"No tokenizer counted: {error.message}")
            return counter
        counter.by, counter.exact, counter.model = info.id, True, info.id
        return counter

    async def count(self, text: str) -> int:
        """How many tokens the text has, as one turn of a conversation."""
        if not text:
            return 0
        if self.exact:
            try:
                return int(
                    (await self.ctx.call_named("models.count_tokens", {"text": text, "model": self.model})).tokens
                )
            except (InvalidRequest, NotSupported, TooLarge, Unavailable, UpstreamFailed) as error:
                self.notes.append(f"The tokenizer of {self.by} could not be asked: {error.message}")
                self.by, self.exact = RULE, False
        return math.ceil(len(text.encode("utf-8", "replace")) / BYTES)

    async def share(self, text: str) -> float:
        """Tokens that a character of such a text has, as far as its beginning tells."""
        sample = text[:SAMPLE]
        return await self.count(sample) / max(1, len(sample))
