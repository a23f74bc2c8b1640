"""Batches: one operation, called for each line of a file."""
