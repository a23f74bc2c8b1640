"""Sources for a question, found and read as parts of a run: each search and each page is noted, and not made again."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nis_backend.alongside import each
from nis_backend.errors import Busy, NisError
from nis_backend.event import Progressed
from nis_backend.owned import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.research.reports import ResearchTopic
    from nis_backend.context import Context
    from nis_backend.operation import Json

AT_ONCE = 4
"""Pages that are fetched side by side."""
OF_A_HOST = 3
"""Pages of one site: what many sites say is worth more."""
TRIES = 3
"""Candidates that are tried for each source wanted: pages are often not to be had."""
FOUND_EACH = 10
CHARACTERS = 60_000
"""Characters of a source that are read: some 20 printed pages."""
RANK = 60
"""Reciprocal rank fusion's constant (Cormack, Clarke & Büttcher, SIGIR (2009), 758-759)."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A page or a paper that may be read."""

    url: str
    title: str = ""
    abstract: str = ""
    """What there is of a paper: it is not fetched."""
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """What was read."""

    url: str
    title: str
    text: str
    author: str | None
    date: str | None
    sha256: str
    abstract: bool


@dataclass(kw_only=True)
class Gathered:
    """All that was found and read."""

    searches: list[Json] = field(default_factory=list[Any])  # Any: JSON
    sources: list[Source] = field(default_factory=list[Source])
    missed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


async def noted(ctx: Context, name: str, work: Callable[[Context], Awaitable[Json]]) -> Json:
    """What the work answers, as a note of the run that is committed before the next one; done once.

    A `NisError` is an answer too: `{"problem": …}`. Only a full queue is waited for.
    """

    async def make() -> Json:
        scope = Scope(key=f"{ctx.run.run_id}:{name}", call=name, reads=True)
        within = replace(ctx, scope=scope, quiet=True)
        for wait in (1, 2, 4, None):
            try:
                return await work(within)
            except Busy as busy:
                if wait is None:
                    return {"problem": f"{busy.message} {busy.remedy}".strip(), "code": busy.code}
                await asyncio.sleep(min(busy.retry_after or wait, 10))
            except NisError as error:
                return {"problem": f"{error.message} {error.remedy}".strip(), "code": error.code}
        raise AssertionError

    value: Json = await ctx.note(name, make, told=True)
    await ctx.run.flush()
    return value


async def tell(ctx: Context, fraction: float, message: str) -> None:
    """Say how far the run is."""
    await ctx.run.write(Progressed(fraction=fraction, message=message))


async def gather(request: ResearchTopic, queries: Sequence[str], ctx: Context) -> Gathered:
    """Search for each query, and read the best of what was found until there are enough."""
    gathered = Gathered()
    lists = [[Candidate(url=url) for url in dict.fromkeys(request.urls)]]
    kinds = [what for what in ("web", "papers") if what in request.where]
    asked = [(what, query) for query in queries for what in kinds]
    for number, (what, query) in enumerate(asked, 1):
        await tell(ctx, 0.05 + 0.25 * (number - 1) / len(asked), f"Searches {what} for {query}")
        lists.append(await _search(number, what, query, request, ctx, gathered))
    await _read(_merged(lists, request), request, ctx, gathered)
    return gathered


async def _search(  # noqa: PLR0913, PLR0917 - what a search is of
    number: int, what: str, query: str, request: ResearchTopic, ctx: Context, gathered: Gathered
) -> list[Candidate]:
    given: Json = {"query": query, "limit": FOUND_EACH}
    if what == "web":
        given |= {"since": request.since, "provider": request.search_with}

    async def search(within: Context) -> Json:
        found: Any = await within.call_named(f"research.search_{what}", given)
        return found.model_dump(mode="json")

    said = await noted(ctx, f"search {number}", search)
    found: list[Json] = said.get("pages" if what == "web" else "papers", [])
    gathered.searches.append(
        {
            "what": what,
            "query": query,
            "by": said.get("provider", "arXiv" if what == "papers" else ""),
            "found": len(found),
            "problem": said.get("problem", ""),
            "code": said.get("code", ""),
        }
    )
    if what == "web":
        return [Candidate(url=one["url"], title=one["title"]) for one in found]
    return [
        Candidate(
            url=one["url"],
            title=one["title"],
            abstract=one["abstract"],
            author=", ".join(one["authors"][:6]) or None,
            date=one["published"][:10] or None,
        )
        for one in found
        if one["abstract"]
    ]


def _merged(lists: Sequence[Sequence[Candidate]], request: ResearchTopic) -> list[Candidate]:
    """Those given first; then the others, by the sum of their reciprocal ranks, no more than a few of a site."""
    first: dict[str, Candidate] = {}
    scores: defaultdict[str, float] = defaultdict(float)
    for number, found in enumerate(lists):
        for rank, one in enumerate(found, 1):
            key = _key(one.url)
            if key not in first or (one.abstract and not first[key].abstract and key not in map(_key, request.urls)):
                first[key] = one
            scores[key] += 1e6 - rank if number == 0 else 1 / (RANK + rank)
    hosts, kept = Counter[str](), list[Candidate]()
    wanted = {_key(url) for url in request.urls}
    for key in sorted(first, key=lambda one: -scores[one]):
        host = urlsplit(first[key].url).hostname or ""
        if key in wanted or first[key].abstract or hosts[host] < OF_A_HOST:
            hosts[host] += not first[key].abstract
            kept.append(first[key])
    return kept


def _key(url: str) -> str:
    """What is the same page under addresses that differ in nothing but how they are written."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}{f'?{parts.query}' if parts.query else ''}"


async def _read(candidates: Sequence[Candidate], request: ResearchTopic, ctx: Context, gathered: Gathered) -> None:
    """Read in waves, each of as many as are still wanted: the same ones however often the run's code is executed."""
    seen = set[str]()
    at, most = 0, min(len(candidates), TRIES * request.max_sources + len(request.urls))
    while at < most and len(gathered.sources) < request.max_sources:
        wave = candidates[at : min(at + request.max_sources - len(gathered.sources), most)]
        told = 0.3 + 0.35 * len(gathered.sources) / request.max_sources
        await tell(ctx, told, f"Reads {len(wave)} of {len(candidates)} sources")
        fetched = await each(lambda one: _of(*one, ctx), enumerate(wave, at + 1), AT_ONCE)
        for one, said in zip(wave, fetched, strict=True):
            if "problem" in said:
                gathered.missed.append((one.url, said["problem"]))
            elif said["sha256"] not in seen:
                seen.add(said["sha256"])
                gathered.sources.append(_source(one, said))
        at += len(wave)


async def _of(number: int, one: Candidate, ctx: Context) -> Json:
    if one.abstract:
        text = f"{one.title}\n{one.abstract}"
        return {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(), "url": one.url, "title": one.title}

    async def fetch(within: Context) -> Json:
        page: Any = await within.call_named("research.fetch_page", {"url": one.url, "max_characters": CHARACTERS})
        return page.model_dump(mode="json", include={"url", "title", "author", "date", "text", "sha256"})

    return await noted(ctx, f"source {number}", fetch)


def _source(one: Candidate, said: Json) -> Source:
    return Source(
        url=said["url"],
        title=said.get("title") or one.title or said["url"],
        text=said["text"],
        author=said.get("author") or one.author,
        date=said.get("date") or one.date,
        sha256=said["sha256"],
        abstract=bool(one.abstract),
    )
