"""Rules of the verdict, as a table: what was found, the word, and what the reasons have to say."""

from __future__ import annotations

import pytest
from findings import hidden, imported, phase, requirer, resolution, static, use

from nis_backend.impact.report import Change, Counterfactual, Place, RuntimeProof, StaticProof
from nis_backend.impact.verdict import judge

DROP = Change(kind="drop", package="heavy")
SAME = Counterfactual(hidden=[hidden()], resolved=resolution())
DIFFERS = Counterfactual(hidden=[hidden(same=False, difference="exit code 1")], resolved=resolution())
STAYS = Counterfactual(hidden=[hidden(same=False, difference="exit code 1")], resolved=resolution(stays_for=("keras",)))
COMPUTED = Place(file="app/plugins.py", line=8, text="import_module(name)")
ENDED = RuntimeProof(phases=[phase("start", "never_ready", "out of memory.")], processes=1, seen=0, known=9)


@pytest.mark.parametrize(
    ("found", "runtime", "after", "word", "says"),
    [
        pytest.param(static(), None, SAME, "SAFE", "No code and no configuration names it", id="unused"),
        pytest.param(
            static(shared_with=("heavy-headless",)),
            None,
            SAME,
            "UNPROVEN",
            "in common with heavy-headless",
            id="shared",
        ),
        pytest.param(static(), None, Counterfactual(), "UNPROVEN", "Nothing was run", id="unused and nothing run"),
        pytest.param(static(use("import")), None, SAME, "UNSAFE", "The application needs it", id="imported"),
        pytest.param(static(use("lazy_import")), None, SAME, "UNSAFE", "app/main.py", id="imported in a function"),
        pytest.param(static(use("script")), None, SAME, "UNSAFE", "needs it", id="its command"),
        pytest.param(static(use("import", "tests")), None, SAME, "UNPROVEN", "by tests only", id="by tests"),
        pytest.param(static(use("typing_import")), None, SAME, "UNPROVEN", "types alone", id="for types"),
        pytest.param(static(use("import", "documents")), None, SAME, "SAFE", "No code", id="in documents"),
        pytest.param(
            static(use("guarded_import", fallback="scores = None")),
            None,
            SAME,
            "UNPROVEN",
            "scores = None",
            id="guarded",
        ),
        pytest.param(static(use("guarded_import")), None, DIFFERS, "UNSAFE", "exit code 1", id="guarded, and it shows"),
        pytest.param(static(use("entry_point")), None, SAME, "UNPROVEN", "entry points", id="a plug-in"),
        pytest.param(static(), None, DIFFERS, "UNSAFE", "start differs without it", id="it does not start without"),
        pytest.param(
            static(required_by=(requirer("keras", "keras"),)),
            None,
            STAYS,
            "SAFE",
            "stays installed for keras",
            id="stays",
        ),
        pytest.param(
            static(required_by=(requirer("keras"),)), None, SAME, "UNPROVEN", "nobody asks for", id="by an orphan"
        ),
        pytest.param(
            static(required_by=(requirer("keras", applies=False),)), None, SAME, "SAFE", "No code", id="marker is false"
        ),
        pytest.param(
            static(),
            imported("third_party", "wandb.sdk", "wandb"),
            SAME,
            "UNPROVEN",
            "wandb imports it",
            id="third party",
        ),
        pytest.param(
            static(),
            imported("third_party", "wandb.sdk", failed=True),
            SAME,
            "SAFE",
            "No code",
            id="an import that fails",
        ),
        pytest.param(
            static(), imported("application"), SAME, "UNPROVEN", "app.main imported it", id="computed name, seen"
        ),
        pytest.param(static(open_at=(COMPUTED,)), None, SAME, "SAFE", "the same without it", id="computed, and run"),
        pytest.param(
            static(open_at=(COMPUTED,)), None, Counterfactual(), "UNPROVEN", "computed", id="computed, not run"
        ),
        pytest.param(
            static(),
            None,
            Counterfactual(hidden=[hidden()], check=["a 1 requires heavy"]),
            "UNSAFE",
            "a 1",
            id="pip check",
        ),
        pytest.param(
            static(),
            None,
            Counterfactual(hidden=[hidden()], resolved=resolution(possible=False)),
            "UNSAFE",
            "cannot be installed together",
            id="a conflict after",
        ),
        pytest.param(
            static(),
            None,
            SAME.model_copy(update={"resolved_now": resolution(possible=False)}),
            "SAFE",
            "It ends a conflict",
            id="a conflict before",
        ),
        pytest.param(
            static(),
            None,
            Counterfactual(
                hidden=[hidden()], resolved=resolution(possible=False), resolved_now=resolution(possible=False)
            ),
            "SAFE",
            "after the change as before it",
            id="a conflict before and after",
        ),
        pytest.param(static(), ENDED, Counterfactual(), "UNPROVEN", "(out of memory); nothing", id="it never starts"),
        pytest.param(
            static(),
            None,
            Counterfactual(hidden=[hidden(outcome="failed")]),
            "UNPROVEN",
            "nothing can be",
            id="nor does it",
        ),
    ],
)
def test_a_dropped_package_is_judged_by_what_was_found(
    found: StaticProof, runtime: RuntimeProof | None, after: Counterfactual, word: str, says: str
) -> None:
    """Each row is one of the cases that a verdict has to tell apart (docs/impact.md, what the verdict means)."""
    verdict = judge(DROP, found, runtime, after)
    assert (verdict.word, says in " ".join(reason.text for reason in verdict.reasons)) == (word, True), verdict


@pytest.mark.parametrize("kind", ["add", "upgrade", "swap"])
def test_what_arrives_is_safe_only_when_it_was_installed_and_run(kind: str) -> None:
    """Nothing found is no proof: an environment as it would be has to have worked."""
    change = Change.model_validate({"kind": kind, "package": "heavy", "to": "light"})
    assert judge(change, static(), None, Counterfactual()).word == "UNPROVEN"
    ran = Counterfactual(installed=[hidden()], resolved=resolution())
    assert judge(change, static(), None, ran).word == "SAFE"
    fails = Counterfactual(installed=[hidden(same=False, difference="exit code 3.")], resolved=resolution())
    verdict = judge(change, static(), None, fails)
    assert verdict.word == "UNSAFE"
    assert verdict.reasons[0].text.endswith("exit code 3.")


def test_modules_that_what_comes_has_too_are_no_use_of_what_goes() -> None:
    """`opencv-python` for `opencv-python-headless`: both are `cv2`, also where a namespace is shared."""
    ran = Counterfactual(installed=[hidden()], resolved=resolution())
    change = Change(kind="swap", package="opencv-python", to="opencv-python-headless")
    proof = StaticProof(modules=["cv2", "google.cloud"], uses=[use("import", what="cv2.aruco")], files=3)
    verdict = judge(change, proof, None, ran, coming=["cv2"])
    assert verdict.word == "SAFE"
    assert any("the same names" in reason.text for reason in verdict.reasons)
    shared = proof.model_copy(update={"uses": [use("import", what="google.cloud.storage")]})
    assert judge(change, shared, None, ran, coming=["cv2", "google.auth"]).word == "UNSAFE"


def test_reasons_against_stand_before_open_ones_and_those_before_what_speaks_for_it() -> None:
    """A reader sees first what decides."""
    verdict = judge(DROP, static(use("import"), use("guarded_import")), None, SAME)
    order = [reason.speaks for reason in verdict.reasons]
    assert order == sorted(order, key=["against", "open", "for"].index)
    assert set(order) == {"against", "open", "for"}
