"""A claim held against sources: by words, or by a model whose quotes are looked up."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from nis_backend.alongside import each
from nis_backend.capabilities.research import evidence
from nis_backend.capabilities.research.claims import ClaimSource, ClaimVerdict, Evidence
from nis_backend.capabilities.research.gathering import AT_ONCE, CHARACTERS, Source
from nis_backend.capabilities.research.passages import passages, ranked
from nis_backend.capabilities.research.reports import Missed, Searched
from nis_backend.capabilities.research.writing import DATA, LONGEST_QUOTE, shown
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.quoted import Source as Quotable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.research.claims import CheckClaim, Verdict
    from nis_backend.context import Context
    from nis_backend.operation import Json

MOST_EVIDENCE = 20
MOST_SHOWN = 60_000
"""Characters of all sources that a model is shown."""
BY_MODEL = (
    "share of the claim's telling words, as stems, that the quote has: how near it is to the claim, while whether it "
    "speaks for or against it is the model's reading"
)
READING = (
    "You hold a claim against sources. For each passage that settles it, quote the words, copied exactly, with the "
    "source's number, and say whether they speak for the claim or against it. Words that are only about the same thing "
    f"settle nothing: leave them out. You know nothing but the sources. {DATA} Answer as JSON."
)


async def check(request: CheckClaim, ctx: Context) -> ClaimVerdict:
    """The verdict."""
    if not (request.texts or request.urls or request.search):
        raise InvalidRequest(
            "There is nothing to hold the claim against.",
            field="texts",
            value="[]",
            remedy="Give texts or urls, or have pages searched with `search`.",
        )
    sources = [_given(number, text) for number, text in enumerate(request.texts, 1)]
    searches, urls = await _searched(request, ctx) if request.search else ([], [])
    read, missed = await _read([*request.urls, *urls], ctx)
    sources += read
    model, why = await _reader(request, ctx)
    said: Json | None = None
    if model is not None and sources:
        try:
            said = await _asked(request, sources, model, ctx)
        except NisError as error:
            if request.mode == "model":
                raise
            why = f"{error.message} {evidence.LIMITS}"
    given: list[Json] = said["value"]["quotes"] if said else []
    found, dropped = await asyncio.to_thread(_quoted if said else _by_words, request.claim, sources, given)
    found = sorted(found, key=lambda one: (-one.score, one.source, one.start))[:MOST_EVIDENCE]
    return ClaimVerdict(
        claim=request.claim,
        verdict=_verdict(found),
        score=found[0].score if found else 0.0,
        formula=BY_MODEL if said else evidence.FORMULA,
        method="model" if said else "words",
        why="A model has read the sources; each quote was found in them word for word." if said else why,
        evidence=found,
        dropped=dropped,
        sources=[
            ClaimSource(
                number=number,
                url=one.url or None,
                title=one.title,
                characters=len(one.text),
                sha256=one.sha256,
            )
            for number, one in enumerate(sources, 1)
        ],
        missed=missed,
        searches=searches,
        model=said["model"] if said else None,
        cost=said["cost"] if said else None,
    )


def _given(number: int, text: str) -> Source:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Source(url="", title=f"Text {number}", text=text, author=None, date=None, sha256=digest, abstract=False)


async def _searched(request: CheckClaim, ctx: Context) -> tuple[list[Searched], list[str]]:
    """Pages that a search has found for the claim.

    Raises:
        NisError: nothing is searched with, and there is nothing else to hold the claim against.
    """
    query = " ".join(request.claim.split())[:400]
    try:
        found: Any = await ctx.call_named("research.search_web", {"query": query, "limit": request.max_sources})
    except NisError as error:
        if not (request.texts or request.urls):
            raise
        problem = f"{error.message} {error.remedy}".strip()
        return [Searched(what="web", query=query, by="", found=0, problem=problem)], []
    urls = [one.url for one in found.pages]
    return [Searched(what="web", query=query, by=found.provider, found=len(urls), problem="")], urls


async def _read(urls: Sequence[str], ctx: Context) -> tuple[list[Source], list[Missed]]:
    async def one(url: str) -> Source | Missed:
        try:
            page: Any = await ctx.call_named("research.fetch_page", {"url": url, "max_characters": CHARACTERS})
        except NisError as error:
            return Missed(url=url, problem=f"{error.message} {error.remedy}".strip())
        return Source(
            url=page.url,
            title=page.title or page.url,
            text=page.text,
            author=page.author,
            date=page.date,
            sha256=page.sha256,
            abstract=False,
        )

    read = await each(one, dict.fromkeys(urls), AT_ONCE)
    return [one for one in read if isinstance(one, Source)], [one for one in read if isinstance(one, Missed)]


async def _reader(request: CheckClaim, ctx: Context) -> tuple[str | None, str]:
    """The model that reads; without one, why none does."""
    if request.mode == "extractive":
        return None, evidence.LIMITS
    try:
        _, info = await ctx.models.choose(request.model, request.provider)
    except NisError as error:
        if request.mode == "model":
            raise
        return None, f"No model has read it: {error.message} {evidence.LIMITS}"
    if info.demonstration and request.mode == "auto":
        return None, f"{info.id} is too small to be relied on. {evidence.LIMITS}"
    return info.id, ""


async def _asked(request: CheckClaim, sources: Sequence[Source], model: str, ctx: Context) -> Json:
    """What a model quotes for and against the claim."""
    best = await asyncio.to_thread(lambda: ranked([request.claim], passages([one.text for one in sources])))
    each = MOST_SHOWN // len(sources)
    told = "\n\n".join(
        f"Source {number}:\n{shown(one.text, [p.passage for p in best if p.passage.source == number - 1], each)}"
        for number, one in enumerate(sources, 1)
    )
    quote: Json = {
        "type": "object",
        "properties": {
            "source": {"type": "integer", "minimum": 1, "maximum": len(sources)},
            "quote": {"type": "string", "maxLength": LONGEST_QUOTE},
            "speaks": {"type": "string", "enum": ["for", "against"]},
        },
        "required": ["source", "quote", "speaks"],
        "additionalProperties": False,
    }
    schema: Json = {
        "type": "object",
        "properties": {"quotes": {"type": "array", "maxItems": 8, "items": quote}},
        "required": ["quotes"],
        "additionalProperties": False,
    }
    given: Json = {
        "prompt": f"{told}\n\nThe claim: {request.claim}",
        "answer_schema": schema,
        "earlier": [{"role": "system", "content": READING}],
        "model": model,
        "temperature": 0,
    }
    said: Any = await ctx.call_named("models.generate_json", given)
    return said.model_dump(mode="json")


def _quoted(claim: str, sources: Sequence[Source], given: Sequence[Json]) -> tuple[list[Evidence], list[str]]:
    """The model's quotes that stand in their sources, and the others."""
    found: list[Evidence] = []
    dropped: list[str] = []
    for one in given:
        number: int = one["source"]
        text = sources[number - 1].text
        places = Quotable([text]).find(one["quote"])
        if not places:
            dropped.append(one["quote"])
            continue
        start, end = places[0].start, places[0].end
        found.append(
            Evidence(
                source=number,
                speaks=one["speaks"],
                quote=text[start:end],
                start=start,
                end=end,
                score=_near(claim, text[start:end]),
                why="the model reads it so",
            )
        )
    return found, dropped


def _near(claim: str, quote: str) -> float:
    wanted, had = set(evidence.Said.of(claim).terms), set(evidence.Said.of(quote).terms)
    return len(wanted & had) / len(wanted) if wanted else 0.0


def _by_words(claim: str, sources: Sequence[Source], given: Sequence[Json]) -> tuple[list[Evidence], list[str]]:
    found: list[Evidence] = []
    for one in passages([source.text for source in sources]):
        weighed = evidence.weigh(claim, one.text)
        if weighed is not None:
            found.append(
                Evidence(
                    source=one.source + 1,
                    speaks=weighed.speaks,
                    quote=one.text,
                    start=one.start,
                    end=one.end,
                    score=weighed.score,
                    why=weighed.why,
                )
            )
    return found, []


def _verdict(found: Sequence[Evidence]) -> Verdict:
    sides = {one.speaks for one in found}
    if len(sides) > 1:
        return "disputed"
    return {"for": "supported", "against": "contradicted"}[sides.pop()] if sides else "not found"  # pyright: ignore[reportReturnType] - two of the four
