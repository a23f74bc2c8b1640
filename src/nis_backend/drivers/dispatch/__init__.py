"""Who executes which run."""
