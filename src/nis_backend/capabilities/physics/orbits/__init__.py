"""Bodies that attract each other: many of them, two of them, and the ways between two orbits."""
