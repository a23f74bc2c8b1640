"""Ways looked at for collisions: nothing thin is jumped over, nothing far is called near, first contacts are first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.robotics.chain import chain_of
from nis_backend.capabilities.robotics.description import Preset
from nis_backend.capabilities.robotics.nearness import between_segments, from_boxes
from nis_backend.capabilities.robotics.presets import PRESETS, planar
from nis_backend.capabilities.robotics.sweeping import link_pairs, motion_bounds, sweep
from nis_backend.capabilities.robotics.sweeps import PathRequest, Swept
from nis_backend.errors import InvalidRequest

Json = dict[str, Any]
HALF_TURN = [[0.0], [math.pi]]
"""One link of 1 m swings over the upper half of a disc."""


def swept(**request: Any) -> Swept:
    """What is told of a way."""
    return sweep(PathRequest.model_validate(request), lambda _part, _message: None)


def ball(x: float, y: float, radius: float = 0.1, name: str = "ball") -> Json:
    """A ball in the plane."""
    return {"kind": "sphere", "name": name, "center": [x, y, 0], "radius": radius}


@pytest.mark.parametrize("angle", [0.01, 1.0, 1.234567, 3.0])
@pytest.mark.parametrize("thing", ["sphere", "box", "capsule"])
def test_a_thing_of_a_millimetre_is_not_jumped_over(angle: float, thing: str) -> None:
    """Promise: no tunnelling: only two waypoints half a turn apart, and a needle between them."""
    x, y = 0.9 * math.cos(angle), 0.9 * math.sin(angle)
    needle = {
        "sphere": {"kind": "sphere", "center": [x, y, 0], "radius": 5e-4},
        "box": {"kind": "box", "center": [x, y, 0], "size": [1e-3, 1e-3, 1], "rotation": [0, 0, angle]},
        "capsule": {"kind": "capsule", "start": [x, y, -1], "end": [x, y, 1], "radius": 5e-4},
    }[thing]
    found = swept(links=[1.0], waypoints=HALF_TURN, obstacles=[needle])
    assert not found.free
    assert found.contact is not None
    radius = planar([1.0]).joints[0].radius
    # The link's edge meets the needle's a little before its middle line does.
    early = (radius + 5e-4) / 0.9
    assert angle - early - 3e-3 <= found.contact.positions[0] <= max(0.0, angle - early * 0.9) + 1e-3
    assert found.receipt.met


def test_a_way_past_a_thing_is_free_and_its_clearance_is_bounded_from_below() -> None:
    """The ball is 0.5 m beyond the tip's circle: the true clearance is 0.4 - 0.02 m."""
    found = swept(links=[1.0], waypoints=HALF_TURN, obstacles=[ball(0, 1.5)])
    assert found.free
    assert found.clearance is not None
    assert 0.25 <= found.clearance <= 0.38 + 1e-12
    assert found.nearest is not None
    assert found.nearest.distance == pytest.approx(0.38, abs=0.02)


def test_of_several_things_the_first_contact_is_told_with_time_link_and_place() -> None:
    """Promise: the first contact on the way, not the deepest."""
    things = [ball(-0.8, 0.5, name="late"), ball(0.5, 0.8, name="early")]
    found = swept(links=[0.5, 0.5], waypoints=[[0, 0], [math.pi, 0]], obstacles=things)
    assert found.contact is not None
    assert (found.contact.other, found.contact.link, found.contact.segment) == ("early", 2, 1)
    heading = math.atan2(0.8, 0.5)
    assert 0 < heading - found.contact.positions[0] < 0.2
    assert found.contact.part == pytest.approx(found.contact.positions[0] / math.pi)
    place = np.array([found.contact.x, found.contact.y])
    assert np.linalg.norm(place - [0.5, 0.8]) == pytest.approx(0.12, abs=2e-4)


@settings(max_examples=8, deadline=None)
@given(
    preset=st.sampled_from([Preset.UR5, Preset.PUMA, Preset.SCARA]),
    parts=st.lists(st.floats(0, 1), min_size=12, max_size=12),
    spot=st.tuples(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7), st.floats(0.2, 0.9)),
)
def test_what_is_called_free_stays_free_when_it_is_looked_at_densely(
    preset: Preset, parts: list[float], spot: tuple[float, float, float]
) -> None:
    """Promise: the clearance is a lower bound of every distance on the way, and a contact is one."""
    chain = chain_of(PRESETS[preset])
    count = len(chain)
    ends = [chain.lower + np.array(parts[k : k + count]) * (chain.upper - chain.lower) for k in (0, 6)]
    small = ends[0] + 0.3 * (ends[1] - ends[0])
    request = {
        "preset": preset,
        "waypoints": [ends[0].tolist(), small.tolist()],
        "obstacles": [{"kind": "sphere", "center": spot, "radius": 0.05}],
        "itself": False,
        "tolerance": 1e-3,
    }
    found = swept(**request)
    dense = [ends[0] + part * (small - ends[0]) for part in np.linspace(0, 1, 30)]
    least = min(swept(**{**request, "waypoints": [one.tolist()]}).nearest.distance for one in dense)  # type: ignore[union-attr]
    if found.free:
        assert found.clearance is not None
        assert found.clearance <= least + 1e-9
    else:
        assert found.contact is not None
        assert found.contact.distance <= 1e-3


@settings(max_examples=25, deadline=None)
@given(
    preset=st.sampled_from(list(Preset)),
    parts=st.lists(st.floats(0, 1), min_size=12, max_size=12),
)
def test_no_frame_moves_farther_than_the_bound_on_its_motion(preset: Preset, parts: list[float]) -> None:
    """Promise of the steps: the bound holds for links' ends, measured along the way."""
    chain = chain_of(PRESETS[preset])
    count = len(chain)
    one, other = (chain.lower + np.array(parts[k : k + count]) * (chain.upper - chain.lower) for k in (0, 6))
    bounds = motion_bounds(chain, np.abs(other - one))
    way = one + np.linspace(0, 1, 50)[:, None] * (other - one)
    places = chain.stance(way).links[:, :, :3, 3]
    moved = np.linalg.norm(np.diff(places, axis=0), axis=-1)
    assert np.all(moved <= bounds[0, 1:] / 49 + 1e-12)


def test_an_arm_that_folds_onto_itself_is_told() -> None:
    """Of three links the third comes down on the first; without `itself` it is not looked for."""
    folding = {"links": [1, 0.5, 1], "waypoints": [[0, 1.2, 1.2], [0, 2.2, 2.4]]}
    found = swept(**folding)
    assert found.contact is not None
    assert (found.contact.link, found.contact.other) == (3, "link 1")
    assert swept(**folding, itself=False).free
    assert link_pairs(chain_of(planar([1, 0.5, 1]))) == [(0, 2)]


def test_the_floor_is_met_by_what_comes_down_on_it() -> None:
    """A Puma bends its upper arm below the horizon; its base stands on the floor and is not counted."""
    found = swept(preset="Puma 560", waypoints=[[0, 1.2, -1.5, 0, 0, 0], [0, -0.7, -1.5, 0, 0, 0]], floor=-0.3)
    assert found.contact is not None
    assert found.contact.other == "floor"
    assert found.contact.link > 1
    assert swept(preset="Puma 560", waypoints=[[0, 1.2, -1.5, 0, 0, 0]], floor=-2).free


def test_a_margin_makes_what_is_near_touched() -> None:
    """0.38 m of room, and 0.4 m wanted."""
    assert not swept(links=[1.0], waypoints=HALF_TURN, obstacles=[ball(0, 1.5)], margin=0.4).free


def test_nothing_to_meet_is_free_without_a_distance() -> None:
    """No obstacle, no floor, one link."""
    found = swept(links=[1.0], waypoints=HALF_TURN)
    assert (found.free, found.clearance, found.nearest, found.pairs) == (True, None, None, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=12, max_size=12), st.lists(st.floats(0.05, 1), min_size=3, max_size=3))
def test_distances_agree_with_points_spread_over_both(values: list[float], half: list[float]) -> None:
    """Ericson's formula and the golden section, against a brute search."""
    a, b, c, d = np.array(values).reshape(4, 3)
    parts = np.linspace(0, 1, 201)[:, None]
    one, other = a + parts * (b - a), c + parts * (d - c)
    brute = float(np.min(np.linalg.norm(one[:, None] - other[None], axis=-1)))
    found = float(between_segments(a[None], b[None], c[None], d[None])[0][0])
    assert found <= brute + 1e-9
    assert brute - found <= 0.02
    boxed = float(from_boxes(a[None], b[None], np.array(half))[0][0])
    over = np.linalg.norm(np.maximum(np.abs(one) - half, 0), axis=1)
    assert boxed <= float(np.min(over)) + 1e-9
    assert float(np.min(over)) - boxed <= 0.02


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"obstacles": [{"kind": "sphere"}]}, "radius"),
        ({"obstacles": [{"kind": "box", "size": [1]}]}, "size"),
        ({"obstacles": [{"kind": "capsule", "radius": 1}]}, "start"),
        ({"waypoints": [[9.0]]}, "waypoints.0"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(wrong: Json, field: str) -> None:
    """Promise: typed errors that name the field."""
    with pytest.raises(InvalidRequest) as error:
        swept(**{"links": [1.0], "waypoints": HALF_TURN, **wrong})
    assert error.value.field == field
