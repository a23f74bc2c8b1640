"""What agents of several servers say to one question, and how far they agree."""
