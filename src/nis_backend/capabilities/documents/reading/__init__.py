"""Readers of files, which the worker imports: one for each kind of document."""
