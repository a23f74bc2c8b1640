"""Prompts: texts with variables, kept in versions, and rendered to what a model is asked."""
