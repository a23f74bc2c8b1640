"""What capabilities stand on: one folder a role, `base.py` its contract, one file an implementation."""
