"""A report as neutral views, of which the terminal, Markdown, the page and every surface make their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nis_backend.impact.forms.charts import bars, importers
from nis_backend.impact.forms.words import (
    MARKS,
    NAMES,
    amount,
    at,
    code,
    difference,
    fenced,
    line,
    money,
    plain,
    size,
    spread,
)
from nis_backend.impact.pricing import SERVICES
from nis_backend.told import counted
from nis_backend.view import Table, Text

if TYPE_CHECKING:
    from nis_backend.impact.report import Audit, Change, Hidden, Phase, Price, Ranking, Report, Resolution, Share
    from nis_backend.view import View

    Rows = list[list[str | float]]

MOST = 30
"""Rows of a table; how many more there are is said."""


def of_report(report: Report, *, charts: bool = True) -> list[View]:
    """The verdict first, then what it stands on."""
    found = [
        Text(text=_verdict(report)),
        *_figures(report),
        *(of_price(report.price) if report.price else []),
        *_going(report),
        *_uses(report),
        *_running(report),
        *_after(report),
    ]
    drawn = [*bars(report), *importers(report)] if charts else []
    return [*found, *drawn, Text(text=_way(report))]


def of_ranking(ranking: Ranking) -> list[View]:
    """Every dependency, the likeliest to go first."""
    rows: Rows = [
        [
            one.package,
            one.version,
            size(one.installed),
            "" if one.import_seconds is None else amount(one.import_seconds, "s"),
            float(one.uses),
            one.used_by.replace("_", " "),
            one.told,
        ]
        for one in ranking.packages
    ]
    columns = ["package", "version", "on disk", "import", "uses", "used by", "what it says"]
    told = f"{_dependencies(len(rows))} of {plain(ranking.project)}, Python {plain(ranking.python)}."
    missing: Rows = [[place.text, at(place)] for place in ranking.missing]
    return [
        Text(text=f"{told} {plain(ranking.formula)}"),
        *_table("Dependencies by cost against use", columns, rows),
        *_table("Imported, and not declared", ["module", "where"], missing),
    ]


def of_audit(audit: Audit) -> list[View]:
    """What is wrong with a note, line by line."""
    count = len(audit.findings)
    told = f"{counted(count, 'finding')}; {counted(audit.checked, 'statement')} checked by {audit.rules} rules."
    rows: Rows = [
        [float(one.line), one.quoted, one.wrong, one.right, f"{one.rule}: {one.source}"] for one in audit.findings
    ]
    return [Text(text=told), *_table("Findings", ["line", "it says", "what is wrong", "what is right", "source"], rows)]


def _dependencies(count: int) -> str:
    return f"{count} {'dependency' if count == 1 else 'dependencies'}"


def headline(change: Change, version: str) -> str:
    """The change in words: `drop tensorflow 2.15.1`."""
    named = f"{change.package} {version}".strip()
    match change.kind:
        case "drop":
            return f"drop {named}"
        case "add":
            return f"add {change.to or change.package}"
        case "swap":
            return f"swap {named} for {change.to}"
        case "upgrade":
            return f"upgrade {named} to {change.to or 'its newest'}"


def _verdict(report: Report) -> str:
    change = f"{headline(report.change, report.version)} ({report.project})"
    lines = [f"**{report.verdict.word}**: {plain(change)}", ""]
    for reason in report.verdict.reasons:
        places = ", ".join(code(at(place)) for place in reason.evidence[:3])
        more = f" and {len(reason.evidence) - 3} more" if len(reason.evidence) > 3 else ""  # noqa: PLR2004 - those named
        lines.append(f"- {MARKS[reason.speaks]} {plain(reason.text)}{f' ({places}{more})' if places else ''}")
    took = f"{report.seconds:.0f} s, {report.installing:.0f} of them installing"
    lines += ["", f"Python {plain(report.python)}; {took}; made {plain(report.made)}."]
    return "\n".join(lines)


def _figures(report: Report) -> list[View]:
    found = report.measurement
    if found is None:
        return []
    rows: Rows = []
    if found.sizes is not None:
        one = found.sizes
        rows.append(["Installed", size(one.before), size(one.after), size(one.after - one.before)])
        layer = one.layer_after - one.layer_before
        rows.append(["As an image's layer", size(one.layer_before), size(one.layer_after), size(layer)])
    measured: Rows = [
        [NAMES[one.name], spread(one.before, one.unit), spread(one.after, one.unit), difference(one)]
        for one in found.measures
    ]
    title = "Before and after: medians, and where they lie with 95 % confidence" if measured else "Before and after"
    return [*_table(title, ["figure", "before", "after", "difference"], rows + measured), *_notes(found.told)]


def _going(report: Report) -> list[View]:
    found = report.measurement
    if found is None:
        return []
    parts = found.sizes.parts if found.sizes else []
    after = report.counterfactual.resolved
    come = {one.name for one in after.come} if after else set[str]()
    rows: Rows = [
        [
            one.name,
            one.version,
            size(one.installed),
            size(one.layer),
            "" if one.wheel is None else size(one.wheel),
            _fate(report.change, one, come),
        ]
        for one in parts
    ]
    hooks: Rows = [[one.distribution, one.how, one.what] for one in found.hooks]
    imports: Rows = [[one.name, amount(one.seconds, "s"), float(one.modules)] for one in found.imports]
    columns = ["distribution", "version", "installed", "layer", "wheel", "after the change"]
    if not any(one.wheel for one in parts):
        columns, rows = [*columns[:4], *columns[5:]], [[*row[:4], *row[5:]] for row in rows]
    return [
        *_table("What it brings", columns, rows),
        *_table("Import time by distribution", ["distribution", "its own modules", "modules"], imports),
        *_table("What runs at start by itself", ["distribution", "how", "what"], hooks),
    ]


def _fate(change: Change, one: Share, come: set[str]) -> str:
    if canonicalize_name(one.name) in come:
        return "comes with it"
    if change.kind == "upgrade":
        return "goes" if one.exclusive else "stays"
    return "goes with it" if one.exclusive else "stays for others" if change.kind != "add" else "is there already"


def _uses(report: Report) -> list[View]:
    proof = report.static
    uses: Rows = [
        [at(one.place), one.where, one.how.replace("_", " "), one.what, one.place.text.strip()] for one in proof.uses
    ]
    requirers: Rows = [
        [f"{one.name} {one.version}", one.requirement, "yes" if one.applies else "no, its marker", " → ".join(one.why)]
        for one in proof.required_by
    ]
    columns = ["distribution", "requirement", "applies here", "because of"]
    return [
        *_table("Who uses it, by the texts", ["where", "in", "how", "what", "line"], uses),
        *_table("Who requires it", columns, requirers),
        *_table("Not read", ["file", "why"], [[at(one), one.text] for one in proof.unread]),
    ]


def _running(report: Report) -> list[View]:
    proof = report.runtime
    if proof is None:
        return []
    phases: Rows = [_ran(one) for one in proof.phases]
    imports: Rows = [
        [
            one.module,
            one.importer,
            one.by.replace("_", " ") + (f" ({one.distribution})" if one.distribution else ""),
            one.phase,
            "failed" if one.failed else "",
        ]
        for one in proof.imports
        if one.by != "itself"
    ]
    told = (
        f"Python processes watched: {proof.processes}; not watched: {proof.unwatched}. Of the project's own modules "
        f"{proof.seen} of {proof.known} were imported: the others prove nothing."
    )
    return [
        *_table("Its own commands, watched", ["phase", "command", "outcome", "time", "it said"], phases),
        *_table("Who imported it", ["module", "imported by", "whose", "phase", ""], imports),
        Text(text=told),
    ]


def _ran(one: Phase) -> list[str | float]:
    outcome = one.outcome.replace("_", " ") + (f", exit code {one.code}" if one.code else "")
    return [one.name, one.command, outcome, amount(one.seconds, "s"), one.told[-1] if one.told else ""]


def _after(report: Report) -> list[View]:
    found = report.counterfactual
    sides = ("with it", "without it") if report.change.kind == "drop" else ("before", "after")
    views: list[View] = [
        *_compared("With it hidden", found.hidden, sides),
        *_compared("In an environment as it would be", found.installed, sides),
    ]
    for title, one in (("As it stands", found.resolved_now), ("After the change", found.resolved)):
        views += _resolved(title, one) if one else []
    return [*views, *_table("Requirements that do not hold after it", ["requirement"], [[one] for one in found.check])]


def _resolved(title: str, one: Resolution) -> list[View]:
    word = "can" if one.possible else "cannot"
    lines = [f"{title}, by {plain(one.tool)}: what is asked for {word} be installed together."]
    lines += ["", fenced(one.explanation)] if one.explanation else []
    lines += ["", f"It stays installed for {', '.join(map(code, one.stays_for))}."] if one.stays_for else []
    moved: Rows = [
        *([f"{gone.name} {gone.version}", "goes"] for gone in one.gone),
        *([f"{come.name} {come.version}", "comes"] for come in one.come),
        *([line, "moves"] for line in one.moved),
    ]
    blamed: Rows = [[at(place), place.text] for place in one.blamed]
    return [
        Text(text="\n".join(lines)),
        *_table("What changes", ["distribution", "change"], moved),
        *_table("Requirements to blame", ["where", "line"], blamed),
    ]


def _compared(title: str, pairs: list[Hidden], sides: tuple[str, str]) -> list[View]:
    rows: Rows = [
        [
            one.with_it.name,
            one.with_it.outcome.replace("_", " "),
            one.without_it.outcome.replace("_", " "),
            "the same" if one.same else one.difference,
        ]
        for one in pairs
    ]
    return _table(title, ["phase", *sides, "difference"], rows)


def of_price(price: Price) -> list[View]:
    """What it says, after the bills."""
    rows: Rows = [
        [
            SERVICES[one.service],
            f"{one.size}, {money(one.monthly)}",
            f"{then.size}, {money(then.monthly)}",
            "the same size" if one.size == then.size else money(then.monthly - one.monthly),
        ]
        for one, then in zip(price.before, price.after, strict=True)
    ]
    if price.image_before is not None and price.image_after is not None:
        kept = (price.image_before, price.image_after, price.image_after - price.image_before)
        rows.append(["Image in ECR", *map(money, kept)])
    title = f"Price a month, {price.region}, prices of {price.dated} or later"
    return [*_table(title, ["bill", "before", "after", "difference"], rows), Text(text=plain(price.told))]


def _way(report: Report) -> str:
    lines: list[str] = []
    if report.way is not None:
        way = report.way
        if not way.patch:
            lines += [_unpatched(report)]
        elif report.verdict.word == "SAFE":
            lines += [f"To make the change: {code(way.apply)}; to take it back: {code(way.undo)}."]
        else:
            lines += [f"It is {report.verdict.word}, so `--apply` does not make it. The change would be:"]
        lines += ["", fenced(way.patch, "diff")] if way.patch else []
        by_hand = ", ".join(code(at(place)) for place in way.by_hand)
        lines += ["", f"{'Besides, by' if way.patch else 'By'} hand: {by_hand}."] if by_hand else []
        rollback = fenced("\n".join(way.rollback), "sh")
        lines += ["", "To bring back what runs now:", "", rollback] if way.rollback else []
    if report.left_out:
        lines += ["", "Not looked at:", "", *(f"- {plain(one)}" for one in report.left_out)]
    return "\n".join(lines) or "Nothing was left out."


def _unpatched(report: Report) -> str:
    """Why there is no patch."""
    if report.change.kind == "upgrade" and report.static.declared:
        return "Its files allow it as they stand."
    return "No rule can make the change in the project's files" + (
        "." if report.static.declared else ": none asks for it."
    )


def _table(title: str, columns: list[str], rows: Rows) -> list[View]:
    """The table, where it has rows."""
    if len(rows) > MOST:
        over = len(rows) - MOST
        title, rows = f"{title} ({over} more: --json has them)", rows[:MOST]
    cells: Rows = [[line(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return [Table(title=title, columns=columns, rows=cells)] if rows else []


def _notes(text: str) -> list[View]:
    return [Text(text=plain(text))] if text else []
