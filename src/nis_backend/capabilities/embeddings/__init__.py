"""Embeddings: texts as vectors, and what can be told from how close they are."""
