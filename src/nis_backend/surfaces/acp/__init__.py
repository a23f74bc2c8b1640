"""The Agent Client Protocol: an editor starts `nis acp`, and talks to the agent over its pipes."""
