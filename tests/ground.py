"""A whole nis in this process: real drivers, real log, every surface; its model says what a script holds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import uvicorn
from indexes import Reached
from small_project import small_project

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.deployment.local.target import LocalTarget
from nis_backend.lock import FolderLock
from nis_backend.mounting import asgi, commanded
from nis_backend.operation import Model
from nis_backend.run import RunHandle
from nis_backend.settings import Settings, read_settings

Json = dict[str, Any]
PATIENCE = 120.0

SCRIPT = {
    "replies": [
        {"when": "long story", "text": "Once upon a time there was a ship.", "pause": 10},
        {"when": "Invent a sailing ship", "text": '{"ship": "Argo", "masts": 1}'},
        {"when": "The parcel arrived late", "text": '{"label": "complaint"}'},
        {"when": "ada@example.com", "text": '{"1": {"quote": "ada@", "reason": "An address.", "violated": true}}'},
        {"when": "Which one is about the sea", "text": '{"order": [1, 0]}'},
        {
            "when": "When does the ship leave",
            "text": '{"quotes": [{"text": 0, "words": "on Monday"}], "found": true, "answer": "On Monday."}',
        },
        {
            "when": "launched on 3 May 1911",
            "text": '{"ship": {"words": "The Argo", "value": "Argo"}, "masts": {"words": "two masts", "value": 2},'
            ' "launched": {"words": "3 May 1911", "value": "1911-05-03"}, "captain": {"words": null, "value": null}}',
        },
        {
            "when": "whether this server is alive",
            "text": '{"steps": [{"id": "look", "operation": "system.check_live", "arguments": {}}]}',
        },
        {"when": "The Sea Rover left", "text": "Le Sea Rover a quitté le port."},
        {"text": "I answer from a script."},
    ]
}
"""What the model says; the story is still under way when it is cancelled."""


def rehearsed(folder: Path) -> Json:
    """A deployment on this machine of the very environment that runs the tests, with the times of a quick one."""
    quick = {
        "health_seconds": 0.1,
        "drain_seconds": 1,
        "stop_seconds": 5,
        "bake_seconds": 0,
        "again_seconds": 0.1,
        "trial": False,
    }
    return {"to": "local", "folder": str(folder), "port": 0, "image": f"venv:{sys.prefix}", "rules": quick}


class Ground:
    """A whole nis in this process, served on a free port by a thread of its own."""

    def __init__(self, folder: Path) -> None:
        script = folder / "script.json"
        script.write_text(json.dumps(SCRIPT))
        self.data = folder
        project = small_project(folder / "small" / "orders")
        self.rehearsal = folder / "rehearsal"
        self.settings = read_settings(
            os.environ,
            data=folder,
            port=0,
            scripted=script,
            bus_owner=LOCAL.owner,
            impact_projects=str(project),
            deployments=json.dumps({"rehearsal": rehearsed(self.rehearsal)}),
            searxng_url="https://search.example.org",
            arxiv_seconds=0,
            training_threads=1,
        )
        self.url = ""
        self.process = Process(self.settings)
        # What is searched and read: pages that are here, however their examples are called.
        self._web = Reached(self.process.clients)
        self.process.clients = {"anywhere": self._web, "outside": self._web}
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()

    def read(self, **_: object) -> Settings:
        """Its settings, for a command in this process."""
        return self.settings

    @contextlib.contextmanager
    def open(self) -> Generator[Ground]:
        """From its first answer to its orderly end."""
        up = threading.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(up)), name="ground")
        with FolderLock(self.data) as lock:
            thread.start()
            try:
                assert up.wait(PATIENCE), "it did not start"
                lock.listening(self.url)
                yield self
            finally:
                if self.rehearsal.exists():
                    LocalTarget(self.rehearsal).destroy(lambda _fraction, _what: None)
                self._loop.call_soon_threadsafe(self._end.set)
                thread.join(PATIENCE)
                self._loop.close()

    async def _serve(self, up: threading.Event) -> None:
        config = uvicorn.Config(
            asgi(self.process), port=0, lifespan="off", log_config=None, ws="websockets-sansio", http="httptools"
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        async with self.process.open(), commanded(self.process):
            await server.startup()
            self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
            up.set()
            await self._end.wait()
            self.process.closing.set()
            await server.shutdown()

    def run(self, work: Any) -> Any:  # Any: a coroutine and what it answers
        """Carry a coroutine out where the process lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def call(self, name: str, request: Json, *, wait: bool = True) -> Any:  # Any: JSON
        """The operation's result, without any surface."""

        async def called() -> Any:
            result = await self.process.context(LOCAL).call_named(name, request)
            if isinstance(result, RunHandle):
                return await result.result() if wait else {"id": result.id}
            if isinstance(result, Model):
                return result.model_dump(mode="json")
            return [item.model_dump(mode="json") async for item in result]

        return self.run(called())


_REFERENCE = re.compile(r"\{(\w+)\.(\w+)\}")


def prepared(ground: Ground, example: Json) -> Json:
    """The example's request, once its first calls have been made."""
    results: Json = {}
    for before in example["before"]:
        given = filled(before["request"], results)
        results[before["name"]] = ground.call(before["operation"], given, wait=before["wait"])
    return filled(example["request"], results)


def filled(value: Any, results: Json) -> Any:  # Any: JSON
    """The value, with what earlier calls answered in the place of references to it."""
    if isinstance(value, dict):
        return {key: filled(one, results) for key, one in cast("Json", value).items()}
    if isinstance(value, list):
        return [filled(one, results) for one in cast("list[Any]", value)]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return results[found[1]][found[2]] if found else value
