"""Forms of a report: whatever a project's texts hold, each form shows it as text and is whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from findings import full, interval
from rich.console import Console

from nis_backend.impact.forms.charts import importers
from nis_backend.impact.forms.markdown import markdown
from nis_backend.impact.forms.page import page
from nis_backend.impact.forms.views import of_audit, of_ranking, of_report
from nis_backend.impact.forms.words import amount, money, spread
from nis_backend.impact.report import Audit, Finding, Place, Ranked, Ranking
from nis_backend.surfaces.cli.draw import Screen
from nis_backend.view import Table, Text

HOSTILE = (
    "a<script>alert(1)</script> | ``` `b` **c** __init__.py [d](javascript:e) &lt; ![f](http://g)"
    "\n# h\n```\n- i\n\n| j |\x1b[31mk\x07\u202e"
)
VOID = {"meta", "br"}


class Tags(HTMLParser):
    """Reads a page: the tags it has, each closed in turn, its attributes, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is said."""
        self.said.append(data)


def test_a_page_holds_hostile_texts_as_text_alone() -> None:
    """Every string of a project's is in the report: none becomes a tag, an address or an attribute."""
    read = Tags(page(HOSTILE, of_report(full(HOSTILE))))
    assert read.open == []
    assert not read.tags & {"script", "a", "img", "iframe", "object", "link", "foreignobject"}
    assert not {name for name in read.attributes if name.startswith("on")} | (read.attributes & {"href", "src"})
    said = "".join(read.said)
    assert "<script>alert(1)</script>" in said
    assert "\x1b" not in said
    assert "**c**" in said
    assert "[d](javascript:e)" in said


def test_a_page_needs_nothing_from_elsewhere() -> None:
    """One file: to be kept as an artifact of a build, and read without a network."""
    text = page("drop heavy", of_report(full()))
    assert not re.search(r"""(?:src|href)=|url\(|@import|<script""", text)
    assert text.count("<svg") == 2 * len([one for one in of_report(full()) if not isinstance(one, Text | Table)])


def test_markdown_of_hostile_texts_keeps_its_tables_and_fences() -> None:
    """Rows have as many cells as their heads, fences are closed, and no text begins a tag or a link."""
    text = markdown(of_report(full(HOSTILE)))
    fence, columns = "", 0
    for line in text.splitlines():
        run = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif run:
            fence = run[0]
        elif line.startswith("| "):
            cells = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1
            assert columns in {0, cells}, line
            columns = cells
        else:
            columns = 0
            assert not re.search(r"(?<![\\`])<script", re.sub(r"(`+).+?(?<!`)\1(?!`)", "", line)), line
    assert not fence
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("columns", [80, 100])
def test_a_terminal_shows_hostile_texts_without_being_steered(columns: int) -> None:
    """No control character of the project's reaches it, and no line is cut: what is long is folded."""
    out = StringIO()
    screen = Screen()
    screen._console = Console(file=out, force_terminal=True, width=columns, color_system=None)  # pyright: ignore[reportPrivateUsage] - a terminal of its own
    end = "the-very-end-of-a-long-sentence"
    screen.drawn(of_report(full(f"{HOSTILE} {'word ' * 40}{end}"), charts=False))
    text = out.getvalue()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", re.sub(r"\x1b\]8;.*?\x1b\\|\x1b\[[\d;]*m", "", text))
    assert max(len(line) for line in text.splitlines()) <= columns + 2
    assert "".join(text.split()).count(end) >= 2


def test_the_first_view_says_the_verdict_and_why() -> None:
    """A reader who stops there has the answer."""
    first = of_report(full())[0]
    assert isinstance(first, Text)
    assert first.text.startswith("**UNSAFE**: swap plain plain for plain (plain)\n\n- ✗ plain (`plain:12`)")


def test_a_ranking_and_an_audit_are_shown_in_full() -> None:
    """What is missing, and every finding with its line."""
    ranked = Ranked(
        package="heavy", version="1", installed=10**9, import_seconds=0.5, uses=0, used_by="nobody", told="It can go."
    )
    place = Place(file="app.py", line=3, text="yaml")
    shown = markdown(of_ranking(Ranking(project="p", python="3.11", packages=[ranked], missing=[place], formula="f.")))
    assert "1 dependency of p" in shown
    assert "| heavy | 1 | 1.00 GB | 500 ms | 0 | nobody | It can go. |" in shown
    assert "| yaml | app.py:3 |" in shown
    finding = Finding(line=7, quoted="$9.01", rule="fargate", wrong="It is $18.", right="$18.02", source="a page")
    shown = markdown(of_audit(Audit(findings=[finding], checked=1, rules=12)))
    assert "1 finding; 1 statement checked by 12 rules." in shown
    assert "| 7 | $9.01 | It is $18. | $18.02 | fargate: a page |" in shown


def test_the_graph_ends_at_the_package() -> None:
    """Who imports it is read from left to right."""
    (graph,) = importers(full())
    assert graph.kind == "network"
    assert {node.group for node in graph.nodes} <= {"the package", "what imports it"}
    assert all(graph.nodes[link.start].x <= graph.nodes[link.end].x for link in graph.links)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "bytes", "0 bytes"),
        (999, "bytes", "999 bytes"),
        (-1_600_000_000, "bytes", "−1.60 GB"),
        (88_000_000, "bytes", "88.0 MB"),
        (0.004, "s", "4.00 ms"),
        (4.2, "s", "4.20 s"),
        (0.0031, "cores", "0.31 %"),
    ],
)
def test_figures_have_three_digits_and_their_unit(value: float, unit: str, words: str) -> None:
    """Decimal units, as disks and registries count."""
    assert amount(value, unit) == words


def test_an_interval_is_in_the_unit_of_its_figure() -> None:
    """So that three numbers can be compared at a glance; dollars keep their sign before them."""
    assert spread(interval(0.93, 0.9, 1.1), "s") == "0.93 s (0.90 to 1.10)"
    assert [money(-1.615), money(0.0071), money(1234.5)] == ["−$1.61", "$0.0071", "$1,234.50"]
