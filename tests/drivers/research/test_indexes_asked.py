"""Indexes of pages and papers, spoken to as they document it: local servers that answer in their forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from indexes import ATOM, BRAVE, ERROR_ATOM, GARDEN, SEARXNG, SERPER, TAVILY, TOWER

from nis_backend.drivers.http.client import Http
from nis_backend.drivers.research.arxiv import asked_for
from nis_backend.drivers.research.base import Found, Papers, PapersWanted, Wanted
from nis_backend.drivers.research.configured import Configured
from nis_backend.errors import Busy, InvalidRequest, NisError, Unavailable, UpstreamFailed
from nis_backend.settings import read_settings

KEYS = {"BRAVE_API_KEY": "b-key", "TAVILY_API_KEY": "t-key", "SERPER_API_KEY": "s-key"}


@dataclass
class Local:
    """A server that answers everything alike, and what it was asked."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[tuple[str, dict[str, str], dict[str, str], Any]] = field(default_factory=list[Any])  # Any: JSON
    url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Local]:
        """Serve on a free port of this machine."""

        async def answer(request: web.Request) -> web.Response:
            sent = await request.read()
            body = json.loads(sent) if sent else None
            self.asked.append((f"{request.method} {request.path}", dict(request.query), dict(request.headers), body))
            return web.Response(text=self.body, status=self.status, headers=self.headers)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()


def searched(server: Local, name: str, wanted: Wanted, folder: Path) -> list[Found]:
    """What this index answers, where its address is the server's."""

    async def search() -> list[Found]:
        client = Http()
        try:
            async with server.running():
                given = {"NIS_SEARXNG_URL": server.url, **KEYS, f"NIS_{name.upper()}_URL": server.url}
                return await Configured(read_settings(given, data=folder), client).web(name).search(wanted)
        finally:
            await client.close()

    return asyncio.run(search())


def papers(server: Local, wanted: PapersWanted, folder: Path) -> Papers:
    """What arXiv answers, where its address is the server's."""

    async def search() -> Papers:
        client = Http()
        try:
            async with server.running():
                given = {"NIS_ARXIV_URL": server.url, "NIS_ARXIV_SECONDS": "0"}
                return await Configured(read_settings(given, data=folder), client).papers().search(wanted)
        finally:
            await client.close()

    return asyncio.run(search())


WANTED = Wanted(query="height of the Eiffel tower", limit=2, language="en", since="month")
ASKED = {
    "searxng": (SEARXNG, "GET /search", {"q": WANTED.query, "format": "json", "language": "en", "time_range": "month"}),
    "brave": (
        BRAVE,
        "GET /web/search",
        {"q": WANTED.query, "count": "2", "text_decorations": "false", "search_lang": "en", "freshness": "pm"},
    ),
    "tavily": (TAVILY, "POST /search", {"query": WANTED.query, "max_results": 2, "time_range": "month"}),
    "serper": (SERPER, "POST /search", {"q": WANTED.query, "num": 2, "hl": "en", "tbs": "qdr:m"}),
}
SECRETS = {
    "searxng": {},
    "brave": {"X-Subscription-Token": "b-key"},
    "tavily": {"Authorization": "Bearer t-key"},
    "serper": {"X-Api-Key": "s-key"},
}


@pytest.mark.parametrize("name", ASKED)
def test_an_index_is_asked_and_read_as_it_documents(name: str, tmp_path: Path) -> None:
    """Promise: each provider's own request, key and answer; the pages are the same from all of them."""
    answer, route, query = ASKED[name]
    server = Local(json.dumps(answer))
    found = searched(server, name, WANTED, tmp_path)
    ((came, asked, headers, body),) = server.asked
    assert (came, body or asked) == (route, query)
    told = {key.lower(): value for key, value in headers.items()}
    assert SECRETS[name].items() <= {key: told.get(key.lower()) for key in SECRETS[name]}.items()
    assert [one.url for one in found] == [TOWER, GARDEN]
    assert found[0].snippet == "It is 330 m tall."
    assert found[0].title.startswith("The tower & its height")


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, Unavailable, "BRAVE_API_KEY"),
        (402, Unavailable, "account"),
        (422, InvalidRequest, "other words"),
        (429, Busy, "later"),
        (500, UpstreamFailed, "again"),
    ],
)
def test_a_refusal_is_told_with_its_remedy(status: int, kind: type[NisError], told: str, tmp_path: Path) -> None:
    """Promise: a wrong key, an empty account, too many calls: each by its own error; the key is in none."""
    server = Local('{"message": "no"}', status=status, headers={"Retry-After": "7"})
    with pytest.raises(kind) as caught:
        searched(server, "brave", WANTED, tmp_path)
    assert told in caught.value.remedy
    assert "b-key" not in str(caught.value.problem())
    assert caught.value.retry_after == (7 if status == 429 else None)


@pytest.mark.parametrize(
    ("name", "status", "body", "kind", "says"),
    [
        (
            "brave",
            422,
            '{"error": {"code": "NO", "detail": "The provided subscription token b-key is invalid."}}',
            Unavailable,
            "token … is invalid",
        ),
        ("serper", 400, '{"message": "Not enough credits", "statusCode": 400}', Unavailable, "to be paid"),
        ("tavily", 432, '{"detail": {"error": "This request exceeds your plan."}}', Unavailable, "exceeds your plan"),
        ("tavily", 401, '{"detail": {"error": "Invalid key t-key."}}', Unavailable, "Invalid key …"),
        ("searxng", 502, "<html><style>p{}</style><h1>Bad\n Gateway</h1>", UpstreamFailed, "502: Bad Gateway$"),
        (
            "searxng",
            200,
            '{"results": [], "unresponsive_engines": [["qwant", "CAPTCHA"]]}',
            UpstreamFailed,
            '"qwant", "CAPTCHA"',
        ),
    ],
)
def test_a_refusal_is_told_for_what_it_is(
    name: str, status: int, body: str, kind: type[NisError], says: str, tmp_path: Path
) -> None:
    """Promise: a key, an account or engines that fail are neither a query's fault nor nothing found; no key is told."""
    with pytest.raises(kind, match=says) as caught:
        searched(Local(body, status=status), name, WANTED, tmp_path)
    assert not any(key in str(caught.value.problem()) for key in KEYS.values())


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"X-RateLimit-Remaining": "0, 900", "X-RateLimit-Reset": "1, 1419704"}, 1),
        (429, {"X-RateLimit-Remaining": "0, 0", "X-RateLimit-Reset": "1, 900"}, 900),
        (503, {"Retry-After": "5"}, 5),
    ],
)
def test_when_to_ask_again_is_what_the_index_says(
    status: int, headers: dict[str, str], wait: float | None, tmp_path: Path
) -> None:
    """Promise: of Brave's limits, that which is used up; one who says when is busy, and not down."""
    with pytest.raises(Busy) as caught:
        searched(Local("{}", status=status, headers=headers), "brave", WANTED, tmp_path)
    assert caught.value.retry_after == wait


def test_brave_is_asked_in_its_own_words(tmp_path: Path) -> None:
    """Promise: at most the 50 words that it takes, and languages as it calls them."""
    server = Local(json.dumps(BRAVE))
    searched(server, "brave", Wanted(query="so " * 60, limit=2, language="ja"), tmp_path)
    assert server.asked[0][1]["q"] == " ".join(["so"] * 50)
    assert server.asked[0][1]["search_lang"] == "jp"


@pytest.mark.parametrize("body", ["<html>", "[]", '{"web": {"results": [1, {"url": 2}, null]}}', "[" * 99_999])
def test_what_is_no_answer_is_none(body: str, tmp_path: Path) -> None:
    """Promise: an index that answers otherwise than documented yields a failure or nothing, and never a page."""
    if body.startswith("{"):
        assert searched(Local(body), "brave", WANTED, tmp_path) == []
    else:
        with pytest.raises(UpstreamFailed, match="no JSON object"):
            searched(Local(body), "brave", WANTED, tmp_path)


def test_an_endless_answer_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Promise: what an index answers is bounded."""
    with pytest.raises(UpstreamFailed, match="more than"):
        searched(Local(" " * (4 * 2**20 + 1)), "tavily", WANTED, tmp_path)


def test_without_a_key_a_search_is_unavailable(tmp_path: Path) -> None:
    """Promise: no key, no answer: the remedy names the settings."""
    with pytest.raises(Unavailable) as caught:
        Configured(read_settings({}, data=tmp_path), Http()).web()
    assert "NIS_SEARXNG_URL" in caught.value.remedy
    assert "BRAVE_API_KEY" in caught.value.remedy


def test_the_usual_index_is_the_settings_and_another_is_named(tmp_path: Path) -> None:
    """Promise: NIS_SEARCH chooses among several; a name that is not set up is refused with those that are."""
    there = read_settings({**KEYS, "NIS_SEARCH": "serper"}, data=tmp_path)
    assert Configured(there, Http()).web().name == "serper"
    assert Configured(read_settings(KEYS, data=tmp_path), Http()).web().name == "brave"
    with pytest.raises(InvalidRequest, match="searxng is not set up") as caught:
        Configured(there, Http()).web("searxng")
    assert "brave, tavily, serper" in caught.value.remedy
    gone = read_settings({"NIS_SEARCH": "brave", "SERPER_API_KEY": "s"}, data=tmp_path)
    with pytest.raises(Unavailable, match="NIS_SEARCH"):
        Configured(gone, Http()).web()


def test_arxivs_atom_is_read(tmp_path: Path) -> None:
    """Promise: a paper as arXiv tells of it; addresses are those with TLS."""
    server = Local(ATOM)
    found = papers(server, PapersWanted(query="a surface code", author="Ada Byron", limit=2, order="newest"), tmp_path)
    ((route, asked, _, _),) = server.asked
    assert route == "GET /"
    assert asked == {
        "start": "0",
        "max_results": "2",
        "search_query": 'all:surface AND all:code AND au:"Ada Byron"',
        "sortBy": "submittedDate",
        "sortOrder": "descending",
    }
    assert found.total == 1000
    first, second = found.papers
    assert (first.id, second.id) == ("2001.00001v2", "cs/0001002v1")
    assert (first.title, first.authors) == ("A surface code that is made up", ["Ada Byron", "Erwin Strom"])
    assert first.abstract.startswith("We show that a code of distance 3 corrects one error. Its threshold is 1.1")
    assert (first.url, first.pdf) == ("https://arxiv.org/abs/2001.00001v2", "https://arxiv.org/pdf/2001.00001v2")
    assert (first.doi, first.journal, first.comment) == (
        "10.1000/182",
        "J. Made Up 1 (2020) 1-12",
        "12 pages, 3 figures",
    )
    assert (first.categories, second.pdf, second.doi) == (["quant-ph", "cs.IT"], None, None)


def test_arxivs_errors_are_told(tmp_path: Path) -> None:
    """Promise: its errors are entries of a feed, and no papers."""
    with pytest.raises(InvalidRequest, match="incorrect id format"):
        papers(Local(ERROR_ATOM), PapersWanted(query="1234.12345"), tmp_path)


def tried(url: str, folder: Path) -> list[str]:
    """What becomes of two searches, a minute apart by the settings, of the arXiv at this address."""

    async def search() -> list[str]:
        client = Http()
        try:
            given = {"NIS_ARXIV_URL": url, "NIS_ARXIV_SECONDS": "60"}
            arxiv = Configured(read_settings(given, data=folder), client).papers()
            both = [arxiv.search(PapersWanted(query="code")) for _ in range(2)]
            return [type(one).__name__ for one in await asyncio.gather(*both, return_exceptions=True)]
        finally:
            await client.close()

    return asyncio.run(search())


def test_without_a_network_papers_are_unavailable_at_once(tmp_path: Path) -> None:
    """Promise: what arXiv has not heard counts for nothing in how often it is asked: nobody waits a minute for it."""
    assert tried("http://127.0.0.1:9", tmp_path) == ["Unavailable"] * 2


def test_a_turn_is_waited_for_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: one deadline bounds a search, and the wait for its turn with it."""
    monkeypatch.setattr("nis_backend.drivers.research.arxiv.LONGEST", 0.5)

    async def body() -> list[str]:
        async with Local(ATOM).running() as server:
            return await asyncio.to_thread(tried, server.url, tmp_path)

    assert asyncio.run(body()) == ["Papers", "Busy"]


BOMB = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><feed>&c;</feed>'


@pytest.mark.parametrize("body", [BOMB, "<feed", "", "<feed>" * 50_000])
def test_hostile_atom_is_refused(body: str, tmp_path: Path) -> None:
    """Promise: entities are not expanded, and what is no XML is a failure of arXiv's."""
    with pytest.raises(UpstreamFailed):
        papers(Local(body), PapersWanted(query="code"), tmp_path)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ('"error correction" of the code', 'all:"error correction" AND all:code'),
        ("the and of", "all:the AND all:and AND all:of"),
        ('x) OR (au:"y', "all:x AND all:au AND all:y"),
        ("all:x ANDNOT y", "all:all AND all:x AND all:y"),
    ],
)
def test_a_query_is_words_and_no_syntax(query: str, asked: str) -> None:
    """Promise: what a person types is looked for; operators and fields of arXiv's language are words like others."""
    assert asked_for(PapersWanted(query=query)) == asked


def test_ids_are_asked_for_as_ids(tmp_path: Path) -> None:
    """Promise: a query of ids alone is no search for words."""
    server = Local(ATOM)
    papers(server, PapersWanted(query="arXiv:2001.00001v2, cs/0001002"), tmp_path)
    assert server.asked[0][1] == {"start": "0", "max_results": "10", "id_list": "2001.00001v2,cs/0001002"}


def test_nothing_is_no_query(tmp_path: Path) -> None:
    """Promise: a query without a word is refused before arXiv is asked."""
    server = Local(ATOM)
    with pytest.raises(InvalidRequest, match="no word"):
        papers(server, PapersWanted(query='"" ()'), tmp_path)
    assert server.asked == []
