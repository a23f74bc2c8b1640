"""Views as one HTML page that needs nothing else: no script, no address, charts as SVG, light and dark."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from nis_backend.drawing import DARK, draw
from nis_backend.impact.forms.words import MARKS, line
from nis_backend.told import title_of, words
from nis_backend.view import Form, Network, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.view import View

FENCE = re.compile(r"^(`{3,})\w*\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"\\(?P<escaped>[^\w\s])|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|\*\*(?P<word>\w+)\*\*:?")
STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 "Noto Sans", system-ui, sans-serif; }
body { max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #1c1e21; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: .4rem; color: #fff; background: #6b7280; }
.verdict.SAFE { background: #15803d; } .verdict.UNSAFE { background: #b91c1c; }
.verdict.UNPROVEN { background: #b45309; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e5e7eb; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } td { overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .8rem; background: #f3f4f6; border-radius: .4rem; }
th.number { text-align: right; } ul { list-style: none; padding: 0; } li { padding-left: 1.6em; text-indent: -1.6em; }
li.for::first-letter { color: #15803d; } li.against::first-letter { color: #b91c1c; }
li.open::first-letter { color: #b45309; }
code { font-size: .92em; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; } figure.wide { grid-column: 1 / -1; overflow-x: auto; }
figure.wide svg { min-width: 40rem; } svg { width: 100%; height: auto; } .dark { display: none; }
@media (prefers-color-scheme: dark) {
  body { color: #e5e7eb; background: #111418; } th, td { border-color: #2b3038; } pre { background: #1b1f26; }
  .light { display: none; } .dark { display: block; }
}
"""


def page(title: str, views: Sequence[View]) -> str:
    """The whole page."""
    told = [view for view in views if isinstance(view, Text | Table)]
    drawn = [view for view in views if not isinstance(view, Text | Table | Form)]
    charts = "".join(
        f'<figure class="{"wide" if view.kind == "network" else ""}" aria-label="{escape(words(view))}">'
        f'<div class="light">{draw(view, width=_width(view), height=_height(view))}</div>'
        f'<div class="dark" aria-hidden="true">'
        f"{draw(view, width=_width(view), height=_height(view), theme=DARK)}</div></figure>"
        for view in drawn
        if title_of(view)
    )
    first, rest = told[:1], told[1:]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(line(title))}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{escape(line(title))}</h1>{''.join(map(_part, first))}"
        f'{f"""<div class="charts">{charts}</div>""" if charts else ""}{"".join(map(_part, rest))}</body></html>\n'
    )


def _width(view: View) -> int:
    return 960 if view.kind == "network" else 420


def _height(view: View) -> int | None:
    """Of a graph: as many rows as its fullest column has."""
    if not isinstance(view, Network):
        return None
    return 110 + 64 * max(Counter(node.x for node in view.nodes).values())


def _part(view: Text | Table) -> str:
    return _text(view.text) if isinstance(view, Text) else _table(view)


def _text(text: str) -> str:
    """The few marks that our own texts have: fences, lists, bold and code."""
    parts: list[str] = []
    for prose, _, fenced in _fenced(text):
        parts += map(_block, re.split(r"\n{2,}", prose.strip()))
        parts += [f"<pre>{escape(fenced)}</pre>"] if fenced else []
    return "".join(parts)


def _fenced(text: str) -> Iterator[tuple[str, str, str]]:
    """What stands before each fence, its mark, and what is within; at the end what is left."""
    start = 0
    for found in FENCE.finditer(text):
        yield text[start : found.start()], found[1], found[2]
        start = found.end()
    yield text[start:], "", ""


def _block(text: str) -> str:
    lines = text.splitlines()
    if lines and all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(_item(line[2:]) for line in lines) + "</ul>"
    return f"<p>{_inline(' '.join(lines))}</p>" if lines else ""


def _item(text: str) -> str:
    kind = next((kind for kind, mark in MARKS.items() if text.startswith(f"{mark} ")), "")
    return f'<li class="{kind}">{_inline(text)}</li>' if kind else f"<li>• {_inline(text)}</li>"


def _inline(text: str) -> str:
    """A line: what is escaped, code, and the verdict's word, which is the one that is bold."""
    parts: list[str] = []
    start = 0
    for found in TOKEN.finditer(text):
        parts.append(escape(text[start : found.start()]))
        start = found.end()
        if found["escaped"]:
            parts.append(escape(found["escaped"]))
        elif found["code"]:
            parts.append(f"<code>{escape(found['code'].strip())}</code>")
        else:
            parts.append(f'<strong class="verdict {found["word"]}">{found["word"]}</strong>')
    return "".join([*parts, escape(text[start:])])


def _table(view: Table) -> str:
    numeric = [
        bool(view.rows) and all(isinstance(row[at], float) for row in view.rows) for at in range(len(view.columns))
    ]
    head = "".join(
        f'<th class="{"number" if number else "words"}">{escape(column)}</th>'
        for column, number in zip(view.columns, numeric, strict=True)
    )
    rows = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in view.rows)
    return (
        f'<h2>{escape(view.title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(cell: str | float) -> str:
    return f'<td class="number">{cell:.10g}</td>' if isinstance(cell, float) else f"<td>{escape(str(cell))}</td>"
