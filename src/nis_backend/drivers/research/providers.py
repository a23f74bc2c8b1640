"""Indexes of pages that take a key: Brave, Tavily, Serper."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from nis_backend.drivers.research.asking import LONGEST_SNIPPET, LONGEST_TITLE, Index, address, inner, line, listed
from nis_backend.drivers.research.base import Found, WebSearch
from nis_backend.errors import UpstreamFailed

if TYPE_CHECKING:
    from nis_backend.drivers.research.base import Wanted


@dataclass(frozen=True, kw_only=True)
class Keyed(WebSearch):
    """An index that takes a key."""

    index: Index

    @property
    def key(self) -> str:
        """What it is asked with."""
        return self.index.key

    @property
    @override
    def name(self) -> str:
        return self.index.name


class Brave(Keyed):
    """Brave's own index.

    Source: https://api-dashboard.search.brave.com/app/documentation/web-search/get-started
    """

    MOST, MOST_WORDS = 20, 50
    CALLED: ClassVar = {"ja": "jp", "no": "nb", "pt": "pt-pt", "zh": "zh-hans"}
    """What it calls languages otherwise than ISO 639-1."""

    @override
    async def search(self, wanted: Wanted) -> list[Found]:
        query: dict[str, str | int] = {
            "q": " ".join(wanted.query.split()[: self.MOST_WORDS]),
            "count": min(wanted.limit, self.MOST),
            "text_decorations": "false",
        }
        if wanted.language:
            query["search_lang"] = self.CALLED.get(wanted.language, wanted.language)
        if wanted.since:
            query["freshness"] = f"p{wanted.since[0]}"
        said = await self.index.json("GET", "/web/search", query, {"x-subscription-token": self.key})
        return found(listed(inner(said.get("web"), "results")), wanted, "description", "page_age")


class Tavily(Keyed):
    """Tavily's index, made for agents.

    Source: https://docs.tavily.com/documentation/api-reference/endpoint/search
    """

    MOST = 20

    @override
    async def search(self, wanted: Wanted) -> list[Found]:
        body: dict[str, object] = {"query": wanted.query, "max_results": min(wanted.limit, self.MOST)}
        if wanted.since:
            body["time_range"] = wanted.since
        said = await self.index.json("POST", "/search", {}, {"authorization": f"Bearer {self.key}"}, body)
        return found(listed(said.get("results")), wanted, "content", "published_date")


class Serper(Keyed):
    """Google's results, as Serper answers them.

    Source: https://serper.dev/playground
    """

    @override
    async def search(self, wanted: Wanted) -> list[Found]:
        body: dict[str, object] = {"q": wanted.query, "num": wanted.limit}
        if wanted.language:
            body["hl"] = wanted.language
        if wanted.since:
            body["tbs"] = f"qdr:{wanted.since[0]}"
        said = await self.index.json("POST", "/search", {}, {"x-api-key": self.key}, body)
        return found(listed(said.get("organic")), wanted, "snippet", "date", "link")


@dataclass(frozen=True, kw_only=True)
class SearXNG(WebSearch):
    """A metasearch engine of one's own; its settings must allow the format json.

    Source: https://docs.searxng.org/dev/search_api.html
    """

    index: Index

    @property
    @override
    def name(self) -> str:
        return self.index.name

    @override
    async def search(self, wanted: Wanted) -> list[Found]:
        query: dict[str, str | int] = {"q": wanted.query, "format": "json"}
        if wanted.language:
            query["language"] = wanted.language
        if wanted.since:
            query["time_range"] = wanted.since
        said = await self.index.json("GET", "/search", query)
        pages = found(listed(said.get("results")), wanted, "content", "publishedDate")
        silent: Any = said.get("unresponsive_engines")  # Any: JSON
        if not pages and isinstance(silent, list) and silent:
            # Pairs of an engine and why: nothing was found only where somebody has looked.
            raise UpstreamFailed(
                f"{self.name} has had no answer of the engines that it asks: {line(json.dumps(silent), 300)}.",
                remedy="Try again later, or turn other engines on in its settings.yml.",
            )
        return pages


def found(
    results: list[dict[str, Any]],  # Any: JSON
    wanted: Wanted,
    snippet: str,
    published: str,
    url: str = "url",
) -> list[Found]:
    """The pages of an answer, each address once; what has none is left out."""
    pages: dict[str, Found] = {}
    for one in results:
        where = address(one.get(url))
        if where and where not in pages:
            pages[where] = Found(
                url=where,
                title=line(one.get("title"), LONGEST_TITLE) or where,
                snippet=line(one.get(snippet), LONGEST_SNIPPET),
                published=line(one.get(published), 64) or None,
            )
    return list(pages.values())[: wanted.limit]
