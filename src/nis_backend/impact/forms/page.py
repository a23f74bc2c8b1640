"""Views as one HTML page that needs nothing else: no script, no address, charts as SVG, light and dark."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from nis_backend.drawing import DARK, draw
from nis_backend.told import title_of, words
from nis_backend.view import Form, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.view import View

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
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figure.wide { grid-column: 1 / -1; } svg { width: 100%; height: auto; } .dark { display: none; }
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
        f'<div class="light">{draw(view, width=_width(view))}</div>'
        f'<div class="dark" aria-hidden="true">{draw(view, width=_width(view), theme=DARK)}</div></figure>'
        for view in drawn
        if title_of(view)
    )
    first, rest = told[:1], told[1:]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1>{''.join(map(_part, first))}"
        f'{f"""<div class="charts">{charts}</div>""" if charts else ""}{"".join(map(_part, rest))}</body></html>\n'
    )


def _width(view: View) -> int:
    return 960 if view.kind == "network" else 420


def _part(view: Text | Table) -> str:
    return _text(view.text) if isinstance(view, Text) else _table(view)


def _text(text: str) -> str:
    """The few marks that our own texts have: fences, lists, bold and code."""
    parts: list[str] = []
    for index, block in enumerate(re.split(r"^```.*\n?", text, flags=re.MULTILINE)):
        if index % 2:
            parts.append(f"<pre>{escape(block.rstrip())}</pre>")
            continue
        for paragraph in re.split(r"\n{2,}", block.strip()):
            lines = paragraph.splitlines()
            if lines and all(line.startswith("- ") for line in lines):
                parts.append("<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>")
            elif lines:
                parts.append(f"<p>{_inline(' '.join(lines))}</p>")
    return "".join(parts)


def _inline(text: str) -> str:
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(
        r"\*\*(\w+)\*\*", lambda found: f'<strong class="verdict {found[1]}">{found[1]}</strong>', safe, count=1
    )


def _table(view: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in view.columns)
    rows = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in view.rows)
    return (
        f'<h2>{escape(view.title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(cell: str | float) -> str:
    return f'<td class="number">{cell:.10g}</td>' if isinstance(cell, float) else f"<td>{escape(str(cell))}</td>"
