"""Documents of all kinds, some of them hostile, are added while the server is killed in the middle.

    make prove-documents                                   # 100 files, 20 of them hostile, one kill
    make prove-documents ARGS="--files 8 --hostile 4"

Every good file has to be in, with what it says; every hostile one has to end in the failure that is stated for it,
which names the file and says what to do. `kill -9` hits the server while a long document is half in: the run goes on
where it was, and no chunk is there twice. The same file again changes nothing, another of its name replaces it. The
memory of the server and of the largest worker is printed. The exit status says whether it was so.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from document_files import HOSTILE, WORDS, column, good, pdf, two_columns
from start import descendants, free_port, healthy, ours, resident_mb

Json = Any

LONG = "long.pdf"
PAGES, FEWER = 60, 24
"""Of the document that is half in when the server is killed, six steps; and in a short form, three."""
LIMIT_SECONDS = 900.0
ENDED = {"succeeded", "failed", "cancelled"}


class Server:
    """One server on one data folder, killed and started again; and how much memory it and its workers had at most."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.most, self.worker = 0.0, 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self) -> None:
        """Start it, and return with its first answer."""
        with (self._folder / "log").open("ab") as log:
            command = ours(self.port, str(self._folder / "nis"))
            self._process = subprocess.Popen(
                command, env={**os.environ}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + 60
        while not healthy(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                sys.exit(f"the server did not come up:\n{self.log[-4000:]}")
            time.sleep(0.01)

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._folder / "log").read_text("utf-8", "replace")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def stop(self) -> None:
        """End it in order."""
        self._over.set()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            process = self._process
            if process is not None and process.poll() is None:
                try:
                    self.most = max(self.most, resident_mb(process.pid))
                    self.worker = max([self.worker, *map(resident_mb, descendants(process.pid))])
                except OSError:  # one that has just ended
                    continue

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """The answer, or the problem."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if path.endswith("/add-document"):
            headers["Prefer"] = "respond-async"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def add(self, name: str, content: bytes) -> str:
        """Begin to add a file; the run's id."""
        document = {"base64": base64.b64encode(content).decode(), "name": name}
        while "id" not in (begun := self.ask("POST", "/documents/add-document", {"document": document})):
            if not begun.get("retryable"):
                sys.exit(f"{name} was not taken: {begun}")
            time.sleep(float(begun.get("retry_after", 1)))
        return str(begun["id"])

    def ended(self, run_id: str) -> Json:
        """The run, once it has ended."""
        end = time.monotonic() + LIMIT_SECONDS
        while (run := self.ask("GET", f"/runs/{run_id}"))["state"] not in ENDED and time.monotonic() < end:
            time.sleep(0.05)
        return run

    def chunks(self, document_id: str) -> list[Json]:
        """Every chunk of a document."""
        found: list[Json] = []
        cursor = 0
        while cursor is not None:
            path = "/collections/documents/items"
            page = self.ask("POST", path, {"document_id": document_id, "limit": 100, "cursor": cursor})
            found += page["items"]
            cursor = page["next_cursor"]
        return found

    def named(self, name: str) -> Json:
        """The document of this name, None where there is none."""
        listed: list[Json] = []
        cursor = ""
        while True:
            page = self.ask("GET", f"/documents?limit=100{cursor}")
            listed += page["documents"]
            if page["next_cursor"] is None:
                return next((one for one in listed if one["name"] == name), None)
            cursor = f"&cursor={page['next_cursor']}"


def long_document(pages: int) -> bytes:
    """So many pages of a paragraph."""
    return pdf(
        [(column(60, 760, f"Page {number} of the log. {WORDS * 3}", letters=80), []) for number in range(1, pages + 1)]
    )


def half_in(server: Server, run_id: str) -> int:
    """Wait until some of the long document is in and the rest is not; how many chunks there are."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        document = server.named(LONG)
        if document is not None and (found := len(server.chunks(document["id"]))):
            return found
        if server.ask("GET", f"/runs/{run_id}")["state"] in ENDED:
            break
        time.sleep(0.02)
    sys.exit("the long document was in before anybody could look")


def check_good(server: Server, name: str, says: str, run: Json) -> list[str]:
    """What is wrong with a file that has to be in."""
    if run["state"] != "succeeded":
        return [f"{name}: {run['state']}: {run['problem']}"]
    document = run["result"]["document"]
    chunks = server.chunks(document["id"])
    numbers = Counter(int(one["metadata"]["chunk"]) for one in chunks)
    wrong: list[str] = []
    if sorted(numbers.elements()) != list(range(1, document["chunks"] + 1)):
        wrong.append(f"{name}: {document['chunks']} chunks were told of, and {sorted(numbers.elements())} are there")
    if says not in " ".join(" ".join(one["text"] for one in chunks).split()):
        wrong.append(f"{name}: {says!r} is not in it")
    return wrong


def check_hostile(name: str, code: str, says: str, run: Json) -> list[str]:
    """What is wrong with a file that has to be refused."""
    problem: dict[str, Any] = run["problem"] or {}
    told = str(problem.get("detail", ""))
    if run["state"] != "failed" or problem.get("code") != code or says not in told or not problem.get("remedy"):
        return [f"{name}: {run['state']}: {problem}"]
    return [] if name in told or code == "too_large" else [f"{name}: the failure does not name it: {told}"]


def prove(server: Server, given: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Add everything, kill the server in between; what is wrong, and the lines of a table."""
    every = [one for one in good(2 * given.files) if not (given.plain and "scan" in one.name)]
    fine = every[: given.files - given.hostile]
    evil = HOSTILE[: given.hostile]
    pages = PAGES if given.files > FEWER else FEWER
    begun = time.perf_counter()
    runs = {one.name: server.add(one.name, one.made()) for one in (*fine[: len(fine) // 2], *evil[: len(evil) // 2])}
    long_run = server.add(LONG, long_document(pages))
    before = half_in(server, long_run)
    server.kill()
    server.start()
    runs |= {one.name: server.add(one.name, one.made()) for one in (*fine[len(fine) // 2 :], *evil[len(evil) // 2 :])}
    wrong = check_good(server, LONG, f"Page {pages} of the log.", whole := server.ended(long_run))
    if whole["attempt"] < 2:  # noqa: PLR2004 - the one that was killed, and the one that went on
        wrong.append(f"{LONG}: it was never cut: attempt {whole['attempt']}")
    for one in fine:
        wrong += check_good(server, one.name, one.says, server.ended(runs[one.name]))
    for one in evil:
        wrong += check_hostile(one.name, one.code, one.says, server.ended(runs[one.name]))
    seconds = time.perf_counter() - begun
    wrong += check_again(server)
    kept = sum(one["state"] == "ready" for one in _all(server))
    chunks = whole["result"]["document"]["chunks"] if whole["result"] else "none"
    files = f"{len(fine) + 1} good files in, {len(evil)} hostile ones refused, {seconds:.0f} s"
    cut = f"killed with {before} chunks of {LONG} in, {chunks} in the end"
    lines = [f"| {files} | {kept} documents ready |", f"| {cut} | attempt {whole['attempt']} |"]
    return wrong, lines


def check_again(server: Server) -> list[str]:
    """The same file once more, and another of its name."""
    name = "report 1.pdf"
    same = server.ended(server.add(name, two_columns(1)))
    other = server.ended(server.add(name, two_columns(4711)))
    wrong = [] if same["result"]["outcome"] == "unchanged" else [f"{name} again: {same['result']}"]
    if other["result"]["outcome"] != "replaced":
        wrong.append(f"{name} with other bytes: {other['result']}")
    old = [
        one for one in server.chunks(other["result"]["id"]) if "4711" not in one["text"] and "column 1" in one["text"]
    ]
    return [*wrong, *(f"{name}: a chunk of the old one is left" for _ in old)]


def _all(server: Server) -> list[Json]:
    found: list[Json] = []
    cursor = ""
    while True:
        page = server.ask("GET", f"/documents?limit=100{cursor}")
        found += page["documents"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def main() -> None:
    """Add, kill, look, and say what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--files", type=int, default=100, help="in all (default 100)")
    arguments.add_argument("--hostile", type=int, default=len(HOSTILE), help=f"of them (default {len(HOSTILE)})")
    arguments.add_argument("--plain", action="store_true", help="without those that are read by recognition")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        try:
            server.start()
            wrong, lines = prove(server, given)
        finally:
            server.stop()
        faults = server.log.count("Traceback (most recent call last)")
        if faults:
            wrong.append(f"the server's log has {faults} tracebacks:\n{server.log[-3000:]}")
    print("\n".join(lines))
    print(f"| server {server.most:.0f} MB at most | largest worker {server.worker:.0f} MB |")
    for line in wrong:
        print(f"wrong: {line}")
    if not wrong:
        print("Nothing was lost, and nothing was done twice.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
