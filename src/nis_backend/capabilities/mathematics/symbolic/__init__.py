"""Formulas worked on exactly: solved, differentiated, integrated, expanded, transformed."""
