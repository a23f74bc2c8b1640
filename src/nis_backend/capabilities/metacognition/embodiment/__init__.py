"""What actions were expected to do, what they did, and how well that is predicted."""
