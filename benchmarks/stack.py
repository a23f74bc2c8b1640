"""Hold the AWS stack to cfn-lint and checkov, in every way that it can be set up; what is left out has its reason told.

    make check-stack                # the table on standard output, as Markdown; ends with 1 where something is found
    make check-stack ARGS="--skips" # and what is left out, with the reason that stands beside the resource

Both read what the template comes to under the parameters of each profile and of the ways that no profile has: with
values in place of parameters they see more, and checkov looks at no resource whose condition does not hold by default.
Neither asks anything of a network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cfnlint.api import lint  # pyright: ignore[reportMissingTypeStubs] - it has types, and says so nowhere

from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve

TESTS = Path(__file__).resolve().parent.parent / "tests"
VALUES = {"cfn-lint": {"config": {"ignore_checks": ["W3010"]}}}
"""A zone that stands there by its name was a parameter (BoxZone)."""
Found = dict[str, Any]
"""What checkov says of a check. Any: JSON."""


def written(ways: dict[str, dict[str, str]], region: str) -> dict[str, str]:
    """Each way's resources, as a template without parameters."""
    template = read(own_template())
    found = {way: resolve(template, parameters, region).resources for way, parameters in ways.items()}
    return {
        way: json.dumps(
            {"AWSTemplateFormatVersion": "2010-09-09", "Metadata": VALUES, "Resources": resources}, indent=1
        )
        for way, resources in found.items()
    }


def checked(program: str, text: str) -> dict[str, list[Found]]:
    """What checkov passes, skips and finds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stack.json"
        file.write_text(text, encoding="utf-8")
        options = ["--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"]
        done = subprocess.run([program, "-f", file, *options], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(f"checkov ended with {done.returncode}:\n{done.stderr[-2000:]}")
    said = json.loads(done.stdout)
    if said["summary"]["parsing_errors"] or not said["summary"]["resource_count"]:
        sys.exit(f"checkov could not read the stack:\n{done.stdout[-2000:]}")
    return {
        "passed": [{}] * said["summary"]["passed"],
        "skipped": said["results"].get("skipped_checks", []),
        "failed": said["results"].get("failed_checks", []),
    }


def main() -> int:
    """The table; 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkov", help="the program")
    parser.add_argument("--skips", action="store_true", help="tell what is left out")
    options = parser.parse_args()
    sys.path.append(str(TESTS))
    from stacks import REGION, WAYS  # noqa: PLC0415 - its folder is known only now

    program: str = options.checkov
    newest = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"cfn-lint {version('cfn-lint')}, checkov {newest}\n")
    print("| | resources | cfn-lint finds | checkov passes | leaves out | finds |\n|---|---:|---:|---:|---:|---:|")
    bad: list[str] = [f"the template: {found}" for found in lint(own_template(), regions=[REGION])]
    print(f"| the template, under all its conditions | | {len(bad)} | | | |")
    skips: dict[tuple[str, str], set[str]] = defaultdict(set)
    for way, text in written(WAYS, REGION).items():
        linted = [str(found) for found in lint(text, regions=[REGION])]
        by = checked(program, text)
        count = len(json.loads(text)["Resources"])
        counts = " | ".join(str(len(by[kind])) for kind in ("passed", "skipped", "failed"))
        print(f"| {way} | {count} | {len(linted)} | {counts} |", flush=True)
        bad += [f"{way}: {found}" for found in linted]
        bad += [f"{way}: {found['check_id']} {found['check_name']}: {found['resource']}" for found in by["failed"]]
        for found in by["skipped"]:
            skips[found["check_id"], found["check_result"]["suppress_comment"]].add(found["resource"].split(".")[-1])
    if options.skips:
        print("\n| left out | of | because |\n|---|---|---|")
        for (check, reason), of in sorted(skips.items()):
            print(f"| {check} | {', '.join(sorted(of))} | {reason} |")
    print("".join(f"\n{line}" for line in bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
