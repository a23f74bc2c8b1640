"""Documents: what a file says, page by page, and where in it a sentence stands."""
