"""What a dependency of a Python project costs, as operations: projects that the operator names, and notes.

A caller names a project and a change, never a folder and never a command: folders are the operator's, and commands the
project's own.
"""
