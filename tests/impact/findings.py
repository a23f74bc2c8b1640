"""Reports as an assessment might make them: one of everything, and small pieces for tables of cases."""

from __future__ import annotations

from nis_backend.impact.pricing import price
from nis_backend.impact.report import (
    Change,
    Counterfactual,
    Hidden,
    Hook,
    Importing,
    ImportTime,
    Interval,
    Machine,
    Measure,
    Measurement,
    Phase,
    Pinned,
    Place,
    Reason,
    Report,
    Requirer,
    Resolution,
    RuntimeProof,
    Share,
    Sizes,
    StaticProof,
    Use,
    Verdict,
    Way,
)


def phase(name: str = "start", outcome: str = "ready", told: str = "") -> Phase:
    """A command that was run."""
    return Phase.model_validate(
        {"name": name, "command": f"run {name}", "outcome": outcome, "told": [told] if told else []}
    )


def hidden(*, same: bool = True, difference: str = "", outcome: str = "ready") -> Hidden:
    """A start with and without."""
    return Hidden(with_it=phase(outcome=outcome), without_it=phase(), same=same, difference=difference)


def use(how: str, where: str = "application", what: str = "heavy", fallback: str = "") -> Use:
    """A place that uses the package."""
    place = Place(file="app/main.py", line=12, text=f"import {what}")
    return Use.model_validate({"how": how, "where": where, "what": what, "place": place, "fallback": fallback})


def requirer(name: str, *why: str, applies: bool = True) -> Requirer:
    """A distribution that requires the package."""
    return Requirer(name=name, version="1.0", requirement="heavy>=1", applies=applies, why=list(why))


def static(
    *uses: Use,
    required_by: tuple[Requirer, ...] = (),
    open_at: tuple[Place, ...] = (),
    shared_with: tuple[str, ...] = (),
) -> StaticProof:
    """What texts tell."""
    return StaticProof(
        modules=["heavy"],
        uses=list(uses),
        required_by=list(required_by),
        open=list(open_at),
        shared_with=list(shared_with),
        files=34,
    )


def imported(by: str, importer: str = "app.main", distribution: str = "", *, failed: bool = False) -> RuntimeProof:
    """One import of the package, seen."""
    one = Importing.model_validate(
        {
            "module": "heavy",
            "importer": importer,
            "by": by,
            "distribution": distribution,
            "phase": "start",
            "failed": failed,
            "chain": ["app.main", importer, "heavy"],
        }
    )
    return RuntimeProof(phases=[phase()], imports=[one], processes=1, seen=3, known=9)


def resolution(*, possible: bool = True, stays_for: tuple[str, ...] = ()) -> Resolution:
    """What an installer said."""
    blamed = [] if possible else [Place(file="requirements.txt", line=3, text="numpy>=2")]
    return Resolution(tool="uv 0.13.9", possible=possible, blamed=blamed, stays_for=list(stays_for))


def interval(median: float, low: float, high: float) -> Interval:
    """Of ten runs."""
    return Interval(median=median, low=low, high=high, runs=10)


def full(text: str = "plain") -> Report:
    """A report in which every list has something, with `text` in every field that a project can write into."""
    place = Place(file=text, line=12, text=text)
    ran = Phase(name="start", command=text, outcome="failed", code=1, seconds=4.2, told=[text])
    pair = Hidden(with_it=ran, without_it=ran, same=False, difference=text)
    one = Use(how="guarded_import", what=text, place=place, fallback=text)
    pinned = Pinned(name=text, version=text)
    proof = imported("third_party", text, text).imports[0].model_copy(update={"module": text, "place": place})
    found = Resolution(
        tool=text,
        possible=False,
        explanation=text,
        blamed=[place],
        gone=[pinned],
        come=[pinned],
        moved=[text],
        stays_for=[text],
    )
    measure = Measure(
        name="start",
        unit="s",
        before=interval(4.2, 4.0, 4.5),
        after=interval(0.93, 0.9, 1.1),
        difference=interval(-3.3, -3.6, -3.0),
        changed=True,
    )
    share = Share(name=text, version=text, installed=1_210_000_000, layer=480_000_000, wheel=None, exclusive=True)
    return Report(
        project=text,
        change=Change(kind="swap", package=text, to=text),
        version=text,
        made=text,
        python=text,
        verdict=Verdict(word="UNSAFE", reasons=[Reason(speaks="against", text=text, evidence=[place])]),
        static=StaticProof(
            modules=[text],
            scripts=[text],
            plugins=[text],
            declared=[place],
            uses=[one],
            required_by=[Requirer(name=text, version=text, requirement=text, applies=True, why=[text])],
            files=34,
            unread=[place],
            open=[place],
        ),
        runtime=RuntimeProof(
            phases=[ran], imports=[proof], looked_up=[text], programs=[text], processes=2, seen=21, known=34
        ),
        counterfactual=Counterfactual(
            hidden=[pair], resolved_now=found, resolved=found, installed=[pair], check=[text]
        ),
        measurement=Measurement(
            sizes=Sizes(
                before=1_812_000_000,
                after=212_000_000,
                layer_before=640_000_000,
                layer_after=71_000_000,
                parts=[share],
            ),
            measures=[measure],
            imports=[ImportTime(name=text, seconds=2.9, modules=1400)],
            hooks=[Hook(how="pth", what=text, distribution=text)],
            machine=Machine(processor=text, cores=2, memory=2**34, load=0.4),
            told=text,
        ),
        price=price((612_000_000, 98_000_000), (640_000_000, 71_000_000), headroom=0.3, region="us-east-1"),
        way=Way(patch=text, apply=text, undo=text, rollback=[text], by_hand=[place]),
        left_out=[text],
        seconds=71.2,
        installing=8.4,
    )
