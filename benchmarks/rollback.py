"""Is a caller failed while broken builds are deployed and taken back, and how long does a way back take?

    make prove-rollback                                    # 20 broken builds and 20 rollbacks
    make prove-rollback ARGS="--times 3 --callers 8"

The controller of `nis deploy --to local` serves this checkout from real processes, with health checks each second
instead of each 30 s. Callers ask without end, over kept connections; streams are read and WebSockets are kept. Builds
that exit at once, are never healthy and whose chat fails are applied by turns: each has to be taken back by itself.
Then `rollback` goes from one good revision to the other and back. The exit status says whether nobody was failed, no
stream or socket ended without a word, and each rollback served within 60 s.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from builds import GOOD, build
from crowd import Crowd, Seen
from deployed import Deployed, deployment

if TYPE_CHECKING:
    from nis_backend.deployment.report import Outcome

KINDS: dict[str, tuple[str, dict[str, float]]] = {
    "exits at once": ("exits", {}),
    "is never healthy": ("ill", {"start_seconds": 5}),
    "is healthy, and its chat fails": ("fails", {}),
}
RULES = {"health_seconds": 1, "again_seconds": 0.5, "drain_seconds": 10, "bake_seconds": 5}
LONGEST_SECONDS = 60.0


def row(what: str, outcomes: list[Outcome], seconds: list[float], seen: Seen) -> str:
    """A line of the table."""
    told = f"{statistics.median(seconds):.1f} / {max(seconds):.1f}" if seconds else "—"
    whole = [one.seconds for one in outcomes]
    ends = ", ".join(
        f"{count} {end.replace('_', ' ')}" for end, count in Counter(one.ended for one in outcomes).items()
    )
    asked = seen.answered.total()
    over = f"{statistics.median(whole):.1f} / {max(whole):.1f}"
    return f"| {what} | {ends} | {asked} | {len(seen.failed)} | {len(seen.cut)} | {over} | {told} |"


def broken(deployed: Deployed, folder: Path, times: int) -> dict[str, list[Outcome]]:
    """Apply broken builds by turns."""
    outcomes: dict[str, list[Outcome]] = {kind: [] for kind in KINDS}
    for number in range(times):
        kind = [*KINDS][number % len(KINDS)]
        name, rules = KINDS[kind]
        outcomes[kind].append(deployed.apply(deployed.target(**RULES, **rules), build(folder, name)))
        print(f"\rbroken {number + 1}/{times}", end="", file=sys.stderr, flush=True)
    return outcomes


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--times", type=int, default=20, help="broken builds, and rollbacks (default 20)")
    arguments.add_argument("--callers", type=int, default=32, help="callers (default 32)")
    given = arguments.parse_args()
    faults: list[str] = []
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder, deployment(Path(folder)) as deployed:
        target = deployed.target(**RULES)
        first = deployed.apply(target, GOOD)
        begun = time.monotonic()
        with Crowd(target.status().address, callers=given.callers, streams=8, sockets=4) as crowd:
            every = broken(deployed, Path(folder), given.times)
            together = [one for outcomes in every.values() for one in outcomes]
            seen = crowd.since()
            for kind, outcomes in every.items():
                whole = sorted(one.seconds for one in outcomes)
                lines.append(
                    f"| … that {kind}: {len(outcomes)} | | | | | {whole[len(whole) // 2]:.1f} / {whole[-1]:.1f} | |"
                )
            lines.insert(0, row("broken builds", together, [], seen))
            faults += [f"{one.ended}: {one.told}" for one in together if one.ended != "rolled_back"]
            faults += seen.failed + seen.cut
            deploy = deployed.apply(target, GOOD)
            seen = crowd.since()
            lines.append(row("a deploy", [deploy], [deploy.steps[0].seconds], seen))
            faults += seen.failed + seen.cut
            backs: list[Outcome] = []
            for number in range(given.times):
                backs.append(target.roll_back("", deployed.tell))
                print(f"\rrollback {number + 1}/{given.times}", end="", file=sys.stderr, flush=True)
            deployed.settle(target)
            seen = crowd.since()
            serving = [one.steps[0].seconds for one in backs]
            lines.append(row("rollbacks", backs, serving, seen))
            faults += seen.failed + seen.cut + [f"{one.ended}: {one.told}" for one in backs if one.ended != "done"]
            faults += [f"a rollback served after {one:.1f} s" for one in serving if one > LONGEST_SECONDS]
        took = time.monotonic() - begun
        announced = seen.announced
        target.destroy(deployed.tell)
    print(file=sys.stderr)
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}, load {os.getloadavg()[1]:.0f}\n")
    print(f"{given.callers} callers, 8 streams and 4 WebSockets for {took:.0f} s; deployed in {first.seconds:.1f} s.\n")
    print("| what | ended | answered | failed | cut off | whole, s (p50 / max) | serves after, s (p50 / max) |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print(f"\nEnded by a word of the server, of the rollbacks: {dict(announced)}.")
    print("\n".join(faults[:10]) or "Nobody was failed, and nothing ended without a word.")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
