"""Research as operations: indexes are asked by drivers, pages are read in the pool `research`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.operations import DocumentRead, ReadRequest, read_document
from nis_backend.capabilities.research import asked, fetching, researching
from nis_backend.capabilities.research.claims import CheckClaim, ClaimVerdict, draw_verdict
from nis_backend.capabilities.research.pages import ExtractPage, FetchPage, Page, PageText, draw_page, draw_text
from nis_backend.capabilities.research.reports import Report, ResearchTopic, draw_report
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
from nis_backend.operation import Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import WorkerContext

__all__ = [
    "OPERATIONS",
    "CheckClaim",
    "ExtractPage",
    "FetchPage",
    "PaperQuery",
    "ResearchTopic",
    "WebQuery",
    "check_claim",
    "extract_page",
    "fetch_page",
    "research_topic",
    "search_papers",
    "search_web",
]


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
        Unavailable: no web search is set up, it cannot be reached, or its key is refused.
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
        Busy: many searches wait for their turn.
        Unavailable: arXiv cannot be reached.
        UpstreamFailed: it does not answer within 15 s, its turn included, or wrongly.
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
        Example(
            title="Its gist",
            request={"url": "https://example.org/tower", "sentences": 2},
            question="Read https://example.org/tower and summarise it.",
        ),
        Example(title="Asked for by a person", request={"url": "https://example.org/garden", "robots": "ignore"}),
    ),
)
async def fetch_page(request: FetchPage, ctx: Context) -> Page:
    """Fetch a web page and read it: clean text, title, author, date, links, and the hash of what was fetched.

    Public addresses alone are asked, redirections followed five times, each looked at as the first; robots.txt is
    heeded, scripts are not run, PDFs are read too. A page has 30 s to come, and NIS_MAX_PAGE bytes at most, unpacked.

    Raises:
        Forbidden: it is in the server's own network, or its site keeps it from robots.
        NotSupported: it is no page: a picture, a film.
        Unavailable: what reads it is not installed.
        UpstreamFailed: its server does not answer, or with an error.
    """
    return await fetching.fetch(request, ctx, _Readers(ctx=ctx))


@dataclass(frozen=True, kw_only=True)
class _Readers:
    """See `fetching.Readers`: what reads in workers."""

    ctx: Context

    async def page(self, request: ExtractPage) -> PageText:
        return await self.ctx.call(extract_page, request)

    async def document(self, data: bytes, name: str) -> DocumentRead:
        document = Blob.of(data, media_type="application/pdf", name=name)
        return await self.ctx.call(read_document, ReadRequest(document=document, recognise=False))


@operation(
    "research.research_topic",
    effect="reads",
    outward=True,
    prepare=researching.prepare,
    view=draw_report,
    time_limit=3600,
    examples=(
        Example(
            title="How tall a tower is",
            request={
                "question": "How tall is the Eiffel tower?",
                "where": ["web"],
                "max_sources": 2,
                "mode": "extractive",
            },
            question="Research how tall the Eiffel tower is.",
            also=asked.TOPIC,
        ),
        Example(
            title="From pages that are named",
            request={
                "question": "Which roses grow in the garden?",
                "urls": ["https://example.org/garden"],
                "where": [],
                "mode": "extractive",
            },
        ),
    ),
)
async def research_topic(request: ResearchTopic, ctx: Context) -> Recorded[Report]:
    """Research a question as a run: plan, search the web and arXiv, read pages, quote them, write a report of quotes.

    Each statement has citations whose words stand in a source that was read, exactly so; a model's sentence that no
    quote bears out is left out and named. Without a model that can be relied on, the report is sentences of the
    sources, and says so. Each search, page and answer is noted in the run's log: after a crash none is made again.

    Raises:
        Unavailable: nothing can be searched, and no page is named.
        UpstreamFailed: nothing was found, or nothing of it could be read.
    """
    return await researching.research(request, ctx)


@operation(
    "research.check_claim",
    effect="reads",
    outward=True,
    view=draw_verdict,
    time_limit=300,
    examples=(
        Example(
            title="A tower's height",
            request={
                "claim": "The Eiffel tower is 300 metres tall.",
                "texts": ["The Eiffel tower stands in Paris. The Eiffel tower is 330 metres tall, with its antennas."],
                "mode": "extractive",
            },
        ),
        Example(
            title="Against a page",
            request={
                "claim": "The Eiffel tower is painted every seven years.",
                "urls": ["https://example.org/tower"],
                "mode": "extractive",
            },
        ),
        Example(
            title="What the sources do not say",
            request={
                "claim": "The garden has a pond.",
                "texts": ["The garden has roses of forty kinds."],
                "mode": "extractive",
            },
        ),
    ),
)
async def check_claim(request: CheckClaim, ctx: Context) -> ClaimVerdict:
    """Hold a claim against texts, pages or a search: supported, contradicted, disputed or not found, with the words.

    Each piece of evidence is quoted from its source exactly. A model reads where one is set up that can be relied on;
    else words are compared, carefully: what is not plainly said is not found. physics.verify computes instead.

    Raises:
        InvalidRequest: there is nothing to hold it against.
        Unavailable: pages are to be searched, nothing is set up for it, and there is no other source.
    """
    from nis_backend.capabilities.research import checking  # noqa: PLC0415 - loads with the first claim

    return await checking.check(request, ctx)


OPERATIONS = (search_web, search_papers, extract_page, fetch_page, research_topic, check_claim)
