"""Numbers that were measured or are to be found: optima, curves, intervals, tests."""
