"""What moves by ordinary differential equations: systems that people write, chaos, chemistry, epidemics, circuits."""
