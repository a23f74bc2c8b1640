"""Whether a change can be made: rules over what was found, each of which says what it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nis_backend.impact.report import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.report import Change, Counterfactual, Place, RuntimeProof, StaticProof, Use

WORKS = ("ready", "passed")
"""Outcomes of a command that did what it is for."""
NEEDS = ("import", "lazy_import", "dynamic_import", "script")
"""Uses that fail without the package."""
MAY = {
    "guarded_import": "It is imported where it is there; without it the project does something else",
    "named": "It is named in a text that something may import",
    "entry_point": "It is found through entry points, where no import names it",
    "version": "Its version is read",
}
"""Uses that may do without, and what is said of them."""


def judge(
    change: Change,
    static: StaticProof,
    runtime: RuntimeProof | None,
    counterfactual: Counterfactual,
    *,
    coming: Sequence[str] = (),
) -> Verdict:
    """SAFE where nothing speaks against it and all is proven; UNSAFE where something fails or differs without it.

    `coming` are the modules that what takes its place can be imported as.
    """
    reasons = [*_resolved(counterfactual), *_compared(counterfactual)]
    if change.kind in {"drop", "swap"}:
        reasons += _static(static, coming, proven=_proven(counterfactual))
        reasons += _imported(static, runtime)
        reasons += _unread(static, proven=_proven(counterfactual))
    reasons += _ran(runtime, counterfactual)
    said = {reason.speaks for reason in reasons}
    word = "UNSAFE" if "against" in said else "UNPROVEN" if "open" in said else "SAFE"
    order = {"against": 0, "open": 1, "for": 2}
    return Verdict(word=word, reasons=sorted(reasons, key=lambda one: order[one.speaks]))


def _resolved(found: Counterfactual) -> Iterator[Reason]:
    now, after = found.resolved_now, found.resolved
    if after is not None and not after.possible:
        yield _reason("against", "What is asked for afterwards cannot be installed together", after.blamed)
    elif after is not None and now is not None and not now.possible:
        yield _reason("for", "It ends a conflict: what is asked for now cannot be installed together", now.blamed)
    if after is not None and after.stays_for:
        yield _reason("for", f"It stays installed for {', '.join(after.stays_for)}, so the disk and the start keep it")
    if found.check:
        yield _reason("against", f"Requirements no longer hold: {'; '.join(found.check[:5])}")


def _compared(found: Counterfactual) -> Iterator[Reason]:
    for title, pairs in (("hidden", found.hidden), ("for real", found.installed)):
        worked = [pair for pair in pairs if pair.with_it.outcome in WORKS]
        for pair in worked:
            if not pair.same:
                yield _reason("against", f"{pair.with_it.name} differs without it ({title}): {pair.difference}")
        same = [pair.with_it.name for pair in worked if pair.same]
        if same:
            yield _reason("for", f"{' and '.join(same)}: the same without it ({title})")


def _static(static: StaticProof, coming: Sequence[str], *, proven: bool) -> Iterator[Reason]:
    taken_over = {name for name in static.modules if name in coming}
    uses = [use for use in static.uses if use.what.partition(".")[0] not in taken_over]
    needed = [use for use in uses if use.how in NEEDS and use.where == "application"]
    if needed:
        yield _reason("against", f"The application needs it, in {_places(needed)}", _at(needed))
    for how, words in MAY.items():
        found = [use for use in uses if use.how == how and use.where == "application"]
        if found:
            fallback = next((use.fallback for use in found if use.fallback), "")
            yield _reason("open", words + (f": {fallback}" if fallback else ""), _at(found))
    others = [use for use in uses if use.where in {"tests", "tooling"} and use.how != "typing_import"]
    if others:
        where = " and ".join(sorted({use.where for use in others}))
        yield _reason("open", f"Used by {where} only: it belongs to a group of theirs", _at(others))
    if not needed and not others and not any(use.how in MAY for use in uses):
        yield _reason("for", f"No text of the project names it ({static.files} Python files were read)")
    requirers = [one for one in static.required_by if one.applies and len(one.why) > 1]
    loose = [one for one in static.required_by if one.applies and len(one.why) <= 1]
    if loose and not requirers:
        yield _reason("open", f"Required by {', '.join(one.name for one in loose[:5])}, which nobody asks for")
    if not proven and not needed:
        yield _reason("open", "Nothing was run with it hidden: give --start, --smoke or --test")


def _imported(static: StaticProof, runtime: RuntimeProof | None) -> Iterator[Reason]:
    if runtime is None:
        return
    seen = [one for one in runtime.imports if one.by == "third_party" and not one.failed]
    required = any(one.applies for one in static.required_by)
    if seen and not required:
        who = ", ".join(sorted({one.distribution or one.importer for one in seen})[:5])
        places = [one.place for one in seen if one.place]
        yield _reason("open", f"{who} imports it at run time and does not require it: see what it does without", places)
    if runtime.programs:
        yield _reason("against", f"Its command was started: {', '.join(runtime.programs[:5])}")


def _unread(static: StaticProof, *, proven: bool) -> Iterator[Reason]:
    if static.unread:
        yield _reason("open", f"{len(static.unread)} files could not be read", static.unread)
    if static.open and not proven:
        yield _reason("open", f"{len(static.open)} imports have a name that is computed", static.open)


def _ran(runtime: RuntimeProof | None, found: Counterfactual) -> Iterator[Reason]:
    phases = [pair.with_it for pair in (*found.hidden, *found.installed)] or (runtime.phases if runtime else [])
    failed = {phase.name: phase for phase in phases if phase.outcome not in WORKS}
    for phase in failed.values():
        last = f": {phase.told[-1]}" if phase.told else ""
        yield _reason("open", f"{phase.name} does not work as the project stands{last}, so nothing can be compared")


def _proven(found: Counterfactual) -> bool:
    """Whether something that works was run without it."""
    return any(pair.with_it.outcome in WORKS for pair in (*found.hidden, *found.installed))


def _places(uses: Sequence[Use]) -> str:
    files = list(dict.fromkeys(use.place.file for use in uses))
    return ", ".join(files[:3]) + (f" and {len(files) - 3} files more" if len(files) > 3 else "")  # noqa: PLR2004 - as shown


def _at(uses: Sequence[Use]) -> list[Place]:
    return [use.place for use in uses]


def _reason(speaks: Literal["for", "against", "open"], text: str, evidence: Sequence[Place] = ()) -> Reason:
    return Reason(speaks=speaks, text=f"{text}.", evidence=list(evidence)[:20])
