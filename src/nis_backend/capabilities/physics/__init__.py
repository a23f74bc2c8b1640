"""Physics: motion, heat, constants, units, and the error of each computed number."""
