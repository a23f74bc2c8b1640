"""Numbers that look drawn by lot and are the same each time: code of a run takes no chance of its own."""

from __future__ import annotations

_MASK = 2**64 - 1


class Chance:
    """SplitMix64: a counter, mixed.

    Source: Steele, Lea & Flood, Fast splittable pseudorandom number generators, OOPSLA (2014), 453-472.
    """

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self, count: int) -> int:
        """That many bits, at most 64."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = ((self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) >> (64 - count)

    def below(self, count: int) -> int:
        """One of 0, 1, … count - 1; the bias is below count/2⁵³."""
        return self.bits(53) * count >> 53

    def order(self, count: int) -> list[int]:
        """The numbers 0, 1, … count - 1 in any order."""
        found = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.below(last + 1)
            found[last], found[other] = found[other], found[last]
        return found
