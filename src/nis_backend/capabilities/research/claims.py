"""What checking a claim against sources takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Knob, Unit
from nis_backend.capabilities.research.pages import Address
from nis_backend.capabilities.research.reports import Budgeted, Missed, Searched
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View, plain

MOST_TEXTS, LONGEST_GIVEN = 20, 200_000
Verdict = Literal["supported", "contradicted", "disputed", "not found"]


class CheckClaim(Budgeted):
    """A claim, and what it is held against."""

    claim: str = Field(min_length=5, max_length=1000, description="One statement: The Eiffel tower is 330 m tall.")
    texts: list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_GIVEN)]] = Field(
        default_factory=list[str], max_length=MOST_TEXTS, description="Texts to hold it against."
    )
    urls: list[Address] = Field(
        default_factory=list[str], max_length=MOST_TEXTS, description="Pages to hold it against: they are fetched."
    )
    search: bool = Field(default=False, description="Whether pages are searched for the claim, too.")
    max_sources: Annotated[int, Knob()] = Field(default=5, ge=1, le=MOST_TEXTS, description="Most pages to search for.")


class Evidence(Model):
    """Words of a source that speak for or against the claim; they stand there exactly so."""

    source: int = Field(description="Which source, from 1: the texts, then the pages.")
    speaks: Literal["for", "against"]
    quote: str
    start: int = Field(description="Place of their first character in the source's text.")
    end: int = Field(description="The place after their last character.")
    score: Annotated[float, Unit("")] = Field(description="By the verdict's `formula`.")
    why: str = Field(description="What it is taken so for.")


class ClaimSource(Model):
    """What the claim was held against."""

    number: int
    url: str | None = Field(description="Null for a text that was given.")
    title: str
    characters: int
    sha256: str = Field(description="Of the bytes that were fetched; of a text, of it.")


class ClaimVerdict(Model):
    """What the sources say of a claim; what they do not say is not found, and neither true nor false."""

    claim: str
    verdict: Verdict = Field(description="`disputed`: some speak for it and some against.")
    score: Annotated[float, Unit("")] = Field(description="The best evidence's; 0 for none.")
    formula: str
    method: Literal["words", "model"]
    why: str = Field(description="Why it was read by words, and what that cannot tell.")
    evidence: list[Evidence] = Field(description="The best first.")
    dropped: list[str] = Field(description="Quotes of the model's that no source has; left out.")
    sources: list[ClaimSource]
    missed: list[Missed]
    searches: list[Searched]
    model: str | None
    cost: Annotated[float, Unit("")] | None = Field(
        description="Dollars; null where no price is known or no model asked."
    )


def draw_verdict(request: CheckClaim, result: ClaimVerdict) -> list[View]:
    """The verdict, its best words, and all of the evidence."""
    said = {
        "supported": "The sources bear it out.",
        "contradicted": "The sources speak against it.",
        "disputed": "Sources speak for it and against it.",
        "not found": "The sources do not say it, nor the opposite: that makes it neither true nor false.",
    }[result.verdict]
    lines = [f"**{result.verdict.capitalize()}**: {plain(result.claim)}\n\n{said}"]
    lines += [f'- {one.speaks} it, source {one.source}: "{plain(one.quote)}"' for one in result.evidence[:4]]
    lines.append(f"*{plain(result.why)}*")
    rows: list[list[str | float]] = [
        [one.source, one.speaks, one.quote, round(one.score, 3), one.why] for one in result.evidence
    ]
    sources: list[list[str | float]] = [
        [one.number, one.title, one.url or "given", one.characters] for one in result.sources
    ]
    missed: list[list[str | float]] = [[one.url, one.problem] for one in result.missed]
    tables = [
        Table(title="Evidence", columns=["source", "speaks", "words", "score", "because"], rows=rows),
        Table(title="Sources", columns=["number", "title", "address", "characters"], rows=sources),
        Table(title="Not read", columns=["address", "why"], rows=missed),
    ]
    return [Text(text="\n\n".join(lines)), *(one for one in tables if one.rows)]
