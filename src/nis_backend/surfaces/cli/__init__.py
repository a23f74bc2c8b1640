"""The command line, derived: every operation is a command, its fields are options."""
