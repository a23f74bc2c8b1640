"""Agents of other servers: how they are described, spoken to, followed and stopped."""
