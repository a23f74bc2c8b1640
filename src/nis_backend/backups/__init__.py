"""Backups: a running system's data in one file, and back."""
