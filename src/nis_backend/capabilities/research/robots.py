"""What a site's robots.txt lets us fetch.

Source: RFC 9309, Robots Exclusion Protocol.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MOST = 512_000
"""Bytes of the file that are read: RFC 9309, 2.5 asks for 500 KiB at least."""
LONGEST_RULE, MOST_RULES = 500, 5000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A line of a group: paths that begin so may, or may not, be fetched."""

    path: str
    allows: bool

    def matches(self, path: str) -> bool:
        """Whether it is about this path: `*` stands for anything, a `$` at the end for the end."""
        bare = self.path.removesuffix("$")
        *parts, last = bare.split("*")
        place = 0
        for number, part in enumerate(parts):
            found = 0 if number == 0 and path.startswith(part) else -1 if number == 0 else path.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        if not parts:
            return path == last if self.path.endswith("$") else path.startswith(last)
        if self.path.endswith("$"):
            return len(path) - len(last) >= place and path.endswith(last)
        return path.find(last, place) >= 0


def allows(robots: str, agent: str, url: str) -> bool:
    """Whether the file lets `agent` fetch the address: of the rules that match, the longest counts; of two, the yes."""
    parts = urlsplit(url)
    path = _same(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
    matching = [rule for rule in _rules(robots, agent) if rule.matches(path)]
    return max(matching, key=lambda rule: (len(rule.path), rule.allows)).allows if matching else True


def _rules(robots: str, agent: str) -> list[Rule]:
    """The rules of the groups for this agent, all together; where there is none, of those for everyone."""
    ours: list[Rule] = []
    everyones: list[Rule] = []
    named, agents, begun = False, set[str](), False
    for line in robots[:MOST].splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            agents = agents if not begun else set[str]()
            begun = False
            agents.add(re.split(r"[/\s]", value.lower(), maxsplit=1)[0])
            named = named or agent in agents
        elif key in {"allow", "disallow"}:
            begun = True
            if not value or len(value) > LONGEST_RULE:
                continue
            rule = Rule(path=_same(value), allows=key == "allow")
            if agent in agents and len(ours) < MOST_RULES:
                ours.append(rule)
            if "*" in agents and len(everyones) < MOST_RULES:
                everyones.append(rule)
    return ours if named else everyones


def _same(path: str) -> str:
    """A path as paths compare: letters beyond ASCII as their bytes, each written in one way."""
    return quote(unquote(path, errors="surrogateescape"), safe="/*$?=&;:@!'(),+~%", errors="surrogateescape")
