"""Agents: instructions, a model, tools and bounds, kept in versions and run as steps of a log."""
