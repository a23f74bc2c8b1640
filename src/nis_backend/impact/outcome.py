"""What a change does to what is asked for and installed: resolved before and after, what goes, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nis_backend.errors import NisError
from nis_backend.impact.changing.asked import asked_after, asked_now
from nis_backend.impact.changing.resolving import resolve
from nis_backend.impact.project.declared import holds, requirement
from nis_backend.impact.proof.closure import exclusive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.impact.changing.resolving import Resolved
    from nis_backend.impact.report import Place, Resolution
    from nis_backend.impact.work import Work


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the requirements come to, and what of the environment that changes."""

    now: Resolution | None
    after: Resolution | None
    going: list[str]
    """The keys of what goes."""
    coming: list[str] | None
    """What has to be installed, pinned; none where that is not known."""


def find_outcome(work: Work) -> Outcome:
    """Resolve what is asked for, as it stands and after the change.

    Raises:
        InvalidRequest: what is added, takes its place or is upgraded to, is no requirement or version.
    """
    now, after = _resolved(work)
    going = _going(work, now, after)
    return Outcome(
        now=now.told() if now else None,
        after=_told(work, now, after, going),
        going=going,
        coming=_coming(work, now, after),
    )


def _resolved(work: Work) -> tuple[Resolved | None, Resolved | None]:
    change, environment = work.change, work.project.environment
    before = _of_an_index(work, asked_now(work.project, change.package))
    then = _of_an_index(work, asked_after(work.project, change))
    if not work.question.resolves:
        work.leave_out("The requirements were not resolved: texts alone were to be read.")
        return None, None
    work.tell(0.15, "resolving its requirements")
    pins = {key: one.version for key, one in environment.distributions.items() if not one.editable}
    # Only what is upgraded may leave the version that it has.
    moves = {canonicalize_name(change.package)} if change.kind == "upgrade" else set[str]()
    kept = {key: version for key, version in pins.items() if key not in moves}
    try:
        installer = work.installer()
        with work.counted():
            now = resolve(before, pins, installer=installer, python=environment.python)
            return now, resolve(then, kept, installer=installer, python=environment.python)
    except NisError as error:
        work.leave_out("The requirements were not resolved", error)
        return None, None


def _of_an_index(work: Work, asked: Mapping[str, Place]) -> dict[str, Place]:
    """The requirements; of what is installed from a folder of this machine its own instead: no index has it."""
    environment, seen = work.project.environment, set[str]()
    found: dict[str, Place] = {}
    waiting = list(asked.items())
    for line, place in waiting:
        one = requirement(line)
        there = environment.find(one.name) if one else None
        if one is None or there is None or not there.editable:
            found[line] = place
        elif there.key not in seen:
            seen.add(there.key)
            extras = ["", *sorted(one.extras)]
            own = [own for text in there.requires if (own := requirement(text))]
            held = [each for each in own if any(holds(each, dict(environment.markers), extra=e) for e in extras)]
            waiting += [(str(_without_marker(each)), place) for each in held]
    return found


def _without_marker(one: Requirement) -> Requirement:
    bare = Requirement(str(one))
    bare.marker = None
    return bare


def _going(work: Work, now: Resolved | None, after: Resolved | None) -> list[str]:
    """The keys of what goes: what the resolution no longer has, or what is there for the package alone."""
    change, environment = work.change, work.project.environment
    if change.kind == "add":
        return []
    alone = _alone(work) if change.kind == "drop" else None
    if now is not None and after is not None and now.pins is not None and after.pins is not None:
        gone = {key for key in now.pins if key not in after.pins and environment.find(key)}
        if alone is None:
            return sorted(gone)
        # What was resolved is the part of the requirements that the package stands in; another may keep it. What no
        # requirement asks for was installed by hand, and goes by hand.
        return sorted(alone if canonicalize_name(change.package) not in now.pins else gone & alone)
    if change.kind == "upgrade" or environment.find(change.package) is None:
        return []
    return sorted(_alone(work))


def _alone(work: Work) -> set[str]:
    """The keys of the package and of what is installed for it alone; none where it stays for others."""
    if any(one.applies for one in work.static.required_by):
        return set()
    key = canonicalize_name(work.change.package)
    return {key, *exclusive(work.project.environment, work.project, key)}


def _told(work: Work, now: Resolved | None, after: Resolved | None, going: Sequence[str]) -> Resolution | None:
    if after is None:
        return None
    change = work.change
    told = after.told(now)
    if change.kind != "drop" or work.project.environment.find(change.package) is None or after.pins is None:
        return told
    # What another part of the requirements, or what was installed by hand, keeps does not go.
    gone = [one for one in told.gone if one.name in going]
    stays = canonicalize_name(change.package) not in going
    because = sorted({one.why[0] for one in work.static.required_by if one.applies and one.why}) if stays else []
    return told.model_copy(update={"stays_for": because, "gone": gone})


def _coming(work: Work, now: Resolved | None, after: Resolved | None) -> list[str] | None:
    if work.change.kind == "drop":
        return []
    if after is None or after.pins is None:
        return None
    before = {key: one.version for key, one in work.project.environment.distributions.items()}
    known = now.pins if now is not None and now.pins is not None else before
    return [
        f"{key}=={version}"
        for key, version in after.pins.items()
        if known.get(key) != version and before.get(key) != version
    ]
