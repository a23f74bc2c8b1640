"""Models that learn from the caller's data: recipes, their runs, what they make, and what is served."""
