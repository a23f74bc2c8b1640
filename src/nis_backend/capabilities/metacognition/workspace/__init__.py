"""Modules that bid for few places, whose winners are told to all: a global workspace."""
