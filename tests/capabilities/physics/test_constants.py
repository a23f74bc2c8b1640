"""Constants of nature against the published tables."""

from __future__ import annotations

import pytest

from nis_backend.capabilities.physics.constants import look_up, search
from nis_backend.capabilities.physics.measures import Constant


@pytest.mark.parametrize("name", Constant, ids=str)
def test_every_name_is_in_the_table(name: Constant) -> None:
    """No name without a value; exact means no uncertainty."""
    constant = look_up(name)
    assert constant.value > 0
    assert constant.exact == (constant.uncertainty == 0)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        (Constant.SPEED_OF_LIGHT, 299_792_458, "m s^-1"),
        (Constant.PLANCK, 6.62607015e-34, "J Hz^-1"),
        (Constant.ELEMENTARY_CHARGE, 1.602176634e-19, "C"),
        (Constant.BOLTZMANN, 1.380649e-23, "J K^-1"),
        (Constant.AVOGADRO, 6.02214076e23, "mol^-1"),
        (Constant.STANDARD_GRAVITY, 9.80665, "m s^-2"),
        (Constant.STANDARD_ATMOSPHERE, 101_325, "Pa"),
    ],
)
def test_defined_values_are_the_si_brochures(name: Constant, value: float, unit: str) -> None:
    """The 2019 SI fixes these; they are exact."""
    constant = look_up(name)
    assert (constant.value, constant.unit, constant.exact) == (value, unit, True)


def test_measured_values_are_of_the_adjustment_named() -> None:
    """NIST's 2022 values, which differ from 2018's in the last digits."""
    assert look_up(Constant.ELECTRON_MASS).value == 9.1093837139e-31
    assert look_up(Constant.FINE_STRUCTURE).value == 7.2973525643e-3
    assert look_up(Constant.GRAVITATIONAL).uncertainty == 0.00015e-11
    assert "2022" in look_up(Constant.ELECTRON_MASS).source


def test_related_constants_agree() -> None:
    """R = N·k, and the impedance of free space is μ·c."""
    gas, avogadro, boltzmann = (look_up(name).value for name in (Constant.GAS, Constant.AVOGADRO, Constant.BOLTZMANN))
    assert gas == pytest.approx(avogadro * boltzmann, rel=1e-14)
    impedance = look_up(Constant.VACUUM_PERMEABILITY).value * look_up(Constant.SPEED_OF_LIGHT).value
    assert look_up(Constant.VACUUM_IMPEDANCE).value == pytest.approx(impedance, rel=1e-9)


def test_a_search_finds_by_either_name() -> None:
    """By the everyday name or CODATA's, in any case; nothing found is an empty list."""
    assert [one.name for one in search("NEWTONIAN")] == [Constant.GRAVITATIONAL]
    assert len(search("mass")) >= 8
    assert len(search("")) == len(Constant) >= 40
    assert search("phlogiston") == []
