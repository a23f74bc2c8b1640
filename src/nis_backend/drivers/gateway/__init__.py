"""What stands between calls and the models they ask: routes, limits, and what was spent."""
