"""Models: which can be asked, text straight from one, and the next turn of a conversation that a caller keeps."""
