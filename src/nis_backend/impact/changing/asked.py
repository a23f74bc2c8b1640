"""What a project asks for, as it stands and after a change: requirements, each with the place it stands at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nis_backend.errors import InvalidRequest
from nis_backend.impact.report import Place

if TYPE_CHECKING:
    from nis_backend.impact.project.declared import Declaration
    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.report import Change

NEW = Place(file="(new)", text="what the change asks for")


def asked_now(project: Project, package: str) -> dict[str, Place]:
    """What is always installed, and the extras and groups that the package stands in."""
    sections = {(one.section, one.name) for one in project.declared(package)} | {("main", "")}
    return {_line(one): one.place for one in project.declarations if (one.section, one.name) in sections}


def asked_after(project: Project, change: Change) -> dict[str, Place]:
    """The same after the change.

    Raises:
        InvalidRequest: what is added, or takes its place, is no requirement.
    """
    key = canonicalize_name(change.package)
    declared = {_line(one): one for one in project.declared(change.package)}
    now = asked_now(project, change.package)
    kept = {line: place for line, place in now.items() if line not in declared}
    old = next((declared[line].requirement for line in now if line in declared), Requirement(key))
    match change.kind:
        case "drop":
            return kept
        case "add":
            return {**now, str(_requirement(change.to or change.package, "package")): NEW}
        case "swap" | "upgrade":
            return {**kept, requirement_after(change, old) or key: NEW}


def requirement_after(change: Change, old: Requirement) -> str | None:
    """What stands in place of a requirement after a change, with its marker; None where it goes.

    Raises:
        InvalidRequest: what is added, takes its place or is upgraded to, is no requirement or version.
    """
    match change.kind:
        case "drop":
            return None
        case "add":
            return str(_requirement(change.to or change.package, "package"))
        case "swap":
            new = _requirement(change.to, "to")
            new.marker = new.marker or old.marker
            return str(new)
        case "upgrade":
            extras = f"[{','.join(sorted(old.extras))}]" if old.extras else ""
            marker = f" ; {old.marker}" if old.marker else ""
            specifier = _specifier(change.to) if change.to else _unbounded(old.specifier)
            return f"{old.name}{extras}{specifier}{marker}"


def package_of(text: str, field: str = "package") -> str:
    """The distribution's name in a requirement.

    Raises:
        InvalidRequest: it is none.
    """
    return _requirement(text, field).name


def _line(one: Declaration) -> str:
    """A requirement as installers take it."""
    return one.text if one.requirement.url else str(one.requirement)


def _requirement(text: str, field: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise InvalidRequest(
            f"{text!r} is no requirement: {str(error).splitlines()[0]}.",
            field=field,
            value=text,
            remedy="Write it as in a requirements file: rich, or 'rich>=15'.",
        ) from None


def _unbounded(old: SpecifierSet) -> str:
    """What is left of a specifier where the newest version is wanted: what holds it back goes."""
    kept = [str(one) for one in old if one.operator in {">=", ">", "!="}]
    return ",".join(sorted([*kept, *(f">={one.version}" for one in old if one.operator == "~=")]))


def _specifier(to: str) -> str:
    written = to if to[0] in "<>=!~" else f"=={to}"
    try:
        return str(SpecifierSet(written))
    except InvalidSpecifier:
        raise InvalidRequest(
            f"{to!r} is no version.", field="to", value=to, remedy="Write 2.1, or '>=2.1,<3'."
        ) from None
