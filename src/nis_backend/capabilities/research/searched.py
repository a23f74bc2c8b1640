"""What searching takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Called, Knob, Names, Reads
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View, plain, verbatim

LONGEST_QUERY = 400
"""Characters; Brave takes no more, and none of the others asks for more."""
MOST_FOUND, MOST_PAPERS = 20, 50

Provider = Literal["searxng", "brave", "tavily", "serper"]


class WebQuery(Model):
    """What is searched for on the web."""

    query: Annotated[str, Reads("topic")] = Field(
        min_length=1, max_length=LONGEST_QUERY, description="Words to search the web for."
    )
    limit: Annotated[int, Reads("count"), Names("results", "pages")] = Field(
        default=10, ge=1, le=MOST_FOUND, description="Most pages to answer."
    )
    since: (
        Annotated[
            Literal["day", "week", "month", "year"],
            Reads("choice"),
            Called(
                {
                    "day": ("today", "last day", "past day"),
                    "week": ("this week", "last week", "past week"),
                    "month": ("this month", "last month", "past month"),
                    "year": ("this year", "last year", "past year"),
                }
            ),
        ]
        | None
    ) = Field(default=None, description="Only pages published or changed within the last of these.")
    language: Annotated[str, Knob()] | None = Field(
        default=None,
        pattern=r"^[a-z]{2}$",
        description="Language of the pages, as ISO 639-1 has it: en. Tavily takes none.",
    )
    provider: Annotated[Provider, Knob()] | None = Field(
        default=None, description="What is searched with; unset takes NIS_SEARCH, or the first set up."
    )


class FoundPage(Model):
    """A page that a search has found; nothing of it was fetched."""

    url: str
    title: str
    snippet: str = Field(description="What the index shows of it: its words, not checked against the page.")
    published: str | None = Field(description="When, as the index writes it; null where it does not know.")


class FoundPages(Model):
    """Pages that a search has found, the best first by the index's own order."""

    provider: str = Field(description="What was searched with.")
    query: str
    pages: list[FoundPage]


class PaperQuery(Model):
    """What is searched for among papers."""

    query: Annotated[str, Reads("topic")] = Field(
        min_length=1,
        max_length=LONGEST_QUERY,
        description='Words that a paper has, "phrases" in quotation marks, or ids of papers: 2106.15928.',
    )
    author: Annotated[str, Knob()] = Field(default="", max_length=100, description="A name of an author.")
    title: Annotated[str, Knob()] = Field(default="", max_length=200, description="Words of the title.")
    category: Annotated[str, Knob()] = Field(
        default="", max_length=40, pattern=r"^[A-Za-z.*-]*$", description="arXiv's category, as cs.LG or astro-ph.CO."
    )
    limit: Annotated[int, Reads("count"), Names("papers", "results")] = Field(
        default=10, ge=1, le=MOST_PAPERS, description="Most papers to answer."
    )
    start: Annotated[int, Knob()] = Field(default=0, ge=0, le=10_000, description="How many to leave out first.")
    order: Annotated[
        Literal["relevance", "newest", "updated"],
        Reads("choice"),
        Called({"newest": ("latest", "most recent", "recent", "new"), "updated": ("last updated",)}),
    ] = Field(default="relevance", description="Which come first.")


class FoundPaper(Model):
    """A paper, as arXiv tells of it."""

    id: str = Field(description="arXiv's, with its version.")
    title: str
    authors: list[str]
    abstract: str
    published: str = Field(description="Its first version, as ISO 8601 has it.")
    updated: str = Field(description="This version.")
    url: str = Field(description="The page of its abstract.")
    pdf: str | None = Field(description="Where the paper itself is.")
    categories: list[str]
    doi: str | None
    journal: str | None
    comment: str | None = Field(description="The authors' own: pages, figures, where it was accepted.")


class FoundPapers(Model):
    """Papers on arXiv."""

    total: int = Field(description="How many there are, by arXiv's count.")
    papers: list[FoundPaper]


def draw_pages(request: WebQuery, result: FoundPages) -> list[View]:
    """The pages as a list with their addresses, and as a table."""
    if not result.pages:
        return [Text(text=f"{result.provider} has found nothing for {verbatim(result.query)}.")]
    lines = [f"{at}. {linked(one.title, one.url)}\n   {plain(one.snippet)}" for at, one in enumerate(result.pages, 1)]
    told = f"{len(result.pages)} pages that {result.provider} has found; none of them was read yet.\n\n"
    rows: list[list[str | float]] = [[one.title, one.url, one.published or ""] for one in result.pages]
    return [
        Text(text=told + "\n".join(lines)),
        Table(title="Pages", columns=["title", "address", "published"], rows=rows),
    ]


def draw_papers(request: PaperQuery, result: FoundPapers) -> list[View]:
    """The papers as a list, and as a table."""
    if not result.papers:
        return [Text(text="arXiv has no such paper.")]
    lines = [
        f"{at}. {linked(one.title, one.url)}: {plain(names(one.authors))}, {one.published[:10]}. "
        f"{plain(beginning(one.abstract))}"
        for at, one in enumerate(result.papers, 1)
    ]
    rows: list[list[str | float]] = [
        [one.id, one.title, names(one.authors), one.published[:10], ", ".join(one.categories)] for one in result.papers
    ]
    return [
        Text(text=f"{len(result.papers)} of {result.total} papers on arXiv.\n\n" + "\n".join(lines)),
        Table(title="Papers", columns=["id", "title", "authors", "published", "categories"], rows=rows),
    ]


def names(authors: list[str]) -> str:
    """Authors on one line."""
    return ", ".join(authors[:3]) + (" and others" if len(authors) > 3 else "")  # noqa: PLR2004 - as papers cite


def beginning(text: str, longest: int = 240) -> str:
    """As much of a text as a list shows."""
    return text if len(text) <= longest else f"{text[:longest].rpartition(' ')[0]} …"


def linked(title: str, url: str) -> str:
    """A title that leads to its page."""
    return f"[{plain(title)}](<{url}>)"
