"""What a dependency of a Python project really costs: used or not, removable or not, bytes, start, memory, price.

It stands on its own: of this package it knows the kernel alone, and it needs no server. `report` says what is found;
`project` reads what a project declares, holds and has installed; `proof` finds who uses a package in its texts;
`running` starts the project's own commands and watches, hides a package and measures; `changing` resolves, copies
environments, and writes the patch and its way back; `pricing` says what it costs on AWS; `audit` checks a written note.
`assess` puts them together.
"""
