"""Where pages and papers are searched for: providers with a key, SearXNG, arXiv."""
