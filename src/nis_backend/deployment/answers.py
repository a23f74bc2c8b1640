"""What the commands of `nis deploy` answer: as JSON and as views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.deployment.known import Known, changed, find, recent
from nis_backend.deployment.local.surroundings import told_here
from nis_backend.deployment.report import Comparison, Findings, Image, LogLines, Outcome, Plan, Status
from nis_backend.deployment.views import views_of
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.deployment.target import Tell, Wanted
    from nis_backend.operation import Json
    from nis_backend.settings import Settings
    from nis_backend.view import View

Options = Mapping[str, Any]  # Any: click's
PRICES = "aws-prices.json"
"""In the data folder: what `plan --refresh` was told."""
WORST = ("error", "warning", "note")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was found, or done."""

    found: Plan | Status | LogLines | Findings | Comparison | Outcome | Image
    whole: bool = True
    """Whether a plan is told with all that it stands on."""

    @property
    def word(self) -> str:
        """How it ended; of findings, the worst; else empty."""
        match self.found:
            case Outcome():
                return self.found.ended
            case Findings():
                there = {one.severity for one in self.found.findings}
                return next((one for one in WORST if one in there), "")
            case _:
                return ""

    @property
    def result(self) -> Json:
        """As JSON."""
        return self.found.model_dump(mode="json")

    def views(self, *, charts: bool) -> Sequence[View]:
        """As views; a terminal wants no charts."""
        return views_of(self.found, charts=charts, whole=self.whole)


def plan(settings: Settings, options: Options) -> Answer:
    """What applying would do."""
    from nis_backend.deployment.plan import plan  # noqa: PLC0415 - loads where it is asked for
    from nis_backend.deployment.usage import usage_of  # noqa: PLC0415 - as above
    from nis_backend.prices.refresh import refresh, remembered  # noqa: PLC0415 - as above

    there, kept = _known(settings, options), settings.data / PRICES
    prices = refresh(there.region, path=kept) if options.get("refresh") else remembered(kept)
    target = None if options.get("offline") else there.target(replace_data=bool(options.get("replace_data")))
    wanted = _wanted(there, options)
    usage = usage_of(wanted.profile, _pairs("usage", options.get("usage", ())))
    found = plan(wanted, region=there.region, target=target, to=there.to, usage=usage, prices=prices)
    return Answer(found=found, whole=bool(options.get("whole")))


def build(options: Options, tell: Tell) -> Answer:
    """An image from a checkout."""
    from nis_backend.deployment.image.build import build  # noqa: PLC0415 - as above

    return Answer(found=build(**options, tell=tell))


def push(settings: Settings, options: Options, tell: Tell) -> Answer:
    """An image to the deployment's registry."""
    from nis_backend.deployment.aws.ecr import login  # noqa: PLC0415 - as above
    from nis_backend.deployment.image.push import push  # noqa: PLC0415 - as above

    there = _known(settings, options)
    if there.to != "aws":
        raise InvalidRequest(
            "A deployment on this machine has no registry.", field="to", value=there.to, remedy="Apply it by --image."
        )
    tell(0.0, "asking for the registry")
    return Answer(found=push(options["tag"], login(there.name, there.region), tell))


def apply(settings: Settings, options: Options, tell: Tell) -> Answer:
    """Bring it there."""
    there = _known(settings, options)
    return Answer(found=there.target(replace_data=options["replace_data"]).apply(_wanted(there, options), tell))


def status(settings: Settings, options: Options) -> Answer:
    """How it is."""
    return Answer(found=_known(settings, options).target().status())


def logs(settings: Settings, options: Options) -> Answer:
    """What its tasks wrote."""
    asked = {name: options[name] for name in ("minutes", "limit", "words")}
    return Answer(found=recent(_known(settings, options).target(), options["service"], **asked))


def scale(settings: Settings, options: Options, tell: Tell) -> Answer:
    """So many tasks."""
    return Answer(found=_known(settings, options).target().scale(options["service"], options["count"], tell))


def rollback(settings: Settings, options: Options, tell: Tell) -> Answer:
    """What served before."""
    return Answer(found=_known(settings, options).target().roll_back(options["revision"], tell))


def destroy(settings: Settings, options: Options, tell: Tell) -> Answer:
    """All of it down."""
    return Answer(found=_known(settings, options).target(unprotect=options["unprotect"]).destroy(tell))


def control(settings: Settings, options: Options) -> None:
    """Be the controller of a deployment on this machine until it is ended."""
    from nis_backend.deployment.local.serving import run  # noqa: PLC0415 - as above

    run(Path(_known(settings, {**options, "to": "local"}).folder))


def validate(text: str, options: Options) -> Answer:
    """What is wrong with a definition."""
    from nis_backend.deployment.validate import findings  # noqa: PLC0415 - as above

    return Answer(found=findings(text, fargate=options["fargate"], measured_start=options["measured_start"]))


def diff(before: str, after: str) -> Answer:
    """What differs between two."""
    from nis_backend.deployment.compare import compare  # noqa: PLC0415 - as above

    return Answer(found=compare(before, after))


def _known(settings: Settings, options: Options) -> Known:
    """The deployment that is meant: one that the settings name, and what the options say of it."""
    name = options.get("deployment")
    there = find(settings.deployments, name) if name else Known(to=options.get("to") or "aws")
    keys = ("to", "name", "region", "role", "folder", "port")
    said = {key: options[key] for key in keys if options.get(key) is not None}
    return changed(there, said).placed(settings.data)


def _wanted(there: Known, options: Options) -> Wanted:
    """It, as the options want it."""
    more = {
        "profile": options.get("profile") or there.profile,
        "parameters": {**there.parameters, **_pairs("set", options.get("parameters", ()))},
        "environment": {**there.environment, **_settings(options.get("environment", ()))},
    }
    return there.model_copy(update=more).wanted(options.get("image") or "", ephemeral=bool(options.get("ephemeral")))


def _settings(given: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE each, or a NAME, whose value is this shell's: who lists processes sees what is on command lines."""
    named = {one: told_here(one) for one in given if "=" not in one}
    for name, value in named.items():
        if value is None:
            raise InvalidRequest(
                f"{name} is not set here.", field="env", value=name, remedy=f"Export it, or write --env {name}=VALUE."
            )
    return _pairs("env", [one if "=" in one else f"{one}={named[one]}" for one in given])


def _pairs(field: str, given: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE, each."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise InvalidRequest(
                f"--{field} is written NAME=VALUE.", field=field, value=one, remedy=f"--{field} NAME=VALUE"
            )
        found[name] = value
    return found
