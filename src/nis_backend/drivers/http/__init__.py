"""The HTTP client: requests to providers, over connections that are kept."""
