"""Usage: what models were asked for, what it cost, and every single call."""
