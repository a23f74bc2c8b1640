"""All dependencies of a project, ranked by what they cost against what they are used for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from packaging.utils import canonicalize_name

from nis_backend.impact.project.declared import Declaration
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.closure import exclusive
from nis_backend.impact.proof.missing import missing
from nis_backend.impact.proof.requirers import Asked
from nis_backend.impact.proof.static import prove
from nis_backend.impact.proof.texts import Texts
from nis_backend.impact.report import ImportTime, Ranked, Ranking, Requirer, StaticProof, Use

By = Literal["application", "third_party", "tests", "tooling", "nobody"]

SECOND = 100_000_000
"""Bytes that a second of import time counts for in the ranking."""
FORMULA = (
    "First what nobody uses; then what is always installed and used by tests or tools alone; then what only other "
    "packages need, or may use; then what the application uses; last what tests and tools use and is declared for "
    "them. Within each by (bytes of it and of what is there for it alone + 100 MB for each "
    "second of import) / (1 + uses)."
)
MOST_MISSING = 200
FOR_DEVELOPERS = re.compile(
    r"""extra == ["'][^"']*(?:test|dev|doc|lint|typ|ci|bench|example|build|cover|style|quality)"""
)
"""Extras by which a package is worked on, not used."""
FIRM = ("import", "lazy_import", "dynamic_import", "script")
"""Uses that are told first: they fail without it."""


def scan(project: Project, imports: list[ImportTime] | None) -> Ranking:
    """Rank them; `imports` are measured import times, where there are any."""
    texts, asked = Texts(project), Asked(project)
    texts.index()
    seconds = None if imports is None else {str(canonicalize_name(one.name)): one.seconds for one in imports}
    keys = dict.fromkeys(one.key for one in project.declarations if _ranks(project, one))
    ranked = [_ranked(project, key, prove(project, key, texts, asked), asked, seconds) for key in keys]
    ranked.sort(key=lambda pair: pair[0])
    return Ranking(
        project=project.name,
        python=project.environment.version,
        packages=[one for _, one in ranked],
        missing=[place for place, _ in zip(missing(project, texts, asked), range(MOST_MISSING), strict=False)],
        formula=FORMULA,
    )


def _ranks(project: Project, one: Declaration) -> bool:
    """Whether a declaration is of something to rank: not a bound, not what a script installs elsewhere."""
    if one.section in {"constraint", "build"} or one.key in project.own:
        return False
    by_command = one.section == "group" and one.name == one.place.file
    return not by_command or one.key in project.environment.distributions


def _ranked(
    project: Project, key: str, proof: StaticProof, asked: Asked, seconds: Mapping[str, float] | None
) -> tuple[tuple[int, float, str], Ranked]:
    found = project.environment.find(key)
    always = any(one.section == "main" for one in project.declared(key))
    by = used_by(proof, always=always)
    goes = exclusive(project.environment, project, key, asked.requirements)
    with_it = [one for one in (key, *goes) if one in project.environment.distributions]
    installed = sum(project.environment.distributions[one].bytes for one in with_it)
    took = None if seconds is None else sum(seconds.get(one, 0.0) for one in with_it)
    uses = sum(one.where == "application" for one in proof.uses)
    ranked = Ranked(
        package=found.name if found else key,
        version=found.version if found else "",
        installed=installed,
        import_seconds=took,
        uses=uses,
        used_by=by,
        told=_told(proof, by, always=always, there=found is not None),
    )
    cost = (installed + SECOND * (took or 0.0)) / (1 + uses)
    return (_level(proof, by, always=always), -cost, key), ranked


def used_by(proof: StaticProof, *, always: bool) -> By:
    """The most that anybody does with it: the application, then other packages, then tests, then tools.

    Of what is not always installed, tests and tools come before other packages: it is there for them.
    """
    where = {one.where for one in proof.uses}
    if "application" in where:
        return "application"
    if _needed(proof) and (always or not where):
        return "third_party"
    return "tests" if "tests" in where else "tooling" if where else "nobody"


def _needed(proof: StaticProof) -> list[Requirer]:
    return [one for one in proof.required_by if one.applies and one.why]


def _optional(proof: StaticProof) -> list[str]:
    """Installed packages that name it under an extra that nobody asked for: they may use it where it is there."""
    some = [one for one in proof.required_by if not one.applies and one.why and "extra ==" in one.requirement]
    return [*dict.fromkeys(one.name for one in some if not FOR_DEVELOPERS.search(one.requirement))]


def _level(proof: StaticProof, by: By, *, always: bool) -> int:
    if by in {"tests", "tooling"}:
        return (2 if _optional(proof) else 1) if always else 4
    if by == "nobody" and _optional(proof):
        return 2
    return {"nobody": 0, "third_party": 2, "application": 3}[by]


def _told(proof: StaticProof, by: By, *, always: bool, there: bool) -> str:
    """What that means, in a sentence."""
    here = "" if there else " It is not installed here, so what it is imported as is guessed."
    match by:
        case "nobody":
            names = ", ".join(_optional(proof))
            maybe = f"; {names[:80]} may use it where it is there" if names else ""
            computed = f"; {len(proof.open)} imports compute their names" if proof.open else ""
            return f"No text names it, and nothing that stays requires it{maybe}{computed}.{here}"
        case "third_party":
            names = ", ".join(dict.fromkeys(one.name for one in _needed(proof)))
            return f"No text of the application names it; it stays installed for {names[:120]}.{here}"
        case "application":
            return f"{_first([one for one in proof.uses if one.where == 'application'])}{here}"
        case _:
            first = _first([one for one in proof.uses if one.where in {"tests", "tooling", "documents"}])
            return f"{first}{' It is declared among what is always installed.' if always else ''}{here}"


def _first(uses: list[Use]) -> str:
    one = next((use for use in uses if use.how in FIRM), uses[0])
    line = f":{one.place.line}" if one.place.line else ""
    more = f", and {len(uses) - 1} more" if len(uses) > 1 else ""
    guarded = all(use.how in {"guarded_import", "typing_import"} for use in uses)
    return f"{one.what} in {one.place.file}{line}{more}.{' The project does without it.' if guarded else ''}"
