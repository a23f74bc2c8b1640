"""The schema's steps, each with its way back, on SQLite and on PostgreSQL."""
