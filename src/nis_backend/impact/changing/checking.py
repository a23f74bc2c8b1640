"""Whether what is installed has what it requires, as its metadata say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nis_backend.impact.project.declared import holds, requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nis_backend.impact.project.environment import Distribution


def unmet(installed: Mapping[str, Distribution], markers: Mapping[str, str], own: Collection[str] = ()) -> list[str]:
    """`flask 3.1 requires werkzeug>=3.1, which is not installed`: each requirement that does not hold, extras apart.

    `own` are the keys of what the project itself is: what that requires is what is changed.
    """
    found: list[str] = []
    for one in (one for key, one in installed.items() if key not in own):
        for text in one.requires:
            asked = requirement(text)
            if asked is None or not holds(asked, dict(markers), extra=""):
                continue
            there = installed.get(canonicalize_name(asked.name))
            if there is None:
                found.append(f"{one.name} {one.version} requires {text}, which is not installed")
            elif not asked.specifier.contains(there.version, prereleases=True):
                found.append(f"{one.name} {one.version} requires {text}, and {there.version} is installed")
    return sorted(found)
