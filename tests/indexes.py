"""What indexes of pages and papers answer, in the forms that they document; and a web without a network."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from nis_backend.drivers.http.base import Client, Unreachable

Json = dict[str, Any]

TOWER = "https://example.org/tower"
GARDEN = "https://example.org/garden"

SEARXNG: Json = {
    "query": "height of the Eiffel tower",
    "number_of_results": 0,
    "results": [
        {
            "url": TOWER,
            "title": "The <em>tower</em> &amp; its height",
            "content": "It is 330 m tall.",
            "publishedDate": "2024-05-01T00:00:00",
            "engine": "mojeek",
            "engines": ["mojeek", "qwant"],
            "positions": [1],
            "score": 2.0,
            "category": "general",
        },
        {
            "url": GARDEN,
            "title": "A garden",
            "content": "Roses.",
            "publishedDate": None,
            "engine": "qwant",
            "score": 1.0,
        },
        {"url": TOWER, "title": "The same again", "content": "", "engine": "brave", "score": 0.5},
        {"url": "javascript:alert(1)", "title": "No address", "content": "", "engine": "brave", "score": 0.4},
    ],
    "answers": [],
    "corrections": [],
    "infoboxes": [],
    "suggestions": [],
    "unresponsive_engines": [],
}
BRAVE: Json = {
    "type": "search",
    "query": {"original": "height of the Eiffel tower", "more_results_available": True},
    "mixed": {"type": "mixed", "main": [{"type": "web", "index": 0, "all": False}]},
    "web": {
        "type": "search",
        "results": [
            {
                "title": "The tower &amp; its height",
                "url": TOWER,
                "is_source_local": False,
                "description": "It is <strong>330 m</strong> tall.",
                "page_age": "2024-05-01T00:00:00",
                "age": "May 1, 2024",
                "profile": {"name": "Example", "url": TOWER, "long_name": "example.org"},
                "language": "en",
                "family_friendly": True,
                "type": "search_result",
                "meta_url": {"scheme": "https", "netloc": "example.org", "hostname": "example.org", "path": "tower"},
            },
            {"title": "A garden", "url": GARDEN, "description": "Roses.", "type": "search_result"},
        ],
        "family_friendly": True,
    },
}
TAVILY: Json = {
    "query": "height of the Eiffel tower",
    "answer": None,
    "images": [],
    "results": [
        {"title": "The tower & its height", "url": TOWER, "content": "It is 330 m tall.", "score": 0.98},
        {"title": "A garden", "url": GARDEN, "content": "Roses.", "score": 0.21, "raw_content": None},
    ],
    "response_time": 0.61,
    "request_id": "123e4567-e89b-12d3-a456-426614174111",
}
SERPER: Json = {
    "searchParameters": {"q": "height of the Eiffel tower", "type": "search", "num": 2, "engine": "google"},
    "organic": [
        {
            "title": "The tower & its height",
            "link": TOWER,
            "snippet": "It is 330 m tall.",
            "date": "May 1, 2024",
            "position": 1,
        },
        {"title": "A garden", "link": GARDEN, "snippet": "Roses.", "position": 2},
    ],
    "peopleAlsoAsk": [],
    "credits": 1,
}
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?search_query%3Dall" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=all:surface AND all:code</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2024-05-01T00:00:00-04:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1000</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">0</opensearch:startIndex>
  <opensearch:itemsPerPage xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">2</opensearch:itemsPerPage>
  <entry>
    <id>http://arxiv.org/abs/2001.00001v2</id>
    <updated>2020-02-03T10:00:00Z</updated>
    <published>2020-01-01T09:00:00Z</published>
    <title>A surface code that is
  made up</title>
    <summary>  We show that a code of distance 3 corrects one error. Its threshold
is 1.1 percent under depolarizing noise.
</summary>
    <author><name>Ada Byron</name><arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">Here</arxiv:affiliation></author>
    <author><name>Erwin Strom</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/182</arxiv:doi>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">12 pages, 3 figures</arxiv:comment>
    <arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">J. Made Up 1 (2020) 1-12</arxiv:journal_ref>
    <link title="doi" href="http://dx.doi.org/10.1000/182" rel="related"/>
    <link href="http://arxiv.org/abs/2001.00001v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2001.00001v2" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="quant-ph" scheme="http://arxiv.org/schemas/atom"/>
    <category term="quant-ph" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.IT" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
  <entry>
    <id>http://arxiv.org/abs/cs/0001002v1</id>
    <updated>2000-01-02T00:00:00Z</updated>
    <published>2000-01-02T00:00:00Z</published>
    <title>An older one</title>
    <summary>Its abstract says little.</summary>
    <author><name>A. Nother</name></author>
    <link href="http://arxiv.org/abs/cs/0001002v1" rel="alternate" type="text/html"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
</feed>
"""
ERROR_ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query: search_query=&amp;id_list=1234.1234</title>
  <entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format_for_1234.12345</id>
    <title>Error</title>
    <summary>incorrect id format for 1234.12345</summary>
    <updated>2007-10-12T00:00:00-04:00</updated>
  </entry>
</feed>
"""
PAGES = {
    TOWER: """<!doctype html><html lang="en"><head><title>The tower &amp; its height</title>
<meta name="author" content="Ada Byron"><meta property="article:published_time" content="2024-05-01">
</head><body><nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<article><h1>The tower and its height</h1>
<p>The Eiffel tower stands in Paris and was opened on 31 March 1889 for the world's fair of that year.</p>
<p>The Eiffel tower is 330 metres tall, as high as a building of 81 floors. Its base is a square of 125 metres.</p>
<p>It is painted every seven years, for which 60 tonnes of paint are needed. More stands in
<a href="/garden">the garden's page</a> and with <a href="https://example.net/steel">the steel</a>.</p>
</article><footer>All rights reserved. Cookies.</footer></body></html>""",
    GARDEN: """<!doctype html><html lang="en"><head><title>A garden</title></head><body><article><h1>A garden</h1>
<p>The garden has roses of forty kinds, which are cut in autumn and covered before the first frost comes.</p>
<p>From its terrace the Eiffel tower can be seen, whose top is 330 metres above the ground on a clear day.</p>
</article></body></html>""",
}


@dataclass(frozen=True, kw_only=True)
class Body:
    """An answer that is whole."""

    body: bytes
    content_type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def readany(self) -> bytes:
        """Nothing more than `iter_any` has."""
        return b""

    async def iter_any(self) -> AsyncGenerator[bytes, None]:
        """All of it."""
        yield self.body

    def close(self) -> None:
        """Nothing is open."""


class Web(Client):
    """A web of three servers: pages, a SearXNG, arXiv. No other is reached."""

    @override
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Body:
        parts = urlsplit(url)
        match parts.hostname:
            case "search.example.org" if "format" in parse_qs(parts.query):
                return Body(body=json.dumps(SEARXNG).encode(), content_type="application/json")
            case "export.arxiv.org":
                return Body(body=ATOM.encode(), content_type="application/atom+xml")
            case "example.org" if url in PAGES:
                return Body(body=PAGES[url].encode(), headers={"content-type": "text/html; charset=utf-8"})
            case "example.org":
                return Body(body=b"There is no such page.", status=404)
            case _:
                raise Unreachable("no network")


class Reached(Web):
    """The same for those three servers; every other address is asked by the clients that there are."""

    def __init__(self, clients: Mapping[Literal["anywhere", "outside"], Client]) -> None:
        self._others = clients["anywhere"]

    @override
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Any:  # Any: a response of either
        if urlsplit(url).hostname in {"search.example.org", "export.arxiv.org", "example.org"}:
            return await super().request(method, url, headers, data, silence=silence)
        return await self._others.request(method, url, headers, data, silence=silence)
