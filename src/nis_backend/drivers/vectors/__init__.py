"""Vectors of collections, compared one by one outside of the database."""
