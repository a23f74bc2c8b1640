"""The contract of searching: what is asked of an index of pages or of papers, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Period = Literal["day", "week", "month", "year"]
Order = Literal["relevance", "newest", "updated"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is searched for among pages."""

    query: str
    limit: int
    language: str | None = None
    """As ISO 639-1 has it: `en`."""
    since: Period | None = None
    """Only pages that were published or changed within the last of these, as far as the index knows."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page in an index: nothing of it was fetched."""

    url: str
    title: str
    snippet: str
    published: str | None = None
    """As the index writes it."""


@dataclass(frozen=True, kw_only=True)
class PapersWanted:
    """What is searched for among papers; all of what is given must hold."""

    query: str = ""
    author: str = ""
    title: str = ""
    category: str = ""
    limit: int = 10
    start: int = 0
    order: Order = "relevance"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What an index of papers says of one."""

    id: str
    title: str
    authors: Sequence[str]
    abstract: str
    published: str
    updated: str
    url: str
    pdf: str | None = None
    categories: Sequence[str] = ()
    doi: str | None = None
    journal: str | None = None
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Papers:
    """The papers from `start` on, and how many there are."""

    total: int
    papers: Sequence[Paper]


class WebSearch(Protocol):
    """An index of pages."""

    @property
    def name(self) -> str:
        """What it is called here."""
        ...

    async def search(self, wanted: Wanted) -> list[Found]:
        """The pages, the best first.

        Raises:
            Unavailable: its key is refused, or used up.
            Busy: it is asked too often.
            InvalidRequest: it does not take the query.
            UpstreamFailed: it does not answer, or otherwise than it documents.
        """
        ...


class PaperSearch(Protocol):
    """An index of papers."""

    async def search(self, wanted: PapersWanted) -> Papers:
        """The papers, as `WebSearch.search` has its pages."""
        ...


class Searching(Protocol):
    """What this process searches with."""

    def web(self, name: str | None = None) -> WebSearch:
        """The index of this name; without one, the one that is usual here.

        Raises:
            Unavailable: none is set up, or not this one.
        """
        ...

    def papers(self) -> PaperSearch:
        """The index of papers."""
        ...
