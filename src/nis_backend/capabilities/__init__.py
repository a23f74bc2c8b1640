"""What nis can do: one module or folder a subject, each ending with `OPERATIONS`."""
