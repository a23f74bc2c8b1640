"""Models beyond this machine that speak and hear."""
