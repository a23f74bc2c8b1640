"""What research on a question takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob, Reads, Unit
from nis_backend.capabilities.research.pages import Address
from nis_backend.capabilities.research.searched import LONGEST_QUERY, Provider, linked
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View, plain

MOST_SOURCES, MOST_QUERIES, MOST_STATEMENTS = 20, 8, 40

Mode = Literal["auto", "model", "extractive"]


class Budgeted(Model):
    """Which model may be asked, and for how much."""

    mode: Annotated[Mode, Knob()] = Field(
        default="auto",
        description="`model`: a language model writes; `extractive`: sentences of the sources alone; `auto`: the "
        "first where a model is set up that can be relied on.",
    )
    model: Annotated[str, Knob()] | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name or a name; unset takes the default."
    )
    provider: Annotated[str, Knob()] | None = Field(
        default=None, min_length=1, max_length=64, description="Provider of the model."
    )


class ResearchTopic(Budgeted):
    """A question, and how much is to be read for it."""

    question: Annotated[str, Reads("topic")] = Field(
        min_length=3, max_length=1000, description="What is to be found out."
    )
    urls: list[Address] = Field(
        default_factory=list[str], max_length=MOST_SOURCES, description="Pages to be read first, whatever is found."
    )
    queries: list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUERY)]] = Field(
        default_factory=list[str], max_length=MOST_QUERIES, description="What is searched for, in place of a plan."
    )
    where: list[Literal["web", "papers"]] = Field(
        default_factory=lambda: ["web", "papers"],
        max_length=2,
        description="What is searched; none reads `urls` alone.",
    )
    since: Annotated[Literal["day", "week", "month", "year"], Knob()] | None = Field(
        default=None, description="Only pages published or changed within the last of these."
    )
    search_with: Annotated[Provider, Knob()] | None = Field(
        default=None, description="What the web is searched with; unset takes the usual one."
    )
    max_searches: Annotated[int, Knob()] = Field(default=4, ge=1, le=MOST_QUERIES, description="Most queries.")
    max_sources: Annotated[int, Knob()] = Field(
        default=8, ge=1, le=MOST_SOURCES, description="Most sources to read: pages, and abstracts of papers."
    )
    max_statements: Annotated[int, Knob()] = Field(
        default=12, ge=1, le=MOST_STATEMENTS, description="Most statements of the report."
    )
    budget: Annotated[float, Unit("")] | None = Field(
        default=None, ge=0, le=1e6, description="Dollars that models may cost for it at most."
    )
    texts: bool = Field(default=False, description="Whether the report holds the texts that were read.")


class Citation(Model):
    """Words of a source that bear a statement out: they stand in its text exactly so."""

    source: int = Field(description="The source's number in the report.")
    quote: str
    start: int = Field(description="Place of their first character in the source's text.")
    end: int = Field(description="The place after their last character.")


class Statement(Model):
    """A sentence of the report, and what it stands on."""

    text: str
    citations: list[Citation] = Field(min_length=1, description="None is without one.")
    score: Annotated[float, Unit("")] = Field(description="By the report's `formula`.")


class Section(Model):
    """Statements of one matter, or of one source."""

    heading: str
    statements: list[Statement]


class Searched(Model):
    """One search that was made."""

    what: Literal["web", "papers"]
    query: str
    by: str = Field(description="What was searched with.")
    found: int
    problem: str = Field(description="Why it has found nothing; empty where it was answered.")


class ReadSource(Model):
    """A source that was read."""

    number: int = Field(description="From 1; citations name it.")
    kind: Literal["page", "abstract"] = Field(description="`abstract`: of a paper, as its index has it.")
    url: str
    title: str
    author: str | None
    date: str | None
    sha256: str = Field(description="Of the bytes that were fetched; of an abstract, of its text.")
    characters: int = Field(description="Of its text that was read.")
    cited: int = Field(description="How many citations are from it.")
    text: str | None = Field(description="What was read, where the request wants it; the run's log has it in any case.")


class Missed(Model):
    """A source that could not be read."""

    url: str
    problem: str


class Report(Model):
    """What sources say of a question; nothing else is in it."""

    question: str
    mode: Literal["model", "extractive"] = Field(
        description="`extractive`: each statement is a sentence of a source; `model`: a model has put them into words."
    )
    why: str = Field(description="Why no model has written it, or how its sentences were held to the quotes.")
    sections: list[Section]
    sources: list[ReadSource]
    missed: list[Missed]
    searches: list[Searched]
    dropped: list[str] = Field(description="Sentences and quotes of the model's that no source bears out; left out.")
    formula: str = Field(description="How the statements' scores are made.")
    model: str | None = Field(description="The model that has written; null for none.")
    input_tokens: int | None = Field(
        description="Of all that a model was asked; null where none was, or it is unknown."
    )
    output_tokens: int | None = Field(description="Of all that it has answered; null as above.")
    cost: Annotated[float, Unit("")] | None = Field(description="Dollars; null as above, or where no price is known.")


def draw_report(request: ResearchTopic, result: Report) -> list[View]:
    """The report with its citations in brackets, the quotes behind them, and the sources."""
    parts: list[str] = []
    quotes: list[list[str | float]] = []
    for section in result.sections:
        lines = [f"## {plain(section.heading)}"]
        for one in section.statements:
            marks = "".join(f"[{number}]" for number in dict.fromkeys(cited.source for cited in one.citations))
            lines.append(f"- {plain(one.text)} {marks}")
            quotes += [[cited.source, cited.quote, one.text, round(one.score, 3)] for cited in one.citations]
        parts.append("\n".join(lines))
    if not parts:
        parts.append("The sources that were read say nothing of it.")
    listed = [f"{one.number}. {linked(one.title or one.url, one.url)}" for one in result.sources]
    if listed:
        parts.append("\n".join(["Sources", "", *listed]))
    rows: list[list[str | float]] = [
        [one.number, one.title, one.kind, one.url, one.date or "", one.cited] for one in result.sources
    ]
    missed: list[list[str | float]] = [[one.url, one.problem] for one in result.missed]
    searches: list[list[str | float]] = [
        [one.what, one.query, one.by, one.found, one.problem] for one in result.searches
    ]
    tables = [
        Table(title="Quotes", columns=["source", "words", "statement", "score"], rows=quotes),
        Table(title="Sources", columns=["number", "title", "kind", "address", "date", "cited"], rows=rows),
        Table(title="Searches", columns=["where", "query", "by", "found", "problem"], rows=searches),
        Table(title="Not read", columns=["address", "why"], rows=missed),
    ]
    return [Text(text="\n\n".join([*parts, f"*{plain(result.why)}*"])), *(one for one in tables if one.rows)]
