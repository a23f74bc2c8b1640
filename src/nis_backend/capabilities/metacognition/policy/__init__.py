"""Policies: what an owner's calls may do, what is masked in them, and what a person decides first."""
