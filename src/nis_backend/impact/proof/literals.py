"""What an expression says without being run: its strings, the name of what it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def last(function: ast.expr) -> str:
    """The last part of a name: of `importlib.import_module`, `import_module`."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def called(function: ast.expr) -> str:
    """What is called, as a string is said to it: `read()`, `metadata.version()`."""
    owner = function.value if isinstance(function, ast.Attribute) else None
    return f"{f'{last(owner)}.' if owner is not None and last(owner) else ''}{last(function)}()"


def strings(value: ast.expr | None) -> Iterator[str]:
    """The strings of a string, or of a list, a tuple, a set or a dictionary of them."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.List() | ast.Tuple() | ast.Set():
            for one in value.elts:
                yield from strings(one)
        case ast.Dict():
            for one in (*value.keys, *value.values):
                yield from strings(one)
        case ast.IfExp():
            yield from (*strings(value.body), *strings(value.orelse))
        case _:
            pass


def beginning(value: ast.expr) -> str:
    """The part of a computed string that is written out: of `f"plugins.{name}"`, of `"plugins." + name`."""
    match value:
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case ast.BinOp(left=ast.Constant(value=str(text))):
            return text.partition("%")[0]
        case ast.BinOp():
            return beginning(value.left)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text.partition("{")[0]
        case _:
            return ""


def catches(handler: ast.ExceptHandler) -> bool:
    """Whether it catches that a module is not there."""
    some = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or last(one) in CAUGHT for one in some)


def suppresses(node: ast.expr) -> bool:
    """Whether it is `contextlib.suppress(ImportError)`."""
    return (
        isinstance(node, ast.Call) and last(node.func) == "suppress" and any(last(one) in CAUGHT for one in node.args)
    )


def shortened(handler: ast.ExceptHandler) -> str:
    """What a handler does, on one line."""
    return " ".join("; ".join(ast.unparse(one) for one in handler.body).split())[:200]
