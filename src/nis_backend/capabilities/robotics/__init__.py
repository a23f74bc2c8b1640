"""Arms: where their joints put them, how to get there within limits, what is in the way, and a stop that holds."""
