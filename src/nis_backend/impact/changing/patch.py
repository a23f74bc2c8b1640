"""How a change of dependencies is made in a project's files, and taken back."""

from __future__ import annotations

import difflib
import hashlib
import json
import shlex
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.impact.changing.rewriting import Rewritten, rewritten
from nis_backend.impact.changing.rollback import rollback
from nis_backend.impact.project.opening import Project
from nis_backend.impact.proof.mentions import mentions
from nis_backend.impact.proof.target import target
from nis_backend.impact.proof.texts import Texts
from nis_backend.impact.report import Change, Place, Way

KEPT = ".nis-impact"
"""The folder in a project that keeps what was replaced; it ignores itself in git."""


class _File(TypedDict):
    file: str
    existed: bool
    before: str
    after: str


class _Record(TypedDict):
    change: dict[str, str]
    files: list[_File]
    then: list[str]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What was written, and what is left to be run."""

    files: tuple[str, ...]
    then: tuple[str, ...] = ()
    """Commands that bring lock files, and the environment, to what is now declared."""


def way(project: Project, change: Change) -> Way:
    """The patch, its commands, and the places that name the package and are left to a person."""
    made = rewritten(project, change)
    folder = f"--project {shlex.quote(str(project.root))}"
    named = (
        [change.to or change.package] if change.kind == "add" else [one for one in (change.package, change.to) if one]
    )
    command = shlex.join(["nis", "impact", change.kind, *named])
    return Way(
        patch="".join(_diffs(made)),
        apply=" && ".join([f"{command} {folder} --apply", *_renewals(project)]),
        undo=" && ".join([f"nis impact undo {folder}", *_renewals(project)]),
        rollback=rollback(project, made.before),
        by_hand=[*made.by_hand, *_named(project, change)],
    )


def _renewals(project: Project) -> Iterator[str]:
    """The commands that write the lock files anew."""
    for lock in project.locks:
        folder = (project.root / lock.file).parent
        yield f"(cd {shlex.quote(str(folder))} && {lock.renew})"


def _named(project: Project, change: Change) -> Iterable[Place]:
    if change.kind not in {"drop", "swap"}:
        return []
    return [use.place for use in mentions(project, target(project, change.package), Texts(project))]


def _diffs(made: Rewritten) -> Iterator[str]:
    for relative, before in made.before.items():
        lines = difflib.unified_diff(
            before.splitlines(keepends=True),
            made.after[relative].splitlines(keepends=True),
            f"a/{relative}" if before else "/dev/null",
            f"b/{relative}",
        )
        for line in lines:
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def apply(project: Project, change: Change) -> Applied:
    """Write the change into the project's files, keeping what is replaced.

    Raises:
        InvalidRequest: no rule can edit what declares the package.
    """
    made = rewritten(project, change)
    if not made.after:
        told = ", ".join(f"{one.file}:{one.line}" for one in made.by_hand) or "nothing declares it"
        raise InvalidRequest(
            f"{change.package} cannot be edited by a rule: {told}",
            field="package",
            value=change.package,
            remedy="edit it by hand",
        )
    record = _Record(change=change.model_dump(), files=[], then=[*_renewals(project)])
    kept = _new_folder(project.root)
    for relative, text in made.before.items():
        after = made.after[relative].encode()
        existed = (project.root / relative).exists()
        record["files"].append(_File(file=relative, existed=existed, before=_sum(text.encode()), after=_sum(after)))
        _write(kept / "before" / relative, text.encode())
    # What is replaced is kept before anything is: a change that was cut off can be undone too.
    _write(kept / "applied.json", json.dumps(record, indent=1).encode())
    for relative, text in made.after.items():
        _write((project.root / relative).resolve(), text.encode())
    return Applied(files=tuple(made.after), then=tuple(record["then"]))


def undo(root: Path) -> Applied:
    """Put back what the last change that was applied replaced.

    Raises:
        NotFound: no change was applied.
        Conflict: a file was changed since; none is touched then.
    """
    folders = sorted((root / KEPT).glob("[0-9]*"))
    if not folders:
        raise NotFound(
            f"no change was applied to {root.name}", field="project", value=str(root), remedy="apply one first"
        )
    kept = folders[-1]
    record = _record(kept)
    files = record["files"]
    now = {one["file"]: _sum_of(root / one["file"]) for one in files}
    changed = [one["file"] for one in files if now[one["file"]] not in {one["before"], one["after"]}]
    if changed:
        raise Conflict(
            f"{', '.join(changed)} was changed since",
            field="project",
            value=str(root),
            remedy=f"take the change back by hand: what was replaced is in {KEPT}/{kept.name}/before",
        )
    for one in files:
        path = root / one["file"]
        if one["existed"]:
            _write(path.resolve(), (kept / "before" / one["file"]).read_bytes())
        else:
            path.unlink(missing_ok=True)
    _removed(kept)
    return Applied(files=tuple(now), then=tuple(record["then"]))


def _record(kept: Path) -> _Record:
    try:
        return json.loads((kept / "applied.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise Conflict(
            f"{KEPT}/{kept.name} does not say what was applied",
            remedy=f"what was replaced is in {KEPT}/{kept.name}/before; remove {KEPT}/{kept.name} when it is put back",
        ) from None


def _new_folder(root: Path) -> Path:
    """A folder of its own for what one change replaces."""
    held = root / KEPT
    held.mkdir(exist_ok=True)
    (held / ".gitignore").write_text("*\n", "utf-8")
    last = max((int(one.name) for one in held.iterdir() if one.name.isdigit()), default=0)
    folder = held / f"{last + 1:04}"
    folder.mkdir()
    return folder


def _removed(kept: Path) -> None:
    shutil.rmtree(kept)
    if {one.name for one in kept.parent.iterdir()} <= {".gitignore"}:
        shutil.rmtree(kept.parent)


def _write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all, with the mode that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
    Path(file.name).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
    Path(file.name).replace(path)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sum_of(path: Path) -> str:
    return _sum(path.read_bytes() if path.is_file() else b"")
