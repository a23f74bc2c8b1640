"""Evaluations: how good a target's answers are, with intervals, and what is better beyond chance."""
