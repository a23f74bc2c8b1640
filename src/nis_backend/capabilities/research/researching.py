"""Deep research: a plan, searches, sources read, quotes, a report; the run's log holds each part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nis_backend.capabilities.research import gathering, writing
from nis_backend.capabilities.research.passages import EMPTY, words
from nis_backend.capabilities.research.reports import Missed, ReadSource, Report, Searched
from nis_backend.drivers.gateway.addresses import kept_host
from nis_backend.errors import InvalidRequest, NisError, Unavailable, UpstreamFailed
from nis_backend.found import named_in

if TYPE_CHECKING:
    from nis_backend.capabilities.research.gathering import Gathered
    from nis_backend.capabilities.research.reports import Budgeted, ResearchTopic
    from nis_backend.capabilities.research.writing import Spending, Written
    from nis_backend.context import Context

EXTRACTIVE = "Each statement is a sentence of its source, word for word; no model has written"
HELD = "A model has put it into words; each sentence stands on quotes that were found word for word in the sources."


async def prepare(request: ResearchTopic, ctx: Context) -> ResearchTopic:
    """Refuse what cannot be researched before it is a run."""
    for number, url in enumerate(request.urls):
        with named_in(f"urls.{number}"):
            page = url.partition("#")[0]
            kept_host(page, whose="a page", like="https://example.org/article", bare=(), instead="Give one without.")
    if not request.where and not request.urls:
        raise InvalidRequest(
            "Nothing is searched, and no page is named.",
            field="where",
            value="[]",
            remedy='Name what is searched, "web" or "papers", or pages in `urls`.',
        )
    if not set(words(request.question)) - EMPTY:
        raise InvalidRequest(
            "The question has no telling word.", field="question", value=request.question, remedy="Ask in more words."
        )
    if request.mode == "model":
        await ctx.models.choose(request.model, request.provider)
    if request.where == ["web"] and not request.urls:
        # What is not set up is told at once, not by a run that finds nothing.
        ctx.drivers.searching.web(request.search_with)
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    return request


async def research(request: ResearchTopic, ctx: Context) -> Report:
    """The report.

    Raises:
        Unavailable: nothing could be searched, and no source be read.
        UpstreamFailed: as that, by a fault of theirs.
    """
    model, why = await writer(request, ctx)
    spending = writing.Spending()
    await gathering.tell(ctx, 0.02, "Plans what to search for")
    queries = request.queries[: request.max_searches]
    if request.where and not queries and model is not None:
        queries = await writing.planned(request, model, ctx, spending)
    queries = queries or ([_plain(request.question)] if request.where else [])
    gathered = await gathering.gather(request, queries if request.where else [], ctx)
    if not gathered.sources:
        raise _nothing(gathered)
    await gathering.tell(ctx, 0.65, f"Has read {len(gathered.sources)} sources")
    found = await writing.relevant([request.question, *queries], gathered.sources)
    written, by = None, None
    if model is not None and found:
        try:
            written = await writing.write(request, found, gathered.sources, model, ctx, spending)
            why, by = HELD, spending.model
        except writing.NotWritten as error:
            if request.mode == "model":
                raise UpstreamFailed(
                    f"No report was written: {error}.", remedy='Try another model, or mode "extractive".'
                ) from None
            why = f"{EXTRACTIVE} it: {error}."
    if written is None:
        written = writing.extract(found, gathered.sources, request.max_statements)
    return _report(request, gathered, written, why, by, spending)


async def writer(request: Budgeted, ctx: Context) -> tuple[str | None, str]:
    """The model that writes; without one, why none does."""
    if request.mode == "extractive":
        return None, f"{EXTRACTIVE}, as the request wants it."
    try:
        _, info = await ctx.choose_model(request.model, request.provider)
    except NisError as error:
        if request.mode == "model":
            raise
        return None, f"{EXTRACTIVE}: {error.message}"
    if info.demonstration and request.mode == "auto":
        return None, f"{EXTRACTIVE}: {info.id} is too small to be relied on."
    return info.id, ""


def _plain(question: str) -> str:
    """A question as a query."""
    return " ".join(question.split()).rstrip("?!. ")[:400]


def _nothing(gathered: Gathered) -> NisError:
    """Why there is no source: what is not set up, else what has failed, else that nothing was found."""
    lacking = next((one for one in gathered.searches if one["code"] == "unavailable"), None)
    failed = next((one for one in gathered.searches if one["problem"]), None)
    if gathered.missed:
        url, problem = gathered.missed[0]
        return UpstreamFailed(
            f"None of {len(gathered.missed)} sources could be read; {url}: {problem}", remedy="Name others in `urls`."
        )
    if lacking is not None:
        return Unavailable(f"Nothing could be searched: {lacking['problem']}", remedy="Or name pages in `urls`.")
    if failed is not None:
        return UpstreamFailed(f"Nothing could be searched: {failed['problem']}", remedy="Try again later.")
    return UpstreamFailed("The searches have found nothing.", remedy="Ask in other words, or name pages in `urls`.")


def _report(  # noqa: PLR0913, PLR0917 - all that a report tells of
    request: ResearchTopic, gathered: Gathered, written: Written, why: str, by: str | None, spending: Spending
) -> Report:
    cited = Counter(one.source for section in written.sections for each in section.statements for one in each.citations)
    return Report(
        question=request.question,
        mode="extractive" if by is None else "model",
        why=why,
        sections=written.sections,
        sources=[
            ReadSource(
                number=number,
                kind="abstract" if one.abstract else "page",
                url=one.url,
                title=one.title,
                author=one.author,
                date=one.date,
                sha256=one.sha256,
                characters=len(one.text),
                cited=cited[number],
                text=one.text if request.texts else None,
            )
            for number, one in enumerate(gathered.sources, 1)
        ],
        missed=[Missed(url=url, problem=problem) for url, problem in gathered.missed],
        searches=[
            Searched(**{name: value for name, value in one.items() if name != "code"}) for one in gathered.searches
        ],
        dropped=written.dropped,
        formula=written.formula,
        model=by,
        input_tokens=spending.input_tokens if spending.model else None,
        output_tokens=spending.output_tokens if spending.model else None,
        cost=spending.cost if spending.model else None,
    )
