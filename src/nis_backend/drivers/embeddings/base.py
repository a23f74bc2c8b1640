"""The contract of a model that turns texts into vectors, and the choice among those configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from nis_backend.errors import NotFound, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Purpose = Literal["query", "passage"]
"""What a text is to a model that reads what is looked for in another way than what is looked through."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingModel:
    """A model that can be asked. Vectors of two models have nothing to do with each other."""

    provider: str
    name: str
    dimensions: int | None = None
    """None when only an answer tells."""
    max_tokens: int | None = None
    """How much of a text it reads; None when not stated."""
    version: str | None = None
    """What tells its numbers from another model's of the same name: `sha256:` and the hash of its files; None when
    nothing states it, as servers do not."""
    asymmetric: bool = False
    """Whether a query's vector is another one than a passage's of the same words."""

    @property
    def id(self) -> str:
        """`provider:name`, as callers write it."""
        return f"{self.provider}:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The vectors of some texts, in their order, each of length 1."""

    vectors: list[list[float]]
    input_tokens: int | None
    """Tokens that were read, all texts together; None when the provider states none."""
    truncated: tuple[int, ...] = ()
    """Which texts were longer than the model reads: their vectors are those of their beginnings."""
    version: str | None = None
    """That of the model when it was asked, where that may change while it is; None: as it was found."""


class TextEmbedder(Protocol):
    """One provider of vectors."""

    provider: str

    async def find(self, name: str | None) -> EmbeddingModel | None:
        """The model of this name, or the default one; None when there is none.

        Raises:
            Unavailable: weights, package or key are missing; the remedy says what mends it.
        """
        ...

    async def embed(self, model: str, texts: Sequence[str], purpose: Purpose | None = None) -> Embedded:
        """The texts' vectors; a text's vector does not depend on the others. `purpose` counts where it is asymmetric.

        Raises:
            InvalidRequest: a text has nothing that the model can read; its field is named.
            Unavailable, UpstreamFailed, WorkerLost, Busy: as their names say.
        """
        ...


class Embedders:
    """The providers configured; `default` is `provider:name`, and unset it is the first provider's own."""

    def __init__(
        self,
        providers: Sequence[TextEmbedder] = (),
        default: str | None = None,
        names: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.providers = tuple(providers)
        self.names = names or {}
        """Of providers on this machine the models they have; a server's list does not say which of its models embed."""
        self._default = default

    async def choose(self, model: str | None = None) -> tuple[TextEmbedder, EmbeddingModel]:
        """The driver and the model for a request; a name without a provider is the first provider's.

        Raises:
            NotFound: no provider has it.
            Unavailable: its provider cannot answer now.
        """
        wanted = model or self._default
        drivers = {one.provider: one for one in self.providers}
        prefix, _, rest = (wanted or "").partition(":")
        if prefix in drivers:
            asked, name = drivers[prefix], rest or None
        elif self.providers:
            asked, name = self.providers[0], wanted
        else:
            raise self._unknown(wanted)
        found = await asked.find(name)
        if found is None:
            raise self._unknown(wanted)
        return asked, found

    def _unknown(self, model: str | None) -> NotFound:
        return NotFound(
            f"There is no embedding model {shorten(model or '')!r}.",
            field="model",
            value=model,
            remedy=f"Name one as provider:name; providers: {', '.join(one.provider for one in self.providers)}.",
        )
