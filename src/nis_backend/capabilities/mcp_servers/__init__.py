"""Servers of tools beyond this one: registered, tried, asked for their tools, and offered to the agents here."""
