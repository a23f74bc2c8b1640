"""Durable rows: runs, their events, conversations."""
