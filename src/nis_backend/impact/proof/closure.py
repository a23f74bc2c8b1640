"""What is there for a package alone, and goes with it."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from nis_backend.impact.project.environment import Environment
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.requirers import Requirements, roots


def brought(environment: Environment, package: str) -> list[str]:
    """The keys of all that a package brings, itself apart, as far as it is installed."""
    key = canonicalize_name(package)
    found, _ = Requirements(environment).reached({key: frozenset()})
    return sorted(one for one in found if one != key and one in environment.distributions)


def exclusive(
    environment: Environment, project: Project, package: str, requirements: Requirements | None = None
) -> list[str]:
    """The keys of what goes with a package: what it brings, and nothing else that stays asks for.

    What nobody asks for, and was installed by hand, stays with all that it brings, unless the package brings it.
    Where something that stays requires the package, nothing goes.
    """
    key = canonicalize_name(package)
    requirements = Requirements(environment) if requirements is None else requirements
    asked = roots(project)
    mine, _ = requirements.reached({key: asked.get(key, frozenset())})
    known, _ = requirements.reached(asked)
    # What the project itself asks for stands in its files: its metadata may be of before a change of them.
    passed = {*known, *mine, *project.own}
    loose = {one: frozenset[str]() for one in environment.distributions if one not in passed}
    own = {one: frozenset[str]() for one in project.own if one in environment.distributions}
    kept = {one: extras for one, extras in asked.items() if one != key}
    stays, _ = requirements.reached({**loose, **kept})
    if key in stays:
        return []
    staying = {*stays, *own}
    return sorted(one for one in mine if one not in staying and one != key and one in environment.distributions)
