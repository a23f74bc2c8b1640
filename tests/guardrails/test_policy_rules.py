"""Rules by themselves: each test holds where it should and nowhere else, the strictest counts, masks leave the rest."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from pydantic import Field, ValidationError

from nis_backend.capabilities.metacognition.policy.policy import LONGEST, check
from nis_backend.catalog import Catalog
from nis_backend.errors import InvalidRequest
from nis_backend.guardrails.compiled import Compiled, compiled
from nis_backend.guardrails.conditions import MASKED, Check, Facts
from nis_backend.guardrails.gate import mask
from nis_backend.guardrails.held import FREE
from nis_backend.guardrails.paths import at, retold, texts
from nis_backend.guardrails.persons import PERSONS
from nis_backend.guardrails.rules import MOST_RULES, Condition, Policy, Rule
from nis_backend.guardrails.seen import as_seen
from nis_backend.loop.quarantine import COMPUTES, from_outside
from nis_backend.operation import Model, operation

Json = dict[str, Any]


class Line(Model):
    """One line."""

    id: str = "line-1"
    text: str


class Asked(Model):
    """A request with a bit of everything."""

    model: str | None = None
    amount: float = 10
    note: str | None = None
    lines: list[Line] = Field(default_factory=list[Line])
    extra: Json = Field(default_factory=dict[str, Any])


@operation("tests.try_rules", effect="writes", outward=True)
async def try_rules(request: Asked, ctx: Any) -> Asked:
    """Answer what was asked."""
    del ctx
    return request


GIVEN = Asked(
    amount=250,
    model="openai:gpt",
    note="Pay DE89 3704 0044 0532 0130 00 by Friday",
    lines=[Line(text="Call +49 30 1234567 or mail ada@example.org"), Line(text="Nothing here")],
    extra={"deep": [{"word": "TopSecret plan"}], "yes": True},
)


def ready(*rules: Json, **applies_to: Any) -> Compiled:
    """A policy of these rules."""
    given = [{"id": f"r{number}", "why": "So.", **rule} for number, rule in enumerate(rules)]
    policy = Policy.model_validate({"rules": given, **({"applies_to": applies_to} if applies_to else {})})
    return asyncio.run(compiled("policy-1", "mine", policy))


def facts(agent: str | None = None, spent: dict[int, float] | None = None) -> Facts:
    """What is known of a call."""

    def holds(_: str) -> bool:
        return False

    return Facts(operation=try_rules, agents=[agent] if agent else [], holds=holds, spent=spent or {})


def outcome(policy: Compiled, value: Any = GIVEN, **given: Any) -> list[tuple[str, str, list[str]]]:
    """The rules that hold: their ids, what they do, and where."""
    looked = policy.look("before", value, None, facts(**given))
    return [(finding.rule, finding.then, sorted(finding.fields)) for finding, _ in looked]


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ({"test": "equals", "field": "amount", "value": 250}, ["amount"]),
        ({"test": "equals", "field": "amount", "value": 251}, None),
        ({"test": "differs", "field": "amount", "value": 251}, ["amount"]),
        ({"test": "equals", "field": "extra.yes", "value": 1}, None),
        ({"test": "differs", "field": "extra.yes", "value": 1}, ["extra.yes"]),
        ({"test": "equals", "field": "extra.yes", "value": True}, ["extra.yes"]),
        ({"test": "above", "field": "amount", "value": 249}, ["amount"]),
        ({"test": "above", "field": "amount", "value": 250}, None),
        ({"test": "at_least", "field": "amount", "value": 250}, ["amount"]),
        ({"test": "below", "field": "amount", "value": 250}, None),
        ({"test": "at_most", "field": "amount", "value": 250}, ["amount"]),
        ({"test": "above", "field": "note", "value": 1}, None),
        ({"test": "present", "field": "note"}, ["note"]),
        ({"test": "present", "field": "extra.nothing"}, None),
        ({"test": "contains", "value": "topsecret"}, ["extra.deep.0.word"]),
        ({"test": "contains", "field": "lines.*.text", "value": "topsecret"}, None),
        ({"test": "matches", "field": "lines.*.text", "value": r"^Noth\w+ here$"}, ["lines.1.text"]),
        ({"test": "personal", "value": ["IBAN"]}, ["note"]),
        ({"test": "personal", "value": ["EMAIL"]}, ["lines.0.text"]),
        ({"test": "personal", "value": ["CARD"]}, None),
        ({"test": "personal"}, ["lines.0.text", "note"]),
        ({"test": "instruction"}, None),
        ({"test": "fits", "field": "lines", "value": {"type": "array", "minItems": 2}}, ["lines"]),
        ({"test": "fits", "field": "lines", "value": {"type": "array", "minItems": 3}}, None),
        ({"test": "effect", "value": ["writes", "destroys"]}, []),
        ({"test": "effect", "value": ["reads"]}, None),
        ({"test": "outward"}, []),
        ({"test": "outward", "value": False}, None),
        ({"test": "scope", "value": "identity:admin"}, None),
        ({"test": "scope", "value": "identity:admin", "negated": True}, []),
        ({"test": "contains", "value": "topsecret", "negated": True}, None),
        ({"test": "contains", "value": "elsewhere", "negated": True}, []),
    ],
)
def test_a_condition_holds_where_it_should(condition: Json, where: list[str] | None) -> None:
    """Promise of each test: it finds what it names, at its path, and nothing else."""
    expected = [] if where is None else [("r0", "refuse", where)]
    assert outcome(ready({"then": "refuse", "conditions": [condition]})) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        *("top\u200bse\u00adcret", "t\u043epsecr\u0435t", "\uff54\uff4f\uff50secret", "topsecret and top\u2060secret"),
        *(
            "top\u200esecret",
            "to\u034fp\ufe0fsecret",
            "t\u2063opsecret\u180e",
            "top\U000e0100se\u3164cret",
            "to\u061cpsecret",
            "_" * 70 + "t\u043epsecret",
        ),
    ],
    ids=[
        *("no width", "another alphabet", "full width", "beside one that is plain"),
        *("a direction", "variants", "an operator", "variants of more planes", "a direction of Arabic"),
        "in a long word",
    ],
)
@pytest.mark.parametrize(
    "condition", [{"test": "contains", "value": "topsecret"}, {"test": "matches", "value": "^.*topsecret"}]
)
def test_letters_that_look_like_others_hide_nothing(condition: Json, hidden: str) -> None:
    """Promise of contains and matches: what a reader sees is found, and nothing of it is left."""
    told = f"The word is {hidden}."
    given = GIVEN.model_copy(update={"note": told})
    assert outcome(ready({"then": "refuse", "conditions": [{**condition, "field": "note"}]}), given) != []
    check = Check(Condition.model_validate({**condition, "field": "note"}), "here")
    found = check.look(given, facts())
    assert found is not None
    mask_of = found.where["note"]
    assert mask_of is not None
    masked = mask_of(told)
    assert "topsecret" not in as_seen(masked)
    assert MASKED in masked


def test_words_wholly_in_letters_that_look_like_others_are_found() -> None:
    """Promise of contains: a word all in Cyrillic letters that look like apex is one; others are not."""
    check = Check(Condition.model_validate({"test": "contains", "value": "apex"}), "here")
    found = check.look_at_words("It is \u0430\u0440\u0435\u0445.", facts())
    assert found is not None
    mask_of = found.where["words"]
    assert mask_of is not None
    assert mask_of("It is \u0430\u0440\u0435\u0445.") == MASKED
    assert check.look_at_words("\u043f\u0440\u0438\u0432\u0435\u0442", facts()) is None


def test_digits_that_look_like_others_hide_nothing() -> None:
    """Promise of personal: an account's number is found whatever signs of no width part it."""
    condition = Condition.model_validate({"test": "personal", "value": ["IBAN"]})
    found = Check(condition, "here").look_at_words("DE89 3704\u200b 0044 0532\u2060 0130 00", facts())
    assert found is not None


def test_what_was_spent_is_compared() -> None:
    """Promise of spent: dollars of so many days, at least."""
    policy = ready({"then": "refuse", "conditions": [{"test": "spent", "value": 5, "days": 30}]})
    assert outcome(policy, spent={30: 5.0}) == [("r0", "refuse", [])]
    assert outcome(policy, spent={30: 4.99}) == []


def test_every_condition_has_to_hold_and_an_exception_ends_a_policy() -> None:
    """Promise: conditions are joined by and; `allow` ends the rules of its policy."""
    rich = {"test": "above", "field": "amount", "value": 100}
    noted = {"test": "contains", "field": "note", "value": "friday"}
    never = {"test": "contains", "value": "never there"}
    assert outcome(ready({"then": "refuse", "conditions": [rich, never]})) == []
    assert outcome(ready({"then": "refuse", "conditions": [rich, noted]})) == [("r0", "refuse", ["amount", "note"])]
    refuse = {"then": "refuse", "conditions": [rich]}
    assert outcome(ready({"then": "allow", "conditions": [noted]}, refuse)) == []
    assert len(outcome(ready({"then": "allow", "conditions": [never]}, refuse))) == 1


def test_a_policy_looks_at_its_operations_agents_and_models_alone() -> None:
    """Promise of applies_to: each list that is given has to fit."""
    rule = {"then": "refuse"}
    assert ready(rule, operations=["tests.*"]).applies("tests.try_rules")
    assert ready(rule, operations=["tests"]).applies("tests.try_rules")
    assert not ready(rule, operations=["test.*", "tests.try"]).applies("tests.try_rules")
    assert outcome(ready(rule, models=["openai:*"]))
    assert not outcome(ready(rule, models=["local:*"]))
    assert not outcome(ready(rule, agents=["clerk"]))
    assert outcome(ready(rule, agents=["cl*"]), agent="clerk")


def test_masks_leave_the_rest_and_what_names_a_thing() -> None:
    """Promise of mask: the same model with what was found replaced, several masks on one text included."""
    policy = ready(
        {"then": "mask", "conditions": [{"test": "personal", "value": ["EMAIL", "IBAN"]}]},
        {"then": "mask", "conditions": [{"test": "contains", "value": "secret"}]},
        {"then": "mask", "conditions": [{"test": "contains", "value": "call"}]},
    )
    changed = mask(GIVEN, list(policy.look("before", GIVEN, None, facts())))
    assert changed == GIVEN.model_copy(
        update={
            "note": "Pay [IBAN_1] by Friday",
            "lines": [Line(text="[masked] +49 30 1234567 or mail [EMAIL_1]"), Line(text="Nothing here")],
            "extra": {"deep": [{"word": "Top[masked] plan"}], "yes": True},
        }
    )
    both = ready({"then": "mask", "conditions": [{"test": "contains", "value": one} for one in ("call", "mail")]})
    changed = mask(GIVEN, list(both.look("before", GIVEN, None, facts())))
    assert changed.lines[0].text == "[masked] +49 30 1234567 or [masked] ada@example.org"
    # What is compared says when, and is not masked itself.
    when = {"test": "equals", "field": "model", "value": "openai:gpt"}
    of_model = ready({"then": "mask", "conditions": [when, {"test": "contains", "value": "secret"}]})
    changed = mask(GIVEN, list(of_model.look("before", GIVEN, None, facts())))
    assert (changed.model, changed.extra["deep"]) == ("openai:gpt", [{"word": "Top[masked] plan"}])
    named = Asked(lines=[Line(id="secret-7", text="x")])
    assert mask(named, list(policy.look("before", named, None, facts()))) == named


def test_paths_lead_to_every_member() -> None:
    """Promise of paths: `*` is each member; what is not there is nothing; a text is found once, with its place."""
    assert dict(at(GIVEN, ["lines", "*", "id"])) == {"lines.0.id": "line-1", "lines.1.id": "line-1"}
    assert list(at(GIVEN, ["lines", "7"])) == []
    assert {where for where, _ in texts(GIVEN)} == {
        *("note", "model", "lines.0.text", "lines.1.text", "extra.deep.0.word", "extra.*", "extra.deep.0.*"),
    }
    told = retold({"a": ("x", ["y"])}, lambda where, text: f"{where}={text}")
    assert told == {"*=a": ("a.0=x", ["a.1.0=y"])}


@pytest.mark.parametrize(
    "hidden",
    [
        {"text": "sk-live-4eC39HqLyjWDarjtT1zdp7dc", "pad": [0] * 250_000},
        {"sk-live-4eC39HqLyjWDarjtT1zdp7dc": 1},
        {"customer_id": "sk-live-4eC39HqLyjWDarjtT1zdp7dc"},
    ],
    ids=["behind numbers", "as a name", "as an id"],
)
def test_nothing_hides_in_an_object_of_the_callers(hidden: Json) -> None:
    """Promise of a rule without a field, every text: however much stands beside it, and whatever it is called."""
    rule = {"then": "refuse", "conditions": [{"test": "contains", "value": "sk-live-"}]}
    assert outcome(ready(rule), Asked(extra=hidden))


def test_names_that_a_caller_has_chosen_are_masked_and_ids_stay() -> None:
    """Promise of mask: also what stands as a name; two that come to the same are still two."""
    policy = ready({"then": "mask", "conditions": [{"test": "matches", "value": "@"}]})
    given = Asked(extra={"a@b.org": 1, "b@b.org": 2, "c": {"id": "run-0123456789abcdef01234567"}})
    changed = mask(given, list(policy.look("before", given, None, facts())))
    assert changed.extra == {"[masked]": 1, "[masked]_": 2, "c": {"id": "run-0123456789abcdef01234567"}}
    refuses = ready({"then": "refuse", "conditions": [{"test": "contains", "value": "0123456789"}]})
    assert not outcome(refuses, given)


ENDLESS: Json = {"$ref": "#/$defs/a"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"conditions": [{"test": "matches", "value": "(?<=a)b"}]}, "rules.0.conditions.0.value"),
        ({"conditions": [{"test": "matches", "value": ""}]}, "rules.0.conditions.0.value"),
        ({"conditions": [{"test": "above", "value": 3}]}, "rules.0.conditions.0.field"),
        ({"conditions": [{"test": "above", "field": "a", "value": "3"}]}, "rules.0.conditions.0.value"),
        ({"conditions": [{"test": "personal", "value": ["HAT"]}]}, "rules.0.conditions.0.value"),
        ({"conditions": [{"test": "effect", "value": "reads"}]}, "rules.0.conditions.0.value"),
        ({"conditions": [{"test": "outward", "field": "a"}]}, "rules.0.conditions.0.field"),
        ({"conditions": [{"test": "fits", "field": "a", "value": {"type": "hat"}}]}, "rules.0.conditions.0.value"),
        # It leads to itself before it looks at anything: no call would be let in.
        (
            {"conditions": [{"test": "fits", "field": "a", "value": {"$ref": "#/$defs/a", "$defs": {"a": ENDLESS}}}]},
            "rules.0.conditions.0.value",
        ),
        ({"conditions": [{"test": "present"}]}, "rules.0.conditions.0.field"),
        ({"then": "mask", "conditions": [{"test": "outward"}]}, "rules.0.conditions"),
        ({"then": "mask", "conditions": [{"test": "above", "field": "amount", "value": 9}]}, "rules.0.conditions"),
        ({"then": "review", "when": "after"}, "rules.0.then"),
    ],
)
def test_a_rule_that_could_not_be_looked_at_is_refused_by_field(rule: Json, field: str) -> None:
    """Promise of create_policy: what is wrong is told when it is made, and not by the first call."""
    with pytest.raises(InvalidRequest) as caught:
        ready({"then": "refuse", **rule})
    assert caught.value.field == field


def test_rules_are_bounded() -> None:
    """Promise: a policy costs a bounded time."""
    rule = Rule(id="a", then="warn", why="So.")
    with pytest.raises(ValidationError):
        Policy(rules=[rule] * (MOST_RULES + 1))
    large = Condition(test="equals", field="a", value="x" * LONGEST)
    with pytest.raises(InvalidRequest, match="characters as JSON"):
        asyncio.run(check(Policy(rules=[rule.model_copy(update={"conditions": [large]})]), cast("Any", None)))
    with pytest.raises(InvalidRequest, match="two rules 'a'"):
        asyncio.run(compiled("policy-1", "mine", Policy(rules=[rule, rule])))


def test_a_pattern_that_would_take_for_ever_elsewhere_is_matched_in_one_pass() -> None:
    """Promise: patterns match in linear time, whatever a caller writes: 2^4000 steps would never end."""
    policy = ready({"then": "refuse", "conditions": [{"test": "matches", "field": "note", "value": "^(a+)+$"}]})
    assert outcome(policy, Asked(note="a" * 4000 + "!")) == []
    assert outcome(policy, Asked(note="a" * 4000)) != []


def test_what_is_named_is_there() -> None:
    """Promise: operations that are named here (out of policies' reach, a person's own, computing) are the catalog's."""
    entries = {entry.name: entry for entry in Catalog.from_index().entries()}
    assert not (FREE | PERSONS) - set(entries)
    assert {entry.pool for entry in entries.values()} >= COMPUTES
    outside = {name for name, entry in entries.items() if from_outside(entry)}
    assert {"documents.search_documents", "memory.recall", "mcp_servers.call_tool", "research.fetch_page"} <= outside
    assert not {"physics.simulate_pendulum", "mathematics.solve_equation"} & outside
    assert from_outside(None)
