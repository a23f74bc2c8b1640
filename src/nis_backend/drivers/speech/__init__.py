"""Models of providers that speak and hear."""
