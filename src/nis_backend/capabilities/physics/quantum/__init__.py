"""A particle in one dimension: its stationary states, and its passage through barriers."""
