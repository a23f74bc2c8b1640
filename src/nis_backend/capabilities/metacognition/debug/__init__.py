"""What can be asked of an answer afterwards: why it is as it is, by its log, and what it would have been otherwise."""
