"""Agents of other servers: registered by their cards, spoken to in runs, and offered to the agent here as tools."""
