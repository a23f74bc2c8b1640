"""Linear algebra, with the condition that says what its answers are worth."""
