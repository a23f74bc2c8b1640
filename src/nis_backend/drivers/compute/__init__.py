"""Worker processes for heavy work."""
