"""Starts the studied project's own commands, watches what they import, and hides a package from them.

Nothing is left running: `keeper` stands between us and every command. `phases` runs one and waits until it is ready;
`tree` looks at all its processes; `tracer` and `watching` find who imports; `shadow` and `hiding` run it without a
package.
"""
