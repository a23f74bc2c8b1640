"""The store in one SQLite file, for the one process that serves a data folder."""
