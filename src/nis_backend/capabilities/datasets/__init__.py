"""Datasets: examples to learn from and to measure by, kept in versions that are named by what they hold."""
