"""Runs: what was started, what it did, how it is steered, repeated and measured."""
