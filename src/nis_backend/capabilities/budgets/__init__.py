"""Budgets: what runs, conversations, keys, users and the whole server may spend on models."""
