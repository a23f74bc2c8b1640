"""`kill -9` in the middle of research: it goes on, and no search and no page that is in its log is asked for again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from conftest import Serve
from outliving import begun, check_whole
from rest_client import ask, followed

PAGES = {
    "/one": "The bridge over the Sund is eight kilometres long, of which a third lies in a tunnel under the sea.",
    "/two": "Whoever asks how long a bridge may become finds ropes the answer: two thousand metres of steel.",
    "/three": "Monks built the long bridge of Avignon in eight years; four of its twenty-two arches still stand.",
}
"""Notes, which are read without a worker."""
HELD = "/three"
"""The page that is under way when the server is killed."""


class Site:
    """A search and three pages on this machine; the third is not answered until it is let go."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._let_go = asyncio.Event()

    def let_go(self) -> None:
        """Have the third page answered from now on."""
        self._loop.call_soon_threadsafe(self._let_go.set)

    @contextmanager
    def open(self) -> Generator[Site]:
        """Serve from a thread."""
        up, end = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(up, end)))
        thread.start()
        try:
            assert up.wait(60)
            yield self
        finally:
            self._loop.call_soon_threadsafe(end.set)
            thread.join(60)
            self._loop.close()

    async def _serve(self, up: threading.Event, end: asyncio.Event) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        up.set()
        await end.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        match request.path:
            case "/search":
                pages = [{"url": f"{self.url}/{name}", "title": name} for name in ("one", "two", "three")]
                return web.json_response({"results": pages})
            case "/robots.txt":
                return web.Response(status=404)
            case path:
                if path == HELD:
                    await self._let_go.wait()
                return web.Response(text=PAGES[path])


def test_research_resumes_without_asking_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: each search and page is noted once; those before the kill are not asked for by the next attempt."""
    with Site().open() as site:
        settings = {"NIS_SEARXNG_URL": site.url, "NIS_ALLOWED_SOURCES": "127.0.0.1"}
        server = serve(data=tmp_path, **settings)
        question = {"question": "How long is the bridge?", "where": ["web"], "mode": "extractive", "texts": True}
        run_id = begun(server, "/research/research-topic", question)
        before: list[dict[str, Any]] = []
        for event in followed(server, run_id, 0):
            before.append(event)
            if {"search 1", "source 1", "source 2"} <= {one["body"].get("name") for one in before}:
                break
        server.kill()
        site.let_go()
        server = serve(data=tmp_path, **settings)
        seen = list(before)
        for event in followed(server, run_id, before[-1]["seq"]):
            seen.append(event)
            if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
                break
        result = ask(server, "GET", f"/runs/{run_id}")[2]["result"]
    check_whole(seen)
    noted = [one["body"]["name"] for one in seen if one["body"]["type"] == "noted"]
    assert sorted(noted) == ["search 1", "source 1", "source 2", "source 3"]
    assert (site.asked["/search"], site.asked["/one"], site.asked["/two"]) == (1, 1, 1)
    assert site.asked[HELD] <= 2
    assert [one["title"] for one in result["sources"]] == ["one", "two", "three"]
    told = {one["number"]: one["text"] for one in result["sources"]}
    cited = [one for section in result["sections"] for each in section["statements"] for one in each["citations"]]
    assert {one["source"] for one in cited} == {1, 2, 3}
    for one in cited:
        assert told[one["source"]][one["start"] : one["end"]] == one["quote"], json.dumps(one)
