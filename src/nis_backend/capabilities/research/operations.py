"""Research as operations: indexes are asked by drivers, pages are read in the pool `research`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nis_backend.capabilities.research import asked, fetching
from nis_backend.capabilities.research.pages import ExtractPage, FetchPage, Page, PageText, draw_page, draw_text
from nis_backend.capabilities.research.searched import (
    FoundPage,
    FoundPages,
    FoundPaper,
    FoundPapers,
    PaperQuery,
    WebQuery,
    draw_pages,
    draw_papers,
)
from nis_backend.drivers.research.base import PapersWanted, Wanted
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = ["OPERATIONS", "FetchPage", "PaperQuery", "WebQuery", "fetch_page", "search_papers", "search_web"]


@operation(
    "research.search_web",
    effect="reads",
    essential=True,
    outward=True,
    view=draw_pages,
    examples=(
        Example(
            title="Pages about a tower",
            request={"query": "height of the Eiffel tower", "limit": 5},
            question="Search the web for the height of the Eiffel tower.",
            also=asked.WEB,
        ),
        Example(
            title="What is new",
            request={"query": "fusion energy", "since": "week", "limit": 3},
            question="Search the web for fusion energy, this week only.",
        ),
    ),
)
async def search_web(request: WebQuery, ctx: Context) -> FoundPages:
    """Search the web: pages with their addresses and what the index shows of them, by SearXNG, Brave, Tavily or Serper.

    Snippets are the index's: read a page before you quote it.

    Raises:
        Unavailable: no web search is set up, or its key is refused.
        UpstreamFailed: it does not answer.
    """
    query = " ".join(request.query.split())
    if not query:
        raise InvalidRequest("The query is empty.", field="query", value=request.query, remedy="Give a few words.")
    driver = ctx.drivers.searching.web(request.provider)
    found = await driver.search(
        Wanted(query=query, limit=request.limit, language=request.language, since=request.since)
    )
    return FoundPages(provider=driver.name, query=query, pages=[FoundPage(**asdict(one)) for one in found])


@operation(
    "research.search_papers",
    effect="reads",
    outward=True,
    view=draw_papers,
    time_limit=120,
    examples=(
        Example(
            title="Papers on a subject",
            request={"query": "quantum error correction", "limit": 3},
            question="Find papers on quantum error correction.",
            also=asked.PAPERS,
        ),
        Example(
            title="The newest of a field",
            request={"query": "diffusion models", "category": "cs.LG", "order": "newest", "limit": 2},
            question="Search arXiv for the newest papers about diffusion models.",
        ),
    ),
)
async def search_papers(request: PaperQuery, ctx: Context) -> FoundPapers:
    """Find papers on arXiv by words, author, title, category or id: title, authors, abstract, dates and addresses.

    All that is given must hold. arXiv is asked once in three seconds, as its terms want it.

    Raises:
        InvalidRequest: there is nothing to search for, or arXiv does not take it.
        UpstreamFailed: arXiv does not answer.
    """
    wanted = PapersWanted(**request.model_dump())
    found = await ctx.drivers.searching.papers().search(wanted)
    return FoundPapers(total=found.total, papers=[FoundPaper.model_validate(asdict(one)) for one in found.papers])


@operation(
    "research.extract_page",
    effect="reads",
    pool="research",
    view=draw_text,
    examples=(
        Example(
            title="An article and its menu",
            request={
                "html": "<html><head><title>The harbour</title></head><body><nav><a href='/'>Home</a></nav><article>"
                "<h1>The harbour</h1><p>The Argo lies in the harbour of Volos, where she was built, and leaves on "
                "Monday at noon with <a href='/crew'>fifty at the oars</a>.</p></article></body></html>",
                "url": "https://example.org/harbour",
            },
        ),
    ),
)
def extract_page(request: ExtractPage, ctx: WorkerContext) -> PageText:
    """Read the HTML of a page: its text without menus, notices and scripts, and the title, author and date it states.

    Where no main text is told apart, or the page has more than 60,000 tags, it is all of its words. No script is run.

    Raises:
        TooLarge: it has more than a million tags.
        InvalidRequest: there is no text in it.
    """
    from nis_backend.capabilities.research.extracting import extract  # noqa: PLC0415 - loads in the worker only

    return extract(request)


@operation(
    "research.fetch_page",
    effect="reads",
    essential=True,
    outward=True,
    view=draw_page,
    time_limit=120,
    examples=(
        Example(
            title="A page about a tower",
            request={"url": "https://example.org/tower"},
            question="Read https://example.org/tower",
            also=asked.PAGE,
        ),
        Example(title="Asked for by a person", request={"url": "https://example.org/garden", "robots": "ignore"}),
    ),
)
async def fetch_page(request: FetchPage, ctx: Context) -> Page:
    """Fetch a web page and read it: clean text, title, author, date, links, and the hash of what was fetched.

    Public addresses alone are asked, redirections followed five times, each looked at as the first; robots.txt is
    heeded, scripts are not run. A page has 30 s to come, and as many bytes as NIS_MAX_PAGE, unpacked.

    Raises:
        Forbidden: it is in the server's own network, or its site keeps it from robots.
        NotSupported: it is no page: a PDF, a picture.
        UpstreamFailed: its server does not answer, or with an error.
    """

    async def read(page: ExtractPage) -> PageText:
        return await ctx.call(extract_page, page)

    return await fetching.fetch(request, ctx, read)


OPERATIONS = (search_web, search_papers, extract_page, fetch_page)
