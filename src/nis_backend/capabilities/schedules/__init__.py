"""Schedules: operations that are run again and again, by the clock of a place."""
