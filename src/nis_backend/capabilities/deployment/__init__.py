"""Deployments of nis, as operations: those that the operator names, and definitions that a caller has.

A caller names a deployment, never an account, a folder or a command; building, pushing and destroying are the command
line's alone.
"""
