"""Whether a change can be made: rules over what was found, each of which says what it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from nis_backend.impact.report import Reason, Verdict
from nis_backend.impact.running.comparing import WORKS
from nis_backend.told import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.report import Change, Counterfactual, Place, RuntimeProof, StaticProof, Use

NAMED = 5
"""Names in a sentence."""
NEEDS = ("import", "lazy_import", "dynamic_import", "script")
"""Uses that fail without the package."""
MAY = {
    "guarded_import": "It is imported where it is there; without it the project does something else",
    "named": "It is named in a text that something may import",
    "entry_point": "It is found through entry points, where no import names it",
    "version": "Its version is read",
    "implied": "Another package does what is called here by it",
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
    """SAFE where nothing speaks against it and nothing is open; UNSAFE where something fails or differs after it.

    `coming` are the modules that what takes its place can be imported as.
    """
    proven = _proven(counterfactual)
    reasons = [*_resolved(change, counterfactual), *_compared(change, static, counterfactual)]
    if change.kind in {"drop", "swap"}:
        reasons += _static(static, coming, run=proven or bool(runtime and runtime.phases))
        reasons += _imported(change, static, runtime)
        reasons += _unread(static, proven=proven)
    if change.kind != "drop":
        reasons += _arrival(runtime, counterfactual)
    reasons += _ran(runtime, counterfactual)
    said = {reason.speaks for reason in reasons}
    word = "UNSAFE" if "against" in said else "UNPROVEN" if "open" in said else "SAFE"
    order = {"against": 0, "open": 1, "for": 2}
    return Verdict(word=word, reasons=sorted(reasons, key=lambda one: order[one.speaks]))


def _resolved(change: Change, found: Counterfactual) -> Iterator[Reason]:
    now, after = found.resolved_now, found.resolved
    if after is not None and not after.possible and now is not None and not now.possible:
        # Fewer requirements cannot be harder to hold; others can.
        speaks = "for" if change.kind == "drop" else "open"
        words = "What is asked for cannot be installed together, after the change as before it"
        yield _reason(speaks, words, after.blamed)
    elif after is not None and not after.possible:
        yield _reason("against", "What would be asked for cannot be installed together", after.blamed)
    elif after is not None and now is not None and not now.possible:
        yield _reason("for", "It ends a conflict: what is asked for now cannot be installed together", now.blamed)
    if after is not None and after.stays_for:
        yield _reason("for", f"It stays installed for {_names(after.stays_for)}, so disk and start keep what it costs")
    if change.kind != "drop" and after is not None and after.possible and not (after.gone or after.come or after.moved):
        yield _reason("for", "Nothing is installed, removed or moved by it")
    if found.check:
        yield _reason("against", f"Requirements no longer hold: {'; '.join(found.check[:5])}")


def _compared(change: Change, static: StaticProof, found: Counterfactual) -> Iterator[Reason]:
    stays = _stays_for(static, found)
    said: set[tuple[str, str]] = set()
    then = "without it" if change.kind == "drop" else "after it"
    for title, pairs in (("hidden", found.hidden), ("for real", found.installed)):
        worked = [pair for pair in pairs if pair.with_it.outcome in WORKS]
        for pair in worked:
            what = (pair.with_it.name, pair.without_it.outcome)
            if pair.same or what in said:
                continue
            said.add(what)
            differs = f"{pair.with_it.name} differs {then} ({title}): {_sentence(pair.difference)}"
            if title == "hidden" and stays:
                yield _reason("for", f"{differs}; but it stays installed for {_names(stays)}")
            else:
                yield _reason("against", differs)
        same = [pair.with_it.name for pair in worked if pair.same]
        if same:
            yield _reason("for", f"{' and '.join(same)}: the same {then} ({title})")


def _static(static: StaticProof, coming: Sequence[str], *, run: bool) -> Iterator[Reason]:
    uses = [use for use in static.uses if not _taken_over(use.what, static.modules, coming)]
    needed = [use for use in uses if use.how in NEEDS and use.where == "application"]
    if needed:
        yield _reason("against", f"The application needs it, in {_places(needed)}", _at(needed))
    for how, words in MAY.items():
        found = [use for use in uses if use.how == how and use.where == "application"]
        if found:
            fallback = next((use.fallback for use in found if use.fallback), "")
            yield _reason("open", words + (f": {_sentence(fallback)}" if fallback else ""), _at(found))
    around = [use for use in uses if use.where in {"tests", "tooling"} and use.how != "typing_import"]
    if around:
        where = " and ".join(sorted({use.where for use in around}))
        only = f"Used by {where} only: it belongs to a group of theirs"
        used = any(use.where == "application" for use in uses)
        yield _reason("open", f"{where.capitalize()} use it too" if used else only, _at(around))
    yield from _unused(static, uses)
    if static.shared_with:
        others = _names(static.shared_with)
        yield _reason("open", f"It has files in common with {others}: an uninstall takes them, so install that again")
    loose = [one for one in static.required_by if one.applies and not one.why]
    if loose and not any(one.applies and one.why for one in static.required_by):
        yield _reason("open", f"Required by {_names([one.name for one in loose])}, which nobody asks for")
    if not static.declared and not any(one.applies for one in static.required_by):
        yield _reason("for", "Nothing asks for it: it was installed by hand")
    if not run and not needed:
        yield _reason("open", "Nothing was run without it: give --start, --smoke or --test")


def _unused(static: StaticProof, uses: Sequence[Use]) -> Iterator[Reason]:
    """What is said where no code that runs names it."""
    running = [use for use in uses if use.where != "documents" and use.how != "typing_import"]
    if running:
        return
    if any(use.where != "documents" for use in static.uses if use not in uses):
        yield _reason("for", "What takes its place is imported by the same names")
        return
    typing = [use for use in uses if use.how == "typing_import" and use.where != "documents"]
    if typing:
        yield _reason("open", f"Imported for types alone: a type checker needs it, in {_places(typing)}", _at(typing))
    else:
        yield _reason("for", f"No code and no configuration names it ({static.files} Python files were read)")


def _taken_over(what: str, modules: Sequence[str], coming: Sequence[str]) -> bool:
    """Whether a module that is used is found under the same name in what takes its place."""
    own = [name for name in modules if what == name or what.startswith(f"{name}.")]
    return bool(own) and all(name in coming for name in own)


def _arrival(runtime: RuntimeProof | None, found: Counterfactual) -> Iterator[Reason]:
    """What has to be known of an environment in which something is other than it was."""
    if found.resolved is None:
        yield _reason("open", "Whether it can be installed beside the rest was not tried")
    if not (found.installed or (runtime and runtime.phases)):
        yield _reason("open", "Nothing was run in an environment as it would be: give --start, --smoke or --test")


def _stays_for(static: StaticProof, found: Counterfactual) -> list[str]:
    """Who keeps it installed after its own declaration is gone."""
    if found.resolved is not None and found.resolved.possible:
        return found.resolved.stays_for
    return [one.name for one in static.required_by if one.applies and one.why]


def _imported(change: Change, static: StaticProof, runtime: RuntimeProof | None) -> Iterator[Reason]:
    if runtime is None:
        return
    key = canonicalize_name(change.package)
    seen = [
        one
        for one in runtime.imports
        if one.by == "third_party" and not one.failed and canonicalize_name(one.distribution) != key
    ]
    required = any(one.applies for one in static.required_by)
    if seen and not required:
        who = _names(sorted({one.distribution or one.importer for one in seen}))
        places = [one.place for one in seen if one.place]
        words = f"{who} imports it at run time and does not require it: what it does without was not shown"
        yield _reason("open", words, places)
    own = [one for one in runtime.imports if one.by in {"application", "hook"} and not one.failed]
    if own and not static.uses:
        who = _names(sorted({one.importer for one in own}))
        yield _reason(
            "open", f"{who} imported it at run time, though no text names it", [p for o in own if (p := o.place)]
        )
    if runtime.programs:
        yield _reason("against", f"Its command was started: {', '.join(runtime.programs[:5])}")


def _unread(static: StaticProof, *, proven: bool) -> Iterator[Reason]:
    if static.unread:
        yield _reason("open", f"{counted(len(static.unread), 'file')} could not be read", static.unread)
    if static.open and not proven:
        yield _reason("open", f"{counted(len(static.open), 'import')} by a name that is computed", static.open)


def _ran(runtime: RuntimeProof | None, found: Counterfactual) -> Iterator[Reason]:
    phases = [pair.with_it for pair in (*found.hidden, *found.installed)] or (runtime.phases if runtime else [])
    failed = {phase.name: phase for phase in phases if phase.outcome not in WORKS}
    for phase in failed.values():
        said = [one for one in phase.told if not one.startswith("(")] or [
            one.strip("()").removeprefix("never ready: ") for one in phase.told
        ]
        last = f" ({_sentence(said[-1])})" if said else ""
        code = f": {phase.outcome.replace('_', ' ')}" + (f", exit code {phase.code}" if phase.code else "")
        yield _reason("open", f"{phase.name} does not work as the project stands{code}{last}; nothing can be compared")


def _proven(found: Counterfactual) -> bool:
    """Whether something that works was run without it."""
    return any(pair.with_it.outcome in WORKS for pair in (*found.hidden, *found.installed))


def _places(uses: Sequence[Use]) -> str:
    files = list(dict.fromkeys(use.place.file for use in uses))
    return ", ".join(files[:3]) + (f" and {counted(len(files) - 3, 'more file')}" if len(files) > 3 else "")  # noqa: PLR2004 - as shown


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _sentence(words: str) -> str:
    """Another's words within ours: one line, whose stop is ours."""
    return " ".join(words.split()).rstrip(".")


def _at(uses: Sequence[Use]) -> list[Place]:
    return [use.place for use in uses]


def _reason(speaks: Literal["for", "against", "open"], text: str, evidence: Sequence[Place] = ()) -> Reason:
    return Reason(speaks=speaks, text=f"{text}.", evidence=list(evidence)[:20])
