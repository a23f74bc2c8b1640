"""Voice: speech to text and back, and what a sound is like."""
