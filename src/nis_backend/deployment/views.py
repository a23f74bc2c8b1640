"""What is told of a deployment as neutral views, of which the terminal, the console and protocols make their own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from nis_backend.deployment.price import NO_PRICE
from nis_backend.deployment.report import (
    Comparison,
    Findings,
    Image,
    LogLines,
    Outcome,
    Plan,
    Price,
    Status,
)
from nis_backend.told import counted
from nis_backend.view import Axis, Series, Table, Text, moment, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.deployment.report import Arithmetic, Resource
    from nis_backend.view import View

    Rows = list[list[str | float]]
    Found = Plan | Price | Status | LogLines | Findings | Comparison | Outcome | Image

BARS = 12
"""Lines of a bill that are drawn; what is less than those is one more."""
WORDS = {"done": "Done", "rolled_back": "Taken back", "failed": "Failed"}
MOST_ADDED = 12
"""Resources that are all new and are named one by one; of more only the count is told."""
SHORT = 19
"""Characters of a digest that are shown: sha256: and twelve."""
MIB = 2**20


def views_of(found: Found, *, charts: bool = True, whole: bool = True) -> list[View]:  # noqa: PLR0911 - one for each kind
    """The answer in words first, then its tables, then what is drawn of it; a plan may be told in short."""
    match found:
        case Plan():
            return _plan(found, charts=charts, whole=whole)
        case Price():
            return _price(found, charts=charts)
        case Status():
            return _status(found)
        case LogLines():
            return _logs(found)
        case Findings():
            return _findings(found)
        case Comparison():
            return _comparison(found)
        case Outcome():
            return _outcome(found)
        case Image():
            return _image(found)
        case _:
            assert_never(found)


def _plan(plan: Plan, *, charts: bool, whole: bool) -> list[View]:
    """What decides first: the sum, a refusal, what changes. Then what to mind, the bill, and the times."""
    where = f"{plan.target} in {plan.region}" if plan.region else plan.target
    price = "Nothing is paid for." if plan.price is None else _month(plan.price)
    refused = f"\n\nApplying it would be refused: {plan.refused}" if plan.refused else ""
    asked = any(one.change != "unknown" for one in plan.resources)
    changes = len([one for one in plan.resources if one.change != "keep"])
    told = (
        counted(changes, "change") if asked or not changes else f"{counted(changes, 'resource')}, asked of no account"
    )
    bill = [] if plan.price is None else _price(plan.price, charts=charts, whole=whole)[1:]
    times = [view for one in plan.times for view in _arithmetic(one)] if whole else _times(plan.times)
    return [
        Text(text=f"{plan.name} ({plan.profile}) on {where}: {told}. {price}{refused}"),
        *(_changes(plan.resources, whole=whole) if asked else []),
        *_listed("Mind", plan.warnings),
        *bill,
        *times,
        # Of no account: a list of all that there would be is long.
        *(_changes(plan.resources, whole=True) if whole and not asked else []),
    ]


def _changes(resources: Sequence[Resource], *, whole: bool) -> list[View]:
    """What changes, the new at the end; in short neither what stays nor each of very many that are new."""
    shown = [one for one in resources if whole or one.change not in {"keep", "add"}]
    added = [] if whole else [one for one in resources if one.change == "add"]
    many = len(added) > MOST_ADDED
    each = shown if many else [*shown, *added]
    rows: Rows = [[one.change, one.id, one.kind, one.told] for one in each]
    if many:
        rows.append(["add", counted(len(added), "resource"), "", "all of them new"])
    return _table("Resources" if whole else "Changes", ["change", "resource", "kind", "what"], rows)


def _times(times: Sequence[Arithmetic]) -> list[View]:
    """Each sum in a line."""
    rows: Rows = [
        [one.what, round(one.seconds, 1), one.told if one.holds else f"does not hold. {one.told}"] for one in times
    ]
    return _table("Times, s", ["what", "seconds", "in words"], rows)


def _price(price: Price, *, charts: bool, whole: bool = True) -> list[View]:
    rows: Rows = [
        [
            *(one.resource, one.what, round(one.quantity, 4), one.unit),
            *(f"{Decimal(str(one.price)):f}", f"{one.month:.2f}", one.dated),
        ]
        for one in price.lines
    ]
    rows.append(["sum", "", "", "", "", f"{price.month:.2f}", ""])
    sources = sorted({one.source for one in price.lines})
    columns = ["resource", "what", "quantity", "unit", "price", "month", "price of"]
    if not whole:
        # The oldest day is among what to mind.
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    bill = [
        Text(text=_month(price)),
        Table(title=f"A month in {price.region}, USD", columns=columns, rows=rows),
        *([_bars(price)] if charts and price.lines else []),
    ]
    if not whole:
        unknown = [one for one in price.left_out if NO_PRICE in one]
        return [*bill, *_listed("Not in the sum", unknown), *_in_short(price, len(sources))]
    return [
        *bill,
        *_listed("Assumed", price.assumed),
        *_listed("Not in the sum", price.left_out),
        *_listed("Prices stand at", sources),
    ]


def _in_short(price: Price, sources: int) -> list[View]:
    """What the sum stands on, by its counts."""
    counts = [counted(len(price.assumed), "assumption"), counted(sources, "source")]
    out = counted(len(price.left_out), "thing")
    return [Text(text=f"The sum stands on {' and '.join(counts)}, and leaves {out} out; the whole plan names each.")]


def _month(price: Price) -> str:
    """The sum, and whether it is all there is."""
    unknown = len([one for one in price.left_out if NO_PRICE in one])
    if unknown:
        return f"A month in {price.region} costs at least {price.month:.2f} USD: {counted(unknown, 'price')} unknown."
    return f"A month in {price.region} costs {price.month:.2f} USD."


def _bars(price: Price) -> Series:
    """The largest lines of the bill, and the rest together."""
    lines = sorted(price.lines, key=lambda one: one.month, reverse=True)
    shown = [(f"{one.what}, {one.resource}", one.month) for one in lines[:BARS]]
    rest = sum((Decimal(str(one.month)) for one in lines[BARS:]), Decimal(0))
    if rest:
        shown.append(("all else", float(rest)))
    bars = Axis(label="a month", unit="USD", values=[month for _, month in shown], mark="bars")
    return Series(
        title="Where the bill comes from", x=Axis(label="", values=[], names=[name for name, _ in shown]), lines=[bars]
    )


def _arithmetic(one: Arithmetic) -> list[View]:
    rows: Rows = [[part.what, round(part.seconds, 1), part.told] for part in one.parts]
    if len(rows) > 1:
        rows.append(["sum", round(one.seconds, 1), "" if one.holds else "does not hold"])
    told = [Text(text=f"{one.what}: {one.told}")] if one.told else []
    return [Table(title=f"{one.what}, s", columns=["part", "seconds", "from"], rows=rows), *told]


def _status(status: Status) -> list[View]:
    if not status.exists:
        return [Text(text=f"There is no {status.name} on {status.target}.")]
    services: Rows = [
        [one.service, float(one.desired), float(one.running), float(one.healthy), one.rollout]
        for one in status.services
    ]
    revisions: Rows = [[one.state, one.id, one.image, f"{moment(one.created)} UTC"] for one in status.revisions]
    address = f" It answers at {status.address}." if status.address else ""
    ringing = f" Alarms ring: {', '.join(status.alarms)}." if status.alarms else ""
    return [
        Text(text=f"{status.name} on {status.target}: {status.state or 'there'}.{address}{ringing}"),
        *_table("Services", ["service", "wanted", "running", "healthy", "rollout"], services),
        *_table("Revisions", ["state", "revision", "image", "since"], revisions),
    ]


def _logs(found: LogLines) -> list[View]:
    rows: Rows = [[f"{moment(one.time)} UTC", one.service, one.task, one.text] for one in found.lines]
    told = f"{counted(len(rows), 'line')}." if rows else "No lines."
    return [Text(text=told), *_table("Lines", ["time", "service", "task", "text"], rows)]


def _findings(found: Findings) -> list[View]:
    count = {
        name: len([one for one in found.findings if one.severity == name]) for name in ("error", "warning", "note")
    }
    words = ", ".join(counted(number, name) for name, number in count.items() if number) or "nothing found"
    # Few columns: a terminal of eighty characters is wide enough for the sentences.
    rows: Rows = [
        [one.severity, _where(one.place, one.line), f"{one.said} {one.remedy} ({one.rule})"] for one in found.findings
    ]
    return [
        Text(text=f"A {found.kind}: {words}; {counted(len(found.checked), 'rule')} looked at."),
        *_table("Findings", ["severity", "where", "what, and what to do"], rows),
    ]


def _where(place: str, line: int | None) -> str:
    return place if line is None else f"{place}, line {line}" if place else f"line {line}"


def _comparison(found: Comparison) -> list[View]:
    rows: Rows = [[one.place, one.before, one.after, one.told] for one in found.differences]
    told = f"{verbatim(found.before)} and {verbatim(found.after)}: "
    return [
        Text(text=told + (f"{counted(len(rows), 'difference')}." if rows else "no difference.")),
        *_table("Differences", ["place", "before", "after", "what it means"], rows),
    ]


def _outcome(found: Outcome) -> list[View]:
    rows: Rows = [["yes" if one.ok else "no", one.what, round(one.seconds, 1), one.told] for one in found.steps]
    serves = f" {verbatim(found.revision)} is served." if found.revision else ""
    told = f" {found.told}" if found.told else ""
    return [
        Text(text=f"{WORDS[found.ended]} in {found.seconds:.1f} s.{serves}{told}"),
        *_table("Steps", ["done", "step", "seconds", "what"], rows),
    ]


def _image(found: Image) -> list[View]:
    rows: Rows = [[one.digest[:SHORT], one.told, _mib(one.compressed), _mib(one.unpacked)] for one in found.layers]
    if rows:
        sums = [sum(one.compressed for one in found.layers), sum(one.unpacked for one in found.layers)]
        rows.append(["sum", "", *map(_mib, sums)])
    built = " ".join(part for part in (found.target, found.platform) if part)
    told = f" {found.told}" if found.told else ""
    return [
        Text(text=f"{verbatim(found.name)} is {verbatim(found.digest)}{f' ({built})' if built else ''}.{told}"),
        *_table("Layers, MiB", ["layer", "what is in it", "compressed", "unpacked"], rows),
    ]


def _mib(size: int) -> str | float:
    """Mebibytes; nothing where it was not measured."""
    return round(size / MIB, 1) if size else ""


def _table(title: str, columns: list[str], rows: Rows) -> list[View]:
    """Without the columns that hold nothing; nothing where there are no rows."""
    used = [index for index in range(len(columns)) if any(row[index] != "" for row in rows)]
    if not rows:
        return []
    return [Table(title=title, columns=[columns[i] for i in used], rows=[[row[i] for i in used] for row in rows])]


def _listed(title: str, lines: Sequence[str]) -> list[View]:
    """Sentences below a heading; nothing where there are none."""
    return [Text(text="\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]))] if lines else []
