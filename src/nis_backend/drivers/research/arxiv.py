"""arXiv, by its query interface, which answers Atom.

Source: https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from typing_extensions import override

from nis_backend.drivers.http.base import Unreachable
from nis_backend.drivers.research.asking import LONGEST_TITLE, Index, address, line
from nis_backend.drivers.research.base import Paper, Papers, PaperSearch
from nis_backend.errors import Busy, InvalidRequest, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nis_backend.drivers.research.base import Order, PapersWanted

ATOM, ARXIV, OPENSEARCH = (
    "{http://www.w3.org/2005/Atom}",
    "{http://arxiv.org/schemas/atom}",
    "{http://a9.com/-/spec/opensearch/1.1/}",
)
ORDERS: dict[Order, str] = {"relevance": "relevance", "newest": "submittedDate", "updated": "lastUpdatedDate"}
LONGEST_ABSTRACT, MOST_AUTHORS = 10_000, 200
MOST_WAITING = 20
"""Calls that wait for their turn."""
LONGEST = 15.0
"""Seconds of one search, the wait for its turn included."""
_IDS = re.compile(r"\b(?:arxiv:)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)\b", re.IGNORECASE)
"""Ids, those of before 2007 too."""
_WORD = re.compile(r"[^\s\"()\[\]{}:\\]+")
_QUOTED = re.compile(r'"([^"]+)"')
_OPERATORS = frozenset({"AND", "OR", "ANDNOT", "NOT"})
_EMPTY = frozenset(
    {"a", "an", "the", "of", "on", "in", "for", "and", "or", "to", "with", "by", "from", "at", "is", "are", "was"}
    | {"were", "be", "about", "how", "what", "which", "does", "do", "can"}
)
"""Words that every paper has: with them all demanded, hardly one is found."""


class Arxiv(PaperSearch):
    """One request at a time, `pause` seconds apart: its terms of use ask for three."""

    def __init__(self, index: Index, pause: float) -> None:
        self._index = index
        self._pause = pause
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._next = 0.0

    @override
    async def search(self, wanted: PapersWanted) -> Papers:
        query: dict[str, str | int] = {"start": wanted.start, "max_results": wanted.limit}
        ids = _IDS.findall(wanted.query) if _IDS.sub("", wanted.query).strip(" ,;") == "" else []
        asked = asked_for(replace(wanted, query="") if ids else wanted)
        if ids:
            query["id_list"] = ",".join(ids)
        if asked:
            query |= {"search_query": asked, "sortBy": ORDERS[wanted.order], "sortOrder": "descending"}
        if not asked and not ids:
            raise InvalidRequest(
                "There is no word to search papers for.", field="query", value=wanted.query, remedy="Give a few words."
            )
        begun = False
        try:
            async with asyncio.timeout(LONGEST), self._taken():
                begun = True
                text = await self._index.text("GET", "", query, {"accept": "application/atom+xml"})
        except TimeoutError as error:
            if not begun:
                raise _many() from error
            raise UpstreamFailed(
                f"{self._index.name} did not answer within {LONGEST:g} s.", remedy="Try again."
            ) from error
        return self._read(text)

    @asynccontextmanager
    async def _taken(self) -> AsyncGenerator[None]:
        if self._waiting >= MOST_WAITING:
            raise _many()
        self._waiting += 1
        try:
            async with self._turn:
                loop = asyncio.get_running_loop()
                await asyncio.sleep(max(0.0, self._next - loop.time()))
                heard = True
                try:
                    yield
                except Unavailable as error:
                    heard = not isinstance(error.__cause__, Unreachable)
                    raise
                finally:
                    # Its terms are about requests that it gets: without a network nobody waits for the next.
                    if heard:
                        self._next = loop.time() + self._pause
        finally:
            self._waiting -= 1

    def _read(self, text: str) -> Papers:
        # Entities are declared in a DOCTYPE, which a feed has no use for and a bomb has.
        if "<!" in re.sub(r"<!--.*?-->|<!\[CDATA\[", "", text, flags=re.DOTALL):
            raise self._index.strange("a feed with declarations")
        try:
            feed = ET.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
        except ET.ParseError:
            raise self._index.strange("what is no Atom") from None
        entries = feed.findall(f"{ATOM}entry")
        for one in entries:
            # Its errors are entries too.
            if "/api/errors" in (one.findtext(f"{ATOM}id") or ""):
                told = line(one.findtext(f"{ATOM}summary"), 300)
                raise InvalidRequest(
                    f"{self._index.name} does not take the query: {told}", field="query", remedy="Put it differently."
                )
        total = line(feed.findtext(f"{OPENSEARCH}totalResults"), 20)
        papers = [paper for one in entries if (paper := _paper(one))]
        return Papers(total=int(total) if total.isdecimal() else len(papers), papers=papers)


def _many() -> Busy:
    return Busy("Many searches wait for arXiv, which is asked every few seconds.", remedy="Try again later.")


def _paper(entry: ET.Element) -> Paper | None:
    url = address(entry.findtext(f"{ATOM}id"))
    title = line(entry.findtext(f"{ATOM}title"), LONGEST_TITLE)
    if not url or not title:
        return None
    links = entry.findall(f"{ATOM}link")
    pdf = next((address(one.get("href")) for one in links if one.get("title") == "pdf"), "")
    names = [line(one.findtext(f"{ATOM}name"), 200) for one in entry.findall(f"{ATOM}author")[:MOST_AUTHORS]]
    categories = [line(one.get("term"), 60) for one in entry.findall(f"{ATOM}category")]
    return Paper(
        id=url.rpartition("/abs/")[2] or url,
        title=title,
        authors=[name for name in names if name],
        abstract=line(entry.findtext(f"{ATOM}summary"), LONGEST_ABSTRACT),
        published=line(entry.findtext(f"{ATOM}published"), 32),
        updated=line(entry.findtext(f"{ATOM}updated"), 32),
        # It gives them without TLS, and serves them with it.
        url=url.replace("http://arxiv.org/", "https://arxiv.org/", 1),
        pdf=pdf.replace("http://arxiv.org/", "https://arxiv.org/", 1) or None,
        categories=[one for one in categories if one],
        doi=line(entry.findtext(f"{ARXIV}doi"), 200) or None,
        journal=line(entry.findtext(f"{ARXIV}journal_ref"), 300) or None,
        comment=line(entry.findtext(f"{ARXIV}comment"), 500) or None,
    )


def asked_for(wanted: PapersWanted) -> str:
    """The query as arXiv reads it: every word that says something, and every quoted phrase, in any field."""
    parts = [*_terms(wanted.query, "all"), *_terms(wanted.title, "ti")]
    if author := " ".join(_WORD.findall(wanted.author)):
        parts.append(f'au:"{author}"')
    if category := "".join(_WORD.findall(wanted.category)):
        parts.append(f"cat:{category}")
    return " AND ".join(parts)


def _terms(text: str, field: str) -> list[str]:
    phrases = [" ".join(_WORD.findall(one)) for one in _QUOTED.findall(text)]
    words = [one.strip(".,;!?'") for one in _WORD.findall(_QUOTED.sub(" ", text)) if one not in _OPERATORS]
    telling = [one for one in words if one and one.lower() not in _EMPTY] or [one for one in words if one]
    return [f'{field}:"{one}"' for one in phrases if one] + [f"{field}:{one}" for one in telling]
