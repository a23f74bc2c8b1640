"""The operations themselves: listed, read, found by words, called by name."""
