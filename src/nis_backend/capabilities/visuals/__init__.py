"""Charts of numbers: from a request, or from what a run has answered."""
