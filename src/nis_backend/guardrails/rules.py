"""What a policy is: to what it applies, and rules that look at requests and results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.operation import Model

Then = Literal["allow", "warn", "mask", "refuse", "review"]
When = Literal["before", "after"]
OfField = Literal["equals", "differs", "above", "at_least", "below", "at_most", "fits", "present"]
OfTexts = Literal["contains", "matches", "personal", "instruction"]
OfCall = Literal["effect", "outward", "scope", "spent"]
WEIGHT: dict[str, int] = {"allow": 0, "warn": 1, "mask": 2, "review": 3, "refuse": 4}
"""Of several rules that hold, the strictest is what happens."""

MOST_RULES, MOST_CONDITIONS = 50, 10

RuleName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
OperationPattern = Annotated[str, StringConstraints(max_length=80, pattern=r"^(\*|[a-z0-9_]+(\.(\*|[a-z0-9_]+\*?))?)$")]
WidePattern = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class Condition(Model):
    """One thing that has to hold."""

    test: OfField | OfTexts | OfCall = Field(
        description="Of a field: equals, differs, above, at_least, below, at_most, contains (in any case), matches (a "
        "pattern), fits (a JSON schema), present, personal (kinds of data that identify somebody or open something; "
        "none for any), instruction (whether it reads like an order to a model). Of the call: effect, outward, scope "
        "(that its caller holds), spent (dollars that its owner has spent, of the last `days`)."
    )
    field: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[A-Za-z0-9_-]+(\.(\*|[A-Za-z0-9_-]+))*$",
        description="Of the request, or after the call of the result: a path, `messages.*.content`. Unset, every text.",
    )
    value: Any = Field(default=None, description="What it is compared with.")  # Any: JSON
    days: int = Field(default=1, ge=1, le=366, description="Of `spent`: days up to today, UTC.")
    negated: bool = Field(default=False, description="Whether it must not hold.")


class Rule(Model):
    """What happens where every condition holds."""

    id: RuleName = Field(description="What decisions cite.")
    when: When = Field(default="before", description="Before the call, on its request, or after, on its result.")
    conditions: list[Condition] = Field(
        default_factory=list[Condition], max_length=MOST_CONDITIONS, description="None: it holds for every call."
    )
    then: Then = Field(
        description="allow (no later rule of this policy is looked at), warn, mask (what the conditions on texts "
        "found), review (a person decides first; before a call alone), or refuse."
    )
    why: str = Field(min_length=1, max_length=1000, description="What a caller is told.")
    cites: str = Field(default="", max_length=1000, description="The source: a law, a standard, a house rule.")


class AppliesTo(Model):
    """Which calls a policy looks at: those that fit each list that is given."""

    operations: list[OperationPattern] = Field(
        default_factory=lambda: ["*"], min_length=1, max_length=64, description="By name or family: physics.*, blobs."
    )
    agents: list[WidePattern] = Field(
        default_factory=list[str], max_length=32, description="Calls that these agents make, and their runs; by name."
    )
    models: list[WidePattern] = Field(
        default_factory=list[str], max_length=32, description="Calls whose `model` is one of these: openai:*, a route."
    )


class Policy(Model):
    """Rules, and to what they apply."""

    description: str = Field(default="", max_length=1000, description="What it is for.")
    applies_to: AppliesTo = Field(default_factory=AppliesTo, description="Unset: every call.")
    rules: list[Rule] = Field(min_length=1, max_length=MOST_RULES, description="Looked at in this order.")


class Finding(Model):
    """A rule that holds for a call."""

    policy_id: str
    policy: str = Field(description="Its name.")
    rule: str
    stage: When
    then: Then
    why: str
    cites: str
    fields: list[str] = Field(description="Where its conditions found something, at most 20.")
