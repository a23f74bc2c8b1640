"""Arithmetic on pixels, imported only in the worker; each module has the name of the operations it computes."""
