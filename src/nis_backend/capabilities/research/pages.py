"""What fetching and reading a page takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Reads, Says
from nis_backend.capabilities.research.searched import beginning, linked
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View, plain, verbatim

LONGEST_ADDRESS, LONGEST_HTML, LONGEST_TEXT, MOST_LINKS = 2048, 10_485_760, 400_000, 200
SHOWN = 1500
"""Characters of a page that are shown in a conversation."""

Address = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]


class Link(Model):
    """Where a page leads."""

    text: str
    url: str


class PageText(Model):
    """What a page says, without what is around it."""

    title: str | None = Field(description="As the page states it; null where it states none.")
    author: str | None = Field(description="As the page states it.")
    date: str | None = Field(description="When it was published, YYYY-MM-DD, as the page states it; never guessed.")
    language: str | None = Field(description="As the page states it.")
    text: str = Field(description="Its words in their order, a paragraph a line.")
    method: Literal["article", "whole page", "plain text", "document"] = Field(
        description="`article`: what is around the main text was left out; `whole page`: no main text was told apart; "
        "`document`: a PDF, its lines joined to paragraphs."
    )
    truncated: bool = Field(description="Whether there is more text than max_characters.")
    links: list[Link] = Field(description="The first 200 places it leads to, in full.")


class ExtractPage(Model):
    """A page's HTML, fetched by whoever calls."""

    html: str = Field(min_length=1, max_length=LONGEST_HTML, description="The page.")
    url: Address | None = Field(default=None, description="Where it is from: relative links are told by it.")
    max_characters: Annotated[int, Knob()] = Field(
        default=200_000, ge=100, le=LONGEST_TEXT, description="Most characters of text to answer."
    )


class FetchPage(Model):
    """Which page."""

    url: Annotated[Address, Reads("address")] = Field(description="Its address, http or https.")
    sentences: Annotated[
        int, Knob(), Says(dict.fromkeys(("summarise", "summarize", "summary", "sum up", "gist", "in short"), 5))
    ] = Field(default=0, ge=0, le=20, description="Most sentences of its gist, picked from its own; 0 for none.")
    robots: Annotated[Literal["heed", "ignore"], Knob()] = Field(
        default="heed",
        description="`heed`: a page that its site's robots.txt keeps from robots is not fetched; `ignore`: you ask for "
        "it yourself, as a browser would.",
    )
    max_characters: Annotated[int, Knob()] = Field(
        default=200_000, ge=100, le=LONGEST_TEXT, description="Most characters of text to answer."
    )


class Page(PageText):
    """A page that was fetched and read."""

    gist: list[str] = Field(
        description="Sentences of its own that have most of its frequent words and its title's, in their order, word "
        "for word; as many as were asked for."
    )
    url: str = Field(description="Where it was found, after every redirection.")
    media_type: str = Field(description="What its server calls it.")
    charset: str = Field(description="What its bytes were read as, and where that is from.")
    size: int = Field(description="Bytes, unpacked.")
    sha256: str = Field(description="Of those bytes: whether it has changed since can be told by it.")
    fetched: float = Field(description="When, seconds since 1970, UTC.")


def draw_page(request: FetchPage, result: Page) -> list[View]:
    """What the page is, its beginning, and what is known of it."""
    told = [one for one in (result.author, result.date) if one]
    head = f"**{linked(result.title or result.url, result.url)}**" + (f", {plain(', '.join(told))}" if told else "")
    shown = "\n\n".join(result.gist) or beginning(result.text, SHOWN)
    rest = len(result.text) - len(shown)
    goes_on = ", and the page goes on" if result.truncated else ""
    more = f"\n\n{rest} characters more{goes_on}." if rest > 0 else ""
    facts: list[list[str | float]] = [
        ["address", result.url],
        ["characters", len(result.text)],
        ["read as", f"{result.method}, {result.charset}"],
        ["bytes", result.size],
        ["sha256", result.sha256],
    ]
    return [
        Text(text=f"{head}\n\n{verbatim(shown, lines=True)}{more}"),
        Table(title="Page", columns=["of the page", "is"], rows=facts),
    ]


def draw_text(request: ExtractPage, result: PageText) -> list[View]:
    """The text, and where it leads."""
    rows: list[list[str | float]] = [[one.text, one.url] for one in result.links[:20]]
    links = [Table(title="Links", columns=["words", "address"], rows=rows)] if rows else []
    head = f"**{plain(result.title)}**\n\n" if result.title else ""
    return [Text(text=head + verbatim(beginning(result.text, SHOWN), lines=True)), *links]
