"""What distributions do at start by themselves: lines of `.pth` files; sockets, programs and threads while imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.impact.report import Hook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.impact.project.environment import Environment
    from nis_backend.impact.running.traces import Trace

MOST_HOOKS = 100
MOST_CHARACTERS = 200
MOST_BYTES = 100_000


def find_hooks(environment: Environment, traces: Iterable[Trace], names: Iterable[str] = ()) -> list[Hook]:
    """Of the distributions with these keys, or of all: each thing once.

    A `.pth` line that begins with `import` is run by every start of the interpreter, whether the package is used or
    not. Sockets, programs and threads are those that were opened or started while a module of the distribution was
    being imported, by it or for it.
    """
    wanted = {*names}
    found = [*_lines(environment), *_done(environment, traces)]
    kept = [one for one in found if not wanted or one.distribution in wanted]
    return list({(one.how, one.what, one.distribution): one for one in kept}.values())[:MOST_HOOKS]


def _lines(environment: Environment) -> Iterator[Hook]:
    owners = {path: key for key, one in environment.distributions.items() for path in one.pth}
    paths = [*owners, *(path for site in environment.site for path in sorted(site.glob("*.pth")))]
    for path in dict.fromkeys(paths):
        try:
            text = path.read_bytes()[:MOST_BYTES].decode("utf-8", "replace")
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith(("import ", "import\t")):
                what = f"{path.name}: {line}"[:MOST_CHARACTERS]
                yield Hook(how="pth", what=what, distribution=owners.get(path, ""))


def _done(environment: Environment, traces: Iterable[Trace]) -> Iterator[Hook]:
    for trace in traces:
        for did in trace.did:
            if did.during and did.how in {"program", "socket", "thread"}:
                owners = environment.owner(did.module) or environment.owner(did.during)
                if owners:
                    how = "program" if did.how == "program" else "socket" if did.how == "socket" else "thread"
                    yield Hook(how=how, what=did.what[:MOST_CHARACTERS], distribution=owners[0])
