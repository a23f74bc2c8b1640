"""Plans: graphs of steps that need each other, checked before they run, and run as one log."""
