"""What the walks of `kills.py` have left: their logs, what each reader has had, and their effects elsewhere."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from walk import STEPS
from walkers import Frame, Reader, Servers, Walker

Json = dict[str, Any]  # Any: JSON

ROWS, LINES, NOTES, ANSWERS = (STEPS.count(kind) for kind in "wlnm")


@dataclass(kw_only=True)
class Found:
    """The figures, and what is wrong."""

    figures: dict[str, int | str] = field(default_factory=dict[str, "int | str"])
    faults: list[str] = field(default_factory=list[str])

    def count(self, name: str, number: int, fault: str = "") -> None:
        """Add to a figure; `fault` says what is wrong where it is not 0."""
        self.figures[name] = int(self.figures.get(name, 0)) + number
        if number and fault:
            self.faults.append(f"{name}: {number}: {fault}")


def check(servers: Servers, walkers: Sequence[Walker], ledger: Counter[str]) -> Found:
    """Look at all of it."""
    found = Found()
    rows = Counter(titles(servers, "/conversations", "conversations", "title"))
    runs = Counter(titles(servers, "/runs", "runs", "id"))
    for walker in walkers:
        found.count("runs", 1)
        log = Reader(servers)
        log.read("GET", f"/runs/{walker.run_id}/events")
        found.faults += log.faults
        check_readers(found, walker, log.frames)
        bodies = [dict(json.loads(text.partition(b"data: ")[2])["body"]) for _, _, text in log.frames]
        check_log(found, walker, bodies)
        check_effects(found, walker, bodies, rows, ledger)
        found.count("runs not once in the list", runs.pop(walker.run_id, 0) != 1, walker.run_id)
    found.count("runs that nobody started", len(runs), str(list(runs)[:3]))
    silence = max((reader.longest_silence for walker in walkers for reader in walker.readers), default=0.0)
    found.figures["longest silence between two events"] = f"{silence:.1f} s"
    return found


def titles(servers: Servers, path: str, name: str, field_name: str) -> list[str]:
    """One field of all in a list, page by page."""
    given: list[str] = []
    cursor = ""
    while True:
        _, page = servers.ask("GET", f"{path}?limit=100{cursor}")
        given += [str(one[field_name]) for one in page[name]]
        if not page["next_cursor"]:
            return given
        cursor = f"&cursor={page['next_cursor']}"


def check_readers(found: Found, walker: Walker, log: list[Frame]) -> None:
    """Each reader has had the log, byte for byte."""
    numbers = [number for number, _, _ in log]
    found.count("events", len(log))
    found.count("numbers out of order in a log", numbers != list(range(1, len(log) + 1)), f"{walker.run_id} {numbers}")
    for reader in walker.readers:
        found.faults += reader.faults
        found.count("readers", 1)
        found.count("connections they needed", reader.connections)
        had = Counter(number for number, _, _ in reader.frames)
        who = f"a reader of {walker.run_id}"
        found.count("events lost", len(set(numbers) - had.keys()), who)
        found.count("events doubled", had.total() - len(had), who)
        found.count("events otherwise", sum(a != b for a, b in zip(reader.frames, log, strict=False)), who)


def check_log(found: Found, walker: Walker, bodies: list[Json]) -> None:
    """The run came to its end, each step was recorded once, and its words are those of its last attempt."""
    kinds = Counter(str(body["type"]) for body in bodies)
    found.count("attempts", kinds["started"])
    found.count("answers cut and superseded", kinds["step_retried"])
    found.count("questions to a person", kinds["approval_required"])
    end: Json = bodies[-1] if bodies else {"type": "nothing"}
    if end["type"] != "succeeded":
        found.count("runs not succeeded", 1, f"{walker.run_id} {json.dumps(end)[:300]}")
        return
    found.count("runs not succeeded", 0)
    want = {
        "model_answered": ANSWERS,
        "tool_called": ROWS + LINES,
        "tool_answered": ROWS + LINES,
        "noted": 3 * NOTES + 2 * ROWS,
    }
    for kind, number in want.items():
        found.count("steps recorded other than once", abs(kinds[kind] - number), f"{kind} in {walker.run_id}")
    said: defaultdict[str, str] = defaultdict(str)
    for body in bodies:
        if body["type"] == "text_delta":
            said[str(body["step"])] += body["text"]
        elif body["type"] == "step_retried":
            said[str(body["step"])] = ""
    wrong = dict(said) != end["result"]["said"] or len(set(said.values())) != 1
    found.count("answers whose words are not the result's", wrong, f"{walker.run_id} {dict(said)}")
    noted = [str(body["value"]) for body in bodies if body.get("name") in {"drawn", "id", "now"}]
    found.count("notes that are not the result's", noted != end["result"]["noted"], f"{walker.run_id} {noted}")


def check_effects(found: Found, walker: Walker, bodies: list[Json], rows: Counter[str], ledger: Counter[str]) -> None:
    """Each row was written once; each line once, and once more at most for each time that a person allowed it."""
    approved = Counter(str(body["call_id"]) for body in bodies if body["type"] == "approved")
    problems = {str(body["call_id"]): body["problem"] for body in bodies if body["type"] == "tool_answered"}
    for body in bodies:
        if body["type"] != "tool_called":
            continue
        key = f"{body['arguments']['name']} {body['arguments']['step']}"
        if body["operation"] == "walk.write_row":
            for half in ("a", "b"):
                found.count("rows", rows[key + half])
                found.count("rows doubled", max(rows[key + half] - 1, 0), key + half)
                found.count("rows lost", max(1 - rows[key + half], 0), key + half)
        else:
            call_id = str(body["call_id"])
            found.count("lines", ledger[key])
            found.count("lines doubled without leave", max(ledger[key] - 1 - approved[call_id], 0), key)
            lost = call_id not in problems or (problems[call_id] is None and not ledger[key])
            found.count("lines lost", lost, f"{key} {walker.run_id}")
