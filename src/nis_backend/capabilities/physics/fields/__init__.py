"""Linear fields in one and two dimensions: heat, waves, potentials, what is carried along and what reacts."""
